/* SPDX-License-Identifier: MIT
 *
 * base/memory: what it gives, and that it never gives NULL.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"

static void zero_sizes_are_memory(void **state)
{
    void *a = dg_alloc(0);
    void *b = dg_zalloc(0);
    void *c = dg_realloc(NULL, 0);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    c = dg_realloc(c, 0);
    assert_non_null(c);
    dg_free(a);
    dg_free(b);
    dg_free(c);
    dg_free(NULL);
}

static void zalloc_clears(void **state)
{
    static const char zeros[4096];
    char *memory = dg_zalloc(sizeof(zeros));

    (void)state;
    assert_memory_equal(memory, zeros, sizeof(zeros));
    dg_free(memory);
}

static void realloc_keeps_what_was(void **state)
{
    char *memory = dg_realloc(NULL, 4);

    (void)state;
    memcpy(memory, "abc", 4);
    memory = dg_realloc(memory, 100000);
    assert_string_equal(memory, "abc");
    dg_free(memory);
}

static void copies_end_in_nul(void **state)
{
    char *whole = dg_strdup("text");
    char *part = dg_strndup("textual", 4);
    char *none = dg_strndup("", 0);
    char *with_nul = dg_strndup("a\0b", 3);

    (void)state;
    assert_string_equal(whole, "text");
    assert_string_equal(part, "text");
    assert_string_equal(none, "");
    assert_memory_equal(with_nul, "a\0b", 4);
    dg_free(whole);
    dg_free(part);
    dg_free(none);
    dg_free(with_nul);
}

/* What the child says on standard error as it asks for more than there is. */
static void ask_too_much(int fd)
{
    struct rlimit no_core = { 0, 0 };

    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGABRT, SIG_DFL);
    dup2(fd, STDERR_FILENO);
    dg_alloc(SIZE_MAX / 2 - 1);
    _exit(0);
}

static void running_out_says_so_and_aborts(void **state)
{
    int ends[2];
    char said[4096] = "";
    int status;

    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* the sanitizer ends the program itself */
#endif
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        ask_too_much(ends[1]);
    close(ends[1]);
    assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, "error: out of memory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_sizes_are_memory),          cmocka_unit_test(zalloc_clears),
        cmocka_unit_test(realloc_keeps_what_was),         cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(running_out_says_so_and_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
