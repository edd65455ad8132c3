/* resolvconf.c - the machine's name servers, from text in the format of resolv.conf(5).
 *
 * Read as glibc reads it: a keyword begins its line; '#' and ';' begin a comment there; what is
 * unknown is passed over. `search`, `domain` and `ndots` are among the unknown: a mail domain is
 * never completed. The environment (RES_OPTIONS, LOCALDOMAIN, HOSTALIASES) is not looked at.
 *
 * SPDX-License-Identifier: MIT */
#include "resolvconf.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

enum { CONF_BYTES = 16384, CONF_TIMEOUT_MAX = 30, CONF_ATTEMPTS_MAX = 5, CONF_WAIT_MS = 5000 };

static int conf_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Cut the next word off `rest`; n 0: there is none. */
static struct quoth_span conf_word(struct quoth_span *rest)
{
    struct quoth_span word;

    while (rest->n && conf_blank(*rest->p))
        rest->p++, rest->n--;
    word.p = rest->p;
    while (rest->n && !conf_blank(*rest->p))
        rest->p++, rest->n--;
    word.n = (size_t)(rest->p - word.p);
    return word;
}

static int conf_is(struct quoth_span word, const char *text)
{
    return word.n == strlen(text) && !memcmp(word.p, text, word.n);
}

/* Is it "name:number"? The number is put between 1 and max. */
static int conf_number(struct quoth_span word, const char *name, unsigned max, unsigned *out)
{
    size_t at = strlen(name);
    unsigned value = 0;

    if (word.n <= at || memcmp(word.p, name, at))
        return 0;
    if (word.p[at] == '-') {
        *out = 1;
        return 1;
    }
    if (word.p[at] < '0' || word.p[at] > '9')
        return 0;
    for (; at < word.n && word.p[at] >= '0' && word.p[at] <= '9' && value <= max; at++)
        value = value * 10 + (unsigned)(word.p[at] - '0');
    if (value < 1)
        value = 1;
    *out = value < max ? value : max;
    return 1;
}

static void conf_option(struct quoth_resolver *resolver, struct quoth_span word)
{
    unsigned value;

    if (conf_number(word, "timeout:", CONF_TIMEOUT_MAX, &value)) {
        resolver->wait_ms = value * 1000;
        resolver->wait_max_ms = resolver->wait_ms > CONF_WAIT_MS ? resolver->wait_ms : 0;
    } else if (conf_number(word, "attempts:", CONF_ATTEMPTS_MAX, &value)) {
        resolver->tries = (uint8_t)value;
    } else if (conf_is(word, "rotate")) {
        resolver->rotate = 1;
    } else if (conf_is(word, "use-vc")) {
        resolver->tcp = 1;
    } else if (conf_is(word, "no-aaaa")) {
        resolver->no_aaaa = 1;
    }
    /* Nothing to do for edns0 (always), single-request and single-request-reopen (never two
     * questions on one socket), trust-ad (AD is not used). */
}

/* The number of an interface, by number or name; 0: none. */
static unsigned conf_interface(struct quoth_span word)
{
    char name[IF_NAMESIZE] = "";
    unsigned number = 0;
    size_t i = 0;

    for (; i < word.n && word.p[i] >= '0' && word.p[i] <= '9' && number <= UINT16_MAX; i++)
        number = number * 10 + (unsigned)(word.p[i] - '0');
    if (i == word.n)
        return number;
    if (word.n < sizeof name)
        memcpy(name, word.p, word.n);
    return if_nametoindex(name);
}

int quoth_resolvconf_server(struct quoth_ip *ip, const char *text, size_t n)
{
    const char *at = memchr(text, '%', n);
    unsigned number;

    if (!at)
        return quoth_ip_parse(ip, text, n) == QUOTH_OK ? QUOTH_OK : QUOTH_EINVAL;
    if (quoth_ip_parse(ip, text, (size_t)(at - text)) != QUOTH_OK || ip->len != 16 ||
        ip->b[0] != 0xfe || (ip->b[1] & 0xc0) != 0x80)
        return QUOTH_EINVAL;
    number = conf_interface((struct quoth_span) {at + 1, (size_t)(text + n - at - 1)});
    if (number == 0 || number > UINT16_MAX)
        return QUOTH_EINVAL;
    ip->b[2] = (uint8_t)(number >> 8);
    ip->b[3] = (uint8_t)number;
    return QUOTH_OK;
}

static void conf_line(struct quoth_resolver *resolver, struct quoth_span line)
{
    struct quoth_span key, word;
    struct quoth_ip ip;

    if (line.n == 0 || conf_blank(line.p[0]))
        return;
    key = conf_word(&line);
    if (conf_is(key, "options")) {
        while ((word = conf_word(&line)).n)
            conf_option(resolver, word);
    } else if (conf_is(key, "nameserver") && resolver->servers < QUOTH_SERVERS_MAX) {
        word = conf_word(&line);
        if (quoth_resolvconf_server(&ip, word.p, word.n) == QUOTH_OK)
            resolver->server[resolver->servers++].peer.ip = ip;
    }
}

int quoth_resolvconf_parse(struct quoth_resolver *resolver, const char *text, size_t n)
{
    struct quoth_span line = {text, 0};

    memset(resolver, 0, sizeof *resolver);
    for (const char *end = text + n; line.p < end; line.p += line.n + 1) {
        const char *lf = memchr(line.p, '\n', (size_t)(end - line.p));
        line.n = (size_t)((lf ? lf : end) - line.p);
        conf_line(resolver, line);
        if (!lf)
            break;
    }
    return resolver->servers;
}

int quoth_resolvconf_load(struct quoth_resolver *resolver, const char *path)
{
    static const struct quoth_ip here = {4, {127, 0, 0, 1}};
    char text[CONF_BYTES];
    size_t n = 0;
    FILE *file = fopen(path ? path : "/etc/resolv.conf", "r");

    if (file) {
        n = fread(text, 1, sizeof text, file);
        fclose(file);
    }
    if (n == sizeof text)
        while (n && text[n - 1] != '\n')
            n--; /* no half line at the end */
    if (quoth_resolvconf_parse(resolver, text, n) == 0) {
        resolver->server[0].peer.ip = here;
        resolver->servers = 1;
    }
    return resolver->servers;
}
