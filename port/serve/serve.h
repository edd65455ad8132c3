/* serve.h - a server that checks addresses: what the command sets, and what a protocol plugs in.
 *
 *   serve_init --> serve_listen, once for each address --> serve_run --> serve_end
 *
 *   listener --> struct client --> its protocol --> struct check --> the engine, one for all
 *
 * One process, one thread, one loop, one engine: who is called when is decided in one place. With
 * --identities there are more of them, see identities.h.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SERVE_H
#define SERVE_H

#include "batch.h"
#include "due.h"
#include "loop.h"
#include "setup.h"

struct serve;
struct client;
struct check;
struct serve_token;
struct aside;
struct quoth_domain;
struct jobs;
struct identities;

enum {
    SERVE_LISTENERS = 8,
    SERVE_HOSTS = 16,
    SERVE_ORIGINS = 16,
    SERVE_TOKENS = 64,
    SERVE_PROXIES = 16,
    CLIENT_IN = 8192,         /* bytes read ahead of what was understood */
    CLIENT_OUT = 16384,       /* bytes that may wait for a reader before events are left out */
    CHECK_TEXT = 512,         /* bytes of an address at most */
    CHECK_LINE = 512,         /* bytes of a reply's line; longer ones are shown in pieces */
    CHECK_LOG = 65536,        /* bytes of a handshake that are kept */
    CHECK_KEEP_S = 3600,      /* how long a result can be asked for */
    CHECK_LOG_KEEP_S = 60,    /* and its handshake */
    CHECKS_MAX = 20000,       /* kept at once */
    CHECK_FOLLOWED_MAX = 1000 /* that wait to be asked again, see check_wish.follow */
};

/* ---- a protocol ---------------------------------------------------------- */

/* How bytes of a listener's clients are read. `size`: of its struct, which begins with a struct
 * client and is all zero at first. */
struct protocol {
    const char *name;
    uint8_t apart; /* of HTTP, /metrics alone */
    size_t size;
    /* Bytes came: take them from client->in by client_take(), answer by client_put(), as long as
     * client_may_ask(). Called again when more come, and when it may again. */
    void (*bytes)(struct client *);
    /* The time set by client_due() is over. */
    void (*late)(struct client *);
    /* A check that the client joined is over, or (not `done`) goes on much later; it was let go of
     * already. */
    void (*told)(struct client *, const struct check *);
    /* An event of the check that the client joined, as text/event-stream has it; may be NULL. */
    void (*event)(struct client *, const char *p, size_t n);
    /* All that was put is sent, and client.pulls is set: put more, once a turn. */
    void (*room)(struct client *);
    void (*gone)(struct client *); /* free what it holds; may be NULL */
};

enum serve_compat { SERVE_TRUEMAIL = 16, SERVE_KICKBOX = 32, SERVE_ZEROBOUNCE = 64 };

struct serve_limits {       /* what is usual stands in port/cli/serve_cmd.c */
    uint32_t clients;       /* connections at once [256] */
    uint32_t clients_each;  /* of one address; Unix sockets have none [16] */
    uint32_t head_ms;       /* for a head [10 s] */
    uint32_t body_ms;       /* for a body [10 s], and as long as */
    uint32_t body_rate;     /* what came takes at so many bytes a millisecond [1] */
    uint32_t idle_ms;       /* between requests [75 s] */
    uint32_t wait_ms;       /* for a check, unless the request says otherwise [30 s] */
    uint32_t checks_minute; /* of one token [120] */
    uint32_t checks_once;   /* of one token, waited for [16] */
    uint32_t jobs_running;  /* of one token; the others wait for their turn [2] */
    uint32_t jobs_kept;     /* of one token [100] */
    uint64_t jobs_bytes;    /* of one token's lists, kept [10 GB] */
    uint64_t upload;        /* bytes of a list [1 GiB] */
    uint64_t bulk;          /* of one as JSON [50 MiB] */
    uint32_t json;          /* of a body of JSON [64 KiB] */
    uint32_t keep_s;        /* how long a list is kept that nothing happens to [7 d] */
};

struct listener {
    int fd;
    uint32_t number;
    const struct protocol *protocol;
    uint8_t local, paused; /* Unix; the loop does not watch it */
    char path[108];        /* to be removed; "": none */
};

/* ---- a client ------------------------------------------------------------ */

struct client {
    struct serve *s;
    const struct protocol *protocol;
    int fd;
    uint32_t place;       /* in serve.client; its number in the loop and in the heap */
    struct quoth_ip ip;   /* len 0: Unix */
    struct quoth_ip from; /* who asks: that, or whom a trusted proxy names */
    uint64_t until,
        armed;       /* its time is over then; the heap wakes us then: NEVER when it is not in it */
    uint8_t busy;    /* an answer is owed: nothing is read */
    uint8_t begun;   /* the head of a request is whole: its place is not given away */
    uint8_t closing; /* once all is written: 1; written, and waiting for its end: 2 */
    uint8_t ended;   /* it says no more */
    uint8_t interest; /* what the loop watches */
    uint8_t gone;     /* to be freed when nobody holds it */
    uint8_t dirty;    /* in serve.dirty */
    uint8_t pulls;    /* protocol->room is to be called */
    uint8_t held;     /* it reads no answers, so its questions wait */
    uint64_t pulled;  /* the turn when it was */
    uint64_t put;     /* the turn when something was put last, or it was accepted */
    uint32_t drained;
    struct client *dirty_next;
    struct check *check; /* joined */
    uint8_t stays;       /* until it is over, though it is known to take much longer */
    struct client *next; /* of those who joined */
    size_t in_n;
    struct app_stream out;
    size_t sent;
    uint64_t sent_all, taken; /* bytes, of all it was sent; that it had when it was asked last */
    unsigned still;           /* see client_still() */
    char *in; /* CLIENT_IN bytes behind the protocol's struct: unused, they cost no page */
};

/* Is it a proxy that says whom it asks for? */
int client_is_proxy(const struct serve *, const struct quoth_ip *);
void client_take(struct client *, size_t n); /* the first n bytes of `in` are understood */
void client_put(struct client *, const void *p, size_t n);
void client_text(struct client *, const char *text);
size_t client_waiting(const struct client *); /* bytes put and not yet sent */
/* How many times in a row this was asked and it had taken nothing of what waits for it since the
 * time before. Over TCP taken is what was acknowledged: who vanished takes nothing. */
unsigned client_still(struct client *);
/* May the next of what it sent be answered? Not while one is owed, or too many are not read. */
int client_may_ask(const struct client *);
void client_due(struct client *, uint32_t ms); /* from now on; 0: never */
void client_close(struct client *);            /* once what was put is sent */
void client_gone(struct client *);             /* at once, whatever waits */
void client_free(struct client *);             /* no longer busy */

/* ---- a check ------------------------------------------------------------- */

enum serve_via { SERVE_VIA_API, SERVE_VIA_JOB, SERVE_VIA_GATEWAY, SERVE_VIAS };

enum check_depth { /* how far it goes */
                   CHECK_SMTP = QUOTH_DEPTH_SMTP,
                   CHECK_DNS = QUOTH_DEPTH_DNS,
                   CHECK_SYNTAX = QUOTH_DEPTH_SYNTAX,
                   CHECK_DOMAIN, /* the health of a domain; its text is the name, in A-labels */
                   CHECK_US      /* how mail servers see us */
};

struct check {
    char id[27];
    uint8_t depth;     /* enum check_depth */
    uint8_t via;       /* enum serve_via, of who began it */
    uint8_t who;       /* asks, of the identities */
    uint8_t forgotten; /* for who asks later it is not there */
    uint32_t place;    /* the engine's id */
    uint8_t done, verdict, reason;
    uint8_t follow, asked; /* who says later is asked again; how often that was done */
    uint64_t again;        /* then; 0: it does not wait for that */
    uint8_t out, secure;   /* `line` is ours; over TLS */
    uint16_t code, esc[3]; /* the reply that decided; 0: none */
    uint32_t dns_ms, connect_ms, smtp_ms; /* what it took; 0: nothing of that */
    uint32_t events;
    uint64_t began, ended;
    struct client *waiter; /* those who joined, by `next` */
    struct check *same;    /* of one chain of the table of texts */
    struct check *newer; /* of those that are done, by age; that wait in aside.c; or for `again` */
    struct app_stream log;   /* its handshake as text/event-stream, until it is too old */
    struct app_stream json;  /* once done: a line of the format json */
    struct app_stream other; /* and of this one */
    const struct app_format *form;
    size_t text_n, line_n;
    char text[CHECK_TEXT + 1]; /* with a NUL */
    char line[CHECK_LINE];     /* of a conversation, its end not yet seen */
};

/* What somebody wants of a check. */
struct check_wish {
    uint64_t max_age_ms;           /* one that ended so long ago will do as well */
    const struct app_format *form; /* the result in this format too; NULL: json alone */
    uint8_t live;                  /* its events are kept */
    uint8_t via;                   /* enum serve_via */
    uint8_t fresh;                 /* not even one that is under way will do */
    uint8_t follow;                /* greylisted: asked again later, as often as a list does */
    uint8_t depth;                 /* enum check_depth */
    uint8_t who;                   /* asks, of the identities */
};
/* The check of that address that is under way, or a new one; NULL: no memory, or the text is too
 * long. */
struct check *check_start(struct serve *, const char *text, size_t n, const struct check_wish *);
struct check *check_find(struct serve *, const char *id);
/* The last that is done of this text and depth, asked as ourselves; NULL: none. */
const struct check *check_known(struct serve *, const char *text, enum check_depth depth);
void check_join(struct check *, struct client *);
void check_leave(struct client *);
void check_result(void *serve, const struct quoth_batch_result *); /* hooks of the engine */
void check_trace(void *serve, const struct quoth_batch_trace *);
/* It is over, and `json` is there. */
void check_told(struct serve *, struct check *);
/* Forget what is known of an address, or of "@DOMAIN" and all addresses there. */
void check_forget(struct serve *, const char *text);
/* Count a result, whoever wanted it. */
void check_count(struct serve *, const struct quoth_batch_result *, enum serve_via);
/* Ask those again whose time has come; when that is next. */
void check_again(struct serve *);
uint64_t check_due(const struct serve *);
/* Forget what is too old. */
void check_trim(struct serve *);
int check_begin(struct serve *);
void check_end(struct serve *);

/* ---- the server ---------------------------------------------------------- */

enum { SERVE_METRICS_REASONS = 64, SERVE_CODES = 600, SERVE_ROUTES = 64, SERVE_TIMES = 13 };
enum serve_out { SERVE_OUT_UNKNOWN, SERVE_OUT_OPEN, SERVE_OUT_SHUT }; /* port 25, from here */
enum serve_end {
    SERVE_END_OK,      /* by us, with QUIT */
    SERVE_END_REFUSED, /* it does not want us */
    SERVE_END_BUSY,    /* it wants us later */
    SERVE_END_TIMEOUT,
    SERVE_END_CLOSED, /* by the server, or never open */
    SERVE_ENDS
};
struct serve_count {
    uint64_t verdict[SERVE_VIAS][QUOTH_VERDICTS], reason[SERVE_METRICS_REASONS];
    uint64_t took[SERVE_TIMES]; /* checks that took so long, see web_metrics.c; the last: longer */
    uint64_t took_ms;
    /* HTTP answers, by place of the route, 0: of none; its path, once it was asked. */
    uint32_t code[SERVE_ROUTES][SERVE_CODES];
    const char *path[SERVE_ROUTES];
    uint64_t ended[SERVE_ENDS]; /* conversations */
    uint64_t accepted, turned_away;
    uint64_t us;                 /* unknown, and the reason blames us */
    uint64_t reached, unreached; /* mail servers that spoke to us, and that did not */
};

extern const uint32_t serve_times[SERVE_TIMES - 1]; /* milliseconds, bounds of count.took */

struct serve {
    const struct app_options *o;
    struct app_setup *setup;
    struct serve_limits limits;
    const char *host[SERVE_HOSTS];
    unsigned hosts;
    const char *origin[SERVE_ORIGINS]; /* whose pages may ask, as browsers write them */
    unsigned origins;
    struct quoth_cidr proxy[SERVE_PROXIES]; /* whose X-Forwarded-For is believed */
    unsigned proxies;
    uint8_t proxy_local; /* and that of Unix sockets */
    uint8_t log_addresses;
    uint8_t metrics_apart; /* /metrics is at its own listeners */
    const char *token_file, *state_dir, *identities_file;
    int state_fd; /* of that directory, which is locked; 0 or less: none */
    uint8_t
        compat; /* routes of other verifiers, SERVE_*, that are not there unless they are named */
    /* What a gateway plugs in; NULL: none. */
    void *gateway;
    const struct quoth_conf *(*own)(void *serve, const char *domain); /* hook of the engine */
    void (*gateway_metrics)(const struct serve *, struct app_stream *);
    void (*gateway_told)(struct serve *, const struct check *); /* each result */
    void (*gateway_forget)(struct serve *, const char *text);   /* see check_forget() */
    int (*gateway_load)(struct serve *, const char *path, uint64_t wall_ms);
    /* Some of it, so that nobody waits, or the whole; 1: there is more. */
    int (*gateway_save)(struct serve *, const char *path, uint64_t wall_ms, int whole);

    uint8_t key[16];
    struct serve_token *token;
    unsigned tokens;
    struct quoth_batch *batch;     /* that asks as ourselves */
    struct identities *identities; /* the others; NULL: there are none */
    struct quoth_loop *loop;
    uint32_t numbers; /* first of ours: listeners, then clients */
    struct listener listener[SERVE_LISTENERS];
    unsigned listeners;
    struct client **client; /* limits.clients places */
    uint32_t clients;
    struct client *dirty;                           /* to be looked at at the end of the turn */
    struct client *grave;                           /* gone, to be freed at the end of the turn */
    struct quoth_due due;                           /* of clients, by place */
    uint64_t now, began, saved, drain_until, pulse; /* pulse: the next one is due; NEVER: none */
    uint32_t pulse_ms;
    int spare;            /* a descriptor to turn somebody away with */
    uint32_t descriptors; /* at the start */
    uint64_t fitted;

    struct check **check; /* by place */
    uint32_t *free_place;
    uint32_t frees, checks, checks_cap;
    uint32_t going;       /* of them, not done: rows of lists are none of them */
    struct check **table; /* by text */
    uint32_t table_n;
    struct check *oldest, *newest; /* of those that are done */
    struct check *logged;          /* the oldest whose handshake is kept */
    struct check *followed;        /* those to be asked again */
    uint32_t followeds;
    uint64_t again; /* when the first of them is */
    struct serve_count count;
    struct aside *aside;
    /* What is wrong with a domain, as JSON. */
    void (*domain_report)(const struct serve *, const struct quoth_domain *, uint64_t ms,
                          struct app_stream *);
    /* What `quoth doctor` does, as far as it goes at once (1: it is over), and says. */
    void *us;
    struct quoth_link *us_link;
    void (*us_start)(struct serve *);
    int (*us_step)(struct serve *, struct quoth_want *);
    void (*us_report)(struct serve *, struct app_stream *);
    uint8_t us_out; /* enum serve_out, as it was found last */
    uint64_t requests;
    int64_t date_at; /* of `date`, seconds since 1970 */
    char date[64];   /* as answers tell it */
    uint64_t turns;
    struct jobs *jobs;
    uint8_t draining, leaving; /* nothing new is taken; conversations say QUIT */
    uint8_t saving;            /* what a gateway knows is half written */
};

/* The fields above `key` are set, all others zero. 0, or an exit code after saying what is wrong;
 * to be ended either way. */
int serve_init(struct serve *);
/* "127.0.0.1:8025", "[::1]:8025". 0, or -1: it is neither. */
int serve_peer(const char *where, struct quoth_peer *);
/* Is a server alive there (/healthz)? 0, or an exit code after saying what is wrong. */
int serve_probe(const char *where);
/* "ADDRESS:PORT", "[ADDRESS]:PORT", "unix:PATH". */
int serve_listen(struct serve *, const char *where, const struct protocol *);
/* One that is open and listens already. */
int serve_listen_on(struct serve *, int fd, const struct protocol *);
int serve_run(struct serve *);
void serve_end(struct serve *);

/* ---- token.c ------------------------------------------------------------- */

struct serve_token {
    char name[64];
    uint64_t sum[2];
    uint64_t minute;
    uint32_t used;
};
/* Read the file again; what was used of a token stays used. 0, or an exit code after saying what is
 * wrong; then the old ones stay. */
int token_read(struct serve *);
/* NULL: it is none of them. Until the file is read again: keep a copy. */
struct serve_token *token_find(struct serve *, const char *text, size_t n);
/* The one that `copy` was made of. NULL: it is gone, or had no name. */
struct serve_token *token_now(struct serve *, const struct serve_token *copy);

/* ---- live.c --------------------------------------------------------------- */

void live_trace(struct check *, const struct quoth_batch_trace *, uint64_t ms);
void live_result(struct check *, uint64_t ms);
/* It is asked again in so long. */
void live_again(struct check *, uint64_t ms, uint64_t wait_ms);

extern const struct protocol protocol_http;
extern const struct protocol protocol_metrics; /* the same, with /metrics alone */
/* The token file was read again: who came with one that is gone is cut off in what it does. */
void web_cut_off(struct serve *);

#endif
