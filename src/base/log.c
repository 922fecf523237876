/* SPDX-License-Identifier: MIT
 *
 * Lines on standard error and in the log file.  Leans on buffer, clock, error,
 * file, json, secret and text.  A line goes out in one write, so that those of
 * several processes do not mix.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/text.h"

enum {
    TEXT_BYTES = 8 * 1024,        /* of one line's text, escapes counted */
    DRAFT_BYTES = 2 * TEXT_BYTES, /* masked before it is cut: no half key survives */
    LINE_BYTES = 8 * TEXT_BYTES,  /* of one line with all its dressing */
    PROGRESS_BYTES = 1024,        /* of the line at the bottom */
    DEFAULT_COLUMNS = 80
};

static const char *const level_names[] = {
    [DG_LOG_DEBUG] = "debug",
    [DG_LOG_INFO] = "info",
    [DG_LOG_WARN] = "warning",
    [DG_LOG_ERROR] = "error",
};

static enum dg_level least_level = DG_LOG_INFO;
static bool colour;
static int file = -1;
static char *file_path;                   /* to name it when a write fails */
static char progress[PROGRESS_BYTES + 1]; /* made visible, not yet cut; "" = none */

void dg_log_level(enum dg_level least)
{
    least_level = least;
}

void dg_log_colour(bool on)
{
    colour = on;
}

bool dg_log_file(const char *path, struct dg_error *err)
{
    if (file >= 0)
        close(file);
    file = -1;
    dg_free(file_path);
    file_path = NULL;
    if (!path)
        return true;
    file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return dg_file_failed(err, "open", path, errno);
    file_path = dg_strdup(path);
    return true;
}

size_t dg_log_columns(void)
{
    struct winsize size;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;

    return known ? size.ws_col : DEFAULT_COLUMNS;
}

/* Bytes of the first `most` characters. */
static size_t prefix_size(const char *text, size_t most)
{
    size_t at = 0;

    for (size_t count = 0; text[at]; at++) {
        bool starts = ((unsigned char)text[at] & 0xC0) != 0x80;
        if (starts && count++ == most)
            break;
    }
    return at;
}

/* The last column stays free: writing there wraps on some terminals. */
static void add_progress(struct dg_buffer *line)
{
    dg_buffer_add(line, progress, prefix_size(progress, dg_log_columns() - 1));
}

/* Standard error is the last resort: where it fails there is nobody to tell. */
static void show(const struct dg_buffer *line)
{
    dg_file_write(STDERR_FILENO, line->data, line->size, NULL);
}

static void add_prefix(struct dg_buffer *line, enum dg_level level)
{
    const char *name = level_names[level];

    if (level < DG_LOG_WARN)
        return;
    if (colour)
        dg_buffer_printf(line, "\033[%dm%s:\033[0m ", level == DG_LOG_ERROR ? 31 : 33, name);
    else
        dg_buffer_printf(line, "%s: ", name);
}

static void show_line(enum dg_level level, const char *text)
{
    struct dg_buffer line;

    dg_buffer_init(&line, LINE_BYTES);
    if (progress[0])
        dg_buffer_text(&line, "\r\033[K");
    add_prefix(&line, level);
    dg_buffer_text(&line, text);
    dg_buffer_text(&line, "\n");
    add_progress(&line);
    show(&line);
    dg_buffer_done(&line);
}

/* {"time":"...", the start of every line of the file. */
static void add_time(struct dg_buffer *line)
{
    char stamp[DG_STAMP_BYTES];

    dg_clock_stamp(dg_clock_wall(), stamp);
    dg_buffer_printf(line, "{\"time\":\"%s\",", stamp);
}

static void add_member(struct dg_buffer *line, const char *name, const char *text)
{
    dg_buffer_printf(line, "\"%s\":", name);
    dg_json_quote(line, text, strlen(text));
}

/* A log file that cannot be written is given up, said once. */
static void store(const struct dg_buffer *line)
{
    struct dg_error err;

    if (dg_file_write(file, line->data, line->size, &err))
        return;
    char *path = file_path;
    file_path = NULL;
    dg_log_file(NULL, NULL);
    dg_log(DG_LOG_WARN, "%s: %s; nothing more is logged there", path, err.message);
    dg_free(path);
}

static void store_line(enum dg_level level, const char *text)
{
    struct dg_buffer line;

    dg_buffer_init(&line, LINE_BYTES);
    add_time(&line);
    add_member(&line, "level", level_names[level]);
    dg_buffer_text(&line, ",");
    add_member(&line, "message", text);
    dg_buffer_text(&line, "}\n");
    store(&line);
    dg_buffer_done(&line);
}

/* Adds what may be shown of a draft that was to have `length` bytes. */
static void add_shown(struct dg_buffer *text, char draft[DRAFT_BYTES], size_t length)
{
    if (length >= DRAFT_BYTES)
        length = dg_text_cut(draft, DRAFT_BYTES - 1);
    dg_secret_mask(draft, length);
    dg_text_visible(text, draft, length);
}

void dg_log(enum dg_level level, const char *fmt, ...)
{
    char draft[DRAFT_BYTES];
    struct dg_buffer text;
    va_list args;

    if (level < least_level && file < 0)
        return;
    va_start(args, fmt);
    int length = vsnprintf(draft, sizeof(draft), fmt, args);
    va_end(args);
    dg_buffer_init(&text, TEXT_BYTES);
    add_shown(&text, draft, length < 0 ? 0 : (size_t)length);
    if (level >= least_level)
        show_line(level, text.data);
    if (file >= 0)
        store_line(level, text.data);
    dg_buffer_done(&text);
}

void dg_log_event(const char *event, const char *fields)
{
    struct dg_buffer line;

    if (file < 0)
        return;
    dg_buffer_init(&line, LINE_BYTES + strlen(fields));
    add_time(&line);
    add_member(&line, "event", event);
    if (fields[0])
        dg_buffer_printf(&line, ",%s", fields);
    dg_secret_mask(line.data, line.size);
    for (size_t i = 0; i < line.size; i++)
        if ((unsigned char)line.data[i] < 0x20)
            line.data[i] = ' ';
    dg_buffer_text(&line, "}\n");
    store(&line);
    dg_buffer_done(&line);
}

void dg_log_progress(const char *text)
{
    char draft[DRAFT_BYTES];
    struct dg_buffer shown;
    struct dg_buffer line;
    bool had_one = progress[0];

    int length = snprintf(draft, sizeof(draft), "%s", text);
    dg_buffer_init(&shown, PROGRESS_BYTES);
    add_shown(&shown, draft, length < 0 ? 0 : (size_t)length);
    memcpy(progress, shown.data, shown.size + 1);
    dg_buffer_done(&shown);
    if (!had_one && !progress[0])
        return;
    dg_buffer_init(&line, LINE_BYTES);
    dg_buffer_text(&line, "\r\033[K");
    add_progress(&line);
    show(&line);
    dg_buffer_done(&line);
}
