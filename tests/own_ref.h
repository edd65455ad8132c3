/* own_ref.h - plain references for core/domain/identity.c and identity_judge.c, for own_test.c:
 * what is known of our own address when a zone is simply looked at, and each finding with when it
 * is one.
 *
 *   zone, conf --> own_facts: PTR, EHLO, SPF, lists --> own_findings: when what is found
 *
 * Questions go through ref_ask() of spf_ref.h, which notes them, so that the machine must ask the
 * same ones in the same order.
 *
 * SPDX-License-Identifier: MIT */
#ifndef OWN_REF_H
#define OWN_REF_H

#include "spf_ref.h"

enum { OWN_SAID = 60 };

struct own_name {
    char text[256];
    uint8_t answer;
    int leads, generic;
};
struct own_list {
    const char *zone;
    char words[300];
    enum quoth_listing listing;
    uint8_t answer, code[4];
};

struct own {
    struct ref_spf ref; /* whose questions these are */
    const struct quoth_identity_conf *conf;
    uint8_t ptr, helo_a, helo_aaaa, helo_fault, spf, spf_helo;
    unsigned ptrs, names, zones, queries;
    int helo_ours, helo_ptr;
    struct own_name name[QUOTH_IDENTITY_NAMES];
    struct own_list list[QUOTH_IDENTITY_ZONES];
};

/* ---- questions ----------------------------------------------------------------- */

static uint8_t own_ask(struct own *own, const struct quoth_name *name, uint16_t type,
                       struct ref_set *set)
{
    int exists = 0;

    own->queries++;
    own->ref.queries = 0;
    ref_ask(&own->ref, name, type, set);
    if (set->failed)
        return QUOTH_ANSWER_SERVFAIL;
    for (unsigned i = 0; i < own->ref.w->records; i++)
        exists |= spf_world_owns(&own->ref.w->rr[i].owner, name);
    if (set->n)
        return QUOTH_ANSWER_DATA;
    return exists || spf_world_above(own->ref.w, name) ? QUOTH_ANSWER_NODATA
                                                       : QUOTH_ANSWER_NXDOMAIN;
}

static int own_is_ours(const struct own *own, const struct ref_set *set)
{
    for (unsigned i = 0; i < set->n; i++)
        if (set->rr[i]->n == own->conf->ip.len &&
            !memcmp(set->rr[i]->data, own->conf->ip.b, set->rr[i]->n))
            return 1;
    return 0;
}

/* ---- names ------------------------------------------------------------------------ */

/* Runs of letters, and of digits; of more than 12 bytes they are several. */
static int own_generic(const char *name, const struct quoth_ip *ip)
{
    static const char words[] = " dyn dynamic pool dhcp dsl adsl cable dialup ppp broadband dip ";
    unsigned numbers = 0;

    for (const char *at = name; *at;) {
        const size_t digits = strspn(at, "0123456789"),
                     letters = strspn(at, "abcdefghijklmnopqrstuvwxyz");
        const size_t run = digits + letters > 12 ? 12 : digits + letters;
        char one[20];
        if (letters) {
            snprintf(one, sizeof one, " %.*s ", (int)run, at);
            if (strstr(words, one))
                return 1;
        }
        if (digits && ip->len == 4) {
            unsigned value;
            snprintf(one, sizeof one, "%.*s", (int)run, at);
            value = (unsigned)strtoull(one, NULL, 10);
            numbers +=
                value == ip->b[0] || value == ip->b[1] || value == ip->b[2] || value == ip->b[3];
        }
        at += run ? run : 1;
    }
    return numbers >= 3;
}

static void own_names(struct own *own)
{
    const struct quoth_ip *ip = &own->conf->ip;
    struct quoth_name name;
    struct ref_set set, addresses;

    if (quoth_name_reverse(&name, ip) != QUOTH_OK)
        return;
    own->ptr = own_ask(own, &name, QUOTH_DNS_PTR, &set);
    own->ptrs = set.n;
    own->names = set.n < QUOTH_IDENTITY_NAMES ? set.n : QUOTH_IDENTITY_NAMES;
    for (unsigned i = 0; i < own->names; i++) {
        struct own_name *out = &own->name[i];
        quoth_name_read(&name, set.rr[i]->data, set.rr[i]->n);
        quoth_name_text(&name, out->text, sizeof out->text);
        out->generic = own_generic(out->text, ip);
        own->helo_ptr |= own->conf->helo && quoth_same(out->text, strlen(out->text),
                                                       own->conf->helo, strlen(own->conf->helo));
        out->answer = own_ask(own, &name, ip->len == 4 ? QUOTH_DNS_A : QUOTH_DNS_AAAA, &addresses);
        out->leads = own_is_ours(own, &addresses);
    }
}

static void own_helo(struct own *own)
{
    struct quoth_name name;
    struct ref_set set;

    if (!own->conf->helo || own->helo_fault == QUOTH_HELO_BARE)
        return;
    quoth_name_parse(&name, own->conf->helo, strlen(own->conf->helo));
    own->helo_a = own_ask(own, &name, QUOTH_DNS_A, &set);
    own->helo_ours = own_is_ours(own, &set);
    own->helo_aaaa = own_ask(own, &name, QUOTH_DNS_AAAA, &set);
    own->helo_ours |= own_is_ours(own, &set);
}

static uint8_t own_spf(struct own *own, const char *from)
{
    static struct ref_spf inner;
    const struct quoth_spf_conf conf = {.ip = own->conf->ip, .from = from, .helo = own->conf->helo};

    memset(&inner, 0, sizeof inner);
    inner.asked = own->ref.asked;
    inner.last = own->ref.last;
    inner.last_type = own->ref.last_type;
    ref_check_more(&inner, own->ref.w, &conf);
    own->queries += inner.queries;
    own->ref.asked = inner.asked;
    own->ref.last = inner.last;
    own->ref.last_type = inner.last_type;
    return (uint8_t)inner.result;
}

/* ---- block lists ---------------------------------------------------------------------- */

static int own_is_below(const char *zone, const char *end)
{
    const size_t n = strlen(zone), m = strlen(end);

    return n >= m && quoth_same(zone + n - m, m, end, m) && (n == m || zone[n - m - 1] == '.');
}

static int own_public(const struct quoth_resolver *res)
{
    static const char *const fronts[] = {
        "1.0.0.1",    "1.1.1.1",         "8.8.4.4",        "8.8.8.8",
        "9.9.9.9",    "149.112.112.112", "208.67.220.220", "208.67.222.222",
        "2606:4700:", "2001:4860:",      "2620:fe:",       "2620:119:"};

    for (unsigned i = 0; i < res->servers; i++) {
        char text[64] = "";
        const struct quoth_ip *ip = &res->server[i].peer.ip;
        quoth_ip_text(ip, text, sizeof text);
        for (size_t k = 0; k < sizeof fronts / sizeof *fronts; k++)
            if (ip->len == 16
                    ? strchr(fronts[k], ':') && !strncmp(text, fronts[k], strlen(fronts[k]))
                    : !strcmp(text, fronts[k]))
                return 1;
    }
    return 0;
}

/* RFC 5782 2.3, and what lists say beside that. */
static enum quoth_listing own_code(const char *zone, const uint8_t *code)
{
    const unsigned number = (unsigned)code[1] << 16 | (unsigned)code[2] << 8 | code[3];

    if (code[0] != 127)
        return QUOTH_LISTING_REWRITTEN;
    switch (number) {
    case 0xfffffc: return QUOTH_LISTING_ZONE;
    case 0xfffffe: return QUOTH_LISTING_PUBLIC;
    case 0xffffff: return QUOTH_LISTING_LIMIT;
    default: break;
    }
    if (number <= 1 || number >= 0xffff00)
        return QUOTH_LISTING_ERROR;
    if ((number == 10 || number == 11) &&
        (own_is_below(zone, "spamhaus.org") || own_is_below(zone, "dq.spamhaus.net")))
        return QUOTH_LISTING_PROVIDER;
    return QUOTH_LISTING_LISTED;
}

/* The word for an answer; its code goes to the list. */
static enum quoth_listing own_says(struct own_list *list, const struct ref_set *set)
{
    enum quoth_listing best = QUOTH_LISTINGS;

    if (list->answer == QUOTH_ANSWER_NXDOMAIN || list->answer == QUOTH_ANSWER_NODATA)
        return QUOTH_LISTING_CLEAN;
    for (unsigned i = 0; i < set->n; i++) {
        const enum quoth_listing one = own_code(list->zone, set->rr[i]->data);
        if (one < best)
            memcpy(list->code, set->rr[i]->data, 4);
        best = one < best ? one : best;
    }
    return best == QUOTH_LISTINGS ? QUOTH_LISTING_FAILED : best;
}

/* The name to ask for; 0: it is too long. */
static int own_list_name(const struct quoth_ip *ip, const char *zone, struct quoth_name *name)
{
    char text[600] = "";

    for (unsigned i = ip->len; i-- > 0;)
        if (ip->len == 4)
            sprintf(text + strlen(text), "%u.", ip->b[i]);
        else
            sprintf(text + strlen(text), "%x.%x.", ip->b[i] & 15u, ip->b[i] / 16u);
    strcat(text, zone);
    return quoth_name_parse(name, text, strlen(text)) == QUOTH_OK;
}

static enum quoth_listing own_ask_list(struct own *own, struct own_list *list,
                                       const struct quoth_ip *ip)
{
    struct quoth_name name;
    struct ref_set set;

    if (!own_list_name(ip, list->zone, &name))
        return QUOTH_LISTING_ZONE;
    list->answer = own_ask(own, &name, QUOTH_DNS_A, &set);
    return own_says(list, &set);
}

static void own_list(struct own *own, struct own_list *list)
{
    static const struct quoth_ip listed = {4, {127, 0, 0, 2}}, clean = {4, {127, 0, 0, 1}};
    struct quoth_name name;
    struct ref_set set;
    size_t n = 0;

    if (own_is_below(list->zone, "spamhaus.org") && own_public(own->conf->resolver)) {
        list->listing = QUOTH_LISTING_PUBLIC;
        return;
    }
    list->listing = own_ask_list(own, list, &listed);
    if (list->listing == QUOTH_LISTING_CLEAN)
        list->listing = QUOTH_LISTING_DEAD;
    if (list->listing > QUOTH_LISTING_PROVIDER)
        return;
    list->listing = own_ask_list(own, list, &clean);
    if (list->listing == QUOTH_LISTING_LISTED || list->listing == QUOTH_LISTING_PROVIDER)
        list->listing = QUOTH_LISTING_DEAD;
    if (list->listing > QUOTH_LISTING_PROVIDER)
        return;
    list->listing = own_ask_list(own, list, &own->conf->ip);
    if ((list->listing != QUOTH_LISTING_LISTED && list->listing != QUOTH_LISTING_PROVIDER) ||
        !own_list_name(&own->conf->ip, list->zone, &name))
        return;
    own_ask(own, &name, QUOTH_DNS_TXT, &set);
    for (size_t at = 0; set.n && at < set.rr[0]->n; at += 1u + set.rr[0]->data[at]) {
        memcpy(list->words + n, set.rr[0]->data + at + 1, set.rr[0]->data[at]);
        n += set.rr[0]->data[at];
        n = n < 200 ? n : 200;
    }
    list->words[n] = 0;
}

/* ---- all facts --------------------------------------------------------------------------- */

static void own_facts(struct own *own, const struct spf_world *w,
                      const struct quoth_identity_conf *conf)
{
    static const struct quoth_spf_conf nothing;
    const int ours = quoth_target_ok(&conf->targets, &conf->ip);
    unsigned checks = conf->checks ? conf->checks : QUOTH_IDENTITY_ALL;
    struct quoth_name name;

    memset(own, 0, sizeof *own);
    own->conf = conf;
    own->ref.w = w;
    own->ref.conf = &nothing;
    own->spf = own->spf_helo = 255;
    checks = ours ? checks : checks & QUOTH_IDENTITY_HELO;
    if (conf->helo && quoth_list_domain(conf->helo, strlen(conf->helo)) & QUOTH_LIST_FREE)
        own->helo_fault = QUOTH_HELO_PROVIDER;
    if (conf->helo && (!strchr(conf->helo, '.') ||
                       quoth_name_parse(&name, conf->helo, strlen(conf->helo)) != QUOTH_OK ||
                       !quoth_name_is_host(&name)))
        own->helo_fault = QUOTH_HELO_BARE;
    for (; conf->zones && conf->zones[own->zones] && own->zones < QUOTH_IDENTITY_ZONES;)
        own->zones++;
    for (unsigned i = 0; i < own->zones; i++)
        own->list[i].zone = conf->zones[i];
    if (checks & QUOTH_IDENTITY_PTR)
        own_names(own);
    if (checks & QUOTH_IDENTITY_HELO)
        own_helo(own);
    if (checks & QUOTH_IDENTITY_SPF && conf->from && (*conf->from || !own->helo_fault))
        own->spf = own_spf(own, conf->from);
    if (checks & QUOTH_IDENTITY_SPF && conf->helo && !own->helo_fault)
        own->spf_helo = own_spf(own, NULL);
    for (unsigned i = 0; i < own->zones && checks & QUOTH_IDENTITY_LISTS; i++)
        own_list(own, &own->list[i]);
}

/* ---- findings -------------------------------------------------------------------------------- */

struct own_said {
    const char *id, *text, *word;
    unsigned num;
};
struct own_all {
    const struct quoth_identity_facts *facts;
    struct own_said said[OWN_SAID];
    unsigned n;
};

static void own_say(struct own_all *all, int when, struct own_said said)
{
    if (when)
        all->said[all->n++] = said;
}

static int own_failed(uint8_t answer)
{
    return answer != QUOTH_ANSWER_NONE && answer != QUOTH_ANSWER_DATA &&
           answer != QUOTH_ANSWER_NODATA && answer != QUOTH_ANSWER_NXDOMAIN;
}

static void own_say_names(struct own_all *all)
{
    const struct quoth_identity_facts *facts = all->facts;
    const char *first = facts->text + facts->name[0].name.at;
    const int none = facts->ptr == QUOTH_ANSWER_NODATA || facts->ptr == QUOTH_ANSWER_NXDOMAIN;
    int leads = 0, open = facts->ptrs > facts->names, generic = 1;

    for (unsigned i = 0; i < facts->names; i++) {
        const struct quoth_fact_name *name = &facts->name[i];
        leads |= name->leads;
        open |= name->answer == QUOTH_ANSWER_NONE || own_failed(name->answer);
        generic &= name->generic;
    }
    own_say(
        all, own_failed(facts->ptr),
        (struct own_said) {"ptr.unknown", "", quoth_answer_name((enum quoth_answer)facts->ptr), 0});
    own_say(all, none, (struct own_said) {"ptr.missing", "", NULL, 0});
    own_say(all, facts->names && !leads,
            (struct own_said) {open ? "ptr.forward_unknown" : "ptr.forward", first, NULL, 0});
    own_say(all, facts->ptrs >= 11, (struct own_said) {"ptr.many", "", NULL, facts->ptrs});
    own_say(all, facts->names && generic, (struct own_said) {"ptr.generic", first, NULL, 0});
}

static void own_say_helo(struct own_all *all)
{
    const struct quoth_identity_facts *facts = all->facts;
    const char *helo = facts->text + facts->helo.at;
    const int bare = facts->helo_fault == QUOTH_HELO_BARE;
    const int asked = !bare && facts->helo_a && facts->helo_aaaa && !facts->helo_ours;
    const int data = facts->helo_a == QUOTH_ANSWER_DATA || facts->helo_aaaa == QUOTH_ANSWER_DATA;
    const int lost = own_failed(facts->helo_a) || own_failed(facts->helo_aaaa);
    const int lost_mine = own_failed(facts->ip.len == 16 ? facts->helo_aaaa : facts->helo_a);

    own_say(all, bare, (struct own_said) {"helo.bare", helo, NULL, 0});
    own_say(all, facts->helo_fault == QUOTH_HELO_PROVIDER,
            (struct own_said) {"helo.provider", helo, NULL, 0});
    own_say(all, asked && (data ? lost_mine : lost),
            (struct own_said) {"helo.unknown", helo, NULL, 0});
    own_say(all, asked && data && !lost_mine && facts->ip.len,
            (struct own_said) {"helo.forward", helo, NULL, 0});
    own_say(all, asked && !data && !lost, (struct own_said) {"helo.no_address", helo, NULL, 0});
    own_say(all,
            !bare && facts->helo.n && facts->names && facts->ptrs == facts->names &&
                !facts->helo_ptr,
            (struct own_said) {"helo.not_ptr", facts->text + facts->name[0].name.at, NULL, 0});
}

static void own_findings(struct own_all *all, const struct quoth_identity_facts *facts)
{
    static const char *const spf[] = {
        "none",      "sender.spf_none",   "neutral",   "sender.spf_weak",
        "softfail",  "sender.spf_weak",   "fail",      "sender.spf_fail",
        "permerror", "sender.spf_broken", "temperror", "sender.spf_unknown"};
    static const char *const lists[] = {
        "listed",          "dnsbl.listed",   "provider",        "dnsbl.provider", "dead",
        "dnsbl.dead",      "rewritten",      "dnsbl.rewritten", "no_zone",        "dnsbl.zone",
        "public_resolver", "dnsbl.resolver", "limit",           "dnsbl.limit",    "error",
        "dnsbl.error",     "failed",         "dnsbl.unknown"};
    const char *word = quoth_spf_result_name((enum quoth_spf_result)facts->spf);

    all->facts = facts;
    all->n = 0;
    own_say(all, facts->late, (struct own_said) {"domain.unfinished", "", NULL, facts->queries});
    own_say_names(all);
    own_say_helo(all);
    for (size_t i = 0; i < sizeof spf / sizeof *spf; i += 2)
        own_say(all, facts->spf != 255 && !strcmp(word, spf[i]),
                (struct own_said) {spf[i + 1], "", spf[i], 0});
    own_say(all, facts->spf_helo == QUOTH_SPF_FAIL, (struct own_said) {"helo.spf", "", "fail", 0});
    own_say(all, facts->spf_helo == QUOTH_SPF_PERMERROR,
            (struct own_said) {"helo.spf", "", "permerror", 0});
    for (unsigned k = 0; k < facts->zones; k++)
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i += 2)
            own_say(
                all,
                !strcmp(quoth_listing_name((enum quoth_listing)facts->zone[k].listing), lists[i]),
                (struct own_said) {lists[i + 1], facts->text + facts->zone[k].zone.at, NULL,
                                   facts->zone[k].code[3]});
}

#endif
