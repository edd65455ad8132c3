/* list.h - what the files of the list mode share.
 *
 *   list.c           the run, from the first row to the exit code
 *   list_file.c      its bytes: pipes, UTF-16, blocks at hand, and whether it was changed
 *   list_foreign.c   files that are no list, and what makes one of them
 *   list_look.c      kind, encoding, delimiter, headings, column: by its first 1,000 rows
 *   list_look_rows.c  those rows    list_look_table.c  as a table    list_look_json.c  as JSON
 *   list_head.c      which heading is the address's
 *   list_scan.c      where each row begins
 *   list_set.c       the lists of a run, one behind the other
 *   list_in.c        a row, and its address
 *   list_wrap.c      CSV whose lines were quoted as a whole
 *   list_row.c       CSV: where a row ends, what a cell says      list_json.c   JSON: the same
 *   list_clean.c     what stands around an address, and several of them in one place
 *   list_trim.c      blanks and what cannot be seen, at the edges; is a text one of some words?
 *   list_pattern.c   how the addresses of each domain are formed
 *   list_domain.c    what is wrong with its domains
 *   list_work.c      rows to whoever answers them, answers to the sink
 *   list_out.c       one result as bytes
 *   list_sink.c      where they go: in order or as they come; the journal
 *   list_resume.c    what an earlier run has left there, and going on with it
 *   list_journal.c   whose a journal is, and whether its run has ended
 *   list_sum.c       a keyed sum of bytes
 *   list_identity.c  what makes two runs the same one
 *   list_merge.c     the parts of a list joined
 *   list_progress.c  what a person sees meanwhile
 *   list_plan.c      --dry-run
 *
 *   file --> list_in --> answered? known? another shard's? --> quoth_batch_add
 *                                                                    |
 *           sink <-- list_out <-- row read again <-- result <-- quoth_batch_turn
 *
 * A row costs 5 bytes for its place in the list and a bit that says whether it is answered;
 * --ordered costs 5 bytes more.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIST_H
#define LIST_H

#include <signal.h>
#include <time.h>
#include "answers.h"
#include "options.h"

/* ---- places: a growing row of numbers of 40 bits ------------------------ */

struct list_places {
    uint8_t *bytes; /* 5 for each */
    size_t n, cap;
};
/* Set the i-th number; those between are not set. 0 or ENOMEM. */
int list_places_put(struct list_places *places, size_t i, uint64_t place);
uint64_t list_places_get(const struct list_places *places, size_t i);

/* ---- list_trim.c -------------------------------------------------------- */

/* Without the blanks and invisible characters around it. */
struct quoth_span list_trim(const char *p, size_t n);
/* Is it one of these words, each with a NUL behind, in whatever case? */
int list_is_one_of(const char *p, size_t n, const char *words);

/* ---- list_clean.c: what stands around addresses ------------------------- */

enum { LIST_PIECES_MAX = 100 }; /* addresses in one cell; more of them are not told apart */

struct list_piece {
    struct quoth_span text;    /* as it stands there, no blanks around it */
    struct quoth_span address; /* of it, what is asked about */
    enum quoth_reason reason;  /* NONE, or why nobody is asked: EMPTY, SEVERAL, UNREADABLE */
};

struct list_pieces {
    const char *begin, *p, *end, *soft_end;
    uint8_t whole, slash, some, done; /* whole: it is not to be parted */
};

/* Only letters, digits, an @ and what stands in the middle of nearly every address: it is one, and
 * there is nothing to clean. */
int list_is_plain(const char *p, size_t n);
/* Has its local part a mark that hardly any mailbox has? jane=jane@example.org is a line of a file
 * of another kind. */
int list_is_odd(struct quoth_span address);
/* 1: *span is an address now, part of what it was; 0: it is as it was. */
int list_clean(struct quoth_span *span);
/* Nothing, or a word that people and programs write for nothing: "-", "N/A", "NULL". */
int list_is_nothing(const char *p, size_t n);
/* The addresses in a text, one after the other. The first is always there; 0: there is no more. */
void list_pieces(struct list_pieces *pieces, const char *p, size_t n);
int list_piece(struct list_pieces *pieces, struct list_piece *piece);
/* How many; nothing is counted beyond LIST_PIECES_MAX + 1. */
uint32_t list_pieces_count(const char *p, size_t n);

/* ---- list_head.c: headings ---------------------------------------------- */

/* How much a heading speaks for addresses: up to 100; 0: it does not; below: somebody else's. */
int list_heading_rank(const char *p, size_t n);
int list_path_rank(const char *path); /* the same of a member: "person.email" */

/* ---- list_foreign.c: what is no list ------------------------------------ */

struct list_foreign {
    const char *name, *how; /* "a PDF document"; what to do, FILE standing for its name */
};
const struct list_foreign *list_foreign(const char *p, size_t n); /* NULL: not recognised */

/* ---- list_json.c -------------------------------------------------------- */

enum { LIST_PATH_MAX = 256 };

size_t list_put_utf8(uint32_t code, char out[4]);
/* Bytes of the value at p; 0: it does not end. */
size_t list_json_end(const char *p, size_t n);
/* The texts at a path of a value, a line each, cut at `cap`; *whole: before the cut. 1: found; 0:
 * there is none; -1: this is no JSON. */
int list_json_find(const char *path, struct quoth_span value, char *buf, size_t cap, size_t *whole);
/* Every text of a value with its path. 0: this is no JSON. */
typedef void list_json_seen(void *arg, const char *path, const char *text, size_t n);
int list_json_walk(const char *p, size_t n, list_json_seen *seen, void *arg);

/* ---- list_wrap.c: each line quoted as a whole --------------------------- */

int list_is_wrapped(const char *p, size_t n); /* by how it begins */
struct list_wrap {
    uint8_t state;
};
/* The next n bytes without that quoting; out may be p. Returns how many. */
size_t list_unwrap(struct list_wrap *wrap, const char *p, size_t n, char *out);

/* ---- list_row.c --------------------------------------------------------- */

/* Where the row at p ends, its line end not counted; *plain: its quotes mean nothing. */
size_t list_csv_end(char delim, const char *p, size_t n, uint8_t *plain);
/* What a cell says, cut at `cap`; *whole: before the cut. */
size_t list_cell_text(struct quoth_span raw, int plain, char *buf, size_t cap, size_t *whole);

/* ---- list_look.c: what a file is ---------------------------------------- */

enum { LIST_LOOK_ROWS = 1000, LIST_LOOK_BYTES = 1 << 20 };
enum list_encoding { LIST_UTF8, LIST_UTF16_LE, LIST_UTF16_BE, LIST_BYTES }; /* BYTES: kept so */

enum { LIST_ARRAY = 1, LIST_ARRAY_INNER }; /* INNER: within a value, and what is behind is none */

struct list_look {          /* read */
    uint8_t encoding, kind; /* enum list_encoding; enum app_input, never AUTO */
    uint8_t array;          /* JSON: the values stand in one; 0: one behind the other */
    uint8_t crlf, sep, no_path, wrapped;
    uint8_t numbered; /* the row's number is stuck to each address */
    char delim;
    size_t begin;                /* where the rows begin */
    size_t head_at, head_n;      /* CSV: the headings; n 0: none */
    uint64_t line;               /* of `begin` */
    uint32_t column, columns;    /* CSV: the address's, from 0; how many */
    uint32_t left_out;           /* lines above the headings */
    uint32_t rows, filled, good; /* of the sample: rows; texts where addresses stand, and
                                       * those that hold one */
    uint32_t broken;             /* JSON: rows that are none */
    uint32_t also;               /* CSV: another column that holds addresses, from 1; 0: none */
    size_t first_n;              /* of `first` */
    char path[LIST_PATH_MAX];    /* JSON: of the address; "": the texts themselves */
    char name[LIST_PATH_MAX];    /* the heading or path, for people */
    char also_name[LIST_PATH_MAX];
    char first[80]; /* what stands in the first row */
};

enum list_looks {
    LIST_LOOKS_FINE,
    LIST_LOOKS_FEW,       /* fewer than half of the sample holds an address */
    LIST_LOOKS_NO_COLUMN, /* --column names none */
    LIST_LOOKS_NUMBERED,  /* the row's number is stuck to each address */
    LIST_LOOKS_KEYED,     /* JSON: each address stands under a name of its own */
    LIST_LOOKS_WHICH      /* no column shows addresses */
};

/* Look at what it begins with; all: that is all of it. `look` is zero, but for the encoding the
 * file had. `path`: its name tells something too. */
enum list_looks list_look(struct list_look *look, const struct app_list_options *list,
                          const char *path, struct quoth_span begin, int all);
int list_is_comment(const char *p, size_t n);                 /* a line */
void list_look_put(FILE *file, const struct list_look *look); /* column 5, "Email"; CSV by comma */
const char *list_kind_name(const struct list_look *look);
const char *list_encoding_name(const struct list_look *look);
const char *list_delimiter_name(const struct list_look *look, char buf[4]);

/* ---- list_file.c: its bytes --------------------------------------------- */

enum {
    LIST_WHOLE = 8 << 20, /* a list up to so long is at hand once it was read */
    LIST_BLOCK = 4096,    /* of a longer one 3 MB are */
    LIST_BLOCKS = 768
};

struct list_file {
    int fd;
    uint8_t encoding, wrapped; /* as it was; what is read is UTF-8, and not wrapped */
    uint8_t copying;           /* a copy is made, or could not be */
    uint64_t begin, end;       /* of what is read */
    uint64_t size;             /* as it was when it was opened */
    struct timespec changed;
    char *window; /* read in order */
    size_t window_cap, window_n;
    uint64_t window_at;
    char *block; /* read in any order: i % blocks, of which tag[] tells the i; each so long */
    uint32_t *tag, blocks, each;
    char *joined; /* of several blocks */
    size_t joined_cap;
};

/* Open it; a pipe and UTF-16 are copied into a file without a name, as UTF-8. 0 or -errno, of that
 * copy if `copying`. To be closed either way. */
int list_file_open(struct list_file *file, const char *path, const volatile sig_atomic_t *stop);
void list_file_close(struct list_file *file);
/* n bytes at `at`, fewer at the end, until the next call; `ahead`: what follows is read too. NULL:
 * no memory, or it cannot be read. */
const char *list_file_bytes(struct list_file *file, uint64_t at, size_t n, int ahead, size_t *got);
/* What was read in order is needed no more: its memory is given back. */
void list_file_rest(struct list_file *file);
int list_file_changed(const struct list_file *file); /* somebody wrote to it since it was opened */
/* An unlinked file to spill into. -1: errno says why. */
int list_temporary(void);
/* All of it: 0 or -errno. */
int list_write_all(int fd, const void *p, size_t n);
int list_read_all(int fd, void *p, size_t n, uint64_t at);
/* Room for `want` bytes in buf, and no more than that. 1, or 0: no memory. */
int list_room(char **buf, size_t *cap, size_t want);

/* ---- list_in.c, list_scan.c: its rows ----------------------------------- */

enum {
    LIST_ROW_MAX = 1 << 20,  /* of a longer row the first bytes are kept */
    LIST_QUOTE_MAX = 1 << 18 /* a quote not closed by then is an ordinary character */
};

/* From this row on, lines count from there. */
struct list_jump {
    uint32_t row;
    uint64_t line;
};

/* Each address is a row of its own: of several in a cell each has the place of that cell's row, and
 * of several in a line each has its own place. */
struct list_in {
    uint8_t kind, crlf; /* kind: enum app_input, never AUTO */
    uint8_t given;      /* JSON: the member was named, others will not do */
    char delimiter;
    uint32_t column, columns; /* CSV: the address's, from 0; how many */
    char *head;
    size_t head_n; /* CSV: the heading row without its end; NULL: none */
    uint32_t rows;
    uint32_t first;            /* of the run's rows, the one this list begins with */
    uint32_t cut;              /* rows longer than LIST_ROW_MAX */
    uint32_t comments;         /* lines that are none */
    struct list_places places; /* where each begins */
    struct list_jump *jump;
    size_t jumps, jump_cap;
    char *cell; /* what a cell says, its quoting undone */
    size_t cell_cap;
    struct list_file file;
    struct list_look look;
};

struct list_row {
    uint32_t id;
    uint8_t list; /* of several, which */
    const char *raw;
    size_t n;                  /* without its end; until the next row is read */
    uint8_t plain;             /* CSV: quotes are broken, so they mean nothing */
    uint8_t reason;            /* enum quoth_reason: why nobody is asked about it; NONE */
    size_t text_n, text_whole; /* of the text given; whole: before it was cut */
    const char *address;       /* the stretch of it that is asked about */
    size_t address_n;
    char text[APP_LINE_MAX];
};

/* Open it and look what it is. Returns 0, or an exit code after saying why. `stop` ends it early.
 * To be closed either way. */
int list_in_begin(struct list_in *in, const char *path, const struct app_list_options *list,
                  const volatile sig_atomic_t *stop);
/* The same, and find all rows. */
int list_in_open(struct list_in *in, const char *path, const struct app_list_options *list,
                 const volatile sig_atomic_t *stop);
void list_in_close(struct list_in *in);
/* 0 or -errno; -ESTALE: the list was changed meanwhile. `ahead`: the next rows will be read too. */
int list_in_row(struct list_in *in, uint32_t id, int ahead, struct list_row *row);
uint64_t list_in_line(const struct list_in *in, uint32_t id);
uint64_t list_in_sum(struct list_in *in); /* of all its bytes */

/* What the row in these bytes says where the address stands. Returns 0 when it cannot be read for
 * sure, or < 0 without memory. */
struct list_said {
    size_t row_n; /* bytes of the row, its end not counted */
    uint8_t plain, broken;
    uint8_t cut;  /* where the file ends here: a quote is open, or cells are missing behind it */
    uint8_t lost; /* an @ stands where nobody looks for one: text is the row, and not read */
    const char *text;
    size_t n;
};
int list_in_said(struct list_in *in, const char *p, size_t n, struct list_said *said);
/* Find all rows, 64 KB of the list a step. 1: there is more; 0: all are found; < 0: -errno. */
struct list_scan;
struct list_scan *list_scan_open(struct list_in *in); /* NULL: no memory */
int list_scan_step(struct list_scan *scan);
void list_scan_close(struct list_scan *scan);

/* ---- list_set.c: the lists of a run -------------------------------------- */

struct list_set {
    struct list_in *in; /* n of them */
    const char *const *path;
    unsigned n;
    unsigned latest; /* the list that was read last, or found changed */
    uint32_t rows;   /* of all */
};
/* Open those of options->file. Returns 0, or an exit code after saying why. To be closed either
 * way. */
int list_set_open(struct list_set *set, const struct app_options *options,
                  const volatile sig_atomic_t *stop);
void list_set_close(struct list_set *set);
/* As list_in_row(), by the number of the run's row. */
int list_set_row(struct list_set *set, uint32_t id, int ahead, struct list_row *row);
/* Was one of them written to since it was opened? */
int list_set_changed(struct list_set *set);
/* Have they the same columns? */
int list_set_alike(const struct list_set *set);

/* ---- list_pattern.c: how addresses of a domain are formed ----------------- */

enum { LIST_PATTERN_KEPT = 12 };

/* A domain: addresses of it, each its shape and 11 bits of a hash. */
struct list_pattern_domain {
    uint32_t hash;
    uint16_t more; /* of the hash */
    uint16_t n;    /* 0: the slot is free */
    uint16_t address[LIST_PATTERN_KEPT];
};
struct list_pattern {                 /* all zero: empty */
    struct list_pattern_domain *slot; /* cap of them; NULL: they are in the file */
    uint32_t cap, n;
    int fd;
};
/* Count an address, as it stands in the list. 0 or ENOMEM. */
int list_pattern_add(struct list_pattern *p, struct quoth_span local, struct quoth_span domain);
/* All are counted: from memory into a file, if there can be one. */
void list_pattern_settle(struct list_pattern *p);
/* How much more likely is it because of the others of its domain? In 1/256 logit, -230 to 179; 0
 * where fewer than five are known. */
int list_pattern_says(const struct list_pattern *p, struct quoth_span local,
                      struct quoth_span domain);
void list_pattern_close(struct list_pattern *p);

/* ---- list_domain.c: what is wrong with its domains ------------------------ */

enum { LIST_DOMAIN_IDS = 10 }; /* findings of a domain that are told, the worst */
enum list_domain_wait {
    LIST_DOMAIN_KNOWN, /* nothing to wait for */
    LIST_DOMAIN_ASKED, /* the row will come out of list_domains_next() */
    LIST_DOMAIN_FULL   /* others are checked: not now */
};
struct list_domains;
struct list_env;
struct quoth_loop;

/* Checks on that loop, which must outlive them, as the environment. 0 or -errno; to be closed
 * either way. */
int list_domains_open(struct list_domains **p, const struct list_env *env, struct quoth_loop *loop);
void list_domains_close(struct list_domains *p);
/* Have a row wait for what is to be known of its domain. enum list_domain_wait. */
int list_domains_wait(struct list_domains *p, const char *domain, uint32_t row);
/* 1 and a row that waits no longer; 0: there is none. It is the next one until it was given. Here
 * and below NULL is nothing to check. */
int list_domains_next(const struct list_domains *p, uint32_t *row);
void list_domains_given(struct list_domains *p);
/* What moved on the loop; when to come back at the latest; does any row wait? turn: 0 or -errno. */
int list_domains_turn(struct list_domains *p, const uint32_t *moved, unsigned n);
uint64_t list_domains_due(const struct list_domains *p);
int list_domains_busy(const struct list_domains *p);
/* Put what is known of its domain into a result, for as long as nothing else is called here. */
void list_domains_tell(struct list_domains *p, struct app_result *result);

/* ---- list_out.c --------------------------------------------------------- */

struct list_out {
    const struct app_format *format;
    const struct list_set *set;
    struct app_page page;
    struct app_read_as read_as[APP_FILES_MAX];
    char delimiter[APP_FILES_MAX][4]; /* of read_as */
    uint8_t *dropped;                 /* CSV: columns of ours, of an earlier run */
    char *text;                       /* the record, once it was made */
    size_t n;
    char *printed; /* of a format for people, by stdio */
    size_t printed_n;
};

/* A page for the results of those lists. `formulas`: --escape-formulas. 0 or -errno; to be closed
 * either way. */
int list_out_open(struct list_out *out, const struct app_format *format, const struct list_set *set,
                  int formulas);
void list_out_close(struct list_out *out);
/* Each makes text[0..n): what comes first, the result of a row, what comes last; n may be 0. 0 or
 * ENOMEM. */
int list_out_head(struct list_out *out);
int list_out_answer(struct list_out *out, const struct list_row *row, struct app_result *result);
int list_out_tail(struct list_out *out, const struct app_count *count);

/* ---- list_identity.c ---------------------------------------------------- */

enum { LIST_IDENTITY_MAX = 3072 };

#define LIST_IDENTITY_PART "--shard\t" /* a line begins so; before it parts are alike */

struct list_about {
    const struct list_set *set;
    const struct app_options *o;
    const struct app_listed *listed; /* NULL: the files have not been read */
};
/* The lists and the options of a run, in words, a line each. */
void list_identity(const struct list_about *about, char buf[LIST_IDENTITY_MAX]);
/* Tell, on standard error, which of the lines that begin in the first n bytes of `then` differ. */
void list_identity_differ(const char *then, const char *now, size_t n);

/* ---- list_sum.c --------------------------------------------------------- */

/* A sum of bytes under a key, which come in pieces or at once. Of this machine alone: it reads them
 * in its own order. */
enum { LIST_SUM_BLOCK = 32 };
struct list_summing {
    uint64_t key, n, lane[4];
    char rest[LIST_SUM_BLOCK]; /* n % LIST_SUM_BLOCK of it: less than a block, in no lane yet */
};
void list_sum_begin(struct list_summing *sum, uint64_t key);
void list_sum_add(struct list_summing *sum, const void *p, size_t n);
uint64_t list_sum_end(const struct list_summing *of);
uint64_t list_sum(uint64_t key, const void *p, size_t n);

/* ---- list_journal.c ----------------------------------------------------- */

struct list_journal_head {
    char magic[8];
    uint64_t key;                   /* of all its sums */
    uint64_t length, sum;           /* finished: of the output */
    uint32_t head_n, tail_n;        /* finished: bytes of it before and behind the results */
    uint32_t count[QUOTH_VERDICTS]; /* finished: results */
    uint32_t finished, n, check;    /* n: bytes of the identity, which follows */
    uint32_t indexed;               /* finished: entries of the index behind the identity */
};
/* Of a part of a list in its order: whose row each result is, and its bytes. */
struct list_index_entry {
    uint32_t row, length;
};
enum list_journal_state {
    LIST_JOURNAL_FINE,
    LIST_JOURNAL_EMPTY,
    LIST_JOURNAL_FOREIGN, /* no journal at all */
    LIST_JOURNAL_OLD,     /* of an older quoth */
    LIST_JOURNAL_DAMAGED
};
enum list_journal_state list_journal_read(int fd, struct list_journal_head *head,
                                          char identity[LIST_IDENTITY_MAX]);
/* Complain about it. Returns APP_EXIT_USAGE. */
int list_journal_say(enum list_journal_state state, const char *path);
/* A head with a new key, all else zero. Each of these: 0 or -errno. */
int list_journal_key(struct list_journal_head *head);
int list_journal_write(int fd, struct list_journal_head *head, const char *identity);
/* The first n bytes of a file, as list_sum_add(). */
int list_file_add(int fd, uint64_t n, struct list_summing *sum);
/* Is it, to the byte, the output that the head of a finished run speaks of? */
int list_file_is(int fd, uint64_t size, const struct list_journal_head *head);

/* ---- list_sink.c, list_resume.c ---------------------------------------- */

enum { LIST_FINISHED = -2 }; /* list_sink_open(): an earlier run has written it to its end */

/* What stands behind the output's name, or the journal's: a journal; records that wait for their
 * turn (--ordered); a journal while it is written; parts while they are joined. */
#define LIST_JOURNAL ".quoth-journal"
#define LIST_PART    ".quoth-part"
#define LIST_NEW     ".new"
#define LIST_MERGED  ".quoth-merge"
/* The name of a file beside the output, to be freed; NULL: no memory. */
char *list_sink_beside(const char *path, const char *suffix);
/* A file of ours beside the output: 0, or an exit code after saying why. */
int list_open_beside(const char *path, int *fd);
/* Against a second run, which may have given the name to another file by now: the same. */
int list_lock(int fd, const char *path);
/* Is it "-", or standard output under another name? */
int list_is_stdout(const char *path);

struct list_sink_conf {
    const char *path;     /* NULL: standard output */
    const char *journal;  /* NULL: beside `path` */
    const char *identity; /* list and options, in words; a journal of another one is refused;
                           * kept by pointer */
    uint32_t rows;
    uint8_t ordered, resume, force;
    uint8_t part;              /* of a list: it may be merged with the others */
    struct app_count *count;   /* answers that the journal knows are added to it */
    void (*before)(void *arg); /* called before anything is written; may be NULL */
    void *arg;
};
struct list_sink;

/* 0, LIST_FINISHED, or an exit code after saying why. */
int list_sink_open(struct list_sink **sink, const struct list_sink_conf *conf);
/* Forget one that could not be opened, or is finished: nothing is written. NULL does nothing. */
void list_sink_drop(struct list_sink *sink);
/* Bytes of the output that are there, none of them part of a record. */
uint64_t list_sink_bytes(const struct list_sink *sink);
/* Is this row answered? */
int list_sink_has(const struct list_sink *sink, uint32_t id);
/* Can a later run go on from here? */
int list_sink_resumable(const struct list_sink *sink);
/* How many rows a later run will find answered. */
uint32_t list_sink_safe(const struct list_sink *sink);
/* What the output begins with. To be called once and first; where an earlier run has written it
 * nothing happens. 0, or an exit code after saying why: it was edited. */
int list_sink_head(struct list_sink *sink, const char *p, size_t n);
/* The record of a row; n 0: it is answered, but left out of the output. */
void list_sink_put(struct list_sink *sink, uint32_t id, enum quoth_verdict verdict, const char *p,
                   size_t n);
/* 0, or -errno: then nothing more will be written. */
int list_sink_flush(struct list_sink *sink);
/* The end. `whole`: all rows are answered, and how; then p, n is what the output ends with and the
 * journal says that it is finished. 0 or -errno. */
int list_sink_close(struct list_sink *sink, const struct app_count *whole, const char *p, size_t n);

/* ---- list_work.c: rows on their way --------------------------------------- */

struct list_work { /* o, conf and listed are set, all else is zero at first */
    const struct app_options *o;
    const struct quoth_conf *conf;
    struct app_listed *listed; /* the user's own lists */
    struct list_sink *sink;
    struct answers *answers;      /* of earlier runs; NULL: not asked for */
    struct list_domains *domains; /* NULL: not asked for */
    uint8_t askable;              /* `row` has a domain that can be asked about */
    uint8_t adding;               /* `row` is being given to the engine, which may answer at once */
    struct app_count count;
    uint64_t done, cached;
    struct list_row row, back; /* being given to the engine; coming back from it */
    struct list_set set;       /* to be opened first */
    struct list_out out;
    struct list_pattern pattern;
    struct quoth_evidence ev; /* of `row`, as far as its text tells */
};
/* Open the sink and what is printed on it. As list_sink_open(). */
int list_work_open(struct list_work *work, const struct list_sink_conf *conf);
/* All but the sink, whose end is the caller's, and what was asked for from outside. */
void list_work_close(struct list_work *work);
/* How addresses are formed: count row `id`, before anybody is asked, for no answer may depend on
 * those before it. 0 or -errno. */
int list_work_count(struct list_work *work, uint32_t id);
/* What the text of `row` alone tells: address, domain, lists. */
void list_work_text(struct list_work *work);
/* Answer `row` by what an earlier run has learnt, where it has; its text was looked at. 0 or
 * -errno. */
int list_work_known(struct list_work *work, int *known);
/* Answer `row`, which nobody is asked about: it holds no address, or none that can be read for
 * sure. 0 or -errno. */
int list_work_unasked(struct list_work *work);
/* Answer row `id` by what the engine tells of it. 0 or -errno; -ESTALE: the list was changed. */
int list_work_told(struct list_work *work, uint32_t id, const struct quoth_batch_result *told);

/* ---- list_merge.c ------------------------------------------------------- */

/* Join the parts of a list, to `output`, or NULL: standard output. 0, or an exit code after saying
 * why. */
int list_merge(char **paths, unsigned n, const char *output, int force);

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
                        const struct quoth_batch_stats *stats);
/* A line that is to stay; notes are not more than a screen can take. */
void list_progress_say(struct list_progress *p, const char *line);
void list_progress_note(struct list_progress *p, const char *line);
/* The summary. */
void list_progress_end(struct list_progress *p, const struct app_count *count, uint64_t done,
                       uint64_t known);

/* ---- list_plan.c -------------------------------------------------------- */

/* Print what a run would do; `total`: rows of this part of the list. 0 or -errno. */
int list_plan(struct quoth_batch *batch, const struct app_options *options,
              const struct quoth_conf *conf, const struct list_set *set, uint64_t total);

/* ---- list.c ------------------------------------------------------------- */

struct list_env {
    const struct app_options *o;
    const struct quoth_conf *conf;
    const struct quoth_batch_tls *tls; /* NULL: none */
    struct app_listed *listed;         /* the user's own lists */
    struct app_count *count;           /* the results are added to it */
    uint8_t color;
};
/* Tell what the list was taken for, for whoever can see at once that it is not. `path`: of several,
 * which; NULL: it is the only one. */
void list_say_look(const struct list_in *in, const char *path);
/* Check the lists options->file. 0, or an exit code after saying why. */
int list_check(const struct list_env *env);

#endif
