/* SPDX-License-Identifier: MIT
 *
 * Where an endpoint's requests go.  Azure OpenAI names the model as a deployment
 * in the path: BASE/openai/deployments/MODEL/images/edits?api-version=V.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/endpoint.h"

static const char AZURE_HOST[] = ".openai.azure.com";
static const char DEPLOYMENTS[] = "/openai/deployments";

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t end_length = strlen(end);
    return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

enum dg_api dg_endpoint_api(const struct dg_url *u, enum dg_api given)
{
    if (given != DG_API_AUTO)
        return given;
    size_t path = strcspn(u->rest, "?#");
    const char *found = strstr(u->rest, DEPLOYMENTS);
    bool azure =
        ends_with(u->host, strlen(u->host), AZURE_HOST) || (found && found < u->rest + path);
    return azure ? DG_API_AZURE : DG_API_OPENAI;
}

/* Where the name of the deployment begins in the path, or NULL: it has none. */
static const char *deployment_in(const char *path)
{
    const char *found = strstr(path, DEPLOYMENTS);
    if (!found || found[sizeof DEPLOYMENTS - 1] != '/')
        return NULL;
    found += sizeof DEPLOYMENTS;
    return *found && !strchr("/?#", *found) ? found : NULL;
}

size_t dg_endpoint_azure_length(const char *base, const struct dg_url *u)
{
    const char *name = deployment_in(u->rest);
    if (name)
        return (size_t)(name - base) + strcspn(name, "/?#");
    return strcspn(base, "?");
}

bool dg_endpoint_is_v1(const struct dg_endpoint_config *c)
{
    return ends_with(c->base, strlen(c->base), "/openai/v1");
}

/* Paths that belong to a deployment; all others are the resource's. */
static bool is_deployments(const char *path)
{
    static const char *const starts[] = { "/images/", "/chat/", "/completions", "/embeddings",
                                          "/audio/" };
    for (size_t k = 0; k < sizeof starts / sizeof *starts; k++)
        if (strncmp(path, starts[k], strlen(starts[k])) == 0)
            return true;
    return false;
}

/* A model as one part of a path; false: it can be none. */
static bool add_model(struct dg_buffer *url, const char *model)
{
    if (!model || !*model || strcmp(model, ".") == 0 || strcmp(model, "..") == 0)
        return false;
    for (const char *c = model; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        bool plain = (byte < 0x80 && isalnum(byte)) || strchr("-._~", byte);
        if (!(plain ? dg_buffer_add(url, c, 1) : dg_buffer_printf(url, "%%%02X", byte)))
            return false;
    }
    return true;
}

/* The base up to ".../openai", which it may lack, or hold in front of a deployment. */
static bool add_resource(const struct dg_endpoint_config *c, struct dg_buffer *url)
{
    const char *found = strstr(c->url.rest, DEPLOYMENTS);
    size_t length = found ? (size_t)(found - c->base) : strlen(c->base);
    if (!found && ends_with(c->base, length, "/openai"))
        length -= strlen("/openai");
    return dg_buffer_add(url, c->base, length) && dg_buffer_text(url, "/openai");
}

static bool add_azure_place(const struct dg_endpoint_config *c, const char *path, const char *model,
                            struct dg_buffer *url)
{
    if (dg_endpoint_is_v1(c))
        return dg_buffer_text(url, c->base);
    if (!is_deployments(path))
        return add_resource(c, url);
    if (deployment_in(c->url.rest))
        return dg_buffer_text(url, c->base);
    return add_resource(c, url) && dg_buffer_text(url, "/deployments/") && add_model(url, model);
}

bool dg_endpoint_url(const struct dg_endpoint_config *c, const char *path, const char *model,
                     struct dg_buffer *url, struct dg_error *err)
{
    dg_buffer_clear(url);
    bool ok = c->api == DG_API_AZURE ? add_azure_place(c, path, model, url)
                                     : dg_buffer_text(url, c->base);
    if (ok)
        ok = dg_buffer_text(url, path);
    if (ok && c->api_version)
        ok = dg_buffer_printf(url, "%capi-version=%s", strchr(path, '?') ? '&' : '?',
                              c->api_version);
    if (ok)
        return true;
    return dg_error_set(err, DG_KIND_USAGE, "bad_model",
                        "%s: \"%.100s\" cannot be the name of a deployment in a URL", c->label,
                        model ? model : "");
}
