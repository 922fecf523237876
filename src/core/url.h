/* SPDX-License-Identifier: MIT
 *
 * The parts of an absolute http or https URL that decisions need: where it
 * leads and how to show it.  Stricter than libcurl's parser, so that whatever
 * passes here is understood there in the same way; leans on base alone.
 *
 *     struct dg_url u;
 *     if (!dg_url_split("https://user:pw@Host.example/v1", &u)) ...
 *     u.tls, u.host, u.port, u.rest, u.user      true "host.example" 443 "/v1" "user:pw"
 */
#ifndef DG_CORE_URL_H
#define DG_CORE_URL_H

#include <stdbool.h>
#include <stddef.h>

enum { DG_URL_HOST_BYTES = 256, DG_URL_WHERE_BYTES = 272 };

struct dg_url {
    bool tls;                     /* https */
    char host[DG_URL_HOST_BYTES]; /* lower case, an IPv6 address without brackets */
    unsigned port;                /* given or the scheme's */
    bool port_given;              /* it stands in the URL */
    const char *user;             /* points into the URL: "user:password" */
    size_t user_length;           /* bytes of it, 0 if none */
    const char *rest;             /* points into the URL: path, query, fragment */
};

/* false: not an absolute http or https URL, or one that two parsers might read
 * differently (control characters, backslash or percent in the host, several
 * "@", an empty port). */
bool dg_url_split(const char *url, struct dg_url *u);

/* true if a redirect from one URL to the other may be followed: both are URLs,
 * and it does not lead from https to http. */
bool dg_url_may_follow(const char *from, const char *to);

/* true if both are URLs of the same scheme, host and port. */
bool dg_url_same_origin(const char *one, const char *other);

/* "host" or "host:port", as people write it. */
void dg_url_where(const struct dg_url *u, char where[DG_URL_WHERE_BYTES]);

/* The URL without user and password, to show it; the caller's (dg_free). */
char *dg_url_label(const char *url);

/* `length` bytes of a URL's part with each %XX as its byte; the caller's (dg_free). */
char *dg_url_decode(const char *part, size_t length);

/* The URL with spaces and bytes above 0x7f behind the host percent-encoded, as
 * browsers do; the caller's (dg_free). */
char *dg_url_encode(const char *url);

#endif
