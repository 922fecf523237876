/* SPDX-License-Identifier: MIT
 *
 * The kinds of picture the rehearsal server reads and writes, known by their
 * first bytes and never by a name.
 */
#ifndef DG_REHEARSAL_ENCODING_H
#define DG_REHEARSAL_ENCODING_H

#include <stddef.h>
#include <stdint.h>

enum dg_encoding {
    DG_ENCODING_NONE, /* none of these */
    DG_ENCODING_PNG,
    DG_ENCODING_JPEG,
    DG_ENCODING_WEBP,
    DG_ENCODING_GIF,
    DG_ENCODING_SVG
};

enum dg_encoding dg_encoding_sniff(const uint8_t *bytes, size_t size_bytes);

/* "png", also the ending of a file name; "" for none. */
const char *dg_encoding_name(enum dg_encoding encoding);

/* "image/png"; "application/octet-stream" for none. */
const char *dg_encoding_type(enum dg_encoding encoding);

/* By dg_encoding_name; DG_ENCODING_NONE if there is no such. */
enum dg_encoding dg_encoding_find(const char *name);

#endif
