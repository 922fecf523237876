/* SPDX-License-Identifier: MIT
 *
 * Pictures that arrive in turn, by src/core/unpack.h: they share one room.
 */
#include "core/unpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "temp_folder.h"

enum { PICTURES = 3, BYTES = 300000, TEXT_BYTES = BYTES / 3 * 4 };

static const uint64_t LIMIT_BYTES = 1024 * 1024;

static uint8_t bytes[PICTURES][BYTES];
static char text[PICTURES][TEXT_BYTES];
static struct dg_unpack unpack[PICTURES];
static struct dg_picture pictures[PICTURES];

static int make_pictures(void **state)
{
    for (size_t k = 0; k < PICTURES; k++) {
        for (size_t i = 0; i < BYTES; i++)
            bytes[k][i] = (uint8_t)(lrand48() >> 8);
        bytes[k][0] = 0x89; /* no "data:" begins so */
        dg_base64_encode(bytes[k], BYTES, text[k]);
    }
    return make_root(state);
}

static void begin(size_t k)
{
    assert_true(dg_unpack_begin(&unpack[k], root, "a", LIMIT_BYTES, &pictures[k], NULL));
}

static void end(size_t k)
{
    struct dg_buffer found;
    assert_true(dg_unpack_end(&unpack[k], NULL));
    dg_buffer_init(&found, LIMIT_BYTES);
    assert_true(dg_file_read(pictures[k].path, &found, NULL));
    assert_int_equal(found.size, BYTES);
    assert_int_equal(pictures[k].size_bytes, BYTES);
    assert_memory_equal(found.data, bytes[k], BYTES);
    dg_buffer_done(&found);
    dg_free(pictures[k].path);
}

static void feed(size_t k, size_t from, size_t n)
{
    size_t taken;
    struct dg_error err;
    n = n < TEXT_BYTES - from ? n : TEXT_BYTES - from;
    while (n > 0) {
        assert_true(dg_unpack_take(&unpack[k], text[k] + from, n, &taken, &err));
        from += taken;
        n -= taken;
    }
}

/* Pieces far below what is written at once, and far beyond. */
static void each_gets_its_own_bytes(void **state)
{
    static const size_t pieces[] = { 1000, 1448, 12001, 65536, 262144, TEXT_BYTES };
    (void)state;
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        for (size_t k = 0; k < PICTURES; k++)
            begin(k);
        for (size_t at = 0; at < TEXT_BYTES; at += pieces[p])
            for (size_t k = 0; k < PICTURES; k++)
                feed(k, at, pieces[p]);
        for (size_t k = 0; k < PICTURES; k++)
            end(k);
    }
}

static void one_that_is_dropped_leaves_nothing_to_others(void **state)
{
    (void)state;
    begin(0);
    begin(1);
    feed(0, 0, 5000);
    feed(1, 0, 50000);
    dg_unpack_drop(&unpack[1]); /* its bytes were the last in the room */
    feed(0, 5000, TEXT_BYTES);
    end(0);
    dg_free(pictures[1].path);
}

/* The write happens when another picture comes: its owner hears of it later. */
static void a_write_that_fails_is_its_owners(void **state)
{
    struct dg_error err = { 0 };
    size_t taken;
    (void)state;
    begin(0);
    begin(1);
    feed(0, 0, 50000);
    int good = unpack[0].fd;
    unpack[0].fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    feed(1, 0, TEXT_BYTES);
    end(1);
    assert_false(dg_unpack_take(&unpack[0], text[0] + 50000, 1000, &taken, &err));
    assert_int_equal(err.kind, DG_KIND_FILE);
    assert_false(dg_unpack_end(&unpack[0], &err));
    close(good);
    dg_free(pictures[0].path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_gets_its_own_bytes, make_pictures, remove_root),
        cmocka_unit_test_setup_teardown(one_that_is_dropped_leaves_nothing_to_others, make_pictures,
                                        remove_root),
        cmocka_unit_test_setup_teardown(a_write_that_fails_is_its_owners, make_pictures,
                                        remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
