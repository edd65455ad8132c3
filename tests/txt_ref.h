/* txt_ref.h - plain references for core/domain/txt.c and dmarc.c, for dmarc_test.c: the text is cut
 * at its semicolons first, keys are turned into bytes first, and then looked at.
 *
 *   text --> ref_tags: names, values, and the byte where a piece is no tag
 *        --> ref_small: MTA-STS, TLS-RPT, BIMI     --> ref_dkim: key records
 *        --> ref_dmarc: the record and its policy  --> ref_uri: where reports go
 *
 * SPDX-License-Identifier: MIT */
#ifndef TXT_REF_H
#define TXT_REF_H

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "quoth_domain.h"

enum { REF_TAGS = 400, REF_TEXT = 4000 };

struct ref_tag {
    char name[REF_TEXT], value[REF_TEXT];
    size_t at, value_at, end; /* of the name, of the value, behind the semicolon */
    int wrong;                /* no tag: at `at` */
};

static struct ref_tag ref_tag[REF_TAGS];
static unsigned ref_tags_n;

static int ref_blank(int c) { return c && strchr(" \t\r\n", c) != NULL; }
static int ref_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static int ref_number(int c) { return c >= '0' && c <= '9'; }

/* The same but for the case of letters? */
static int ref_alike(const char *one, const char *other)
{
    for (; *one && tolower((unsigned char)*one) == tolower((unsigned char)*other); one++)
        other++;
    return *one == *other;
}

static int ref_starts(const char *text, const char *with)
{
    char front[40];

    snprintf(front, sizeof front, "%.*s", (int)strlen(with), text);
    return ref_alike(front, with);
}

static void ref_cut(char *out, const char *text, size_t from, size_t end)
{
    while (from < end && ref_blank(text[from]))
        from++;
    while (end > from && ref_blank(text[end - 1]))
        end--;
    memcpy(out, text + from, end - from);
    out[end - from] = 0;
}

/* ---- tag lists ------------------------------------------------------------- */

/* One piece, from one semicolon (or the beginning) to the next (or the end). */
static void ref_piece(struct ref_tag *tag, const char *text, size_t from, size_t end)
{
    size_t at = from, name;

    tag->wrong = 1;
    while (at < end && ref_blank(text[at]))
        at++;
    name = at;
    while (at < end &&
           (ref_letter(text[at]) || (at > name && (ref_number(text[at]) || text[at] == '_'))))
        at++;
    ref_cut(tag->name, text, name, at);
    while (at < end && ref_blank(text[at]))
        at++;
    tag->at = at;
    if (!*tag->name || at == end || text[at] != '=')
        return;
    at++;
    ref_cut(tag->value, text, at, end);
    while (at < end && ref_blank(text[at]))
        at++;
    tag->value_at = at;
    for (; at < end; at++)
        if (!ref_blank(text[at]) && (text[at] < 32 || text[at] > 126)) {
            tag->at = at;
            return;
        }
    tag->at = name;
    tag->wrong = 0;
}

static void ref_tags(const char *text, size_t n)
{
    size_t from = 0, end, look;

    for (ref_tags_n = 0; ref_tags_n < REF_TAGS; ref_tags_n++) {
        struct ref_tag *tag = &ref_tag[ref_tags_n];
        for (look = from; look < n && ref_blank(text[look]);)
            look++;
        if (look >= n)
            return;
        for (end = from; end < n && text[end] != ';';)
            end++;
        ref_piece(tag, text, from, end);
        tag->end = from = end < n ? end + 1 : n;
    }
}

/* The first one that is no tag. */
static unsigned ref_good(void)
{
    unsigned good = 0;

    while (good < ref_tags_n && !ref_tag[good].wrong)
        good++;
    return good;
}

/* A tag of that name stands before it, among the first 32. */
static int ref_again(unsigned tag)
{
    for (unsigned i = 0; i < tag && i < 32; i++)
        if (ref_alike(ref_tag[i].name, ref_tag[tag].name))
            return 1;
    return 0;
}

static int ref_version(const char *version)
{
    return ref_tags_n && !ref_tag[0].wrong && !ref_tag[0].at && ref_alike(ref_tag[0].name, "v") &&
           !strcmp(ref_tag[0].value, version);
}

/* ---- MTA-STS, TLS-RPT, BIMI --------------------------------------------------- */

enum ref_kind { REF_STS, REF_RPT, REF_BIMI };

static int ref_id(const char *value)
{
    for (size_t i = 0; value[i]; i++)
        if (!ref_letter(value[i]) && !ref_number(value[i]))
            return 0;
    return strlen(value) - 1 < 32;
}

/* Something before an '@', and no path. */
static int ref_mailbox(const char *value)
{
    const size_t n = strcspn(value, ",");

    return n && *value != '/' && strcspn(value + 1, "@") < n - 1;
}

static int ref_reports(const char *value)
{
    for (const char *one = value;; one = strchr(one, ',') + 1) {
        while (ref_blank(*one))
            one++;
        if (!(ref_starts(one, "mailto:") && ref_mailbox(one + 7)) &&
            !(ref_starts(one, "https:") && !strchr(",", one[6 + strspn(one + 6, " \t\r\n")])))
            return 0;
        if (!strchr(one, ','))
            return 1;
    }
}

static int ref_fits(enum ref_kind kind, const struct ref_tag *tag)
{
    const char *value = tag->value;

    if (kind == REF_STS && !strcmp(tag->name, "id"))
        return ref_id(value);
    if (kind == REF_RPT && !strcmp(tag->name, "rua"))
        return ref_reports(value);
    if (kind == REF_BIMI && (!strcmp(tag->name, "l") || !strcmp(tag->name, "a")))
        return !*value || (ref_starts(value, "https://") && value[8]);
    return 1;
}

static enum quoth_tags_fault ref_small(enum ref_kind kind, const char *text, size_t n, size_t *at)
{
    static const char *const versions[] = {"STSv1", "TLSRPTv1", "BIMI1"};
    static const char *const needed[] = {"id", "rua", "l"};
    int there = 0;

    *at = 0;
    ref_tags(text, n);
    if (!ref_version(versions[kind]))
        return QUOTH_TAGS_VERSION;
    if (kind != REF_BIMI && (memcmp(text, "v=", 2) || memcmp(text + 2, versions[kind], 5)))
        return QUOTH_TAGS_VERSION;
    for (unsigned i = 0; i < ref_good(); i++) {
        const int is_it = !strcmp(ref_tag[i].name, needed[kind]);
        *at = ref_tag[i].at;
        if (ref_again(i) && !(kind == REF_RPT && is_it))
            return QUOTH_TAGS_DUPLICATE;
        if (kind != REF_BIMI && ref_tag[i].value_at != *at + strlen(ref_tag[i].name) + 1)
            return QUOTH_TAGS_SYNTAX;
        if (!ref_fits(kind, &ref_tag[i]))
            return QUOTH_TAGS_VALUE;
        there |= is_it;
    }
    *at = ref_good() < ref_tags_n ? ref_tag[ref_good()].at : n;
    if (ref_good() < ref_tags_n)
        return QUOTH_TAGS_SYNTAX;
    return there ? QUOTH_TAGS_FINE : QUOTH_TAGS_MISSING;
}

/* ---- DKIM ---------------------------------------------------------------------- */

static const char ref_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct ref_bytes {
    uint8_t byte[REF_TEXT];
    size_t n;
};

/* Base64, blanks left out: the bytes; how much of the text is base64. */
static size_t ref_decode(const char *text, struct ref_bytes *out)
{
    const size_t digits = strspn(text, "+/= \t\r\n0123456789"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    const char *pad = memchr(text, '=', digits);
    const size_t end = pad ? (size_t)(pad - text) : digits;
    unsigned held = 0, bits = 0;

    out->n = 0;
    for (size_t i = 0; i < end; i++) {
        if (ref_blank(text[i]))
            continue;
        bits = (bits << 6 | (unsigned)(strchr(ref_alphabet, text[i]) - ref_alphabet)) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out->byte[out->n++] = (uint8_t)(bits >> held);
        }
    }
    return end + strspn(text + end, "= \t\r\n");
}

/* The header of an element at *at (X.690 8.1); its length, 0 where it is another or is cut. */
static size_t ref_element(const struct ref_bytes *in, size_t *at, unsigned tag)
{
    size_t length = 0, more;

    if (*at + 1 >= in->n || in->byte[*at] != tag)
        return 0;
    more = in->byte[*at + 1];
    *at += 2;
    if (more < 128)
        return more;
    for (more -= 128; more > 0; more--) {
        if (length > 255)
            return 0;
        if (*at >= in->n) {
            *at = in->n + 1; /* cut */
            return 0;
        }
        length = 256 * length + in->byte[(*at)++];
    }
    return length;
}

/* RSAPublicKey at `at`: the bits of its modulus. */
static unsigned ref_rsa(const struct ref_bytes *in, size_t at)
{
    size_t length, exponent;
    unsigned bits;

    if (!ref_element(in, &at, 0x30))
        return 0;
    length = ref_element(in, &at, 0x02);
    if (!length || at + length >= in->n) /* an exponent is to follow */
        return 0;
    exponent = at + length;
    if (in->byte[at] == 0) {
        at++;
        length--;
    }
    if (!length || in->byte[at] == 0)
        return 0;
    bits = (unsigned)length * 8;
    for (unsigned top = in->byte[at]; top < 128; top *= 2)
        bits--;
    if (in->byte[exponent] != 0x02 || exponent + 1 >= in->n)
        return 0;
    length = ref_element(in, &exponent, 0x02);
    if (!length || exponent + length > in->n)
        return 0;
    return bits;
}

static unsigned ref_wrapped(const struct ref_bytes *in)
{
    static const uint8_t algorithm[11] = {6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1};
    size_t at = 0, length;

    if (!ref_element(in, &at, 0x30))
        return 0;
    length = ref_element(in, &at, 0x30);
    if (length < 11 || at + length > in->n || memcmp(in->byte + at, algorithm, 11))
        return 0;
    at += length;
    if (ref_element(in, &at, 0x03) < 2 || at >= in->n || in->byte[at] != 0)
        return 0;
    return ref_rsa(in, at + 1);
}

/* Is the word one of the list? */
static int ref_lists(const char *list, const char *word)
{
    char one[REF_TEXT];

    for (const char *at = list;; at = strchr(at, ':') + 1) {
        ref_cut(one, at, 0, strcspn(at, ":"));
        if (ref_alike(one, word))
            return 1;
        if (!strchr(at, ':'))
            return 0;
    }
}

static void ref_fault(struct quoth_dkim_key *key, int when, enum quoth_dkim_fault fault, size_t at)
{
    if (!when || key->fault)
        return;
    key->fault = (uint8_t)fault;
    key->at = (uint16_t)at;
}

static void ref_key(struct quoth_dkim_key *key, const struct ref_tag *p)
{
    static struct ref_bytes in;
    const size_t good = ref_decode(p->value, &in);

    if (!*p->value)
        key->flags |= QUOTH_DKIM_REVOKED;
    ref_fault(key, p->value[good] != 0, QUOTH_DKIM_BASE64, p->value_at + good);
    if (!*p->value || p->value[good])
        return;
    if (key->ed25519) {
        ref_fault(key, in.n != 32, QUOTH_DKIM_CUT, p->value_at);
        return;
    }
    key->bits = (uint16_t)ref_wrapped(&in);
    ref_fault(key, !key->bits, ref_rsa(&in, 0) ? QUOTH_DKIM_BARE : QUOTH_DKIM_CUT, p->value_at);
}

static void ref_dkim_tag(struct quoth_dkim_key *key, unsigned i)
{
    const char *name = ref_tag[i].name, *value = ref_tag[i].value;
    const size_t at = i ? ref_tag[i].at : 0;

    if (!strcmp(name, "v"))
        ref_fault(key, i || strcmp(value, "DKIM1"), QUOTH_DKIM_VERSION, at);
    if (!strcmp(name, "k")) {
        key->ed25519 = !strcmp(value, "ed25519");
        ref_fault(key, !key->ed25519 && strcmp(value, "rsa"), QUOTH_DKIM_KIND, at);
    }
    if (!strcmp(name, "s"))
        ref_fault(key, !ref_lists(value, "*") && !ref_lists(value, "email"), QUOTH_DKIM_SERVICE,
                  at);
    if (!strcmp(name, "h"))
        ref_fault(key, !ref_lists(value, "sha256"), QUOTH_DKIM_HASH, at);
    if (!strcmp(name, "t"))
        key->flags |= (uint8_t)((ref_lists(value, "y") ? QUOTH_DKIM_TESTING : 0) |
                                (ref_lists(value, "s") ? QUOTH_DKIM_STRICT : 0));
}

static void ref_dkim(struct quoth_dkim_key *key, const char *text, size_t n)
{
    const struct ref_tag *p = NULL;

    memset(key, 0, sizeof *key);
    ref_tags(text, n);
    for (unsigned i = 0; i < ref_good(); i++) {
        ref_fault(key, ref_again(i), QUOTH_DKIM_DUPLICATE, ref_tag[i].at);
        if (ref_again(i))
            continue;
        if (!strcmp(ref_tag[i].name, "p"))
            p = &ref_tag[i];
        ref_dkim_tag(key, i);
    }
    ref_fault(key, ref_good() < ref_tags_n, QUOTH_DKIM_SYNTAX, ref_tag[ref_good()].at);
    ref_fault(key, !p, QUOTH_DKIM_NO_KEY, ref_good() < ref_tags_n ? 0 : n);
    if (p && key->fault != QUOTH_DKIM_KIND)
        ref_key(key, p);
}

/* ---- DMARC ----------------------------------------------------------------------- */

struct ref_uri {
    enum quoth_dmarc_uri_kind kind;
    char uri[REF_TEXT], host[REF_TEXT];
    int sized;
};

static void ref_blanks(const char **text, size_t *n)
{
    for (; *n && ref_blank(**text); --*n)
        ++*text;
    while (*n && ref_blank((*text)[*n - 1]))
        --*n;
}

/* One of the list, without its comma. */
static void ref_uri(struct ref_uri *out, const char *text, size_t n)
{
    char *colon, *at, *mark;

    ref_blanks(&text, &n);
    snprintf(out->uri, sizeof out->uri, "%.*s", (int)n, text);
    *out->host = 0;
    mark = strchr(out->uri, '!');
    out->sized = mark != NULL;
    if (mark)
        *mark = 0;
    colon = strchr(out->uri, ':');
    at = strchr(out->uri, '@');
    out->kind = QUOTH_DMARC_URI_INVALID;
    if (!colon) {
        out->kind = at ? QUOTH_DMARC_URI_BARE : QUOTH_DMARC_URI_INVALID;
        return;
    }
    for (const char *scheme = out->uri; scheme < colon; scheme++)
        if (!ref_letter(*scheme) && !ref_number(*scheme) && !strchr("+-.", *scheme))
            return;
    if (colon == out->uri || !colon[1])
        return;
    if (!ref_starts(out->uri, "mailto:")) {
        out->kind = QUOTH_DMARC_URI_OTHER;
        return;
    }
    if (!at || at == colon + 1 || colon[1] == '/')
        return;
    snprintf(out->host, sizeof out->host, "%.*s", (int)strcspn(at + 1, "?"), at + 1);
    if (*out->host && !strchr(out->host, '@') && !strpbrk(out->uri, " \"<>\\"))
        out->kind = QUOTH_DMARC_URI_MAIL;
}

/* Does one lead somewhere? */
static int ref_leads(const char *list)
{
    static struct ref_uri uri;

    while (*list) {
        ref_uri(&uri, list, strcspn(list, ","));
        if (uri.kind == QUOTH_DMARC_URI_MAIL || uri.kind == QUOTH_DMARC_URI_OTHER)
            return 1;
        list += strcspn(list, ",");
        list += *list == ',';
    }
    return 0;
}

static uint8_t ref_policy(const char *value)
{
    if (ref_alike(value, "none"))
        return QUOTH_DMARC_NONE;
    if (ref_alike(value, "quarantine"))
        return QUOTH_DMARC_QUARANTINE;
    return ref_alike(value, "reject") ? QUOTH_DMARC_REJECT : QUOTH_DMARC_INVALID;
}

struct ref_dmarc {
    struct quoth_dmarc read; /* but for rua and ruf */
    const char *rua, *ruf;
};

static void ref_mark(struct ref_dmarc *dmarc, int when, unsigned flag, size_t at)
{
    if (!when)
        return;
    dmarc->read.flags |= (uint16_t)flag;
    if (!dmarc->read.at)
        dmarc->read.at = (uint16_t)at;
}

static int ref_one_of(const char *value, const char *one, const char *other)
{
    return ref_alike(value, one) || ref_alike(value, other);
}

static void ref_dmarc_tag(struct ref_dmarc *dmarc, const struct ref_tag *tag)
{
    const char *name = tag->name, *value = tag->value;
    struct quoth_dmarc *read = &dmarc->read;
    const int yes = ref_alike(value, "y"), no = ref_alike(value, "n");
    const int strict = ref_alike(value, "s");

    if (ref_alike(name, "p"))
        read->p = ref_policy(value);
    if (ref_alike(name, "sp"))
        read->sp = ref_policy(value);
    if (ref_alike(name, "np"))
        read->np = ref_policy(value);
    if (ref_alike(name, "rua"))
        dmarc->rua = value;
    if (ref_alike(name, "ruf"))
        dmarc->ruf = value;
    if (ref_alike(name, "psd")) {
        read->psd = yes ? 'y' : no ? 'n' : 'u';
        ref_mark(dmarc, !yes && !no && !ref_alike(value, "u"), QUOTH_DMARC_VALUE, tag->at);
    }
    if (ref_alike(name, "t")) {
        read->flags |= yes ? QUOTH_DMARC_TESTING : 0;
        ref_mark(dmarc, !yes && !no, QUOTH_DMARC_VALUE, tag->at);
    }
    if (ref_one_of(name, "adkim", "aspf")) {
        read->flags |= !strict                    ? 0
                       : ref_alike(name, "adkim") ? QUOTH_DMARC_STRICT_DKIM
                                                  : QUOTH_DMARC_STRICT_SPF;
        ref_mark(dmarc, !strict && !ref_alike(value, "r"), QUOTH_DMARC_VALUE, tag->at);
    }
    ref_mark(dmarc, ref_alike(name, "fo") && value[strspn(value, "01dsDS: \t")], QUOTH_DMARC_VALUE,
             tag->at);
    if (ref_alike(name, "pct") && strcmp(value, "100") != 0)
        read->flags |= QUOTH_DMARC_PART;
    ref_mark(dmarc, ref_one_of(name, "rf", "ri") || ref_alike(name, "pct"), QUOTH_DMARC_REMOVED,
             tag->at);
}

static int ref_dmarc_knows(const char *name)
{
    static const char *const known[] = {"v", "p",     "sp",   "np",  "psd", "rua", "ruf",
                                        "t", "adkim", "aspf", "pct", "rf",  "ri",  "fo"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ref_alike(name, known[i]))
            return 1;
    return 0;
}

static int ref_dmarc(struct ref_dmarc *dmarc, const char *text, size_t n)
{
    memset(dmarc, 0, sizeof *dmarc);
    dmarc->read.psd = 'u';
    dmarc->rua = dmarc->ruf = "";
    ref_tags(text, n);
    if (!ref_version("DMARC1"))
        return QUOTH_EPROTO;
    for (unsigned i = 0; i < ref_tags_n; i++) {
        int again = 0;
        ref_mark(dmarc, ref_tag[i].wrong, QUOTH_DMARC_SYNTAX, ref_tag[i].at);
        if (ref_tag[i].wrong)
            continue;
        for (unsigned k = 0; k < i; k++)
            again |= !ref_tag[k].wrong && ref_alike(ref_tag[k].name, ref_tag[i].name);
        if (!ref_dmarc_knows(ref_tag[i].name))
            dmarc->read.flags |= QUOTH_DMARC_STRANGER;
        else if (again)
            ref_mark(dmarc, 1, QUOTH_DMARC_DUPLICATE, ref_tag[i].at);
        else
            ref_dmarc_tag(dmarc, &ref_tag[i]);
    }
    if (ref_leads(dmarc->rua))
        dmarc->read.flags |= QUOTH_DMARC_RUA;
    return QUOTH_OK;
}

/* RFC 9989 4.10.1: the tag for whom it is, or the one that stands in for it; t=y: one step down. */
static enum quoth_dmarc_policy ref_asks(const struct quoth_dmarc *read, enum quoth_dmarc_whom whom)
{
    const int rua = (read->flags & QUOTH_DMARC_RUA) != 0;
    const int testing = (read->flags & QUOTH_DMARC_TESTING) != 0;
    const uint8_t below = read->sp ? read->sp : read->p, nowhere = read->np ? read->np : below;
    const uint8_t of[] = {
        [QUOTH_DMARC_SELF] = read->p, [QUOTH_DMARC_BELOW] = below, [QUOTH_DMARC_NOWHERE] = nowhere};

    if (read->p == QUOTH_DMARC_INVALID || read->sp == QUOTH_DMARC_INVALID ||
        read->np == QUOTH_DMARC_INVALID)
        return rua ? QUOTH_DMARC_NONE : QUOTH_DMARC_UNSET;
    if (of[whom] == QUOTH_DMARC_REJECT)
        return testing ? QUOTH_DMARC_QUARANTINE : QUOTH_DMARC_REJECT;
    return of[whom] == QUOTH_DMARC_QUARANTINE && !testing ? QUOTH_DMARC_QUARANTINE
                                                          : QUOTH_DMARC_NONE;
}

#endif
