/* SPDX-License-Identifier: MIT
 *
 * core/jsonl: names and cells of every kind of value, and each fault's place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "core/jsonl.h"
#include "scratch.h"

/* Rows are shown as LINE:name=cell|name=cell; and a fault as !MESSAGE without
 * the path. */
static const struct {
    const char *text;
    const char *rows;
} cases[] = {
    { "{\"a\":\"x\",\"b\":\"\"}\n{\"b\":\"y\"}\n", "1:a=x|b=;2:b=y;" },
    { "{}", "1:;" },
    { "{ \"a\" : null , \"b\":true,\"c\":false }\r\n", "1:a=|b=true|c=false;" },
    { "{\"n\":12345678901234567890,\"m\":-1.50e+3,\"o\":0}\n",
      "1:n=12345678901234567890|m=-1.50e+3|o=0;" },
    { "{\"a\":[1, \"x\\n\\u00e9]\", {\"k\":\"}\"}],\"o\" : {\"z\": [ ] } ,\"s\":\"t\"}\n",
      "1:a=[1, \"x\\n\\u00e9]\", {\"k\":\"}\"}]|o={\"z\": [ ] }|s=t;" },
    { "{\"a\":\"q\\\"\\\\\\/\\n\\u00e9\\ud83d\\ude00\"}\n",
      "1:a=q\"\\/\n\xc3\xa9\xf0\x9f\x98\x80;" },
    { "{\"k\\u0065y\":\"\\\\\"}\n", "1:key=\\;" },
    { "\n  \n{\"a\":1}\n\t\r\n{\"a\":2}\n\n", "3:a=1;5:a=2;" },
    { "\xef\xbb\xbf{\"a\":1}\n", "1:a=1;" },
    { "  {\"a\":1}  \n", "1:a=1;" },
    { "", "" },
    { "\n\n", "" },
    { "   ", "" },
    { "{\"a\":1}\n{\"a\":2", "1:a=1;!:2:7: the line ends inside the object; each object stands on "
                             "one line" },
    { "{\n\"a\":1\n}\n", "!:1:2: the line ends inside the object; each object stands on one line" },
    { "[{\"a\":1},\n{\"a\":2}]",
      "!:1:1: a JSON array, not JSON Lines; write each of its objects on a line of its own (jq -c "
      "'.[]')" },
    { "{\"a\":1}\n [1]\n", "1:a=1;!:2:2: not a JSON object; each line holds one: {\"name\": ...}" },
    { "\"a\"\n", "!:1:1: not a JSON object; each line holds one: {\"name\": ...}" },
    { "a,b\n1,2\n", "!:1:1: not a JSON object; each line holds one: {\"name\": ...}" },
    { "{\"a\":1} {\"b\":2}\n", "!:1:9: not valid JSON: something follows the end of the value" },
    { "{\"a\":tru}\n", "!:1:9: not valid JSON: a value was expected" },
    { "{\"a\":01}\n", "!:1:7: not valid JSON: ',' or '}' was expected" },
    { "{'a':1}\n", "!:1:2: not valid JSON: a name in double quotes was expected" },
    { "{\"a\":[1], \"b\":{\"c\":\"}\"}, \"a\":2}\n",
      "!:1:26: this name stands twice in the object; rename or remove one" },
    { "{\"a\":1,\"\\u0061\":2}\n",
      "!:1:8: this name stands twice in the object; rename or remove one" },
    { "{\"a\":\"caf\xe9\"}\n",
      "!:1:10: the byte 0xE9 is not UTF-8; if the file is Windows-1252, convert it: iconv -f "
      "WINDOWS-1252 -t UTF-8 FILE > FILE.utf8" },
};

static void show_row(const struct dg_jsonl_row *row, struct dg_buffer *out)
{
    dg_buffer_printf(out, "%d:", (int)row->line);
    for (size_t i = 0; i < row->count; i++) {
        assert_int_equal(strlen(row->names[i].text), row->names[i].size);
        assert_int_equal(strlen(row->cells[i].text), row->cells[i].size);
        dg_buffer_printf(out, "%s%s=%s", i ? "|" : "", row->names[i].text, row->cells[i].text);
    }
    dg_buffer_text(out, ";");
}

static void every_case(void **state)
{
    struct scratch s;
    struct dg_buffer out;
    (void)state;
    scratch_make(&s);
    dg_buffer_init(&out, 4096);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dg_error err;
        struct dg_jsonl_row row;
        enum dg_csv_got got;
        const char *path = scratch_write(&s, "in.jsonl", cases[i].text, strlen(cases[i].text));
        struct dg_jsonl *j = dg_jsonl_open(path, &err);
        assert_non_null(j);
        dg_buffer_clear(&out);
        while ((got = dg_jsonl_next(j, &row, &err)) == DG_CSV_ROW)
            show_row(&row, &out);
        if (got == DG_CSV_FAULT) {
            assert_int_equal(err.kind, DG_KIND_INPUT);
            dg_buffer_printf(&out, "!%s", err.message + strlen(path));
        } else {
            assert_int_equal(dg_jsonl_offset(j), strlen(cases[i].text));
        }
        assert_int_equal(dg_jsonl_next(j, &row, &err), got);
        assert_string_equal(out.data, cases[i].rows);
        dg_jsonl_free(j);
    }
    dg_buffer_done(&out);
    scratch_remove(&s);
}

static void columns_of_values(void **state)
{
    static const char line[] = "\n {\"a\" : [1,{\"x\":2}], \"b\":\"\\\"\" ,\"c\":-7}\n";
    static const uint64_t columns[] = { 9, 26, 36 };
    struct scratch s;
    struct dg_error err;
    struct dg_jsonl_row row;
    (void)state;
    scratch_make(&s);
    struct dg_jsonl *j = dg_jsonl_open(scratch_write(&s, "in.jsonl", line, strlen(line)), &err);
    assert_int_equal(dg_jsonl_next(j, &row, &err), DG_CSV_ROW);
    assert_int_equal(row.line, 2);
    assert_int_equal(row.count, 3);
    for (size_t k = 0; k < row.count; k++)
        assert_int_equal(dg_jsonl_column(j, k), columns[k]);
    dg_jsonl_free(j);
    scratch_remove(&s);
}

/* JSON may say \u0000, but no prompt, path or name can hold it. */
static void nul_is_refused(void **state)
{
    static const char *const lines[] = { "{\"a\":\"x\\u0000y\"}", "{\"a\\u0000\":\"x\"}" };
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct scratch s;
        struct dg_error err;
        struct dg_jsonl_row row;
        scratch_make(&s);
        const char *path = scratch_write(&s, "in.jsonl", lines[k], strlen(lines[k]));
        struct dg_jsonl *j = dg_jsonl_open(path, &err);
        assert_int_equal(dg_jsonl_next(j, &row, &err), DG_CSV_FAULT);
        assert_string_equal(err.code, "nul");
        assert_non_null(strstr(err.message, "in.jsonl:1:"));
        dg_jsonl_free(j);
        scratch_remove(&s);
    }
}

/* HEAD, `n` times UNIT, numbered if AFTER is not NULL and then followed by it,
 * and TAIL. */
struct long_line {
    const char *head, *unit, *after;
    size_t n;
    const char *tail;
    const char *message; /* NULL: a good row */
};

static const char *write_long(struct scratch *s, const struct long_line *l)
{
    FILE *f = fopen(scratch_path(s, "long.jsonl"), "w");
    assert_non_null(f);
    fputs(l->head, f);
    for (size_t i = 0; i < l->n; i++) {
        fputs(l->unit, f);
        if (l->after)
            fprintf(f, "%zu%s", i, l->after);
    }
    fputs(l->tail, f);
    assert_int_equal(fclose(f), 0);
    return s->path;
}

static void long_lines(void **state)
{
    static const struct long_line all[] = {
        { "{\"a\":\"", "0123456789", "", 20000, "\"}\n", NULL },
        { "{\"z\":0", ",\"n", "\":[]", DG_CSV_COLUMNS - 1, "}\n", NULL },
        { "{\"z\":0", ",\"n", "\":1", DG_CSV_COLUMNS, "}\n", "more than 4096 members" },
        { "{\"a\":", "[", NULL, 200, "}\n", "nested too deep" },
    };
    struct scratch s;
    (void)state;
    scratch_make(&s);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct dg_error err;
        struct dg_jsonl_row row;
        const char *path = write_long(&s, &all[i]);
        struct dg_jsonl *j = dg_jsonl_open(path, &err);
        enum dg_csv_got got = dg_jsonl_next(j, &row, &err);
        assert_int_equal(got, all[i].message ? DG_CSV_FAULT : DG_CSV_ROW);
        if (all[i].message)
            assert_non_null(strstr(err.message, all[i].message));
        dg_jsonl_free(j);
    }
    scratch_remove(&s);
}

static void a_line_has_a_limit(void **state)
{
    struct scratch s;
    struct dg_error err;
    struct dg_jsonl_row row;
    (void)state;
    scratch_make(&s);
    int fd = open(scratch_path(&s, "big.jsonl"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    char *block = dg_alloc(1 << 20);
    memset(block, ' ', 1 << 20);
    assert_int_equal(write(fd, "{", 1), 1);
    for (int i = 0; i < DG_CSV_CELL_BYTES >> 20; i++)
        assert_int_equal(write(fd, block, 1 << 20), 1 << 20);
    close(fd);
    dg_free(block);
    struct dg_jsonl *j = dg_jsonl_open(s.path, &err);
    assert_int_equal(dg_jsonl_next(j, &row, &err), DG_CSV_FAULT);
    assert_string_equal(err.code, "too_large");
    assert_string_equal(err.message + strlen(s.path), ":1:1: the line is over 64 MiB");
    dg_jsonl_free(j);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),         cmocka_unit_test(columns_of_values),
        cmocka_unit_test(nul_is_refused),     cmocka_unit_test(long_lines),
        cmocka_unit_test(a_line_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
