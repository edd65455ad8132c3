/* app.h - what every front end shares: a result, and the formats it can be printed in.
 *
 *   text given --> options.h --> setup.h --> engine or slot --> struct app_result --> formats.c
 *                                               ^                                      |
 *                                          answers.h (earlier runs)                  bytes
 *
 *   result.c    what is asked of a result
 *   out_*.c     one format each; formats.c is the table of them
 *   stream.c    where they are written: stdio or memory
 *   number.c    numbers and times in texts
 *   escape.c    a stranger's bytes made safe to show
 *   words.c     names of things, for people
 *   listed.c    what lists say of an address
 *   health.c    one check of a domain (health.h)
 *   heard.c     a reply as people write it down
 *   say.c       the one way to complain
 *   file.c      a whole file in memory
 *
 * Nothing here knows a command line, a terminal or a signal. A front end that prints results
 * fills a struct app_result and hands it to a row of app_formats[].
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_APP_H
#define QUOTH_APP_H

#include <stdio.h>
#include <string.h>
#include "quoth.h"

struct app_calibration;
struct app_json;
struct app_page;

enum app_exit { /* exit codes; those of verdicts are 0 to 3, see app_count_exit() */
                APP_EXIT_USAGE = 64,    /* a bad option, a bad setting, or nothing to check */
                APP_EXIT_NO_INPUT = 66, /* a file that cannot be read */
                APP_EXIT_INTERNAL =
                    70, /* the output cannot be written, or the machine lacks something */
                APP_EXIT_FULL = 74, /* a list's output cannot be written any further */
                APP_EXIT_INTERRUPTED = 130
};

enum {
    APP_LINE_MAX = 1024,  /* bytes of an input that are kept */
    APP_ADDRESS_MAX = 322 /* local part, @, domain */
};

/* ---- result.c --------------------------------------------------------- */

/* Cells of a row of CSV that have not been read yet: p to end, when there are more. */
struct app_cells {
    const char *p, *end;
    char delimiter;
    uint8_t plain, more; /* plain: quotes mean nothing */
};

/* One verdict and what it rests on. It only points: all of it must live while it is printed. */
struct app_result {
    const char *input;  /* as given, cut at APP_LINE_MAX */
    size_t input_n;     /* bytes of that */
    size_t input_bytes; /* before it was cut */
    const char *asked;  /* of the input, what was asked about: the address in it; NULL: all of it */
    size_t asked_n;
    const struct quoth_evidence *ev;
    /* the exchanger that answered; with QUOTH_MX_UNUSABLE what an MX record names that is no host;
     * "": none, or not known */
    const char *host;
    const struct quoth_route
        *route; /* the mail hosts in order; NULL: `host` is all that is known */
    enum quoth_verdict verdict;
    struct quoth_reading reading;
    uint16_t lists;          /* QUOTH_LIST_*: app_listed_mark() fills it in */
    uint8_t cached;          /* it is an answer of an earlier run */
    const char *helo, *from; /* who asked; NULL: nobody was asked, for want of a name */
    int64_t began_ns;        /* since 1970 */
    const char *file;        /* of several lists, the one it came from; NULL: there is one */
    uint64_t line;           /* of the list it came from; 0: none */
    uint32_t age;            /* seconds since it was learnt, where `cached` */
    int16_t pattern; /* of a list: how much others of the domain speak for it, in 1/256 logit */
    const char *domain_grade;     /* --with-domain; NULL: it was not checked */
    const char *const *domain_id; /* `domain_ids` findings, the worst first */
    uint8_t domain_ids;
    uint8_t with_domain;                       /* it was asked for */
    const struct app_calibration *calibration; /* makes a chance of the score; NULL: nothing does */
    uint8_t sandbox;                           /* the sandbox was to be asked, not the Internet */
    struct app_cells own;                      /* the list's own cells; p NULL: none */
    /* json: members of whoever runs the check; NULL: none */
    void (*more)(struct app_json *json, const void *arg);
    const void *more_arg;
};

struct app_count {
    unsigned long verdict[QUOTH_VERDICTS];
};
unsigned long app_count_all(const struct app_count *count);
/* The exit code of these results: the lowest but 0, for a dead address outranks a doubtful one,
 * and that one what is not known. */
int app_count_exit(const struct app_count *count);

/* The i-th mail host in the order to try them, NULL behind the last. */
const char *app_result_host(const struct app_result *result, unsigned i);
/* What an MX record names when none names a host; NULL: not so. */
const char *app_result_no_host(const struct app_result *result);
/* The local part at that domain, into buf. Its length; 0 when the address has a fault. */
size_t app_address(const struct app_result *result, const char *domain, char buf[APP_ADDRESS_MAX]);
/* As quoth_score(), with what the list it is from tells. */
int app_score(const struct app_result *result, struct quoth_score *score);
/* How many days old the built-in list of disposable domains is at `now`, in seconds since 1970; -1:
 * there is none, or the clock is wrong. */
int app_list_age(int64_t now);
/* The same where it is more than 90, for a third of what is new is missing by then; else 0. */
int app_list_old(int64_t now);
/* The domain that was most likely meant. NULL: none, or it works as it is. */
const char *app_suggestion(const struct app_result *result, char buf[256]);

/* Print what this result says beside its address, by `print` or, where it says what one before it
 * did, again. */
void app_print_kept(struct app_page *page, const struct app_result *result,
                    void (*print)(struct app_page *page, const struct app_result *result));

/* ---- stream.c: where results are written ------------------------------- */

/* A stream of stdio, or memory that grows. */
struct app_stream {
    FILE *f; /* NULL: memory */
    char *text;
    size_t n, cap;
    uint8_t full; /* memory: some of it had no room */
};
void app_stream_put(struct app_stream *stream, const void *p, size_t n);
void app_stream_byte(struct app_stream *stream, char c);
void app_stream_text(struct app_stream *stream, const char *text);
void app_stream_number(struct app_stream *stream, uint64_t n);
void app_stream_enhanced(struct app_stream *stream, const uint16_t esc[3]); /* "5.1.1" */
/* Memory: the bytes from `at` on, where they fit into `text`: how many, or 0. */
size_t app_stream_keep(const struct app_stream *stream, size_t at, char *text, size_t cap);

/* A number, or an enhanced code, as text without a NUL: how many bytes. */
enum { APP_DIGITS = 20, APP_ENHANCED = 2 * 6 + APP_DIGITS };
size_t app_digits(uint64_t n, char digits[APP_DIGITS]);
size_t app_enhanced(const uint16_t esc[3], char text[APP_ENHANCED]);

/* ---- formats.c, out_*.c ------------------------------------------------------------ */

/* What a list was taken for. */
struct app_read_as {
    const char *file;
    const char *kind, *encoding;
    const char *delimiter;       /* CSV; NULL: another kind */
    const char *name;            /* the heading or member of the address; "": it has none */
    uint32_t column;             /* CSV: from 1 */
    uint32_t left_out;           /* lines above the list */
    uint32_t rows, filled, good; /* of the first rows: how many; texts where the address stands, and
                                  * those that hold one */
};

/* json, csv: what a result says beside its address. The next one of the same conversation says the
 * same, and it is most of the line. */
struct app_kept { /* what `text` follows from, and its length; 0: nothing is kept */
    struct quoth_evidence ev;
    struct app_result result;
    char host[256];
    size_t n;
    char text[1024];
};

/* json: how much was asked and how long it took, which is the same for a transaction. */
struct app_kept_times {
    uint8_t queries, connects;
    uint32_t took_ms, ms[QUOTH_PHASES];
    size_t n;
    char text[512];
};

/* What results are printed on: where, and how it looks. */
struct app_page {
    struct app_stream out; /* of lists: memory, but for formats that are for people */
    uint8_t color;         /* escape sequences are welcome */
    uint8_t single;        /* one address alone: text takes a page for it, not two lines */
    uint8_t crlf;          /* csv: lines end in CR LF */
    uint8_t formulas;      /* csv: make formulas in the list's own columns harmless too */
    uint8_t with_domain;   /* csv: columns for --with-domain */
    uint8_t terminal;      /* csv: show controls in the list's own columns as \u001b */
    uint8_t bom;           /* csv: begin with a byte order mark */
    uint8_t no_head;       /* csv: the list has no headings, so neither have we */
    char delimiter;        /* csv */
    uint32_t own_columns;  /* csv: of the list; 0: none, our first column is the input */
    const char *own_head;  /* csv: its headings; NULL: none */
    size_t own_head_n;
    const uint8_t *dropped;            /* csv: a byte for each column of the list, 1: it is one of
                                        * ours, of an earlier run; NULL: none is */
    const struct app_read_as *read_as; /* json: for the summary, `files` of them; NULL: no list */
    uint8_t files;                     /* lists; more than 1: each result tells which */
    uint16_t list_old;                 /* json: for the summary, app_list_old() */
    char meant[256], meant_for[256];   /* csv: the latest suggestion, and the domain it is for */
    struct app_kept kept[2];           /* of no and yes, which take turns */
    struct app_kept_times times;
};

enum {
    APP_FORMAT_PEOPLE = 1, /* it is for people: notes may stand between the results */
    APP_FORMAT_LISTS = 2   /* it makes sense of lists alone */
};

struct app_format {
    const char *name;
    uint8_t flags;
    void (*head)(struct app_page *page); /* before the first answer; may be NULL */
    void (*answer)(struct app_page *page, const struct app_result *result);
    void (*tail)(struct app_page *page, const struct app_count *count); /* of a list; may be NULL */
};

/* The formats, the first is the default. A row is all that is said of one: its name; flags; what
 * comes before the first answer and behind the last, or NULL. app_NAME() prints an answer, in one
 * line but for text; json is schema version 1, the last four are the shapes of services. */
/* clang-format off */
#define APP_FORMATS(FORMAT) \
    FORMAT(text, APP_FORMAT_PEOPLE, NULL, NULL) \
    FORMAT(json, 0, NULL, app_json_tail) \
    FORMAT(reacher, 0, NULL, NULL) \
    FORMAT(csv, APP_FORMAT_LISTS, app_csv_head, NULL) \
    FORMAT(zerobounce, 0, NULL, NULL) \
    FORMAT(kickbox, 0, NULL, NULL) \
    FORMAT(neverbounce, 0, NULL, NULL) \
    FORMAT(aftership, 0, NULL, NULL)
#define APP_FORMAT_ANSWER(name, flags, head, tail) \
    void app_##name(struct app_page *page, const struct app_result *result);
/* clang-format on */
APP_FORMATS(APP_FORMAT_ANSWER)

extern const struct app_format app_formats[];
extern const char app_format_list[]; /* "|text|json|..." */
#define app_format_words (app_format_list + 1)

/* What is known without asking a mail server, a page (out_info.c): `quoth info`. */
void app_info(struct app_page *page, const struct app_result *result);
void app_json_tail(struct app_page *page, const struct app_count *count);
void app_csv_head(struct app_page *page);
int app_csv_is_ours(const char *heading, size_t n); /* "quoth_line" */

/* Where in a row of CSV a byte stands, and where it leads:
 *
 *   state    "        delimiter   other
 *   START    QUOTED   START       PLAIN     a cell begins
 *   PLAIN    PLAIN    START       PLAIN     outside of quotes, where " is an ordinary character
 *   QUOTED   MAYBE    QUOTED      QUOTED    between quotes, where line ends are part of the cell
 *   MAYBE    QUOTED   START       PLAIN     behind a quote: the closing one, or the first of "" */
enum app_cell_state { APP_CELL_START, APP_CELL_PLAIN, APP_CELL_QUOTED, APP_CELL_MAYBE };
enum app_cell_state app_cell_next(enum app_cell_state state, char c, char delimiter);

/* The next cell of a row of CSV as it stands, quotes and all. 0: there is no more. */
int app_cell(struct app_cells *cells, struct quoth_span *raw);

/* ---- JSON being written ------------------------------------------------- */

struct app_json {
    struct app_stream *out;
    uint8_t comma; /* one is due before the next member */
};
void app_json_key(struct app_json *json, const char *key); /* NULL in an array */
void app_json_open(struct app_json *json, const char *key, char bracket);
void app_json_close(struct app_json *json, char bracket);
void app_json_str(struct app_json *json, const char *key, const char *p, size_t n);
void app_json_text(struct app_json *json, const char *key, const char *text); /* NULL or "": null */
void app_json_number(struct app_json *json, const char *key, uint64_t n);
void app_json_whole(struct app_json *json, const char *key, long n);
void app_json_bool(struct app_json *json, const char *key, int yes);
void app_json_null(struct app_json *json, const char *key);
/* The members of the json format, for those that embed it. */
void app_json_members(struct app_json *json, const struct app_result *result);

/* ---- file.c ------------------------------------------------------------- */

/* As fopen(), and as app_zeroed() where there is no memory for it. */
FILE *app_file_open(const char *name, const char *mode);
/* Is it a file, or nothing yet? Else no new file may take its place: a device, a pipe, a directory.
 */
int app_file_is_one(const char *name);
/* Are they one file, by whatever names? */
struct stat;
int app_file_same(const struct stat *, const struct stat *);
/* All bytes of a file of 64 MB at most and a NUL behind them, to be freed; n: without it. 0, or an
 * exit code after saying what is wrong with it. */
int app_file_read(char **text, size_t *n, const char *name);

/* ---- replace.c ---------------------------------------------------------- */

/* The file `next`, which is open as fd and whole, takes the place of `path`: its bytes are on
 * the disk before, and the name is behind, so that a power cut leaves one of them whole. 0 or
 * -errno. */
int app_file_replace(int fd, const char *next, const char *path);
/* It is gone, on the disk too. 0 or -errno. */
int app_file_remove(const char *path);
/* The name of a file that was made is to be on the disk too. 0 or -errno. */
int app_file_push_name(const char *path);

/* ---- save.c ------------------------------------------------------------- */

/* n bytes take the place of what is in `path`, in the same way. 0, or an exit code after saying
 * what went wrong. */
int app_file_save(const char *path, const char *text, size_t n);

/* ---- memory.c ----------------------------------------------------------- */

/* As calloc() and realloc(), but where there is no memory they wait for some, a second at most or
 * until a signal. NULL: there was none all that time. */
void *app_zeroed(size_t n, size_t size);
void *app_resized(void *p, size_t n);
/* A growing row: p with room for `want` elements of that size, or NULL, and it is as it was. The
 * room is doubled as often as needed. NULL and a cap of 0 are none yet. */
void *app_room(void *p, size_t *cap, size_t want, size_t size);
FILE *app_memory_stream(char **text, size_t *n); /* as open_memstream() */
/* For memory that somebody else takes: 1 after a wait, of 1 ms first and twice as long each time:
 * try again; 0: that was a second. *tries is 0 at first. */
int app_memory_wait(unsigned *tries);

/* ---- number.c ----------------------------------------------------------- */

/* The decimal digits text begins with, no blank and no sign: how many, and the number they make,
 * UINT64_MAX or UINT32_MAX when it is more. */
size_t app_number_large(const char *text, uint64_t *n);
size_t app_number(const char *text, uint32_t *n);
/* The same with a minus before them, or none; 0: it is no number, or needs more than 32 bits. */
size_t app_whole(const char *text, int32_t *n);

enum { APP_TIME_TEXT = 20 };
/* "2026-11-28T01:53:33" in UTC, of seconds since 1970. 1, or 0 and "" when it is in no year of four
 * digits. */
int app_time_text(char text[APP_TIME_TEXT], int64_t seconds);

/* ---- escape.c ----------------------------------------------------------- */

/* For a terminal: controls, bidi and invisible characters as \u200e, bytes that are not UTF-8 as
 * \xff. */
void app_put(FILE *file, const char *p, size_t n);
size_t app_width(const char *p, size_t n); /* columns app_put() takes, a code point each */

/* Words from column `at` on, broken before `width`; further lines open with `lead`. No newline at
 * the end. */
void app_wrap(FILE *file, struct quoth_span text, size_t at, size_t width, const char *lead);

/* The same onto a page. */
void app_put_on(struct app_stream *stream, const char *p, size_t n);

/* A JSON string in its quotes: controls escaped, always valid UTF-8. */
void app_put_json(struct app_stream *stream, const char *p, size_t n);
/* The value of a hexadecimal digit; -1: it is none. */
static inline int app_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
/* Is it the same address, of the same family? */
static inline int app_ip_same(const struct quoth_ip *ip, const struct quoth_ip *other)
{
    return ip->len == other->len && !memcmp(ip->b, other->b, ip->len);
}
/* How many bytes from p on are printable ASCII that nobody needs to escape. */
size_t app_plain(const char *p, size_t n);

/* ---- words.c ------------------------------------------------------------ */

/* "192.0.2.1:25", "[2001:db8::1]:25"; port 0: the address alone. */
const char *app_peer_text(const struct quoth_peer *peer, char buf[64]);
const char *app_tls_version(uint16_t version); /* "1.3" */
const char *app_tls_broke(uint16_t broke,
                          char buf[40]); /* quoth_tls_facts.broke in words; NULL: 0 */
const char *app_tls_cipher(uint16_t cipher, char buf[8]); /* IANA name, else "0x1301" */
const char *app_phase_words(uint8_t phase);               /* "RCPT TO" */
const char *app_err_words(int err);                       /* enum quoth_err: "connection refused" */
const char *app_trouble_words(const struct quoth_event *ev); /* of TIME, EOF or FAIL */

/* ---- heard.c: replies as people write them down -------------------------- */

/* A stage as logs and RFC 5321 call it, "RCPT": enum quoth_phase; -1: none of ours. */
int app_stage(const char *stage, size_t n);
/* Have the reply read as if it came over the wire; a line feed, or "\\n" in two characters, parts
 * its lines, and only the first needs a code. 1, or 0 when it is none. */
int app_hear(struct quoth_reply *reply, const char *text);

/* ---- say.c: complaints, on standard error ------------------------------- */

/* "quoth: WHERE: WHY", both escaped; WHERE NULL: none. Returns `code`, so that a caller can say
 * and leave in one breath. */
int app_say(int code, const char *where, const char *why);
/* The same of errno, or of -errno as what failed returns it. Of ENOMEM it says what to do, and
 * unless `code` is 0 returns APP_EXIT_INTERNAL: the fault is neither the file's nor the disk's. */
int app_say_error(int code, const char *where, int err);
/* The code a command ends with, once all that it printed is written; else it is said, and 70. */
int app_end(int code);
const char *app_error_words(int err);

#endif
