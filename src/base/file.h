/* SPDX-License-Identifier: MIT
 *
 * Files: whole writes, folders made as needed, and files that appear at once
 * or not at all: written to a temporary name, then renamed.  A path "beneath"
 * a folder never leaves it: absolute paths, "..", empty parts, backslashes are
 * refused, and symbolic links inside the folder are not followed.
 */
#ifndef DG_BASE_FILE_H
#define DG_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/* Fills `err` for a call on `path` that set errno to `number`: "PATH: cannot
 * VERB: REASON", and what to do about it where that can be said; false.  The
 * verb, one word ("open"), is the error's code too. */
bool dg_file_failed(struct dg_error *err, const char *verb, const char *path, int number);

/* mkdir -p, mode 0777 less umask.  An existing folder is fine. */
bool dg_file_mkdirs(const char *path, struct dg_error *err);

/* Writes all, through EINTR, short writes and a full pipe that does not block.
 * The error does not know the file's name: dg_error_at puts it there. */
bool dg_file_write(int fd, const void *bytes, size_t size_bytes, struct dg_error *err);

/* Copies what `from` gives until its end; a request to stop ends that, with kind
 * stopped.  The error does not know the files' names. */
bool dg_file_drain(int from, int to, struct dg_error *err);

/* Appends the whole file; an error (the buffer is as before) if it cannot be
 * read or does not fit in the buffer's limit. */
bool dg_file_read(const char *path, struct dg_buffer *into, struct dg_error *err);

/* Appends the names in a folder, each with its NUL, without "." and "..". false:
 * there is no such folder, or the buffer is full. */
bool dg_file_list(const char *dir, struct dg_buffer *names);

/* A new file for writing in `dir` (O_EXCL, 0600) named STEM.RANDOM.part; its
 * path replaces what `path` holds.  Only the last part of `stem` is used, cut
 * if it is long.  Returns the descriptor, or -1. */
int dg_file_temp(const char *dir, const char *stem, struct dg_buffer *path, struct dg_error *err);

/* true if `relative` may be used beneath a folder, by its text alone: no
 * absolute path, "." or "..", empty part, backslash, control character, or part
 * longer than a file system takes (255 bytes). */
bool dg_file_relative_ok(const char *relative, struct dg_error *err);

/* Renames `from` (any path on the same file system) to `dir`/`relative`, making
 * the folders between, following no symbolic link below `dir`, and giving it
 * the mode a newly made file has (0666 less umask).  What stood there is
 * replaced at once; a failure leaves `from` where it is. */
bool dg_file_place(const char *from, const char *dir, const char *relative, struct dg_error *err);

/* A folder kept open, for many looks beneath it: close(2) gives it back.  -1, and
 * errno says why, if it cannot be opened. */
int dg_file_folder(const char *dir);

/* Size of a regular file beneath the folder, or -1 (missing, other kind, no such
 * folder).  One system call where the name has no slash. */
int64_t dg_file_size_in(int folder, const char *relative);

/* The same for a single look. */
int64_t dg_file_size_beneath(const char *dir, const char *relative);

#endif
