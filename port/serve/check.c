/* check.c - checks: one engine address each, however many ask; of each identity its own.
 *
 *   check_start: under way or young enough? --> that one
 *                else a new one --> engine --> trace: log, told to those who joined
 *                                          --> result: kept for an hour, told likewise
 *                                          --> later, and it is followed: asked again, --> result
 *
 * Checks are found by id, which cannot be guessed, and by the text of their address.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "aside.h"
#include "identities.h"
#include "posix.h"
#include "serve.h"

enum { CHECK_TABLE = 4096, CHECK_SANDBOX_MS = 1000 /* nobody there is to be spared */ };

const uint32_t serve_times[SERVE_TIMES - 1] = {50,   100,   250,   500,   1000,  2500,
                                               5000, 10000, 30000, 60000, 90000, 120000};

static struct check **check_chain(struct serve *serve, const char *text, size_t n)
{
    uint64_t k[2];

    memcpy(k, serve->key, sizeof k);
    return &serve->table[quoth_hash(k[0], k[1], text, n) % CHECK_TABLE];
}

/* ---- places: the engine's ids --------------------------------------------- */

static int check_place(struct serve *serve, struct check *check)
{
    if (!serve->frees) {
        const uint32_t cap = serve->checks ? serve->checks * 2 : 64;
        struct check **more = realloc(serve->check, cap * sizeof *more);
        uint32_t *places = more ? realloc(serve->free_place, cap * sizeof *places) : NULL;
        if (more)
            serve->check = more;
        if (!places)
            return -1;
        serve->free_place = places;
        for (uint32_t i = cap; i-- > serve->checks;) {
            serve->check[i] = NULL;
            serve->free_place[serve->frees++] = i;
        }
        serve->checks = cap;
    }
    check->place = serve->free_place[--serve->frees];
    serve->check[check->place] = check;
    return 0;
}

static void check_free(struct serve *serve, struct check *check)
{
    struct check **at = check_chain(serve, check->text, check->text_n);

    while (*at != check)
        at = &(*at)->same;
    *at = check->same;
    serve->check[check->place] = NULL;
    serve->free_place[serve->frees++] = check->place;
    serve->going -= !check->done;
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

static struct check *check_new(struct serve *serve, const char *text, size_t n)
{
    struct check *check = calloc(1, sizeof *check), **chain = check_chain(serve, text, n);

    if (!check || check_place(serve, check)) {
        free(check);
        return NULL;
    }
    memcpy(check->text, text, n);
    check->text_n = n;
    check->began = serve->now;
    check->same = *chain;
    *chain = check;
    serve->going++;
    if (!check_id(check))
        return check;
    check_free(serve, check);
    return NULL;
}

/* How far it goes: no further than the server itself. */
static uint8_t check_depth(const struct serve *serve, const struct check_wish *wish)
{
    return wish->depth < serve->setup->conf.depth ? (uint8_t)serve->setup->conf.depth : wish->depth;
}

/* Will this one do? */
static int check_suits(const struct serve *serve, const struct check *check,
                       const struct check_wish *wish)
{
    if (check->depth != check_depth(serve, wish) || check->forgotten || wish->fresh ||
        check->who != wish->who)
        return 0;
    if (check->again && !wish->follow)
        return 0;
    if (wish->form && check->form != wish->form && (check->done || check->form))
        return 0;
    return !check->done || serve->now - check->ended < wish->max_age_ms;
}

struct check *check_start(struct serve *serve, const char *text, size_t n,
                          const struct check_wish *wish)
{
    const struct quoth_batch_options now = {
        .priority = QUOTH_BATCH_INTERACTIVE, .trace = wish->live, .no_wait = 1};
    struct check *check;

    if (n > CHECK_TEXT)
        return NULL;
    for (check = *check_chain(serve, text, n); check; check = check->same)
        if (check->text_n == n && !memcmp(check->text, text, n) && check_suits(serve, check, wish))
            break;
    if (check) {
        if (wish->form)
            check->form = wish->form;
        check->follow |= wish->follow;
        return check;
    }
    check = check_new(serve, text, n);
    if (!check)
        return NULL;
    serve->fitted = 0; /* it needs descriptors */
    check->form = wish->form;
    check->depth = check_depth(serve, wish);
    check->via = wish->via;
    check->who = wish->who;
    check->follow = wish->follow;
    if (check->depth != serve->setup->conf.depth) {
        aside_add(serve, check);
        return check;
    }
    if (quoth_batch_add(identities_engine(serve, check->who), check->place, text, n, &now) ==
        QUOTH_OK)
        return check;
    check_free(serve, check);
    return NULL;
}

struct check *check_find(struct serve *serve, const char *id)
{
    uint32_t place = 0;

    for (unsigned i = 0; i < 4; i++) {
        const char *at = id[i] ? strchr(check_letters, id[i]) : NULL;
        if (!at)
            return NULL;
        place |= (uint32_t)(at - check_letters) << (5 * i);
    }
    if (place >= serve->checks || !serve->check[place] || strcmp(serve->check[place]->id, id) != 0)
        return NULL;
    return serve->check[place];
}

const struct check *check_known(struct serve *serve, const char *text, enum check_depth depth)
{
    const struct check *check = *check_chain(serve, text, strlen(text));

    while (check &&
           (!check->done || check->depth != depth || check->who || strcmp(check->text, text) != 0))
        check = check->same;
    return check;
}

/* ---- who waits ------------------------------------------------------------ */

void check_join(struct check *check, struct client *client)
{
    client->check = check;
    client->next = check->waiter;
    check->waiter = client;
}

void check_leave(struct client *client)
{
    struct client **at;

    if (!client->check)
        return;
    for (at = &client->check->waiter; *at != client; at = &(*at)->next) {
    }
    *at = client->next;
    client->check = NULL;
}

/* ---- told by the engine --------------------------------------------------- */

/* What came to the log since `from`. */
static void check_events(struct check *check, size_t from)
{
    for (struct client *client = check->waiter; client; client = client->next)
        if (client->protocol->event)
            client->protocol->event(client, check->log.text + from, check->log.n - from);
}

void check_trace(void *arg, const struct quoth_batch_trace *trace)
{
    struct serve *serve = arg;
    struct check *check = serve->check[trace->id];
    const size_t from = check->log.n;

    if (check->done || from > CHECK_LOG)
        return;
    live_trace(check, trace, serve->now - check->began);
    check_events(check, from);
}

void check_count(struct serve *serve, const struct quoth_batch_result *result, enum serve_via via)
{
    const enum quoth_reason reason = result->reading.reason;

    serve->count.verdict[via][result->verdict]++;
    serve->count.reached += result->ev->phase > QUOTH_PHASE_BANNER;
    serve->count.unreached +=
        result->ev->phase == QUOTH_PHASE_CONNECT || result->ev->phase == QUOTH_PHASE_BANNER;
    serve->count.reason[reason]++;
    if (result->verdict == QUOTH_VERDICT_UNKNOWN &&
        (reason == QUOTH_REASON_IP_BLOCKED || reason == QUOTH_REASON_POLICY_REJECTED ||
         reason == QUOTH_REASON_AUTH_REQUIRED || reason == QUOTH_REASON_SPAM_OR_CONTENT ||
         reason == QUOTH_REASON_NO_IDENTITY))
        serve->count.us++;
}

static void check_count_time(struct serve *serve, const struct check *check)
{
    const uint64_t ms = check->ended - check->began;
    unsigned i = 0;

    while (i + 1 < SERVE_TIMES && ms > serve_times[i])
        i++;
    serve->count.took[i]++;
    serve->count.took_ms += ms;
}

static void check_times(struct check *check, const struct quoth_evidence *ev)
{
    const uint32_t dns = ev->ms[QUOTH_PHASE_DNS], connect = ev->ms[QUOTH_PHASE_CONNECT];

    check->dns_ms = dns;
    check->connect_ms = connect > dns ? connect - dns : 0;
    check->smtp_ms = connect && ev->took_ms > connect ? ev->took_ms - connect : 0;
}

/* Since 1970. */
static int64_t check_began_ns(const struct serve *serve, const struct check *check)
{
    struct timespec wall;

    clock_gettime(CLOCK_REALTIME, &wall);
    return (int64_t)wall.tv_sec * 1000000000 + wall.tv_nsec -
           (int64_t)(serve->now - check->began) * 1000000;
}

/* The line of the format json, without its end; and the other one, if somebody wants it. */
static void check_print(struct serve *serve, struct check *check,
                        const struct quoth_batch_result *told)
{
    const struct quoth_smtp_conf *us = identities_smtp(serve, check->who);
    struct app_result result = {.input = check->text,
                                .input_n = check->text_n,
                                .input_bytes = check->text_n,
                                .ev = told->ev,
                                .host = told->mx,
                                .route = told->route,
                                .verdict = told->verdict,
                                .reading = told->reading,
                                .helo = us->helo,
                                .from = us->from,
                                .began_ns = check_began_ns(serve, check),
                                .calibration = &serve->o->calibration,
                                .sandbox = serve->o->sandbox != 0};
    struct app_page page = {.single = 1}, other = {.single = 1};

    free(check->json.text); /* of the last time it was asked */
    free(check->other.text);
    check->json = check->other = (struct app_stream) {0};
    if (!serve->o->calibration.outcomes)
        result.calibration = NULL;
    app_listed_mark(&serve->setup->listed, &result);
    app_json(&page, &result);
    if (page.out.n)
        page.out.n--;
    check->json = page.out;
    if (check->form)
        check->form->answer(&other, &result);
    check->other = other.out;
}

static void check_done(struct serve *serve, struct check *check)
{
    check->done = 1;
    serve->going--;
    check->ended = serve->now;
    if (serve->newest)
        serve->newest->newer = check;
    else
        serve->oldest = check;
    serve->newest = check;
    if (!serve->logged)
        serve->logged = check;
}

/* ---- asked again ------------------------------------------------------------ */

/* How long until then; 0: this was the last word. As long and as often as a list's: its limits and
 * what the server says count. */
static uint64_t check_wait(const struct serve *serve, const struct check *check,
                           const struct quoth_batch_result *result)
{
    const struct quoth_batch_limits *limits = quoth_batch_effective(serve->batch);
    const struct quoth_evidence *evidence = result->ev;
    uint32_t said, most, wait;

    if (!check->follow || check->forgotten || serve->draining || check->asked >= limits->passes ||
        serve->followeds == CHECK_FOLLOWED_MAX || result->verdict != QUOTH_VERDICT_UNKNOWN ||
        evidence->stop || evidence->said.code / 100 != 4)
        return 0;
    if (serve->o->sandbox)
        return CHECK_SANDBOX_MS;
    wait = limits->pass_ms[check->asked];
    most = limits->pass_ms[check->asked < 2 ? check->asked + 1 : 2];
    said = quoth_pace_wait(evidence->words, evidence->said.n);
    said = said < most ? said : most;
    return said > wait ? said : wait;
}

/* Who waits for an answer is told that it comes later; who watches goes on watching. */
static void check_tell_later(struct check *check)
{
    struct client **at = &check->waiter;

    while (*at) {
        struct client *client = *at;
        if (client->stays) {
            at = &client->next;
            continue;
        }
        check_leave(client);
        client->protocol->told(client, check);
    }
}

static void check_put_off(struct serve *serve, struct check *check, uint64_t wait_ms)
{
    const size_t from = check->log.n;

    check->asked++;
    check->again = serve->now + wait_ms;
    check->newer = serve->followed;
    serve->followed = check;
    serve->followeds++;
    serve->again = check->again < serve->again ? check->again : serve->again;
    if (from <= CHECK_LOG)
        live_again(check, serve->now - check->began, wait_ms);
    check_events(check, from);
    check_tell_later(check);
}

/* Those whose time has come, taken out of those that wait. */
static struct check *check_take_due(struct serve *serve)
{
    struct check **at = &serve->followed, *due = NULL;

    serve->again = QUOTH_NEVER;
    while (*at) {
        struct check *check = *at;
        if (check->again > serve->now) {
            serve->again = check->again < serve->again ? check->again : serve->again;
            at = &check->newer;
            continue;
        }
        *at = check->newer;
        check->newer = due;
        due = check;
        serve->followeds--;
    }
    return due;
}

void check_again(struct serve *serve)
{
    const struct quoth_batch_options later = {.trace = 1, .no_wait = 1};
    struct check *due, *next;

    if (serve->now < serve->again || serve->draining)
        return;
    for (due = check_take_due(serve); due; due = next) {
        next = due->newer;
        due->newer = NULL;
        due->again = 0;
        if (quoth_batch_add(identities_engine(serve, due->who), due->place, due->text, due->text_n,
                            &later) != QUOTH_OK)
            check_told(serve, due); /* without memory, what is known already is the result */
    }
}

uint64_t check_due(const struct serve *serve)
{
    return serve->draining ? QUOTH_NEVER : serve->again;
}

void check_result(void *arg, const struct quoth_batch_result *result)
{
    struct serve *serve = arg;
    struct check *check = serve->check[result->id];
    const uint64_t wait_ms = check_wait(serve, check, result);

    check->verdict = (uint8_t)result->verdict;
    check->reason = (uint8_t)result->reading.reason;
    check->code = result->ev->said.code;
    memcpy(check->esc, result->ev->said.esc, sizeof check->esc);
    check_times(check, result->ev);
    check_print(serve, check, result);
    if (serve->gateway_told && check->depth == serve->setup->conf.depth && !check->forgotten &&
        !check->who)
        serve->gateway_told(serve, check);
    if (wait_ms)
        check_put_off(serve, check, wait_ms);
    else
        check_told(serve, check);
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

void check_told(struct serve *serve, struct check *check)
{
    const size_t from = check->log.n;

    live_result(check, serve->now - check->began);
    check_fit(&check->json);
    check_fit(&check->other);
    check_fit(&check->log);
    check_done(serve, check);
    if (check->depth < CHECK_DOMAIN)
        check_count_time(serve, check);
    check_events(check, from);
    while (check->waiter) {
        struct client *client = check->waiter;
        check_leave(client);
        client->protocol->told(client, check);
    }
}

/* ---- forgetting ------------------------------------------------------------- */

/* Is it about this address, or this "@DOMAIN"? */
static int check_is_about(const struct check *check, const char *text)
{
    const char *of = text[0] == '@' ? NULL : text, *domain = strrchr(text, '@');
    const char *at = strrchr(check->text, '@');

    if (!at)
        return !of && check->depth != CHECK_US && !strcasecmp(check->text, domain + 1);
    return !strcasecmp(at, domain) && (!of || (at - check->text == domain - of &&
                                               !memcmp(check->text, of, (size_t)(domain - of))));
}

/* Those that are done; whoever has the id of one is told that it is not there. */
static void check_forget_done(struct serve *serve, const char *text)
{
    struct check **at = &serve->oldest, *last = NULL;

    while (*at) {
        struct check *check = *at;
        if (!check_is_about(check, text)) {
            last = check;
            at = &check->newer;
            continue;
        }
        *at = check->newer;
        if (serve->logged == check)
            serve->logged = check->newer;
        check_free(serve, check);
    }
    serve->newest = last;
}

void check_forget(struct serve *serve, const char *text)
{
    check_forget_done(serve, text);
    for (uint32_t i = 0; i < serve->checks; i++)
        if (serve->check[i] && check_is_about(serve->check[i], text))
            serve->check[i]->forgotten = 1;
    if (serve->gateway_forget)
        serve->gateway_forget(serve, text);
}

/* ---- the end --------------------------------------------------------------- */

void check_trim(struct serve *serve)
{
    const uint64_t log_ms = CHECK_LOG_KEEP_S * UINT64_C(1000);
    const uint64_t keep_ms = CHECK_KEEP_S * UINT64_C(1000);

    for (; serve->logged && serve->now - serve->logged->ended > log_ms;
         serve->logged = serve->logged->newer) {
        free(serve->logged->log.text);
        serve->logged->log = (struct app_stream) {0};
    }
    while (serve->oldest && (serve->now - serve->oldest->ended > keep_ms ||
                             serve->checks - serve->frees > CHECKS_MAX)) {
        struct check *old = serve->oldest;
        serve->oldest = old->newer;
        if (!serve->oldest)
            serve->newest = NULL;
        if (serve->logged == old)
            serve->logged = old->newer;
        check_free(serve, old);
    }
}

int check_begin(struct serve *serve)
{
    serve->again = QUOTH_NEVER;
    serve->table = calloc(CHECK_TABLE, sizeof(struct check *));
    return serve->table ? 0 : -1;
}

void check_end(struct serve *serve)
{
    for (uint32_t i = 0; i < serve->checks; i++)
        if (serve->check[i])
            check_free(serve, serve->check[i]);
    free(serve->check);
    free(serve->free_place);
    free(serve->table);
}
