/* SPDX-License-Identifier: MIT
 *
 * The picture in an answer as it arrives: found in the JSON, decoded, written to
 * FOLDER/000000.png.part, renamed when it is whole.  For the clients the program is
 * measured against: no escapes, one picture, errors end the process.
 */
#ifndef DG_BENCH_PICTURE_H
#define DG_BENCH_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

enum { PICTURE_PIECE_BYTES = 512 * 1024 }; /* the most that may be fed at once */

enum picture_state {
    PICTURE_KEY,   /* before "b64_json" */
    PICTURE_OPEN,  /* before the text's opening quote */
    PICTURE_TEXT,  /* in the text */
    PICTURE_WHOLE, /* after it */
    PICTURE_BAD    /* no base64 */
};

struct picture {
    enum picture_state state;
    size_t matched; /* characters of the key */
    char group[4];  /* characters of an unfinished group */
    size_t held;    /* how many */
    int fd;         /* of the .part file; -1 before the first bytes */
    long row;       /* names the file */
    const char *folder;
};

void picture_begin(struct picture *p, const char *folder, long row);
void picture_feed(struct picture *p, const char *bytes, size_t n);

/* After the answer.  False: not whole, or not `wanted`; nothing is left of it. */
bool picture_end(struct picture *p, bool wanted);

#endif
