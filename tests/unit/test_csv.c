/* SPDX-License-Identifier: MIT
 *
 * core/csv: what is read, what is refused and where, and that writing and
 * reading are each other's inverse.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "core/csv.h"
#include "scratch.h"

enum { READ_BYTES = 64 * 1024 };

/* Rows are shown as LINE:CELL|CELL; and a fault as !MESSAGE without the path. */
static const struct {
    const char *name;
    const char *text;
    size_t size; /* 0: strlen */
    const char *rows;
} cases[] = {
    { "plain", "image,prompt\na.png,red hat\n", 0, "1:image|prompt;2:a.png|red hat;" },
    { "quoted_comma", "image,prompt\n\"a.png,b.png\",merge\n", 0,
      "1:image|prompt;2:a.png,b.png|merge;" },
    { "quoted_nothing", "x,y,z\n\"\",p,\"\"\n", 0, "1:x|y|z;2:|p|;" },
    { "quoted_nothing_crlf", "x,y,z\r\n\"\",p,\"\"\r\n", 0, "1:x|y|z;2:|p|;" },
    { "doubled_quotes", "x,y\nwrite \"\"\n", 0,
      "1:x|y;!:2:7: a quote in an unquoted cell; quote the whole cell and write each quote inside "
      "it twice" },
    { "doubled_quotes_in_quotes", "x,y\n\"a 5\"\" lens\",q\n", 0, "1:x|y;2:a 5\" lens|q;" },
    { "json_array", "x,y\n\"[\"\"a.png\"\",\"\"b.png\"\"]\",q\n", 0,
      "1:x|y;2:[\"a.png\",\"b.png\"]|q;" },
    { "line_end_in_cell", "x,y\n\"two\nlines\",q\nr,s\n", 0, "1:x|y;2:two\nlines|q;4:r|s;" },
    { "crlf_in_cell", "x,y\r\n\"two\r\nlines\",q\r\nr,s\r\n", 0, "1:x|y;2:two\r\nlines|q;4:r|s;" },
    { "quote_and_line_end", "x\n\"\n\"\"\n\"\ny\n", 0, "1:x;2:\n\"\n;5:y;" },
    { "beyond_ascii", "x,y\nchapeau \xc3\xa9l\xc3\xa9gant,\xf0\x9f\x8e\xa9\n", 0,
      "1:x|y;2:chapeau \xc3\xa9l\xc3\xa9gant|\xf0\x9f\x8e\xa9;" },

    { "no_end_of_last_line", "a,b\n1,2", 0, "1:a|b;2:1|2;" },
    { "quoted_last_cell", "a,b\n1,\"2\"", 0, "1:a|b;2:1|2;" },
    { "empty_last_cell", "a,b\n1,", 0, "1:a|b;2:1|;" },
    { "cr_only", "a,b\r1,2\r\"x\ry\",3\r", 0, "1:a|b;2:1|2;3:x\ry|3;" },
    { "mixed_ends", "a\rb\nc\r\nd\n\re", 0, "1:a;2:b;3:c;4:d;6:e;" },
    { "bom",
      "\xef\xbb\xbf"
      "a,b\n1,2\n",
      0, "1:a|b;2:1|2;" },
    { "bom_and_quote", "\xef\xbb\xbf\"a\",b\n", 0, "1:a|b;" },
    { "bom_alone", "\xef\xbb\xbf", 0, "" },
    { "nothing", "", 0, "" },
    { "spaces_stay", " a , b\n\" 1 \",\t2\n  \n", 0, "1: a | b;2: 1 |\t2;3:  ;" },
    { "blank_lines", "\n\na\n\r\n\n\"\"\nb\n\n", 0, "3:a;6:;7:b;" },
    { "lone_commas", ",\n,,", 0, "1:|;2:||;" },
    { "ragged", "a,b\n1\n1,2,3\n", 0, "1:a|b;2:1;3:1|2|3;" },
    { "quotes_only", "\"\"\"\"\n\"\"\"\"\"\"\n", 0, "1:\";2:\"\";" },
    { "apostrophe", "it's,a 'b'\n", 0, "1:it's|a 'b';" },
    { "semicolons_are_text", "a;b\n", 0, "1:a;b;" },

    { "unclosed", "a,b\n1,\"2\n3,4\n", 0,
      "1:a|b;!:2:3: this quote is never closed; a quote inside a cell is written twice, and the "
      "whole cell quoted" },
    { "unclosed_first", "\"a\n\nb", 0,
      "!:1:1: this quote is never closed; a quote inside a cell is written twice, and the whole "
      "cell quoted" },
    { "unclosed_after_escapes", "a\n\"x\"\"y\"\"\n\"\"z", 0,
      "1:a;!:2:1: this quote is never closed; a quote inside a cell is written twice, and the "
      "whole cell quoted" },
    { "unclosed_after_closed", "a\n\"\",\"x\ny\",\"z\nw", 0,
      "1:a;!:3:4: this quote is never closed; a quote inside a cell is written twice, and the "
      "whole cell quoted" },
    { "text_behind_quote", "a,b\n1,\"2\"x\n", 0,
      "1:a|b;!:2:6: text behind the closing quote of the cell opened at line 2, column 3; a quote "
      "inside a cell is written twice" },
    { "space_behind_quote", "\"a\" ,b\n", 0,
      "!:1:4: text behind the closing quote of the cell opened at line 1, column 1; a quote inside "
      "a cell is written twice" },
    { "closed_lines_later", "a,b\n1,\"x\n2,\"y\"\n", 0,
      "1:a|b;!:3:4: text behind the closing quote of the cell opened at line 2, column 3; a quote "
      "inside a cell is written twice" },
    { "quote_in_cell", "a,b\n1,2\"3\n", 0,
      "1:a|b;!:2:4: a quote in an unquoted cell; quote the whole cell and write each quote inside "
      "it twice" },
    { "nul", "a,b\n1,x\0y\n", 10,
      "1:a|b;!:2:4: a NUL byte; the file is damaged or is no UTF-8 text" },
    { "latin1", "a,b\n1,caf\xe9\n", 0,
      "1:a|b;!:2:6: the byte 0xE9 is not UTF-8; if the file is Windows-1252, convert it: iconv -f "
      "WINDOWS-1252 -t UTF-8 FILE > FILE.utf8" },
    { "overlong", "a\n\xc0\x80\n", 0,
      "1:a;!:2:1: the byte 0xC0 is not UTF-8; if the file is Windows-1252, convert it: iconv -f "
      "WINDOWS-1252 -t UTF-8 FILE > FILE.utf8" },
    { "surrogate", "\xed\xa0\x80,b\n", 0,
      "!:1:1: the byte 0xED is not UTF-8; if the file is Windows-1252, convert it: iconv -f "
      "WINDOWS-1252 -t UTF-8 FILE > FILE.utf8" },
    { "cut_character", "a\nb\xe2\x82", 0,
      "1:a;!:2:2: the file ends inside a UTF-8 character; is it complete?" },
};

/* Faults that only the start of a file can have; %s is the path. */
static const struct {
    const char *text;
    size_t size;
    const char *message;
} starts[] = {
    { "\xff\xfe"
      "a\0,\0b\0\n\0",
      10,
      "the text is UTF-16 (little-endian), UTF-8 is needed; convert it: iconv -f UTF-16 -t UTF-8 "
      "%s > %s.utf8" },
    { "\xfe\xff\0a\0,", 6,
      "the text is UTF-16 (big-endian), UTF-8 is needed; convert it: iconv -f UTF-16 -t UTF-8 %s > "
      "%s.utf8" },
    { "\xff\xfe\0\0a\0\0\0", 8,
      "the text is UTF-32 (little-endian), UTF-8 is needed; convert it: iconv -f UTF-32 -t UTF-8 "
      "%s > %s.utf8" },
    { "a\0b\0\n\0", 6,
      "the text is UTF-16 (little-endian), UTF-8 is needed; convert it: iconv -f UTF-16LE -t UTF-8 "
      "%s > %s.utf8" },
    { "\0a\0b", 4,
      "the text is UTF-16 (big-endian), UTF-8 is needed; convert it: iconv -f UTF-16BE -t UTF-8 %s "
      "> %s.utf8" },
    { "PAR1\x15\x04", 6, "this is a Parquet file, not text; export it as CSV or JSON Lines" },
    { "PK\3\4....", 8, "this is a ZIP archive or a spreadsheet, not text; export it as CSV" },
    { "\x1f\x8b\x08", 3,
      "this is compressed by gzip, not text; unpack it (gunzip) or pipe zcat's output in" },
};

/* Reads all rows behind the first `skip` and shows them. */
static void show(const char *path, size_t skip, uint64_t line_offset, struct dg_buffer *out)
{
    struct dg_error err;
    struct dg_csv_row row;
    enum dg_csv_got got;
    struct dg_csv *c = dg_csv_open(path, &err);
    assert_non_null(c);
    dg_buffer_clear(out);
    while ((got = dg_csv_next(c, &row, &err)) == DG_CSV_ROW) {
        if (skip > 0) {
            skip--;
            continue;
        }
        dg_buffer_printf(out, "%d:", (int)(row.line - line_offset));
        for (size_t i = 0; i < row.count; i++) {
            assert_int_equal(strlen(row.cells[i].text), row.cells[i].size);
            dg_buffer_printf(out, "%s%s", i ? "|" : "", row.cells[i].text);
        }
        dg_buffer_text(out, ";");
    }
    if (got == DG_CSV_FAULT) {
        struct dg_error again;
        assert_int_equal(err.kind, DG_KIND_INPUT);
        assert_int_equal(dg_csv_next(c, &row, &again), DG_CSV_FAULT);
        assert_string_equal(err.message, again.message);
        assert_memory_equal(err.message, path, strlen(path));
        dg_buffer_printf(out, "!%s", err.message + strlen(path));
    } else {
        assert_int_equal(dg_csv_next(c, &row, &err), DG_CSV_END);
    }
    dg_csv_free(c);
}

static void every_case(void **state)
{
    struct scratch s;
    struct dg_buffer out;
    (void)state;
    scratch_make(&s);
    dg_buffer_init(&out, READ_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = cases[i].size ? cases[i].size : strlen(cases[i].text);
        show(scratch_write(&s, cases[i].name, cases[i].text, n), 0, 0, &out);
        assert_string_equal(out.data, cases[i].rows);
    }
    dg_buffer_done(&out);
    scratch_remove(&s);
}

/* The case behind a first line that makes `cut` of its bytes fall into the
 * first read: rows stay the same. */
static void show_cut(struct scratch *s, char *file, const char *text, size_t n, size_t cut,
                     struct dg_buffer *out)
{
    size_t pad = READ_BYTES - cut;
    memset(file, 'p', pad - 1);
    file[pad - 1] = '\n';
    memcpy(file + pad, text, n);
    show(scratch_write(s, "cut", file, pad + n), 1, 1, out);
}

static bool mentions_line(const char *rows)
{
    return strstr(rows, "opened at line") != NULL;
}

static void cut_anywhere_by_the_reads(void **state)
{
    struct scratch s;
    struct dg_buffer out;
    char *file = dg_alloc(READ_BYTES + 4096);
    (void)state;
    scratch_make(&s);
    dg_buffer_init(&out, READ_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = cases[i].size ? cases[i].size : strlen(cases[i].text);
        if (n >= 3 && memcmp(cases[i].text, "\xef\xbb\xbf", 3) == 0)
            continue;
        const char *fault = strchr(cases[i].rows, '!');
        size_t rows = fault ? (size_t)(fault - cases[i].rows) : strlen(cases[i].rows);
        for (size_t cut = 0; cut <= n; cut++) {
            show_cut(&s, file, cases[i].text, n, cut, &out);
            assert_memory_equal(out.data, cases[i].rows, rows);
            if (!fault) {
                assert_int_equal(out.size, rows);
                continue;
            }
            /* one line further down: compare column and text */
            const char *column = strchr(fault + 2, ':');
            const char *column_now = strchr(out.data + rows + 2, ':');
            assert_int_equal(strtol(out.data + rows + 2, NULL, 10),
                             strtol(fault + 2, NULL, 10) + 1);
            if (!mentions_line(fault))
                assert_string_equal(column_now, column);
        }
    }
    dg_free(file);
    dg_buffer_done(&out);
    scratch_remove(&s);
}

static void the_start_tells_the_encoding(void **state)
{
    struct scratch s;
    (void)state;
    scratch_make(&s);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        char want[1024];
        struct dg_error err;
        struct dg_csv_row row;
        const char *path = scratch_write(&s, "data.csv", starts[i].text, starts[i].size);
        size_t n = (size_t)snprintf(want, sizeof want, "%s:1:1: ", path);
        const char *at = starts[i].message;
        for (const char *mark; (mark = strstr(at, "%s")); at = mark + 2)
            n += (size_t)snprintf(want + n, sizeof want - n, "%.*s%s", (int)(mark - at), at, path);
        snprintf(want + n, sizeof want - n, "%s", at);
        struct dg_csv *c = dg_csv_open(path, &err);
        assert_int_equal(dg_csv_next(c, &row, &err), DG_CSV_FAULT);
        assert_string_equal(err.message, want);
        assert_string_equal(err.code, "encoding");
        dg_csv_free(c);
    }
    scratch_remove(&s);
}

static void what_cannot_be_opened(void **state)
{
    struct scratch s;
    struct dg_error err;
    (void)state;
    scratch_make(&s);
    assert_null(dg_csv_open(s.dir, &err));
    assert_int_equal(err.kind, DG_KIND_INPUT);
    assert_non_null(strstr(err.message, "is a folder"));
    assert_null(dg_csv_open(scratch_path(&s, "missing.csv"), &err));
    assert_non_null(strstr(err.message, "No such file"));
    scratch_remove(&s);
}

/* A file with `n` bytes of `unit` in it; a newline stands for lines of 512. */
static const char *write_repeated(struct scratch *s, const char *head, char unit, size_t n,
                                  const char *tail)
{
    static char block[1 << 16];
    FILE *f = fopen(scratch_path(s, "big.csv"), "w");
    assert_non_null(f);
    memset(block, unit == '\n' ? 'x' : unit, sizeof block);
    for (size_t i = 0; unit == '\n' && i < sizeof block; i += 512)
        block[i] = '\n';
    fputs(head, f);
    for (size_t left = n; left > 0;) {
        size_t step = left < sizeof block ? left : sizeof block;
        assert_int_equal(fwrite(block, 1, step, f), step);
        left -= step;
    }
    fputs(tail, f);
    assert_int_equal(fclose(f), 0);
    return s->path;
}

static void limits(void **state)
{
    static const struct {
        const char *head;
        char unit;
        size_t n;
        const char *tail;
        const char *message; /* NULL: read well */
    } all[] = {
        { "a\n", 'x', DG_CSV_CELL_BYTES, ",y\n", NULL },
        { "a\n\"", 'x', DG_CSV_CELL_BYTES, "\",y\n", NULL },
        { "a\n", 'x', DG_CSV_CELL_BYTES + 1, ",y\n", "a cell over 64 MiB" },
        { "a\n\"", '\n', DG_CSV_CELL_BYTES + 9, "\",y\n",
          "a cell over 64 MiB; is a quote missing" },
        { "a\n", ',', DG_CSV_COLUMNS - 1, "\n", NULL },
        { "a\n", ',', DG_CSV_COLUMNS, "\n", "more than 4096 cells" },
        { "a\n", ',', DG_CSV_COLUMNS, "", "more than 4096 cells" },
    };
    struct scratch s;
    (void)state;
    scratch_make(&s);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct dg_error err;
        struct dg_csv_row row;
        struct dg_csv *c =
            dg_csv_open(write_repeated(&s, all[i].head, all[i].unit, all[i].n, all[i].tail), &err);
        assert_int_equal(dg_csv_next(c, &row, &err), DG_CSV_ROW);
        assert_int_equal(dg_csv_next(c, &row, &err), all[i].message ? DG_CSV_FAULT : DG_CSV_ROW);
        if (all[i].message) {
            assert_string_equal(err.code, "too_large");
            assert_non_null(strstr(err.message, all[i].message));
        }
        dg_csv_free(c);
    }
    scratch_remove(&s);
}

static void offset_counts_bytes(void **state)
{
    struct scratch s;
    struct dg_error err;
    struct dg_csv_row row;
    (void)state;
    scratch_make(&s);
    struct dg_csv *c = dg_csv_open(scratch_write(&s, "a.csv",
                                                 "\xef\xbb\xbf"
                                                 "ab\ncd",
                                                 8),
                                   &err);
    assert_int_equal(dg_csv_offset(c), 0);
    assert_int_equal(dg_csv_next(c, &row, &err), DG_CSV_ROW);
    assert_int_equal(dg_csv_offset(c), 6);
    assert_int_equal(dg_csv_next(c, &row, &err), DG_CSV_ROW);
    assert_int_equal(dg_csv_offset(c), 8);
    dg_csv_free(c);
    scratch_remove(&s);
}

/* ---- writing ---- */

static const struct {
    const char *cells[4]; /* to the first NULL */
    const char *line;
} written[] = {
    { { "a", "b" }, "a,b\n" },
    { { "" }, "\"\"\n" },
    { { "", "" }, ",\n" },
    { { "a,b", "c\"d", "e\nf" }, "\"a,b\",\"c\"\"d\",\"e\nf\"\n" },
    { { " a", "b ", "c d", "\te" }, "\" a\",\"b \",c d,\te\n" },
    { { "\r", "\"" }, "\"\r\",\"\"\"\"\n" },
    { { "=1+1", "\xe2\x82\xac" }, "=1+1,\xe2\x82\xac\n" },
};

static void writing_and_reading_back(void **state)
{
    struct scratch s;
    (void)state;
    scratch_make(&s);
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        struct dg_cell cells[4];
        struct dg_buffer out;
        struct dg_error err;
        struct dg_csv_row row;
        size_t n = 0;
        for (; n < 4 && written[i].cells[n]; n++)
            cells[n] = (struct dg_cell){ written[i].cells[n], strlen(written[i].cells[n]) };
        dg_buffer_init(&out, 100);
        assert_true(dg_csv_write(&out, cells, n));
        assert_string_equal(out.data, written[i].line);
        struct dg_csv *c = dg_csv_open(scratch_write(&s, "w.csv", out.data, out.size), &err);
        assert_int_equal(dg_csv_next(c, &row, &err), DG_CSV_ROW);
        assert_int_equal(row.count, n);
        for (size_t k = 0; k < n; k++)
            assert_string_equal(row.cells[k].text, cells[k].text);
        dg_csv_free(c);
        dg_buffer_done(&out);
    }
    scratch_remove(&s);
}

static void no_half_row_is_left(void **state)
{
    struct dg_cell cells[] = { { "abc", 3 }, { "d\"ef", 4 } };
    struct dg_buffer out;
    (void)state;
    for (size_t limit = 4; limit <= 16; limit++) {
        dg_buffer_init(&out, limit);
        dg_buffer_text(&out, "old\n");
        assert_int_equal(dg_csv_write(&out, cells, 2), limit == 16);
        assert_string_equal(out.data, limit == 16 ? "old\nabc,\"d\"\"ef\"\n" : "old\n");
        dg_buffer_done(&out);
    }
}

/* A pipe that gives one byte at a time: an impatient reader waits in between and
 * still finds the same rows. */
static void impatient_with_a_slow_pipe(void **state)
{
    static const char text[] = "\xef\xbb\xbfname,text\r\n1,\"two\r\nlines\"\r\n\r\n2,x\n";
    struct scratch s;
    struct dg_csv_row row;
    struct dg_error err;
    unsigned rows = 0;
    (void)state;
    scratch_make(&s);
    assert_int_equal(mkfifo(scratch_path(&s, "fifo"), 0600), 0);
    struct dg_csv *c = dg_csv_open(s.path, &err);
    int pipe = open(s.path, O_WRONLY | O_CLOEXEC);
    assert_true(pipe >= 0);
    dg_csv_impatient(c);
    for (size_t k = 0; k < sizeof text - 1; k++) {
        assert_int_equal(dg_csv_next(c, &row, &err), DG_CSV_WAIT);
        assert_int_equal(write(pipe, text + k, 1), 1);
        if (text[k] != '\n' || dg_csv_next(c, &row, &err) != DG_CSV_ROW)
            continue;
        assert_int_equal(row.count, 2);
        if (++rows == 2)
            assert_string_equal(row.cells[1].text, "two\r\nlines");
    }
    assert_int_equal(rows, 3);
    close(pipe);
    assert_int_equal(dg_csv_next(c, &row, &err), DG_CSV_END);
    dg_csv_free(c);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(cut_anywhere_by_the_reads),
        cmocka_unit_test(the_start_tells_the_encoding),
        cmocka_unit_test(what_cannot_be_opened),
        cmocka_unit_test(limits),
        cmocka_unit_test(offset_counts_bytes),
        cmocka_unit_test(writing_and_reading_back),
        cmocka_unit_test(no_half_row_is_left),
        cmocka_unit_test(impatient_with_a_slow_pipe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
