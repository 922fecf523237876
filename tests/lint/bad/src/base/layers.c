/* SPDX-License-Identifier: MIT
 *
 * Breaks every rule about who may know what; "malloc(1)" in a comment and
 * in a string is fine, and so is a member of that name.
 */
#include <curl/curl.h>
#include <lua.h>
#include <lua5.4/lauxlib.h>
#include <csv.h>

#include "core/pool.h"

const char *fine = "malloc(1) // free(2)";

int breaks(struct ops *ops)
{
    ops->free(ops);
    char *copy = malloc(3);
    sprintf(copy, "%d", atoi("1"));
    exit(getenv("HOME") ? fork() : 1);
}
