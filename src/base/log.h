/* SPDX-License-Identifier: MIT
 *
 * Lines for people on standard error, and JSON Lines for machines in a file.
 * The one place where lines are made: foreign text is made visible, secrets
 * are masked, and a progress line on a terminal is lifted out of the way and
 * put back.
 */
#ifndef DG_BASE_LOG_H
#define DG_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum dg_level { DG_LOG_DEBUG, DG_LOG_INFO, DG_LOG_WARN, DG_LOG_ERROR };

/* Lines below `least` are not shown (default DG_LOG_INFO). */
void dg_log_level(enum dg_level least);

/* Colour for "warning:" and "error:" (the caller has judged NO_COLOR, TERM and
 * whether standard error is a terminal; default off). */
void dg_log_colour(bool on);

/* Appends `{"time":...,...}` lines to `path`, made 0600 if new; NULL
 * closes.  Every dg_log line goes there too, whatever its level. */
bool dg_log_file(const char *path, struct dg_error *err);

/* "warning: TEXT\n" on standard error, "error: TEXT\n", or the bare text for
 * the others.  One line whatever the text holds. */
void dg_log(enum dg_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* One event of the JSON Lines file only: `fields` is the inside of a JSON
 * object ("\"row\":3"), or "". The time and `event` are put before it. */
void dg_log_event(const char *event, const char *fields);

/* Width of the terminal at standard error; 80 if there is none. */
size_t dg_log_columns(void);

/* The line kept at the bottom of a terminal, cut to its width; "" removes it.
 * Only to be called where standard error is a terminal. */
void dg_log_progress(const char *text);

#endif
