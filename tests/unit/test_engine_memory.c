/* SPDX-License-Identifier: MIT
 *
 * core/engine when libcurl has no memory: the two calls that can fail then are
 * taken over here, and the request ends with an error instead of never.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>

#include "base/secret.h"
#include "engine_world.h"

/* libcurl's, as the linker sees them. */
void *curl_easy_init(void);
int curl_multi_add_handle(void *multi, void *handle);

enum { NOTHING, NO_HANDLE, NO_ROOM };

static int lacking; /* one of these */

void *curl_easy_init(void)
{
    union {
        void *symbol;
        void *(*call)(void);
    } real = { dlsym(RTLD_NEXT, "curl_easy_init") };
    return lacking == NO_HANDLE ? NULL : real.call();
}

int curl_multi_add_handle(void *multi, void *handle)
{
    enum { OUT_OF_MEMORY = 3 };
    union {
        void *symbol;
        int (*call)(void *, void *);
    } real = { dlsym(RTLD_NEXT, "curl_multi_add_handle") };
    return lacking == NO_ROOM ? OUT_OF_MEMORY : real.call(multi, handle);
}

static void a_request_ends_all_the_same(void **state)
{
    struct world w;
    (void)state;
    for (int lack = NO_HANDLE; lack <= NO_ROOM; lack++) {
        world_open(&w, always_pixel);
        world_pool(&w, two_keys, 2, 0);
        struct dg_request request = edit(&w);
        lacking = lack;
        struct dg_outcome *o = perform(&w, &request);
        lacking = NOTHING;
        assert_says(o, DG_KIND_NETWORK, "libcurl", "libcurl cannot begin a transfer");
        assert_int_equal(o->verdict, DG_FATAL);
        assert_false(o->possibly_billed);
        assert_int_equal(dg_engine_in_flight(w.engine), 0);
        dg_outcome_free(o);
        world_close(&w);
    }
}

static void the_next_request_is_not_harmed(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 1, 0);
    struct dg_request request = edit(&w);
    lacking = NO_ROOM;
    dg_outcome_free(perform(&w, &request));
    lacking = NOTHING;
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    dg_outcome_free(o);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_ends_all_the_same),
        cmocka_unit_test(the_next_request_is_not_harmed),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
