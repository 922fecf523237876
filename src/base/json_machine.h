/* SPDX-License-Identifier: MIT
 *
 * Inside json*.c only: the states of the tokenizer, and what its two halves,
 * structure and strings, know of each other.
 */
#ifndef DG_BASE_JSON_MACHINE_H
#define DG_BASE_JSON_MACHINE_H

#include "base/json.h"

/* {"a":[1,true]} goes AT_START AT_VALUE  { AT_MEMBER  " IN_STRING  " AT_COLON
 * : AT_VALUE  [ AT_ITEM  1 IN_INTEGER  , AT_VALUE  t IN_LITERAL  ] AT_COMMA  } AT_END
 */
enum json_state {
    AT_START,    /* nothing read; a byte order mark may come */
    IN_BOM,      /* in the mark, `partial` bytes of it read */
    AT_VALUE,    /* a value must come */
    AT_ITEM,     /* after '[': a value or ']' */
    AT_MEMBER,   /* after '{': a name or '}' */
    AT_NAME,     /* after ',' in an object: a name */
    AT_COLON,    /* after a name: ':' */
    AT_COMMA,    /* after a value inside: ',' or the closing bracket */
    AT_END,      /* after the whole value: white space only */
    IN_STRING,   /* between the quotes of a name or a string */
    IN_ESCAPE,   /* after a backslash */
    IN_HEX,      /* in \uXXXX, `partial` digits of it in `held` */
    IN_LITERAL,  /* in true, false or null, `partial` letters of it read */
    IN_MINUS,    /* number: after '-', a digit must come */
    IN_ZERO,     /* number: after a leading 0, no more digits */
    IN_INTEGER,  /* number: in the digits before a point */
    IN_POINT,    /* number: after '.', a digit must come */
    IN_FRACTION, /* number: in the digits after the point */
    IN_E,        /* number: after 'e', a sign or a digit must come */
    IN_SIGN,     /* number: after the exponent's sign, a digit must come */
    IN_EXPONENT, /* number: in the exponent's digits */
    JSON_STATES
};

/* A step takes bytes from `p` (n > 0), returns how many; 0 if it only changed
 * the state or failed. */
typedef size_t json_step(struct dg_json *j, const char *p, size_t n);

size_t dg_json_fail(struct dg_json *j, const char *error); /* returns 0 */
void dg_json_emit(struct dg_json *j, enum dg_json_token token, const char *text, size_t n);
void dg_json_value_done(struct dg_json *j); /* on to AT_COMMA or AT_END */

/* After an opening quote; what follows is json_string.c's until the closing one. */
void dg_json_begin_string(struct dg_json *j, bool is_name);
json_step dg_json_in_string, dg_json_in_escape, dg_json_in_hex;

#endif
