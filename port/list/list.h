/* list.h - what the files of the list mode share.
 *
 *   list.c           the run: read, skip what is known, give the rest to the engine, write
 *   list_in.c        lines, CSV, NDJSON: where each row begins, and its address
 *   list_row.c       what one row says: cells, members
 *   list_out.c       one result as bytes
 *   list_sink.c      where they go: ordered or as they come, journal, resume
 *   list_progress.c  what a person sees meanwhile
 *   list_plan.c      --dry-run
 *
 *   file --> list_in --> (answered? known? other shard?) --> quoth_batch_add
 *                                                                  |
 *                  sink <-- list_out <-- row read again <-- quoth_batch_run
 *
 * Memory a row: 5 bytes for its place in the list, 1 bit whether it is answered; 5 more with
 * --ordered.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIST_H
#define LIST_H

#include <signal.h>
#include "answers.h"
#include "options.h"

/* ---- numbers of 40 bits, a growing row of them -------------------------- */
struct list_places {
    uint8_t *b;
    size_t n, cap;
};
int list_places_put(struct list_places *p, size_t i, uint64_t at); /* grows; 0 or ENOMEM */
uint64_t list_places_get(const struct list_places *p, size_t i);

/* ---- list_in.c ---------------------------------------------------------- */

enum {
    LIST_ROW_MAX = 1 << 20, /* of a longer row the first bytes are kept */
    LIST_QUOTE_MAX = 1 << 18
}; /* a quote not closed by then is an ordinary character */

struct list_jump {
    uint32_t row;
    uint64_t line;
}; /* from this row on, lines count from there */

struct list_in {
    int fd;
    uint8_t kind, display_names, crlf; /* kind: enum app_input, never AUTO */
    char delim;
    uint32_t column, columns; /* CSV: the address's, from 0; how many */
    const char *field;        /* NDJSON; NULL: the usual ones */
    char *head;
    size_t head_n;       /* CSV: the heading row without its end; NULL: none */
    uint64_t begin, end; /* of the rows, in the file */
    uint64_t first_line;
    uint32_t rows;
    uint32_t cut; /* rows longer than LIST_ROW_MAX */
    struct list_places at;
    struct list_jump *jump;
    size_t jumps, jump_cap;
    char *win;
    size_t win_cap, win_n;
    uint64_t win_at;
};

struct list_row {
    uint32_t id;
    const char *raw;
    size_t n;             /* without its end; until the next row is read */
    uint8_t plain;        /* CSV: quotes are broken, so they mean nothing */
    size_t text_n, whole; /* of the address; whole: before it was cut */
    char text[APP_LINE_MAX];
};

/* Open, guess, find all rows. Returns 0, or an exit code after saying why. `stop` ends it early. To
 * be closed either way. */
int list_in_open(struct list_in *in, const char *path, const struct app_list_options *o,
                 const volatile sig_atomic_t *stop);
void list_in_close(struct list_in *in);
/* 0 or errno. `ahead`: the next rows will be read too. */
int list_in_row(struct list_in *in, uint32_t id, int ahead, struct list_row *row);
uint64_t list_in_line(const struct list_in *in, uint32_t id);
uint64_t list_in_sum(struct list_in *in); /* of all its bytes */
/* An unlinked file to spill into. -1: errno says why. */
int list_temporary(void);

/* ---- list_row.c --------------------------------------------------------- */

/* What a cell says, cut at `cap`; *whole: before the cut. */
size_t list_cell_text(struct quoth_span raw, int plain, char *buf, size_t cap, size_t *whole);
/* Where the row at p ends, its LF not counted; *plain: its quotes are not closed. */
size_t list_csv_end(const struct list_in *in, const char *p, size_t n, uint8_t *plain);
int list_is_email_name(const char *p, size_t n);
/* NDJSON. 1: found, 0: it has no such member with a text, -1: it is no JSON object. */
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

struct list_sink_conf {
    const char *path, *journal; /* path NULL: standard output; journal NULL: beside path */
    const char *identity;       /* what the journal must have been made with */
    uint32_t rows;
    uint8_t ordered, resume;
    struct app_count *count; /* answers found in the journal are counted there */
    void *arg;
    void (*before)(void *arg); /* told before anything is written; may be NULL */
};
struct list_sink;
/* Returns 0, -1 when the file is finished already, or an exit code after saying why. */
int list_sink_open(struct list_sink **s, const struct list_sink_conf *conf);
int list_sink_has(const struct list_sink *s, uint32_t id);
int list_sink_resumable(const struct list_sink *s);
uint32_t list_sink_safe(
    const struct list_sink *s); /* how many are in the output, as far as the journal tells */
/* What the file begins with. To be called once, first; what an earlier run has written is left. */
void list_sink_head(struct list_sink *s, const char *p, size_t n);
void list_sink_put(struct list_sink *s, uint32_t id, enum quoth_verdict v, const char *p, size_t n);
int list_sink_flush(struct list_sink *s); /* 0, or errno: nothing more is written from then on */
/* The end: all answered and the summary written (the journal goes), or not. errno or 0. */
int list_sink_close(struct list_sink *s, int whole, const char *p, size_t n);

/* ---- list_progress.c ---------------------------------------------------- */

const char *list_count(uint64_t n, char buf[32]);      /* "1,234,567" */
const char *list_time(uint64_t seconds, char buf[32]); /* "12 min" */

struct list_progress {
    uint8_t on, tty, measured;
    uint8_t drawn;              /* lines of the display now on the screen */
    uint64_t total, start_done; /* start_done: answered before this run */
    uint64_t began_ms, last_ms, mark_ms, mark_done;
    uint64_t notes, unsaid;
    double rate;
};
void list_progress_open(struct list_progress *p, int quiet);
void list_progress_begin(struct list_progress *p, uint64_t total, uint64_t done);
void list_progress_erase(struct list_progress *p);
void list_progress_draw(struct list_progress *p, uint64_t done, const struct app_count *count,
                        const struct quoth_batch_stats *s);
void list_progress_note(struct list_progress *p, const char *line);
void list_progress_end(struct list_progress *p, const struct app_count *count, uint64_t done,
                       uint64_t cached);

/* ---- list_plan.c -------------------------------------------------------- */

/* What a run would do, on standard output. 0 or errno. */
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
