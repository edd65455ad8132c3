/* resolvconf.h - the machine's name servers, from text in the format of resolv.conf(5).
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_RESOLVCONF_H
#define QUOTH_RESOLVCONF_H

#include "quoth.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One name server: an address, also a link-local one with its interface, fe80::1%eth0 or fe80::1%2.
 * The interface's number is kept in bytes 2 and 3 of the address, which are 0 on the wire; sock.c
 * takes it from there. QUOTH_OK, or QUOTH_EINVAL: it is none, or there is no such interface. */
int quoth_resolvconf_server(struct quoth_ip *ip, const char *text, size_t n);

/* Set up `resolver` from such a text. Returns the number of name servers found: with 0 no lookup
 * can succeed, so name some yourself (its server and servers). */
int quoth_resolvconf_parse(struct quoth_resolver *resolver, const char *text, size_t n);

/* The same from a file (NULL: /etc/resolv.conf). Where it names no server, or cannot be read,
 * the one on this machine is taken: 127.0.0.1. Returns how many there are, at least 1. */
int quoth_resolvconf_load(struct quoth_resolver *resolver, const char *path);

#ifdef __cplusplus
}
#endif
#endif
