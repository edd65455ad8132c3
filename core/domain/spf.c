/* spf.c - check_host(): may this address send for that domain? (RFC 7208 4)
 *
 *   start --> TXT of the domain --> TERM <---------------------------- no match ----+
 *                  ^                 |  all, ip4, ip6: at once                      |
 *                  |                 |  a, mx, exists, ptr, %{p}: ASK --> ANSWER ---+
 *                  |   include,      |                                      |
 *                  +-- redirect <----+                                      v match
 *                                                  the record's result: back through the chain
 *
 * Records that include records are a chain of frames, and no recursion: a frame has its domain, its
 * text and where it is. Texts lie one behind the other in the arena; when a frame is over, so are
 * its bytes. A result climbs the chain: through a redirect as it is, through an include as a match
 * or none. What ends it (a match, an error) leaves the chain as it stands, so it can be shown.
 *
 *   arena  | name text | name text | ... | names that wait | answer |
 *            frame 0     frame 1     used   list             set
 *
 * Without a client's address it is a walk: nothing matches but `all`, and counting goes on beyond
 * the limits.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "inquiry.h"
#include "spf_inner.h"

enum spf_state { SPF_TERM, SPF_ANSWER, SPF_ASK, SPF_DONE };
enum spf_task { /* what the question is for */
                SPF_FOR_RECORD,
                SPF_FOR_A,
                SPF_FOR_EXISTS,
                SPF_FOR_MX,
                SPF_FOR_HOST, /* an address of one of its hosts */
                SPF_FOR_PTR,
                SPF_FOR_NAME /* an address of one of its names */
};
enum {                /* quoth_spf.flags */
       SPF_AGAIN = 1, /* the term was begun, and counted, before %{p} was known */
       SPF_FOR_P = 2, /* PTR is asked for the macro, not for the mechanism */
       SPF_KNOWS_P = 4
};
enum { SPF_MS = 20000, SPF_HOSTS_MAX = 10, SPF_NAME_MAX = 253 };
enum { SPF_EXPAND = QUOTH_HEALTH ? 320 : 512, SPF_KEPT = SPF_NAME_MAX + 2 };
enum { SPF_LOCAL_MAX = QUOTH_HEALTH ? 64 : 320 };
enum { SPF_MESSAGE = 16 }; /* bytes of an answer beside its records and the name asked for */

static const char spf_postmaster[] = "postmaster";

/* ---- the end, and the way back ------------------------------------------ */

static void spf_finish(struct quoth_spf *spf, enum quoth_spf_result result, enum quoth_spf_why why)
{
    spf->result = (uint8_t)result;
    spf->why = (uint8_t)why;
    spf->state = SPF_DONE;
}

static void spf_wrong(struct quoth_spf *spf, enum quoth_spf_why why)
{
    spf_finish(spf, QUOTH_SPF_PERMERROR, why);
}

/* Nothing is known, for our own reasons or for those of the name servers. */
static void spf_unknown(struct quoth_spf *spf, enum quoth_spf_why why)
{
    spf_finish(spf, QUOTH_SPF_TEMPERROR, why);
}

static struct quoth_spf_frame *spf_top(struct quoth_spf *spf) { return &spf->frame[spf->depth]; }

int quoth_spf_at(const struct quoth_spf *spf, unsigned i, struct quoth_spf_term *term)
{
    const struct quoth_spf_frame *frame = &spf->frame[i];
    size_t at = frame->term;

    return quoth_spf_term(term, spf->arena + frame->text, frame->n, &at) == 1;
}

/* The record on top came to this. */
static void spf_return(struct quoth_spf *spf, enum quoth_spf_result result, enum quoth_spf_why why)
{
    struct quoth_spf_term term;

    spf->list = 0;
    for (unsigned i = spf->depth; i > 0; i--) {
        const struct quoth_spf_frame *frame = &spf->frame[i];
        if (frame->kind == QUOTH_SPF_REDIRECT)
            continue;
        if (result != QUOTH_SPF_PASS) { /* no match: on with the record that included it (5.2) */
            spf->depth = (uint8_t)(i - 1);
            spf->used = frame->name;
            spf->flags = 0;
            spf->state = SPF_TERM;
            return;
        }
        quoth_spf_at(spf, i - 1, &term);
        result = (enum quoth_spf_result)term.result;
    }
    spf_finish(spf, result, why);
}

static void spf_match(struct quoth_spf *spf)
{
    struct quoth_spf_term term;

    quoth_spf_at(spf, spf->depth, &term);
    spf_return(spf, (enum quoth_spf_result)term.result, QUOTH_SPF_WHY_MATCH);
}

static void spf_no_match(struct quoth_spf *spf)
{
    spf->list = 0;
    spf->state = SPF_TERM;
}

/* ---- counting ----------------------------------------------------------- */

static void spf_more(uint8_t *n)
{
    if (*n < UINT8_MAX)
        ++*n;
}

/* What each term of the first record costs: all that happens until the next of them is its. */
static struct quoth_spf_share *spf_share(struct quoth_spf *spf)
{
    return spf->shares ? &spf->share[spf->shares - 1] : NULL;
}

/* A term that asks. 0: it is one too many. */
static int spf_count(struct quoth_spf *spf)
{
    struct quoth_spf_share *share;

    if (spf->depth == 0 && spf->shares < QUOTH_SPF_SHARES)
        spf->share[spf->shares++] = (struct quoth_spf_share) {.at = spf_top(spf)->term};
    share = spf_share(spf);
    spf_more(&spf->terms);
    if (share)
        spf_more(&share->terms);
    return !spf->ip.len || spf->terms <= QUOTH_SPF_TERMS_MAX;
}

/* A term asked, and there is nothing of the kind (4.6.4): no match. */
static void spf_void(struct quoth_spf *spf)
{
    struct quoth_spf_share *share = spf_share(spf);

    spf_more(&spf->voids);
    if (share)
        spf_more(&share->voids);
    if (spf->ip.len && spf->voids > QUOTH_SPF_VOIDS_MAX)
        spf_wrong(spf, QUOTH_SPF_WHY_VOIDS);
    else
        spf_no_match(spf);
}

/* ---- questions ---------------------------------------------------------- */

static uint16_t spf_address_type(const struct quoth_spf *spf)
{
    return spf->ip.len == 16 ? QUOTH_DNS_AAAA : QUOTH_DNS_A;
}

/* How many questions it may ask. */
static unsigned spf_most(const struct quoth_spf *spf)
{
    const unsigned max = spf->ask.conf->queries_max;

    return max && max < QUOTH_SPF_QUERIES_MAX ? max : QUOTH_SPF_QUERIES_MAX;
}

/* `name` must not be spf->ask.name. */
static void spf_ask(struct quoth_spf *spf, const struct quoth_name *name, uint16_t type,
                    enum spf_task task)
{
    const uint16_t at = (uint16_t)(spf->used + spf->list);
    struct quoth_ask *ask = &spf->ask;

    spf->task = (uint8_t)task;
    ask->question.type = type;
    ask->name = *name;
    if (spf->queries >= spf_most(spf)) {
        spf_unknown(spf, QUOTH_SPF_WHY_TOO_BIG);
        return;
    }
    spf->queries++;
    ask->set = (struct quoth_rrset) {.buf = (uint8_t *)spf->arena + at,
                                     .cap = (uint16_t)(sizeof spf->arena - at),
                                     .match = type == QUOTH_DNS_TXT ? "v=spf1" : NULL};
    spf->state = SPF_ANSWER;
    if (quoth_ask_start(ask) == QUOTH_ASK_OVER)
        return;
    spf->state = SPF_ASK;
    quoth_lookup_limit(&ask->lookup, spf_most(spf) + 1u - spf->queries);
}

/* There is no such name, or nothing of that type: that is an answer. */
static int spf_is_empty(const struct quoth_spf *spf)
{
    return spf->ask.set.answer == QUOTH_ANSWER_NODATA ||
           spf->ask.set.answer == QUOTH_ANSWER_NXDOMAIN;
}

/* Is the client's address among those of the answer, or in their networks? */
static int spf_holds(const struct quoth_spf *spf, unsigned bits)
{
    struct quoth_cidr net = {.ip.len = spf->ip.len, .bits = (uint8_t)bits};
    struct quoth_span data;

    for (size_t at = 0; spf->ip.len && quoth_rrset_next(&spf->ask.set, &at, &data);) {
        memcpy(net.ip.b, data.p, spf->ip.len);
        if (quoth_cidr_holds(&net, &spf->ip))
            return 1;
    }
    return 0;
}

/* The same for the mechanism that it is at, which says how long the networks are. */
static int spf_holds_for_term(const struct quoth_spf *spf)
{
    struct quoth_spf_term term;

    quoth_spf_at(spf, spf->depth, &term);
    return spf_holds(spf, spf->ip.len == 16 ? term.bits6 : term.bits4);
}

/* ---- macros (7) --------------------------------------------------------- */

/* Only the end of a name is ever needed, so when it is full the front is dropped. */
struct spf_text {
    char b[SPF_EXPAND];
    size_t n;
};

static void spf_put(struct spf_text *to, char c)
{
    if (to->n == sizeof to->b) {
        memmove(to->b, to->b + sizeof to->b - SPF_KEPT, SPF_KEPT);
        to->n = SPF_KEPT;
    }
    to->b[to->n++] = c;
}

static void spf_put_escaped(struct spf_text *to, char c)
{
    static const char hex[] = "0123456789ABCDEF";

    if (quoth_is_alnum(c) || memchr("-._~", c, 4)) {
        spf_put(to, c);
        return;
    }
    spf_put(to, '%');
    spf_put(to, hex[(uint8_t)c >> 4]);
    spf_put(to, hex[(uint8_t)c & 15]);
}

static struct quoth_span spf_span(const char *text, size_t n)
{
    return (struct quoth_span) {text, n};
}

/* The client's address: dotted numbers, or the 32 dotted nibbles (7.3). */
static size_t spf_ip_text(const struct quoth_ip *ip, char *buf, size_t cap)
{
    size_t n = 0;

    if (ip->len != 16)
        return (size_t)quoth_ip_text(ip, buf, cap);
    for (unsigned i = 0; i < 32; i++) {
        if (i)
            buf[n++] = '.';
        buf[n++] = "0123456789abcdef"[ip->b[i / 2] >> (i % 2 ? 0 : 4) & 15];
    }
    return n;
}

/* What a letter stands for; what has no text of its own is written to `buf`. */
static struct quoth_span spf_value(const struct quoth_spf *spf, char letter,
                                   char buf[SPF_LOCAL_MAX + 256])
{
    const char *helo = spf->ask.conf->helo ? spf->ask.conf->helo : "";
    int n;

    switch (letter) {
    case 'l': return spf->local;
    case 'o': return spf->origin;
    case 'd': return quoth_spf_name(spf, spf->depth);
    case 'v': return spf->ip.len == 16 ? spf_span("ip6", 3) : spf_span("in-addr", 7);
    case 'h': return spf_span(helo, strlen(helo) < 255 ? strlen(helo) : 255);
    case 'i': return spf_span(buf, spf_ip_text(&spf->ip, buf, 64));
    case 'p':
        n = spf->valid.n ? quoth_name_text(&spf->valid, buf, 256) : 0;
        return n > 0 ? spf_span(buf, (size_t)n) : spf_span("unknown", 7);
    default: break; /* s */
    }
    memcpy(buf, spf->local.p, spf->local.n);
    buf[spf->local.n] = '@';
    memcpy(buf + spf->local.n + 1, spf->origin.p, spf->origin.n);
    return spf_span(buf, spf->local.n + 1 + spf->origin.n);
}

static int spf_is_delimiter(const struct quoth_spf_macro *macro, char c)
{
    return macro->delimiter.n ? memchr(macro->delimiter.p, c, macro->delimiter.n) != NULL
                              : c == '.';
}

static void spf_put_part(struct spf_text *to, const struct quoth_spf_macro *macro, const char *p,
                         size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (spf_is_delimiter(macro, p[i]))
            spf_put(to, '.');
        else if (macro->escape)
            spf_put_escaped(to, p[i]);
        else
            spf_put(to, p[i]);
}

/* The parts that the delimiters make of a value, the last `keep` of them, joined with dots. When
 * they are reversed before, these are the first ones. */
static void spf_put_macro(struct spf_text *to, const struct quoth_spf *spf,
                          const struct quoth_spf_macro *macro)
{
    char buf[SPF_LOCAL_MAX + 256];
    const struct quoth_span value = spf_value(spf, macro->letter, buf);
    const char *p = value.p;
    size_t from, end = value.n, start;
    unsigned seen = 0;

    if (!macro->reverse) {
        for (from = end; from > 0; from--)
            if (spf_is_delimiter(macro, p[from - 1]) && ++seen == macro->keep)
                break;
        spf_put_part(to, macro, p + from, end - from);
        return;
    }
    for (start = 0; start < value.n; start++)
        if (spf_is_delimiter(macro, p[start]) && ++seen == macro->keep)
            break;
    for (end = start;; end = start - 1) {
        for (start = end; start > 0 && !spf_is_delimiter(macro, p[start - 1]);)
            start--;
        spf_put_part(to, macro, p + start, end - start);
        if (start == 0)
            return;
        spf_put(to, '.');
    }
}

/* A domain-spec, which was checked, as a name: labels are dropped from the left until it fits
 * (7.3). `to` has its text without the last dot. Returns QUOTH_OK, or QUOTH_EPROTO. */
static int spf_expand(const struct quoth_spf *spf, struct quoth_span spec, struct spf_text *to,
                      struct quoth_name *name)
{
    struct quoth_spf_macro macro;
    size_t drop;

    to->n = 0;
    for (size_t at = 0; at < spec.n;) {
        const char *p = spec.p + at;
        if (*p != '%') {
            spf_put(to, *p);
            at++;
        } else if (p[1] == '{') {
            at += quoth_spf_macro(&macro, p, spec.n - at);
            spf_put_macro(to, spf, &macro);
        } else { /* %% %_ %- */
            if (p[1] != '_')
                spf_put(to, '%');
            if (p[1] == '_')
                spf_put(to, ' ');
            if (p[1] == '-') {
                spf_put(to, '2');
                spf_put(to, '0');
            }
            at += 2;
        }
    }
    if (to->n && to->b[to->n - 1] == '.')
        to->n--;
    if (to->n > SPF_NAME_MAX) {
        for (drop = to->n - SPF_NAME_MAX - 1; drop < to->n && to->b[drop] != '.';)
            drop++;
        drop += drop < to->n;
        memmove(to->b, to->b + drop, to->n - drop);
        to->n -= drop;
    }
    return quoth_name_parse(name, to->b, to->n);
}

/* ---- records ------------------------------------------------------------ */

/* A new frame for the domain in `to`, whose name is `name`, and the question for its record. */
static void spf_enter(struct quoth_spf *spf, uint8_t kind, const struct spf_text *to,
                      const struct quoth_name *name)
{
    struct quoth_spf_frame *frame = &spf->frame[spf->depth + 1u];
    enum quoth_spf_why why = QUOTH_SPF_WHY_NONE;

    if (spf->depth + 1u == QUOTH_SPF_FRAMES) {
        spf_wrong(spf, QUOTH_SPF_WHY_TERMS);
        return;
    }
    if (to->n > sizeof spf->arena - spf->used) {
        spf_unknown(spf, QUOTH_SPF_WHY_TOO_BIG);
        return;
    }
    for (unsigned i = 0; i <= spf->depth; i++) {
        const struct quoth_span above = quoth_spf_name(spf, i);
        if (quoth_same(above.p, above.n, to->b, to->n))
            why = QUOTH_SPF_WHY_LOOP;
    }
    spf->depth++;
    spf->flags = 0;
    memset(frame, 0, sizeof *frame);
    frame->kind = kind;
    frame->name = spf->used;
    frame->name_n = (uint16_t)to->n;
    memcpy(spf->arena + spf->used, to->b, to->n);
    spf->used = (uint16_t)(spf->used + to->n);
    if (why)
        spf_wrong(spf, why);
    else
        spf_ask(spf, name, QUOTH_DNS_TXT, SPF_FOR_RECORD);
}

/* Which sixteenths of the addresses may send by this term: of IPv4, and above them of IPv6. */
static uint32_t spf_blocks(const struct quoth_spf_term *term)
{
    const struct quoth_ip *ip = &term->net.ip;
    const unsigned n = term->net.bits < 5 ? 16u >> term->net.bits : 0;

    if (term->result != QUOTH_SPF_PASS)
        return 0;
    if (term->kind == QUOTH_SPF_A || term->kind == QUOTH_SPF_MX) /* /0 is everybody */
        return (term->bits4 ? 0 : 0xffffu) | (term->bits6 ? 0 : 0xffff0000u);
    if (!ip->len && term->kind != QUOTH_SPF_ALL)
        return 0;
    return ((1u << n) - 1) << ((ip->len & 16) + (ip->b[0] >> 4 & (16 - n)));
}

/* Up to `term` the record on top lets in so much. If that is all which may be called, up to
 * 223.255.255.255 or in 2000::/3, the term of the first record that leads there is kept. */
static void spf_open(struct quoth_spf *spf, uint32_t blocks, struct quoth_spf_term *term)
{
    enum { ALL_4 = 0x3fff, ALL_6 = 0xc0000 };

    if (spf->open || ((blocks & ALL_4) != ALL_4 && (blocks & ALL_6) != ALL_6))
        return;
    for (unsigned i = spf->depth; i-- > 0;) {
        quoth_spf_at(spf, i, term);
        if (term->result != QUOTH_SPF_PASS)
            return;
    }
    spf->open = (uint16_t)(term->text.p - spf->arena - spf->frame[0].text);
}

_Static_assert((int)QUOTH_SPF_SAW_P == (int)QUOTH_SPF_MACRO_P, "one is read from the other");

/* Read all of the record on top before anything is asked (4.6). */
static void spf_check(struct quoth_spf *spf)
{
    struct quoth_spf_frame *frame = spf_top(spf);
    struct quoth_spf_term term;
    size_t at = 0, start;
    uint32_t blocks = 0;
    unsigned explained = 0, all = 0;
    int rc;

    while ((rc = quoth_spf_term(&term, spf->arena + frame->text, frame->n, &at)) == 1) {
        start = at - term.text.n;
        if ((term.kind == QUOTH_SPF_REDIRECT && frame->redirect) ||
            (term.kind == QUOTH_SPF_EXP && explained++)) {
            spf->bad_at = (uint16_t)start;
            spf_wrong(spf, QUOTH_SPF_WHY_TWICE);
            return;
        }
        if (term.kind == QUOTH_SPF_REDIRECT)
            frame->redirect = (uint16_t)start;
        if (term.kind == QUOTH_SPF_PTR)
            spf->saw |= QUOTH_SPF_SAW_PTR;
        spf->saw |= term.macros & QUOTH_SPF_SAW_P;
        if (all)
            continue;
        all = term.kind == QUOTH_SPF_ALL;
        blocks |= spf_blocks(&term);
        spf_open(spf, blocks, &term);
    }
    if (explained)
        spf->saw |= QUOTH_SPF_SAW_EXP;
    if (rc == 0) {
        spf->state = SPF_TERM;
        return;
    }
    spf->bad_at = (uint16_t)at;
    spf_wrong(spf, QUOTH_SPF_WHY_SYNTAX);
}

/* The TXT records that begin like one of ours. */
static void spf_answer_record(struct quoth_spf *spf)
{
    struct quoth_spf_frame *frame = spf_top(spf);
    struct quoth_span data, record = {NULL, 0};
    unsigned records = 0;

    for (size_t at = 0; quoth_rrset_next(&spf->ask.set, &at, &data);) {
        if (!quoth_spf_is_record(data.p, data.n))
            continue;
        record = data;
        records++;
    }
    if (records > 1) {
        spf_wrong(spf, QUOTH_SPF_WHY_RECORDS);
    } else if (spf->ask.set.flags & QUOTH_SET_CUT) {
        spf_unknown(spf, QUOTH_SPF_WHY_TOO_BIG);
    } else if (records == 0) {
        spf_finish(spf, spf->depth ? QUOTH_SPF_PERMERROR : QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_RECORD);
    } else {
        memmove(spf->arena + spf->used, record.p, record.n);
        frame->text = spf->used;
        frame->n = (uint16_t)record.n;
        spf->used = (uint16_t)(spf->used + record.n);
        spf_check(spf);
    }
}

/* ---- terms -------------------------------------------------------------- */

/* Ask for what the term needs. `to`, `name`: what its domain-spec came to. */
static void spf_ask_term(struct quoth_spf *spf, uint8_t kind, const struct spf_text *to,
                         const struct quoth_name *name)
{
    struct quoth_name reverse;

    switch (kind) {
    case QUOTH_SPF_A: spf_ask(spf, name, spf_address_type(spf), SPF_FOR_A); break;
    case QUOTH_SPF_MX: spf_ask(spf, name, QUOTH_DNS_MX, SPF_FOR_MX); break;
    case QUOTH_SPF_EXISTS: spf_ask(spf, name, QUOTH_DNS_A, SPF_FOR_EXISTS); break;
    case QUOTH_SPF_PTR:
        spf->target = *name;
        quoth_name_reverse(&reverse, &spf->ip);
        spf_ask(spf, &reverse, QUOTH_DNS_PTR, SPF_FOR_PTR);
        break;
    default: spf_enter(spf, kind, to, name); break; /* include, redirect */
    }
}

/* Before a term with %{p}: which of the client's names is validated? */
static void spf_ask_p(struct quoth_spf *spf, const struct quoth_spf_term *term)
{
    const struct quoth_span domain = quoth_spf_name(spf, spf->depth);
    struct quoth_name reverse;

    spf->flags |= SPF_AGAIN | SPF_FOR_P;
    if (term->kind != QUOTH_SPF_REDIRECT) /* that one comes when the record is at its end */
        spf_top(spf)->at = spf_top(spf)->term;
    quoth_name_parse(&spf->target, domain.p, domain.n);
    quoth_name_reverse(&reverse, &spf->ip);
    spf_ask(spf, &reverse, QUOTH_DNS_PTR, SPF_FOR_PTR);
}

static void spf_no_name(struct quoth_spf *spf, const struct quoth_spf_term *term)
{
    spf->bad_at = (uint16_t)(term->text.p - spf->arena - spf_top(spf)->text);
    spf_wrong(spf, QUOTH_SPF_WHY_NAME);
}

/* A term that asks, one of those that count. A walk asks nothing by what is surely no name. */
static void spf_term_asks(struct quoth_spf *spf, const struct quoth_spf_term *term)
{
    const int counted = spf->flags & SPF_AGAIN;
    struct quoth_span spec = term->domain.n ? term->domain : spf_span("%{d}", 4);
    struct quoth_name name;
    struct spf_text to;

    spf->flags &= (uint8_t)~SPF_AGAIN;
    if (!counted && !spf_count(spf)) {
        spf_wrong(spf, QUOTH_SPF_WHY_TERMS);
        return;
    }
    if (!spf->ip.len && (term->kind == QUOTH_SPF_PTR || term->macros & QUOTH_SPF_MACRO_SENDER)) {
        spf->saw |= QUOTH_SPF_SAW_SKIPPED;
        if (term->kind == QUOTH_SPF_REDIRECT)
            spf_return(spf, QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_NO_MATCH);
        return; /* on with the next term */
    }
    if (term->macros & QUOTH_SPF_MACRO_P && !(spf->flags & SPF_KNOWS_P)) {
        spf_ask_p(spf, term);
        return;
    }
    if ((spf->ip.len || !(term->macros & QUOTH_SPF_MACRO_NONE)) &&
        spf_expand(spf, spec, &to, &name) == QUOTH_OK)
        spf_ask_term(spf, term->kind, &to, &name);
    else if (term->kind == QUOTH_SPF_INCLUDE || term->kind == QUOTH_SPF_REDIRECT)
        spf_no_name(spf, term); /* of others it is no match (4.8) */
}

/* Behind the last term: on with the redirect (6.1), or that was it (4.7). */
static void spf_term_last(struct quoth_spf *spf)
{
    struct quoth_spf_frame *frame = spf_top(spf);
    struct quoth_spf_term term;

    if (!frame->redirect) {
        spf_return(spf, QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_NO_MATCH);
        return;
    }
    frame->term = frame->redirect;
    quoth_spf_at(spf, spf->depth, &term);
    spf_term_asks(spf, &term);
}

static void spf_term(struct quoth_spf *spf)
{
    struct quoth_spf_frame *frame = spf_top(spf);
    struct quoth_spf_term term;
    size_t at = frame->at;

    frame->term = frame->at;
    if (quoth_spf_term(&term, spf->arena + frame->text, frame->n, &at) == 0) {
        spf_term_last(spf);
        return;
    }
    frame->at = (uint16_t)at;
    switch ((enum quoth_spf_kind)term.kind) {
    case QUOTH_SPF_ALL: spf_match(spf); break;
    case QUOTH_SPF_IP4:
    case QUOTH_SPF_IP6:
        if (quoth_cidr_holds(&term.net, &spf->ip))
            spf_match(spf);
        break;
    case QUOTH_SPF_INCLUDE:
    case QUOTH_SPF_A:
    case QUOTH_SPF_MX:
    case QUOTH_SPF_PTR:
    case QUOTH_SPF_EXISTS: spf_term_asks(spf, &term); break;
    case QUOTH_SPF_REDIRECT:
    case QUOTH_SPF_EXP:
    case QUOTH_SPF_OTHER: break;
    }
}

/* ---- names that wait: hosts of an mx, names of the client ---------------- */

/* The answer is a list of names, which stays while their addresses are asked for. */
static void spf_list(struct quoth_spf *spf)
{
    spf->list = spf->ask.set.used;
    spf->list_at = 0;
    spf->listed = 0;
}

/* The next of ten names; `skip`: bytes in front of each. 0: that was the last. */
static int spf_list_next(struct quoth_spf *spf, size_t skip, struct quoth_name *name)
{
    const struct quoth_rrset list = {.buf = (uint8_t *)spf->arena + spf->used, .used = spf->list};
    struct quoth_span data;
    size_t at = spf->list_at;

    if (spf->listed == SPF_HOSTS_MAX || !quoth_rrset_next(&list, &at, &data))
        return 0;
    spf->list_at = (uint16_t)at;
    spf->listed++;
    return quoth_name_read(name, data.p + skip, data.n - skip) > 0;
}

/* The root is the null MX (RFC 7505): no host. A walk asks for IPv6, to count what other receivers
 * would. */
static void spf_next_host(struct quoth_spf *spf)
{
    struct quoth_name name;
    uint16_t type = spf->ip.len ? spf_address_type(spf) : QUOTH_DNS_AAAA;

    while (spf_list_next(spf, 2, &name)) {
        if (name.n == 1 || (!spf->ip.len && spf->ask.conf->resolver->no_aaaa))
            continue;
        spf_ask(spf, &name, type, SPF_FOR_HOST);
        return;
    }
    spf_no_match(spf);
}

static void spf_answer_mx(struct quoth_spf *spf)
{
    if (spf->ask.set.n > SPF_HOSTS_MAX) {
        spf_wrong(spf, QUOTH_SPF_WHY_HOSTS);
    } else if (spf->ask.set.flags & QUOTH_SET_CUT) {
        spf_unknown(spf, QUOTH_SPF_WHY_TOO_BIG);
    } else {
        spf_list(spf);
        spf_next_host(spf);
    }
}

/* 0: `name` is neither `zone` nor below it, 1: below, 2: the same */
static int spf_below(const struct quoth_name *name, const struct quoth_name *zone)
{
    for (size_t at = 0; at < name->n; at += 1u + name->b[at])
        if (name->n - at == zone->n && !memcmp(name->b + at, zone->b, zone->n))
            return at == 0 ? 2 : 1;
    return 0;
}

/* What is known of the client's names: `valid` has the one that was looked for, if found. */
static void spf_ptr_over(struct quoth_spf *spf, int found)
{
    spf->list = 0;
    if (!(spf->flags & SPF_FOR_P)) {
        if (found)
            spf_match(spf);
        else
            spf_no_match(spf);
        return;
    }
    spf->flags = SPF_AGAIN | SPF_KNOWS_P;
    spf->valid.n = 0;
    if (found)
        spf->valid = spf->ask.name;
    spf->state = SPF_TERM;
}

/* The domain itself first, then names below it; others are good for the macro alone (7.3). */
static void spf_next_name(struct quoth_spf *spf)
{
    struct quoth_name name;

    for (; spf->pass <= 2; spf->pass++) {
        while (spf_list_next(spf, 0, &name)) {
            int below = spf_below(&name, &spf->target);
            if (below != 2 - spf->pass || (below == 0 && !(spf->flags & SPF_FOR_P)))
                continue;
            spf_ask(spf, &name, spf_address_type(spf), SPF_FOR_NAME);
            return;
        }
        spf->list_at = 0;
        spf->listed = 0;
    }
    spf_ptr_over(spf, 0);
}

/* A failure is no match (5.5): the client's zone is no business of the domain's. */
static void spf_answer_ptr(struct quoth_spf *spf)
{
    if (spf->ask.set.answer == QUOTH_ANSWER_DATA) {
        spf_list(spf);
        spf->pass = 0;
        spf_next_name(spf);
    } else if (spf_is_empty(spf) && !(spf->flags & SPF_FOR_P)) {
        spf_void(spf);
    } else {
        spf_ptr_over(spf, 0);
    }
}

/* ---- answers ------------------------------------------------------------ */

static void spf_answer_a(struct quoth_spf *spf)
{
    struct quoth_name name = spf->ask.name;

    if (!spf_is_empty(spf))
        spf_no_match(spf);
    else if (!spf->ip.len && spf->ask.question.type == QUOTH_DNS_A &&
             !spf->ask.conf->resolver->no_aaaa)
        spf_ask(spf, &name, QUOTH_DNS_AAAA, SPF_FOR_A);
    else
        spf_void(spf);
}

static void spf_answer_data(struct quoth_spf *spf)
{
    const enum spf_task task = (enum spf_task)spf->task;

    if (task == SPF_FOR_RECORD) {
        spf_answer_record(spf);
    } else if (task == SPF_FOR_MX && !spf_is_empty(spf)) {
        spf_answer_mx(spf);
    } else if (task == SPF_FOR_A || task == SPF_FOR_HOST) {
        if (spf_holds_for_term(spf))
            spf_match(spf);
        else if (spf->ip.len && spf->ask.set.flags & QUOTH_SET_CUT)
            spf_unknown(spf, QUOTH_SPF_WHY_TOO_BIG);
        else if (task == SPF_FOR_A)
            spf_answer_a(spf);
        else
            spf_next_host(spf);
    } else if (spf_is_empty(spf)) {
        spf_void(spf);
    } else if (spf->ip.len) { /* exists */
        spf_match(spf);
    } else {
        spf_no_match(spf);
    }
}

static void spf_answer(struct quoth_spf *spf)
{
    spf->answer = spf->ask.set.answer;
    if (spf->ask.set.ttl < spf->ttl)
        spf->ttl = spf->ask.set.ttl;
    if (spf->queries == 1) { /* the domain's own record */
        spf->bytes = (uint16_t)(spf->ask.set.bytes + SPF_MESSAGE + spf->ask.name.n);
        spf->others = spf->ask.set.others > 0;
    }
    if (spf->task == SPF_FOR_PTR) {
        spf_answer_ptr(spf);
    } else if (spf->task == SPF_FOR_NAME) { /* a failure: that name is skipped (5.5) */
        if (spf_holds(spf, spf->ip.len * 8u))
            spf_ptr_over(spf, 1);
        else
            spf_next_name(spf);
    } else if (spf->ask.set.answer == QUOTH_ANSWER_DATA || spf_is_empty(spf)) {
        if (spf->task == SPF_FOR_HOST && !spf->ip.len && spf_is_empty(spf))
            spf_more(&spf->voids6);
        spf_answer_data(spf);
    } else if (spf->task == SPF_FOR_HOST && !spf->ip.len) {
        spf_next_host(spf); /* it was only for counting */
    } else {
        spf_unknown(spf, QUOTH_SPF_WHY_DNS);
    }
}

/* ---- the machine -------------------------------------------------------- */

/* Until there is something to ask, or nothing left. */
static void spf_go(struct quoth_spf *spf)
{
    while (spf->state <= SPF_ANSWER)
        if (spf->state == SPF_TERM)
            spf_term(spf);
        else
            spf_answer(spf);
}

/* The end of a text that is too long for any use of it. */
static struct quoth_span spf_tail(const char *text, size_t n, size_t max)
{
    return n > max ? spf_span(text + n - max, max) : spf_span(text, n);
}

/* Who sends, in two halves (4.3). */
static void spf_sender(struct quoth_spf *spf)
{
    const char *from = spf->ask.conf->from ? spf->ask.conf->from : "", *helo = spf->ask.conf->helo;
    size_t n = strlen(from), at = n;

    while (at > 0 && from[at - 1] != '@')
        at--;
    spf->local = spf_span(spf_postmaster, sizeof spf_postmaster - 1);
    if (at > 1)
        spf->local = spf_tail(from, at - 1, SPF_LOCAL_MAX);
    spf->origin = spf_tail(from + at, n - at, 255);
    if (n == 0 && helo)
        spf->origin = spf_tail(helo, strlen(helo), 255);
}

int quoth_spf_begin(struct quoth_spf *spf, int seeded)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const struct quoth_spf_conf *conf = spf->ask.conf;
    struct quoth_span domain;
    struct quoth_name name;

    memset(spf, 0, offsetof(struct quoth_spf, ask));
    if (spf->ask.end > spf->ask.now + SPF_MS)
        spf->ask.end = spf->ask.now + SPF_MS;
    spf->ask.question.options = 0;
    spf->ttl = UINT32_MAX;
    spf->ip = conf->ip;
    if (spf->ip.len == 16 && !memcmp(spf->ip.b, mapped, sizeof mapped)) { /* 5 */
        spf->ip.len = 4;
        memmove(spf->ip.b, spf->ip.b + 12, 4);
    }
    spf_sender(spf);
    domain = conf->domain ? spf_span(conf->domain, strlen(conf->domain)) : spf->origin;
    if (domain.n && domain.p[domain.n - 1] == '.')
        domain.n--;
    if (domain.n <= SPF_NAME_MAX) {
        memcpy(spf->arena, domain.p, domain.n);
        spf->frame[0].name_n = spf->used = (uint16_t)domain.n;
    }
    if (quoth_name_parse(&name, spf->arena, spf->used) != QUOTH_OK || !quoth_name_is_host(&name)) {
        spf_finish(spf, QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_DOMAIN);
    } else if (!seeded) {
        spf_unknown(spf, QUOTH_SPF_WHY_ENTROPY);
    } else {
        spf_ask(spf, &name, QUOTH_DNS_TXT, SPF_FOR_RECORD);
        spf_go(spf);
    }
    return spf->state == SPF_DONE;
}

void quoth_spf_start(struct quoth_spf *spf, const struct quoth_spf_conf *conf,
                     const uint8_t seed[16], uint64_t now)
{
    memset(&spf->ask, 0, sizeof spf->ask);
    spf->ask.conf = conf;
    spf->ask.now = now;
    spf->ask.end = QUOTH_NEVER;
    if (seed)
        quoth_random_seed(&spf->ask.rnd, seed);
    quoth_spf_begin(spf, seed != NULL);
}

void quoth_spf_lend(struct quoth_spf *spf, void *buf, size_t cap)
{
    quoth_ask_lend(&spf->ask, buf, cap);
}

void quoth_spf_want(const struct quoth_spf *spf, struct quoth_want *want)
{
    if (spf->state == SPF_DONE)
        quoth_want_end(want, 1);
    else
        quoth_ask_want(&spf->ask, want);
}

int quoth_spf_answered(struct quoth_spf *spf, int how)
{
    if (how == QUOTH_ASK_LATE) {
        spf->answer = QUOTH_ANSWER_TIMEOUT;
        spf_unknown(spf, QUOTH_SPF_WHY_TOO_BIG);
    } else {
        spf->queries = (uint8_t)(spf->queries + spf->ask.lookup.asked - 1);
        spf->state = SPF_ANSWER;
        spf_go(spf);
    }
    return spf->state == SPF_DONE;
}

int quoth_spf_feed(struct quoth_spf *spf, const struct quoth_event *ev)
{
    const int rc = quoth_ask_feed(&spf->ask, ev);

    if (rc <= 0)
        return rc;
    quoth_spf_answered(spf, rc);
    return QUOTH_OK;
}

/* ---- how the chain stands ------------------------------------------------ */

struct quoth_span quoth_spf_name(const struct quoth_spf *spf, unsigned i)
{
    return spf_span(spf->arena + spf->frame[i].name, spf->frame[i].name_n);
}

struct quoth_span quoth_spf_record(const struct quoth_spf *spf, unsigned i)
{
    return spf_span(spf->arena + spf->frame[i].text, spf->frame[i].n);
}
