/* hosts_ref.h - a plain reference for core/hosts.c, for hosts_test.c: the whole zone and how every
 * call ends lie before it, and it tells the story of the search from the first line to the last
 * (RFC 5321 5.1; X01-X14, G10, G16, K11).
 *
 *   MX --> whom it names, in order, without us and who is skipped
 *          for each: what rode along, then A, then AAAA; each address once, while there is budget
 *
 * SPDX-License-Identifier: MIT */
#ifndef HOSTS_REF_H
#define HOSTS_REF_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { REF_HOSTS = 12, REF_ADDRESSES = 3, REF_QUESTIONS = 24, REF_CALLS = 5, REF_TALKS = 2 };

/* What A or AAAA brings: addresses, or why there are none. */
struct ref_answer {
    const char *why;
    char ip[REF_ADDRESSES][16];
    unsigned n;
    int alias; /* of who is skipped */
};

struct ref_host {
    const char *name, *rode; /* rode: an address beside the MX record; NULL: none */
    unsigned pref;
    struct ref_answer a[2]; /* A, AAAA */
};

struct ref_zone {
    const char *why;    /* why there are no MX records; NULL: there are */
    int null, odd, cut; /* "."; a record that names no host; more than there is room for */
    struct ref_host host[REF_HOSTS], own; /* own: the addresses of who is not named by MX */
    unsigned n, asked;                    /* asked: questions that each lookup takes */
};

/* What a call came to, and what follows: the same once more with an option, or who is next. */
struct ref_end {
    const char *how;
    int taken, tls_broke;
    const char *again; /* NULL: nothing would help */
    int in_clear;      /* `again` is in clear, which must be allowed */
    int next;          /* others might say something else */
};

static const struct ref_end ref_ends[] = {
    {"refused", 0, 0, NULL, 0, 1},       {"closed", 1, 0, NULL, 0, 1},
    {"ehlo", 1, 0, "/helo", 0, 1},       {"ehlo-slow", 1, 0, NULL, 0, 1},
    {"ehlo-secure", 1, 0, NULL, 0, 1},   {"tls", 1, 1, "/clear", 1, 0},
    {"tls-454", 1, 0, NULL, 0, 0},       {"tls-slow", 1, 0, NULL, 0, 1},
    {"signature", 1, 1, "/again", 0, 0}, {"hung", 1, 1, "/clear", 1, 1},
    {"sender", 1, 0, NULL, 0, 0},        {"gone", 1, 0, NULL, 0, 1},
    {"policy", 1, 0, NULL, 0, 1},        {"gone-late", 1, 0, NULL, 0, 1},
    {"busy", 1, 0, NULL, 0, 1},          {"lost", 1, 0, "/slow", 0, 0},
    {"lost-plain", 1, 0, NULL, 0, 0},    {"lost-hung", 1, 0, NULL, 0, 0},
    {"lost-mail", 1, 0, NULL, 0, 0},     {"503", 1, 0, "/slow", 0, 0},
    {"503-plain", 1, 0, NULL, 0, 0},     {"502", 1, 0, NULL, 0, 0},
};
enum { REF_ENDS = sizeof ref_ends / sizeof *ref_ends };

struct ref_search {
    const struct ref_zone *zone;
    const char *wants; /* of the operator, a letter each: operator_wants() */
    const struct ref_end *(*call)(const char *ip, int again);
    const struct ref_host *host[REF_HOSTS];
    unsigned n;
    char story[2048];
    const char *mx, *dns;
    int tls_broke, denied, partial, helo, gone;
    unsigned gone_calls, left; /* left: hosts not done with */
    int looked;                /* for an address: what rode along is written over */
    unsigned questions, calls, talks;
    char tried[REF_CALLS][20];
};

static int ref_wants(const struct ref_search *ref, char letter)
{
    return strchr(ref->wants, letter) != NULL;
}

static int ref_same_name(const char *a, const char *b)
{
    for (; *a && tolower((unsigned char)*a) == tolower((unsigned char)*b); a++)
        b++;
    return !*a && !*b;
}

static void ref_tell(struct ref_search *ref, const char *what, const char *whom, const char *how)
{
    const size_t n = strlen(ref->story);

    snprintf(ref->story + n, sizeof ref->story - n, "%s%s%s%s", n ? ", " : "", what, whom, how);
}

/* The search is over. */
static int ref_stop(struct ref_search *ref, const char *why)
{
    ref_tell(ref, why, "", "");
    return 1;
}

static int ref_may_ask(const struct ref_search *ref, const char *name)
{
    return ref->questions < REF_QUESTIONS && !ref_wants(ref, 'r') && !strstr(name, "..");
}

static void ref_ask(struct ref_search *ref, const char *type, const char *name)
{
    const unsigned left = REF_QUESTIONS - ref->questions;

    ref_tell(ref, type, name, "");
    ref->questions += ref->zone->asked < left ? ref->zone->asked : left;
}

static int ref_tried(const struct ref_search *ref, const char *ip)
{
    for (unsigned i = 0; i < ref->calls; i++)
        if (!strcmp(ref->tried[i], ip))
            return 1;
    return 0;
}

static int ref_may_call(const struct ref_search *ref)
{
    return ref->calls < REF_CALLS && ref->talks < REF_TALKS;
}

/* To call, or to see that nobody is left to call. */
static int ref_goes_on(const struct ref_search *ref)
{
    return ref_may_call(ref) || ref->gone_calls == ref->calls;
}

/* Nobody is left. */
static int ref_exhausted(struct ref_search *ref)
{
    ref->gone |=
        ref->calls && ref->gone_calls == ref->calls && !ref->left && !ref->partial && !ref->denied;
    if (ref->calls)
        return ref_stop(ref, "none");
    if (ref->denied)
        return ref_stop(ref, "target_policy");
    if (!strcmp(ref->mx, "hosts") || !strcmp(ref->mx, "given"))
        return ref_stop(ref, "mx_unresolvable");
    return ref_stop(ref, ref->partial ? "dns_failure" : "no_mail_host");
}

/* Once, or once more with an option. 1: it is over. */
static int ref_call(struct ref_search *ref, const char *ip)
{
    const struct ref_end *end;
    const char *option = "";

    for (;;) {
        end = ref->call(ip, *option != 0);
        ref->gone_calls += !strcmp(end->how, "gone");
        ref_tell(ref, "@", ip, option);
        snprintf(ref->tried[ref->calls++], sizeof ref->tried[0], "%s", ip);
        ref->talks += (unsigned)end->taken;
        ref->tls_broke |= end->tls_broke;
        if (*option || !end->again || !ref_may_call(ref) || (end->in_clear && ref_wants(ref, 'm')))
            break;
        option = end->again;
        ref->helo |= !strcmp(option, "/helo");
    }
    if (!end->next)
        return ref_stop(ref, "none");
    return ref_goes_on(ref) ? 0 : ref_exhausted(ref);
}

/* One address of a host. 1: it is over. */
static int ref_address(struct ref_search *ref, const char *ip)
{
    const char family = strchr(ip, ':') ? '6' : '4';

    if (ref_wants(ref, 'd'))
        return ref_stop(ref, "dns_ok");
    if (ref_wants(ref, 'i'))
        return ref_stop(ref, "no_identity");
    if (ref_wants(ref, family == '4' ? '6' : '4'))
        return 0;
    if (!ref_wants(ref, 'G') && !strncmp(ip, "10.", 3)) {
        ref->denied = 1;
        return 0;
    }
    if (ref_tried(ref, ip))
        return 0;
    return ref_may_call(ref) ? ref_call(ref, ip) : ref_exhausted(ref);
}

/* Who is named `name`, his equals and all behind them are not there. How many go. */
static unsigned ref_without(struct ref_search *ref, const char *name)
{
    const unsigned n = ref->n;
    unsigned pref = 0, found = 0;

    for (unsigned i = 0; i < n && !found; i++)
        if (ref_same_name(ref->host[i]->name, name)) {
            pref = ref->host[i]->pref;
            found = 1;
        }
    while (found && ref->n > 0 && ref->host[ref->n - 1]->pref >= pref)
        ref->n--;
    return n - ref->n;
}

static int ref_one(struct ref_search *ref, const struct ref_host *host)
{
    if (host->rode && !ref->looked && ref_address(ref, host->rode))
        return 1;
    for (int six = 0; six < 2 && !ref_wants(ref, 'G'); six++) {
        const struct ref_answer *answer = &host->a[six];

        if (ref_wants(ref, six ? '4' : '6'))
            continue;
        if (!ref_may_ask(ref, host->name) || (six && ref_wants(ref, 'n'))) {
            ref->partial = 1;
            continue;
        }
        ref_ask(ref, six ? "AAAA " : "A ", host->name);
        ref->looked = 1;
        if (!ref->calls)
            ref->dns = answer->why ? answer->why : "data";
        if (answer->why && strcmp(answer->why, "nodata") && strcmp(answer->why, "nxdomain"))
            ref->partial = 1;
        if (answer->alias && !ref_wants(ref, 'g')) {
            ref->partial |= ref_without(ref, host->name) != 0;
            return ref->n || ref->calls ? ref_exhausted(ref) : ref_stop(ref, "provider_policy");
        }
        for (unsigned i = 0; i < answer->n; i++)
            if (ref_address(ref, answer->ip[i]))
                return 1;
    }
    return 0;
}

/* Those that MX names, the best first. */
static void ref_order(struct ref_search *ref)
{
    for (unsigned pref = 0; pref <= 10 * REF_HOSTS; pref += 10)
        for (unsigned i = 0; i < ref->zone->n; i++) {
            if (ref->zone->host[i].pref == pref)
                ref->host[ref->n++] = &ref->zone->host[i];
        }
}

static int ref_hosts(struct ref_search *ref)
{
    static const char *const skipped[] = {"big.net", "mx.big.net"};
    unsigned cut;

    ref->partial |= ref->zone->odd || ref->zone->cut;
    ref->dns = "data";
    ref_order(ref);
    ref->mx = ref->n ? "hosts" : ref->zone->null && !ref->zone->odd ? "null_mx" : "unusable";
    if (!ref->n)
        return ref_stop(ref, !strcmp(ref->mx, "null_mx") ? "null_mx" : "mx_unresolvable");
    cut = ref_wants(ref, 'i') ? 0 : ref_without(ref, ref_wants(ref, 'o') ? "B.net" : "probe.org");
    ref->partial |= cut != 0;
    if (cut && !ref->n)
        return ref_stop(ref, "self");
    for (unsigned i = 0; i < 2 && ref_wants(ref, 's'); i++)
        ref->partial |= ref_without(ref, skipped[i]) != 0;
    return ref->n ? 0 : ref_stop(ref, "provider_policy");
}

/* MX of the domain, and what follows from it. 1: it is over. */
static int ref_route(struct ref_search *ref)
{
    const char *why = ref->zone->why;

    if (!ref_may_ask(ref, "d.net"))
        return ref_stop(ref, "dns_failure");
    ref_ask(ref, "MX ", "d.net");
    if (!why)
        return ref_hosts(ref);
    ref->dns = why;
    if (!strcmp(why, "nodata")) {
        ref->mx = "implicit";
        ref->host[ref->n++] = &ref->zone->own;
        return 0;
    }
    ref->mx = strcmp(why, "nxdomain") ? "failed" : "no_domain";
    return ref_stop(ref, strcmp(why, "nxdomain") ? "dns_failure" : "no_such_domain");
}

/* From the start, or with what an earlier search of this domain spent. */
static void ref_search(struct ref_search *ref)
{
    ref->story[0] = 0;
    ref->n = 0;
    ref->looked = 0;
    ref->partial |= ref_wants(ref, '4') || ref_wants(ref, '6');
    if (ref_wants(ref, 'g') || ref_wants(ref, 'G')) {
        ref->mx = "given";
        ref->host[ref->n++] = &ref->zone->own;
    } else if (ref_route(ref)) {
        return;
    }
    ref->left = ref->n;
    for (unsigned i = 0; i < ref->n && ref_goes_on(ref); i++, ref->left--)
        if (ref_one(ref, ref->host[i]))
            return;
    ref_exhausted(ref);
}

static const char *ref_trail(const struct ref_search *ref)
{
    static char text[100];

    snprintf(text, sizeof text, "%s %s%s%s%s%s%s", ref->mx, ref->dns,
             ref->tls_broke ? " tls-broke" : "", ref->denied ? " denied" : "",
             ref->partial ? " partial" : "", ref->helo ? " helo" : "", ref->gone ? " gone" : "");
    return text;
}

#endif
