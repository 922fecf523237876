/* SPDX-License-Identifier: MIT
 *
 * core/survey: counts of good files, places of faults in bad ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/survey.h"
#include "scratch.h"

static const struct {
    enum dg_format format;
    const char *text;
    int rows; /* -1: a fault */
    int columns;
    const char *message; /* of the fault, without the path */
} cases[] = {
    { DG_FORMAT_CSV, "index,a\n1,x\n2,y\n", 2, 2, NULL },
    { DG_FORMAT_CSV, "a,b,c\n", 0, 3, NULL },
    { DG_FORMAT_CSV, "a,b\n1,2\n\n1,2\n", 2, 2, NULL },
    { DG_FORMAT_CSV, "a,index\n1,x\n1,x\n1,\n1,\n1\n1,2,3\n", 6, 2, NULL },
    { DG_FORMAT_CSV, "a,,\n1,2,3\n", 1, 3, NULL },
    { DG_FORMAT_CSV, "a,b\nx,y,1\nx,y,1\n", 2, 2, NULL },
    { DG_FORMAT_CSV, "INDEX,a\n1,x\n1,y\n", 2, 2, NULL },
    { DG_FORMAT_CSV, "index\n-5\n5\n0\n-9223372036854775808\n", 4, 1, NULL },
    { DG_FORMAT_CSV, "", -1, 0,
      ":1:1: the file is empty: no header; the first line names the columns" },
    { DG_FORMAT_CSV, "\xef\xbb\xbf\n\n", -1, 0,
      ":1:1: the file is empty: no header; the first line names the columns" },
    { DG_FORMAT_CSV, "a,b,a\n1,2,3\n", -1, 0,
      ":1:5: the header names the column \"a\" twice (columns 1 and 3); rename one" },
    { DG_FORMAT_CSV, "\n\"x\n,y\",b,\"b\"\n", -1, 0,
      ":3:7: the header names the column \"b\" twice (columns 2 and 3); rename one" },
    { DG_FORMAT_CSV, "index,a\n7,x\n8,y\n7,z\n", -1, 0,
      ":4:1: the index 7 stands twice, first at line 2; give each row its own" },
    { DG_FORMAT_CSV, "a,index\nx,0\n\"y\n,\",\"00\"\n", -1, 0,
      ":4:4: the index 0 stands twice, first at line 2; give each row its own" },
    { DG_FORMAT_CSV, "a,index\nx,-1\ny,\"-1\"\n", -1, 0,
      ":3:3: the index -1 stands twice, first at line 2; give each row its own" },
    { DG_FORMAT_CSV, "a,b\n1,\"x\n", -1, 0,
      ":2:3: this quote is never closed; a quote inside a cell is written twice, and the whole "
      "cell quoted" },
    { DG_FORMAT_JSONL, "{\"index\":1,\"a\":\"x\"}\n{\"a\":\"y\"}\n", 2, 2, NULL },
    { DG_FORMAT_JSONL, "{\"index\":\"x\"}\n{\"index\":\"x\"}\n{\"index\":1.5}\n{\"index\":1.5}", 4,
      1, NULL },
    { DG_FORMAT_JSONL, "\n\n", -1, 0, ":1:1: the file is empty; each line holds one JSON object" },
    { DG_FORMAT_JSONL, "{\"index\":3}\n\n{\"a\":0, \"index\": \"3\"}\n", -1, 0,
      ":3:18: the index 3 stands twice, first at line 1; give each row its own" },
    { DG_FORMAT_JSONL, "{\"a\":1}\nx\n", -1, 0,
      ":2:1: not a JSON object; each line holds one: {\"name\": ...}" },
};

static void every_case(void **state)
{
    struct scratch s;
    (void)state;
    scratch_make(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dg_error err = { .message = "" };
        struct dg_survey survey;
        const char *path = scratch_write(&s, "in", cases[i].text, strlen(cases[i].text));
        bool ok = dg_survey(path, cases[i].format, &survey, &err);
        if (cases[i].message)
            assert_string_equal(err.message + strlen(path), cases[i].message);
        assert_int_equal(ok, cases[i].rows >= 0);
        if (!ok)
            continue;
        assert_int_equal(survey.rows, cases[i].rows);
        assert_int_equal(survey.columns, cases[i].columns);
    }
    scratch_remove(&s);
}

static void a_missing_file(void **state)
{
    struct dg_error err;
    struct dg_survey survey;
    (void)state;
    assert_false(dg_survey("/nonexistent/in.csv", DG_FORMAT_CSV, &survey, &err));
    assert_string_equal(err.message,
                        "cannot open the input /nonexistent/in.csv: No such file or directory");
    assert_false(dg_survey("/nonexistent/in.jsonl", DG_FORMAT_JSONL, &survey, &err));
    assert_int_equal(err.kind, DG_KIND_INPUT);
}

/* Enough indexes for the set to grow many times; the last stands twice. */
static void many_rows(void **state)
{
    struct scratch s;
    struct dg_error err;
    struct dg_survey survey;
    (void)state;
    scratch_make(&s);
    FILE *f = fopen(scratch_path(&s, "many.csv"), "w");
    assert_non_null(f);
    fputs("instruction,index\n", f);
    for (int i = 0; i < 30000; i++)
        fprintf(f, "\"row, %d\",%d\n", i, i);
    fflush(f);
    assert_true(dg_survey(s.path, DG_FORMAT_CSV, &survey, &err));
    assert_int_equal(survey.rows, 30000);
    fputs("again,29999\n", f);
    assert_int_equal(fclose(f), 0);
    assert_false(dg_survey(s.path, DG_FORMAT_CSV, &survey, &err));
    assert_string_equal(err.code, "duplicate_index");
    assert_string_equal(err.message + strlen(s.path),
                        ":30002:7: the index 29999 stands twice, first at line 30001; give each "
                        "row its own");
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(a_missing_file),
        cmocka_unit_test(many_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
