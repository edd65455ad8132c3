/* job_inner.h - what the files of jobs share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef JOB_INNER_H
#define JOB_INNER_H

#include "job.h"

enum {
    JOBS_RUNNING = 16,  /* at once, whoever's they are */
    JOB_AHEAD = 100000, /* rows of all jobs in the engine */
    JOB_NOTES = 16,     /* lines that a reader who was away is told */
    JOB_PATH = 1200,
    JOB_PULSE_MS = 500,  /* between two events of progress */
    JOB_FLUSH_MS = 250,  /* results to their file */
    JOB_AGAIN_MS = 2000, /* is there room on the disk now? */
    JOB_MINUTE_MS = 60000,
    JOB_STEADY_MS = 600000, /* the wall clock has not jumped for so long: it is believed */
    JOB_PLAN_MS = 10,       /* between two looks at a plan's lookups */
    JOBS_CUT = 16,          /* files that are being cut */
    JOB_PIECE = 4 << 20     /* by so much a turn: some milliseconds */
};

struct job_slot {    /* what an id of the engine stands for */
    struct job *job; /* NULL: free, and `row` is the next one that is */
    uint32_t row;
};
struct job_note {
    uint64_t event;
    char line[200];
};

struct jobs {
    char dir[1000];
    int temporary; /* to be removed at the end: a descriptor that has it locked; -1: it is not */
    uint8_t look;  /* is there one to be started? */
    struct job *first; /* the newest; by `next` */
    struct job *running[JOBS_RUNNING];
    unsigned runnings;
    struct job_slot *slot;
    uint32_t slots, free;                 /* free: the first one, or slots */
    uint32_t engine;                      /* the latest number of a job there */
    uint64_t minute, flush, pulse, again; /* when the next is due */
    uint64_t steady;                      /* since then the wall clock goes as ours does */
    int64_t ahead;                        /* of ours: milliseconds */
    uint64_t events;
    struct job_note note[JOB_NOTES];
    unsigned notes; /* so far; the next one takes the place notes % JOB_NOTES */
    unsigned readers, plans;
    int cut[JOBS_CUT]; /* files without a name, to be given back to the disk in pieces */
    unsigned cuts;
    uint8_t more; /* work is left for the next turn */
};

/* ---- job_file.c: its directory ---- */

void job_path(const struct serve *, const struct job *, const char *name, char path[JOB_PATH]);
extern const volatile sig_atomic_t job_never;

/* Options of a list as the wish has them; they point into it. */
void job_options(const struct serve *, const struct job *, struct app_list_options *);
/* An id, a number, a directory. 0 or -errno. */
int job_file_make(struct serve *, struct job *);
/* job.json is to say how it is now. 0 or -errno. */
int job_file_write(const struct serve *, const struct job *);
/* 0; ENOENT: it is no job, for it was removed or its list never was whole; EBADMSG: it is damaged;
 * or -errno. */
int job_file_read(const struct serve *, struct job *);
/* It is to be no job any more, whatever of it is left. 0 or -errno. */
int job_file_end(const struct serve *, const struct job *);
/* All names at once; what a large file holds is for job_file_cut(). */
void job_file_remove(const struct serve *, const struct job *);
void job_file_remove_dir(struct jobs *, const char *path); /* NULL: all of it at once */
/* A piece of what was removed. 1: there is more. */
int job_file_cut(struct jobs *);
/* A line for its log. */
void job_file_log(const struct serve *, const struct job *, const char *what, const char *line);

/* ---- job_dir.c: where jobs lie ---- */

/* In the state directory, else in one of TMPDIR that lives as long as we do. 0 or -errno. */
int job_dir(struct serve *);
/* Of those in TMPDIR the ones that nobody has any more are removed. */
void job_dir_sweep(void);
void job_dir_end(struct jobs *);

/* ---- job_state.c ---- */

int64_t job_wall_ms(void);
void job_add(struct serve *, struct job *);
/* Its key is good for a day from when it came. */
void job_keep_key(const struct serve *, struct job *);
/* Out of all tables, and freed. */
void job_forget(struct serve *, struct job *);
/* Written, for what is wanted of it may be new; a new state is logged and told, too. */
void job_become(struct serve *, struct job *, enum job_state);
/* It is to be removed: out of those that run, and its readers are told. */
void job_gone(struct serve *, struct job *);
void job_fail(struct serve *, struct job *, const char *why);

/* ---- job_run.c: its rows to the engine and back ---- */

/* Begin, or go on. 0, or -1: it has failed, or waits, and says why. */
int job_run_open(struct serve *, struct job *);
/* Some work. 1: there is more to do at once. */
int job_run_step(struct serve *, struct job *);
void job_run_told(struct serve *, struct job *, uint32_t row, const struct quoth_batch_result *);
/* Results to their file; what is wrong shows in the next step. */
void job_run_flush(struct job *);
/* Stop, so that it can be gone on with. */
void job_run_close(struct serve *, struct job *);
/* Stop, and what it wrote is wanted no more. */
void job_run_drop(struct serve *, struct job *);

/* ---- job_plan.c ---- */

/* Some of it. 1: there is more to do at once. */
int job_plan_step(struct serve *, struct job *);
void job_plan_close(struct serve *, struct job *);

#endif
