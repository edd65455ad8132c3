/* talk_test.c - whole verifications against the transcripts in tests/talk (README.md there: the
 * form).
 *
 * Each file is run whole, byte by byte, line by line as late as may be, cut at every place of what
 * the server says, and with the nth operation failing for every n. In every run the golden rule is
 * kept against a count of its own: which replies were delivered in full, and to which command.
 * `talk_test --seeds DIR` writes each conversation as a seed for fuzz/verify.c.
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdlib.h>
#include "quoth.h"
#include "test.h"

enum { STEPS = 120, RRS = 24, ALL = 400, SEED_DATA_MAX = 249 };
enum mode { WHOLE, BYTES, CUT, LATE, FAULT };

struct rr {
    uint16_t type;
    char name[260];
    const char *data;
    unsigned asked;
};
struct step {
    char op;
    const char *text;
};
struct talk { /* one file, parsed */
    char *text, *path;
    const char *rcpt, *verdict, *later, *said;
    struct quoth_conf conf;
    int surplus, no_entropy;
    struct rr rr[RRS];
    size_t rrs;
    struct step step[STEPS];
    size_t steps;
};
struct run { /* one run of it */
    enum mode mode;
    size_t n; /* CUT: where; FAULT: which operation */
    size_t at, ahead, spoken, fed, ops, out_n, in_n, due_n;
    int dns, lost;
    uint64_t now;
    char out[600], in[9000], due[64];
    uint16_t real, decoy; /* codes of the replies delivered in full; 0: none */
    uint8_t msg[2048];
    struct quoth_verify v;
    char bad[200];
};

static struct talk talks[ALL], *talk;
static size_t talks_n;
static struct run run;
static struct quoth_resolver resolver;
static const struct quoth_cidr targets[] = {{{4, {192, 0, 2, 0}}, 24},
                                            {{16, {0x20, 1, 0x0d, 0xb8}}, 32}};
static const char *const names[] = {"example.com", "example.org", "example.net", NULL};
static uint8_t reasons[QUOTH_REASONS], wants[QUOTH_PHASES][QUOTH_WANT_DONE + 1];
static FILE *seed;

static int starts(const char *p, const char *with) { return strncmp(p, with, strlen(with)) == 0; }

/* ---- reading a file ----------------------------------------------------- */

static void unreadable(const char *line)
{
    fprintf(stderr, "%s: cannot read this line: %s\n", talk->path, line);
    exit(1);
}

static void read_conf(const char *p)
{
    struct quoth_conf *c = &talk->conf;
    if (!strcmp(p, "tls must"))
        c->smtp.tls = QUOTH_TLS_MUST;
    else if (!strcmp(p, "tls never"))
        c->smtp.tls = QUOTH_TLS_NEVER;
    else if (!strcmp(p, "tls verify"))
        c->smtp.tls_verify = 1;
    else if (!strcmp(p, "decoys 2"))
        c->decoys = 2;
    else if (!strcmp(p, "no-decoy"))
        c->no_decoy = 1;
    else if (!strcmp(p, "null-sender"))
        c->smtp.from = "";
    else if (!strcmp(p, "no-identity"))
        c->smtp.helo = NULL;
    else if (!strcmp(p, "no-entropy"))
        talk->no_entropy = 1;
    else if (!strcmp(p, "surplus"))
        talk->surplus = 1;
    else if (!strcmp(p, "depth dns"))
        c->depth = QUOTH_DEPTH_DNS;
    else if (!strcmp(p, "depth syntax"))
        c->depth = QUOTH_DEPTH_SYNTAX;
    else if (!strcmp(p, "family v4"))
        c->family = QUOTH_FAMILY_V4;
    else if (!strcmp(p, "family v6"))
        c->family = QUOTH_FAMILY_V6;
    else if (!strcmp(p, "no-targets"))
        c->targets.allow_n = 0;
    else if (!strcmp(p, "no-names"))
        c->allow_names = NULL;
    else if (starts(p, "helo "))
        c->smtp.helo = p + 5;
    else if (starts(p, "server "))
        c->server = p + 7;
    else if (starts(p, "total "))
        c->total_ms = 1000u * (uint32_t)atoi(p + 6);
    else
        unreadable(p);
}

static void read_dns(char *p)
{
    struct rr *rr = &talk->rr[talk->rrs++];
    char type[8], *data = strstr(p, " = ");
    if (!data || talk->rrs == RRS || sscanf(p, "%7s %259s", type, rr->name) != 2)
        unreadable(p);
    rr->data = data + 3;
    rr->type = !strcmp(type, "MX")   ? QUOTH_DNS_MX
               : !strcmp(type, "NS") ? QUOTH_DNS_NS
               : !strcmp(type, "A")  ? QUOTH_DNS_A
                                     : QUOTH_DNS_AAAA;
}

static void read_line(char *p)
{
    struct step *s = &talk->step[talk->steps];
    if (*p == '\0' || *p == '#')
        return;
    if (starts(p, "rcpt "))
        talk->rcpt = p + 5;
    else if (starts(p, "conf "))
        read_conf(p + 5);
    else if (starts(p, "dns "))
        read_dns(p + 4);
    else if (starts(p, "= "))
        *(talk->verdict ? &talk->later : &talk->verdict) = p + 2;
    else if (starts(p, "\" "))
        talk->said = p + 2;
    else if (talk->steps + 1 == STEPS || (!starts(p, "open ") && !memchr("<>~.x|", *p, 6)))
        unreadable(p);
    else {
        *s = (struct step) {*p, starts(p, "open ") ? p + 5
                                : p[0] == '|'      ? p + 1
                                : p[1]             ? p + 2
                                                   : ""};
        talk->steps++;
    }
}

static void read_file(const char *dir, const char *name)
{
    char path[400], *p;
    size_t n;
    FILE *f;
    talk = &talks[talks_n++];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "rb");
    if (!f || talks_n == ALL || !(talk->path = strdup(name)) || !(talk->text = calloc(1, 70000)))
        exit(1);
    n = fread(talk->text, 1, 69999, f);
    fclose(f);
    talk->conf.resolver = &resolver;
    talk->conf.smtp.helo = "probe.example.org";
    talk->conf.smtp.from = "me@probe.example.org";
    talk->conf.targets.allow = targets;
    talk->conf.targets.allow_n = 2;
    talk->conf.allow_names = names;
    for (p = talk->text; *p && n;) {
        char *e = p + strcspn(p, "\n"), last = *e;
        *e = '\0';
        read_line(p);
        p = last ? e + 1 : e;
    }
    if (!talk->rcpt || !talk->verdict)
        unreadable("(no rcpt or no verdict)");
}

/* ---- what a run notes --------------------------------------------------- */

/* The transcript and the run parted. With an operation failing that is to be expected: from there
 * on nothing works. */
static void part(const char *why, const char *what)
{
    if (!run.bad[0] && run.mode != FAULT)
        snprintf(run.bad, sizeof run.bad, "step %zu: %s: %.100s", run.at + 1, why, what);
    run.lost = 1;
}

static const struct step *step(void) { return &talk->step[run.at]; } /* op 0 at the end */

static void due(char what)
{
    if (run.due_n < sizeof run.due)
        run.due[run.due_n++] = what;
}

/* A byte of the server's was delivered: when it ends a reply, which command was that for? */
static void delivered(char c)
{
    uint16_t code = (uint16_t)atoi(run.in);
    if (c != '\n') {
        if (run.in_n + 1 < sizeof run.in) {
            run.in[run.in_n++] = c;
            run.in[run.in_n] = '\0';
        }
        return;
    }
    if (run.due_n && !(run.in_n > 3 && run.in[3] == '-')) {
        if (run.due[0] == 'r')
            run.real = code;
        if (run.due[0] == 'd')
            run.decoy = code;
        memmove(run.due, run.due + 1, --run.due_n);
    }
    run.in_n = 0;
    run.in[0] = '\0';
}

/* Same text, where one '*' stands for a made-up local part: 13 letters, digits and dots or more. */
static int agrees(const char *want, const char *got)
{
    const char *star = strchr(want, '*');
    size_t n;
    if (!star)
        return !strcmp(want, got);
    n = strspn(got + (star - want), "abcdefghijklmnopqrstuvwxyz0123456789.");
    return !strncmp(want, got, (size_t)(star - want)) && n >= 13 &&
           !strcmp(star + 1, got + (star - want) + n);
}

/* The step that is the next line of ours. A server's line on the way there may come later than we
 * speak, in a file that has a reply too many. */
static size_t our_step(void)
{
    size_t at = run.ahead > run.at ? run.ahead : run.at;

    while (talk->surplus && (talk->step[at].op == '<' || talk->step[at].op == '|'))
        at++;
    return at;
}

static void said_line(void)
{
    static const char *const verb[] = {"EHLO ",       "HELO ",     "STARTTLS", "RSET",
                                       "MAIL FROM:<", "RCPT TO:<", "QUIT"};
    char real[400];
    size_t k = 0, n = run.out_n - 2;
    if (run.out[n] != '\r' || memchr(run.out, '\r', n))
        abort();
    run.out[n] = '\0';
    while (k < 7 && !starts(run.out, verb[k]))
        k++;
    if (k == 7)
        abort(); /* P01 */
    snprintf(real, sizeof real, "RCPT TO:<%s>", talk->rcpt);
    due(k != 5 ? 'o' : strcmp(run.out, real) ? 'd' : 'r');
    run.out_n = 0;
    if (run.lost)
        return;
    const struct quoth_smtp *talking = quoth_verify_talk(&run.v);
    if (talk->surplus && talking && talking->err && k == 6)
        return; /* where a reply too many is noticed depends on when it comes */
    n = our_step();
    if (talk->step[n].op != '>' || !agrees(talk->step[n].text, run.out))
        part("said", run.out);
    else if (n == run.at)
        run.at++;
    else
        run.ahead = n + 1;
}

/* ---- the name server ---------------------------------------------------- */

static size_t put_name(uint8_t *p, const char *text)
{
    size_t n = 0, len;
    for (; *text && strcmp(text, "."); text += len + (text[len] == '.')) {
        len = strcspn(text, ". ,");
        p[n++] = (uint8_t)len;
        memcpy(p + n, text, len);
        n += len;
        if (text[len] != '.')
            break;
    }
    p[n++] = 0;
    return n;
}

/* One record of `item` ("10 mx.example.com", "192.0.2.1") under the name of the question. */
static size_t put_record(uint8_t *p, uint16_t type, const char *item)
{
    static const uint8_t head[] = {0xc0, 12, 0, 0, 0, 1, 0, 0, 1, 44, 0, 0};
    struct quoth_ip ip;
    char *name;
    size_t n;
    unsigned long pref;
    memcpy(p, head, sizeof head);
    p[3] = (uint8_t)type;
    if (type == QUOTH_DNS_MX) {
        pref = strtoul(item, &name, 10);
        p[12] = (uint8_t)(pref >> 8);
        p[13] = (uint8_t)pref;
        n = 2 + put_name(p + 14, name + 1);
    } else {
        if (quoth_ip_parse(&ip, item, strcspn(item, ",")) < 0)
            unreadable(item);
        memcpy(p + 12, ip.b, n = ip.len);
    }
    p[11] = (uint8_t)n;
    return 12 + n;
}

static struct rr *ask(const uint8_t *q, size_t *question_n)
{
    uint8_t name[260];
    size_t n = 12;
    while (q[n])
        n += q[n] + 1u;
    *question_n = n + 5;
    for (size_t i = 0; i < talk->rrs; i++)
        if (talk->rr[i].type == (q[n + 1] << 8 | q[n + 2]) &&
            put_name(name, talk->rr[i].name) == n - 11 && !memcmp(name, q + 12, n - 11))
            return &talk->rr[i];
    return NULL;
}

/* The question is in run.msg; its answer's length, 0: none comes. */
static size_t answer(void)
{
    static const char *const rcode[] = {"NODATA",   "FORMERR", "SERVFAIL",
                                        "NXDOMAIN", "NOTIMP",  "REFUSED"};
    size_t n, i = 0;
    struct rr *rr = ask(run.msg, &n);
    const char *p = rr ? rr->data : "NODATA";
    if (!rr && run.msg[n - 3] == QUOTH_DNS_MX)
        part("asked what the file does not answer", "");
    run.msg[2] = 0x81;
    memset(run.msg + 6, 0, 6);
    if (!rr && !run.msg[12]) { /* the root is there, and names itself */
        memcpy(run.msg + n, "\0\0\2\0\1\0\0\1\54\0\1", 12);
        run.msg[7] = 1;
        n += 12;
    }
    while (i < 6 && strcmp(p, rcode[i]))
        i++;
    run.msg[3] = (uint8_t)(0x80 | (i < 6 ? i : 0));
    if (starts(p, "drop, ") && rr->asked++ == 0)
        return 0;
    if (starts(p, "drop, "))
        p += 6;
    if (i < 6)
        return n;
    if (!strcmp(p, "TIMEOUT"))
        return 0;
    if (!strcmp(p, "MALFORMED")) {
        run.msg[7] = 1;
        return n;
    }
    for (; p; p = strstr(p, ", ") ? strstr(p, ", ") + 2 : NULL, run.msg[7]++)
        n += put_record(run.msg + n, rr->type, p);
    return n;
}

/* ---- doing what is wanted ----------------------------------------------- */

static void do_open(const struct quoth_want *w, struct quoth_event *ev)
{
    char ip[46], *outcome;
    struct quoth_ip want;

    if (w->peer.port == 53) { /* a name server takes no calls */
        ev->kind = QUOTH_EV_TIME;
        return;
    }
    outcome = strstr(step()->text, " = ");
    quoth_ip_text(&w->peer.ip, ip, sizeof ip);
    run.due_n = run.in_n = 0;
    due('b');
    ev->kind = QUOTH_EV_UP;
    if (step()->op != 'o' || quoth_ip_parse(&want, step()->text, strcspn(step()->text, " ")) < 0 ||
        memcmp(&want, &w->peer.ip, sizeof want)) {
        part("connected to", ip);
    } else {
        run.at++;
        if (!outcome)
            return;
        ev->kind = QUOTH_EV_FAIL;
        ev->err = QUOTH_EUNREACH;
        if (!strcmp(outcome, " = refused"))
            ev->err = QUOTH_EREFUSED;
        if (!strcmp(outcome, " = reset"))
            ev->err = QUOTH_EIO;
        if (!strcmp(outcome, " = timeout"))
            ev->kind = QUOTH_EV_TIME;
    }
}

static void do_send(const struct quoth_want *w, struct quoth_event *ev)
{
    const struct quoth_smtp *talking = quoth_verify_talk(&run.v);

    while (talking && talking->err && (step()->op == '<' || step()->op == '|'))
        run.at++; /* it goes on talking, and we leave */
    ev->kind = QUOTH_EV_SENT;
    ev->n = run.mode == BYTES ? 1 : w->n;
    for (size_t i = 0; i < ev->n; i++) {
        if (run.out_n == sizeof run.out)
            abort();
        run.out[run.out_n++] = ((const char *)w->out)[i];
        if (run.out[run.out_n - 1] == '\n')
            said_line();
    }
}

/* Server lines up to the next step of another kind, less what was spoken of them; cut as the mode
 * says. */
static void do_data(struct quoth_event *ev)
{
    static char all[70000];
    size_t n = 0, at = run.at;
    for (; talk->step[at].op == '<' || talk->step[at].op == '|'; at++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", talk->step[at].text,
                              talk->step[at].op == '<' ? "\r\n" : "");
    ev->kind = QUOTH_EV_DATA;
    ev->data = all + run.spoken;
    ev->n = n - run.spoken;
    if (run.mode == BYTES)
        ev->n = 1;
    if (run.mode == CUT && run.fed < run.n && run.fed + ev->n > run.n)
        ev->n = run.n - run.fed;
    if (run.mode == LATE) {
        const char *end = strchr(ev->data, '\n');
        if (end)
            ev->n = (size_t)(end + 1 - (const char *)ev->data);
    }
    if (seed && ev->n > SEED_DATA_MAX)
        ev->n = SEED_DATA_MAX;
    run.fed += ev->n;
    run.spoken += ev->n;
    if (run.spoken == n) {
        run.at = at;
        run.spoken = 0;
        while (run.at < run.ahead && step()->op == '>')
            run.at++;
    }
    for (size_t i = 0; i < ev->n; i++)
        delivered(((const char *)ev->data)[i]);
}

static void do_recv(struct quoth_event *ev)
{
    switch (step()->op) {
    case '<':
    case '|': do_data(ev); break;
    case 'x':
        ev->kind = strcmp(step()->text, "reset") ? QUOTH_EV_EOF : QUOTH_EV_FAIL;
        ev->err = QUOTH_EIO;
        run.at++;
        break;
    default: part("listens", "");
    }
}

static void do_tls(struct quoth_event *ev)
{
    const char *p = step()->text;
    if (talk->surplus && step()->op == '<') { /* what came in clear is no handshake */
        while (step()->op == '<')
            run.at++;
        ev->kind = QUOTH_EV_FAIL;
        ev->err = QUOTH_ENOTLS;
        return;
    }
    if (step()->op != '~' || !starts(p, "tls")) {
        part("starts TLS", "");
        return;
    }
    run.at++;
    ev->kind = strstr(p, "fails") ? QUOTH_EV_FAIL : QUOTH_EV_UP;
    ev->err = QUOTH_ENOTLS;
    ev->tls = (struct quoth_tls_facts) {0x0304, 0x1301, QUOTH_CERT_CHECKED, 0};
    if (ev->kind == QUOTH_EV_FAIL)
        ev->tls =
            (struct quoth_tls_facts) {.broke = strstr(p, "signature") ? QUOTH_TLS_SIGNATURE : 40};
    if (strstr(p, "wrong-name"))
        ev->tls.cert |= QUOTH_CERT_WRONG_NAME;
}

static void do_dns(const struct quoth_want *w, struct quoth_event *ev)
{
    size_t n;
    if (w->kind == QUOTH_WANT_DGRAM) {
        memcpy(run.msg, w->out, w->n);
        ev->kind = QUOTH_EV_SENT;
        ev->n = w->n;
        run.dns = 1;
    } else if (run.dns == 1 && (n = answer())) {
        run.dns = 2; /* one answer to one question */
        ev->kind = QUOTH_EV_DATA;
        ev->data = run.msg;
        ev->n = n;
        ev->from = w->peer.ip.len ? w->peer : resolver.server[0].peer;
    }
}

static void do_usual(const struct quoth_want *w, struct quoth_event *ev)
{
    switch (w->kind) {
    case QUOTH_WANT_DGRAM: do_dns(w, ev); break;
    case QUOTH_WANT_OPEN: do_open(w, ev); break;
    case QUOTH_WANT_SEND: do_send(w, ev); break;
    case QUOTH_WANT_RECV:
        if (run.dns)
            do_dns(w, ev);
        else
            do_recv(ev);
        break;
    case QUOTH_WANT_TLS: do_tls(ev); break;
    case QUOTH_WANT_RCPT:
        if (step()->op == '>' || step()->op == 0 || (talk->surplus && run.mode == LATE))
            ev->kind = QUOTH_EV_RCPT;
        else
            do_recv(ev);
        break;
    default: break;
    }
}

/* What happens next. 0: only time passed. */
static int happen(const struct quoth_want *w, struct quoth_event *ev)
{
    ev->kind = QUOTH_EV_TIME;
    if (w->kind == QUOTH_WANT_CLOSE) {
        run.dns = 0;
        run.out_n = 0;
        ev->kind = QUOTH_EV_DOWN;
    } else if (run.mode == FAULT && run.ops == run.n) {
        ev->kind = QUOTH_EV_FAIL;
        ev->err = QUOTH_EIO;
    } else if (step()->op == '.' && !run.dns && w->kind != QUOTH_WANT_DGRAM) {
        unsigned s = (unsigned)atoi(step()->text);
        run.at++;
        if (s && run.now + 1000 * s < w->deadline) {
            run.now += 1000 * s;
            return 0;
        }
        run.now = w->deadline;
    } else if (!run.lost) {
        do_usual(w, ev);
    }
    if (run.lost && w->kind != QUOTH_WANT_CLOSE) {
        ev->kind = QUOTH_EV_FAIL;
        ev->err = QUOTH_EIO;
    }
    if (ev->kind == QUOTH_EV_TIME && run.now < w->deadline)
        run.now = w->deadline;
    ev->now = run.now;
    return 1;
}

/* ---- seeds for fuzz/verify.c: its form is told there --------------------- */

/* What follows the question of an answer: how many bytes, rcode, counts, the bytes. */
static void seed_answer(const uint8_t *m, size_t n)
{
    size_t at = 12;
    while (m[at])
        at += m[at] + 1u;
    at += 5;
    fputc(2, seed);
    fputc((int)(n - at), seed);
    fputc(m[3] & 15, seed);
    fputc(m[7], seed);
    fwrite(m + at, 1, n - at, seed);
}

/* ev NULL: some time passed. */
static void seed_event(const struct quoth_want *w, const struct quoth_event *ev)
{
    static const uint8_t what[] = {
        [QUOTH_EV_TIME] = 253, [QUOTH_EV_UP] = 1,     [QUOTH_EV_SENT] = 250, [QUOTH_EV_EOF] = 254,
        [QUOTH_EV_FAIL] = 255, [QUOTH_EV_DOWN] = 253, [QUOTH_EV_RCPT] = 1};
    if (!seed)
        return;
    if (!ev) {
        fputc(252, seed);
    } else if (ev->kind == QUOTH_EV_DATA && run.dns) {
        seed_answer(ev->data, ev->n);
    } else if (ev->kind == QUOTH_EV_DATA) {
        fputc((int)ev->n, seed);
        fwrite(ev->data, 1, ev->n, seed);
    } else if (w->kind == QUOTH_WANT_TLS) {
        fputc((ev->kind == QUOTH_EV_UP) | (ev->tls.cert & QUOTH_CERT_WRONG_NAME), seed);
    } else {
        fputc(what[ev->kind], seed);
    }
}

/* ---- what came of it ---------------------------------------------------- */

/* G0: what is said of a mailbox rests on a reply to RCPT for it that was delivered in full. */
static void golden_rule(void)
{
    const struct quoth_evidence *e = &run.v.ev;
    enum quoth_verdict v = quoth_judge(e, quoth_verify_host(&run.v), NULL);
    if (!run.v.known)
        abort();
    if (e->sessions > QUOTH_SESSIONS_MAX || e->connects > QUOTH_CONNECTS_MAX + 2 ||
        e->queries > QUOTH_QUERIES_MAX)
        abort();
    if (v == QUOTH_VERDICT_DELIVERABLE && !(run.real / 100 == 2 && run.decoy / 100 == 5))
        abort();
    if (v == QUOTH_VERDICT_UNDELIVERABLE && e->phase == QUOTH_PHASE_RCPT && run.real / 100 != 5)
        abort();
    if (e->phase == QUOTH_PHASE_RCPT && e->said.code && !e->stop && e->said.code != 421 &&
        e->said.code != run.real)
        abort();
}

static const char *fact(const char *key)
{
    static char text[80];
    const struct quoth_evidence *e = &run.v.ev;
    if (!strcmp(key, "catch_all"))
        return quoth_fact_name(quoth_catch_all(e));
    if (!strcmp(key, "host"))
        return quoth_verify_host(&run.v);
    if (!strcmp(key, "tls"))
        return e->tls.version ? "yes" : "no";
    if (!strcmp(key, "fault"))
        return quoth_addr_fault_text(e->addr.fault);
    if (!strcmp(key, "esc"))
        snprintf(text, sizeof text, "%d.%d.%d", e->said.esc[0], e->said.esc[1], e->said.esc[2]);
    else
        snprintf(text, sizeof text, "%d",
                 !strcmp(key, "code")       ? e->said.code
                 : !strcmp(key, "sessions") ? e->sessions
                 : !strcmp(key, "connects") ? e->connects
                 : !strcmp(key, "decoy")    ? e->decoy_code
                                            : -1);
    return text;
}

/* "VERDICT REASON PHASE", then each KEY=VALUE the file names, with the value it has here. */
static const char *outcome(void)
{
    static char text[300];
    struct quoth_reading r;
    enum quoth_verdict v = quoth_judge(&run.v.ev, quoth_verify_host(&run.v), &r);
    size_t n = (size_t)snprintf(text, sizeof text, "%s %s %s", quoth_verdict_name(v),
                                quoth_reason_name(r.reason),
                                quoth_phase_name((enum quoth_phase)run.v.ev.phase));
    char key[20];
    for (const char *p = strchr(talk->verdict, '='); p; p = strchr(p + 1, '=')) {
        const char *from = p;
        while (from[-1] != ' ')
            from--;
        snprintf(key, sizeof key, "%.*s", (int)(p - from), from);
        n += (size_t)snprintf(text + n, sizeof text - n, " %s=%s", key, fact(key));
    }
    reasons[r.reason] = 1;
    return text;
}

static void play(enum mode mode, size_t n)
{
    static const uint8_t random[16] = "0123456789abcde";
    static uint8_t big[4096];
    memset(&run, 0, sizeof run);
    run.mode = mode;
    run.n = n;
    run.now = 1000;
    for (size_t i = 0; i < talk->rrs; i++)
        talk->rr[i].asked = 0;
    memset(&resolver, 0, sizeof resolver);
    resolver.servers = 1;
    resolver.server[0].peer = (struct quoth_peer) {{4, {192, 0, 2, 53}}, 53};
    quoth_verify_start(&run.v, &talk->conf, talk->rcpt, strlen(talk->rcpt),
                       talk->no_entropy ? NULL : random, run.now);
    quoth_verify_lend(&run.v, big, sizeof big);
    for (unsigned loop = 0;; loop++) {
        struct quoth_want w, again;
        struct quoth_event ev;
        memset(&ev, 0, sizeof ev);
        memset(&w, 1, sizeof w); /* all of it is written, whatever was there */
        memset(&again, 2, sizeof again);
        quoth_verify_want(&run.v, &w);
        quoth_verify_want(&run.v, &again);
        if (memcmp(&w, &again, sizeof w) || loop > 200000)
            abort();
        if (!run.dns && w.kind != QUOTH_WANT_DGRAM)
            wants[quoth_verify_talk(&run.v) ? quoth_verify_talk(&run.v)->phase : 0][w.kind] = 1;
        if (w.kind == QUOTH_WANT_DONE)
            break;
        run.ops++;
        int fed = happen(&w, &ev);
        seed_event(&w, fed ? &ev : NULL);
        if (!fed)
            continue;
        if (quoth_verify_feed(&run.v, &ev) != QUOTH_OK)
            part("an event was refused", "");
    }
    while (step()->op == '<' || step()->op == '|' || (step()->op == '>' && run.at < run.ahead))
        run.at++; /* it may have gone on talking */
    if (!run.lost && run.at < talk->steps && (!talk->surplus || mode == LATE))
        part("never came to", step()->text);
    golden_rule();
}

static int same_outcome(const char *how, size_t n)
{
    const char *got = run.bad[0] ? run.bad : outcome(), *want = talk->verdict;
    if (talk->later && run.mode != WHOLE && !strcmp(got, talk->later))
        want = talk->later;
    CHECK_STR(got, want);
    if (strcmp(got, want))
        printf("  %s: %s %zu\n", talk->path, how, n);
    return !strcmp(got, want);
}

static void run_talk(void)
{
    size_t bytes, ops;
    int same;
    play(WHOLE, 0);
    same = same_outcome("whole", 0);
    bytes = run.fed;
    ops = run.ops;
    if (talk->said) {
        char said[QUOTH_SAID_MAX + 1];
        snprintf(said, sizeof said, "%.*s", run.v.ev.said.n, run.v.ev.words);
        CHECK_STR(said, talk->said);
    }
    for (size_t n = 1; n <= ops; n++)
        play(FAULT, n);
    if (!same)
        return;
    play(LATE, 0);
    same_outcome("late", 0);
    play(BYTES, 0);
    same = same_outcome("byte by byte", 0);
    for (size_t n = 1; n < bytes && same; n += bytes > 5000 ? 101 : 1) {
        play(CUT, n);
        same = same_outcome("cut at", n);
    }
}

/* ---- all of them -------------------------------------------------------- */

TEST(every_reason)
{
    for (unsigned i = 1; i < QUOTH_REASONS; i++) {
        if (i == QUOTH_REASON_IDNA_UNSUPPORTED)
            continue; /* only in a build without QUOTH_IDN */
        if (i >= QUOTH_REASON_PROVIDER_POLICY && i <= QUOTH_REASON_UNREADABLE)
            continue; /* only in lists */
        CHECK(reasons[i]);
        if (!reasons[i])
            printf("  no transcript: %s\n", quoth_reason_name((enum quoth_reason)i));
    }
}

TEST(every_state)
{
    static const struct {
        uint8_t phase;
        const char *wants;
    } seen[] = {/* wants: by letter */
                {QUOTH_PHASE_CONNECT, "OC"}, {QUOTH_PHASE_BANNER, "RSC"},
                {QUOTH_PHASE_EHLO, "SRGC"},  {QUOTH_PHASE_STARTTLS, "SRTGC"},
                {QUOTH_PHASE_MAIL, "SRC"},   {QUOTH_PHASE_RCPT, "SRGC"}};
    static const char letter[] = {
        [QUOTH_WANT_OPEN] = 'O', [QUOTH_WANT_SEND] = 'S',  [QUOTH_WANT_RECV] = 'R',
        [QUOTH_WANT_TLS] = 'T',  [QUOTH_WANT_CLOSE] = 'C', [QUOTH_WANT_RCPT] = 'G'};
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        for (const char *p = seen[i].wants; *p; p++) {
            int done =
                wants[seen[i].phase][(const char *)memchr(letter, *p, sizeof letter) - letter];
            CHECK(done);
            if (!done)
                printf("  no transcript wants %c at %s\n", *p, quoth_phase_name(seen[i].phase));
        }
    }
}

static int write_seeds(const char *dir)
{
    char path[800];
    for (talk = talks; talk < talks + talks_n; talk++) {
        const struct quoth_conf *c = &talk->conf;
        snprintf(path, sizeof path, "%s/%.*s", dir, (int)strcspn(talk->path, "."), talk->path);
        if (!(seed = fopen(path, "wb")))
            return 1;
        fputc((int)c->smtp.tls + 3 * (c->decoys > 1), seed);
        fputc((c->server != NULL) | c->no_decoy << 1 | (!*c->smtp.from) << 2 |
                  (c->family == QUOTH_FAMILY_V4) << 3 | (c->family == QUOTH_FAMILY_V6) << 4 |
                  c->smtp.tls_verify << 5 | (c->smtp.helo == NULL) << 6 |
                  (c->targets.allow_n == 0) << 7,
              seed);
        fputc((int)strlen(talk->rcpt), seed);
        fputs(talk->rcpt, seed);
        play(WHOLE, 0);
        fclose(seed);
    }
    printf("%zu seeds written\n", talks_n);
    return talks_n == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct talk *)a)->path, ((const struct talk *)b)->path);
}

int main(int argc, char **argv)
{
    const char *dir = "tests/talk", *only = argc == 2 ? argv[1] : NULL;
    DIR *d = opendir(dir);
    const struct dirent *e;
    while (d && (e = readdir(d)))
        if (strstr(e->d_name, ".txt") && (!only || !strcmp(e->d_name, only)))
            read_file(dir, e->d_name);
    if (d)
        closedir(d);
    qsort(talks, talks_n, sizeof talks[0], by_name);
    if (argc == 3 && !strcmp(argv[1], "--seeds"))
        return write_seeds(argv[2]);
    for (talk = talks; talk < talks + talks_n; talk++)
        test_run(talk->path, run_talk);
    if (!only) {
        RUN(every_reason);
        RUN(every_state);
    }
    return report("talk");
}
