/* SPDX-License-Identifier: MIT
 *
 * The receiving end of one attempt: takes the answer's body as it arrives, puts
 * it where the request's sink says, and judges the whole.  Answers that are not
 * 2xx are read as error bodies whatever the sink.  Leans on base, the reply
 * scanner and the picture sniffer; knows no libcurl.
 *
 *     struct dg_receiver *r = dg_receiver_new(&request, "images.example");
 *     if (!dg_receiver_feed(r, status, bytes, n)) ...stop the transfer...
 *     dg_receiver_end(r, status, &outcome, &err);
 *     dg_receiver_free(r);                   files not handed out are removed
 */
#ifndef DG_CORE_RECEIVER_H
#define DG_CORE_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "core/request.h"

struct dg_receiver;

/* `where` names the server in messages; both must outlive the receiver. */
struct dg_receiver *dg_receiver_new(const struct dg_request *request, const char *where);
void dg_receiver_free(struct dg_receiver *r);

/* false: this body is refused (too large, disk full) and no more of it is
 * wanted; dg_receiver_fault tells why. */
bool dg_receiver_feed(struct dg_receiver *r, int status, const char *bytes, size_t n);

/* Why dg_receiver_feed has refused; NULL: it has not. */
const struct dg_error *dg_receiver_fault(const struct dg_receiver *r);

/* After the last byte: true if the answer is good.  Fills text, pictures (which
 * are the outcome's from then on), error_type and error_param. */
bool dg_receiver_end(struct dg_receiver *r, int status, struct dg_outcome *o, struct dg_error *err);

#endif
