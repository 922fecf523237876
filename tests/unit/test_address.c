/* SPDX-License-Identifier: MIT
 *
 * core/address: which addresses are public, in every notation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "core/address.h"

/* The edges of every range, inside and outside. */
static const struct {
    const char *text;
    bool public;
} addresses[] = {
    { "0.0.0.0", false },
    { "0.255.255.255", false },
    { "1.0.0.0", true },
    { "8.8.8.8", true },
    { "9.255.255.255", true },
    { "10.0.0.0", false },
    { "10.255.255.255", false },
    { "11.0.0.0", true },
    { "100.63.255.255", true },
    { "100.64.0.0", false },
    { "100.127.255.255", false },
    { "100.128.0.0", true },
    { "126.255.255.255", true },
    { "127.0.0.1", false },
    { "127.255.255.255", false },
    { "128.0.0.0", true },
    { "169.253.255.255", true },
    { "169.254.169.254", false },
    { "169.255.0.0", true },
    { "172.15.255.255", true },
    { "172.16.0.0", false },
    { "172.31.255.255", false },
    { "172.32.0.0", true },
    { "192.0.0.8", false },
    { "192.0.1.1", true },
    { "192.0.2.1", false },
    { "192.167.255.255", true },
    { "192.168.0.1", false },
    { "192.169.0.0", true },
    { "198.17.255.255", true },
    { "198.18.0.0", false },
    { "198.19.255.255", false },
    { "198.20.0.0", true },
    { "198.51.100.7", false },
    { "203.0.113.7", false },
    { "223.255.255.255", true },
    { "224.0.0.1", false },
    { "239.255.255.255", false },
    { "240.0.0.0", false },
    { "255.255.255.255", false },
    { "::", false },
    { "::1", false },
    { "::2", false },
    { "::8.8.8.8", true },
    { "::ffff:127.0.0.1", false },
    { "::ffff:8.8.8.8", true },
    { "::ffff:0:a00:1", false },
    { "64:ff9b::a00:1", false },
    { "64:ff9b::808:808", true },
    { "64:ff9b:1::808:808", false },
    { "100::1", false },
    { "2001::1", false },
    { "2001:1ff:ffff::1", false },
    { "2001:200::1", true },
    { "2001:db8::1", false },
    { "2001:db9::1", true },
    { "2002:7f00:1::", false },
    { "2002:808:808::", true },
    { "2606:4700::1111", true },
    { "3ffe:ffff::1", true },
    { "3fff::1", false },
    { "3fff:fff::1", false },
    { "3fff:1000::1", true },
    { "5eff::1", true },
    { "5f00::1", false },
    { "5f01::1", true },
    { "fbff::1", true },
    { "fc00::1", false },
    { "fdff::1", false },
    { "fe00::1", true },
    { "fe80::1", false },
    { "febf::1", false },
    { "fec0::1", false },
    { "ff02::1", false },
};

static void parse(const char *text, struct sockaddr_storage *address)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(443) };
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        memcpy(address, &in, sizeof in);
        return;
    }
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    memcpy(address, &in6, sizeof in6);
}

static void judges_sockets_and_literals(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof addresses / sizeof *addresses; k++) {
        struct sockaddr_storage s;
        char text[DG_ADDRESS_BYTES];
        parse(addresses[k].text, &s);
        const struct sockaddr *address = (const struct sockaddr *)&s;
        if (dg_address_public(address) != addresses[k].public ||
            dg_address_host_public(addresses[k].text) != addresses[k].public)
            fail_msg("%s", addresses[k].text);
        dg_address_text(address, text);
        assert_string_equal(text, addresses[k].text);
        assert_int_equal(dg_address_port(address), strchr(text, ':') ? 443 : 80);
    }
}

static void other_families_are_not_public(void **state)
{
    struct sockaddr_storage s = { .ss_family = AF_UNIX };
    char text[DG_ADDRESS_BYTES];
    (void)state;
    assert_false(dg_address_public((struct sockaddr *)&s));
    assert_int_equal(dg_address_port((struct sockaddr *)&s), 0);
    dg_address_text((struct sockaddr *)&s, text);
    assert_string_equal(text, "an address of family 1");
}

static void judges_names(void **state)
{
    static const struct {
        const char *host;
        bool public;
        bool loopback;
    } hosts[] = {
        { "example.com", true, false },
        { "localhost", false, true },
        { "LOCALHOST", false, true },
        { "localhost.", false, true },
        { "a.localhost", false, true },
        { "notlocalhost", true, false },
        { "localhost.example.com", true, false },
        { "127.1", false, true },
        { "127.0.0.1.", false, true },
        { "10.1..", false, false },
        { "8.8.8.8.", true, false },
        { ".", true, false },
        { "2130706433", false, true },
        { "0x7f000001", false, true },
        { "0177.0.0.1", false, true },
        { "0xa9fea9fe", false, false },
        { "0", false, false },
        { "10.1", false, false },
        { "134744072", true, false },
        { "::1", false, true },
        { "fe80::1", false, false },
        { "10.example", true, false },
        { "", true, false },
    };
    (void)state;
    for (size_t k = 0; k < sizeof hosts / sizeof *hosts; k++)
        if (dg_address_host_public(hosts[k].host) != hosts[k].public ||
            dg_address_host_loopback(hosts[k].host) != hosts[k].loopback)
            fail_msg("\"%s\"", hosts[k].host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_sockets_and_literals),
        cmocka_unit_test(other_families_are_not_public),
        cmocka_unit_test(judges_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
