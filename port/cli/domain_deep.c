/* domain_deep.c - `quoth domain --deep`: what certificate does each mail host show?
 *
 *   a host and its first address --> greeting, EHLO, STARTTLS, handshake --> facts --> QUIT
 *
 * The commands are those of a verification without a recipient. The certificate is held against the
 * host's TLSA records while the link is up; what follows from it, health.c says.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "domain_cmd.h"
#include "tls_cert.h"

enum { DEEP_MS = 60000 };

struct deep { /* one conversation */
    struct domain_run *run;
    struct quoth_fact_host *host;
    struct quoth_smtp smtp;
};

void domain_tls(struct domain_run *run, int on)
{
    memset(&run->tls_link, 0, sizeof run->tls_link);
    run->tls_link.global = &run->setup->tls.global;
    run->wire.tls = on && run->setup->tls_up ? &run->setup->filter : NULL;
    run->wire.tls_link = &run->tls_link;
}

int64_t domain_until(struct domain_run *run)
{
    struct quoth_cert cert;

    return quoth_tls_cert(&run->tls_link, &cert) == QUOTH_OK && cert.until_s > 0 ? cert.until_s : 0;
}

/* The chain of the handshake that just came about, and what it is for the host's records. */
static void deep_compare(struct domain_run *run, struct quoth_fact_host *host)
{
    struct quoth_facts *facts = &run->facts;
    const struct quoth_span name = quoth_facts_text(facts, host->name),
                            kept = quoth_facts_text(facts, host->tlsa_set);
    const struct quoth_rrset set = {.buf = (uint8_t *)(uintptr_t)kept.p, .used = host->tlsa_set.n};
    struct quoth_cert cert;
    struct quoth_span data;
    char text[360];
    size_t n;

    if (!kept.n || quoth_tls_cert(&run->tls_link, &cert) != QUOTH_OK)
        return;
    host->match = QUOTH_MATCH_NONE;
    for (size_t at = 0; quoth_rrset_next(&set, &at, &data);)
        if (quoth_tls_tlsa(&run->tls_link, name.p, data.p, data.n))
            host->match = QUOTH_MATCH_ONE;
    if (host->match == QUOTH_MATCH_ONE)
        return;
    n = (size_t)snprintf(text, sizeof text, "%s. TLSA 3 1 1 ", name.p);
    for (size_t i = 0; i < sizeof cert.key_sha256; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%02x", cert.key_sha256[i]);
    host->should = quoth_facts_keep(facts, text, n);
}

/* What an event says beyond what core's machine makes of it. */
static void deep_watch(void *it, const struct quoth_want *want, const struct quoth_event *ev)
{
    const struct deep *deep = it;
    struct quoth_fact_host *host = deep->host;

    if (!ev)
        return;
    if (want->kind == QUOTH_WANT_TLS && ev->kind == QUOTH_EV_UP) {
        host->talk = QUOTH_TALK_TLS;
        host->cert = ev->tls.cert;
        deep->run->until[host - deep->run->facts.host] = domain_until(deep->run);
        deep_compare(deep->run, host);
    } else if (want->kind == QUOTH_WANT_TLS) {
        host->talk = QUOTH_TALK_BROKEN;
    } else if (want->kind == QUOTH_WANT_RCPT && ev->kind == QUOTH_EV_RCPT &&
               host->talk == QUOTH_TALK_FAILED) {
        host->talk = QUOTH_TALK_CLEAR;
    }
}

static void deep_want(const void *deep, struct quoth_want *want)
{
    quoth_smtp_want(&((const struct deep *)deep)->smtp, want);
}

static void deep_feed(void *deep, const struct quoth_event *ev)
{
    (void)quoth_smtp_feed(&((struct deep *)deep)->smtp, ev);
}

int domain_gap(struct domain_run *run, const struct quoth_ip *ip)
{
    const uint64_t ms = app_gap_left(&run->gap, ip);
    char text[80];

    if (ms && run->explain) {
        snprintf(text, sizeof text, "Waiting %u ms between two calls of one address (--gap)",
                 (unsigned)ms);
        explain_note(run->explain, "===", text);
        fflush(run->explain->f);
    }
    return app_gap_wait(ms);
}

/* 0, or an exit code. */
static int deep_host(struct domain_run *run, struct quoth_fact_host *host, uint16_t port)
{
    static const struct app_machine machine = {deep_want, deep_feed, .trace = deep_watch};
    static struct deep deep;
    struct quoth_smtp_conf conf = run->setup->conf.smtp;
    const struct quoth_call call = {
        {host->ip, port}, quoth_facts_text(&run->facts, host->name).p, 0};
    int rc = domain_gap(run, &host->ip);

    if (rc)
        return rc;
    conf.talk_ms = DEEP_MS;
    host->talk = QUOTH_TALK_FAILED;
    deep.run = run;
    deep.host = host;
    domain_tls(run, 1);
    run->link.direct = 1; /* no name server */
    quoth_smtp_start(&deep.smtp, &conf, &call, quoth_sock_port.now());
    rc = app_ask(&machine, &deep, &run->wire);
    app_gap_over(&run->gap, &host->ip);
    domain_tls(run, 0);
    return rc;
}

int domain_deep(struct domain_run *run)
{
    struct quoth_facts *facts = &run->facts;
    int rc = 0;

    for (unsigned i = 0; i < facts->hosts && !rc; i++) {
        struct quoth_fact_host *host = &facts->host[i];
        if (host->flags & QUOTH_HOST_PUBLIC && quoth_target_ok(&run->fetch_conf.targets, &host->ip))
            rc = deep_host(run, host, run->setup->conf.port ? run->setup->conf.port : 25);
    }
    return rc;
}
