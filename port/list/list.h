/* list.h - what the files of the list mode share.
 *
 *   list.c           the run, from the first row to the exit code
 *   list_in.c        where each row begins, and its address: lines, CSV, NDJSON
 *   list_row.c       what one row says: a cell of CSV, a member of a JSON object
 *   list_out.c       one result as bytes
 *   list_sink.c      where they go: in order or as they come; the journal, resuming
 *   list_progress.c  what a person sees meanwhile
 *   list_plan.c      --dry-run
 *
 *   file --> list_in --> answered? known? another shard's? --> quoth_batch_add
 *                                                                    |
 *           sink <-- list_out <-- row read again <-- result <-- quoth_batch_run
 *
 * A row costs 5 bytes for its place in the list and a bit that says whether it is answered;
 * --ordered costs 5 bytes more.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIST_H
#define LIST_H

#include <signal.h>
#include "answers.h"
#include "options.h"

/* ---- places: a growing row of numbers of 40 bits ------------------------ */

struct list_places {
    uint8_t *bytes; /* 5 for each */
    size_t n, cap;
};
/* Set the i-th number; those between are not set. 0 or ENOMEM. */
int list_places_put(struct list_places *p, size_t i, uint64_t place);
uint64_t list_places_get(const struct list_places *p, size_t i);

/* ---- list_in.c ---------------------------------------------------------- */

enum {
    LIST_ROW_MAX = 1 << 20,  /* bytes of a row that are kept */
    LIST_QUOTE_MAX = 1 << 18 /* a quote that is not closed by then is an ordinary character */
};

/* Line numbers count up from row to row, but for jumps over blank lines and quoted line ends. */
struct list_jump {
    uint32_t row;  /* this row stands in */
    uint64_t line; /* this line */
};

struct list_in {
    int fd;
    uint8_t kind; /* enum app_input, never AUTO */
    uint8_t display_names, crlf;
    char delimiter;      /* CSV */
    uint32_t column;     /* CSV: the address's, from 0 */
    uint32_t columns;    /* CSV: how many there are */
    const char *field;   /* NDJSON: the member with the address; NULL: the usual names */
    char *head;          /* CSV: the row of headings without its end; NULL: none */
    size_t head_n;       /* bytes of that */
    uint64_t begin, end; /* where the rows are in the file */
    uint64_t first_line; /* the line number of the first row */
    uint32_t rows;
    uint32_t cut;              /* how many are longer than LIST_ROW_MAX */
    struct list_places places; /* where each row begins */
    struct list_jump *jump;
    size_t jumps, jump_cap;
    char *window; /* bytes of the file, from window_at on */
    size_t window_cap, window_n;
    uint64_t window_at;
};

struct list_row {
    uint32_t id;
    const char *raw;   /* the row without its end, until the next one is read */
    size_t n;          /* bytes of that */
    uint8_t plain;     /* CSV: its quotes are broken, so they mean nothing */
    size_t text_n;     /* bytes of the address */
    size_t text_whole; /* before it was cut */
    char text[APP_LINE_MAX];
};

/* Open the list, find out what it is, find all rows. 0, or an exit code after saying why. `stop`
 * becomes 1 when it is to end early. To be closed either way. */
int list_in_open(struct list_in *in, const char *path, const struct app_list_options *o,
                 const volatile sig_atomic_t *stop);
void list_in_close(struct list_in *in);
/* Read one row. `ahead`: the next ones will be read too. 0 or errno. */
int list_in_row(struct list_in *in, uint32_t id, int ahead, struct list_row *row);
/* The number of its line, from 1. */
uint64_t list_in_line(const struct list_in *in, uint32_t id);
/* A sum of all bytes of the list. */
uint64_t list_in_sum(struct list_in *in);
/* A file without a name to write into. Its descriptor, or -1 with errno set. */
int list_temporary(void);

/* ---- list_row.c --------------------------------------------------------- */

/* What a cell says, without its quotes, in at most `cap` bytes. Returns how many; *whole is how
 * many there are. */
size_t list_cell_text(struct quoth_span raw, int plain, char *buf, size_t cap, size_t *whole);
/* Where the row of CSV at p ends, its LF not counted. *plain: 1 when its quotes are broken. */
size_t list_csv_end(const struct list_in *in, const char *p, size_t n, uint8_t *plain);
/* Is this a usual heading of a column of addresses? */
int list_is_email_name(const char *p, size_t n);
/* The text of the member that holds the address, as list_cell_text() gives it. 1: found, 0: there
 * is no such member with a text, -1: this is no JSON object. */
int list_json_find(const struct list_in *in, const char *p, size_t n, char *buf, size_t cap,
                   size_t *whole);

/* ---- list_out.c --------------------------------------------------------- */

struct list_out {
    const struct app_format *format;
    const struct list_in *in;
    struct app_page page;
    char *text;
    size_t n; /* the record, once it was made */
};

/* A page for the results of that list. `formulas`: --escape-formulas. 0 or errno; to be closed
 * either way. */
int list_out_open(struct list_out *out, const struct app_format *format, const struct list_in *in,
                  int formulas);
void list_out_close(struct list_out *out);
/* Each makes text[0..n): what comes first, the result of a row, what comes last; n may be 0. */
void list_out_head(struct list_out *out);
void list_out_answer(struct list_out *out, const struct list_row *row, struct app_result *r);
void list_out_tail(struct list_out *out, const struct app_count *count);

/* ---- list_sink.c -------------------------------------------------------- */

enum { LIST_FINISHED = -1 }; /* list_sink_open(): an earlier run has written it to its end */

struct list_sink_conf {
    const char *path;     /* NULL: standard output */
    const char *journal;  /* NULL: beside `path` */
    const char *identity; /* list and options, in words; a journal of another one is refused */
    uint32_t rows;
    uint8_t ordered, resume;
    struct app_count *count;   /* answers that the journal knows are added to it */
    void (*before)(void *arg); /* called before anything is written; may be NULL */
    void *arg;
};
struct list_sink;

/* 0, LIST_FINISHED, or an exit code after saying why. */
int list_sink_open(struct list_sink **s, const struct list_sink_conf *conf);
/* Is this row answered? */
int list_sink_has(const struct list_sink *s, uint32_t id);
/* Can a later run go on from here? */
int list_sink_resumable(const struct list_sink *s);
/* How many rows a later run will find answered. */
uint32_t list_sink_safe(const struct list_sink *s);
/* What the output begins with. To be called once and first; where an earlier run has written it
 * nothing happens. */
void list_sink_head(struct list_sink *s, const char *p, size_t n);
/* The record of a row; n 0: it is answered, but left out of the output. */
void list_sink_put(struct list_sink *s, uint32_t id, enum quoth_verdict v, const char *p, size_t n);
/* 0, or errno: then nothing more will be written. */
int list_sink_flush(struct list_sink *s);
/* The end. `whole`: all rows are answered; then p, n is what the output ends with, and the journal
 * is removed. 0 or errno. */
int list_sink_close(struct list_sink *s, int whole, const char *p, size_t n);

/* ---- list_progress.c ---------------------------------------------------- */

const char *list_count(uint64_t n, char buf[32]);      /* "1,234,567" */
const char *list_time(uint64_t seconds, char buf[32]); /* "12 min" */

struct list_progress {
    uint8_t on;
    uint8_t tty;                 /* a screen: lines are redrawn in place */
    uint8_t drawn;               /* lines of ours that stand on it now */
    uint8_t measured;            /* `rate` is known */
    double rate;                 /* answers a second */
    uint64_t total, start_done;  /* rows; those answered before this run */
    uint64_t began_ms, last_ms;  /* of the run; of the latest display */
    uint64_t mark_ms, mark_done; /* when the rate was measured, and how many were answered then */
    uint64_t notes, unsaid;      /* told, and left out because there were too many */
};
void list_progress_open(struct list_progress *p, int quiet);
/* The rows are known: how many, and how many of them are answered already. */
void list_progress_begin(struct list_progress *p, uint64_t total, uint64_t done);
void list_progress_erase(struct list_progress *p);
/* Draw, unless it was done a moment ago. */
void list_progress_draw(struct list_progress *p, uint64_t done, const struct app_count *count,
                        const struct quoth_batch_stats *s);
/* A line that is to stay. */
void list_progress_note(struct list_progress *p, const char *line);
/* The summary. */
void list_progress_end(struct list_progress *p, const struct app_count *count, uint64_t done,
                       uint64_t known);

/* ---- list_plan.c -------------------------------------------------------- */

/* Print what a run would do; `total`: rows of this part of the list. 0 or errno. */
int list_plan(struct quoth_batch *b, const struct app_options *o, const struct quoth_conf *conf,
              const struct list_in *in, uint64_t total);

/* ---- list.c ------------------------------------------------------------- */

struct list_env {
    const struct app_options *o;
    const struct quoth_conf *conf;
    const struct quoth_batch_tls *tls; /* NULL: none */
    struct app_count *count;           /* the results are added to it */
    uint8_t color;
};
/* Check the list o->file. 0, or an exit code after saying why. */
int list_check(const struct list_env *env);

#endif
