/* spf_ref.h - a plain reference for core/domain/spf.c, for spf_test.c: check_host() as RFC 7208
 * tells it, a function that calls itself, over the zone of a world and without a machine.
 *
 *   ref_record: a record --> ref_terms: one after the other --> ref_asks: its questions
 *        ^                                                          |
 *        `-- include, redirect -------------------------------------'
 *
 * Macros are expanded in whole, in a text that is long enough. Each question is noted, so that the
 * machine must ask the same ones in the same order. Terms and macros are read with the readers of
 * core, which have a suite of their own.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SPF_REF_H
#define SPF_REF_H

#include <ctype.h>
#include "spf_inner.h"
#include "spf_world.h"

enum { REF_TEXT = 20000, REF_NAME = 253 };

struct ref_set { /* an answer */
    const struct spf_world_rr *rr[60];
    unsigned n;
    int failed;
};

struct ref_spf {
    const struct spf_world *w;
    const struct quoth_spf_conf *conf;
    struct quoth_ip ip;
    char local[400], origin[400];
    char name[QUOTH_SPF_FRAMES + 1][REF_NAME + 1]; /* of the chain */
    int depth, over;                               /* over: the result stands */
    enum quoth_spf_result result;
    enum quoth_spf_why why;
    unsigned terms, voids, voids6, queries, saw, shares, bad_at, open;
    int others;     /* TXT records beside the first record */
    unsigned start; /* of the term it is at */
    /* the term of the first record that it is at; includes around that do not let in */
    unsigned top, barred;
    struct quoth_spf_share share[QUOTH_SPF_SHARES];
    uint64_t asked; /* as in the world */
    struct quoth_name last;
    uint16_t last_type;
    int knows_p;
    char validated[256]; /* what %{p} stands for */
    /* for domain_ref.h: the first record; the term or word at fault; how TXT records begin that are
     * meant; is it no matter whether answers validate? */
    char first[SPF_WORLD_DATA], word[SPF_WORLD_DATA];
    const char *match;
    int unchecked;
};

static enum quoth_spf_result ref_over(struct ref_spf *ref, enum quoth_spf_result result,
                                      enum quoth_spf_why why)
{
    if (!ref->over) {
        ref->result = result;
        ref->why = why;
    }
    ref->over = 1;
    return result;
}

/* ---- questions -------------------------------------------------------------- */

static int ref_ask(struct ref_spf *ref, const struct quoth_name *name, uint16_t type,
                   struct ref_set *set)
{
    const unsigned max = ref->conf->queries_max;
    const unsigned most = max == 0 || max > 64 ? 64 : max;

    memset(set, 0, sizeof *set);
    if (ref->queries >= most) {
        ref_over(ref, QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG);
        return 0;
    }
    ref->queries++;
    spf_world_note(&ref->asked, &ref->last, &ref->last_type, name, type);
    for (unsigned i = 0; i < ref->w->records; i++) {
        const struct spf_world_rr *rr = &ref->w->rr[i];
        if (rr->type == type && spf_world_owns(&rr->owner, name))
            set->rr[set->n++] = rr;
    }
    set->failed = !ref->unchecked && spf_world_mark(ref->w, name, SPF_WORLD_BOGUS) != NULL;
    if (set->failed)
        set->n = 0;
    return 1;
}

/* Is the client one of these, or in a network of theirs that is so long? */
static int ref_in(const struct ref_spf *ref, const struct ref_set *set, unsigned bits)
{
    for (unsigned i = 0; i < set->n; i++) {
        unsigned same = 0;
        if (!ref->ip.len || set->rr[i]->n != ref->ip.len)
            continue;
        while (same < bits && (set->rr[i]->data[same / 8] >> (7 - same % 8) & 1) ==
                                  (ref->ip.b[same / 8] >> (7 - same % 8) & 1))
            same++;
        if (same >= bits)
            return 1;
    }
    return 0;
}

static uint16_t ref_type(const struct ref_spf *ref)
{
    return ref->ip.len == 16 ? QUOTH_DNS_AAAA : QUOTH_DNS_A;
}

/* ---- macros -------------------------------------------------------------------- */

static void ref_value(const struct ref_spf *ref, char letter, char out[1000])
{
    *out = 0;
    switch (letter) {
    case 's': snprintf(out, 1000, "%s@%s", ref->local, ref->origin); break;
    case 'l': snprintf(out, 1000, "%s", ref->local); break;
    case 'o': snprintf(out, 1000, "%s", ref->origin); break;
    case 'd': snprintf(out, 1000, "%s", ref->name[ref->depth]); break;
    case 'h': snprintf(out, 1000, "%.255s", ref->conf->helo ? ref->conf->helo : ""); break;
    case 'v': strcpy(out, ref->ip.len == 16 ? "ip6" : "in-addr"); break;
    case 'p': strcpy(out, *ref->validated ? ref->validated : "unknown"); break;
    default: /* i */
        for (unsigned i = 0; i < ref->ip.len; i++)
            if (ref->ip.len == 4)
                sprintf(out + strlen(out), i ? ".%u" : "%u", ref->ip.b[i]);
            else
                sprintf(out + strlen(out), i ? ".%x.%x" : "%x.%x", ref->ip.b[i] / 16u,
                        ref->ip.b[i] % 16u);
    }
}

static void ref_escape(char *out, const char *part)
{
    for (; *part; part++)
        if (isalnum((unsigned char)*part) || strchr("-._~", *part))
            sprintf(out + strlen(out), "%c", *part);
        else
            sprintf(out + strlen(out), "%%%02X", (unsigned char)*part);
}

/* Cut into parts, these the other way round, the last ones of them, with dots. */
static void ref_macro(const struct ref_spf *ref, const struct quoth_spf_macro *macro, char *out)
{
    char value[1000], sign[20] = ".", *part[1000];
    unsigned n = 0, first;

    if (macro->delimiter.n)
        snprintf(sign, sizeof sign, "%.*s", (int)macro->delimiter.n, macro->delimiter.p);
    ref_value(ref, macro->letter, value);
    for (char *at = value;; at++) {
        part[n++] = at;
        at += strcspn(at, sign);
        if (!*at)
            break;
        *at = 0;
    }
    for (unsigned i = 0; macro->reverse && i < n / 2; i++) {
        char *const other = part[i];
        part[i] = part[n - 1 - i];
        part[n - 1 - i] = other;
    }
    first = macro->keep && macro->keep < n ? n - macro->keep : 0;
    for (unsigned i = first; i < n; i++) {
        strcat(out, i > first ? "." : "");
        if (macro->escape)
            ref_escape(out, part[i]);
        else
            strcat(out, part[i]);
    }
}

/* What the domain-spec comes to, cut from the left to 253 bytes at a dot. 0: it is no name. */
static int ref_expand(const struct ref_spf *ref, struct quoth_span spec, char name[REF_NAME + 1],
                      struct quoth_name *out)
{
    static char text[REF_TEXT];
    const char *tail = text;
    struct quoth_spf_macro macro;
    size_t n;

    *text = 0;
    for (size_t at = 0; at < spec.n;) {
        const char *p = spec.p + at;
        if (*p != '%') {
            sprintf(text + strlen(text), "%c", *p);
            at++;
        } else if (p[1] == '{') {
            at += quoth_spf_macro(&macro, p, spec.n - at);
            ref_macro(ref, &macro, text);
        } else {
            strcat(text, p[1] == '%' ? "%" : p[1] == '_' ? " " : "%20");
            at += 2;
        }
    }
    n = strlen(text);
    if (n && text[n - 1] == '.')
        text[n - 1] = 0;
    while (strlen(tail) > REF_NAME)
        tail = strchr(tail, '.') ? strchr(tail, '.') + 1 : "";
    strcpy(name, tail);
    return quoth_name_parse(out, name, strlen(name)) == QUOTH_OK;
}

/* ---- the client's names ---------------------------------------------------------- */

/* How a name stands to the zone: 2 the same, 1 below, 0 neither. */
static int ref_place(const struct quoth_name *name, const struct quoth_name *zone)
{
    const size_t front = (size_t)name->n - zone->n;

    if (name->n < zone->n || memcmp(name->b + front, zone->b, zone->n) != 0)
        return 0;
    for (size_t at = 0; at < front; at += 1u + name->b[at])
        if (at + 1 + name->b[at] == front)
            return 1;
    return front == 0 ? 2 : 0;
}

/* A name of the client that leads back to it: the zone's own, one below, any. 1: see `found` */
static int ref_validated(struct ref_spf *ref, const struct ref_set *names,
                         const struct quoth_name *zone, int any, struct quoth_name *found)
{
    struct ref_set set;

    for (int place = 2; place >= (any ? 0 : 1); place--)
        for (unsigned i = 0; i < names->n && i < 10; i++) {
            quoth_name_read(found, names->rr[i]->data, names->rr[i]->n);
            if (ref_place(found, zone) != place)
                continue;
            if (!ref_ask(ref, found, ref_type(ref), &set))
                return 0;
            if (ref_in(ref, &set, ref->ip.len * 8u))
                return 1;
        }
    return 0;
}

/* What %{p} stands for, asked for once until another record is read. */
static void ref_look_p(struct ref_spf *ref)
{
    struct quoth_name reverse, zone, found;
    struct ref_set set;

    if (ref->knows_p)
        return;
    *ref->validated = 0;
    quoth_name_reverse(&reverse, &ref->ip);
    quoth_name_parse(&zone, ref->name[ref->depth], strlen(ref->name[ref->depth]));
    if (ref_ask(ref, &reverse, QUOTH_DNS_PTR, &set) && ref_validated(ref, &set, &zone, 1, &found))
        quoth_name_text(&found, ref->validated, sizeof ref->validated);
    ref->knows_p = 1;
}

/* ---- terms: 1 a match, 0 none ------------------------------------------------------- */

static int ref_void(struct ref_spf *ref)
{
    ref->voids++;
    if (ref->shares)
        ref->share[ref->shares - 1].voids++;
    if (ref->ip.len && ref->voids == 3)
        ref_over(ref, QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_VOIDS);
    return 0;
}

static int ref_failed(struct ref_spf *ref)
{
    ref_over(ref, QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_DNS);
    return 0;
}

static int ref_a(struct ref_spf *ref, const struct quoth_name *name, unsigned bits)
{
    struct ref_set set;

    if (!ref_ask(ref, name, ref_type(ref), &set))
        return 0;
    if (!set.n && !set.failed && !ref->ip.len && !ref->w->res.no_aaaa &&
        !ref_ask(ref, name, QUOTH_DNS_AAAA, &set))
        return 0;
    if (set.failed)
        return ref_failed(ref);
    return set.n ? ref_in(ref, &set, bits) : ref_void(ref);
}

static int ref_mx(struct ref_spf *ref, const struct quoth_name *name, unsigned bits)
{
    struct ref_set hosts, set;
    struct quoth_name host;

    if (!ref_ask(ref, name, QUOTH_DNS_MX, &hosts))
        return 0;
    if (hosts.failed)
        return ref_failed(ref);
    if (!hosts.n)
        return ref_void(ref);
    if (hosts.n > 10) {
        ref_over(ref, QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_HOSTS);
        return 0;
    }
    for (unsigned i = 0; i < hosts.n; i++) {
        quoth_name_read(&host, hosts.rr[i]->data + 2, hosts.rr[i]->n - 2);
        if (host.n == 1 || (!ref->ip.len && ref->w->res.no_aaaa))
            continue;
        if (!ref_ask(ref, &host, ref->ip.len == 4 ? QUOTH_DNS_A : QUOTH_DNS_AAAA, &set))
            return 0;
        ref->voids6 += !ref->ip.len && !set.failed && !set.n;
        if (set.failed && ref->ip.len)
            return ref_failed(ref);
        if (ref_in(ref, &set, bits))
            return 1;
    }
    return 0;
}

static int ref_exists(struct ref_spf *ref, const struct quoth_name *name)
{
    struct ref_set set;

    if (!ref_ask(ref, name, QUOTH_DNS_A, &set))
        return 0;
    if (set.failed)
        return ref_failed(ref);
    return set.n ? ref->ip.len > 0 : ref_void(ref);
}

static int ref_ptr(struct ref_spf *ref, const struct quoth_name *zone)
{
    struct quoth_name reverse, found;
    struct ref_set set;

    quoth_name_reverse(&reverse, &ref->ip);
    if (!ref_ask(ref, &reverse, QUOTH_DNS_PTR, &set) || set.failed)
        return 0;
    return set.n ? ref_validated(ref, &set, zone, 0, &found) : ref_void(ref);
}

static enum quoth_spf_result ref_record(struct ref_spf *ref, const struct quoth_name *name);

/* Another record: include or redirect. */
static enum quoth_spf_result ref_enter(struct ref_spf *ref, const char *text,
                                       const struct quoth_name *name)
{
    int again = 0;

    if (ref->depth + 1 == QUOTH_SPF_FRAMES)
        return ref_over(ref, QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_TERMS);
    for (int i = 0; i <= ref->depth; i++)
        again |= quoth_same(ref->name[i], strlen(ref->name[i]), text, strlen(text));
    strcpy(ref->name[++ref->depth], text);
    ref->knows_p = 0;
    *ref->validated = 0;
    if (again)
        return ref_over(ref, QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_LOOP);
    return ref_record(ref, name);
}

static int ref_include(struct ref_spf *ref, const char *text, const struct quoth_name *name)
{
    const int here = ref->depth;

    if (ref_enter(ref, text, name) == QUOTH_SPF_PASS || ref->over)
        return 1;
    ref->depth = here;
    ref->knows_p = 0;
    return 0;
}

/* A term that counts. Of a redirect the result is in *result. */
static int ref_asks(struct ref_spf *ref, const struct quoth_spf_term *term, size_t at,
                    enum quoth_spf_result *result)
{
    static const struct quoth_span itself = {"%{d}", 4};
    const int goes_on = term->kind == QUOTH_SPF_INCLUDE || term->kind == QUOTH_SPF_REDIRECT;
    const unsigned bits = ref->ip.len == 16 ? term->bits6 : term->bits4;
    char text[REF_NAME + 1];
    struct quoth_name name;

    if (ref->depth == 0 && ref->shares < 16)
        ref->share[ref->shares++] = (struct quoth_spf_share) {(uint16_t)at, 0, 0};
    ref->terms++;
    ref->share[ref->shares - 1].terms++;
    if (ref->ip.len && ref->terms > 10) {
        ref_over(ref, QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_TERMS);
        return 0;
    }
    *result = QUOTH_SPF_NEUTRAL;
    if (!ref->ip.len && (term->kind == QUOTH_SPF_PTR || (term->macros & QUOTH_SPF_MACRO_SENDER))) {
        ref->why = QUOTH_SPF_WHY_NO_MATCH;
        ref->saw |= QUOTH_SPF_SAW_SKIPPED;
        return 0;
    }
    if (term->macros & QUOTH_SPF_MACRO_P)
        ref_look_p(ref);
    if (ref->over)
        return 0;
    if ((!ref->ip.len && term->macros & QUOTH_SPF_MACRO_NONE) ||
        !ref_expand(ref, term->domain.n ? term->domain : itself, text, &name)) {
        if (goes_on)
            snprintf(ref->word, sizeof ref->word, "%.*s", (int)term->text.n, term->text.p);
        if (goes_on) {
            ref->bad_at = ref->start;
            ref_over(ref, QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_NAME);
        }
        return 0;
    }
    switch (term->kind) {
    case QUOTH_SPF_A: return ref_a(ref, &name, bits);
    case QUOTH_SPF_MX: return ref_mx(ref, &name, bits);
    case QUOTH_SPF_EXISTS: return ref_exists(ref, &name);
    case QUOTH_SPF_PTR: return ref_ptr(ref, &name);
    case QUOTH_SPF_INCLUDE: return ref_include(ref, text, &name);
    default: *result = ref_enter(ref, text, &name); return 0;
    }
}

/* ---- records ------------------------------------------------------------------------ */

/* Do these terms, up to `all`, let in every network of four bits that has an address which may be
 * called, of one family? */
static int ref_lets_all_in(const char *record, size_t end, uint8_t kind)
{
    static const struct {
        uint8_t kind, len, first, last;
    } rows[] = {{QUOTH_SPF_IP4, 4, 0x0, 0xd}, {QUOTH_SPF_IP6, 16, 0x2, 0x3}};
    const int six = kind == QUOTH_SPF_IP6;
    unsigned held = 0;

    for (unsigned b = rows[six].first; b <= rows[six].last; b++) {
        const struct quoth_ip ip = {rows[six].len, {(uint8_t)(b << 4)}};
        struct quoth_spf_term term;
        size_t at = 0;
        int holds = 0;
        while (at < end && quoth_spf_term(&term, record, strlen(record), &at) == 1)
            if (term.kind == QUOTH_SPF_ALL) {
                holds |= term.result == QUOTH_SPF_PASS;
                break;
            } else if ((term.kind == QUOTH_SPF_A || term.kind == QUOTH_SPF_MX) &&
                       term.result == QUOTH_SPF_PASS) {
                holds |= (six ? term.bits6 : term.bits4) == 0;
            } else if (term.kind == kind && term.result == QUOTH_SPF_PASS && term.net.bits <= 4) {
                holds |= quoth_cidr_holds(&term.net, &ip);
            }
        held += (unsigned)holds;
    }
    return held == rows[six].last - rows[six].first + 1u;
}

/* Its faults, before any question (4.6); where its redirect stands, 0: it has none. */
static size_t ref_read(struct ref_spf *ref, const char *record)
{
    size_t at = 0, redirect = 0;
    struct quoth_spf_term term;
    int rc, explains = 0;

    while ((rc = quoth_spf_term(&term, record, strlen(record), &at)) == 1) {
        const size_t start = (size_t)(term.text.p - record);
        const int twice = (term.kind == QUOTH_SPF_EXP && explains) ||
                          (term.kind == QUOTH_SPF_REDIRECT && redirect);
        if (twice) {
            ref->bad_at = (unsigned)start;
            ref_over(ref, QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_TWICE);
            return 0;
        }
        if (!ref->open && !ref->barred &&
            (ref_lets_all_in(record, at, QUOTH_SPF_IP4) ||
             ref_lets_all_in(record, at, QUOTH_SPF_IP6)))
            ref->open = ref->depth ? ref->top : (unsigned)start;
        explains |= term.kind == QUOTH_SPF_EXP;
        redirect = term.kind == QUOTH_SPF_REDIRECT ? start : redirect;
        ref->saw |= term.kind == QUOTH_SPF_PTR ? QUOTH_SPF_SAW_PTR : 0u;
        ref->saw |= term.macros & QUOTH_SPF_MACRO_P ? QUOTH_SPF_SAW_P : 0u;
    }
    ref->saw |= explains ? QUOTH_SPF_SAW_EXP : 0u;
    if (rc == 0)
        return redirect;
    ref->bad_at = (unsigned)at;
    while (at > 0 && record[at - 1] != ' ')
        at--;
    snprintf(ref->word, sizeof ref->word, "%.*s", (int)strcspn(record + at, " "), record + at);
    ref->word[80] = 0;
    ref_over(ref, QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_SYNTAX);
    return 0;
}

static int ref_matches(struct ref_spf *ref, const struct quoth_spf_term *term, size_t at)
{
    struct quoth_cidr net = term->net;
    struct spf_world_rr rr = {.n = net.ip.len};
    const struct ref_set set = {{&rr}, 1, 0};
    enum quoth_spf_result ignored;

    memcpy(rr.data, net.ip.b, net.ip.len);
    switch (term->kind) {
    case QUOTH_SPF_ALL: return 1;
    case QUOTH_SPF_IP4:
    case QUOTH_SPF_IP6: return ref_in(ref, &set, net.bits);
    case QUOTH_SPF_REDIRECT:
    case QUOTH_SPF_EXP:
    case QUOTH_SPF_OTHER: return 0;
    default: return ref_asks(ref, term, at, &ignored);
    }
}

static enum quoth_spf_result ref_terms(struct ref_spf *ref, const char *record)
{
    const size_t redirect = ref_read(ref, record), n = strlen(record);
    enum quoth_spf_result result = QUOTH_SPF_NEUTRAL;
    struct quoth_spf_term term;
    size_t at = 0;

    for (size_t from = 0; !ref->over && quoth_spf_term(&term, record, n, &at) == 1; from = at) {
        const unsigned bars = term.result != QUOTH_SPF_PASS;
        int matches;
        ref->top = ref->depth ? ref->top : (unsigned)(term.text.p - record);
        ref->start = (unsigned)(term.text.p - record);
        ref->barred += bars;
        matches = ref_matches(ref, &term, from) && !ref->over;
        ref->barred -= bars;
        if (matches) {
            ref->why = QUOTH_SPF_WHY_MATCH;
            return (enum quoth_spf_result)term.result;
        }
    }
    ref->why = ref->over ? ref->why : QUOTH_SPF_WHY_NO_MATCH;
    if (redirect && !ref->over) {
        at = redirect;
        quoth_spf_term(&term, record, n, &at);
        ref->top = ref->depth ? ref->top : (unsigned)redirect;
        ref->start = (unsigned)redirect;
        ref_asks(ref, &term, redirect, &result);
    }
    return ref->over ? ref->result : result;
}

static enum quoth_spf_result ref_record(struct ref_spf *ref, const struct quoth_name *name)
{
    char text[SPF_WORLD_DATA], record[SPF_WORLD_DATA] = "";
    struct ref_set set;
    unsigned records = 0;

    if (!ref_ask(ref, name, QUOTH_DNS_TXT, &set))
        return ref->result;
    if (set.failed) {
        ref_failed(ref);
        return ref->result;
    }
    for (unsigned i = 0; i < set.n; i++) {
        size_t n = 0;
        for (size_t at = 0; at < set.rr[i]->n; at += 1u + set.rr[i]->data[at]) {
            memcpy(text + n, set.rr[i]->data + at + 1, set.rr[i]->data[at]);
            n += set.rr[i]->data[at];
        }
        text[n] = 0;
        ref->others |= ref->queries == 1 && strncasecmp(text, "v=spf1", 6) != 0;
        if (!quoth_spf_is_record(text, n))
            continue;
        records++;
        strcpy(record, text);
    }
    if (records > 1)
        return ref_over(ref, QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_RECORDS);
    if (records == 0)
        return ref_over(ref, ref->depth ? QUOTH_SPF_PERMERROR : QUOTH_SPF_NONE,
                        QUOTH_SPF_WHY_NO_RECORD);
    if (ref->depth == 0)
        strcpy(ref->first, record);
    return ref_terms(ref, record);
}

/* ---- who sends ----------------------------------------------------------------------- */

static const char *ref_last(const char *text, size_t n)
{
    return strlen(text) > n ? text + strlen(text) - n : text;
}

static void ref_sender(struct ref_spf *ref)
{
    const char *from = ref->conf->from ? ref->conf->from : "", *at = strrchr(from, '@');
    char local[1000] = "postmaster";

    if (at && at > from)
        snprintf(local, sizeof local, "%.*s", (int)(at - from), from);
    strcpy(ref->local, ref_last(local, 320));
    strcpy(ref->origin, ref_last(at ? at + 1 : from, 255));
    if (!*from && ref->conf->helo)
        strcpy(ref->origin, ref_last(ref->conf->helo, 255));
}

/* `asked`, `last` and `last_type` are those of questions before it. */
static void ref_check_more(struct ref_spf *ref, const struct spf_world *w,
                           const struct quoth_spf_conf *conf)
{
    const char *domain;
    struct quoth_name name;
    enum quoth_spf_result result;
    size_t n;

    ref->w = w;
    ref->conf = conf;
    ref->ip = conf->ip;
    if (conf->ip.len == 16 && !memcmp(conf->ip.b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12)) {
        ref->ip.len = 4;
        memcpy(ref->ip.b, conf->ip.b + 12, 4);
    }
    ref_sender(ref);
    domain = conf->domain ? conf->domain : ref->origin;
    n = strlen(domain);
    n -= n && domain[n - 1] == '.';
    if (n <= REF_NAME)
        memcpy(ref->name[0], domain, n);
    if (quoth_name_parse(&name, ref->name[0], strlen(ref->name[0])) != QUOTH_OK ||
        !quoth_name_is_host(&name)) {
        ref_over(ref, QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_DOMAIN);
        return;
    }
    result = ref_record(ref, &name);
    if (!ref->over)
        ref->result = result;
}

static inline void ref_check_host(struct ref_spf *ref, const struct spf_world *w,
                                  const struct quoth_spf_conf *conf)
{
    memset(ref, 0, sizeof *ref);
    ref_check_more(ref, w, conf);
}

#endif
