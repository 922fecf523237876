/* SPDX-License-Identifier: MIT
 *
 * bench_base64: what the program's decoders of base64 cost, each way that this
 * machine has, as one line of JSON each: milliseconds for a picture of 1.5 MB, and
 * that to copying its text.  The best of some rounds, all ways in turn.
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
    ROUNDS = 30
};

static char text[TEXT_BYTES];
static char copied[TEXT_BYTES];
static uint8_t bytes[PIECE_BYTES];

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
    dg_base64_encode(random, sizeof random, text);
}

static double copy(void)
{
    double begun = milliseconds();
    memcpy(copied, text, TEXT_BYTES);
    __asm__ volatile("" : : "r"(copied) : "memory"); /* somebody might read it */
    return milliseconds() - begun;
}

static double decode(dg_base64_decoder *decode_piece)
{
    double begun = milliseconds();
    for (size_t at = 0; at < TEXT_BYTES; at += PIECE_BYTES) {
        if (decode_piece(text + at, PIECE_BYTES, bytes) + LEFT_CHARS < PIECE_BYTES) {
            fprintf(stderr, "bench_base64: a decoder stopped early\n");
            exit(1);
        }
    }
    return milliseconds() - begun;
}

static void note(double *best, double spent)
{
    if (*best == 0 || spent < *best)
        *best = spent;
}

static void tell(const char *name, double best, double best_copy)
{
    printf("{\"decoder\":\"%s\",\"picture_ms\":%.4f,\"to_memcpy\":%.2f}\n", name, best,
           best / best_copy);
}

int main(void)
{
    double best_copy = 0, best_whole = 0, best[WAYS] = { 0 };
    make_text();
    for (int round = 0; round < ROUNDS; round++) {
        note(&best_copy, copy());
        note(&best_whole, decode(whole));
        for (size_t k = 0; k < dg_base64_way_count; k++)
            if (dg_base64_ways[k].there())
                note(&best[k], decode(dg_base64_ways[k].groups));
    }
    tell("dg_base64_decode", best_whole, best_copy);
    for (size_t k = 0; k < dg_base64_way_count; k++)
        if (best[k] > 0)
            tell(dg_base64_ways[k].name, best[k], best_copy);
    return 0;
}
