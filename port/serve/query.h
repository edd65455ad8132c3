/* query.h - what is said around an address: targets with their queries, and bodies of JSON. Pure.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUERY_H
#define QUERY_H

#include <stddef.h>
#include <stdint.h>

/* Decode %XX of n bytes into buf, once, and end it with NUL; '+' is a blank when `plus`. Its
 * length, or -1: a bad escape, NUL, a slash in a segment, no UTF-8, or no room. */
int query_decode(const char *p, size_t n, int plus, char *buf, size_t cap);

/* The parameters of a query, one after the other. 1: there is one, with its name and value decoded;
 * 0: no more; -1: it is malformed, as is one given twice: a proxy may read the other. */
enum { QUERY_NAMES = 24 };
struct query_names {
    unsigned n;
    uint64_t seen[QUERY_NAMES];
};
struct query {
    const char *p;
    char name[32], value[640];
    int value_n;
    struct query_names names;
};
int query_next(struct query *);

/* The members of a JSON object, one after the other: name, and value as raw bytes. 1, 0, -1 as
 * above. */
struct members {
    const char *p, *end, *value;
    char name[32];
    size_t value_n;
    struct query_names names;
};
/* 0, or -1: it is no object. */
int members_open(struct members *, const char *p, size_t n);
int members_next(struct members *);

/* A raw value as a string into buf with a NUL: its length; -1: it is none, or has no room. */
int members_string(const char *p, size_t n, char *buf, size_t cap);
/* A raw value as a whole number up to `most`; -1: it is none. */
long members_number(const char *p, size_t n, long most);

#endif
