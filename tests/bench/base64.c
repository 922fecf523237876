/* SPDX-License-Identifier: MIT
 *
 * bench_base64: what the program's decoders of base64 cost, each way that this
 * machine has, as one line of JSON each: milliseconds for a picture of 1.5 MB, and
 * that to copying its text.  All of it is out of the caches, as what a program of many
 * transfers reads and writes; the median of some rounds, all ways in turn.
 */
#include "base/base64.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base64_groups.h"

enum {
    TEXT_BYTES = 2 * 1024 * 1024,
    PIECE_BYTES = 128 * 1024, /* as the engine reads */
    LEFT_CHARS = 64,          /* a fast way may leave fewer */
    WAYS = 8,                 /* at most */
    TEXTS = 64,               /* 128 MiB of them, and as much of each output */
    ROUNDS = 31
};

static char text[TEXTS][TEXT_BYTES];
static char copied[TEXTS][TEXT_BYTES];
static uint8_t bytes[TEXTS][TEXT_BYTES];
static size_t turn; /* of the texts */

/* As answers are decoded: the fastest way, what it leaves, and the ends of pieces. */
static size_t whole(const char *piece, size_t n, uint8_t *out)
{
    struct dg_base64 b = { 0 };
    dg_base64_decode(&b, piece, n, out);
    return dg_base64_end(&b) ? n : 0;
}

static double milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void make_text(void)
{
    static uint8_t random[TEXT_BYTES / 4 * 3];
    for (size_t k = 0; k < sizeof random; k++)
        random[k] = (uint8_t)(lrand48() >> 8);
    for (size_t k = 0; k < TEXTS; k++)
        dg_base64_encode(random, sizeof random, text[k]);
    memset(copied, 1, sizeof copied);
    memset(bytes, 1, sizeof bytes);
}

static double copy(void)
{
    size_t k = turn++ % TEXTS;
    double begun = milliseconds();
    memcpy(copied[k], text[k], TEXT_BYTES);
    __asm__ volatile("" : : "r"(copied) : "memory"); /* somebody might read it */
    return milliseconds() - begun;
}

static double decode(dg_base64_decoder *decode_piece)
{
    size_t k = turn++ % TEXTS;
    double begun = milliseconds();
    for (size_t at = 0; at < TEXT_BYTES; at += PIECE_BYTES) {
        if (decode_piece(text[k] + at, PIECE_BYTES, bytes[k] + at / 4 * 3) + LEFT_CHARS <
            PIECE_BYTES) {
            fprintf(stderr, "bench_base64: a decoder stopped early\n");
            exit(1);
        }
    }
    return milliseconds() - begun;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static double median(double times[ROUNDS])
{
    qsort(times, ROUNDS, sizeof *times, compare);
    return times[ROUNDS / 2];
}

static void tell(const char *name, double middle, double middle_copy)
{
    printf("{\"decoder\":\"%s\",\"picture_ms\":%.4f,\"to_memcpy\":%.2f}\n", name, middle,
           middle / middle_copy);
}

int main(void)
{
    static double copies[ROUNDS], wholes[ROUNDS], times[WAYS][ROUNDS];
    make_text();
    for (int round = 0; round < ROUNDS; round++) {
        copies[round] = copy();
        wholes[round] = decode(whole);
        for (size_t k = 0; k < dg_base64_way_count; k++)
            if (dg_base64_ways[k].there())
                times[k][round] = decode(dg_base64_ways[k].groups);
    }
    double middle_copy = median(copies);
    tell("dg_base64_decode", median(wholes), middle_copy);
    for (size_t k = 0; k < dg_base64_way_count; k++)
        if (dg_base64_ways[k].there())
            tell(dg_base64_ways[k].name, median(times[k]), middle_copy);
    return 0;
}
