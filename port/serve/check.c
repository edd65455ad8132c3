/* check.c - checks: one engine address each, however many ask.
 *
 *   check_start: under way or young enough? --> that one
 *                else a new one --> engine --> trace: log, told to those who joined
 *                                          --> result: kept for an hour, told likewise
 *
 * Checks are found by id, which cannot be guessed, and by the text of their address.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "aside.h"
#include "posix.h"
#include "serve.h"

enum { CHECK_TABLE = 4096 };

const uint32_t serve_times[SERVE_TIMES - 1] = {50,   100,   250,   500,   1000,  2500,
                                               5000, 10000, 30000, 60000, 90000, 120000};

static struct check **check_chain(struct serve *s, const char *text, size_t n)
{
    uint64_t k[2];

    memcpy(k, s->key, sizeof k);
    return &s->table[quoth_hash(k[0], k[1], text, n) % CHECK_TABLE];
}

/* ---- places: the engine's ids --------------------------------------------- */

static int check_place(struct serve *s, struct check *check)
{
    if (!s->frees) {
        const uint32_t cap = s->checks ? s->checks * 2 : 64;
        struct check **more = realloc(s->check, cap * sizeof *more);
        uint32_t *places = more ? realloc(s->free_place, cap * sizeof *places) : NULL;
        if (more)
            s->check = more;
        if (!places)
            return -1;
        s->free_place = places;
        for (uint32_t i = cap; i-- > s->checks;) {
            s->check[i] = NULL;
            s->free_place[s->frees++] = i;
        }
        s->checks = cap;
    }
    check->place = s->free_place[--s->frees];
    s->check[check->place] = check;
    return 0;
}

static void check_free(struct serve *s, struct check *check)
{
    struct check **at = check_chain(s, check->text, check->text_n);

    while (*at != check)
        at = &(*at)->same;
    *at = check->same;
    s->check[check->place] = NULL;
    s->free_place[s->frees++] = check->place;
    free(check->log.text);
    free(check->json.text);
    free(check->other.text);
    free(check);
}

/* ---- beginning ------------------------------------------------------------ */

/* Four letters say the place, 22 have 110 random bits. */
static const char check_letters[] = "abcdefghijklmnopqrstuvwxyz234567";

static int check_id(struct check *check)
{
    uint8_t bytes[22];

    if (quoth_posix_random(bytes, sizeof bytes))
        return -1;
    for (unsigned i = 0; i < 4; i++)
        check->id[i] = check_letters[check->place >> (5 * i) & 31];
    for (unsigned i = 0; i < 22; i++)
        check->id[4 + i] = check_letters[bytes[i] & 31];
    check->id[26] = '\0';
    return 0;
}

static struct check *check_new(struct serve *s, const char *text, size_t n)
{
    struct check *check = calloc(1, sizeof *check), **chain = check_chain(s, text, n);

    if (!check || check_place(s, check)) {
        free(check);
        return NULL;
    }
    memcpy(check->text, text, n);
    check->text_n = n;
    check->began = s->now;
    check->same = *chain;
    *chain = check;
    if (!check_id(check))
        return check;
    check_free(s, check);
    return NULL;
}

/* How far it goes: no further than the server itself. */
static uint8_t check_depth(const struct serve *s, const struct check_wish *wish)
{
    return wish->depth < s->setup->conf.depth ? (uint8_t)s->setup->conf.depth : wish->depth;
}

/* Will this one do? */
static int check_suits(const struct serve *s, const struct check *check,
                       const struct check_wish *wish)
{
    if (check->depth != check_depth(s, wish) || check->forgotten || wish->fresh)
        return 0;
    if (wish->form && check->form != wish->form && (check->done || check->form))
        return 0;
    return !check->done || s->now - check->ended < wish->max_age_ms;
}

struct check *check_start(struct serve *s, const char *text, size_t n,
                          const struct check_wish *wish)
{
    const struct quoth_batch_options now = {
        .priority = QUOTH_BATCH_INTERACTIVE, .trace = wish->live, .no_wait = 1};
    struct check *check;

    if (n > CHECK_TEXT)
        return NULL;
    for (check = *check_chain(s, text, n); check; check = check->same)
        if (check->text_n == n && !memcmp(check->text, text, n) && check_suits(s, check, wish))
            break;
    if (check) {
        if (wish->form)
            check->form = wish->form;
        return check;
    }
    check = check_new(s, text, n);
    if (!check)
        return NULL;
    check->form = wish->form;
    check->depth = check_depth(s, wish);
    check->via = wish->via;
    if (check->depth != s->setup->conf.depth) {
        aside_add(s, check);
        return check;
    }
    if (quoth_batch_add(s->batch, check->place, text, n, &now) == QUOTH_OK)
        return check;
    check_free(s, check);
    return NULL;
}

struct check *check_find(struct serve *s, const char *id)
{
    uint32_t place = 0;

    for (unsigned i = 0; i < 4; i++) {
        const char *at = id[i] ? strchr(check_letters, id[i]) : NULL;
        if (!at)
            return NULL;
        place |= (uint32_t)(at - check_letters) << (5 * i);
    }
    if (place >= s->checks || !s->check[place] || strcmp(s->check[place]->id, id) != 0)
        return NULL;
    return s->check[place];
}

/* ---- who waits ------------------------------------------------------------ */

void check_join(struct check *check, struct client *c)
{
    c->check = check;
    c->next = check->waiter;
    check->waiter = c;
}

void check_leave(struct client *c)
{
    struct client **at;

    if (!c->check)
        return;
    for (at = &c->check->waiter; *at != c; at = &(*at)->next) {
    }
    *at = c->next;
    c->check = NULL;
}

/* ---- told by the engine --------------------------------------------------- */

/* What came to the log since `from`. */
static void check_events(struct check *check, size_t from)
{
    for (struct client *c = check->waiter; c; c = c->next)
        if (c->protocol->event)
            c->protocol->event(c, check->log.text + from, check->log.n - from);
}

void check_trace(void *arg, const struct quoth_batch_trace *t)
{
    struct serve *s = arg;
    struct check *check = s->check[t->id];
    const size_t from = check->log.n;

    if (check->done || from > CHECK_LOG)
        return;
    live_trace(check, t, s->now - check->began);
    check_events(check, from);
}

void check_count(struct serve *s, const struct quoth_batch_result *r, enum serve_via via)
{
    const enum quoth_reason reason = r->reading.reason;

    s->count.verdict[via][r->verdict]++;
    s->count.reached += r->ev->phase > QUOTH_PHASE_BANNER;
    s->count.unreached += r->ev->phase == QUOTH_PHASE_CONNECT || r->ev->phase == QUOTH_PHASE_BANNER;
    s->count.reason[reason]++;
    if (r->verdict == QUOTH_VERDICT_UNKNOWN &&
        (reason == QUOTH_REASON_IP_BLOCKED || reason == QUOTH_REASON_POLICY_REJECTED ||
         reason == QUOTH_REASON_AUTH_REQUIRED || reason == QUOTH_REASON_SPAM_OR_CONTENT ||
         reason == QUOTH_REASON_NO_IDENTITY))
        s->count.us++;
}

static void check_count_time(struct serve *s, const struct check *check)
{
    const uint64_t ms = check->ended - check->began;
    unsigned i = 0;

    while (i + 1 < SERVE_TIMES && ms > serve_times[i])
        i++;
    s->count.took[i]++;
    s->count.took_ms += ms;
}

static void check_times(struct check *check, const struct quoth_evidence *ev)
{
    const uint32_t dns = ev->ms[QUOTH_PHASE_DNS], connect = ev->ms[QUOTH_PHASE_CONNECT];

    check->dns_ms = dns;
    check->connect_ms = connect > dns ? connect - dns : 0;
    check->smtp_ms = connect && ev->took_ms > connect ? ev->took_ms - connect : 0;
}

/* The line of the format json, without its end; and the other one, if somebody wants it. */
static void check_print(struct serve *s, struct check *check, const struct quoth_batch_result *r)
{
    struct app_result result = {.input = check->text,
                                .input_n = check->text_n,
                                .input_bytes = check->text_n,
                                .ev = r->ev,
                                .host = r->mx,
                                .verdict = r->verdict,
                                .reading = r->reading,
                                .helo = s->setup->conf.smtp.helo,
                                .from = s->setup->conf.smtp.from,
                                .calibration = &s->o->calibration,
                                .sandbox = s->o->sandbox != 0};
    struct app_page page = {.single = 1}, other = {.single = 1};

    if (!s->o->calibration.outcomes)
        result.calibration = NULL;
    app_listed_mark(&s->setup->listed, &result);
    app_json(&page, &result);
    if (page.out.n)
        page.out.n--;
    check->json = page.out;
    if (check->form)
        check->form->answer(&other, &result);
    check->other = other.out;
}

static void check_done(struct serve *s, struct check *check)
{
    check->done = 1;
    check->ended = s->now;
    if (s->newest)
        s->newest->newer = check;
    else
        s->oldest = check;
    s->newest = check;
    if (!s->logged)
        s->logged = check;
}

void check_result(void *arg, const struct quoth_batch_result *r)
{
    struct serve *s = arg;
    struct check *check = s->check[r->id];

    check->verdict = (uint8_t)r->verdict;
    check->reason = (uint8_t)r->reading.reason;
    check->code = r->ev->said.code;
    memcpy(check->esc, r->ev->said.esc, sizeof check->esc);
    check_times(check, r->ev);
    check_print(s, check, r);
    if (s->gateway_told && check->depth == s->setup->conf.depth)
        s->gateway_told(s, check);
    check_told(s, check);
}

/* Its text grew by doubling, and is kept for an hour as it is now. */
static void check_fit(struct app_stream *text)
{
    char *fit = text->n && !text->full ? realloc(text->text, text->n) : NULL;

    if (!fit)
        return;
    text->text = fit;
    text->cap = text->n;
}

void check_told(struct serve *s, struct check *check)
{
    const size_t from = check->log.n;

    live_result(check, s->now - check->began);
    check_fit(&check->json);
    check_fit(&check->other);
    check_fit(&check->log);
    check_done(s, check);
    if (check->depth != CHECK_DOMAIN)
        check_count_time(s, check);
    check_events(check, from);
    while (check->waiter) {
        struct client *c = check->waiter;
        check_leave(c);
        c->protocol->told(c, check);
    }
}

/* ---- forgetting ------------------------------------------------------------- */

/* Is it about this address, or this "@DOMAIN"? */
static int check_is_about(const struct check *check, const char *text)
{
    const char *of = text[0] == '@' ? NULL : text, *domain = strrchr(text, '@');
    const char *at = strrchr(check->text, '@');

    if (!at)
        return !of && !strcasecmp(check->text, domain + 1);
    return !strcasecmp(at, domain) && (!of || (at - check->text == domain - of &&
                                               !memcmp(check->text, of, (size_t)(domain - of))));
}

/* Those that are done; whoever has the id of one is told that it is not there. */
static void check_forget_done(struct serve *s, const char *text)
{
    struct check **at = &s->oldest, *last = NULL;

    while (*at) {
        struct check *check = *at;
        if (!check_is_about(check, text)) {
            last = check;
            at = &check->newer;
            continue;
        }
        *at = check->newer;
        if (s->logged == check)
            s->logged = check->newer;
        check_free(s, check);
    }
    s->newest = last;
}

void check_forget(struct serve *s, const char *text)
{
    check_forget_done(s, text);
    for (uint32_t i = 0; i < s->checks; i++)
        if (s->check[i] && check_is_about(s->check[i], text))
            s->check[i]->forgotten = 1;
    if (s->gateway_forget)
        s->gateway_forget(s, text);
}

/* ---- the end --------------------------------------------------------------- */

void check_trim(struct serve *s)
{
    const uint64_t log_ms = CHECK_LOG_KEEP_S * UINT64_C(1000);
    const uint64_t keep_ms = CHECK_KEEP_S * UINT64_C(1000);

    for (; s->logged && s->now - s->logged->ended > log_ms; s->logged = s->logged->newer) {
        free(s->logged->log.text);
        s->logged->log = (struct app_stream) {0};
    }
    while (s->oldest &&
           (s->now - s->oldest->ended > keep_ms || s->checks - s->frees > CHECKS_MAX)) {
        struct check *old = s->oldest;
        s->oldest = old->newer;
        if (!s->oldest)
            s->newest = NULL;
        if (s->logged == old)
            s->logged = old->newer;
        check_free(s, old);
    }
}

int check_begin(struct serve *s)
{
    s->table = calloc(CHECK_TABLE, sizeof(struct check *));
    return s->table ? 0 : -1;
}

void check_end(struct serve *s)
{
    for (uint32_t i = 0; i < s->checks; i++)
        if (s->check[i])
            check_free(s, s->check[i]);
    free(s->check);
    free(s->free_place);
    free(s->table);
}
