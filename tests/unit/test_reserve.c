/* SPDX-License-Identifier: MIT
 *
 * base/reserve: given up once, by whoever meets a full disk first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "base/reserve.h"
#include "temp_folder.h"

enum { DISK_BYTES = 1024 * 1024, RESERVE_BYTES = 256 * 1024, BLOCK_BYTES = 4096 };

static void it_is_given_up_once(void **state)
{
    (void)state;
    put(at("reserve"), "");
    assert_false(dg_reserve_give_up());
    assert_false(dg_reserve_is_gone());
    dg_reserve_hold(at("reserve"));
    assert_false(dg_reserve_is_gone());
    assert_true(dg_reserve_give_up());
    assert_int_equal(access(at("reserve"), F_OK), -1);
    assert_false(dg_reserve_give_up());
    assert_true(dg_reserve_is_gone());
    dg_reserve_drop();
    assert_false(dg_reserve_is_gone());
}

static void dropping_it_is_no_full_disk(void **state)
{
    (void)state;
    put(at("reserve"), "");
    dg_reserve_hold(at("reserve"));
    dg_reserve_drop();
    assert_int_equal(access(at("reserve"), F_OK), -1);
    assert_false(dg_reserve_is_gone());
}

static void only_fullness_is_helped(void **state)
{
    (void)state;
    assert_true(dg_reserve_helps(ENOSPC));
    assert_true(dg_reserve_helps(EDQUOT));
    assert_false(dg_reserve_helps(EIO));
    assert_false(dg_reserve_helps(EACCES));
}

static void fill_disk(void)
{
    char block[BLOCK_BYTES] = { 0 };
    int fd = open(at("disk/filler"), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        continue;
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

/* A write that meets a full disk goes on in the room of the reserve. */
static void a_write_goes_on(void **state)
{
    char options[64], block[RESERVE_BYTES / 2] = { 1 };
    struct dg_error err = { 0 };
    (void)state;
    assert_int_equal(mkdir(at("disk"), 0700), 0);
    snprintf(options, sizeof options, "size=%d", DISK_BYTES);
    if (mount("tmpfs", at("disk"), "tmpfs", 0, options) != 0) {
        print_message("skipped: mounting is not allowed here\n");
        return;
    }
    int fd = open(at("disk/reserve"), O_WRONLY | O_CREAT, 0600);
    assert_int_equal(posix_fallocate(fd, 0, RESERVE_BYTES), 0);
    close(fd);
    dg_reserve_hold(at("disk/reserve"));
    fd = open(at("disk/picture"), O_WRONLY | O_CREAT, 0600);
    fill_disk();
    assert_true(dg_file_write(fd, block, sizeof block, &err));
    assert_true(dg_reserve_is_gone());
    fill_disk();
    assert_false(dg_file_write(fd, block, sizeof block, &err));
    assert_says(&err, "write", "No space left");
    close(fd);
    dg_reserve_drop();
    assert_int_equal(umount(at("disk")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_given_up_once, make_root, remove_root),
        cmocka_unit_test_setup_teardown(dropping_it_is_no_full_disk, make_root, remove_root),
        cmocka_unit_test(only_fullness_is_helped),
        cmocka_unit_test_setup_teardown(a_write_goes_on, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
