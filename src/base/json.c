/* SPDX-License-Identifier: MIT
 *
 * The JSON tokenizer: structure, literals and numbers; strings are in
 * json_string.c.  One state, one small step.  Leans on libc only.
 */
#include "base/json.h"

#include <string.h>

#include "base/json_machine.h"

void dg_json_init(struct dg_json *j, dg_json_handler *handler, void *self)
{
    *j = (struct dg_json){ .handler = handler, .self = self, .state = AT_START };
}

size_t dg_json_fail(struct dg_json *j, const char *error)
{
    j->error = error;
    return 0;
}

void dg_json_emit(struct dg_json *j, enum dg_json_token token, const char *text, size_t n)
{
    if (!j->error && !j->handler(j->self, token, text, n))
        j->error = "stopped";
}

void dg_json_value_done(struct dg_json *j)
{
    j->state = j->depth ? AT_COMMA : AT_END;
}

static size_t at_start(struct dg_json *j, const char *p, size_t n)
{
    (void)n;
    j->state = *p == '\xEF' ? IN_BOM : AT_VALUE;
    j->partial = 0;
    return 0;
}

static size_t in_bom(struct dg_json *j, const char *p, size_t n)
{
    static const char bom[] = "\xEF\xBB\xBF";

    (void)n;
    if (*p != bom[j->partial])
        return dg_json_fail(j, "a value was expected");
    if (++j->partial == sizeof(bom) - 1)
        j->state = AT_VALUE;
    return 1;
}

static size_t open_bracket(struct dg_json *j, char c)
{
    if (j->depth == DG_JSON_DEPTH)
        return dg_json_fail(j, "nested too deep");
    j->stack[j->depth++] = (uint8_t)c;
    j->state = c == '{' ? AT_MEMBER : AT_ITEM;
    dg_json_emit(j, c == '{' ? DG_JSON_OBJECT : DG_JSON_ARRAY, NULL, 0);
    return 1;
}

static size_t close_bracket(struct dg_json *j)
{
    bool object = j->stack[--j->depth] == '{';

    dg_json_value_done(j);
    dg_json_emit(j, object ? DG_JSON_OBJECT_END : DG_JSON_ARRAY_END, NULL, 0);
    return 1;
}

/* The first letter is kept to know the word by; it is read again there. */
static size_t begin_literal(struct dg_json *j, char c)
{
    j->held[0] = c;
    j->partial = 0;
    j->state = IN_LITERAL;
    return 0;
}

/* The first character goes to `held` with the others. */
static size_t begin_number(struct dg_json *j, char c)
{
    j->held[0] = c;
    j->partial = 1;
    j->state = c == '-' ? IN_MINUS : c == '0' ? IN_ZERO : IN_INTEGER;
    return 1;
}

static size_t at_value(struct dg_json *j, const char *p, size_t n)
{
    (void)n;
    if (*p == '"') {
        dg_json_begin_string(j, false);
        return 1;
    }
    if (*p == '{' || *p == '[')
        return open_bracket(j, *p);
    if (*p == '-' || (*p >= '0' && *p <= '9'))
        return begin_number(j, *p);
    if (*p == 't' || *p == 'f' || *p == 'n')
        return begin_literal(j, *p);
    return dg_json_fail(j, "a value was expected");
}

static size_t at_item(struct dg_json *j, const char *p, size_t n)
{
    return *p == ']' ? close_bracket(j) : at_value(j, p, n);
}

static size_t at_name(struct dg_json *j, const char *p, size_t n)
{
    (void)n;
    if (*p != '"')
        return dg_json_fail(j, "a name in double quotes was expected");
    dg_json_begin_string(j, true);
    return 1;
}

static size_t at_member(struct dg_json *j, const char *p, size_t n)
{
    return *p == '}' ? close_bracket(j) : at_name(j, p, n);
}

static size_t at_colon(struct dg_json *j, const char *p, size_t n)
{
    (void)n;
    if (*p != ':')
        return dg_json_fail(j, "':' was expected after a name");
    j->state = AT_VALUE;
    return 1;
}

static size_t at_comma(struct dg_json *j, const char *p, size_t n)
{
    bool object = j->stack[j->depth - 1] == '{';

    (void)n;
    if (*p == (object ? '}' : ']'))
        return close_bracket(j);
    if (*p != ',')
        return dg_json_fail(j, object ? "',' or '}' was expected" : "',' or ']' was expected");
    j->state = object ? AT_NAME : AT_VALUE;
    return 1;
}

static size_t at_end(struct dg_json *j, const char *p, size_t n)
{
    (void)p, (void)n;
    return dg_json_fail(j, "something follows the end of the value");
}

static size_t in_literal(struct dg_json *j, const char *p, size_t n)
{
    char first = j->held[0];
    const char *word = first == 't' ? "true" : first == 'f' ? "false" : "null";

    (void)n;
    if (*p != word[j->partial])
        return dg_json_fail(j, "a value was expected");
    if (word[++j->partial] != '\0')
        return 1;
    dg_json_value_done(j);
    dg_json_emit(j,
                 first == 't'   ? DG_JSON_TRUE
                 : first == 'f' ? DG_JSON_FALSE
                                : DG_JSON_NULL,
                 NULL, 0);
    return 1;
}

/* What follows in a number: its next state, AT_END if `c` is no more of it, or
 * AT_START if the number may not end here. */
static enum json_state number_state(unsigned state, char c)
{
    bool digit = c >= '0' && c <= '9';
    bool e = c == 'e' || c == 'E';

    switch (state) {
    case IN_MINUS:
        return !digit ? AT_START : c == '0' ? IN_ZERO : IN_INTEGER;
    case IN_ZERO:
        return c == '.' ? IN_POINT : e ? IN_E : AT_END;
    case IN_INTEGER:
        return digit ? IN_INTEGER : c == '.' ? IN_POINT : e ? IN_E : AT_END;
    case IN_POINT:
        return digit ? IN_FRACTION : AT_START;
    case IN_FRACTION:
        return digit ? IN_FRACTION : e ? IN_E : AT_END;
    case IN_E:
        return digit ? IN_EXPONENT : c == '+' || c == '-' ? IN_SIGN : AT_START;
    case IN_SIGN:
        return digit ? IN_EXPONENT : AT_START;
    default:
        return digit ? IN_EXPONENT : AT_END;
    }
}

static size_t finish_number(struct dg_json *j)
{
    dg_json_value_done(j);
    dg_json_emit(j, DG_JSON_NUMBER, j->held, j->partial);
    return 0;
}

static size_t in_number(struct dg_json *j, const char *p, size_t n)
{
    enum json_state next = number_state(j->state, *p);

    (void)n;
    if (next == AT_END)
        return finish_number(j);
    if (next == AT_START)
        return dg_json_fail(j, "a digit was expected");
    if (j->partial == DG_JSON_NUMBER_BYTES)
        return dg_json_fail(j, "a number is too long");
    j->held[j->partial++] = *p;
    j->state = (uint8_t)next;
    return 1;
}

static json_step *const steps[JSON_STATES] = {
    [AT_START] = at_start,
    [IN_BOM] = in_bom,
    [AT_VALUE] = at_value,
    [AT_ITEM] = at_item,
    [AT_MEMBER] = at_member,
    [AT_NAME] = at_name,
    [AT_COLON] = at_colon,
    [AT_COMMA] = at_comma,
    [AT_END] = at_end,
    [IN_STRING] = dg_json_in_string,
    [IN_ESCAPE] = dg_json_in_escape,
    [IN_HEX] = dg_json_in_hex,
    [IN_LITERAL] = in_literal,
    [IN_MINUS] = in_number,
    [IN_ZERO] = in_number,
    [IN_INTEGER] = in_number,
    [IN_POINT] = in_number,
    [IN_FRACTION] = in_number,
    [IN_E] = in_number,
    [IN_SIGN] = in_number,
    [IN_EXPONENT] = in_number,
};

/* Length of the white space at the start, where the state allows it. */
static size_t spaces(const struct dg_json *j, const char *p, size_t n)
{
    size_t at = 0;

    if (j->state < AT_VALUE || j->state > AT_END)
        return 0;
    while (at < n && (p[at] == ' ' || p[at] == '\n' || p[at] == '\r' || p[at] == '\t'))
        at++;
    return at;
}

bool dg_json_feed(struct dg_json *j, const char *text, size_t n)
{
    j->quote = NULL;
    while (!j->error && n > 0) {
        size_t taken = spaces(j, text, n);
        if (taken == 0)
            taken = steps[j->state](j, text, n);
        text += taken;
        n -= taken;
        j->offset += taken;
    }
    return !j->error;
}

bool dg_json_end(struct dg_json *j)
{
    if (j->error)
        return false;
    if (j->state >= IN_MINUS && number_state(j->state, ' ') == AT_END)
        finish_number(j);
    if (!j->error && j->state != AT_END)
        j->error = "the text ends too early";
    return !j->error;
}
