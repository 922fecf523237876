/* SPDX-License-Identifier: MIT
 *
 * Which addresses are public.  A URL from a CSV may lead anywhere; unless told
 * otherwise it must not lead into the local network or this machine.  Judged by
 * the address a name resolved to, so no name can deceive.
 */
#ifndef DG_CORE_ADDRESS_H
#define DG_CORE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum { DG_ADDRESS_BYTES = 64 };

/* true for IPv4 and IPv6 addresses of the public internet.  IPv4 addresses
 * inside IPv6 ones (mapped, compatible, 6to4, NAT64) are judged as IPv4;
 * families other than these two are not public. */
bool dg_address_public(const struct sockaddr *address);

/* The same for a host as written in a URL: false for an address that is not
 * public in any notation ("127.1", "0x7f000001", "::1") and for "localhost" and
 * names below it; any other name may be public. */
bool dg_address_host_public(const char *host);

/* true for "localhost", names below it, 127.0.0.0/8 and ::1. */
bool dg_address_host_loopback(const char *host);

/* The address in its usual notation, for messages. */
void dg_address_text(const struct sockaddr *address, char text[DG_ADDRESS_BYTES]);

unsigned dg_address_port(const struct sockaddr *address); /* 0 for other families */

#endif
