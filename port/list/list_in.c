/* list_in.c - a list of any size and any content: what it is, and where its rows are. What a row
 * says is read by list_row.c.
 *
 * The list is read twice. First all rows are found, and 5 bytes are kept of each: where it begins.
 * Then, whenever a row is needed, it is read from the file again. A pipe is first copied to a file
 * without a name.
 *
 * No row is lost to bad quoting: a quote that is not closed within LIST_QUOTE_MAX bytes, or by the
 * end of the list, is an ordinary character, and its row ends with its line.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "list.h"

enum { IN_CHUNK = 1 << 16 };

/* ---- places ------------------------------------------------------------- */

int list_places_put(struct list_places *p, size_t i, uint64_t at)
{
    if (i >= p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 1024;
        uint8_t *more;
        if (cap <= i)
            cap = i + 1;
        more = realloc(p->bytes, cap * 5);
        if (!more)
            return ENOMEM;
        p->bytes = more;
        p->cap = cap;
    }
    for (int k = 0; k < 5; k++)
        p->bytes[i * 5 + (size_t)k] = (uint8_t)(at >> (8 * k));
    if (i >= p->n)
        p->n = i + 1;
    return 0;
}

uint64_t list_places_get(const struct list_places *p, size_t i)
{
    uint64_t at = 0;
    for (int k = 4; k >= 0; k--)
        at = at << 8 | p->bytes[i * 5 + (size_t)k];
    return at;
}

/* ---- the window: bytes of the file -------------------------------------- */

/* Have at least `n` bytes of the file from `at` on in the window, fewer only at its end. If it must
 * be read for that, `want` bytes are. Returns how many there are. */
static size_t in_window(struct list_in *in, uint64_t at, size_t n, size_t want)
{
    if (at >= in->window_at && at + n <= in->window_at + in->window_n)
        return (size_t)(in->window_at + in->window_n - at);
    if (want > in->window_cap) {
        char *more = realloc(in->window, want);
        if (!more)
            want = in->window_cap;
        else {
            in->window = more;
            in->window_cap = want;
        }
    }
    if (at + want > in->end)
        want = at < in->end ? (size_t)(in->end - at) : 0;
    in->window_at = at;
    in->window_n = 0;
    while (in->window_n < want) {
        ssize_t got = pread(in->fd, in->window + in->window_n, want - in->window_n,
                            (off_t)(at + in->window_n));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        in->window_n += (size_t)got;
    }
    return in->window_n;
}

static const char *in_bytes(const struct list_in *in, uint64_t at)
{
    return in->window + (at - in->window_at);
}

/* ---- finding rows ------------------------------------------------------- */

struct in_scan {
    struct list_in *in;
    uint64_t row;       /* where the row begins */
    uint64_t line;      /* and in which line */
    uint64_t next_line; /* the line being read */
    enum app_cell_state state;
    uint64_t quote; /* where the quote opened */
    uint64_t nl;    /* behind the first LF in it; 0: there was none yet */
    uint8_t some;   /* the row is not blank */
    int err;
};

/* A row stands in `line`. It is kept only where line numbers jump. */
static int in_jump(struct list_in *in, uint64_t line)
{
    const struct list_jump *last = in->jumps ? &in->jump[in->jumps - 1] : NULL;
    if (last && last->line + (in->rows - last->row) == line)
        return 0;
    if (in->jumps == in->jump_cap) {
        size_t cap = in->jump_cap ? in->jump_cap * 2 : 16;
        struct list_jump *more = realloc(in->jump, cap * sizeof *more);
        if (!more)
            return ENOMEM;
        in->jump = more;
        in->jump_cap = cap;
    }
    in->jump[in->jumps++] = (struct list_jump) {in->rows, line};
    return 0;
}

/* The row ended before `next`. */
static void in_row_end(struct in_scan *s, uint64_t next)
{
    struct list_in *in = s->in;
    if (s->some) {
        if (next - s->row > LIST_ROW_MAX)
            in->cut++;
        if (in->rows == UINT32_MAX - 1 || next >> 40)
            s->err = EFBIG;
        else if (!(s->err = in_jump(in, s->line)))
            s->err = list_places_put(&in->places, in->rows++, s->row);
    }
    s->row = next;
    s->line = s->next_line;
    s->state = APP_CELL_START;
    s->some = 0;
    s->nl = 0;
}

static int in_is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static void in_scan_lines(struct in_scan *s, const char *p, size_t n, uint64_t at)
{
    for (size_t i = 0; i < n && !s->err;) {
        const char *lf = memchr(p + i, '\n', n - i);
        size_t stop = lf ? (size_t)(lf - p) : n;
        for (size_t k = i; k < stop && !s->some; k++)
            s->some = !in_is_blank(p[k]);
        i = stop + 1;
        if (!lf)
            break;
        s->next_line++;
        in_row_end(s, at + i);
    }
}

/* The quote turned out to be none: the row ends with its first line, and reading goes on there. */
static uint64_t in_unquote(struct in_scan *s, uint64_t lines_read)
{
    uint64_t back = s->nl;
    s->next_line -= lines_read - 1;
    in_row_end(s, back);
    return back;
}

/* Returns where to go on: at + n, or further back when a quote turned out to be none. */
static uint64_t in_scan_csv(struct in_scan *s, const char *p, size_t n, uint64_t at,
                            uint64_t *quoted_lines)
{
    const char delim = s->in->delimiter;
    for (size_t i = 0; i < n && !s->err; i++) {
        char c = p[i];
        if (!s->some && c != '\n')
            s->some = !in_is_blank(c) || c == delim;
        if (s->state == APP_CELL_QUOTED) {
            if (c == '"')
                s->state = APP_CELL_MAYBE;
            if (c == '\n') {
                s->next_line++;
                if (!s->nl) {
                    s->nl = at + i + 1;
                    *quoted_lines = 0;
                }
                ++*quoted_lines;
            }
            if (s->nl && at + i - s->quote > LIST_QUOTE_MAX)
                return in_unquote(s, *quoted_lines);
        } else if (c == '\n') {
            s->next_line++;
            in_row_end(s, at + i + 1);
        } else if (c == delim) {
            s->state = APP_CELL_START;
        } else if (c == '"' && s->state != APP_CELL_PLAIN) {
            if (s->state == APP_CELL_START) {
                s->quote = at + i;
                s->nl = 0;
            }
            s->state = APP_CELL_QUOTED;
        } else {
            s->state = APP_CELL_PLAIN;
        }
    }
    return at + n;
}

static int in_find_rows(struct list_in *in, const volatile sig_atomic_t *stop)
{
    struct in_scan s = {
        .in = in, .row = in->begin, .line = in->first_line, .next_line = in->first_line};
    uint64_t at = in->begin, quoted_lines = 0;

    for (;;) {
        size_t n = in_window(in, at, 1, IN_CHUNK);
        if (s.err || *stop)
            break;
        if (!n && s.state == APP_CELL_QUOTED && s.nl) {
            at = in_unquote(&s, quoted_lines);
            continue;
        }
        if (!n)
            break;
        if (in->kind == APP_INPUT_CSV)
            at = in_scan_csv(&s, in_bytes(in, at), n, at, &quoted_lines);
        else
            in_scan_lines(&s, in_bytes(in, at), n, at), at += n;
    }
    if (!s.err && !*stop)
        in_row_end(&s, at);
    return s.err;
}

/* ---- one row ------------------------------------------------------------ */

static void in_take(struct list_row *row, const char *p, size_t n)
{
    row->text_whole = n;
    row->text_n = n < sizeof row->text ? n : sizeof row->text;
    if (n)
        memcpy(row->text, p, row->text_n);
}

static void in_address(const struct list_in *in, struct list_row *row)
{
    struct app_cells cells = {row->raw, row->raw + row->n, in->delimiter, row->plain, 1};
    struct quoth_span cell = {NULL, 0};
    uint32_t i = 0;
    int found;

    switch (in->kind) {
    case APP_INPUT_CSV:
        while (i <= in->column && app_cell(&cells, &cell))
            i++;
        if (i <= in->column)
            cell.n = 0;
        row->text_n =
            list_cell_text(cell, row->plain, row->text, sizeof row->text, &row->text_whole);
        break;
    case APP_INPUT_NDJSON:
        found = list_json_find(in, row->raw, row->n, row->text, sizeof row->text, &row->text_whole);
        row->text_n = row->text_whole < sizeof row->text ? row->text_whole : sizeof row->text;
        if (found < 0)
            in_take(row, row->raw, row->n);
        else if (!found)
            in_take(row, NULL, 0);
        break;
    default: in_take(row, row->raw, row->n);
    }
}

/* Blanks around an address belong to the list, not to the address. One that was cut keeps them: it
 * is too long anyway. */
static void in_trim(struct list_row *row)
{
    size_t lead = 0;
    if (row->text_whole > row->text_n)
        return;
    while (row->text_n && in_is_blank(row->text[row->text_n - 1]))
        row->text_n--;
    while (lead < row->text_n && in_is_blank(row->text[lead]))
        lead++;
    row->text_n -= lead;
    memmove(row->text, row->text + lead, row->text_n);
    row->text_whole = row->text_n;
}

/* "Jane Doe <jane@example.org>" */
static void in_display_name(struct list_row *row)
{
    size_t n = row->text_n, i = n;
    if (row->text_whole > n || !n || row->text[n - 1] != '>')
        return;
    while (i && row->text[i - 1] != '<')
        i--;
    if (!i)
        return;
    row->text_n = row->text_whole = n - 1 - i;
    memmove(row->text, row->text + i, row->text_n);
}

/* How long a line is of which only the first bytes were read; its end is not counted. */
static size_t in_long_line(const struct list_in *in, uint64_t at, uint64_t next)
{
    char tail[64];
    size_t n = sizeof tail;
    if (pread(in->fd, tail, n, (off_t)(next - n)) != (ssize_t)n)
        return (size_t)(next - at);
    while (n && (tail[n - 1] == '\n' || in_is_blank(tail[n - 1])))
        n--;
    return (size_t)(next - at) - (sizeof tail - n);
}

int list_in_row(struct list_in *in, uint32_t id, int ahead, struct list_row *row)
{
    uint64_t at = list_places_get(&in->places, id),
             next = id + 1 < in->rows ? list_places_get(&in->places, id + 1) : in->end;
    size_t n = next - at < LIST_ROW_MAX ? (size_t)(next - at) : LIST_ROW_MAX;
    size_t got = in_window(in, at, n, ahead && n < IN_CHUNK ? IN_CHUNK : n);
    const char *lf;

    row->id = id;
    row->raw = in_bytes(in, at);
    row->n = got < n ? got : n;
    row->plain = 0;
    if (in->kind == APP_INPUT_CSV)
        row->n = list_csv_end(in, row->raw, row->n, &row->plain);
    else if ((lf = memchr(row->raw, '\n', row->n)))
        row->n = (size_t)(lf - row->raw);
    if (row->n && row->raw[row->n - 1] == '\r')
        row->n--;
    in_address(in, row);
    if (in->kind == APP_INPUT_LINES && next - at > n && row->n == n)
        row->text_whole = in_long_line(in, at, next);
    in_trim(row);
    if (in->display_names)
        in_display_name(row);
    return got < n ? EIO : 0;
}

uint64_t list_in_line(const struct list_in *in, uint32_t id)
{
    size_t low = 0, high = in->jumps;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (in->jump[middle].row <= id)
            low = middle;
        else
            high = middle;
    }
    return in->jump[low].line + (id - in->jump[low].row);
}

uint64_t list_in_sum(struct list_in *in)
{
    uint64_t at = 0, sum = in->end;
    size_t n;
    while ((n = in_window(in, at, 1, IN_CHUNK)) > 0) {
        sum = quoth_hash(sum, 0x71756f7468, in_bytes(in, at), n);
        at += n;
    }
    return sum;
}

/* ---- opening ------------------------------------------------------------ */

int list_temporary(void)
{
    const char *dir = getenv("TMPDIR");
    char name[512];
    int fd;

    if (!dir || !*dir)
        dir = P_tmpdir;
    if ((size_t)snprintf(name, sizeof name, "%s/quoth-XXXXXX", dir) >= sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkstemp(name);
    if (fd >= 0) {
        unlink(name);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

/* Copy what a pipe holds to a file without a name. 0; errno of the pipe; or -errno of the file. */
static int in_spool(struct list_in *in, const volatile sig_atomic_t *stop)
{
    char *buf = malloc(IN_CHUNK);
    int fd = list_temporary(), err = 0;

    if (fd < 0)
        err = -errno;
    else if (!buf)
        err = ENOMEM;
    while (!err && !*stop) {
        ssize_t n = read(in->fd, buf, IN_CHUNK), done = 0;
        if (n < 0 && errno != EINTR)
            err = errno;
        if (n == 0)
            break;
        while (!err && done < n) {
            ssize_t put = write(fd, buf + done, (size_t)(n - done));
            if (put < 0 && errno != EINTR)
                err = -errno;
            if (put > 0)
                done += put;
        }
    }
    free(buf);
    if (in->fd != STDIN_FILENO)
        close(in->fd);
    in->fd = fd;
    if (!err)
        in->end = (uint64_t)lseek(fd, 0, SEEK_CUR);
    return err;
}

static int in_open_file(struct list_in *in, const char *path, const volatile sig_atomic_t *stop)
{
    struct stat st;
    off_t at = 0;

    in->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (in->fd < 0 || fstat(in->fd, &st))
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    if (!S_ISREG(st.st_mode))
        return in_spool(in, stop);
    if (in->fd == STDIN_FILENO)
        at = lseek(in->fd, 0, SEEK_CUR);
    in->begin = at > 0 ? (uint64_t)at : 0;
    in->end = (uint64_t)st.st_size;
    return 0;
}

static int in_ends(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && !strcasecmp(path + n - m, suffix);
}

/* The character of `among` that stands most often outside quotes; *some: how often. */
static char in_guess_delimiter(const char *p, size_t n, const char *among, size_t *some)
{
    char best = *among;
    *some = 0;
    for (const char *d = among; *d; d++) {
        size_t count = 0;
        int quoted = 0;
        for (size_t i = 0; i < n; i++) {
            if (p[i] == '"')
                quoted = !quoted;
            count += !quoted && p[i] == *d;
        }
        if (count > *some) {
            *some = count;
            best = *d;
        }
    }
    return best;
}

/* What the list is, by the options, its name, its first line: no address holds a bare comma,
 * semicolon or tab. */
static void in_guess(struct list_in *in, const char *path, const struct app_list_options *o,
                     const char *p, size_t n)
{
    static const struct {
        const char *suffix;
        uint8_t kind;
    } names[] = {
        {".csv", APP_INPUT_CSV},      {".tsv", APP_INPUT_CSV},     {".ndjson", APP_INPUT_NDJSON},
        {".jsonl", APP_INPUT_NDJSON}, {".json", APP_INPUT_NDJSON}, {".txt", APP_INPUT_LINES},
    };
    size_t some;
    char delim = in_guess_delimiter(p, n, ",;\t", &some);

    in->kind = o->input;
    if (!in->kind && (o->column || o->delimiter))
        in->kind = APP_INPUT_CSV;
    if (!in->kind && o->field)
        in->kind = APP_INPUT_NDJSON;
    for (size_t i = 0; i < sizeof names / sizeof *names && !in->kind; i++)
        if (in_ends(path, names[i].suffix))
            in->kind = names[i].kind;
    if (!in->kind && n && *p == '{')
        in->kind = APP_INPUT_NDJSON;
    if (!in->kind)
        in->kind = some && !o->display_names ? APP_INPUT_CSV : APP_INPUT_LINES;
    if (!some)
        delim = in_guess_delimiter(p, n, "|", &some);
    if (o->delimiter)
        in->delimiter = o->delimiter;
    else if (in_ends(path, ".tsv"))
        in->delimiter = '\t';
    else
        in->delimiter = some ? delim : ',';
}

static int in_has_at(const char *p, size_t n) { return n && memchr(p, '@', n) != NULL; }

/* The column of that number or heading, or without a `name` the first that looks like addresses.
 * UINT32_MAX: there is none. */
static uint32_t in_find_column(struct list_in *in, const char *name, const char *p, size_t n,
                               int head)
{
    uint32_t found = UINT32_MAX, number = 0, i = 0;
    struct app_cells cells = {p, p + n, in->delimiter, 0, 1};
    struct quoth_span raw;

    if (name && (name[app_number(name, &number)] || strlen(name) > 5))
        number = 0;
    for (; app_cell(&cells, &raw); i++) {
        char text[256];
        size_t whole, len = list_cell_text(raw, 0, text, sizeof text, &whole);
        while (len && in_is_blank(text[len - 1]))
            len--;
        if (found != UINT32_MAX)
            continue;
        if (name && head && len == strlen(name) && !strncasecmp(text, name, len))
            found = i;
        if (!name && (head ? list_is_email_name(text, len) : in_has_at(text, len)))
            found = i;
    }
    if (found == UINT32_MAX && number && number <= i)
        found = number - 1;
    return found;
}

static int in_no_column(const struct list_in *in, const char *path, const char *name, const char *p,
                        size_t n)
{
    struct app_cells cells = {p, p + n, in->delimiter, 0, 1};
    struct quoth_span raw;
    const char *join = "";
    char text[4096];
    size_t used;

    if (name)
        used = (size_t)snprintf(text, sizeof text, "no column %.300s", name);
    else
        used = (size_t)snprintf(text, sizeof text,
                                "which column holds the address? Say --column NAME or N");
    used += (size_t)snprintf(text + used, sizeof text - used, "; its columns are: ");
    for (int i = 0; i < 30 && app_cell(&cells, &raw); i++) {
        const int shown = (int)(raw.n < 60 ? raw.n : 60);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", join, shown, raw.p);
        join = ", ";
    }
    return app_say(APP_EXIT_USAGE, path, text);
}

/* The first row of CSV: is it headings, and which column holds the address? */
static int in_first_row(struct list_in *in, const char *path, const struct app_list_options *o)
{
    size_t n = in_window(in, in->begin, 1, LIST_QUOTE_MAX), len, skip = 0;
    const char *p = in_bytes(in, in->begin);
    uint8_t plain;
    uint64_t lines = 0;
    int head;

    for (size_t i = 0; i < n; i++) { /* blank lines first */
        if (p[i] == '\n') {
            skip = i + 1;
            lines++;
        } else if (!in_is_blank(p[i]))
            break;
    }
    p += skip;
    n -= skip;
    len = list_csv_end(in, p, n, &plain);
    in->crlf = len && p[len - 1] == '\r';
    head = o->header == APP_HEADER_YES;
    if (o->header == APP_HEADER_AUTO)
        head = len < n && !in_has_at(p, len);
    in->column = in_find_column(in, o->column, p, len - in->crlf, head);
    if (in->column == UINT32_MAX && !(head && !o->column))
        return in_no_column(in, path, o->column, p, len - in->crlf);
    if (in->column == UINT32_MAX) { /* no heading we know: what does the next row hold? */
        uint8_t ignored;
        size_t from = len < n ? len + 1 : n, next = list_csv_end(in, p + from, n - from, &ignored);
        in->column = in_find_column(in, NULL, p + from, next, 0);
        if (in->column == UINT32_MAX)
            return in_no_column(in, path, NULL, p, len - in->crlf);
    }
    for (struct app_cells c = {p, p + len, in->delimiter, plain, 1};
         app_cell(&c, &(struct quoth_span) {0});)
        in->columns++;
    if (!head)
        return 0;
    in->head_n = len - in->crlf;
    in->head = malloc(in->head_n + 1);
    if (!in->head)
        return app_say(APP_EXIT_INTERNAL, path, strerror(ENOMEM));
    memcpy(in->head, p, in->head_n);
    for (size_t i = 0; i < len + (len < n); i++)
        lines += p[i] == '\n';
    in->begin += skip + len + (len < n);
    in->first_line += lines;
    return 0;
}

int list_in_open(struct list_in *in, const char *path, const struct app_list_options *o,
                 const volatile sig_atomic_t *stop)
{
    const char *p, *lf;
    size_t n;
    int rc;

    memset(in, 0, sizeof *in);
    in->field = o->field;
    in->display_names = o->display_names;
    in->first_line = 1;
    rc = in_open_file(in, path, stop);
    if (rc < 0)
        return app_say(APP_EXIT_INTERNAL, "temporary file for a list from a pipe (see TMPDIR)",
                       strerror(-rc));
    if (rc)
        return app_say(APP_EXIT_NO_INPUT, path, strerror(rc));
    if (*stop)
        return APP_EXIT_INTERRUPTED;
    n = in_window(in, in->begin, 1, IN_CHUNK);
    p = in_bytes(in, in->begin);
    if (n >= 2 && (!memcmp(p, "\xff\xfe", 2) || !memcmp(p, "\xfe\xff", 2)))
        return app_say(APP_EXIT_NO_INPUT, path, "this is UTF-16; save it as UTF-8, please");
    if (n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
        in->begin += 3;
        p += 3;
        n -= 3;
    }
    while (n && (in_is_blank(*p) || *p == '\n')) {
        p++;
        n--;
    }
    lf = n ? memchr(p, '\n', n) : NULL;
    in_guess(in, path, o, p, lf ? (size_t)(lf - p) : n);
    if (n && in->kind == APP_INPUT_CSV && (rc = in_first_row(in, path, o)))
        return rc;
    rc = in_find_rows(in, stop);
    if (*stop)
        return APP_EXIT_INTERRUPTED;
    if (rc)
        return app_say(APP_EXIT_INTERNAL, path, strerror(rc));
    return in->rows ? 0 : app_say(APP_EXIT_USAGE, path, "it holds no address");
}

void list_in_close(struct list_in *in)
{
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    free(in->places.bytes);
    free(in->jump);
    free(in->head);
    free(in->window);
}
