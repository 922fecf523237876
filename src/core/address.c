/* SPDX-License-Identifier: MIT
 *
 * The table of addresses that are not public, from the IANA registries of
 * special-purpose addresses.
 */
#include "core/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/url.h"

static const struct {
    uint32_t network; /* host byte order */
    unsigned bits;    /* length of the prefix */
} closed_ipv4[] = {
    { 0x00000000, 8 },  /* 0.0.0.0: this host */
    { 0x0a000000, 8 },  /* 10.0.0.0: private */
    { 0x64400000, 10 }, /* 100.64.0.0: carrier-grade NAT */
    { 0x7f000000, 8 },  /* 127.0.0.0: loopback */
    { 0xa9fe0000, 16 }, /* 169.254.0.0: link-local, cloud metadata */
    { 0xac100000, 12 }, /* 172.16.0.0: private */
    { 0xc0000000, 24 }, /* 192.0.0.0: protocol assignments */
    { 0xc0000200, 24 }, /* 192.0.2.0: documentation */
    { 0xc0a80000, 16 }, /* 192.168.0.0: private */
    { 0xc6120000, 15 }, /* 198.18.0.0: benchmarking */
    { 0xc6336400, 24 }, /* 198.51.100.0: documentation */
    { 0xcb007100, 24 }, /* 203.0.113.0: documentation */
    { 0xe0000000, 4 },  /* 224.0.0.0: multicast */
    { 0xf0000000, 4 },  /* 240.0.0.0: reserved, broadcast */
};

static const struct {
    uint8_t network[16]; /* network byte order */
    unsigned bits;       /* length of the prefix */
} closed_ipv6[] = {
    { { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 }, /* 64:ff9b:1::: NAT64 of a local network */
    { { 0x01, 0x00 }, 64 },                         /* 100::: discard */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },             /* 2001:db8::: documentation */
    { { 0x20, 0x01, 0x00, 0x00 }, 23 },             /* 2001::: protocol assignments, Teredo */
    { { 0x3f, 0xff, 0x00 }, 20 },                   /* 3fff::: documentation */
    { { 0x5f, 0x00 }, 16 },                         /* 5f00::: segment routing */
    { { 0xfc, 0x00 }, 7 },                          /* fc00::: unique local */
    { { 0xfe, 0x80 }, 10 },                         /* fe80::: link-local */
    { { 0xfe, 0xc0 }, 10 },                         /* fec0::: site-local */
    { { 0xff, 0x00 }, 8 },                          /* ff00::: multicast */
};

/* IPv6 prefixes behind which an IPv4 address stands. */
static const struct {
    uint8_t network[16]; /* network byte order */
    unsigned bits;       /* length of the prefix */
    unsigned at;         /* byte where the IPv4 address begins */
} carriers[] = {
    { { 0 }, 96, 12 },                      /* ::a.b.c.d, ::, ::1 */
    { { [10] = 0xff, 0xff }, 96, 12 },      /* ::ffff:a.b.c.d */
    { { [8] = 0xff, 0xff }, 96, 12 },       /* ::ffff:0:a.b.c.d */
    { { 0x00, 0x64, 0xff, 0x9b }, 96, 12 }, /* NAT64 */
    { { 0x20, 0x02 }, 16, 2 },              /* 6to4 */
};

static bool ipv4_public(uint32_t address)
{
    for (size_t k = 0; k < sizeof closed_ipv4 / sizeof *closed_ipv4; k++)
        if ((address ^ closed_ipv4[k].network) >> (32 - closed_ipv4[k].bits) == 0)
            return false;
    return true;
}

static bool begins(const uint8_t address[16], const uint8_t network[16], unsigned bits)
{
    if (memcmp(address, network, bits / 8) != 0)
        return false;
    unsigned left = bits % 8;
    return left == 0 || (address[bits / 8] ^ network[bits / 8]) >> (8 - left) == 0;
}

static bool ipv6_public(const uint8_t address[16])
{
    for (size_t k = 0; k < sizeof closed_ipv6 / sizeof *closed_ipv6; k++)
        if (begins(address, closed_ipv6[k].network, closed_ipv6[k].bits))
            return false;
    for (size_t k = 0; k < sizeof carriers / sizeof *carriers; k++) {
        if (!begins(address, carriers[k].network, carriers[k].bits))
            continue;
        uint32_t inner;
        memcpy(&inner, address + carriers[k].at, sizeof inner);
        return ipv4_public(ntohl(inner));
    }
    return true;
}

bool dg_address_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return ipv4_public(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        return ipv6_public(in.sin6_addr.s6_addr);
    }
    return false;
}

/* Without the dots at its end, which resolvers ignore. */
static void trim(char into[DG_URL_HOST_BYTES], const char *host)
{
    size_t length = strnlen(host, DG_URL_HOST_BYTES - 1);
    while (length > 0 && host[length - 1] == '.')
        length--;
    memcpy(into, host, length);
    into[length] = '\0';
}

static bool named_localhost(const char *host)
{
    size_t length = strlen(host);
    if (length < 9 || strncasecmp(host + length - 9, "localhost", 9) != 0)
        return false;
    return length == 9 || host[length - 10] == '.';
}

/* What the host's text means as an IPv4 address; inet_aton also knows the odd
 * notations that resolvers accept. */
static bool literal_ipv4(const char *host, uint32_t *address)
{
    struct in_addr in;
    if (inet_aton(host, &in) == 0)
        return false;
    *address = ntohl(in.s_addr);
    return true;
}

bool dg_address_host_public(const char *name)
{
    char host[DG_URL_HOST_BYTES];
    uint32_t ipv4;
    struct in6_addr ipv6;
    trim(host, name);
    if (literal_ipv4(host, &ipv4))
        return ipv4_public(ipv4);
    if (inet_pton(AF_INET6, host, &ipv6) == 1)
        return ipv6_public(ipv6.s6_addr);
    return !named_localhost(host);
}

bool dg_address_host_loopback(const char *name)
{
    char host[DG_URL_HOST_BYTES];
    uint32_t ipv4;
    struct in6_addr ipv6;
    trim(host, name);
    if (literal_ipv4(host, &ipv4))
        return ipv4 >> 24 == 127;
    if (inet_pton(AF_INET6, host, &ipv6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&ipv6);
    return named_localhost(host);
}

void dg_address_text(const struct sockaddr *address, char text[DG_ADDRESS_BYTES])
{
    const void *bytes = NULL;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (address->sa_family == AF_INET) {
        memcpy(&in, address, sizeof in);
        bytes = &in.sin_addr;
    } else if (address->sa_family == AF_INET6) {
        memcpy(&in6, address, sizeof in6);
        bytes = &in6.sin6_addr;
    }
    if (!bytes || !inet_ntop(address->sa_family, bytes, text, DG_ADDRESS_BYTES))
        snprintf(text, DG_ADDRESS_BYTES, "an address of family %d", address->sa_family);
}

unsigned dg_address_port(const struct sockaddr *address)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (address->sa_family == AF_INET) {
        memcpy(&in, address, sizeof in);
        return ntohs(in.sin_port);
    }
    if (address->sa_family == AF_INET6) {
        memcpy(&in6, address, sizeof in6);
        return ntohs(in6.sin6_port);
    }
    return 0;
}
