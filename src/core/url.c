/* SPDX-License-Identifier: MIT
 *
 * Splitting URLs, see url.h.
 */
#include "core/url.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

/* Length of "http://" or "https://", 0 for anything else. */
static size_t scheme_length(const char *url, bool *tls)
{
    *tls = strncasecmp(url, "https://", 8) == 0;
    if (*tls)
        return 8;
    return strncasecmp(url, "http://", 7) == 0 ? 7 : 0;
}

static bool host_character(char c, bool ipv6)
{
    if (ipv6)
        return isxdigit((unsigned char)c) || c == ':' || c == '.';
    return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_' || (c & 0x80);
}

static bool copy_host(struct dg_url *u, const char *host, size_t length, bool ipv6)
{
    if (length == 0 || length >= sizeof u->host)
        return false;
    for (size_t k = 0; k < length; k++) {
        if (!host_character(host[k], ipv6))
            return false;
        u->host[k] = (char)tolower((unsigned char)host[k]);
    }
    u->host[length] = '\0';
    return true;
}

static bool read_port(struct dg_url *u, const char *digits, size_t length)
{
    char text[8];
    int64_t port;
    if (length == 0 || length >= sizeof text)
        return false;
    memcpy(text, digits, length);
    text[length] = '\0';
    if (!isdigit((unsigned char)text[0]) || !dg_text_int(text, 1, 65535, &port))
        return false;
    u->port = (unsigned)port;
    u->port_given = true;
    return true;
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT */
static bool read_place(struct dg_url *u, const char *place, size_t length)
{
    bool ipv6 = length > 0 && place[0] == '[';
    const char *end = memchr(place, ipv6 ? ']' : ':', length);
    if (ipv6 && !end)
        return false;
    size_t host_length = end ? (size_t)(end - place) : length;
    if (!copy_host(u, place + ipv6, host_length - ipv6, ipv6))
        return false;
    const char *behind = place + host_length + ipv6;
    size_t left = length - host_length - ipv6;
    if (left == 0)
        return true;
    return behind[0] == ':' && read_port(u, behind + 1, left - 1);
}

static bool harmless(const char *url)
{
    for (; *url; url++)
        if ((unsigned char)*url < 0x20 || *url == 0x7f)
            return false;
    return true;
}

bool dg_url_split(const char *url, struct dg_url *u)
{
    *u = (struct dg_url){ .user = "" };
    size_t scheme = scheme_length(url, &u->tls);
    if (scheme == 0 || !harmless(url))
        return false;
    u->port = u->tls ? 443 : 80;
    const char *place = url + scheme;
    size_t length = strcspn(place, "/?#");
    u->rest = place + length;
    const char *at = memchr(place, '@', length);
    if (at) {
        u->user = place;
        u->user_length = (size_t)(at - place);
        length -= u->user_length + 1;
        place = at + 1;
    }
    return read_place(u, place, length);
}

bool dg_url_may_follow(const char *from, const char *to)
{
    struct dg_url a, b;
    return dg_url_split(from, &a) && dg_url_split(to, &b) && (b.tls || !a.tls);
}

bool dg_url_same_origin(const char *one, const char *other)
{
    struct dg_url a, b;
    return dg_url_split(one, &a) && dg_url_split(other, &b) && a.tls == b.tls && a.port == b.port &&
           strcmp(a.host, b.host) == 0;
}

void dg_url_where(const struct dg_url *u, char where[DG_URL_WHERE_BYTES])
{
    const char *format = strchr(u->host, ':') ? "[%s]" : "%s";
    int length = snprintf(where, DG_URL_WHERE_BYTES, format, u->host);
    if (u->port_given)
        snprintf(where + length, DG_URL_WHERE_BYTES - (size_t)length, ":%u", u->port);
}

char *dg_url_label(const char *url)
{
    struct dg_url u;
    char *label = dg_strdup(url);
    if (dg_url_split(url, &u) && u.user_length > 0) {
        char *user = label + (u.user - url);
        const char *behind = u.user + u.user_length + 1;
        memmove(user, behind, strlen(behind) + 1);
    }
    return label;
}

/* What a hexadecimal digit stands for, -1 for any other character. */
static int digit_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return found ? (int)(found - digits) : -1;
}

char *dg_url_decode(const char *part, size_t length)
{
    char *decoded = dg_strndup(part, length);
    char *to = decoded;
    for (const char *from = decoded; *from; from++) {
        int high = *from == '%' ? digit_value(from[1]) : -1;
        int low = high >= 0 ? digit_value(from[2]) : -1;
        *to++ = low >= 0 ? (char)(high * 16 + low) : *from;
        if (low >= 0)
            from += 2;
    }
    *to = '\0';
    return decoded;
}

char *dg_url_encode(const char *url)
{
    struct dg_url u;
    if (!dg_url_split(url, &u))
        return dg_strdup(url);
    struct dg_buffer b;
    dg_buffer_init(&b, strlen(url) * 3 + 1);
    dg_buffer_add(&b, url, (size_t)(u.rest - url));
    for (const char *c = u.rest; *c; c++) {
        if (*c == ' ' || (*c & 0x80))
            dg_buffer_printf(&b, "%%%02X", (unsigned char)*c);
        else
            dg_buffer_add(&b, c, 1);
    }
    char *encoded = dg_buffer_take(&b);
    dg_buffer_done(&b);
    return encoded;
}
