/* SPDX-License-Identifier: MIT
 *
 * rehearsal/options, latency and mishap: what may be said, what it means, and
 * what is answered to what may not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "rehearsal/mishap.h"
#include "rehearsal/options.h"
#include "rehearsal/rehearsal.h"

static const struct {
    const char *name, *value;
    const char *says; /* part of the message, NULL: accepted */
} settings[] = {
    { "port", "0", NULL },
    { "port", "65535", NULL },
    { "port", "65536", "--port \"65536\": expected a number from 0 (any free port) to 65535" },
    { "port", "-1", "--port \"-1\"" },
    { "port", "", "--port \"\"" },
    { "port", "80a", "--port" },
    { "host", "127.0.0.1", NULL },
    { "host", "::1", NULL },
    { "host", "", "--host \"\"" },
    { "latency", "200", NULL },
    { "latency", "0.5", NULL },
    { "latency", "100-300", NULL },
    { "latency", "normal:200,50", NULL },
    { "latency", "exp:200", NULL },
    { "latency", "300-100", "--latency \"300-100\": expected milliseconds as 200, 100-300" },
    { "latency", "-5", "--latency" },
    { "latency", "5-", "--latency" },
    { "latency", "200ms", "--latency" },
    { "latency", "normal:200", "--latency" },
    { "latency", "normal:200,50,1", "--latency" },
    { "latency", "exp:", "--latency" },
    { "latency", "3600001", "--latency" },
    { "latency", "nan", "--latency" },
    { "latency", "", "--latency" },
    { "keys", "one,two", NULL },
    { "keys", "", "1 to 64 keys" },
    { "keys", "one,,two", "1 to 64 keys" },
    { "keys", "one,", "1 to 64 keys" },
    { "rate_limit", "60", NULL },
    { "rate_limit", "-1", "--rate_limit \"-1\": expected requests per key and minute" },
    { "rate_limit", "many", "--rate_limit" },
    { "picture", "fixed", NULL },
    { "picture", "derived", NULL },
    { "picture", "none", "--picture \"none\": expected derived or fixed" },
    { "seed", "7", NULL },
    { "seed", "-7", "--seed" },
    { "request_log", "/dev/null", NULL },
    { "request_log", "", "--request_log" },
    { "fault", "1:500", NULL },
    { "fault", "1:boom", "unknown action; allowed are an HTTP status" },
    { "colour", "red", "has no option \"colour\"; it has port, host, latency, keys" },
};

static void settings_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        struct dg_rehearsal *s = dg_rehearsal_new();
        struct dg_error err = { .kind = DG_KIND_NONE };
        bool ok = dg_rehearsal_set(s, settings[i].name, settings[i].value, &err);
        if (ok != !settings[i].says || (!ok && !strstr(err.message, settings[i].says)))
            fail_msg("%s=%s: %s", settings[i].name, settings[i].value, err.message);
        assert_int_equal(err.kind, ok ? DG_KIND_NONE : DG_KIND_USAGE);
        dg_rehearsal_free(s);
    }
    dg_secret_clear();
}

static void a_key_is_never_repeated(void **state)
{
    struct dg_rehearsal *s = dg_rehearsal_new();
    struct dg_error err;

    (void)state;
    assert_false(dg_rehearsal_set(s, "keys", "sk-canary,", &err));
    assert_null(strstr(err.message, "canary"));
    assert_false(dg_rehearsal_set(s, "keys", "sk-canary,", NULL));
    dg_rehearsal_free(s);
    dg_secret_clear();
}

static void too_many_faults(void **state)
{
    struct dg_rehearsal *s = dg_rehearsal_new();
    struct dg_error err;

    (void)state;
    for (int i = 0; i < DG_REHEARSAL_FAULTS_MAX; i++)
        assert_true(dg_rehearsal_set(s, "fault", "1:500", &err));
    assert_false(dg_rehearsal_set(s, "fault", "1:500", &err));
    assert_non_null(strstr(err.message, "more than 64"));
    dg_rehearsal_free(s);
}

static const struct {
    const char *text;
    const char *says; /* part of the message, NULL: accepted */
} plans[] = {
    { "3:500", NULL },
    { "10-20:429,retry_after=2", NULL },
    { "%7:reset", NULL },
    { "5%:429/insufficient_quota", NULL },
    { "0.5%:close", NULL },
    { "*:slow,ms=3000", NULL },
    { "1:307,location=http://127.0.0.1:1/v1/images/edits", NULL },
    { "1:429,retry_after=Wed, 21 Oct 2026 07:28:00 GMT,should_retry=true", NULL },
    { "1:429,retry_after=soon,retry_after_ms=-1", NULL },
    { "500", "expected WHEN:ACTION" },
    { ":500", "expected WHEN:ACTION" },
    { "0:500", "requests count from 1" },
    { "5-3:500", "expected WHEN:ACTION" },
    { "%0:500", "expected WHEN:ACTION" },
    { "101%:500", "expected WHEN:ACTION" },
    { "x:500", "expected WHEN:ACTION" },
    { "1:", "unknown action" },
    { "1:200", "unknown action" },
    { "1:600", "unknown action" },
    { "1:429/", "unknown action" },
    { "1:Reset", "unknown action" },
    { "1:500,", "options are ms=MILLISECONDS" },
    { "1:500,ms", "options are" },
    { "1:500,ms=-1", "options are" },
    { "1:500,ms=soon", "options are" },
    { "1:500,colour=red", "options are" },
    { "1:429,retry_after=2,", "options are" },
    { "1:429,retry_after=a\r\nb", "options are" },
};

static void plans_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++) {
        struct dg_mishap f;
        struct dg_error err = { .kind = DG_KIND_NONE };
        bool ok = dg_mishap_parse(&f, plans[i].text, &err);
        if (ok != !plans[i].says || (!ok && !strstr(err.message, plans[i].says)))
            fail_msg("%s: %s", plans[i].text, err.message);
        if (!ok)
            assert_non_null(strstr(err.message, "--fault \""));
    }
}

static struct dg_mishap parsed(const char *text)
{
    struct dg_mishap f;

    assert_true(dg_mishap_parse(&f, text, NULL));
    return f;
}

static void what_a_plan_holds(void **state)
{
    struct dg_mishap f = parsed("2-4:429/insufficient_quota,retry_after=7,ms=5");

    (void)state;
    assert_int_equal(f.action, DG_MISHAP_STATUS);
    assert_int_equal(f.status, 429);
    assert_string_equal(f.code, "insufficient_quota");
    assert_string_equal(dg_mishap_header(0), "Retry-After");
    assert_string_equal(f.headers[0], "7");
    assert_string_equal(f.headers[1], "");
    assert_int_equal(f.ms, 5);
    assert_false(dg_mishap_spoils(&f));
    f = parsed("1:429,retry_after=Wed, 21 Oct 2026 07:28:00 GMT,should_retry=true");
    assert_string_equal(f.headers[0], "Wed, 21 Oct 2026 07:28:00 GMT");
    assert_string_equal(f.headers[2], "true");
    assert_int_equal(f.ms, -1);
    f = parsed("*:svg");
    assert_true(dg_mishap_spoils(&f));
}

static const struct {
    const char *when;
    const char *pattern; /* requests 1, 2, ...: x = struck */
} strikes[] = { { "3", "..x......" },  { "2-4", ".xxx....." }, { "7-7", "......x.." },
                { "%3", "..x..x..x" }, { "%1", "xxxxxxxxx" },  { "*", "xxxxxxxxx" },
                { "0%", "........." }, { "100%", "xxxxxxxxx" } };

static void who_is_struck(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(strikes) / sizeof(*strikes); i++) {
        char text[32];
        snprintf(text, sizeof(text), "%s:500", strikes[i].when);
        struct dg_mishap f = parsed(text);
        for (uint64_t n = 1; n <= strlen(strikes[i].pattern); n++) {
            bool expected = strikes[i].pattern[n - 1] == 'x';
            if (dg_mishap_strikes(&f, n, 1) != expected)
                fail_msg("%s at %d", strikes[i].when, (int)n);
        }
    }
}

/* A share is met within three standard deviations, repeats for one seed, is
 * another for another, and is independent of another entry's. */
static void shares(void **state)
{
    struct dg_mishap f = parsed("20%:500"), other = parsed("20%:429");
    int struck = 0, moved = 0, both = 0;

    (void)state;
    for (uint64_t n = 1; n <= 10000; n++) {
        bool hit = dg_mishap_strikes(&f, n, 1);
        struck += hit;
        assert_int_equal(hit, dg_mishap_strikes(&f, n, 1));
        moved += hit != dg_mishap_strikes(&f, n, 2);
        both += hit && dg_mishap_strikes(&other, n, 1);
    }
    assert_in_range(struck, 1880, 2120);
    assert_true(moved > 1000);
    assert_in_range(both, 340, 460);
}

static void draw(const char *text, double *mean, dg_msec *least, dg_msec *most)
{
    struct dg_latency l;
    struct dg_dice dice = { 1 };

    assert_true(dg_latency_parse(&l, text));
    *mean = 0;
    *least = INT64_MAX;
    *most = 0;
    for (int i = 0; i < 10000; i++) {
        dg_msec ms = dg_latency_draw(&l, &dice);
        *mean += (double)ms / 10000;
        *least = ms < *least ? ms : *least;
        *most = ms > *most ? ms : *most;
    }
}

static void latencies(void **state)
{
    double mean;
    dg_msec least, most;

    (void)state;
    draw("200", &mean, &least, &most);
    assert_int_equal(least, 200);
    assert_int_equal(most, 200);
    draw("100-300", &mean, &least, &most);
    assert_in_range(least, 100, 105);
    assert_in_range(most, 295, 300);
    assert_in_range((int)mean, 195, 205);
    draw("normal:200,50", &mean, &least, &most);
    assert_in_range((int)mean, 197, 203);
    assert_in_range(most, 330, 450);
    draw("normal:0,1000", &mean, &least, &most);
    assert_int_equal(least, 0);
    draw("exp:200", &mean, &least, &most);
    assert_in_range((int)mean, 190, 210);
    assert_true(most > 1000 && least < 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_table),
        cmocka_unit_test(a_key_is_never_repeated),
        cmocka_unit_test(too_many_faults),
        cmocka_unit_test(plans_table),
        cmocka_unit_test(what_a_plan_holds),
        cmocka_unit_test(who_is_struck),
        cmocka_unit_test(shares),
        cmocka_unit_test(latencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
