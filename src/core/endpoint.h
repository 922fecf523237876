/* SPDX-License-Identifier: MIT
 *
 * One endpoint of a pool as it was configured: checked once, never changed, each
 * process has its own copy.  Private to the pool.
 */
#ifndef DG_CORE_ENDPOINT_H
#define DG_CORE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "core/pool.h"
#include "core/url.h"

enum { DG_NO_GROUP = -1 };

struct dg_key_config {
    char *text;            /* the key */
    int group;             /* position in the endpoint's groups, or DG_NO_GROUP */
    struct dg_quota quota; /* of this key alone */
};

struct dg_group_config {
    char *name;            /* as keys name it */
    struct dg_quota quota; /* of its keys together */
};

struct dg_endpoint_config {
    char *base;                     /* URL without a final slash and, Azure, without what
                                       stands behind the deployment's name */
    char *label;                    /* the same without user and password */
    struct dg_url url;              /* its parts; they point into base */
    struct dg_key_config *keys;     /* in order */
    size_t key_count;               /* at least 1 */
    struct dg_group_config *groups; /* in order */
    size_t group_count;             /* may be 0 */
    unsigned weight;                /* share of the traffic */
    struct dg_quota quota;          /* of all keys together */
    dg_msec window_ms;              /* of all quotas */
    enum dg_image_field field;      /* how a picture field is named */
    enum dg_api api;                /* never AUTO */
    char *api_version;              /* Azure's, or NULL */
};

/* Copies; registers keys and password as secrets.  Errors do not say where:
 * that is the caller's.  Where it fails, done frees what there is. */
bool dg_endpoint_config_init(struct dg_endpoint_config *c, const struct dg_endpoint *given,
                             struct dg_error *err);
void dg_endpoint_config_done(struct dg_endpoint_config *c);

/* See dg_pool_url. */
bool dg_endpoint_url(const struct dg_endpoint_config *c, const char *path, const char *model,
                     struct dg_buffer *url, struct dg_error *err);

/* DG_API_AUTO as what the base URL says; the length of an Azure base URL up to the end of its
 * deployment's name, its whole length where it names none.  (endpoint_url.c) */
enum dg_api dg_endpoint_api(const struct dg_url *u, enum dg_api given);
size_t dg_endpoint_azure_length(const char *base, const struct dg_url *u);

/* Whether it is Azure's newer interface, which looks like OpenAI's: ".../openai/v1". */
bool dg_endpoint_is_v1(const struct dg_endpoint_config *c);

#endif
