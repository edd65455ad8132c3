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

static void explain_stage(struct explain *x, uint8_t stage, const char *title)
{
    if (x->stage == stage)
        return;
    x->stage = stage;
    fprintf(x->f, "   |\n   v\n%s\n", title);
}

static void explain_fact(struct explain *x, const char *label, const char *p, size_t n)
{
    fprintf(x->f, "   |  %-14s ", label);
    app_wrap(x->f, (struct quoth_span) {p, n}, 21, 78, "   |                 ");
    putc('\n', x->f);
}

static void explain_say(struct explain *x, const char *label, const char *format, ...)
{
    char line[APP_LINE_MAX];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n > 0)
        explain_fact(x, label, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

static void explain_mark(struct explain *x, const char *mark)
{
    fprintf(x->f, "%5u.%03u %s ", (unsigned)(x->now / 1000), (unsigned)(x->now % 1000), mark);
}

void explain_note(struct explain *x, const char *mark, const char *text)
{
    explain_mark(x, mark);
    fprintf(x->f, "%s\n", text);
}

static const char *explain_trouble(const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_TIME)
        return "no answer in time";
    return ev->kind == QUOTH_EV_EOF ? "the other side closed the connection"
                                    : app_err_words(ev->err);
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

static void explain_name(struct explain *x, const struct quoth_name *name)
{
    char text[1009];
    int n = quoth_name_text(name, text, sizeof text);
    if (n > 0)
        app_put(x->f, text, (size_t)n);
}

/* Our own question, as it went out. */
static void explain_question(struct explain *x, const uint8_t *p, size_t n,
                             const struct quoth_peer *to, const char *over)
{
    struct quoth_dns m = {.p = p, .n = n};
    char peer[64];
    int len = n > 16 ? quoth_dns_name(&m, 12, &x->name) : -1;
    if (len < 0 || 12 + (size_t)len + 4 > n)
        return;
    x->id = (uint16_t)(p[0] << 8 | p[1]);
    x->type = (uint16_t)(p[12 + len] << 8 | p[13 + len]);
    x->asked = 1;
    explain_stage(x, EXPLAIN_DNS, "DNS");
    explain_mark(x, " ->");
    fprintf(x->f, "%s ", explain_type(x->type));
    explain_name(x, &x->name);
    fprintf(x->f, " ?   to %s over %s, id %u\n", app_peer_text(to, peer), over, x->id);
}

/* The strings of a TXT record, each in quotes. */
static void explain_strings(struct explain *x, const uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n; at += 1u + p[at]) {
        fputs(" \"", x->f);
        app_put(x->f, (const char *)p + at + 1, p[at]);
        putc('"', x->f);
    }
}

static void explain_record(struct explain *x, struct quoth_dns *m, const struct quoth_rr *rr)
{
    static const char *const section[3] = {"", "authority: ", "additional: "};
    struct quoth_name target;
    char ip[46];

    explain_mark(x, "<- ");
    fprintf(x->f, "%s%s ", rr->section < 3 ? section[rr->section] : "", explain_type(rr->type));
    explain_name(x, &rr->owner);
    if (rr->type == QUOTH_DNS_MX)
        fprintf(x->f, " %u", rr->pref);
    if (!rr->usable)
        fputs(" (malformed)", x->f);
    else if (rr->ip.len && quoth_ip_text(&rr->ip, ip, sizeof ip) > 0)
        fprintf(x->f, " %s", ip);
    else if (rr->type == QUOTH_DNS_TXT)
        explain_strings(x, m->p + rr->target, m->at - rr->target);
    else if ((rr->type == QUOTH_DNS_MX || rr->type == QUOTH_DNS_CNAME ||
              rr->type == QUOTH_DNS_PTR || rr->type == QUOTH_DNS_NS) &&
             quoth_dns_name(m, rr->target, &target) > 0) {
        putc(' ', x->f);
        explain_name(x, &target);
    }
    fprintf(x->f, ", %u s\n", (unsigned)(rr->type == QUOTH_DNS_SOA ? rr->minimum : rr->ttl));
}

static void explain_answer(struct explain *x, const uint8_t *p, size_t n)
{
    static const char *const rcodes[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                         "NXDOMAIN", "NOTIMP",  "REFUSED"};
    struct quoth_dns m;
    struct quoth_rr rr;
    unsigned shown = 0, all = 0;
    int rc = quoth_dns_open(&m, p, n, x->id, &x->name, x->type);

    if (rc == QUOTH_EINVAL) {
        explain_note(x, "***", "a datagram that is not the answer: not listened to");
        return;
    }
    x->asked = 0;
    if (rc) {
        explain_note(x, "***", "the answer is malformed");
        return;
    }
    explain_mark(x, "<- ");
    if (m.rcode < sizeof rcodes / sizeof *rcodes)
        fputs(rcodes[m.rcode], x->f);
    else
        fprintf(x->f, "rcode %u", m.rcode);
    fprintf(x->f, ", %u bytes%s%s\n", (unsigned)n, m.aa ? ", authoritative" : "",
            m.tc ? ", cut short" : "");
    while ((rc = quoth_dns_next(&m, &rr)) == 1) {
        if (rr.type == QUOTH_DNS_OPT || ++all > EXPLAIN_RECORDS)
            continue;
        explain_record(x, &m, &rr);
        shown++;
    }
    if (all > shown) {
        explain_mark(x, "<- ");
        fprintf(x->f, "... and %u more\n", all - shown);
    }
    if (rc < 0)
        explain_note(x, "***", "the rest of the answer is malformed");
}

static void explain_answer_tcp(struct explain *x, const uint8_t *p, size_t n)
{
    size_t room, whole;

    if (!x->tcp)
        x->tcp = malloc(EXPLAIN_TCP_MAX);
    if (!x->tcp)
        return;
    room = EXPLAIN_TCP_MAX - x->tcp_n;
    memcpy(x->tcp + x->tcp_n, p, n < room ? n : room);
    x->tcp_n += n < room ? n : room;
    whole = x->tcp_n < 2 ? EXPLAIN_TCP_MAX : 2 + (size_t)(x->tcp[0] << 8 | x->tcp[1]);
    if (x->tcp_n >= whole && x->asked)
        explain_answer(x, x->tcp + 2, whole - 2);
}

static void explain_dns(struct explain *x, const struct quoth_want *w, const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_DOWN) {
        x->dns = 0;
    } else if (ev->kind == QUOTH_EV_DATA) {
        if (x->dns == 1)
            explain_answer(x, ev->data, ev->n);
        else
            explain_answer_tcp(x, ev->data, ev->n);
    } else if (ev->kind == QUOTH_EV_SENT) {
        const uint8_t *p = w->out;
        if (w->kind == QUOTH_WANT_DGRAM)
            explain_question(x, p, w->n, &w->peer, "UDP");
        else if (w->n > 2 && ev->n == w->n)
            explain_question(x, p + 2, w->n - 2, &x->ns, "TCP");
    } else if (ev->kind != QUOTH_EV_UP && x->asked) {
        char peer[64];
        explain_mark(x, "***");
        fprintf(x->f, "%s: %s\n", app_peer_text(&x->ns, peer), explain_trouble(ev));
    }
}

/* ---- a conversation ----------------------------------------------------- */

static void explain_line(struct explain *x)
{
    static const char *const marks[2][2] = {{"<- ", "<~ "}, {" ->", " ~>"}};
    if (x->line_n && x->line[x->line_n - 1] == '\r')
        x->line_n--;
    explain_mark(x, marks[x->sent][x->secure]);
    app_put(x->f, x->line, x->line_n);
    putc('\n', x->f);
    x->line_n = 0;
}

/* Bytes as they passed, cut into lines; one that is too long is shown in pieces. */
static void explain_bytes(struct explain *x, const char *p, size_t n, uint8_t sent)
{
    if (x->line_n && x->sent != sent)
        explain_line(x);
    x->sent = sent;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n')
            explain_line(x);
        else
            x->line[x->line_n++] = p[i];
        if (x->line_n == sizeof x->line)
            explain_line(x);
    }
}

/* The mail hosts in the order they are tried. */
static void explain_hosts(struct explain *x, const struct quoth_route *route, uint8_t mx)
{
    if (x->listed)
        return;
    x->listed = 1;
    if (route->n && route->flags & QUOTH_ROUTE_SKIPPED)
        explain_note(x, "***", "an MX record that names no host is left out");
    for (unsigned i = 0; i < route->n; i++) {
        const char *host = quoth_mx_name(route, i);
        explain_mark(x, "===");
        fputs(i ? "           then " : "Hosts in order: ", x->f);
        if (mx == QUOTH_MX_HOSTS)
            fprintf(x->f, "%u ", route->host[i].pref);
        app_put(x->f, host, strlen(host));
        putc('\n', x->f);
    }
}

static void explain_trying(struct explain *x, const char *host, const struct quoth_peer *peer)
{
    char text[64];

    if (x->trying)
        return;
    x->trying = 1;
    explain_mark(x, "===");
    fputs("Trying ", x->f);
    app_put(x->f, host, strlen(host));
    fprintf(x->f, "%s%s...\n", *host ? " at " : "", app_peer_text(peer, text));
}

static void explain_tls(struct explain *x, const struct quoth_event *ev)
{
    char cipher[8], text[40];
    const unsigned faults = QUOTH_CERT_WRONG_NAME | QUOTH_CERT_EXPIRED | QUOTH_CERT_UNTRUSTED;

    x->secure = ev->kind == QUOTH_EV_UP;
    if (!x->secure) {
        const char *cause = app_tls_broke(ev->tls.broke, text);
        explain_mark(x, "***");
        fprintf(x->f, "%s%s%s\n", explain_trouble(ev), cause ? ": " : "", cause ? cause : "");
        return;
    }
    explain_mark(x, "===");
    fprintf(x->f, "TLS %s started, %s\n", app_tls_version(ev->tls.version),
            app_tls_cipher(ev->tls.cipher, cipher));
    explain_mark(x, "===");
    fprintf(x->f, "Certificate %s%s%s%s%s\n",
            ev->tls.cert & QUOTH_CERT_CHECKED ? "checked" : "not checked",
            ev->tls.cert & QUOTH_CERT_WRONG_NAME ? ", another name" : "",
            ev->tls.cert & QUOTH_CERT_EXPIRED ? ", expired" : "",
            ev->tls.cert & QUOTH_CERT_UNTRUSTED ? ", signed by nobody known" : "",
            ev->tls.cert & QUOTH_CERT_CHECKED && !(ev->tls.cert & faults) ? ": good" : "");
}

static void explain_talk(struct explain *x, const struct quoth_want *w,
                         const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_SENT)
        explain_bytes(x, w->out, ev->n, 1);
    else if (ev->kind == QUOTH_EV_DATA)
        explain_bytes(x, ev->data, ev->n, 0);
    else {
        if (x->line_n)
            explain_line(x);
        if (w->kind == QUOTH_WANT_TLS)
            explain_tls(x, ev);
        else if (ev->kind == QUOTH_EV_UP) {
            explain_note(x, "===", "Connected");
            x->up = 1;
        } else if (ev->kind == QUOTH_EV_DOWN) {
            explain_note(x, "===", "Connection closed");
            x->up = x->secure = 0;
        } else if (ev->kind != QUOTH_EV_RCPT)
            explain_note(x, "***", explain_trouble(ev));
    }
}

/* ---- the two sources ---------------------------------------------------- */

static void explain_step(struct explain *x, const struct quoth_want *w,
                         const struct quoth_event *ev)
{
    if (!ev)
        return;
    x->trying = 0;
    if (x->dns)
        explain_dns(x, w, ev);
    else
        explain_talk(x, w, ev);
}

void explain_slot(void *arg, const struct quoth_slot *s, const struct quoth_want *w,
                  const struct quoth_event *ev)
{
    struct explain *x = arg;

    if (ev)
        x->now = ev->now - s->v.start;
    if (w->kind == QUOTH_WANT_DGRAM || w->kind == QUOTH_WANT_OPEN) {
        if (w->kind == QUOTH_WANT_DGRAM)
            x->dns = 1;
        else
            x->dns = *w->host ? 0 : 2;
        if (x->dns)
            x->ns = w->peer;
        x->tcp_n = 0;
    }
    if (w->kind == QUOTH_WANT_OPEN) {
        if (!x->dns) {
            explain_stage(x, EXPLAIN_TALK, "SMTP");
            explain_hosts(x, &s->v.hosts.route, s->v.ev.mx);
        }
        explain_trying(x, w->host, &w->peer);
    }
    explain_step(x, w, ev);
}

/* Several questions may be out at once: each trace says which one it is of. */
static void explain_batch_dns(struct explain *x, const struct quoth_batch_trace *t)
{
    const struct quoth_want *w = t->want;
    const struct quoth_event *ev = t->event;

    if (w->kind == QUOTH_WANT_DGRAM || w->kind == QUOTH_WANT_OPEN) {
        x->dns = w->kind == QUOTH_WANT_DGRAM ? 1 : 2;
        x->ns = w->peer;
        x->tcp_n = 0;
    }
    if (!x->dns)
        x->dns = 1;
    x->name = *t->name;
    x->type = t->type;
    x->asked = 1;
    if (ev && ev->kind == QUOTH_EV_DATA && x->dns == 1 && ev->n >= 2)
        x->id = (uint16_t)(((const uint8_t *)ev->data)[0] << 8 | ((const uint8_t *)ev->data)[1]);
    explain_step(x, w, ev);
}

static void explain_batch_talk(struct explain *x, const struct quoth_batch_trace *t)
{
    explain_stage(x, EXPLAIN_TALK, "SMTP");
    x->dns = 0;
    x->secure = t->secure;
    if (t->want->kind == QUOTH_WANT_OPEN) {
        explain_trying(x, t->host, &t->peer);
    } else if (!x->called) {
        explain_mark(x, "===");
        fputs("In the open conversation with ", x->f);
        app_put(x->f, t->host, strlen(t->host));
        putc('\n', x->f);
    }
    x->called = !t->event || t->event->kind != QUOTH_EV_DOWN;
    explain_step(x, t->want, t->event);
}

void explain_batch(struct explain *x, const struct quoth_batch_trace *t, uint64_t now)
{
    x->now = now;
    x->shared = 1;
    switch (t->kind) {
    case QUOTH_BATCH_TRACE_DNS: explain_batch_dns(x, t); break;
    case QUOTH_BATCH_TRACE_HOSTS:
        explain_stage(x, EXPLAIN_TALK, "SMTP");
        explain_hosts(x, t->route, t->mx);
        break;
    case QUOTH_BATCH_TRACE_TALK: explain_batch_talk(x, t); break;
    case QUOTH_BATCH_TRACE_WAIT: break; /* no command's addresses are interactive */
    }
}

/* ---- before and after --------------------------------------------------- */

static void explain_networks(struct explain *x, const char *label, const struct quoth_cidr *cidr,
                             unsigned n)
{
    char ip[46];
    for (unsigned i = 0; i < n; i++)
        if (quoth_ip_text(&cidr[i].ip, ip, sizeof ip) > 0)
            explain_say(x, label, "%s/%u", ip, cidr[i].bits);
}

static const char *explain_yes(unsigned bit) { return bit ? "yes" : "no"; }

void explain_begin(struct explain *x, const char *text, size_t n, const struct quoth_evidence *e)
{
    x->stage = EXPLAIN_ADDRESS;
    x->dns = x->secure = x->trying = x->asked = x->listed = x->up = x->shared = x->called = 0;
    x->line_n = x->tcp_n = 0;
    app_put(x->f, text, n);
    putc('\n', x->f);
    if (e->addr.fault) {
        explain_say(x, "fault", "%s, at byte %u", quoth_addr_fault_text(e->addr.fault), e->addr.at);
        return;
    }
    explain_fact(x, "local part", e->addr.local.p, e->addr.local.n);
    explain_fact(x, "domain", e->domain, strlen(e->domain));
    explain_say(
        x, "lists", "role: %s, disposable: %s, free mail: %s, reserved: %s",
        explain_yes(e->lists & QUOTH_LIST_ROLE), explain_yes(e->lists & QUOTH_LIST_DISPOSABLE),
        explain_yes(e->lists & QUOTH_LIST_FREE), explain_yes(e->lists & QUOTH_LIST_RESERVED));
    if (x->o->conf.depth == QUOTH_DEPTH_SMTP && x->helo)
        explain_say(x, "we are", "%s, sender <%s>", x->helo, x->from);
    explain_networks(x, "targets allow", x->o->allow, x->o->allow_n);
    explain_networks(x, "targets deny", x->o->deny, x->o->deny_n);
}

/* at rcpt, 550 5.1.1 "no such user", mx1.example.com, TLS 1.3, 412 ms */
static void explain_evidence(struct explain *x, const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;
    char *text = NULL;
    size_t n = 0;
    FILE *m = app_memory_stream(&text, &n);

    if (!m)
        return;
    fprintf(m, "at %s", quoth_phase_name((enum quoth_phase)e->phase));
    if (e->said.code)
        fprintf(m, ", %u", e->said.code);
    if (e->said.esc[0])
        fprintf(m, " %u.%u.%u", e->said.esc[0], e->said.esc[1], e->said.esc[2]);
    if (e->said.code)
        fprintf(m, " \"%.*s\"", (int)e->said.n, e->words);
    if (e->peer.ip.len)
        fprintf(m, ", %s", r->host);
    if (e->tls.version)
        fprintf(m, ", TLS %s", app_tls_version(e->tls.version));
    if (!e->said.code && e->err)
        fprintf(m, ", %s", app_err_words(e->err));
    fprintf(m, ", %u ms", e->took_ms);
    if (fclose(m) == 0)
        explain_fact(x, "found", text, n);
    free(text);
}

void explain_end(struct explain *x, const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;

    if (x->line_n)
        explain_line(x);
    if (x->up && !x->shared)
        explain_note(x, "===", "Hanging up: the answer to QUIT would tell nothing more");
    explain_stage(x, EXPLAIN_RESULT, "evidence");
    explain_evidence(x, r);
    if (*r->reading.rule)
        explain_say(x, "mailbox", "%s, by rule %s", quoth_says_name(r->reading.says),
                    r->reading.rule);
    if (e->asked_decoy)
        explain_say(x, "decoy", "%s, %u", quoth_reason_name((enum quoth_reason)e->decoy_reason),
                    e->decoy_code);
    if (e->asked_decoy)
        explain_say(x, "catch-all", "%s", quoth_fact_name(quoth_catch_all(e)));
    explain_say(x, "effort", "questions: %u, calls: %u, conversations: %u", e->queries, e->connects,
                e->sessions);
    fprintf(x->f, "   |\n   v\n%s, %s\n\n", quoth_verdict_name(r->verdict),
            quoth_reason_name(r->reading.reason));
    fflush(x->f);
}

void explain_free(struct explain *x)
{
    free(x->tcp);
    x->tcp = NULL;
}
