/* SPDX-License-Identifier: MIT
 *
 * Where a request is addressed to and whose it is: paths and keys as OpenAI has
 * them and as Azure has them.
 *
 *     dg_address_tail("/v1/models")                                   "/models"
 *     dg_address_tail("/openai/deployments/gpt-image-1/images/edits") "/images/edits"
 */
#ifndef DG_REHEARSAL_ADDRESS_H
#define DG_REHEARSAL_ADDRESS_H

#include <stdbool.h>

struct MHD_Connection;

/* The part of a path behind what all paths of its kind begin with; points into it. */
const char *dg_address_tail(const char *path);

/* true: the path is one of Azure's, which need a version in the query. */
bool dg_address_azure(const char *path);

/* false: an Azure path without api-version. */
bool dg_address_versioned(struct MHD_Connection *connection, const char *path);

/* The key of "Authorization: Bearer KEY" or "api-key: KEY", or NULL; the connection's. */
const char *dg_address_key(struct MHD_Connection *connection);

#endif
