/* job.h - lists that are checked in the background: received, run, paused, kept, removed.
 *
 *   receiving --> ready --> running <--> paused
 *        |                    |
 *        '--> nothing left    '--> done, cancelled, failed
 *
 * A job is a directory, and what stands in it is its state:
 *
 *   STATE/jobs/ID/job.json               what is wanted of it
 *                 list                   as it was sent; list.part until all of it is here
 *                 results.csv            and its journal, as `quoth -f` writes them
 *
 * All jobs share the engine with everything else: rows go there with the list's priority.
 *
 * SPDX-License-Identifier: MIT */
#ifndef JOB_H
#define JOB_H

#include "list.h"
#include "serve.h"

struct jobs; /* of a server */
struct job_run;
struct job_upload;
struct job_plan;
struct job_reader;

enum job_state {
    JOB_RECEIVING,
    JOB_READY, /* not started, or it waits for its turn */
    JOB_RUNNING,
    JOB_PAUSED,
    JOB_DONE,
    JOB_CANCELLED,
    JOB_FAILED,
    JOB_STATES
};
enum job_wanted { JOB_WANT_HOLD, JOB_WANT_RUN, JOB_WANT_PAUSE, JOB_WANT_CANCEL, JOB_WANT_FAILED };

enum {
    JOB_ID = 26,           /* letters of an id: 130 random bits in base32 */
    JOB_ENGINE = 1u << 30, /* a bit of the engine's ids: one of ours */
    JOB_TEXT = 128         /* bytes of a name, a column, a key */
};

struct job_wish {          /* what somebody wants of a job */
    char name[JOB_TEXT];   /* for people */
    char column[JOB_TEXT]; /* of the address, its heading or number; "": by the look of it */
    char key[JOB_TEXT];    /* Idempotency-Key; "": none */
    char token[64];        /* whose it is; "": everybody's */
    uint8_t input;         /* enum app_input */
    uint8_t only;          /* 1 << enum quoth_verdict; 0: all */
    uint8_t ordered, no_wait;
    uint8_t hold;  /* not to be started yet */
    uint8_t texts; /* its rows are bare texts, which may be no addresses */
};

struct job {
    char id[JOB_ID + 1];
    uint8_t state, wanted; /* enum job_state, job_wanted */
    uint8_t broken;        /* its directory could not be read: it is left as it is */
    uint8_t headless;      /* results.csv: no headings */
    char delimiter;        /* results.csv; 0: not known yet */
    uint32_t own, at;      /* its columns in front of ours; which of them has the address */
    uint32_t number;       /* 31 random bits, for clients that want a number */
    struct job_wish wish;
    uint64_t sum;             /* of query and list, for its key */
    int64_t created, changed; /* seconds since 1970: sent; its state's */
    int64_t created_ms;
    uint64_t key_until;        /* by our clock: its key is forgotten */
    uint64_t bytes;            /* of the list */
    uint32_t rows;             /* 0: not counted yet */
    uint64_t done;             /* of them, answered */
    struct app_count count;    /* and how */
    char why[160];             /* failed, or short of something: what is wrong */
    uint64_t again;            /* paused by that, it goes on by itself then; 0: not */
    struct job_upload *upload; /* receiving */
    struct job_run *run;       /* running */
    struct job_plan *plan;     /* asked for */
    struct job_reader *reader; /* of its events */
    uint64_t told;             /* `done` in the latest event */
    uint64_t rate;             /* answers a second; 0: not known */
    uint64_t rate_ms, rate_done;
    struct job *next; /* the one before it in time */
};
const char *job_state_name(enum job_state);
int job_is_over(const struct job *);

/* ---- job.c: all of them ---------------------------------------------------- */

/* Take up what an earlier run has left. 0, or an exit code after saying why. */
int jobs_begin(struct serve *);
void jobs_end(struct serve *);
/* Once a turn. */
void jobs_turn(struct serve *);
/* When to come back at the latest. */
uint64_t jobs_due(const struct serve *);
/* The server stops: readers are let go. */
void jobs_drain(struct serve *);
void jobs_result(struct serve *, const struct quoth_batch_result *); /* hooks of the engine */
void jobs_tick(struct serve *);
void jobs_note(struct serve *, const char *line);
unsigned jobs_count(const struct serve *, enum job_state);
/* Of lists in the engine, without a result yet. */
uint32_t jobs_rows(const struct serve *);

/* Newest first; `token`: whose, "" sees all; NULL: there is none. */
struct job *job_find(const struct serve *, const char *id, const char *token);
struct job *job_numbered(const struct serve *, uint32_t number, const char *token);
struct job *job_first(const struct serve *);
/* Whose key it is. */
struct job *job_of_key(const struct serve *, const char *key, const char *token);

/* ---- job_upload.c: a list is received --------------------------------------- */

enum job_no {
    JOB_YES,
    JOB_NO_DISK, /* no room, or it cannot be written */
    JOB_NO_MEMORY,
    JOB_NO_LIST,  /* what was sent is no list: job_upload_why() */
    JOB_NO_KEPT,  /* too many are kept for this token */
    JOB_NO_BYTES, /* too many bytes of them */
    JOB_NO_BUSY,  /* its key: that list is still being sent */
    JOB_NO_KEY    /* its key: another list had it */
};

/* Begin one, to be given its list by job_put(). With a key that is known already *out is a job that
 * takes a list only to compare it. */
enum job_no job_receive(struct serve *, const struct job_wish *, const char *query,
                        struct job **out);
enum job_no job_put(struct job *, const void *p, size_t n);
/* The list is whole: look at it, and begin, unless it is to be held. *out: the job that has it now,
 * perhaps an older one. JOB_NO_LIST: `why` says what is wrong, in a sentence. After anything but
 * JOB_YES nothing of it is left. */
enum job_no job_received(struct serve *, struct job *, struct job **out, char why[512]);
/* Forget one that is still being received. */
void job_abort(struct serve *, struct job *);

/* ---- what can be done with one ----------------------------------------------- */

/* 1: it is so now, on the disk too; 0: it is over, so it cannot be; -1: it cannot be written, and
 * the job is as it was. */
int job_pause(struct serve *, struct job *);
int job_resume(struct serve *, struct job *);
int job_cancel(struct serve *, struct job *);
int job_delete(struct serve *, struct job *);

/* ---- results ------------------------------------------------------------------ */

/* Open what is written of results.csv: *size bytes of whole rows. -1: there is none yet. */
int job_results(const struct serve *, const struct job *, uint64_t *size);

enum { JOB_ROW_CELLS = 16 };
struct job_row {
    struct app_result r; /* it points into the rest */
    struct quoth_evidence ev;
    char cell[JOB_ROW_CELLS][1024];
};
/* Bytes of the row at p, its end too; 0: it does not end there. */
size_t job_row_end(const struct job *, const char *p, size_t n);
/* A row again as a result, as far as the file tells; n: without its end. 1, or 0: it is none. */
int job_row_read(struct job_row *, const struct job *, const char *p, size_t n);
/* Its columns as a line of JSON. */
void job_row_json(const struct job_row *, struct app_stream *out);

/* ---- job_plan.c ------------------------------------------------------------------ */

/* What a run would do, looked up without calling anybody; asking for it has it made. */
enum job_planned { JOB_PLAN_LATER, JOB_PLAN_MADE, JOB_PLAN_BROKEN };
enum job_planned job_plan(struct serve *, struct job *, const struct quoth_batch_plan **);

/* ---- job_live.c: events -------------------------------------------------------- */

struct job_reader {
    struct job *job; /* NULL: of none */
    struct client *client;
    struct job_reader *next;
};
/* Tell it what is, then what happens. `last`: the latest event it has seen; 0: none. */
void job_live_join(struct serve *, struct job *, struct job_reader *, uint64_t last);
void job_live_leave(struct job_reader *);
void job_live_state(struct serve *, struct job *);
void job_live_pulse(struct serve *, struct job *);

#endif
