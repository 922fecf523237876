/* SPDX-License-Identifier: MIT
 *
 * base/log: standard error is led into a file, or into a pseudo-terminal where
 * its width matters.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"

enum { SEEN_BYTES = 64 * 1024 };

static int real_stderr = -1;
static char log_path[256];    /* this test's JSON Lines file */
static char seen[SEEN_BYTES]; /* what standard error, or the file, got */

static void capture_into(int fd)
{
    real_stderr = dup(STDERR_FILENO);
    assert_true(real_stderr >= 0);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    close(fd);
}

static void capture(void)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    capture_into(dup(fileno(file)));
    fclose(file);
}

/* Ends the capture; what was written is in `seen`. */
static void release(void)
{
    ssize_t n = pread(STDERR_FILENO, seen, sizeof(seen) - 1, 0);

    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    real_stderr = -1;
    seen[n > 0 ? n : 0] = '\0';
}

static void read_log(void)
{
    int fd = open(log_path, O_RDONLY);

    assert_true(fd >= 0);
    ssize_t n = read(fd, seen, sizeof(seen) - 1);
    close(fd);
    assert_true(n >= 0);
    seen[n] = '\0';
}

static int set_up(void **state)
{
    const char *base = getenv("TMPDIR");

    (void)state;
    snprintf(log_path, sizeof(log_path), "%s/dg-test-log-XXXXXX", base && base[0] ? base : "/tmp");
    int fd = mkstemp(log_path);
    close(fd);
    unlink(log_path);
    return fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (real_stderr >= 0)
        release();
    dg_log_level(DG_LOG_INFO);
    dg_log_colour(false);
    dg_log_file(NULL, NULL);
    dg_secret_clear();
    unlink(log_path);
    return 0;
}

static const struct {
    enum dg_level level;
    bool colour;
    const char *text;
    const char *line;
} lines[] = {
    { DG_LOG_INFO, false, "text", "text\n" },
    { DG_LOG_WARN, false, "text", "warning: text\n" },
    { DG_LOG_ERROR, false, "text", "error: text\n" },
    { DG_LOG_INFO, true, "text", "text\n" },
    { DG_LOG_WARN, true, "text", "\033[33mwarning:\033[0m text\n" },
    { DG_LOG_ERROR, true, "text", "\033[31merror:\033[0m text\n" },
    { DG_LOG_INFO, false, "", "\n" },
    { DG_LOG_INFO, false, "a\nb\x1b[2J\xE2\x80\xAE", "a\\nb\\x1b[2J\\u202e\n" },
    { DG_LOG_ERROR, true, "a\x1b[0mb", "\033[31merror:\033[0m a\\x1b[0mb\n" },
    { DG_LOG_INFO, false, "the key sk-0123456789abcd", "the key *************abcd\n" },
    { DG_LOG_DEBUG, false, "not shown", "" },
};

static void one_line_whatever_the_text(void **state)
{
    (void)state;
    dg_secret_add("sk-0123456789abcd");
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        dg_log_colour(lines[i].colour);
        capture();
        dg_log(lines[i].level, "%s", lines[i].text);
        release();
        assert_string_equal(seen, lines[i].line);
    }
}

static void levels_hide(void **state)
{
    (void)state;
    for (int least = DG_LOG_DEBUG; least <= DG_LOG_ERROR; least++) {
        dg_log_level((enum dg_level)least);
        capture();
        for (int level = DG_LOG_DEBUG; level <= DG_LOG_ERROR; level++)
            dg_log((enum dg_level)level, "%d", level);
        release();
        size_t count = 0;
        for (const char *p = seen; (p = strchr(p, '\n')) != NULL; p++)
            count++;
        assert_int_equal(count, DG_LOG_ERROR + 1 - least);
    }
}

static void long_lines_are_cut(void **state)
{
    static char text[100000];

    (void)state;
    dg_secret_add("sk-0123456789abcd");
    memset(text, '.', sizeof(text) - 1);
    memcpy(text + 8 * 1024 - 5, "sk-0123456789abcd", 17);
    capture();
    dg_log(DG_LOG_INFO, "%s", text);
    release();
    assert_int_equal(strlen(seen), 8 * 1024 + 1);
    assert_string_equal(seen + 8 * 1024 - 6, ".*****\n");
}

/* All of a file's lines are JSON; calls `check` on nothing else. */
static bool ignore(void *self, enum dg_json_token token, const char *text, size_t n)
{
    (void)self, (void)token, (void)text, (void)n;
    return true;
}

static size_t count_json_lines(void)
{
    size_t count = 0;

    read_log();
    for (char *line = seen, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, count++) {
        struct dg_json j;
        dg_json_init(&j, ignore, NULL);
        dg_json_feed(&j, line, (size_t)(end - line));
        if (!dg_json_end(&j))
            fail_msg("%s in: %.*s", j.error, (int)(end - line), line);
        assert_int_equal(strncmp(line, "{\"time\":\"20", 11), 0);
    }
    return count;
}

static void the_file_gets_every_level(void **state)
{
    struct stat st;

    (void)state;
    assert_true(dg_log_file(log_path, NULL));
    dg_secret_add("sk-0123456789abcd");
    capture();
    dg_log_level(DG_LOG_ERROR);
    dg_log(DG_LOG_DEBUG, "low %d", 1);
    dg_log(DG_LOG_INFO, "said \"hi\"\nand \\ \x1b sk-0123456789abcd");
    dg_log(DG_LOG_WARN, "\xFF\xC3\xA9");
    dg_log(DG_LOG_ERROR, "bad");
    release();
    assert_string_equal(seen, "error: bad\n");
    assert_int_equal(stat(log_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(count_json_lines(), 4);
    assert_non_null(strstr(seen, "Z\",\"level\":\"debug\",\"message\":\"low 1\"}\n"));
    assert_non_null(strstr(seen, "\"level\":\"info\",\"message\":\"said \\\"hi\\\"\\\\nand \\\\ "
                                 "\\\\x1b *************abcd\"}\n"));
    assert_non_null(strstr(seen, "\"level\":\"warning\",\"message\":\"\\\\xff\xC3\xA9\"}\n"));
    assert_non_null(strstr(seen, "\"level\":\"error\",\"message\":\"bad\"}\n"));
}

static void the_file_is_appended_to(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(dg_log_file(log_path, NULL));
        dg_log_event("again", "");
        assert_true(dg_log_file(NULL, NULL));
        dg_log_event("closed", "");
    }
    assert_int_equal(count_json_lines(), 3);
    assert_null(strstr(seen, "closed"));
}

static void events(void **state)
{
    static char fields[200000];

    (void)state;
    assert_true(dg_log_file(log_path, NULL));
    dg_secret_add("sk-0123456789abcd");
    dg_log_event("row", "\"row\":3,\n\"key\":\"sk-0123456789abcd\"");
    dg_secret_add("sk-01234567\"89\\\\");
    dg_log_event("end", "");
    dg_log_event("odd", "\"key\":\"sk-01234567\\\"89\\\\\\\\\"");
    assert_int_equal(count_json_lines(), 3);
    assert_non_null(strstr(seen, "Z\",\"event\":\"odd\",\"key\":\"*******************\"}\n"));
    assert_non_null(
        strstr(seen, "Z\",\"event\":\"row\",\"row\":3, \"key\":\"*************abcd\"}\n"));
    assert_non_null(strstr(seen, "Z\",\"event\":\"end\"}\n"));

    memset(fields, 'x', sizeof(fields) - 1);
    memcpy(fields, "\"f\":\"", 5);
    fields[sizeof(fields) - 2] = '"';
    dg_log_event("long", fields);
    struct stat st;
    assert_int_equal(stat(log_path, &st), 0);
    assert_true(st.st_size > (off_t)sizeof(fields));
}

static void a_file_that_cannot_be_opened(void **state)
{
    struct dg_error err;

    (void)state;
    assert_false(dg_log_file("/proc/none/x.jsonl", &err));
    assert_int_equal(err.kind, DG_KIND_FILE);
    assert_non_null(strstr(err.message, "/proc/none/x.jsonl: cannot open"));
    dg_log_event("nowhere", "");
}

static void a_file_that_cannot_be_written(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    capture();
    assert_true(dg_log_file("/dev/full", NULL));
    dg_log(DG_LOG_INFO, "one");
    dg_log(DG_LOG_INFO, "two");
    release();
    assert_string_equal(seen, "one\nwarning: /dev/full: cannot write: No space left on device; "
                              "free some space there; nothing more is logged there\ntwo\n");
}

static void progress_steps_aside(void **state)
{
    (void)state;
    capture();
    dg_log(DG_LOG_INFO, "before");
    dg_log_progress("");
    dg_log_progress("1/3");
    dg_log(DG_LOG_WARN, "slow");
    dg_log_progress("2/3 \x1b[2J");
    dg_log_progress("");
    dg_log_progress("");
    dg_log(DG_LOG_INFO, "after");
    release();
    assert_string_equal(seen, "before\n"
                              "\r\033[K1/3"
                              "\r\033[Kwarning: slow\n1/3"
                              "\r\033[K2/3 \\x1b[2J"
                              "\r\033[K"
                              "after\n");
}

/* A pseudo-terminal of `columns` as standard error; returns its other end. */
static int capture_terminal(unsigned short columns)
{
    struct winsize size = { .ws_row = 24, .ws_col = columns };
    struct termios raw;
    int master = posix_openpt(O_RDWR | O_NOCTTY);

    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return -1;
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (slave < 0)
        return -1;
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
    capture_into(slave);
    return master;
}

/* Ends that capture; what is left to read is lost. */
static void release_terminal(int master)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    real_stderr = -1;
    close(master);
}

/* A key that stands across the end of what is kept leaves no half of it. */
static void progress_masks_before_it_cuts(void **state)
{
    static char text[3000];
    int master = capture_terminal(2000);

    (void)state;
    if (master < 0)
        skip();
    dg_secret_add("sk-0123456789abcd");
    memset(text, '.', sizeof(text) - 1);
    memcpy(text + 1024 - 8, "sk-0123456789abcd", 17);
    dg_log_progress(text);
    ssize_t n = read(master, seen, sizeof(seen) - 1);
    dg_log_progress("");
    release_terminal(master);
    assert_int_equal(n, 4 + 1024);
    seen[n] = '\0';
    assert_string_equal(seen + n - 9, ".********");
}

/* Not a terminal: 80 columns, the last stays free. */
static void progress_without_a_width(void **state)
{
    char text[301] = "";

    (void)state;
    for (size_t i = 0; i < 300; i += 3)
        memcpy(text + i, "\xE2\x96\x88", 4);
    capture();
    assert_int_equal(dg_log_columns(), 80);
    dg_log_progress(text);
    dg_log_progress("");
    release();
    assert_int_equal(strlen(seen), 4 + 79 * 3 + 4);
}

static void progress_fits_the_terminal(void **state)
{
    static const struct {
        unsigned short columns;
        const char *line;
    } widths[] = {
        { 6, "caf\xC3\xA9 " },          { 5, "caf\xC3\xA9" }, { 4, "caf" }, { 2, "c" }, { 1, "" },
        { 100, "caf\xC3\xA9 au lait" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
        char expected[64];
        int master = capture_terminal(widths[i].columns);
        if (master < 0)
            skip();
        dg_log_progress("caf\xC3\xA9 au lait");
        ssize_t n = read(master, seen, sizeof(seen) - 1);
        size_t width = dg_log_columns();
        dg_log_progress("");
        release_terminal(master);
        assert_true(n > 0);
        assert_int_equal(width, widths[i].columns);
        seen[n] = '\0';
        snprintf(expected, sizeof(expected), "\r\033[K%s", widths[i].line);
        assert_string_equal(seen, expected);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_line_whatever_the_text),   TEST(levels_hide),
        TEST(long_lines_are_cut),           TEST(the_file_gets_every_level),
        TEST(the_file_is_appended_to),      TEST(events),
        TEST(a_file_that_cannot_be_opened), TEST(a_file_that_cannot_be_written),
        TEST(progress_steps_aside),         TEST(progress_without_a_width),
        TEST(progress_fits_the_terminal),   TEST(progress_masks_before_it_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
