/* gateway.c - a mail server's question, answered in time.
 *
 *   question --> ours? --> known? --fresh--> answered
 *                             |----stale--> answered, and asked again behind its back
 *                             '----no-----> asked: answered when it is told, or "later"
 *
 * Words and names of the inner server never leave: the log has them, under the id of the answer.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "gateway.h"

enum { GATEWAY_INSIDE_MAX = 5000, GATEWAY_IDLE_MS = 300000 };

struct gate_client {
    struct client c; /* first */
    uint8_t form;    /* of the question an answer is owed for */
    char id[6];
    struct known *known;
};

static struct gateway *gateway_of(const struct client *c) { return c->s->gateway; }

/* ---- what is known ----------------------------------------------------------- */

static void known_sum(const struct serve *s, const char *text, size_t n, uint64_t sum[2])
{
    uint64_t k[2];

    memcpy(k, s->key, sizeof k);
    sum[0] = quoth_hash(k[0], k[1], text, n);
    sum[1] = quoth_hash(~k[0], k[1], text, n);
}

/* Of "@DOMAIN" in whatever case, or of the address behind whose '@' it stands. */
static uint64_t known_domain(const struct serve *s, const char *text, size_t n)
{
    char name[256];
    uint64_t k[2];
    size_t at = n, name_n = 0;

    while (at && text[at - 1] != '@')
        at--;
    for (; at < n && name_n < sizeof name; at++)
        name[name_n++] = (char)(text[at] >= 'A' && text[at] <= 'Z' ? text[at] | 32 : text[at]);
    memcpy(k, s->key, sizeof k);
    return quoth_hash(k[0], ~k[1], name, name_n);
}

/* Does `one` give way before `other`? What was never good first, or a stranger who guesses
 * addresses could have us forget the good ones. */
static int known_is_less(const struct known *one, const struct known *other)
{
    if (!one->good_ms != !other->good_ms)
        return !one->good_ms;
    return one->learnt_ms < other->learnt_ms;
}

/* What is known of it; four share a place. */
static struct known *known_of(const struct serve *s, const char *text, size_t n)
{
    const struct gateway *g = s->gateway;
    struct known *least, *set;
    uint64_t sum[2];

    known_sum(s, text, n, sum);
    set = least = &g->known[sum[0] % (GATEWAY_KNOWN / GATEWAY_SET) * GATEWAY_SET];
    for (unsigned i = 0; i < GATEWAY_SET; i++) {
        if (set[i].sum[0] == sum[0] && set[i].sum[1] == sum[1])
            return &set[i];
        if (known_is_less(&set[i], least))
            least = &set[i];
    }
    memset(least, 0, sizeof *least);
    memcpy(least->sum, sum, sizeof sum);
    least->domain = known_domain(s, text, n);
    least->learnt_ms = s->now;
    return least;
}

/* How the log calls an address: five letters of its sum. */
static void known_id(const struct known *k, char id[6])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";

    for (unsigned i = 0; i < 5; i++)
        id[i] = letters[k->sum[1] >> (5 * i) & 31];
    id[5] = '\0';
}

static void gateway_told(struct serve *s, const struct check *check)
{
    struct known *k = known_of(s, check->text, check->text_n);
    const enum quoth_verdict verdict = (enum quoth_verdict)check->verdict;
    const enum quoth_reason reason = (enum quoth_reason)check->reason;
    char id[6];

    known_learn(k, known_says(verdict, reason), s->now);
    known_id(k, id);
    if (!s->o->quiet)
        fprintf(stderr, "gateway=%s verdict=%s reason=%s code=%u\n", id,
                quoth_verdict_name(verdict), quoth_reason_name(reason), check->code);
}

/* An address has its domain in lower case here. */
static void gateway_forget(struct serve *s, const char *text)
{
    const struct gateway *g = s->gateway;
    const size_t n = strlen(text);
    const uint64_t domain = known_domain(s, text, n);
    char address[CHECK_TEXT + 1];
    uint64_t sum[2];

    memcpy(address, text, n + 1);
    for (char *p = strrchr(address, '@'); *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 32 : *p);
    known_sum(s, address, n, sum);
    for (uint32_t i = 0; i < GATEWAY_KNOWN; i++)
        if (g->known[i].domain == domain && (*text == '@' || g->known[i].sum[0] == sum[0]))
            memset(&g->known[i].good_ms, 0, sizeof g->known[i] - offsetof(struct known, good_ms));
}

/* ---- a question ---------------------------------------------------------------- */

/* The address with its domain in lower case, if we answer for that domain. Its length; 0: no. */
static size_t gateway_ours(const struct gateway *g, char *address)
{
    char *at = strrchr(address, '@');

    if (!at || at == address)
        return 0;
    for (char *p = at; *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 32 : *p);
    for (unsigned i = 0; i < g->domains; i++)
        if (!strcmp(at + 1, g->domain[i]))
            return strlen(address);
    return 0;
}

static void gate_say(struct gate_client *gc, enum gate_says says)
{
    struct gateway *g = gateway_of(&gc->c);
    char text[256];
    const size_t n = gate_answer((enum gate_form)gc->form, says, gc->id, text);

    g->answers[says]++;
    client_put(&gc->c, text, n);
    client_due(&gc->c, GATEWAY_IDLE_MS);
    if (gc->form == GATE_LINE) /* its reader waits for the end */
        client_close(&gc->c);
}

static uint32_t gate_wait(const struct gate_client *gc)
{
    const struct gateway *g = gateway_of(&gc->c);

    return gc->form == GATE_LINE ? g->line_wait_ms : g->wait_ms;
}

/* Ask, and answer once it is told. */
static void gate_ask(struct gate_client *gc, const char *address, size_t n,
                     enum gate_says meanwhile)
{
    struct serve *s = gc->c.s;
    struct check *check = NULL;
    int ask;

    if (quoth_batch_inside(s->batch) < GATEWAY_INSIDE_MAX)
        check = check_start(s, address, n, &(struct check_wish) {.via = SERVE_VIA_GATEWAY});
    if (meanwhile == GATE_GOOD) {
        gate_say(gc, GATE_GOOD);
    } else if (!check) {
        gate_say(gc, GATE_LATER);
    } else if (check->done) { /* it was told at once */
        gate_say(gc, known_look(gc->known, s->now, &ask));
    } else {
        gc->c.busy = 1;
        check_join(check, &gc->c);
        client_due(&gc->c, gate_wait(gc));
    }
}

static void gate_question(struct gate_client *gc, struct gate_question *q)
{
    struct gateway *g = gateway_of(&gc->c);
    const size_t n = gateway_ours(g, q->address);
    enum gate_says says;
    int ask;

    gc->form = (uint8_t)q->form;
    gc->id[0] = '\0';
    if (!n) {
        gate_say(gc, GATE_NOT_OURS);
        return;
    }
    gc->known = known_of(gc->c.s, q->address, n);
    known_id(gc->known, gc->id);
    says = known_look(gc->known, gc->c.s->now, &ask);
    g->hit += !ask;
    g->stale += ask && says == GATE_GOOD;
    g->miss += ask && says != GATE_GOOD;
    if (ask)
        gate_ask(gc, q->address, n, says);
    else
        gate_say(gc, says);
}

/* ---- the protocol ---------------------------------------------------------------- */

static void gate_bytes(struct client *c)
{
    struct gate_client *gc = (struct gate_client *)(void *)c;
    struct gate_question q;
    int got = 1;

    while (got > 0 && !c->busy && !c->closing && !c->gone) {
        got = gate_read(&q, c->in, c->in_n, c->ended);
        if (got > 0) {
            client_take(c, q.used);
            gate_question(gc, &q);
        } else if (got < 0 || c->in_n == CLIENT_IN || c->ended) {
            client_close(c);
        }
    }
}

static void gate_late(struct client *c)
{
    struct gate_client *gc = (struct gate_client *)(void *)c;

    if (!c->busy) {
        client_close(c);
        return;
    }
    gateway_of(c)->early++;
    check_leave(c);
    client_free(c);
    gate_say(gc, GATE_LATER);
}

/* It was learnt already. The place may have been given to another address meanwhile: then nothing
 * is known. */
static void gate_told(struct client *c, const struct check *check)
{
    struct gate_client *gc = (struct gate_client *)(void *)c;
    int ask;

    client_free(c);
    gc->known = known_of(c->s, check->text, check->text_n);
    gate_say(gc, known_look(gc->known, c->s->now, &ask));
}

const struct protocol protocol_gateway = {
    .name = "gateway",
    .size = sizeof(struct gate_client),
    .bytes = gate_bytes,
    .late = gate_late,
    .told = gate_told,
};

/* ---- metrics, beginning and end ------------------------------------------------------ */

static void gateway_metrics(const struct serve *s, struct app_stream *out)
{
    static const char *const names[GATE_SAYS] = {"later",   "good",      "no_mailbox",
                                                 "null_mx", "no_domain", "not_ours"};
    const struct gateway *g = s->gateway;
    char line[160];

    app_stream_text(out, "# HELP quoth_gateway_answers_total Answers to mail servers.\n"
                         "# TYPE quoth_gateway_answers_total counter\n");
    for (int i = 0; i < GATE_SAYS; i++) {
        snprintf(line, sizeof line, "quoth_gateway_answers_total{answer=\"%s\"} %llu\n", names[i],
                 (unsigned long long)g->answers[i]);
        app_stream_text(out, line);
    }
    snprintf(line, sizeof line,
             "# HELP quoth_gateway_early_total Answers given before the result was there.\n"
             "# TYPE quoth_gateway_early_total counter\nquoth_gateway_early_total %llu\n",
             (unsigned long long)g->early);
    app_stream_text(out, line);
    snprintf(line, sizeof line,
             "# HELP quoth_cache_total Questions by what was known.\n"
             "# TYPE quoth_cache_total counter\nquoth_cache_total{result=\"hit\"} %llu\n",
             (unsigned long long)g->hit);
    app_stream_text(out, line);
    snprintf(line, sizeof line,
             "quoth_cache_total{result=\"stale\"} %llu\nquoth_cache_total{result=\"miss\"} %llu\n",
             (unsigned long long)g->stale, (unsigned long long)g->miss);
    app_stream_text(out, line);
}

int gateway_init(struct gateway *g, struct serve *s)
{
    g->known = calloc(GATEWAY_KNOWN, sizeof *g->known);
    if (!g->known)
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    s->gateway = g;
    s->gateway_told = gateway_told;
    s->gateway_forget = gateway_forget;
    s->gateway_metrics = gateway_metrics;
    return 0;
}

void gateway_end(struct gateway *g) { free(g->known); }
