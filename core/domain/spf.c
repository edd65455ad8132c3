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
#include "spf_inner.h"

enum spf_state { SPF_TERM, SPF_ANSWER, SPF_ASK, SPF_SHUT, SPF_DONE };
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

static void spf_finish(struct quoth_spf *s, enum quoth_spf_result result, enum quoth_spf_why why)
{
    s->result = (uint8_t)result;
    s->why = (uint8_t)why;
    s->state = SPF_DONE;
}

static void spf_wrong(struct quoth_spf *s, enum quoth_spf_why why)
{
    spf_finish(s, QUOTH_SPF_PERMERROR, why);
}

/* Nothing is known, for our own reasons or for those of the name servers. */
static void spf_unknown(struct quoth_spf *s, enum quoth_spf_why why)
{
    spf_finish(s, QUOTH_SPF_TEMPERROR, why);
}

static struct quoth_spf_frame *spf_top(struct quoth_spf *s) { return &s->frame[s->depth]; }

int quoth_spf_at(const struct quoth_spf *s, unsigned i, struct quoth_spf_term *t)
{
    const struct quoth_spf_frame *f = &s->frame[i];
    size_t at = f->term;

    return quoth_spf_term(t, s->arena + f->text, f->n, &at) == 1;
}

/* The record on top came to this. */
static void spf_return(struct quoth_spf *s, enum quoth_spf_result result, enum quoth_spf_why why)
{
    struct quoth_spf_term t;

    s->list = 0;
    for (unsigned i = s->depth; i > 0; i--) {
        const struct quoth_spf_frame *f = &s->frame[i];
        if (f->kind == QUOTH_SPF_REDIRECT)
            continue;
        if (result != QUOTH_SPF_PASS) { /* no match: on with the record that included it (5.2) */
            s->depth = (uint8_t)(i - 1);
            s->used = f->name;
            s->flags = 0;
            s->state = SPF_TERM;
            return;
        }
        quoth_spf_at(s, i - 1, &t);
        result = (enum quoth_spf_result)t.result;
    }
    spf_finish(s, result, why);
}

static void spf_match(struct quoth_spf *s)
{
    struct quoth_spf_term t;

    quoth_spf_at(s, s->depth, &t);
    spf_return(s, (enum quoth_spf_result)t.result, QUOTH_SPF_WHY_MATCH);
}

static void spf_no_match(struct quoth_spf *s)
{
    s->list = 0;
    s->state = SPF_TERM;
}

/* ---- counting ----------------------------------------------------------- */

static void spf_more(uint8_t *n)
{
    if (*n < UINT8_MAX)
        ++*n;
}

/* What each term of the first record costs: all that happens until the next of them is its. */
static struct quoth_spf_share *spf_share(struct quoth_spf *s)
{
    return s->shares ? &s->share[s->shares - 1] : NULL;
}

/* A term that asks. 0: it is one too many. */
static int spf_count(struct quoth_spf *s)
{
    struct quoth_spf_share *share;

    if (s->depth == 0 && s->shares < QUOTH_SPF_SHARES)
        s->share[s->shares++] = (struct quoth_spf_share) {.at = spf_top(s)->term};
    share = spf_share(s);
    spf_more(&s->terms);
    if (share)
        spf_more(&share->terms);
    return !s->ip.len || s->terms <= QUOTH_SPF_TERMS_MAX;
}

/* A term asked, and there is nothing of the kind (4.6.4): no match. */
static void spf_void(struct quoth_spf *s)
{
    struct quoth_spf_share *share = spf_share(s);

    spf_more(&s->voids);
    if (share)
        spf_more(&share->voids);
    if (s->ip.len && s->voids > QUOTH_SPF_VOIDS_MAX)
        spf_wrong(s, QUOTH_SPF_WHY_VOIDS);
    else
        spf_no_match(s);
}

/* ---- questions ---------------------------------------------------------- */

static uint16_t spf_address_type(const struct quoth_spf *s)
{
    return s->ip.len == 16 ? QUOTH_DNS_AAAA : QUOTH_DNS_A;
}

/* How many questions it may ask. */
static unsigned spf_most(const struct quoth_spf *s)
{
    const unsigned max = s->conf->queries_max;

    return max && max < QUOTH_SPF_QUERIES_MAX ? max : QUOTH_SPF_QUERIES_MAX;
}

/* `name` must not be s->asked. */
static void spf_ask(struct quoth_spf *s, const struct quoth_name *name, uint16_t type,
                    enum spf_task task)
{
    const struct quoth_question question = {name, type, 0};
    struct quoth_setcache *cache = s->conf->cache;
    const uint16_t at = (uint16_t)(s->used + s->list);
    uint8_t seed[16];

    s->task = (uint8_t)task;
    s->type = type;
    s->asked = *name;
    if (s->queries >= spf_most(s)) {
        spf_unknown(s, QUOTH_SPF_WHY_TOO_BIG);
        return;
    }
    s->queries++;
    s->set = (struct quoth_rrset) {.buf = (uint8_t *)s->arena + at,
                                   .cap = (uint16_t)(sizeof s->arena - at),
                                   .match = type == QUOTH_DNS_TXT ? "v=spf1" : NULL};
    if (cache && quoth_setcache_get(cache, &question, s->now, &s->set) == 1) {
        s->state = SPF_ANSWER;
        return;
    }
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)quoth_random_next(&s->rnd);
    s->state = SPF_ASK;
    quoth_lookup_ask(&s->lookup, s->conf->resolver, &question, seed, s->now);
    quoth_lookup_limit(&s->lookup, spf_most(s) + 1u - s->queries);
    quoth_lookup_lend(&s->lookup, s->big, s->big_cap);
}

/* There is no such name, or nothing of that type: that is an answer. */
static int spf_is_empty(const struct quoth_spf *s)
{
    return s->set.answer == QUOTH_ANSWER_NODATA || s->set.answer == QUOTH_ANSWER_NXDOMAIN;
}

/* Is the client's address among those of the answer, or in their networks? */
static int spf_holds(const struct quoth_spf *s, unsigned bits)
{
    struct quoth_cidr net = {.ip.len = s->ip.len, .bits = (uint8_t)bits};
    struct quoth_span data;

    for (size_t at = 0; s->ip.len && quoth_rrset_next(&s->set, &at, &data);) {
        if (data.n != s->ip.len)
            continue;
        memcpy(net.ip.b, data.p, data.n);
        if (quoth_cidr_holds(&net, &s->ip))
            return 1;
    }
    return 0;
}

/* The same for the mechanism that it is at, which says how long the networks are. */
static int spf_holds_for_term(const struct quoth_spf *s)
{
    struct quoth_spf_term t;

    quoth_spf_at(s, s->depth, &t);
    return spf_holds(s, s->ip.len == 16 ? t.bits6 : t.bits4);
}

/* ---- macros (7) --------------------------------------------------------- */

/* Only the end of a name is ever needed, so when it is full the front is dropped. */
struct spf_text {
    char b[SPF_EXPAND];
    size_t n;
    uint8_t cut;
};

static void spf_put(struct spf_text *to, char c)
{
    if (to->n == sizeof to->b) {
        memmove(to->b, to->b + sizeof to->b - SPF_KEPT, SPF_KEPT);
        to->n = SPF_KEPT;
        to->cut = 1;
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
static struct quoth_span spf_value(const struct quoth_spf *s, char letter,
                                   char buf[SPF_LOCAL_MAX + 256])
{
    const char *helo = s->conf->helo ? s->conf->helo : "";
    int n;

    switch (letter) {
    case 'l': return s->local;
    case 'o': return s->origin;
    case 'd': return quoth_spf_name(s, s->depth);
    case 'v': return s->ip.len == 16 ? spf_span("ip6", 3) : spf_span("in-addr", 7);
    case 'h': return spf_span(helo, strlen(helo) < 255 ? strlen(helo) : 255);
    case 'i': return spf_span(buf, spf_ip_text(&s->ip, buf, 64));
    case 'p':
        n = s->valid.n ? quoth_name_text(&s->valid, buf, 256) : 0;
        return n > 0 ? spf_span(buf, (size_t)n) : spf_span("unknown", 7);
    default: break; /* s */
    }
    memcpy(buf, s->local.p, s->local.n);
    buf[s->local.n] = '@';
    memcpy(buf + s->local.n + 1, s->origin.p, s->origin.n);
    return spf_span(buf, s->local.n + 1 + s->origin.n);
}

static int spf_is_delimiter(const struct quoth_spf_macro *m, char c)
{
    return m->delimiter.n ? memchr(m->delimiter.p, c, m->delimiter.n) != NULL : c == '.';
}

static void spf_put_part(struct spf_text *to, const struct quoth_spf_macro *m, const char *p,
                         size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (spf_is_delimiter(m, p[i]))
            spf_put(to, '.');
        else if (m->escape)
            spf_put_escaped(to, p[i]);
        else
            spf_put(to, p[i]);
}

/* The parts that the delimiters make of a value, the last `keep` of them, joined with dots. When
 * they are reversed before, these are the first ones. */
static void spf_put_macro(struct spf_text *to, const struct quoth_spf *s,
                          const struct quoth_spf_macro *m)
{
    char buf[SPF_LOCAL_MAX + 256];
    const struct quoth_span value = spf_value(s, m->letter, buf);
    const char *p = value.p;
    size_t from = 0, end = value.n, start;
    unsigned seen = 0;

    if (!m->reverse) {
        for (from = end; from > 0; from--)
            if (spf_is_delimiter(m, p[from - 1]) && ++seen == m->keep)
                break;
        spf_put_part(to, m, p + from, end - from);
        return;
    }
    for (start = 0; start < value.n; start++)
        if (spf_is_delimiter(m, p[start]) && ++seen == m->keep)
            break;
    for (end = start;; end = start - 1) {
        for (start = end; start > 0 && !spf_is_delimiter(m, p[start - 1]);)
            start--;
        spf_put_part(to, m, p + start, end - start);
        if (start == 0)
            return;
        spf_put(to, '.');
    }
}

/* A domain-spec, which was checked, as a name: labels are dropped from the left until it fits
 * (7.3). `to` has its text without the last dot. Returns QUOTH_OK, or QUOTH_EPROTO. */
static int spf_expand(const struct quoth_spf *s, struct quoth_span spec, struct spf_text *to,
                      struct quoth_name *name)
{
    struct quoth_spf_macro m;
    size_t drop = 0;

    to->n = to->cut = 0;
    for (size_t at = 0; at < spec.n;) {
        const char *p = spec.p + at;
        if (*p != '%') {
            spf_put(to, *p);
            at++;
        } else if (p[1] == '{') {
            at += quoth_spf_macro(&m, p, spec.n - at);
            spf_put_macro(to, s, &m);
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
static void spf_enter(struct quoth_spf *s, uint8_t kind, const struct spf_text *to,
                      const struct quoth_name *name)
{
    struct quoth_spf_frame *f = &s->frame[s->depth + 1u];
    enum quoth_spf_why why = QUOTH_SPF_WHY_NONE;

    if (s->depth + 1u == QUOTH_SPF_FRAMES) {
        spf_wrong(s, QUOTH_SPF_WHY_TERMS);
        return;
    }
    if (to->n > sizeof s->arena - s->used) {
        spf_unknown(s, QUOTH_SPF_WHY_TOO_BIG);
        return;
    }
    for (unsigned i = 0; i <= s->depth; i++) {
        const struct quoth_span above = quoth_spf_name(s, i);
        if (quoth_same(above.p, above.n, to->b, to->n))
            why = QUOTH_SPF_WHY_LOOP;
    }
    s->depth++;
    s->flags = 0;
    memset(f, 0, sizeof *f);
    f->kind = kind;
    f->name = s->used;
    f->name_n = (uint16_t)to->n;
    memcpy(s->arena + s->used, to->b, to->n);
    s->used = (uint16_t)(s->used + to->n);
    if (why)
        spf_wrong(s, why);
    else
        spf_ask(s, name, QUOTH_DNS_TXT, SPF_FOR_RECORD);
}

/* Read all of the record on top before anything is asked (4.6). */
static void spf_check(struct quoth_spf *s)
{
    struct quoth_spf_frame *f = spf_top(s);
    struct quoth_spf_term t;
    size_t at = 0, start;
    unsigned explained = 0;
    int rc;

    while ((rc = quoth_spf_term(&t, s->arena + f->text, f->n, &at)) == 1) {
        start = at - t.text.n;
        if ((t.kind == QUOTH_SPF_REDIRECT && f->redirect) ||
            (t.kind == QUOTH_SPF_EXP && explained++)) {
            s->bad_at = (uint16_t)start;
            spf_wrong(s, QUOTH_SPF_WHY_TWICE);
            return;
        }
        if (t.kind == QUOTH_SPF_REDIRECT)
            f->redirect = (uint16_t)start;
        if (t.kind == QUOTH_SPF_PTR)
            s->saw |= QUOTH_SPF_SAW_PTR;
        if (t.macros & QUOTH_SPF_MACRO_P)
            s->saw |= QUOTH_SPF_SAW_P;
    }
    if (explained)
        s->saw |= QUOTH_SPF_SAW_EXP;
    if (rc == 0) {
        s->state = SPF_TERM;
        return;
    }
    s->bad_at = (uint16_t)at;
    spf_wrong(s, QUOTH_SPF_WHY_SYNTAX);
}

/* The TXT records that begin like one of ours. */
static void spf_answer_record(struct quoth_spf *s)
{
    struct quoth_spf_frame *f = spf_top(s);
    struct quoth_span data, record = {NULL, 0};
    unsigned records = 0;

    for (size_t at = 0; quoth_rrset_next(&s->set, &at, &data);) {
        if (!quoth_spf_is_record(data.p, data.n))
            continue;
        record = data;
        records++;
    }
    if (records > 1) {
        spf_wrong(s, QUOTH_SPF_WHY_RECORDS);
    } else if (s->set.flags & QUOTH_SET_CUT) {
        spf_unknown(s, QUOTH_SPF_WHY_TOO_BIG);
    } else if (records == 0) {
        spf_finish(s, s->depth ? QUOTH_SPF_PERMERROR : QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_RECORD);
    } else {
        memmove(s->arena + s->used, record.p, record.n);
        f->text = s->used;
        f->n = (uint16_t)record.n;
        s->used = (uint16_t)(s->used + record.n);
        spf_check(s);
    }
}

/* ---- terms -------------------------------------------------------------- */

/* Ask for what the term needs. `to`, `name`: what its domain-spec came to. */
static void spf_ask_term(struct quoth_spf *s, uint8_t kind, const struct spf_text *to,
                         const struct quoth_name *name)
{
    struct quoth_name reverse;

    switch (kind) {
    case QUOTH_SPF_A: spf_ask(s, name, spf_address_type(s), SPF_FOR_A); break;
    case QUOTH_SPF_MX: spf_ask(s, name, QUOTH_DNS_MX, SPF_FOR_MX); break;
    case QUOTH_SPF_EXISTS: spf_ask(s, name, QUOTH_DNS_A, SPF_FOR_EXISTS); break;
    case QUOTH_SPF_PTR:
        s->target = *name;
        quoth_name_reverse(&reverse, &s->ip);
        spf_ask(s, &reverse, QUOTH_DNS_PTR, SPF_FOR_PTR);
        break;
    default: spf_enter(s, kind, to, name); break; /* include, redirect */
    }
}

/* Before a term with %{p}: which of the client's names is validated? */
static void spf_ask_p(struct quoth_spf *s, const struct quoth_spf_term *t)
{
    const struct quoth_span domain = quoth_spf_name(s, s->depth);
    struct quoth_name reverse;

    s->flags |= SPF_AGAIN | SPF_FOR_P;
    if (t->kind != QUOTH_SPF_REDIRECT) /* that one comes when the record is at its end */
        spf_top(s)->at = spf_top(s)->term;
    quoth_name_parse(&s->target, domain.p, domain.n);
    quoth_name_reverse(&reverse, &s->ip);
    spf_ask(s, &reverse, QUOTH_DNS_PTR, SPF_FOR_PTR);
}

/* A term that asks, one of those that count. */
static void spf_term_asks(struct quoth_spf *s, const struct quoth_spf_term *t)
{
    const int counted = s->flags & SPF_AGAIN;
    struct quoth_span spec = t->domain.n ? t->domain : spf_span("%{d}", 4);
    struct quoth_name name;
    struct spf_text to;

    s->flags &= (uint8_t)~SPF_AGAIN;
    if (!counted && !spf_count(s)) {
        spf_wrong(s, QUOTH_SPF_WHY_TERMS);
        return;
    }
    if (!s->ip.len && (t->kind == QUOTH_SPF_PTR || t->macros & QUOTH_SPF_MACRO_SENDER)) {
        s->saw |= QUOTH_SPF_SAW_SKIPPED;
        if (t->kind == QUOTH_SPF_REDIRECT)
            spf_return(s, QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_NO_MATCH);
        return; /* on with the next term */
    }
    if (t->macros & QUOTH_SPF_MACRO_P && !(s->flags & SPF_KNOWS_P)) {
        spf_ask_p(s, t);
        return;
    }
    if (spf_expand(s, spec, &to, &name) == QUOTH_OK)
        spf_ask_term(s, t->kind, &to, &name);
    else if (t->kind == QUOTH_SPF_INCLUDE || t->kind == QUOTH_SPF_REDIRECT)
        spf_wrong(s, QUOTH_SPF_WHY_NAME);
    else
        spf_no_match(s); /* 4.8 */
}

/* Behind the last term: on with the redirect (6.1), or that was it (4.7). */
static void spf_term_last(struct quoth_spf *s)
{
    struct quoth_spf_frame *f = spf_top(s);
    struct quoth_spf_term t;

    if (!f->redirect) {
        spf_return(s, QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_NO_MATCH);
        return;
    }
    f->term = f->redirect;
    quoth_spf_at(s, s->depth, &t);
    spf_term_asks(s, &t);
}

static void spf_term(struct quoth_spf *s)
{
    struct quoth_spf_frame *f = spf_top(s);
    struct quoth_spf_term t;
    size_t at = f->at;

    f->term = f->at;
    if (quoth_spf_term(&t, s->arena + f->text, f->n, &at) == 0) {
        spf_term_last(s);
        return;
    }
    f->at = (uint16_t)at;
    switch ((enum quoth_spf_kind)t.kind) {
    case QUOTH_SPF_ALL: spf_match(s); break;
    case QUOTH_SPF_IP4:
    case QUOTH_SPF_IP6:
        if (quoth_cidr_holds(&t.net, &s->ip))
            spf_match(s);
        break;
    case QUOTH_SPF_INCLUDE:
    case QUOTH_SPF_A:
    case QUOTH_SPF_MX:
    case QUOTH_SPF_PTR:
    case QUOTH_SPF_EXISTS: spf_term_asks(s, &t); break;
    case QUOTH_SPF_REDIRECT:
    case QUOTH_SPF_EXP:
    case QUOTH_SPF_OTHER: break;
    }
}

/* ---- names that wait: hosts of an mx, names of the client ---------------- */

/* The answer is a list of names, which stays while their addresses are asked for. */
static void spf_list(struct quoth_spf *s)
{
    s->list = s->set.used;
    s->list_at = 0;
    s->listed = 0;
}

/* The next of ten names; `skip`: bytes in front of each. 0: that was the last. */
static int spf_list_next(struct quoth_spf *s, size_t skip, struct quoth_name *name)
{
    const struct quoth_rrset list = {.buf = (uint8_t *)s->arena + s->used, .used = s->list};
    struct quoth_span data;
    size_t at = s->list_at;

    if (s->listed == SPF_HOSTS_MAX || !quoth_rrset_next(&list, &at, &data))
        return 0;
    s->list_at = (uint16_t)at;
    s->listed++;
    return quoth_name_read(name, data.p + skip, data.n - skip) > 0;
}

/* The root is the null MX (RFC 7505): no host. A walk asks for IPv6, to count what other receivers
 * would. */
static void spf_next_host(struct quoth_spf *s)
{
    struct quoth_name name;
    uint16_t type = s->ip.len ? spf_address_type(s) : QUOTH_DNS_AAAA;

    while (spf_list_next(s, 2, &name)) {
        if (name.n == 1 || (!s->ip.len && s->conf->resolver->no_aaaa))
            continue;
        spf_ask(s, &name, type, SPF_FOR_HOST);
        return;
    }
    spf_no_match(s);
}

static void spf_answer_mx(struct quoth_spf *s)
{
    if (s->set.n > SPF_HOSTS_MAX) {
        spf_wrong(s, QUOTH_SPF_WHY_HOSTS);
    } else if (s->set.flags & QUOTH_SET_CUT) {
        spf_unknown(s, QUOTH_SPF_WHY_TOO_BIG);
    } else {
        spf_list(s);
        spf_next_host(s);
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
static void spf_ptr_over(struct quoth_spf *s, int found)
{
    s->list = 0;
    if (!(s->flags & SPF_FOR_P)) {
        if (found)
            spf_match(s);
        else
            spf_no_match(s);
        return;
    }
    s->flags = SPF_AGAIN | SPF_KNOWS_P;
    s->valid.n = 0;
    if (found)
        s->valid = s->asked;
    s->state = SPF_TERM;
}

/* The domain itself first, then names below it; others are good for the macro alone (7.3). */
static void spf_next_name(struct quoth_spf *s)
{
    struct quoth_name name;

    for (; s->pass <= 2; s->pass++) {
        while (spf_list_next(s, 0, &name)) {
            int below = spf_below(&name, &s->target);
            if (below != 2 - s->pass || (below == 0 && !(s->flags & SPF_FOR_P)))
                continue;
            spf_ask(s, &name, spf_address_type(s), SPF_FOR_NAME);
            return;
        }
        s->list_at = 0;
        s->listed = 0;
    }
    spf_ptr_over(s, 0);
}

/* A failure is no match (5.5): the client's zone is no business of the domain's. */
static void spf_answer_ptr(struct quoth_spf *s)
{
    if (s->set.answer == QUOTH_ANSWER_DATA) {
        spf_list(s);
        s->pass = 0;
        spf_next_name(s);
    } else if (spf_is_empty(s) && !(s->flags & SPF_FOR_P)) {
        spf_void(s);
    } else {
        spf_ptr_over(s, 0);
    }
}

/* ---- answers ------------------------------------------------------------ */

static void spf_answer_a(struct quoth_spf *s)
{
    struct quoth_name name = s->asked;

    if (!spf_is_empty(s))
        spf_no_match(s);
    else if (!s->ip.len && s->type == QUOTH_DNS_A && !s->conf->resolver->no_aaaa)
        spf_ask(s, &name, QUOTH_DNS_AAAA, SPF_FOR_A);
    else
        spf_void(s);
}

static void spf_answer_data(struct quoth_spf *s)
{
    const enum spf_task task = (enum spf_task)s->task;

    if (task == SPF_FOR_RECORD) {
        spf_answer_record(s);
    } else if (task == SPF_FOR_MX && !spf_is_empty(s)) {
        spf_answer_mx(s);
    } else if (task == SPF_FOR_A || task == SPF_FOR_HOST) {
        if (spf_holds_for_term(s))
            spf_match(s);
        else if (s->ip.len && s->set.flags & QUOTH_SET_CUT)
            spf_unknown(s, QUOTH_SPF_WHY_TOO_BIG);
        else if (task == SPF_FOR_A)
            spf_answer_a(s);
        else
            spf_next_host(s);
    } else if (spf_is_empty(s)) {
        spf_void(s);
    } else if (s->ip.len) { /* exists */
        spf_match(s);
    } else {
        spf_no_match(s);
    }
}

static void spf_answer(struct quoth_spf *s)
{
    s->answer = s->set.answer;
    if (s->set.ttl < s->ttl)
        s->ttl = s->set.ttl;
    if (s->queries == 1) /* the domain's own record */
        s->bytes = (uint16_t)(s->set.bytes + SPF_MESSAGE + s->asked.n);
    if (s->task == SPF_FOR_PTR) {
        spf_answer_ptr(s);
    } else if (s->task == SPF_FOR_NAME) { /* a failure: that name is skipped (5.5) */
        if (spf_holds(s, s->ip.len * 8u))
            spf_ptr_over(s, 1);
        else
            spf_next_name(s);
    } else if (s->set.answer == QUOTH_ANSWER_DATA || spf_is_empty(s)) {
        if (s->task == SPF_FOR_HOST && !s->ip.len && spf_is_empty(s))
            spf_more(&s->voids6);
        spf_answer_data(s);
    } else if (s->task == SPF_FOR_HOST && !s->ip.len) {
        spf_next_host(s); /* it was only for counting */
    } else {
        spf_unknown(s, QUOTH_SPF_WHY_DNS);
    }
}

/* ---- the machine -------------------------------------------------------- */

/* Until there is something to ask, or nothing left. */
static void spf_go(struct quoth_spf *s)
{
    while (s->state <= SPF_ANSWER)
        if (s->state == SPF_TERM)
            spf_term(s);
        else
            spf_answer(s);
}

/* The end of a text that is too long for any use of it. */
static struct quoth_span spf_tail(const char *text, size_t n, size_t max)
{
    return n > max ? spf_span(text + n - max, max) : spf_span(text, n);
}

/* Who sends, in two halves (4.3). */
static void spf_sender(struct quoth_spf *s)
{
    const char *from = s->conf->from ? s->conf->from : "", *helo = s->conf->helo;
    size_t n = strlen(from), at = n;

    while (at > 0 && from[at - 1] != '@')
        at--;
    s->local = spf_span(spf_postmaster, sizeof spf_postmaster - 1);
    if (at > 1)
        s->local = spf_tail(from, at - 1, SPF_LOCAL_MAX);
    s->origin = spf_tail(from + at, n - at, 255);
    if (n == 0 && helo)
        s->origin = spf_tail(helo, strlen(helo), 255);
}

void quoth_spf_start(struct quoth_spf *s, const struct quoth_spf_conf *conf, const uint8_t seed[16],
                     uint64_t now)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct quoth_span domain;
    struct quoth_name name;

    memset(s, 0, sizeof *s);
    s->conf = conf;
    s->now = now;
    s->end = now + SPF_MS;
    s->ttl = UINT32_MAX;
    s->ip = conf->ip;
    if (s->ip.len == 16 && !memcmp(s->ip.b, mapped, sizeof mapped)) { /* 5 */
        s->ip.len = 4;
        memmove(s->ip.b, s->ip.b + 12, 4);
    }
    spf_sender(s);
    domain = conf->domain ? spf_span(conf->domain, strlen(conf->domain)) : s->origin;
    if (domain.n && domain.p[domain.n - 1] == '.')
        domain.n--;
    if (domain.n <= SPF_NAME_MAX && domain.n) {
        memcpy(s->arena, domain.p, domain.n);
        s->frame[0].name_n = s->used = (uint16_t)domain.n;
    }
    if (quoth_name_parse(&name, s->arena, s->used) != QUOTH_OK || !quoth_name_is_host(&name)) {
        spf_finish(s, QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_DOMAIN);
        return;
    }
    if (!seed) {
        spf_unknown(s, QUOTH_SPF_WHY_ENTROPY);
        return;
    }
    quoth_random_seed(&s->rnd, seed);
    spf_ask(s, &name, QUOTH_DNS_TXT, SPF_FOR_RECORD);
    spf_go(s);
}

void quoth_spf_lend(struct quoth_spf *s, void *buf, size_t cap)
{
    s->big = buf;
    s->big_cap = (uint16_t)(cap < UINT16_MAX ? cap : UINT16_MAX);
    if (s->state == SPF_ASK)
        quoth_lookup_lend(&s->lookup, buf, cap);
}

void quoth_spf_want(const struct quoth_spf *s, struct quoth_want *w)
{
    if (s->state == SPF_ASK) {
        quoth_lookup_want(&s->lookup, w);
        if (w->deadline > s->end)
            w->deadline = s->end;
        return;
    }
    quoth_want_end(w, s->state == SPF_DONE);
}

/* The cache learns the answer; NONE: that there will be none. */
static void spf_keep(struct quoth_spf *s, uint64_t now)
{
    const struct quoth_question question = {&s->asked, s->type, 0};

    if (s->conf->cache)
        quoth_setcache_put(s->conf->cache, &question, &s->set, now);
}

int quoth_spf_feed(struct quoth_spf *s, const struct quoth_event *ev)
{
    struct quoth_want w;
    int rc;

    if (s->state == SPF_SHUT && ev->kind == QUOTH_EV_DOWN) {
        s->answer = QUOTH_ANSWER_TIMEOUT;
        s->set.answer = QUOTH_ANSWER_NONE;
        spf_keep(s, ev->now);
        spf_unknown(s, QUOTH_SPF_WHY_TOO_BIG);
        return QUOTH_OK;
    }
    if (s->state != SPF_ASK)
        return QUOTH_EINVAL;
    if (ev->kind == QUOTH_EV_TIME && ev->now >= s->end) {
        s->state = SPF_SHUT; /* the whole took too long: close what is open */
        return QUOTH_OK;
    }
    rc = quoth_lookup_feed_set(&s->lookup, ev, &s->set);
    if (rc < 0)
        return rc;
    quoth_lookup_want(&s->lookup, &w);
    if (w.kind != QUOTH_WANT_DONE)
        return QUOTH_OK;
    s->queries = (uint8_t)(s->queries + s->lookup.asked - 1);
    spf_keep(s, ev->now);
    s->now = ev->now;
    s->state = SPF_ANSWER;
    spf_go(s);
    return QUOTH_OK;
}

/* ---- how the chain stands ------------------------------------------------ */

struct quoth_span quoth_spf_name(const struct quoth_spf *s, unsigned i)
{
    return spf_span(s->arena + s->frame[i].name, s->frame[i].name_n);
}

struct quoth_span quoth_spf_record(const struct quoth_spf *s, unsigned i)
{
    return spf_span(s->arena + s->frame[i].text, s->frame[i].n);
}
