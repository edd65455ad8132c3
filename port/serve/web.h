/* web.h - HTTP: a client's request under way, its route, its answer.
 *
 *   web.c         bytes to requests, times, the event stream
 *   web_route.c   the table of routes, and who may use them
 *   web_answer.c  heads, JSON, problems (RFC 9457), those of a query too
 *   web_check.c   routes about checks
 *   web_compat.c  routes and shapes of other verifiers
 *   web_bulk.c    the same for lists
 *   web_job.c     routes about lists      web_results.c  what they have come to
 *   web_page.c    the page
 *   web_about.c   routes about the server: health, itself; judge
 *   web_metrics.c counters
 *
 * SPDX-License-Identifier: MIT */
#ifndef WEB_H
#define WEB_H

#include "http.h"
#include "job.h"

enum {
    WEB_ADDRESSES_MAX = 100,
    WEB_WAIT_S_MAX = 120,
    WEB_US_S = 300 /* as long what mail servers say of us will do: theirs are strangers' */
};
#define WEB_US "us" /* of struct check of CHECK_US, the text */

struct web;
enum {                  /* web_route.flags */
       WEB_OPEN = 1,    /* without a token */
       WEB_JSON = 2,    /* its body is application/json */
       WEB_KEPT = 4,    /* a browser keeps the answer, and asks whether it still holds */
       WEB_TAKES = 8,   /* a body of any size, which is taken as it comes */
       WEB_APART = 512, /* at a listener of its own, if there is one */
       WEB_TAGS = 256,  /* its answers may have an ETag, and it asks web_met() about that */
       /* there with --compat alone: enum serve_compat */
       WEB_TRUEMAIL = SERVE_TRUEMAIL,
       WEB_KICKBOX = SERVE_KICKBOX,
       WEB_ZEROBOUNCE = SERVE_ZEROBOUNCE,
       WEB_BULK = 128, /* a list as JSON, of limits.bulk; problems in its service's shape */
       WEB_COMPAT = SERVE_TRUEMAIL | SERVE_KICKBOX | SERVE_ZEROBOUNCE
};
struct web_route {
    uint8_t method; /* enum http_method; HEAD goes by GET */
    uint16_t flags;
    const char *path; /* "{}" stands for one segment */
    void (*run)(struct web *);
};

enum web_mode { WEB_ANSWER, WEB_STREAM, WEB_PULL };

struct web_results;
struct web_bulk;

struct web {
    struct client c; /* first */
    /* What each request touches lies together. */
    const struct web_route *route;
    uint8_t place;  /* of it in the table, from 1; 0: none */
    uint8_t origin; /* of the page that asks in serve.origin, from 1; 0: it is none there */
    uint8_t follow; /* greylisted is no answer yet */
    uint8_t ready, answered, mode, lost, head_begun, close;
    uint16_t status; /* of the answer, for the log */
    uint64_t began;
    uint64_t request;              /* a number, for the log and X-Request-Id */
    const char *query;             /* of the target; "" */
    const struct app_format *form; /* the shape of another's answers; NULL: ours */
    struct job *job;               /* its list is being received */
    struct web_bulk *bulk;         /* the same, as JSON */
    struct web_results *results;   /* being sent */
    uint64_t body_began, received; /* when its head was whole, and how many bytes came since */
    struct app_stream body;
    struct http_reader http;
    /* Behind the head, of which most is never touched, and so in one page with what comes next. */
    char path[HTTP_TARGET_MAX + 1];
    char segment[CHECK_TEXT + 1]; /* what stands for {} */
    char allow[48];               /* of a method that its path has not: which it has */
    char ignored[256];            /* names of members that were passed by */
    struct serve_token asker;     /* the token it came with, a copy; no name: none was wanted */
    struct job_reader reader;     /* of a job's events */
};

/* ---- web_route.c ---- */

extern const struct web_route web_routes[];
/* Whose route it is and whether it may be used; else it has answered. 1 or 0. */
int web_admit(struct web *);

/* ---- web_answer.c ---- */

enum web_problem {
    WEB_BAD_REQUEST,
    WEB_UNAUTHORIZED,
    WEB_FORBIDDEN,
    WEB_NOT_FOUND,
    WEB_METHOD,
    WEB_NOT_ACCEPTABLE,
    WEB_TIMEOUT,
    WEB_TOO_LARGE,
    WEB_TARGET,
    WEB_MEDIA,
    WEB_PRECONDITION,
    WEB_EXPECT,
    WEB_MISDIRECTED,
    WEB_MEMBER,
    WEB_TOO_MANY,
    WEB_HEAD,
    WEB_CODING,
    WEB_VERSION,
    WEB_BUSY,
    WEB_LIST,
    WEB_CONFLICT,
    WEB_RANGE,
    WEB_DISK,
    WEB_PROBLEMS
};
/* `pointer`: the member or parameter it is about, "/wait_s"; NULL: none. */
void web_problem(struct web *, enum web_problem, const char *pointer, const char *detail);
/* The same with lines of its head. */
void web_problem_fields(struct web *, enum web_problem, const char *fields, const char *detail);
/* Another request: its number. */
void web_number(struct web *);
void web_refused(struct web *); /* by the reader */
/* An answer as a whole. `fields`: whole lines of its head, or ""; `type`: NULL with 204. */
void web_answer(struct web *, unsigned status, const char *type, const char *fields,
                const struct app_stream *body);
/* The object that was opened as `json` is closed and answered; its text is freed. */
void web_answer_json(struct web *, unsigned status, const char *fields, struct app_json *json);
/* Has who asks the body of that ETag already? Then the answer is 304. */
int web_known(const struct web *, const char *tag);
/* Is what If-Match demands so, of that ETag (NULL: there is none)? Else it has answered. 1 or 0. */
int web_met(struct web *, const char *tag);
/* The head alone: the body follows, as `fields` say. */
void web_begin_answer(struct web *, unsigned status, const char *type, const char *fields);
void web_result(struct web *, const struct check *); /* of one that is done */
void web_stream(struct web *); /* the head of an event stream, which ends with the connection */
void web_log(const struct web *);
/* Which check a request led to, and of what: a sum under a key of this run, for the log is read by
 * more people than the list of customers; with --log-addresses the address. */
void web_log_address(const struct web *, const char *id, const char *text, size_t n);
/* One parameter of a query, to what is asked. NULL, or what is wrong with it, in a sentence. */
struct query;
typedef const char *web_parameter(const struct web *, void *asked, const struct query *);
/* All of the request's query. 1, or 0: it has answered. */
int web_parameters(struct web *, web_parameter *one, void *asked);

/* ---- web_check.c ---- */

struct web_asked { /* what a request asks */
    char address[CHECK_TEXT + 1];
    int address_n;         /* -1: none */
    const char *addresses; /* raw JSON; NULL: none */
    size_t addresses_n;
    long wait_s, max_age_s;
    uint8_t depth, fresh, follow;
    uint8_t who; /* is to ask, of the identities */
};
/* Nothing but what the server was started with. */
void web_asked_init(const struct web *, struct web_asked *);
/* Check its address, and answer when the result is there or the time is over. */
void web_one(struct web *, const struct web_asked *);
/* The next of an array of strings: *p is behind its bracket or the string before. Its length; -1:
 * the array ends; -2: it is none, or too long. */
int web_element(const char **p, const char *end, int first, char buf[CHECK_TEXT + 1]);

/* ---- web_compat.c ---- */

struct members;
const struct app_format *web_form(const char *name);
/* As whom is to be asked: what hello_name and from_email say. */
enum { WEB_HELO, WEB_FROM, WEB_NAMES };
struct web_named {
    uint8_t said[WEB_NAMES];
    char name[WEB_NAMES][CHECK_TEXT + 1];
};
/* A member that Reacher's clients send besides: one of these, or named in X-Quoth-Ignored. 1, or 0:
 * it has answered, for it would change how is asked. */
int web_pass(struct web *, struct web_named *, const struct members *);
/* The number of that identity; -1: it is none of ours. */
int web_who(const struct web *, const struct web_named *);

/* ---- web_job.c ---- */

/* Whose lists it may see; "": all. */
const char *web_owner(const struct web *);
void web_job_no(struct web *, enum job_no, const char *why);
/* Seconds since 1970, as RFC 3339 has it. */
void web_job_time(struct app_json *, const char *key, int64_t seconds);

#endif
