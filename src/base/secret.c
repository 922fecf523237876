/* SPDX-License-Identifier: MIT
 *
 * The list of keys and the mask.  Leans on buffer, json and memory.
 */
#include "base/secret.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"

enum {
    LEAST_BYTES = 4,      /* shorter ones are not masked */
    SHOW_TAIL_BYTES = 12, /* from here on the tail stays, to tell keys apart */
    TAIL_BYTES = 4
};

struct secret {
    char *text;  /* our copy */
    size_t size; /* its bytes */
    size_t tail; /* bytes at its end that stay */
};

/* Longest first: a key that contains another is then masked as a whole. */
static struct secret *secrets;
static size_t secret_count;

static bool known(const char *text, size_t size)
{
    for (size_t i = 0; i < secret_count; i++)
        if (secrets[i].size == size && memcmp(secrets[i].text, text, size) == 0)
            return true;
    return false;
}

static void insert(const char *text, size_t size, size_t tail)
{
    size_t place = secret_count;

    if (known(text, size))
        return;
    secrets = dg_realloc(secrets, (secret_count + 1) * sizeof(*secrets));
    for (; place > 0 && secrets[place - 1].size < size; place--)
        secrets[place] = secrets[place - 1];
    secrets[place] = (struct secret){ dg_strndup(text, size), size, tail };
    secret_count++;
}

void dg_secret_add(const char *secret)
{
    size_t size = strlen(secret);
    struct dg_buffer escaped;

    if (size < LEAST_BYTES)
        return;
    insert(secret, size, size >= SHOW_TAIL_BYTES ? TAIL_BYTES : 0);
    dg_buffer_init(&escaped, size * DG_JSON_ESCAPE_BYTES);
    dg_json_escape(&escaped, secret, size);
    insert(escaped.data, escaped.size, 0); /* no tail: it might be half an escape */
    explicit_bzero(escaped.data, escaped.size);
    dg_buffer_done(&escaped);
}

static void mask_one(const struct secret *s, char *text, size_t size)
{
    char *found;

    while ((found = memmem(text, size, s->text, s->size)) != NULL) {
        memset(found, '*', s->size - s->tail);
        size -= (size_t)(found - text) + s->size;
        text = found + s->size;
    }
}

void dg_secret_mask(char *text, size_t size_bytes)
{
    for (size_t i = 0; i < secret_count; i++)
        mask_one(&secrets[i], text, size_bytes);
}

void dg_secret_clear(void)
{
    for (size_t i = 0; i < secret_count; i++) {
        explicit_bzero(secrets[i].text, secrets[i].size);
        dg_free(secrets[i].text);
    }
    dg_free(secrets);
    secrets = NULL;
    secret_count = 0;
}
