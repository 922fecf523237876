/* SPDX-License-Identifier: MIT
 *
 * A folder with two files, a syncer, owners and ways to wait for their ends.
 * For cmocka programs linked as held_disk.h says.
 *
 *     cmocka_unit_test_setup_teardown(test, begin, end)
 */
#ifndef DG_TESTS_SYNCER_WORLD_H
#define DG_TESTS_SYNCER_WORLD_H

#include <poll.h>

#include "core/syncer.h"
#include "held_disk.h"
#include "temp_folder.h"

enum { PATIENCE_MS = 30000, OWNERS = 10000 };

static struct dg_syncer *s; /* this test's */
static char owners[OWNERS]; /* their addresses tell them apart */

static inline int begin(void **state)
{
    reset_disk();
    if (make_root(state) != 0)
        return -1;
    put(at("a"), "picture");
    put(at("b"), "picture");
    s = dg_syncer_new(NULL);
    return s ? 0 : -1;
}

static inline int end(void **state)
{
    disk.join_lets_go = true; /* also after a test that failed midway */
    dg_syncer_free(s);
    return remove_root(state);
}

static inline bool readable(int timeout_ms)
{
    struct pollfd fd = { .fd = dg_syncer_fd(s), .events = POLLIN };
    return poll(&fd, 1, timeout_ms) == 1;
}

static inline struct dg_sync *submit(void *owner, const char *path)
{
    struct dg_sync *sync = dg_syncer_submit(s, owner, &path, 1, NULL);
    assert_non_null(sync);
    return sync;
}

/* Waits for the next end. */
static inline void *next(bool *ok, struct dg_error *err)
{
    void *owner;
    while (!(owner = dg_syncer_ended(s, ok, err)))
        assert_true(readable(PATIENCE_MS));
    return owner;
}

static inline void assert_next(void *owner, bool well)
{
    bool ok;
    assert_ptr_equal(next(&ok, NULL), owner);
    assert_int_equal(ok, well);
}

static inline void assert_quiet(void)
{
    bool ok;
    assert_null(dg_syncer_ended(s, &ok, NULL));
    assert_false(readable(0));
}

#endif
