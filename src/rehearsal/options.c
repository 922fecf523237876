/* SPDX-License-Identifier: MIT
 *
 * Options: one setter each, found in a table by name.
 */
#include "rehearsal/options.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/text.h"

typedef bool setter(struct dg_rehearsal_options *o, const char *value, struct dg_error *err);

static bool set_port(struct dg_rehearsal_options *o, const char *value, struct dg_error *err)
{
    int64_t port;
    (void)err;
    if (!dg_text_int(value, 0, UINT16_MAX, &port))
        return false;
    o->port = (uint16_t)port;
    return true;
}

static bool set_host(struct dg_rehearsal_options *o, const char *value, struct dg_error *err)
{
    (void)err;
    if (value[0] == '\0' || strlen(value) >= sizeof(o->host))
        return false;
    snprintf(o->host, sizeof(o->host), "%s", value);
    return true;
}

static bool set_latency(struct dg_rehearsal_options *o, const char *value, struct dg_error *err)
{
    (void)err;
    return dg_latency_parse(&o->latency, value);
}

static void drop_keys(char **keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        dg_free(keys[i]);
    dg_free(keys);
}

static bool set_keys(struct dg_rehearsal_options *o, const char *value, struct dg_error *err)
{
    char **keys = dg_zalloc(DG_REHEARSAL_KEYS_MAX * sizeof(*keys));
    size_t count = 0;
    bool ok = true;

    (void)err;
    while (ok && *value) {
        size_t length = strcspn(value, ",");
        ok = length > 0 && count < DG_REHEARSAL_KEYS_MAX;
        if (ok) {
            keys[count] = dg_strndup(value, length);
            dg_secret_add(keys[count++]);
        }
        value += length;
        if (*value == ',' && *++value == '\0')
            ok = false;
    }
    if (!ok || count == 0) {
        drop_keys(keys, count);
        return false;
    }
    drop_keys(o->keys, o->key_count);
    o->keys = keys;
    o->key_count = count;
    return true;
}

static bool set_rate_limit(struct dg_rehearsal_options *o, const char *value, struct dg_error *err)
{
    int64_t limit;
    (void)err;
    if (!dg_text_int(value, 0, 1000000, &limit))
        return false;
    o->rate_limit = (unsigned)limit;
    return true;
}

static bool set_fault(struct dg_rehearsal_options *o, const char *value, struct dg_error *err)
{
    struct dg_mishap fault;

    if (o->fault_count == DG_REHEARSAL_FAULTS_MAX)
        return dg_error_set(err, DG_KIND_USAGE, "bad_option", "--fault: more than %d given",
                            DG_REHEARSAL_FAULTS_MAX);
    if (!dg_mishap_parse(&fault, value, err))
        return false;
    o->faults = dg_realloc(o->faults, (o->fault_count + 1) * sizeof(fault));
    o->faults[o->fault_count++] = fault;
    return true;
}

static bool set_picture(struct dg_rehearsal_options *o, const char *value, struct dg_error *err)
{
    bool fixed = strcmp(value, "fixed") == 0;
    (void)err;
    if (!fixed && strcmp(value, "derived") != 0)
        return false;
    o->fixed = fixed;
    return true;
}

static bool set_seed(struct dg_rehearsal_options *o, const char *value, struct dg_error *err)
{
    int64_t seed;
    (void)err;
    if (!dg_text_int(value, 0, INT64_MAX, &seed))
        return false;
    o->seed = (uint64_t)seed;
    return true;
}

static bool set_request_log(struct dg_rehearsal_options *o, const char *value, struct dg_error *err)
{
    (void)err;
    if (value[0] == '\0')
        return false;
    dg_free(o->request_log);
    o->request_log = dg_strdup(value);
    return true;
}

static const struct {
    const char *name;    /* of the flag, without dashes */
    setter *set;         /* false without an error: `allowed` says why */
    const char *allowed; /* what a value may be */
} table[] = {
    { "port", set_port, "a number from 0 (any free port) to 65535" },
    { "host", set_host, "an address or host name of at most 63 characters" },
    { "latency", set_latency,
      "milliseconds as 200, 100-300, normal:200,50 (mean, deviation) or exp:200 (mean), none "
      "above 3600000" },
    { "keys", set_keys, "1 to 64 keys separated by commas, none of them empty" },
    { "rate_limit", set_rate_limit, "requests per key and minute, 0 (no limit) to 1000000" },
    { "fault", set_fault, "WHEN:ACTION" },
    { "picture", set_picture, "derived or fixed" },
    { "seed", set_seed, "a whole number from 0" },
    { "request_log", set_request_log, "the path of a file" },
};

enum { OPTIONS = sizeof(table) / sizeof(table[0]) };

void dg_rehearsal_options_init(struct dg_rehearsal_options *o)
{
    memset(o, 0, sizeof(*o));
    snprintf(o->host, sizeof(o->host), "127.0.0.1");
    o->seed = 1;
}

void dg_rehearsal_options_done(struct dg_rehearsal_options *o)
{
    drop_keys(o->keys, o->key_count);
    dg_free(o->faults);
    dg_free(o->request_log);
    memset(o, 0, sizeof(*o));
}

static bool unknown(const char *name, struct dg_error *err)
{
    struct dg_buffer names;

    dg_buffer_init(&names, 512);
    for (int i = 0; i < OPTIONS; i++)
        dg_buffer_printf(&names, "%s%s", i ? ", " : "", table[i].name);
    dg_error_set(err, DG_KIND_USAGE, "unknown_option",
                 "the rehearsal server has no option \"%s\"; it has %s", name, names.data);
    dg_buffer_done(&names);
    return false;
}

bool dg_rehearsal_options_set(struct dg_rehearsal_options *o, const char *name, const char *value,
                              struct dg_error *err)
{
    struct dg_error own = { .kind = DG_KIND_NONE };

    for (int i = 0; i < OPTIONS; i++) {
        if (strcmp(name, table[i].name) != 0)
            continue;
        if (table[i].set(o, value, &own))
            return true;
        bool secret = table[i].set == set_keys;
        if (own.kind == DG_KIND_NONE)
            dg_error_set(&own, DG_KIND_USAGE, "bad_option", "--%s \"%s\": expected %s", name,
                         secret ? "..." : value, table[i].allowed);
        if (err)
            *err = own;
        return false;
    }
    return unknown(name, err);
}
