/* SPDX-License-Identifier: MIT
 *
 * Paths and keys of both kinds of API.
 */
#include "rehearsal/address.h"

#include <microhttpd.h>
#include <string.h>

#include "rehearsal/check.h"

/* Behind `prefix`, with the slash that ends it; NULL: the path begins otherwise. */
static const char *behind(const char *path, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(path, prefix, length) == 0 ? path + length - 1 : NULL;
}

bool dg_address_azure(const char *path)
{
    return behind(path, "/openai/") != NULL;
}

/* Pictures are a deployment's, models are everybody's. */
static const char *azure_tail(const char *path)
{
    const char *tail = behind(path, "/openai/");
    const char *name = tail ? behind(tail, "/deployments/") : NULL;
    const char *end = name ? strchr(name + 1, '/') : NULL;
    if (!tail)
        return path;
    if (end)
        return end;
    return behind(tail, "/models") ? tail : path;
}

const char *dg_address_tail(const char *path)
{
    const char *tail = behind(path, "/v1/");
    if (tail)
        return tail;
    return dg_address_azure(path) ? azure_tail(path) : path;
}

bool dg_address_versioned(struct MHD_Connection *connection, const char *path)
{
    const char *version =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "api-version");
    return !dg_address_azure(path) || (version && *version);
}

const char *dg_address_key(struct MHD_Connection *connection)
{
    const char *key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "api-key");
    if (key && *key)
        return key;
    return dg_check_bearer(
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization"));
}
