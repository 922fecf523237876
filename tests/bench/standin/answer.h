/* SPDX-License-Identifier: MIT
 *
 * The answer to every edit, made once: pretty-printed JSON with the picture in
 * base64, in a file of its own in memory that sendfile can send.
 */
#ifndef DG_STANDIN_ANSWER_H
#define DG_STANDIN_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct answer {
    int fd;            /* for sendfile */
    const char *bytes; /* the same, mapped */
    size_t size;       /* bytes */
};

/* False: the picture cannot be read, or there is no memory; errno tells. */
bool answer_make(struct answer *a, const char *picture_path);

#endif
