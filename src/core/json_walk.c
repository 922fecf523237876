/* SPDX-License-Identifier: MIT
 *
 * Steps over good JSON.  Leans on libc only.
 */
#include "core/json_walk.h"

#include <string.h>

const char *dg_json_skip_space(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

const char *dg_json_skip_string(const char *p)
{
    for (p++; *p != '"'; p++) {
        if (*p == '\\')
            p++;
    }
    return p + 1;
}

/* An array or object: to the bracket that closes the first. */
static const char *skip_brackets(const char *p)
{
    unsigned depth = 0;
    do {
        if (*p == '"') {
            p = dg_json_skip_string(p);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        else if (*p == '}' || *p == ']')
            depth--;
        p++;
    } while (depth > 0);
    return p;
}

const char *dg_json_skip_value(const char *p)
{
    if (*p == '"')
        return dg_json_skip_string(p);
    if (*p == '{' || *p == '[')
        return skip_brackets(p);
    return p + strcspn(p, ",]} \t\r\n");
}
