/* SPDX-License-Identifier: MIT
 *
 * malloc and its family, which nobody else calls.  Leans on libc only.
 */
#include "base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT_BYTES = 4 * 1024 * 1024, /* at the heap's end, for what is needed next */
    MAPPED_BYTES = 1024 * 1024    /* blocks from here on are maps of their own */
};

static _Noreturn void out_of_memory(size_t size_bytes)
{
    fprintf(stderr, "error: out of memory: %zu more bytes cannot be had\n", size_bytes);
    abort();
}

/* A size of 0 may give NULL; ask for one byte so that NULL always means failure. */
static size_t at_least_one(size_t size_bytes)
{
    return size_bytes ? size_bytes : 1;
}

void dg_memory_keep(void)
{
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
#endif
}

void *dg_alloc(size_t size_bytes)
{
    void *memory = malloc(at_least_one(size_bytes));

    if (!memory)
        out_of_memory(size_bytes);
    return memory;
}

void *dg_zalloc(size_t size_bytes)
{
    void *memory = calloc(1, at_least_one(size_bytes));

    if (!memory)
        out_of_memory(size_bytes);
    return memory;
}

void *dg_realloc(void *old, size_t size_bytes)
{
    void *memory = realloc(old, at_least_one(size_bytes));

    if (!memory)
        out_of_memory(size_bytes);
    return memory;
}

char *dg_strdup(const char *text)
{
    return dg_strndup(text, strlen(text));
}

char *dg_strndup(const char *text, size_t length)
{
    char *copy = dg_alloc(length + 1);

    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void dg_free(void *memory)
{
    free(memory);
}
