/* explain.c - the way to the verdict, told as it happens.
 *
 *   the address --> DNS --> a conversation --> ... --> evidence --> verdict
 *
 * Each box is headed once and followed by what happened in it: name-server traffic, and the
 * conversation in the marks swaks made known.
 *
 *   ===  what quoth did        ***  what went wrong
 *    ->  said, in clear         ~>  said, over TLS
 *   <-   heard, in clear       <~   heard, over TLS
 *
 * All of it hangs on the trace of a slot, or of the engine: want and event, before the machine is
 * fed. It decides nothing and remembers only the line under way and the question that is out.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "explain.h"

enum { EXPLAIN_ADDRESS = 0, EXPLAIN_DNS, EXPLAIN_TALK, EXPLAIN_RESULT };
enum { EXPLAIN_RECORDS = 20, EXPLAIN_TCP_MAX = 2 + 65535 }; /* records of one answer, shown */

/* ---- lines -------------------------------------------------------------- */

static void explain_stage(struct explain *explain, uint8_t stage, const char *title)
{
    if (explain->stage == stage)
        return;
    explain->stage = stage;
    fprintf(explain->f, "   |\n   v\n%s\n", title);
}

static void explain_fact(struct explain *explain, const char *label, const char *p, size_t n)
{
    fprintf(explain->f, "   |  %-14s ", label);
    app_wrap(explain->f, (struct quoth_span) {p, n}, 21, 78, "   |                 ");
    putc('\n', explain->f);
}

static void explain_say(struct explain *explain, const char *label, const char *format, ...)
{
    char line[APP_LINE_MAX];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n > 0)
        explain_fact(explain, label, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

static void explain_mark(struct explain *explain, const char *mark)
{
    fprintf(explain->f, "%5u.%03u %s ", (unsigned)(explain->now / 1000),
            (unsigned)(explain->now % 1000), mark);
}

void explain_note(struct explain *explain, const char *mark, const char *text)
{
    explain_mark(explain, mark);
    fprintf(explain->f, "%s\n", text);
}

/* ---- DNS ---------------------------------------------------------------- */

static const char *explain_type(uint16_t type)
{
    switch (type) {
    case QUOTH_DNS_A: return "A";
    case QUOTH_DNS_AAAA: return "AAAA";
    case QUOTH_DNS_MX: return "MX";
    case QUOTH_DNS_PTR: return "PTR";
    case QUOTH_DNS_TXT: return "TXT";
    case QUOTH_DNS_CNAME: return "CNAME";
    case QUOTH_DNS_SOA: return "SOA";
    case QUOTH_DNS_NS: return "NS";
    case QUOTH_DNS_OPT: return "OPT";
    case QUOTH_DNS_DS: return "DS";
    case QUOTH_DNS_TLSA: return "TLSA";
    default: return "other record";
    }
}

static void explain_name(struct explain *explain, const struct quoth_name *name)
{
    char text[1009];
    int n = quoth_name_text(name, text, sizeof text);
    if (n > 0)
        app_put(explain->f, text, (size_t)n);
}

/* Our own question, as it went out. */
static void explain_question(struct explain *explain, const uint8_t *p, size_t n,
                             const struct quoth_peer *to, const char *over)
{
    struct quoth_dns message = {.p = p, .n = n};
    char peer[64];
    int len = n > 16 ? quoth_dns_name(&message, 12, &explain->name) : -1;
    if (len < 0 || 12 + (size_t)len + 4 > n)
        return;
    explain->id = (uint16_t)(p[0] << 8 | p[1]);
    explain->type = (uint16_t)(p[12 + len] << 8 | p[13 + len]);
    explain->asked = 1;
    explain_stage(explain, EXPLAIN_DNS, "DNS");
    explain_mark(explain, " ->");
    fprintf(explain->f, "%s ", explain_type(explain->type));
    explain_name(explain, &explain->name);
    fprintf(explain->f, " ?   to %s over %s, id %u\n", app_peer_text(to, peer), over, explain->id);
}

/* The strings of a TXT record, each in quotes. */
static void explain_strings(struct explain *explain, const uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n; at += 1u + p[at]) {
        fputs(" \"", explain->f);
        app_put(explain->f, (const char *)p + at + 1, p[at]);
        putc('"', explain->f);
    }
}

static void explain_record(struct explain *explain, struct quoth_dns *message,
                           const struct quoth_rr *rr)
{
    static const char *const section[3] = {"", "authority: ", "additional: "};
    struct quoth_name target;
    char ip[46];

    explain_mark(explain, "<- ");
    fprintf(explain->f, "%s%s ", rr->section < 3 ? section[rr->section] : "",
            explain_type(rr->type));
    explain_name(explain, &rr->owner);
    if (rr->type == QUOTH_DNS_MX)
        fprintf(explain->f, " %u", rr->pref);
    if (!rr->usable)
        fputs(" (malformed)", explain->f);
    else if (rr->ip.len && quoth_ip_text(&rr->ip, ip, sizeof ip) > 0)
        fprintf(explain->f, " %s", ip);
    else if (rr->type == QUOTH_DNS_TXT)
        explain_strings(explain, message->p + rr->target, message->at - rr->target);
    else if ((rr->type == QUOTH_DNS_MX || rr->type == QUOTH_DNS_CNAME ||
              rr->type == QUOTH_DNS_PTR || rr->type == QUOTH_DNS_NS) &&
             quoth_dns_name(message, rr->target, &target) > 0) {
        putc(' ', explain->f);
        explain_name(explain, &target);
    }
    fprintf(explain->f, ", %u s\n", (unsigned)(rr->type == QUOTH_DNS_SOA ? rr->minimum : rr->ttl));
}

static void explain_answer(struct explain *explain, const uint8_t *p, size_t n)
{
    static const char *const rcodes[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                         "NXDOMAIN", "NOTIMP",  "REFUSED"};
    struct quoth_dns message;
    struct quoth_rr rr;
    unsigned shown = 0, all = 0;
    int rc = quoth_dns_open(&message, p, n, explain->id, &explain->name, explain->type);

    if (rc == QUOTH_EINVAL) {
        explain_note(explain, "***", "a datagram that is not the answer: not listened to");
        return;
    }
    explain->asked = 0;
    if (rc) {
        explain_note(explain, "***", "the answer is malformed");
        return;
    }
    explain_mark(explain, "<- ");
    if (message.rcode < sizeof rcodes / sizeof *rcodes)
        fputs(rcodes[message.rcode], explain->f);
    else
        fprintf(explain->f, "rcode %u", message.rcode);
    fprintf(explain->f, ", %u bytes%s%s\n", (unsigned)n, message.aa ? ", authoritative" : "",
            message.tc ? ", cut short" : "");
    while ((rc = quoth_dns_next(&message, &rr)) == 1) {
        if (rr.type == QUOTH_DNS_OPT || ++all > EXPLAIN_RECORDS)
            continue;
        explain_record(explain, &message, &rr);
        shown++;
    }
    if (all > shown) {
        explain_mark(explain, "<- ");
        fprintf(explain->f, "... and %u more\n", all - shown);
    }
    if (rc < 0)
        explain_note(explain, "***", "the rest of the answer is malformed");
}

static void explain_answer_tcp(struct explain *explain, const uint8_t *p, size_t n)
{
    size_t room, whole;

    if (!explain->tcp)
        explain->tcp = malloc(EXPLAIN_TCP_MAX);
    if (!explain->tcp)
        return;
    room = EXPLAIN_TCP_MAX - explain->tcp_n;
    memcpy(explain->tcp + explain->tcp_n, p, n < room ? n : room);
    explain->tcp_n += n < room ? n : room;
    whole =
        explain->tcp_n < 2 ? EXPLAIN_TCP_MAX : 2 + (size_t)(explain->tcp[0] << 8 | explain->tcp[1]);
    if (explain->tcp_n >= whole && explain->asked)
        explain_answer(explain, explain->tcp + 2, whole - 2);
}

static void explain_dns(struct explain *explain, const struct quoth_want *want,
                        const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_DOWN) {
        explain->dns = 0;
    } else if (ev->kind == QUOTH_EV_DATA) {
        if (explain->dns == 1)
            explain_answer(explain, ev->data, ev->n);
        else
            explain_answer_tcp(explain, ev->data, ev->n);
    } else if (ev->kind == QUOTH_EV_SENT) {
        const uint8_t *p = want->out;
        if (want->kind == QUOTH_WANT_DGRAM)
            explain_question(explain, p, want->n, &want->peer, "UDP");
        else if (want->n > 2 && ev->n == want->n)
            explain_question(explain, p + 2, want->n - 2, &explain->ns, "TCP");
    } else if (ev->kind != QUOTH_EV_UP && explain->asked) {
        char peer[64];
        explain_mark(explain, "***");
        fprintf(explain->f, "%s: %s\n", app_peer_text(&explain->ns, peer), app_trouble_words(ev));
    }
}

/* ---- a conversation ----------------------------------------------------- */

static void explain_line(struct explain *explain)
{
    static const char *const marks[2][2] = {{"<- ", "<~ "}, {" ->", " ~>"}};
    if (explain->line_n && explain->line[explain->line_n - 1] == '\r')
        explain->line_n--;
    explain_mark(explain, marks[explain->sent][explain->secure]);
    app_put(explain->f, explain->line, explain->line_n);
    putc('\n', explain->f);
    explain->line_n = 0;
}

/* Bytes as they passed, cut into lines; one that is too long is shown in pieces. */
static void explain_bytes(struct explain *explain, const char *p, size_t n, uint8_t sent)
{
    if (explain->line_n && explain->sent != sent)
        explain_line(explain);
    explain->sent = sent;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n')
            explain_line(explain);
        else
            explain->line[explain->line_n++] = p[i];
        if (explain->line_n == sizeof explain->line)
            explain_line(explain);
    }
}

/* The mail hosts in the order they are tried. */
static void explain_hosts(struct explain *explain, const struct quoth_route *route, uint8_t mx)
{
    if (explain->listed)
        return;
    explain->listed = 1;
    if (route->n && route->flags & QUOTH_ROUTE_SKIPPED)
        explain_note(explain, "***", "an MX record that names no host is left out");
    for (unsigned i = 0; i < route->n; i++) {
        const char *host = quoth_mx_name(route, i);
        explain_mark(explain, "===");
        fputs(i ? "           then " : "Hosts in order: ", explain->f);
        if (mx == QUOTH_MX_HOSTS)
            fprintf(explain->f, "%u ", route->host[i].pref);
        app_put(explain->f, host, strlen(host));
        putc('\n', explain->f);
    }
}

static void explain_trying(struct explain *explain, const char *host, const struct quoth_peer *peer)
{
    char text[64];

    if (explain->trying)
        return;
    explain->trying = 1;
    explain_mark(explain, "===");
    fputs("Trying ", explain->f);
    app_put(explain->f, host, strlen(host));
    fprintf(explain->f, "%s%s...\n", *host ? " at " : "", app_peer_text(peer, text));
}

static void explain_tls(struct explain *explain, const struct quoth_event *ev)
{
    char cipher[8], text[40];
    const unsigned faults = QUOTH_CERT_WRONG_NAME | QUOTH_CERT_EXPIRED | QUOTH_CERT_UNTRUSTED;

    explain->secure = ev->kind == QUOTH_EV_UP;
    if (!explain->secure) {
        const char *cause = app_tls_broke(ev->tls.broke, text);
        explain_mark(explain, "***");
        fprintf(explain->f, "%s%s%s\n", app_trouble_words(ev), cause ? ": " : "",
                cause ? cause : "");
        return;
    }
    explain_mark(explain, "===");
    fprintf(explain->f, "TLS %s started, %s\n", app_tls_version(ev->tls.version),
            app_tls_cipher(ev->tls.cipher, cipher));
    explain_mark(explain, "===");
    fprintf(explain->f, "Certificate %s%s%s%s%s\n",
            ev->tls.cert & QUOTH_CERT_CHECKED ? "checked" : "not checked",
            ev->tls.cert & QUOTH_CERT_WRONG_NAME ? ", another name" : "",
            ev->tls.cert & QUOTH_CERT_EXPIRED ? ", expired" : "",
            ev->tls.cert & QUOTH_CERT_UNTRUSTED ? ", signed by nobody known" : "",
            ev->tls.cert & QUOTH_CERT_CHECKED && !(ev->tls.cert & faults) ? ": good" : "");
}

static void explain_talk(struct explain *explain, const struct quoth_want *want,
                         const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_SENT)
        explain_bytes(explain, want->out, ev->n, 1);
    else if (ev->kind == QUOTH_EV_DATA)
        explain_bytes(explain, ev->data, ev->n, 0);
    else {
        if (explain->line_n)
            explain_line(explain);
        if (want->kind == QUOTH_WANT_TLS)
            explain_tls(explain, ev);
        else if (ev->kind == QUOTH_EV_UP) {
            explain_note(explain, "===", "Connected");
            explain->up = 1;
        } else if (ev->kind == QUOTH_EV_DOWN) {
            explain_note(explain, "===", "Connection closed");
            explain->up = explain->secure = 0;
        } else if (ev->kind != QUOTH_EV_RCPT)
            explain_note(explain, "***", app_trouble_words(ev));
    }
}

/* ---- the two sources ---------------------------------------------------- */

static void explain_step(struct explain *explain, const struct quoth_want *want,
                         const struct quoth_event *ev)
{
    if (!ev)
        return;
    explain->trying = 0;
    if (explain->dns)
        explain_dns(explain, want, ev);
    else
        explain_talk(explain, want, ev);
}

/* `dns`: whom it is about to ask or call, as in struct explain. */
static void explain_link(struct explain *explain, const struct quoth_want *want, uint8_t dns)
{
    explain->dns = dns;
    if (dns)
        explain->ns = want->peer;
    explain->tcp_n = 0;
}

void explain_ask(struct explain *explain, const struct quoth_want *want,
                 const struct quoth_event *ev)
{
    if (ev)
        explain->now = ev->now - explain->start;
    if (want->kind == QUOTH_WANT_DGRAM)
        explain_link(explain, want, 1);
    if (want->kind == QUOTH_WANT_OPEN) {
        explain_link(explain, want, 2);
        explain_trying(explain, want->host, &want->peer);
    }
    explain_step(explain, want, ev);
}

void explain_slot(void *arg, const struct quoth_slot *slot, const struct quoth_want *want,
                  const struct quoth_event *ev)
{
    struct explain *explain = arg;

    explain->start = slot->v.start;
    if (want->kind != QUOTH_WANT_OPEN || !*want->host) {
        explain_ask(explain, want, ev);
        return;
    }
    if (ev)
        explain->now = ev->now - explain->start;
    explain_link(explain, want, 0);
    explain_stage(explain, EXPLAIN_TALK, "SMTP");
    explain_hosts(explain, &slot->v.hosts.route, slot->v.ev.mx);
    explain_trying(explain, want->host, &want->peer);
    explain_step(explain, want, ev);
}

/* Several questions may be out at once: each trace says which one it is of. */
static void explain_batch_dns(struct explain *explain, const struct quoth_batch_trace *trace)
{
    const struct quoth_want *want = trace->want;
    const struct quoth_event *ev = trace->event;

    if (want->kind == QUOTH_WANT_DGRAM || want->kind == QUOTH_WANT_OPEN) {
        explain->dns = want->kind == QUOTH_WANT_DGRAM ? 1 : 2;
        explain->ns = want->peer;
        explain->tcp_n = 0;
    }
    if (!explain->dns)
        explain->dns = 1;
    explain->name = *trace->name;
    explain->type = trace->type;
    explain->asked = 1;
    if (ev && ev->kind == QUOTH_EV_DATA && explain->dns == 1 && ev->n >= 2)
        explain->id =
            (uint16_t)(((const uint8_t *)ev->data)[0] << 8 | ((const uint8_t *)ev->data)[1]);
    explain_step(explain, want, ev);
}

static void explain_batch_talk(struct explain *explain, const struct quoth_batch_trace *trace)
{
    explain_stage(explain, EXPLAIN_TALK, "SMTP");
    explain->dns = 0;
    explain->secure = trace->secure;
    if (trace->want->kind == QUOTH_WANT_OPEN) {
        explain_trying(explain, trace->host, &trace->peer);
    } else if (!explain->called) {
        explain_mark(explain, "===");
        fputs("In the open conversation with ", explain->f);
        app_put(explain->f, trace->host, strlen(trace->host));
        putc('\n', explain->f);
    }
    explain->called = !trace->event || trace->event->kind != QUOTH_EV_DOWN;
    explain_step(explain, trace->want, trace->event);
}

void explain_batch(struct explain *explain, const struct quoth_batch_trace *trace, uint64_t now)
{
    explain->now = now;
    explain->shared = 1;
    switch (trace->kind) {
    case QUOTH_BATCH_TRACE_DNS: explain_batch_dns(explain, trace); break;
    case QUOTH_BATCH_TRACE_HOSTS:
        explain_stage(explain, EXPLAIN_TALK, "SMTP");
        explain_hosts(explain, trace->route, trace->mx);
        break;
    case QUOTH_BATCH_TRACE_TALK: explain_batch_talk(explain, trace); break;
    case QUOTH_BATCH_TRACE_WAIT: break; /* no command's addresses are interactive */
    }
}

/* ---- before and after --------------------------------------------------- */

static void explain_networks(struct explain *explain, const char *label,
                             const struct quoth_cidr *cidr, unsigned n)
{
    char ip[46];
    for (unsigned i = 0; i < n; i++)
        if (quoth_ip_text(&cidr[i].ip, ip, sizeof ip) > 0)
            explain_say(explain, label, "%s/%u", ip, cidr[i].bits);
}

static const char *explain_yes(unsigned bit) { return bit ? "yes" : "no"; }

void explain_begin(struct explain *explain, const char *text, size_t n,
                   const struct quoth_evidence *evidence)
{
    explain->stage = EXPLAIN_ADDRESS;
    explain->dns = explain->secure = explain->trying = explain->asked = explain->listed =
        explain->up = explain->shared = explain->called = 0;
    explain->line_n = explain->tcp_n = 0;
    app_put(explain->f, text, n);
    putc('\n', explain->f);
    if (evidence->addr.fault) {
        explain_say(explain, "fault", "%s, at byte %u", quoth_addr_fault_text(evidence->addr.fault),
                    evidence->addr.at);
        return;
    }
    explain_fact(explain, "local part", evidence->addr.local.p, evidence->addr.local.n);
    explain_fact(explain, "domain", evidence->domain, strlen(evidence->domain));
    explain_say(explain, "lists", "role: %s, disposable: %s, free mail: %s, reserved: %s",
                explain_yes(evidence->lists & QUOTH_LIST_ROLE),
                explain_yes(evidence->lists & QUOTH_LIST_DISPOSABLE),
                explain_yes(evidence->lists & QUOTH_LIST_FREE),
                explain_yes(evidence->lists & QUOTH_LIST_RESERVED));
    if (explain->o->conf.depth == QUOTH_DEPTH_SMTP && explain->helo)
        explain_say(explain, "we are", "%s, sender <%s>", explain->helo, explain->from);
    explain_networks(explain, "targets allow", explain->o->allow, explain->o->allow_n);
    explain_networks(explain, "targets deny", explain->o->deny, explain->o->deny_n);
}

/* at rcpt, 550 5.1.1 "no such user", mx1.example.com, TLS 1.3, 412 ms */
static void explain_evidence(struct explain *explain, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    char *text = NULL;
    size_t n = 0;
    FILE *file = app_memory_stream(&text, &n);

    if (!file)
        return;
    fprintf(file, "at %s", quoth_phase_name((enum quoth_phase)evidence->phase));
    if (evidence->said.code)
        fprintf(file, ", %u", evidence->said.code);
    if (evidence->said.esc[0])
        fprintf(file, " %u.%u.%u", evidence->said.esc[0], evidence->said.esc[1],
                evidence->said.esc[2]);
    if (evidence->said.code)
        fprintf(file, " \"%.*s\"", (int)evidence->said.n, evidence->words);
    if (evidence->peer.ip.len)
        fprintf(file, ", %s", result->host);
    if (evidence->tls.version)
        fprintf(file, ", TLS %s", app_tls_version(evidence->tls.version));
    if (!evidence->said.code && evidence->err)
        fprintf(file, ", %s", app_err_words(evidence->err));
    fprintf(file, ", %u ms", evidence->took_ms);
    if (fclose(file) == 0)
        explain_fact(explain, "found", text, n);
    free(text);
}

void explain_end(struct explain *explain, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;

    if (explain->line_n)
        explain_line(explain);
    if (explain->up && !explain->shared)
        explain_note(explain, "===", "Hanging up: the answer to QUIT would tell nothing more");
    explain_stage(explain, EXPLAIN_RESULT, "evidence");
    explain_evidence(explain, result);
    if (*result->reading.rule)
        explain_say(explain, "mailbox", "%s, by rule %s", quoth_says_name(result->reading.says),
                    result->reading.rule);
    if (evidence->asked_decoy)
        explain_say(explain, "decoy", "%s, %u",
                    quoth_reason_name((enum quoth_reason)evidence->decoy_reason),
                    evidence->decoy_code);
    if (evidence->asked_decoy)
        explain_say(explain, "catch-all", "%s", quoth_fact_name(quoth_catch_all(evidence)));
    explain_say(explain, "effort", "questions: %u, calls: %u, conversations: %u", evidence->queries,
                evidence->connects, evidence->sessions);
    fprintf(explain->f, "   |\n   v\n%s, %s\n\n", quoth_verdict_name(result->verdict),
            quoth_reason_name(result->reading.reason));
    fflush(explain->f);
}

void explain_free(struct explain *explain)
{
    free(explain->tcp);
    explain->tcp = NULL;
}
