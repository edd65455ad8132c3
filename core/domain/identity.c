/* identity.c - our own address as others see it: its names, the name we say, SPF, block lists.
 *
 *   PTR of the address --> A or AAAA of each name: does it lead back?
 *   A and AAAA of the name in EHLO --> is one of them ours?
 *   SPF of the sender, then of that name, for the address
 *   of each block list: its two test entries (RFC 5782 5) --> the address --> TXT, if it is listed
 *
 * Facts alone are written here; identity_judge.c says what they come to. A list whose test entries
 * are not as they have to be is dead, or somebody else answers in its place: what it says of the
 * address is not even asked.
 *
 * SPDX-License-Identifier: MIT */
#include "inquiry.h"
#include "words.h"

enum identity_step {
    IDENTITY_STEP_PTR,
    IDENTITY_STEP_LEADS, /* each of its names */
    IDENTITY_STEP_HELO,  /* A, AAAA */
    IDENTITY_STEP_SPF,   /* of the sender, of the name in EHLO */
    IDENTITY_STEP_LISTS, /* IDENTITY_LIST_* of each */
    IDENTITY_STEPS
};
enum { IDENTITY_LIST_YES, IDENTITY_LIST_NO, IDENTITY_LIST_US, IDENTITY_LIST_WORDS, IDENTITY_LIST };
enum { IDENTITY_MS = 60000, IDENTITY_WORDS = 200, IDENTITY_NOT_ASKED = 255 };

_Static_assert(!QUOTH_HEALTH || sizeof(void *) > 4 || sizeof(struct quoth_identity) <= 3584,
               "our own address in 3.5 KB of a board");

static const uint8_t identity_checks[IDENTITY_STEPS] = {QUOTH_IDENTITY_PTR, QUOTH_IDENTITY_PTR,
                                                        QUOTH_IDENTITY_HELO, QUOTH_IDENTITY_SPF,
                                                        QUOTH_IDENTITY_LISTS};

const char *quoth_listing_name(enum quoth_listing listing)
{
    return quoth_word_at("not_asked\0clean\0listed\0provider\0dead\0rewritten\0no_zone\0"
                         "public_resolver\0limit\0error\0failed\0",
                         listing);
}

/* ---- texts ---------------------------------------------------------------- */

static struct quoth_part identity_keep(struct quoth_identity_facts *facts, const char *p, size_t n)
{
    const struct quoth_part part = {facts->used, (uint16_t)n};

    if (n >= sizeof facts->text - facts->used)
        return (struct quoth_part) {0, 0};
    memcpy(facts->text + facts->used, p, n);
    facts->used = (uint16_t)(facts->used + n);
    facts->text[facts->used++] = 0;
    return part;
}

/* ---- of whom the next question is ------------------------------------------ */

/* An address in front of a list's name: its octets or nibbles the other way round (RFC 5782 2.1,
 * 2.4), without what the name of a PTR record ends in. */
static int identity_list_name(const struct quoth_ip *ip, const char *zone, struct quoth_name *name)
{
    const uint8_t tail = ip->len == 4 ? 14 : 10; /* in-addr.arpa., ip6.arpa., and their lengths */
    struct quoth_name below;

    if (quoth_name_parse(&below, zone, strlen(zone)) != QUOTH_OK ||
        quoth_name_reverse(name, ip) != QUOTH_OK || name->n - tail + below.n > (int)sizeof name->b)
        return 0;
    memcpy(name->b + name->n - tail, below.b, below.n);
    name->n = (uint8_t)(name->n - tail + below.n);
    return 1;
}

/* Name servers that anybody may ask, and through which Spamhaus answers nobody. */
static int identity_is_public(const struct quoth_resolver *res)
{
    static const uint8_t v4[][4] = {{1, 0, 0, 1},        {1, 1, 1, 1},       {8, 8, 4, 4},
                                    {8, 8, 8, 8},        {9, 9, 9, 9},       {149, 112, 112, 112},
                                    {208, 67, 220, 220}, {208, 67, 222, 222}};
    static const uint8_t v6[][4] = {
        {0x26, 0x06, 0x47, 0}, {0x20, 1, 0x48, 0x60}, {0x26, 0x20, 0, 0xfe}, {0x26, 0x20, 1, 0x19}};

    for (unsigned i = 0; i < res->servers; i++) {
        const struct quoth_ip *ip = &res->server[i].peer.ip;
        for (size_t k = 0; ip->len == 4 && k < sizeof v4 / sizeof *v4; k++)
            if (!memcmp(ip->b, v4[k], 4))
                return 1;
        for (size_t k = 0; ip->len == 16 && k < sizeof v6 / sizeof *v6; k++)
            if (!memcmp(ip->b, v6[k], 4))
                return 1;
    }
    return 0;
}

static int identity_ends(const char *zone, const char *end)
{
    const size_t n = strlen(zone), m = strlen(end);

    return n >= m && quoth_same(zone + n - m, m, end, m) && (n == m || zone[n - m - 1] == '.');
}

/* The next question about a list that has more to say. */
static int identity_lists(struct quoth_identity *identity)
{
    static const struct quoth_ip tests[] = {{4, {127, 0, 0, 2}}, {4, {127, 0, 0, 1}}};
    struct quoth_identity_facts *facts = &identity->facts;

    for (;; identity->sub++) {
        const unsigned at = identity->sub / IDENTITY_LIST, which = identity->sub % IDENTITY_LIST;
        struct quoth_fact_listing *list = &facts->zone[at];
        const char *zone = facts->text + list->zone.at;
        if (at >= facts->zones)
            return 0;
        if (which == 0 && identity_ends(zone, "spamhaus.org") &&
            identity_is_public(identity->conf->resolver))
            list->listing = QUOTH_LISTING_PUBLIC;
        if (which == IDENTITY_LIST_WORDS
                ? list->listing != QUOTH_LISTING_LISTED && list->listing != QUOTH_LISTING_PROVIDER
                : list->listing != QUOTH_LISTING_UNASKED)
            continue;
        identity->inquiry.spf.ask.question.type =
            which == IDENTITY_LIST_WORDS ? QUOTH_DNS_TXT : QUOTH_DNS_A;
        if (identity_list_name(which < IDENTITY_LIST_US ? &tests[which] : &facts->ip, zone,
                               &identity->inquiry.spf.ask.name))
            return 1;
        list->listing = QUOTH_LISTING_ZONE;
    }
}

/* SPF of the sender, of which the null one is that of the name in EHLO (RFC 7208 2.4), and then of
 * that name. 0: neither is left. */
static int identity_spf(struct quoth_identity *identity)
{
    const struct quoth_identity_conf *conf = identity->conf;

    if (identity->sub == 0 && (!conf->from || (!*conf->from && identity->facts.helo_fault)))
        identity->sub = 1;
    identity->inquiry.conf.from = identity->sub ? NULL : conf->from;
    return identity->sub == 0 || (identity->sub == 1 && conf->helo && !identity->facts.helo_fault);
}

/* Is there another question in this step? It goes to asked and type. */
static int identity_next(struct quoth_identity *identity)
{
    struct quoth_identity_facts *facts = &identity->facts;
    struct quoth_part of = facts->helo;

    switch ((enum identity_step)identity->step) {
    case IDENTITY_STEP_PTR:
        identity->inquiry.spf.ask.question.type = QUOTH_DNS_PTR;
        return !identity->sub &&
               quoth_name_reverse(&identity->inquiry.spf.ask.name, &facts->ip) == QUOTH_OK;
    case IDENTITY_STEP_LEADS:
        identity->inquiry.spf.ask.question.type = facts->ip.len == 4 ? QUOTH_DNS_A : QUOTH_DNS_AAAA;
        if (identity->sub >= facts->names)
            return 0;
        of = facts->name[identity->sub].name;
        break;
    case IDENTITY_STEP_HELO:
        identity->inquiry.spf.ask.question.type = identity->sub ? QUOTH_DNS_AAAA : QUOTH_DNS_A;
        if (identity->sub > 1 || facts->helo_fault == QUOTH_HELO_BARE)
            return 0;
        break;
    case IDENTITY_STEP_SPF: return identity_spf(identity);
    default: return identity_lists(identity);
    }
    return of.n &&
           quoth_name_parse(&identity->inquiry.spf.ask.name, facts->text + of.at, of.n) == QUOTH_OK;
}

/* ---- answers ---------------------------------------------------------------- */

static int identity_holds(const struct quoth_rrset *set, const struct quoth_ip *ip)
{
    struct quoth_span data;

    for (size_t at = 0; quoth_rrset_next(set, &at, &data);)
        if (data.n == ip->len && !memcmp(data.p, ip->b, data.n))
            return 1;
    return 0;
}

/* Does a word say that the name is made by rule, or do three numbers of the address stand in it? */
static int identity_is_generic(const char *name, size_t n, const struct quoth_ip *ip)
{
    static const char words[][10] = {"dyn",   "dynamic", "pool", "dhcp",      "dsl", "adsl",
                                     "cable", "dialup",  "ppp",  "broadband", "dip"};
    unsigned numbers = 0;

    for (size_t at = 0, end; at < n; at = end) {
        const int digit = quoth_is_digit((uint8_t)name[at]);
        unsigned value = 0, same = 0;
        for (end = at; end < n && quoth_is_alnum((uint8_t)name[end]) &&
                       quoth_is_digit((uint8_t)name[end]) == digit && end - at < 12;
             end++)
            value = value * 10 + (unsigned)(name[end] - '0');
        for (int i = 0; digit && i < 4; i++)
            same |= ip->len == 4 && ip->b[i] == value;
        numbers += same;
        for (size_t i = 0; !digit && i < sizeof words / sizeof *words; i++)
            if (quoth_same(name + at, end - at, words[i], strlen(words[i])))
                return 1;
        end += end == at;
    }
    return numbers > 2;
}

static void identity_take_ptr(struct quoth_identity *identity, const struct quoth_rrset *set)
{
    struct quoth_identity_facts *facts = &identity->facts;
    struct quoth_span data;
    struct quoth_name name;
    char text[256];
    int n;

    facts->ptr = set->answer;
    facts->ptrs = (uint8_t)(set->n < UINT8_MAX ? set->n : UINT8_MAX);
    for (size_t at = 0; facts->names < QUOTH_IDENTITY_NAMES && quoth_rrset_next(set, &at, &data);) {
        struct quoth_fact_name *out = &facts->name[facts->names];
        n = quoth_name_read(&name, data.p, data.n);
        if (n >= 0)
            n = quoth_name_text(&name, text, sizeof text);
        if (n <= 0)
            continue;
        out->name = identity_keep(facts, text, (size_t)n);
        if (!out->name.n)
            continue;
        out->generic = (uint8_t)identity_is_generic(text, (size_t)n, &facts->ip);
        if (quoth_same(text, (size_t)n, facts->text + facts->helo.at, facts->helo.n))
            facts->helo_ptr = 1;
        facts->names++;
    }
}

/* What an address in a list's answer means. Codes of Spamhaus: 10 and 11 are networks whose owners
 * say that no mail comes from there. */
static enum quoth_listing identity_code(const char *zone, const uint8_t code[4])
{
    static const uint8_t rows[] = {[252 - 252] = QUOTH_LISTING_ZONE,
                                   [253 - 252] = QUOTH_LISTING_ERROR,
                                   [254 - 252] = QUOTH_LISTING_PUBLIC,
                                   [255 - 252] = QUOTH_LISTING_LIMIT};
    const int spamhaus =
        identity_ends(zone, "spamhaus.org") || identity_ends(zone, "dq.spamhaus.net");

    if (code[0] != 127)
        return QUOTH_LISTING_REWRITTEN;
    if (code[1] == 255 && code[2] == 255)
        return code[3] < 252 ? QUOTH_LISTING_ERROR : (enum quoth_listing)rows[code[3] - 252];
    if (!code[1] && !code[2] && code[3] < 2)
        return QUOTH_LISTING_ERROR;
    return spamhaus && !code[1] && !code[2] && (code[3] == 10 || code[3] == 11)
               ? QUOTH_LISTING_PROVIDER
               : QUOTH_LISTING_LISTED;
}

/* The answer of a list in one word: a listing by its first code that is one, else what is wrong. */
static enum quoth_listing identity_listing(const struct quoth_rrset *set, const char *zone,
                                           uint8_t code[4])
{
    enum quoth_listing best = QUOTH_LISTING_UNASKED;
    struct quoth_span data;

    if (set->answer == QUOTH_ANSWER_NXDOMAIN || set->answer == QUOTH_ANSWER_NODATA)
        return QUOTH_LISTING_CLEAN;
    for (size_t at = 0; quoth_rrset_next(set, &at, &data);) {
        const enum quoth_listing one = identity_code(zone, (const uint8_t *)data.p);
        if (best != QUOTH_LISTING_UNASKED && best <= one)
            continue;
        best = one;
        memcpy(code, data.p, 4);
    }
    return best ? best : QUOTH_LISTING_FAILED;
}

static void identity_take_list(struct quoth_identity *identity, const struct quoth_rrset *set)
{
    struct quoth_fact_listing *list = &identity->facts.zone[identity->sub / IDENTITY_LIST];
    const unsigned which = identity->sub % IDENTITY_LIST;
    enum quoth_listing said;
    struct quoth_span data;
    size_t at = 0;

    if (which == IDENTITY_LIST_WORDS) {
        if (quoth_rrset_next(set, &at, &data))
            list->words = identity_keep(&identity->facts, data.p,
                                        data.n < IDENTITY_WORDS ? data.n : IDENTITY_WORDS);
        return;
    }
    said = identity_listing(set, identity->facts.text + list->zone.at, list->code);
    list->answer = set->answer;
    if (which == IDENTITY_LIST_US || said > QUOTH_LISTING_PROVIDER)
        list->listing = (uint8_t)said;
    else if ((said == QUOTH_LISTING_CLEAN) != (which == IDENTITY_LIST_NO))
        list->listing = QUOTH_LISTING_DEAD;
}

/* What was asked is over. */
static void identity_take(struct quoth_identity *identity)
{
    struct quoth_identity_facts *facts = &identity->facts;
    const struct quoth_rrset *set = &identity->inquiry.spf.ask.set;

    switch ((enum identity_step)identity->step) {
    case IDENTITY_STEP_PTR: identity_take_ptr(identity, set); break;
    case IDENTITY_STEP_LEADS:
        facts->name[identity->sub].answer = set->answer;
        facts->name[identity->sub].leads = (uint8_t)identity_holds(set, &facts->ip);
        break;
    case IDENTITY_STEP_HELO:
        *(identity->sub ? &facts->helo_aaaa : &facts->helo_a) = set->answer;
        facts->helo_ours |= (uint8_t)identity_holds(set, &facts->ip);
        break;
    case IDENTITY_STEP_LISTS: identity_take_list(identity, set); break;
    case IDENTITY_STEP_SPF:
        *(identity->sub ? &facts->spf_helo : &facts->spf) = identity->inquiry.spf.result;
        break;
    case IDENTITY_STEPS: break;
    }
    identity->sub++;
}

/* ---- the machine ------------------------------------------------------------- */

/* Until there is something to wait for, or nothing left. */
static void identity_go(struct quoth_identity *identity)
{
    struct quoth_inquiry *inquiry = &identity->inquiry;

    while (inquiry->state == QUOTH_INQUIRY_IDLE) {
        identity->facts.queries = inquiry->queries;
        if (identity->step == IDENTITY_STEPS) {
            inquiry->state = QUOTH_INQUIRY_DONE;
        } else if (!(identity->facts.checks & identity_checks[identity->step]) ||
                   !identity_next(identity)) {
            identity->step++;
            identity->sub = 0;
        } else if (identity->step == IDENTITY_STEP_SPF ? quoth_inquiry_spf(inquiry)
                                                       : quoth_inquiry_ask(inquiry, 0, NULL)) {
            identity_take(identity);
        }
    }
}

static void identity_texts(struct quoth_identity *identity)
{
    const struct quoth_identity_conf *conf = identity->conf;
    struct quoth_identity_facts *facts = &identity->facts;
    size_t at = conf->from ? strlen(conf->from) : 0;
    struct quoth_name name;

    while (at && conf->from[at - 1] != '@')
        at--;
    if (at)
        facts->from = identity_keep(facts, conf->from + at, strlen(conf->from + at));
    if (conf->helo) {
        const size_t n = strlen(conf->helo);
        facts->helo = identity_keep(facts, conf->helo, n);
        if (!memchr(conf->helo, '.', n) || quoth_name_parse(&name, conf->helo, n) != QUOTH_OK ||
            !quoth_name_is_host(&name))
            facts->helo_fault = QUOTH_HELO_BARE;
        else if (quoth_list_domain(conf->helo, n) & QUOTH_LIST_FREE)
            facts->helo_fault = QUOTH_HELO_PROVIDER;
    }
    for (unsigned i = 0; conf->zones && conf->zones[i] && i < QUOTH_IDENTITY_ZONES; i++)
        facts->zone[facts->zones++].zone =
            identity_keep(facts, conf->zones[i], strlen(conf->zones[i]));
}

void quoth_identity_start(struct quoth_identity *identity, const struct quoth_identity_conf *conf,
                          const uint8_t seed[16], uint64_t now)
{
    struct quoth_identity_facts *facts = &identity->facts;

    memset(identity, 0, sizeof *identity);
    identity->conf = conf;
    facts->ip = conf->ip;
    facts->checks = conf->checks ? conf->checks : QUOTH_IDENTITY_ALL;
    if (!quoth_target_ok(&conf->targets, &facts->ip)) /* what others see is another one */
        facts->checks &= QUOTH_IDENTITY_HELO;
    facts->spf = facts->spf_helo = IDENTITY_NOT_ASKED;
    facts->used = 1; /* a text that there is not is the empty one at 0 */
    identity_texts(identity);
    identity->inquiry.conf =
        (struct quoth_spf_conf) {.resolver = conf->resolver, .ip = conf->ip, .helo = conf->helo};
    quoth_inquiry_start(&identity->inquiry, seed, now,
                        conf->total_ms ? conf->total_ms : IDENTITY_MS);
    identity_go(identity);
}

void quoth_identity_lend(struct quoth_identity *identity, void *buf, size_t cap)
{
    quoth_ask_lend(&identity->inquiry.spf.ask, buf, cap);
}

void quoth_identity_want(const struct quoth_identity *identity, struct quoth_want *want)
{
    quoth_inquiry_want(&identity->inquiry, want);
}

int quoth_identity_feed(struct quoth_identity *identity, const struct quoth_event *ev)
{
    const int rc = quoth_inquiry_feed(&identity->inquiry, ev);

    if (rc == QUOTH_ASK_LATE) {
        identity->facts.late = 1;
        identity->facts.queries = identity->inquiry.queries;
    }
    if (rc == QUOTH_ASK_OVER) {
        identity_take(identity);
        identity_go(identity);
    }
    return rc < 0 ? rc : QUOTH_OK;
}
