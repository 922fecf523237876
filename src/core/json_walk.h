/* SPDX-License-Identifier: MIT
 *
 * Steps over JSON text that a tokenizer has already found good.  Nothing is
 * checked again.
 */
#ifndef DG_CORE_JSON_WALK_H
#define DG_CORE_JSON_WALK_H

/* Each returns where the thing at `p` ends.  The text is NUL-terminated. */
const char *dg_json_skip_space(const char *p);
const char *dg_json_skip_string(const char *p);
const char *dg_json_skip_value(const char *p);

#endif
