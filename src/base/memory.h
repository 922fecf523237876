/* SPDX-License-Identifier: MIT
 *
 * The one owner of malloc.  These never return NULL: whatever can grow with
 * foreign input has a limit of its own (buffer.h), so running out of memory
 * here is the machine's end, said on standard error, then abort().
 */
#ifndef DG_BASE_MEMORY_H
#define DG_BASE_MEMORY_H

#include <stddef.h>

/* For a program that takes and gives back buffers all the time: freed memory is given
 * back to the system in large pieces alone, which would else come back as page faults. */
void dg_memory_keep(void);

void *dg_alloc(size_t size_bytes);  /* not cleared */
void *dg_zalloc(size_t size_bytes); /* cleared */
void *dg_realloc(void *old, size_t size_bytes);
char *dg_strdup(const char *text);
char *dg_strndup(const char *text, size_t length); /* adds the final NUL */
void dg_free(void *memory);                        /* NULL is fine */

#endif
