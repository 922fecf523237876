/* SPDX-License-Identifier: MIT
 *
 * Filling in errors.  Leans on buffer, secret and text.  The sentence is made
 * longer than an error holds, masked, made visible and only then cut, so that
 * the cut cannot hide half a key from the mask.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/secret.h"
#include "base/text.h"

enum { DRAFT_BYTES = 4 * DG_MESSAGE_BYTES };

static const char *const kind_names[DG_KIND_COUNT] = {
    [DG_KIND_NONE] = "none",       [DG_KIND_USAGE] = "usage",     [DG_KIND_CONFIG] = "config",
    [DG_KIND_INPUT] = "input",     [DG_KIND_IMAGE] = "image",     [DG_KIND_FILE] = "file",
    [DG_KIND_NETWORK] = "network", [DG_KIND_TIMEOUT] = "timeout", [DG_KIND_API] = "api",
    [DG_KIND_REPLY] = "reply",     [DG_KIND_STOPPED] = "stopped", [DG_KIND_SCRIPT] = "script",
};

const char *dg_kind_name(enum dg_kind kind)
{
    return (unsigned)kind < DG_KIND_COUNT ? kind_names[kind] : "none";
}

/* Formats into `draft`, masked; a cut at the end falls between characters. */
static void __attribute__((format(printf, 2, 0)))
draft_text(char draft[DRAFT_BYTES], const char *fmt, va_list args)
{
    int length = vsnprintf(draft, DRAFT_BYTES, fmt, args);
    size_t size = length < 0 ? 0 : (size_t)length;

    if (size >= DRAFT_BYTES)
        size = dg_text_cut(draft, DRAFT_BYTES - 1);
    draft[size] = '\0';
    dg_secret_mask(draft, size);
}

/* Copies `text`, made visible, into a field of `size` bytes. */
static void put(char *field, size_t size, const char *text)
{
    struct dg_buffer b;

    dg_buffer_init(&b, size - 1);
    dg_text_visible(&b, text, strlen(text));
    memcpy(field, b.data, b.size + 1);
    dg_buffer_done(&b);
}

bool dg_error_set(struct dg_error *err, enum dg_kind kind, const char *code, const char *fmt, ...)
{
    char draft[DRAFT_BYTES];
    char safe_code[2 * DG_CODE_BYTES];
    va_list args;

    if (!err)
        return false;
    va_start(args, fmt);
    draft_text(draft, fmt, args);
    va_end(args);
    snprintf(safe_code, sizeof(safe_code), "%s", code ? code : "");
    dg_secret_mask(safe_code, strlen(safe_code));
    err->kind = kind;
    put(err->code, sizeof(err->code), safe_code);
    put(err->message, sizeof(err->message), draft);
    return false;
}

bool dg_error_at(struct dg_error *err, const char *fmt, ...)
{
    char draft[DRAFT_BYTES];
    char whole[DRAFT_BYTES + DG_MESSAGE_BYTES + 2];
    va_list args;

    if (!err)
        return false;
    va_start(args, fmt);
    draft_text(draft, fmt, args);
    va_end(args);
    snprintf(whole, sizeof(whole), "%s: %s", draft, err->message);
    put(err->message, sizeof(err->message), whole);
    return false;
}
