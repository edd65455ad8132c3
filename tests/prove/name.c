/* name.c - names from any text and any wire form, and printed into any room.
 *
 * SPDX-License-Identifier: MIT */
#include "prove.h"

enum { LISTED = 8, SHORT = 24, LONG = 270 };
static uint8_t bytes[LONG];
static struct quoth_name name;

static void read(size_t n)
{
    const uint8_t *p = bytes + LONG - n;
    anything(bytes, sizeof bytes);
    quoth_name_parse(&name, (const char *)p, n);
    quoth_name_read(&name, p, n);
}

/* What is in a name need not be well formed. */
static void print(size_t cap)
{
    char text[LONG];
    anything(name.b, sizeof name.b);
    name.n = (uint8_t)any(0, 255);
    quoth_name_text(&name, text + LONG - cap, cap);
    quoth_name_is_host(&name);
}

/* Of so many bytes, none of them its end. */
static void spell(char *text, size_t n)
{
    //@ loop unroll 10;
    for (size_t i = 0; i < n; i++)
        text[i] = (char)any(1, 127);
    text[n] = '\0';
}

static void listed(size_t n)
{
    char text[LISTED + 1], item[LISTED + 1];
    const char *const list[] = {item, NULL};

    //@ loop unroll 10;
    for (size_t len = 0; len <= LISTED; len++) {
        spell(text, n);
        spell(item, len);
        quoth_is_listed(text, list);
    }
    quoth_is_listed(text, NULL);
}

int main(void)
{
    struct quoth_ip ip;
    //@ widen_hints global:"all", 268, 269;
    //@ loop unroll 25;
    for (size_t n = 0; n <= SHORT; n++) {
        read(n);
        print(n);
    }
    read(LONG);
    print(LONG);
    anything(&ip, sizeof ip);
    quoth_name_reverse(&name, &ip);
    //@ loop unroll 10;
    for (size_t n = 0; n <= LISTED; n++)
        listed(n);
    return 0;
}
