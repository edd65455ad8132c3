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
#include <string.h>
#include "gateway.h"
#include "option_read.h"
#include "posix.h"

enum { GATEWAY_INSIDE_MAX = 5000, GATEWAY_IDLE_MS = 300000 };

struct gate_client {
    struct client c; /* first */
    uint8_t form;    /* of the question an answer is owed for */
    char id[6];
    const struct gateway_domain *domain; /* of the question; NULL: a stranger's */
    struct known *known;
};

static struct gateway *gateway_of(const struct client *client) { return client->s->gateway; }

/* ---- domains ------------------------------------------------------------------- */

static struct gateway_domain *gateway_domain(struct gateway *gateway, const char *name)
{
    for (unsigned i = 0; i < gateway->domains; i++)
        if (!strcmp(name, gateway->domain[i].name))
            return &gateway->domain[i];
    return NULL;
}

/* An address as a key, its domain in lower case, and what we know of that one; NULL: nothing. The
 * key's length; 0: it is no address. */
static size_t gateway_key(struct gateway *gateway, char *address,
                          const struct gateway_domain **domain)
{
    char *at = strrchr(address, '@'), name[256];
    struct quoth_addr addr;

    if (!at || at == address || !at[1])
        return 0;
    for (char *p = at; *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 32 : *p);
    *domain = gateway_domain(gateway, at + 1);
    if (!*domain && quoth_addr_parse(&addr, address, strlen(address)) == QUOTH_OK &&
        quoth_addr_domain(&addr, name, sizeof name) > 0)
        *domain = gateway_domain(gateway, name); /* it was in letters of its own */
    return strlen(address);
}

/* For the engine: those with a route. */
static const struct quoth_conf *gateway_own(void *arg, const char *domain)
{
    const struct serve *serve = arg;
    const struct gateway_domain *route = gateway_domain(serve->gateway, domain);

    return route && route->host ? &route->conf : NULL;
}

/* The operator names the server, so any network will do, and a name that is nobody else's. */
static void gateway_route(struct gateway_domain *domain, const struct serve *serve)
{
    static const struct quoth_cidr anywhere[] = {{{4, {0}}, 0}, {{16, {0}}, 0}};

    domain->conf = serve->setup->conf;
    domain->conf.server = domain->host;
    domain->conf.port = domain->port ? domain->port : 25;
    domain->conf.targets.allow = anywhere;
    domain->conf.targets.allow_n = 2;
    domain->own[0] = domain->name;
    domain->route = quoth_hash(domain->port, 0, domain->host, strlen(domain->host));
    domain->conf.allow_names = domain->own;
}

const char *gateway_add(struct gateway *gateway, const char name[256], const char *server)
{
    struct gateway_domain *domain = &gateway->domain[gateway->domains];

    if (gateway->domains == GATEWAY_DOMAINS)
        return "at most 256 domains";
    strcpy(domain->name, name);
    if (server && (strlen(server) >= sizeof domain->server ||
                   !app_host_port(strcpy(domain->server, server), &domain->host, &domain->port)))
        return "DOMAIN=HOST[:PORT], with a dotted host name or an address, [V6]:PORT for IPv6";
    gateway->domains++;
    return NULL;
}

/* ---- what is known ----------------------------------------------------------- */

/* What another server said of it, before --route named this one, counts no more. */
static struct known *gateway_known(const struct serve *serve, const struct gateway_domain *domain,
                                   const char *text, size_t n)
{
    struct gateway *gateway = serve->gateway;

    return known_find(&gateway->known, text, n, domain ? domain->route : 0, serve->now);
}

/* A check is over, whoever asked for it. */
static void gateway_told(struct serve *serve, const struct check *check)
{
    struct gateway *gateway = serve->gateway;
    const struct gateway_domain *domain = NULL;
    const enum quoth_verdict verdict = (enum quoth_verdict)check->verdict;
    const enum quoth_reason reason = (enum quoth_reason)check->reason;
    char address[CHECK_TEXT + 1], id[6];
    struct known *known;
    size_t n;

    memcpy(address, check->text, check->text_n);
    address[check->text_n] = '\0';
    n = gateway_key(gateway, address, &domain);
    if (!n || n != check->text_n || (!domain && !gateway->callback))
        return; /* it has nothing to do with mail servers */
    known = gateway_known(serve, domain, address, n);
    known_learn(known, known_says(verdict, reason, check->code, gateway->tells), serve->now);
    known_id(known, id);
    if (!serve->o->quiet)
        fprintf(stderr, "gateway=%s verdict=%s reason=%s code=%u\n", id,
                quoth_verdict_name(verdict), quoth_reason_name(reason), check->code);
}

static void gateway_forget(struct serve *serve, const char *text)
{
    known_forget(&((struct gateway *)serve->gateway)->known, text);
    serve->saving = serve->state_dir != NULL; /* its file is to forget it too */
}

/* ---- a question ---------------------------------------------------------------- */

static int gate_is_line(const struct gate_client *gc)
{
    return gc->form == GATE_LINE || gc->form == GATE_SENDER_LINE;
}

static enum gate_protocol gate_protocol(const struct gate_client *gc)
{
    static const uint8_t of[GATE_FORMS] = {
        [GATE_POLICY] = GATE_POLICIES,      [GATE_SENDER_POLICY] = GATE_POLICIES,
        [GATE_RCPT_MAP] = GATE_SOCKETMAP,   [GATE_ACCESS_MAP] = GATE_SOCKETMAP,
        [GATE_SENDER_MAP] = GATE_SOCKETMAP, [GATE_TCP] = GATE_TCP_TABLE,
        [GATE_LINE] = GATE_READSOCKET,      [GATE_SENDER_LINE] = GATE_READSOCKET,
    };

    return (enum gate_protocol)of[gc->form];
}

static void gate_say(struct gate_client *gc, enum gate_says says)
{
    struct gateway *gateway = gateway_of(&gc->c);
    char text[256];
    const size_t n = gate_answer((enum gate_form)gc->form, says, gc->id, text);

    gateway->answers[gate_protocol(gc)][says]++;
    client_put(&gc->c, text, n);
    client_due(&gc->c, GATEWAY_IDLE_MS);
    if (gate_is_line(gc)) /* its reader waits for the end */
        client_close(&gc->c);
}

static uint32_t gate_wait(const struct gate_client *gc)
{
    const struct gateway *gateway = gateway_of(&gc->c);

    return gate_is_line(gc) ? gateway->line_wait_ms : gateway->wait_ms;
}

/* Ask, and answer once it is told. */
static void gate_ask(struct gate_client *gc, const char *address, size_t n,
                     enum gate_says meanwhile)
{
    struct serve *serve = gc->c.s;
    struct check *check = NULL;
    int ask;

    if (serve->going < GATEWAY_INSIDE_MAX)
        check = check_start(serve, address, n, &(struct check_wish) {.via = SERVE_VIA_GATEWAY});
    if (meanwhile == GATE_GOOD) {
        gate_say(gc, GATE_GOOD);
    } else if (!check) {
        gate_say(gc, GATE_LATER);
    } else if (check->done) { /* it was told at once */
        gate_say(gc, known_look(gc->known, serve->now, &ask));
    } else {
        gc->c.busy = 1;
        check_join(check, &gc->c);
        client_due(&gc->c, gate_wait(gc));
    }
}

static void gate_question(struct gate_client *gc, struct gate_question *question)
{
    struct gateway *gateway = gateway_of(&gc->c);
    const size_t n = gateway_key(gateway, question->address, &gc->domain);
    enum gate_says says;
    int ask;

    gc->form = (uint8_t)question->form;
    gc->id[0] = '\0';
    if (!n || (question->form >= GATE_SENDER_POLICY ? !gateway->callback : !gc->domain)) {
        gate_say(gc, n || !*question->address ? GATE_NOT_OURS : GATE_NO_ADDRESS);
        return;
    }
    gc->known = gateway_known(gc->c.s, gc->domain, question->address, n);
    known_id(gc->known, gc->id);
    says = known_look(gc->known, gc->c.s->now, &ask);
    gateway->hit += !ask;
    gateway->stale += ask && says == GATE_GOOD;
    gateway->miss += ask && says != GATE_GOOD;
    if (ask)
        gate_ask(gc, question->address, n, says);
    else
        gate_say(gc, says);
}

/* ---- the protocol ---------------------------------------------------------------- */

static void gate_bytes(struct client *client)
{
    struct gate_client *gc = (struct gate_client *)(void *)client;
    struct gate_question question;
    int got = 1;

    while (got > 0 && client_may_ask(client)) {
        got = gate_read(&question, client->in, client->in_n, client->ended);
        if (got > 0) {
            client_take(client, question.used);
            gate_question(gc, &question);
        } else if (got < 0 || client->in_n == CLIENT_IN || client->ended) {
            client_close(client);
        }
    }
}

static void gate_late(struct client *client)
{
    struct gate_client *gc = (struct gate_client *)(void *)client;

    if (!client->busy) {
        client_close(client);
        return;
    }
    gateway_of(client)->early[gate_protocol(gc)]++;
    check_leave(client);
    client_free(client);
    gate_say(gc, GATE_LATER);
}

/* It was learnt already. The place may have been given to another address meanwhile: then nothing
 * is known. */
static void gate_told(struct client *client, const struct check *check)
{
    struct gate_client *gc = (struct gate_client *)(void *)client;
    int ask;

    client_free(client);
    gc->known = gateway_known(client->s, gc->domain, check->text, check->text_n);
    gate_say(gc, known_look(gc->known, client->s->now, &ask));
}

const struct protocol protocol_gateway = {
    .name = "gateway",
    .size = sizeof(struct gate_client),
    .bytes = gate_bytes,
    .late = gate_late,
    .told = gate_told,
};

/* ---- metrics, beginning and end ------------------------------------------------------ */

static void gateway_metrics(const struct serve *serve, struct app_stream *out)
{
    static const char *const names[GATE_SAYS] = {"later",      "good",      "no_mailbox",
                                                 "null_mx",    "no_domain", "not_ours",
                                                 "no_address", "full",      "disabled"};
    static const char *const protocols[GATE_PROTOCOLS] = {"policy", "socketmap", "tcp_table",
                                                          "readsocket"};
    const struct gateway *gateway = serve->gateway;
    char line[160];

    app_stream_text(out, "# HELP quoth_gateway_answers_total Answers to mail servers.\n"
                         "# TYPE quoth_gateway_answers_total counter\n");
    for (int i = 0; i < GATE_PROTOCOLS * GATE_SAYS; i++) {
        const int protocol = i / GATE_SAYS, says = i % GATE_SAYS;
        snprintf(
            line, sizeof line, "quoth_gateway_answers_total{protocol=\"%s\",answer=\"%s\"} %llu\n",
            protocols[protocol], names[says], (unsigned long long)gateway->answers[protocol][says]);
        app_stream_text(out, line);
    }
    app_stream_text(out,
                    "# HELP quoth_gateway_early_total Answers given before the result was there.\n"
                    "# TYPE quoth_gateway_early_total counter\n");
    for (int i = 0; i < GATE_PROTOCOLS; i++) {
        snprintf(line, sizeof line, "quoth_gateway_early_total{protocol=\"%s\"} %llu\n",
                 protocols[i], (unsigned long long)gateway->early[i]);
        app_stream_text(out, line);
    }
    snprintf(line, sizeof line,
             "# HELP quoth_cache_total Questions by what was known.\n"
             "# TYPE quoth_cache_total counter\nquoth_cache_total{result=\"hit\"} %llu\n",
             (unsigned long long)gateway->hit);
    app_stream_text(out, line);
    snprintf(line, sizeof line,
             "quoth_cache_total{result=\"stale\"} %llu\nquoth_cache_total{result=\"miss\"} %llu\n",
             (unsigned long long)gateway->stale, (unsigned long long)gateway->miss);
    app_stream_text(out, line);
}

/* ---- what outlives a restart ---------------------------------------------------------- */

static int gateway_save(struct serve *serve, const char *path, uint64_t wall_ms, int whole)
{
    struct known_table *known = &((struct gateway *)serve->gateway)->known;
    int rc;

    known->wall_ms = wall_ms;
    rc = known_save(known, path, serve->now, whole);
    if (rc < 0)
        app_say_error(0, path, rc);
    return rc > 0;
}

static int gateway_load(struct serve *serve, const char *path, uint64_t wall_ms)
{
    struct known_table *known = &((struct gateway *)serve->gateway)->known;
    FILE *file = fopen(path, "re");

    if (!file)
        return errno == ENOENT ? 0 : app_say_error(APP_EXIT_NO_INPUT, path, errno);
    known->wall_ms = wall_ms;
    known->tells = ((struct gateway *)serve->gateway)->tells;
    if (known_load(known, file, serve->now))
        app_say(0, path, "is damaged, so each address is asked again");
    fclose(file);
    return 0;
}

int gateway_init(struct gateway *gateway, struct serve *serve)
{
    uint8_t key[16];

    if (quoth_posix_random(key, sizeof key))
        return app_say(APP_EXIT_INTERNAL, NULL, app_err_words(QUOTH_ENORANDOM));
    if (known_table_init(&gateway->known, key))
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    for (unsigned i = 0; i < gateway->domains; i++)
        if (gateway->domain[i].host)
            gateway_route(&gateway->domain[i], serve);
    serve->gateway = gateway;
    serve->own = gateway_own;
    serve->gateway_told = gateway_told;
    serve->gateway_forget = gateway_forget;
    serve->gateway_metrics = gateway_metrics;
    serve->gateway_save = gateway_save;
    serve->gateway_load = gateway_load;
    return 0;
}

void gateway_end(struct gateway *gateway) { known_table_free(&gateway->known); }
