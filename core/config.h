/* config.h - every limit the library has, in one place.
 *
 * Do not edit: put the values to change in a header of your own and build with
 * -DQUOTH_CONFIG='"my_quoth.h"'. Each limit is a hard bound: nothing in core/
 * grows, and no input makes it use more than what is fixed here.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_CONFIG_H
#define QUOTH_CONFIG_H

#ifdef QUOTH_CONFIG
#include QUOTH_CONFIG
#endif

/* ---- what is compiled in ------------------------------------------------ */

/* Internationalised domain names (RFC 5890-5893): about 4 KB of code and table.
 * 0: a domain that is not ASCII ends as `idna_unsupported`. */
#ifndef QUOTH_IDN
#define QUOTH_IDN 0
#endif

/* What is known of domains and local parts without asking anyone.
 * 0: reserved names alone; the rest is on no list, and nothing is suggested.
 * 1: short lists of free, disposable and frequent domains and of roles, about 7 KB of table.
 * 2: 26 KB more: 8,900 disposable domains, 4,400 free providers, 860 local parts that may be a
 *    function's; and what an exchanger's name tells. Of foreign domains, one in 32,000 is taken
 *    for a disposable one by chance.
 * 3: 5 KB more: the same, and that chance is one in 260,000. */
#ifndef QUOTH_LISTS
#define QUOTH_LISTS 1
#endif

/* A score for addresses at domains that take every one: 2 KB of code, 0.5 KB of table. */
#ifndef QUOTH_SCORE
#define QUOTH_SCORE 0
#endif

/* Made-up mailboxes that a check may ask, one after another: 1, or 2 of different shape (0.2 KB of
 * code), where quoth_conf.decoys wants it. */
#ifndef QUOTH_DECOYS
#define QUOTH_DECOYS 1
#endif

/* A gateway may answer with another server's reply ("host inner.example.com said: 550 ..."). 1: the
 * inner reply is read, with 0.6 KB of code and QUOTH_SAID_MAX of 256 or more; and a reply that
 * names the domain of our sender is about us, as one is that names the sender. 0: such an answer is
 * a trouble of the gateway's and says nothing of the mailbox. */
#ifndef QUOTH_JUDGE_NESTED
#define QUOTH_JUDGE_NESTED 0
#endif

/* Our own address as others see it (quoth_domain.h, section 10), for a program that links it.
 * 0: with the limits of a computer. 1: of a board: 3.5 KB at a time, for which SPF has 768 bytes,
 * and two names of the address and one block list are looked at; what does not fit is unknown. */
#ifndef QUOTH_HEALTH
#define QUOTH_HEALTH 0
#endif

/* ---- DNS ---------------------------------------------------------------- */

/* Largest UDP answer asked for and taken, bytes (RFC 6891). 1232 crosses the
 * Internet unfragmented; 512 is the classic limit and turns EDNS off. The driver
 * keeps one buffer of this size. */
#ifndef QUOTH_DNS_MAX
#define QUOTH_DNS_MAX 1232
#endif

/* Name servers one lookup may try. 20 bytes each. */
#ifndef QUOTH_SERVERS_MAX
#define QUOTH_SERVERS_MAX 3
#endif

/* Questions one verification may ask, retries not counted (bounds fan-out). */
#ifndef QUOTH_QUERIES_MAX
#define QUOTH_QUERIES_MAX 24
#endif

/* Aliases followed for one question. */
#ifndef QUOTH_CNAMES_MAX
#define QUOTH_CNAMES_MAX 8
#endif

/* Compression jumps in one name; label bytes read in one message; records walked
 * in one message. */
#ifndef QUOTH_JUMPS_MAX
#define QUOTH_JUMPS_MAX 16
#endif
#ifndef QUOTH_LABEL_WORK_MAX
#define QUOTH_LABEL_WORK_MAX 4096
#endif
#ifndef QUOTH_RECORDS_MAX
#define QUOTH_RECORDS_MAX 256
#endif

/* Mail hosts kept, best preference first, and the bytes for all their names.
 * 6 bytes each. */
#ifndef QUOTH_MX_MAX
#define QUOTH_MX_MAX 16
#endif
#ifndef QUOTH_MX_BYTES
#define QUOTH_MX_BYTES 512
#endif

/* Addresses kept of one answer. 17 bytes each. */
#ifndef QUOTH_IPS_MAX
#define QUOTH_IPS_MAX 5
#endif

/* ---- SMTP --------------------------------------------------------------- */

/* Addresses one verification may connect to, and conversations it may hold. */
#ifndef QUOTH_CONNECTS_MAX
#define QUOTH_CONNECTS_MAX 5
#endif
#ifndef QUOTH_SESSIONS_MAX
#define QUOTH_SESSIONS_MAX 2
#endif
/* 1: when all that were called take no mail (521) and no more may be, the other hosts are looked
 * up, for one that may take it. 0: it is not known. 74 bytes of code. */
#ifndef QUOTH_HOSTS_BEYOND
#define QUOTH_HOSTS_BEYOND 0
#endif

/* Bytes of the server's own words kept as evidence. Held twice. */
#ifndef QUOTH_SAID_MAX
#define QUOTH_SAID_MAX 512
#endif

/* Bytes of commands written at once. Must hold the longest command, which is
 * RCPT TO with a 64-byte local part and a 255-byte domain. */
#ifndef QUOTH_OUT_MAX
#define QUOTH_OUT_MAX 448
#endif

/* A server that says more than this is not speaking SMTP: bytes of one line,
 * lines and bytes of one reply, bytes of a whole conversation. */
#ifndef QUOTH_LINE_MAX
#define QUOTH_LINE_MAX 8192
#endif
#ifndef QUOTH_REPLY_LINES_MAX
#define QUOTH_REPLY_LINES_MAX 64
#endif
#ifndef QUOTH_REPLY_BYTES_MAX
#define QUOTH_REPLY_BYTES_MAX 16384
#endif
#ifndef QUOTH_TALK_BYTES_MAX
#define QUOTH_TALK_BYTES_MAX 65536
#endif

/* ---- compilers ---------------------------------------------------------- */

/* Stands before the functions that are better not made part of their callers: some are called from
 * several places, and the frame of others has some hundred bytes. Where all of core is compiled as
 * one (LTO), a compiler makes them part of their caller, and whatever that calls besides, a TLS
 * handshake say, then has their frame below it. A device short of stack sets this to what keeps
 * its compiler from doing so; gcc and clang: __attribute__((noinline)). */
#ifndef QUOTH_APART
#define QUOTH_APART
#endif

/* ---- limits of the limits ----------------------------------------------- */

#if QUOTH_DNS_MAX < 512 || QUOTH_DNS_MAX > 4096
#error "QUOTH_DNS_MAX must be 512..4096"
#endif
#if QUOTH_SERVERS_MAX < 1 || QUOTH_SERVERS_MAX > 8
#error "QUOTH_SERVERS_MAX must be 1..8"
#endif
#if QUOTH_MX_MAX < 1 || QUOTH_MX_MAX > 64
#error "QUOTH_MX_MAX must be 1..64"
#endif
#if QUOTH_MX_BYTES < 256 || QUOTH_MX_BYTES > 16384
#error "QUOTH_MX_BYTES must hold at least one longest name (256..16384)"
#endif
#if QUOTH_IPS_MAX < 1 || QUOTH_IPS_MAX > 64
#error "QUOTH_IPS_MAX must be 1..64"
#endif
#if QUOTH_SAID_MAX < 64 || QUOTH_SAID_MAX > 2048
#error "QUOTH_SAID_MAX must be 64..2048"
#endif
#if QUOTH_OUT_MAX < 352 || QUOTH_OUT_MAX > 16384
#error "QUOTH_OUT_MAX must be 352..16384"
#endif

#endif
