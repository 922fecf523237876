/* SPDX-License-Identifier: MIT
 *
 * Private to the multipart files: what a form is made of.
 */
#ifndef DG_CORE_MULTIPART_FORM_H
#define DG_CORE_MULTIPART_FORM_H

#include "core/multipart.h"

enum { DG_BOUNDARY_BYTES = 64 };

struct dg_part {
    char *frame;       /* boundary and headers, ready to send */
    size_t frame_size; /* bytes of it */
    size_t brackets;   /* in a picture's frame, where its name goes on with "[]"; else 0 */
    uint8_t *bytes;    /* the content, or NULL: the file's */
    char *path;        /* the file, or NULL */
    uint64_t size;     /* bytes of the content */
};

struct dg_multipart {
    unsigned references;               /* holders */
    bool sealed;                       /* a reader exists: no more parts */
    char boundary[DG_BOUNDARY_BYTES];  /* without the dashes of its lines */
    char type[DG_BOUNDARY_BYTES + 32]; /* the Content-Type */
    char tail[DG_BOUNDARY_BYTES + 8];  /* the closing line, with the CRLF before it */
    struct dg_part *parts;             /* in the order they were added */
    size_t count;                      /* of them */
    size_t room;                       /* parts there is memory for */
    uint64_t size;                     /* of all parts, without brackets and tail */
    size_t pictures;                   /* parts whose name is chosen when they are sent */
};

/* What a picture's name goes on with in an array, "" where it is none. */
const char *dg_multipart_brackets(const struct dg_multipart *m, enum dg_image_field field);

/* The closing line; a form without parts starts with it. */
const char *dg_multipart_tail(const struct dg_multipart *m);

#endif
