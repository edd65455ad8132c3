/* answer.c - what is kept of an answer: a mail route, or a set of records.
 *
 *   message
 *      |  answer_follow   CNAME after CNAME, to the name that has the records: lookup->want_name
 *      |  answer_next     its records of the type asked for; of the others only what they mean for
 *      v                  the question (SOA, NS, malformed), as QUOTH_SAW_*
 *   route   hosts as text, addresses, and those that rode along
 *   set     each record's data in the caller's buffer
 *
 * lookup.c asks, and settles what follows from what was seen. How a set keeps a record is not
 * written here: a row of the table in dns.c says what the data of each type is made of, and
 * answer_copy() goes by it.
 *
 * Route and set share no function that knows of both, so that a program which only routes mail
 * does not carry what sets need.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

/* ---- both --------------------------------------------------------------- */

static int answer_is(const struct quoth_rr *rr, uint16_t type, const struct quoth_name *owner)
{
    return rr->type == type && rr->cls == 1 && rr->owner.n == owner->n &&
           !memcmp(rr->owner.b, owner->b, owner->n);
}

/* A name of escapes may be longer than `text`: it is cut, and no host's. */
static void answer_text(const struct quoth_name *name, char text[256])
{
    quoth_name_text(name, text, 256);
    text[255] = 0;
}

/* Follow the alias of want_name, in whatever order the records are. 0: there is none. */
static QUOTH_APART int answer_alias(struct quoth_lookup *lookup, struct quoth_dns message,
                                    struct quoth_rr *rr)
{
    char text[256];

    while (quoth_dns_next(&message, rr) == 1 && rr->section == 0) {
        if (!answer_is(rr, QUOTH_DNS_CNAME, &lookup->want_name) || !rr->usable)
            continue;
        quoth_dns_name(&message, rr->target, &lookup->want_name);
        if (rr->ttl < lookup->ttl)
            lookup->ttl = rr->ttl;
        answer_text(&lookup->want_name, text);
        lookup->flags |= QUOTH_ROUTE_ALIAS;
        if (quoth_is_listed(text, lookup->res->skip))
            lookup->flags |= QUOTH_ROUTE_UNWANTED;
        lookup->hops++;
        return 1;
    }
    return 0;
}

/* All aliases of want_name, too many included; `rr` is scratch. AD holds only if every answer on
 * the way had it. Returns what it saw. */
static unsigned answer_follow(struct quoth_lookup *lookup, const struct quoth_dns *message,
                              struct quoth_rr *rr)
{
    unsigned saw = 0;

    lookup->flags &= QUOTH_ROUTE_ALIAS | QUOTH_ROUTE_UNWANTED | (message->ad ? QUOTH_ROUTE_AD : 0);
    while (lookup->type != QUOTH_DNS_CNAME && lookup->hops <= QUOTH_CNAMES_MAX &&
           answer_alias(lookup, *message, rr))
        saw = QUOTH_SAW_ALIAS;
    return saw;
}

/* Is it the SOA record of a denial, and of a zone that the name does not lie in? A filter signs so
 * with its own name, in either section (RPZ): what it denies may be there. */
static int answer_foreign(const struct quoth_rr *rr, const struct quoth_name *name)
{
    return rr->section != 0 && rr->type == QUOTH_DNS_SOA &&
           (rr->owner.n > name->n ||
            memcmp(rr->owner.b, name->b + name->n - rr->owner.n, rr->owner.n) != 0);
}

/* The next record that answers the question (its section is 0), or that came along (2). 0: there
 * is none. What the others say is added to `saw`. */
static int answer_next(struct quoth_lookup *lookup, struct quoth_dns *message, struct quoth_rr *rr,
                       unsigned *saw)
{
    while (quoth_dns_next(message, rr) == 1) {
        if (answer_foreign(rr, &lookup->want_name)) {
            *saw |= QUOTH_SAW_FOREIGN;
            continue;
        }
        if (rr->section == 2)
            return 1;
        if (rr->section == 1 && rr->type == QUOTH_DNS_SOA && rr->usable) {
            if (rr->minimum < rr->ttl)
                rr->ttl = rr->minimum;
            if (!(*saw & (QUOTH_SAW_DATA | QUOTH_SAW_ODD)) && rr->ttl < lookup->ttl)
                lookup->ttl = rr->ttl;
            *saw |= QUOTH_SAW_SOA;
        } else if (rr->section == 1 && rr->type == QUOTH_DNS_NS) {
            *saw |= QUOTH_SAW_REFERRAL;
        } else if (rr->section == 0 &&
                   answer_is(rr, rr->type == QUOTH_DNS_CNAME ? rr->type : lookup->type,
                             &lookup->want_name)) {
            if (rr->usable) {
                *saw |= QUOTH_SAW_DATA;
                if (rr->ttl < lookup->ttl)
                    lookup->ttl = rr->ttl;
                return 1;
            }
            *saw |= QUOTH_SAW_ODD; /* an alias, too, is only left here if it is malformed */
            lookup->flags |= QUOTH_ROUTE_SKIPPED;
        }
    }
    if (message->left[0] | message->left[1] | message->left[2])
        lookup->flags |= QUOTH_ROUTE_CUT;
    else if (message->at < message->n)
        lookup->flags |= QUOTH_ROUTE_TRAILING;
    return 0;
}

/* ---- a mail route ------------------------------------------------------- */

static void answer_clear(const struct quoth_lookup *lookup, struct quoth_route *out)
{
    out->ip_n = 0;
    for (unsigned i = 0; i < QUOTH_MX_MAX; i++)
        out->host[i].ip = 0;
    if (lookup->type != QUOTH_DNS_MX)
        return;
    out->n = 0;
    out->used = 0;
    out->names[0] = 0;
}

static void answer_take_ip(struct quoth_lookup *lookup, const struct quoth_ip *ip,
                           struct quoth_route *out)
{
    for (unsigned i = 0; i < out->ip_n; i++)
        if (!memcmp(out->ip[i].b, ip->b, ip->len))
            return;
    if (out->ip_n < QUOTH_IPS_MAX)
        out->ip[out->ip_n++] = *ip;
    else
        lookup->flags |= QUOTH_ROUTE_CUT;
}

/* Take the worst host out of the route (there is one), if it is worse than `pref`. */
static QUOTH_APART int answer_evict(struct quoth_route *out, uint16_t pref)
{
    unsigned worst = 0;
    size_t at, n;

    for (unsigned i = 1; i < QUOTH_MX_MAX && i < out->n; i++)
        if (out->host[i].pref > out->host[worst].pref)
            worst = i;
    if (out->host[worst].pref <= pref)
        return 0;
    at = out->host[worst].at;
    n = strlen(out->names + at) + 1;
    memmove(out->names + at, out->names + at + n, out->used - at - n);
    out->used = (uint16_t)(out->used - n);
    out->host[worst] = out->host[--out->n];
    for (unsigned i = 0; i < out->n; i++)
        if (out->host[i].at > at)
            out->host[i].at = (uint16_t)(out->host[i].at - n);
    return 1;
}

static void answer_take_host(struct quoth_lookup *lookup, const char *text, uint16_t pref,
                             struct quoth_route *out)
{
    int known = quoth_mx_find(out, text);
    size_t n = strlen(text) + 1;

    if (known >= 0) {
        if (pref < out->host[known].pref)
            out->host[known].pref = pref;
        return;
    }
    while (out->n == QUOTH_MX_MAX || out->used + n > sizeof out->names) {
        lookup->flags |= QUOTH_ROUTE_CUT;
        if (!answer_evict(out, pref))
            return;
    }
    memcpy(out->names + out->used, text, n);
    out->host[out->n].pref = pref;
    out->host[out->n].at = out->used;
    out->host[out->n++].ip = 0;
    out->used = (uint16_t)(out->used + n);
}

/* The exchange is read over the record's owner, which is known by now: 256 bytes of stack less. */
static void answer_take_mx(struct quoth_lookup *lookup, struct quoth_dns *message,
                           struct quoth_rr *rr, struct quoth_route *out)
{
    struct quoth_name *name = &rr->owner;
    char text[256];

    quoth_dns_name(message, rr->target, name);
    if (name->n == 1) {
        lookup->flags |= QUOTH_ROUTE_NULL_MX;
        return;
    }
    answer_text(name, text);
    if (quoth_name_is_host(name)) {
        answer_take_host(lookup, text, rr->pref, out);
        return;
    }
    lookup->flags |= QUOTH_ROUTE_SKIPPED;
    if (!out->n)
        memcpy(out->names, text, strlen(text) + 1);
}

/* An address that came along is for a host of this very answer, or for nobody. One a host, IPv4
 * first. */
static void answer_ride(const struct quoth_rr *rr, struct quoth_route *out)
{
    char text[256];
    struct quoth_host *host;
    int i;

    if (!rr->usable || !rr->ip.len || rr->cls != 1 || !quoth_name_is_host(&rr->owner))
        return;
    answer_text(&rr->owner, text);
    i = quoth_mx_find(out, text);
    if (i < 0)
        return;
    host = &out->host[i];
    if (!host->ip && out->ip_n < QUOTH_IPS_MAX)
        host->ip = ++out->ip_n;
    else if (!host->ip || out->ip[host->ip - 1].len <= rr->ip.len)
        return;
    out->ip[host->ip - 1] = rr->ip;
}

/* An address that rides along comes behind its host. */
QUOTH_APART unsigned quoth_answer_route(struct quoth_lookup *lookup, struct quoth_dns *message,
                                        struct quoth_route *out)
{
    struct quoth_rr rr;
    unsigned saw = answer_follow(lookup, message, &rr);

    answer_clear(lookup, out);
    while (answer_next(lookup, message, &rr, &saw)) {
        if (lookup->type != QUOTH_DNS_MX && rr.section == 0)
            answer_take_ip(lookup, &rr.ip, out);
        else if (rr.section == 0)
            answer_take_mx(lookup, message, &rr, out);
        else if (lookup->type == QUOTH_DNS_MX)
            answer_ride(&rr, out);
    }
    return saw;
}

void quoth_answer_route_end(const struct quoth_lookup *lookup, struct quoth_route *out)
{
    out->answer = lookup->answer;
    out->ttl = lookup->ttl;
    out->flags = lookup->flags;
    if (lookup->answer != QUOTH_ANSWER_DATA)
        answer_clear(lookup, out);
}

/* ---- a record set ------------------------------------------------------- */

/* Bytes of a record beside its data: a pointer to its name, type, class, TTL, length. */
enum { ANSWER_RECORD = 12 };

static void answer_empty(struct quoth_rrset *out)
{
    out->used = out->n = out->others = out->bytes = 0;
}

/* Does the text of a TXT record, its strings taken as one, begin with `match`, in any case? */
static int answer_begins(const uint8_t *p, size_t n, const char *match)
{
    size_t at = 0, left = 0; /* left: bytes of the string being read */

    while (*match) {
        if (at == n)
            return 0;
        if (left == 0) {
            left = p[at++];
            continue;
        }
        if (quoth_lower(p[at++]) != quoth_lower((uint8_t)*match++))
            return 0;
        left--;
    }
    return 1;
}

/* 0: it does not fit. */
static int answer_put(struct quoth_rrset *out, const uint8_t *p, size_t n)
{
    if (n > (size_t)out->cap - out->used)
        return 0;
    if (n != 0)
        memcpy(out->buf + out->used, p, n);
    out->used = (uint16_t)(out->used + n);
    return 1;
}

/* A record's data, up to `end`: the head, the names in full, the tail; strings without their
 * lengths. Names are read over the record's owner. 0: it does not fit. */
static int answer_copy(struct quoth_dns *message, struct quoth_rr *rr, struct quoth_rrset *out)
{
    const struct quoth_dns_shape *shape = quoth_dns_shape(rr->type);
    size_t at = rr->target, end = message->at;

    if (!answer_put(out, message->p + at - shape->head, shape->head))
        return 0;
    for (unsigned i = shape->then & QUOTH_DNS_NAMES; i != 0; i--) {
        at += (size_t)quoth_dns_name(message, at, &rr->owner);
        if (!answer_put(out, rr->owner.b, rr->owner.n))
            return 0;
    }
    if (!(shape->then & QUOTH_DNS_STRINGS))
        return answer_put(out, message->p + at, end - at);
    for (; at < end; at += 1u + message->p[at])
        if (!answer_put(out, message->p + at + 1, message->p[at]))
            return 0;
    return 1;
}

/* One record behind those kept, or none of it. */
static void answer_take(struct quoth_lookup *lookup, struct quoth_dns *message, struct quoth_rr *rr,
                        struct quoth_rrset *out)
{
    uint16_t start = out->used;
    uint8_t length[2] = {0, 0};
    unsigned n;

    if (rr->type == QUOTH_DNS_TXT && out->match &&
        !answer_begins(message->p + rr->target, message->at - rr->target, out->match)) {
        out->others++;
        return;
    }
    if (!answer_put(out, length, 2) || !answer_copy(message, rr, out)) {
        out->used = start;
        lookup->flags |= QUOTH_SET_CUT;
        return;
    }
    n = out->used - start - 2u;
    out->buf[start] = (uint8_t)(n >> 8);
    out->buf[start + 1] = (uint8_t)n;
    out->n++;
}

QUOTH_APART unsigned quoth_answer_set(struct quoth_lookup *lookup, struct quoth_dns *message,
                                      struct quoth_rrset *out)
{
    struct quoth_rr rr;
    unsigned saw = answer_follow(lookup, message, &rr);

    answer_empty(out);
    while (answer_next(lookup, message, &rr, &saw)) {
        if (rr.section != 0)
            continue;
        out->bytes = (uint16_t)(out->bytes + ANSWER_RECORD + message->at - rr.target);
        answer_take(lookup, message, &rr, out);
    }
    return saw;
}

void quoth_answer_set_end(const struct quoth_lookup *lookup, struct quoth_rrset *out)
{
    out->answer = lookup->answer;
    out->ttl = lookup->ttl;
    out->flags = lookup->flags;
    out->ede = lookup->ede;
    if (lookup->answer != QUOTH_ANSWER_DATA)
        answer_empty(out);
}

int quoth_rrset_next(const struct quoth_rrset *set, size_t *at, struct quoth_span *data)
{
    struct quoth_cursor cursor = {set->buf, set->used, *at, 0};
    size_t n;

    n = quoth_cursor_u16(&cursor);
    data->p = (const char *)quoth_cursor_take(&cursor, n);
    data->n = n;
    *at = cursor.at;
    return !cursor.over;
}
