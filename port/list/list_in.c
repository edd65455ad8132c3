/* list_in.c - a list as it comes, of any size and any content: opened, looked at, row by row.
 *
 *   list_file.c bytes --> list_look.c what it is --> list_scan.c its rows --> one row, when needed
 *
 * The list is read twice. First all rows are found; 5 bytes are kept of each: where it begins.
 * Then, whenever a row is needed, it is read from the file again.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "list.h"

enum { IN_CHUNK = 1 << 16 };

/* ---- one row ------------------------------------------------------------ */

/* Which of its row's addresses it is: how many before it have the same place. */
static uint32_t in_which(const struct list_in *in, uint32_t id, uint64_t at)
{
    uint32_t k = 0;
    while (k < id && k < LIST_PIECES_MAX && list_places_get(&in->places, id - 1 - k) == at)
        k++;
    return k;
}

/* What of a text is kept, and what is asked about. */
static void in_take(struct list_row *row, const struct list_piece *piece)
{
    struct quoth_span text = piece->text, address = piece->address;

    if (text.n > sizeof row->text && address.n <= sizeof row->text && address.n < text.n)
        text = address; /* a long name in front of it */
    row->text_whole = text.n;
    row->text_n = text.n < sizeof row->text ? text.n : sizeof row->text;
    if (row->text_n)
        memcpy(row->text, text.p, row->text_n);
    row->address = row->text + (row->text_n ? address.p - text.p : 0);
    row->address_n = address.n < row->text_n ? address.n : row->text_n;
    row->reason = (uint8_t)piece->reason;
}

/* The address with number k in what was said. `part`: it is part of a line. */
static void in_address(struct list_row *row, const struct list_said *said, uint32_t k, int part)
{
    const struct quoth_span all = {said->text, said->n};
    struct list_pieces pieces;
    struct list_piece piece;

    if (!k && !part && list_is_plain(said->text, said->n)) { /* as most are */
        in_take(row, &(struct list_piece) {all, all, QUOTH_REASON_NONE});
        return;
    }
    list_pieces(&pieces, said->text, said->n);
    if (part)
        pieces.whole = 0;
    for (uint32_t i = 0; i <= k && list_piece(&pieces, &piece);)
        i++;
    in_take(row, &piece);
}

/* More than can be told apart, or nothing that can be read. */
static void in_whole(struct list_row *row, const struct list_said *said, enum quoth_reason reason)
{
    const struct quoth_span all = {said->text, said->n};
    in_take(row, &(struct list_piece) {all, all, reason});
}

static int in_is_address(const struct list_row *row)
{
    struct quoth_addr addr;
    return quoth_addr_parse(&addr, row->address, row->address_n) == QUOTH_OK;
}

/* A line longer than what was read of it: how long, its end not counted. */
static size_t in_long_line(struct list_in *in, uint64_t at, uint64_t next)
{
    size_t n = 64, got;
    const char *tail = list_file_bytes(&in->file, next - n, n, 0, &got);
    while (tail && got && strchr(" \t\r\n", tail[got - 1]) && tail[got - 1])
        got--;
    return (size_t)(next - at) - (tail ? n - got : 0);
}

/* Is this a stretch of a line that holds several? */
static int in_is_part(const struct list_in *in, uint32_t id, uint64_t at, struct quoth_span bytes,
                      size_t line_n)
{
    if (in->kind != APP_INPUT_LINES)
        return 0;
    if (line_n == bytes.n && id + 1 < in->rows)
        return 1;
    return at > in->file.begin && bytes.p[-1] != '\n' && bytes.p[-1] != '\r';
}

int list_in_row(struct list_in *in, uint32_t id, int ahead, struct list_row *row)
{
    const uint64_t at = list_places_get(&in->places, id);
    const size_t lead = in->kind == APP_INPUT_LINES && at > in->file.begin; /* what is before it */
    struct list_said said;
    uint64_t next = in->file.end;
    uint32_t k = 0, behind = id + 1;
    size_t n, got;

    if (in->kind != APP_INPUT_LINES)
        k = in_which(in, id, at);
    while (behind < in->rows && (next = list_places_get(&in->places, behind)) == at)
        behind++;
    if (behind == in->rows)
        next = in->file.end;
    n = next - at < LIST_ROW_MAX ? (size_t)(next - at) : LIST_ROW_MAX;
    row->raw = list_file_bytes(&in->file, at - lead, n + lead, ahead, &got);
    if (!row->raw || got < n + lead)
        return row->raw ? -EIO : -errno;
    row->raw += lead;
    if (list_in_said(in, row->raw, n, &said) < 0)
        return -ENOMEM;
    row->id = id;
    row->n = said.row_n;
    row->plain = said.plain;
    if (next - at > LIST_ROW_MAX && said.row_n == n) /* it was cut */
        said.lost |= in->kind == APP_INPUT_LINES || said.text + said.n == row->raw + n || !said.n;
    in_address(row, &said, k,
               in_is_part(in, id, at, (struct quoth_span) {row->raw, n}, said.row_n));
    if (said.lost)
        in_whole(row, &said, QUOTH_REASON_UNREADABLE);
    else if (k == 0 && behind == id + 1 && in->kind != APP_INPUT_LINES &&
             list_pieces_count(said.text, said.n) > LIST_PIECES_MAX)
        in_whole(row, &said, QUOTH_REASON_SEVERAL);
    if ((!row->reason || (row->reason == QUOTH_REASON_EMPTY && said.n)) &&
        ((said.cut && at + said.row_n == in->file.end) || (said.broken && !in_is_address(row))))
        row->reason = QUOTH_REASON_UNREADABLE;
    if (in->kind == APP_INPUT_LINES && next - at > n && said.row_n == n)
        row->text_whole = in_long_line(in, at, next);
    return 0;
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
    struct list_summing sum;
    uint64_t at = 0;

    list_sum_begin(&sum, 0);
    while (at < in->file.end) {
        size_t n = in->file.end - at < IN_CHUNK ? (size_t)(in->file.end - at) : IN_CHUNK;
        const char *p = list_file_bytes(&in->file, at, n, 1, &n);
        if (!p || !n)
            break;
        list_sum_add(&sum, p, n);
        at += n;
    }
    return list_sum_end(&sum);
}

/* ---- opening ------------------------------------------------------------ */

static void in_say(const char *path)
{
    fputs("quoth: ", stderr);
    app_put(stderr, path, strlen(path));
    fputs(": ", stderr);
}

/* What it is, and what makes a list of it. */
static int in_is_foreign(const char *path, const struct list_foreign *foreign)
{
    const char *at = foreign->how, *file;

    in_say(path);
    fprintf(stderr, "this is %s, which is not read here. Convert it first:\n  ", foreign->name);
    for (; (file = strstr(at, "FILE")) != NULL; at = file + 4) {
        app_put(stderr, at, (size_t)(file - at));
        app_put(stderr, strcmp(path, "-") ? path : "FILE", strcmp(path, "-") ? strlen(path) : 4);
    }
    app_put(stderr, at, strlen(at));
    putc('\n', stderr);
    return APP_EXIT_USAGE;
}

static void in_say_columns(const struct list_look *look, const char *p, size_t n)
{
    uint8_t plain;
    const char *row = p + (look->head_n ? look->head_at : look->begin), *join = "";
    const size_t len =
        list_csv_end(look->delim, row, look->head_n ? look->head_n : n - look->begin, &plain);
    struct app_cells cells = {row, row + len, look->delim, plain, 1};
    struct quoth_span raw;

    fputs("its columns are: ", stderr);
    for (int i = 0; i < 40 && app_cell(&cells, &raw); i++) {
        char text[60];
        size_t whole, text_n = list_cell_text(raw, plain, text, sizeof text, &whole);
        struct quoth_span cell = list_trim(text, text_n);
        fputs(join, stderr);
        app_put(stderr, cell.p, cell.n);
        join = ", ";
    }
    putc('\n', stderr);
}

/* The last resort. */
static int in_say_extract(const char *path, const char *p, size_t n)
{
    if (memchr(p, '@', n)) {
        fputs("To take the addresses out of any text: quoth extract ", stderr);
        app_put(stderr, path, strlen(path));
        fputs(" > list.txt\n", stderr);
    }
    return APP_EXIT_USAGE;
}

static int in_is_few(const struct list_look *look, const char *path, const char *p, size_t n)
{
    in_say(path);
    if (look->good)
        fprintf(stderr, "only %u of the first %u rows hold%s an address", look->good, look->rows,
                look->good == 1 ? "s" : "");
    else
        fprintf(stderr, "none of the first %u rows holds an address", look->rows);
    fputs(". It was read so:\n  address: ", stderr);
    list_look_put(stderr, look);
    fputs("\n  the first one: \"", stderr);
    app_put(stderr, look->first, look->first_n);
    fputs("\"\n  ", stderr);
    if (look->kind == APP_INPUT_CSV)
        in_say_columns(look, p, n);
    else
        fprintf(stderr, "%s\n",
                look->kind == APP_INPUT_LINES
                    ? "a table? say --input csv, with --delimiter and --column"
                    : "the address is another member? say --field NAME or A.B");
    fputs(look->kind == APP_INPUT_CSV
              ? "Say --column NAME|N, --delimiter C or --skip N; or --anyway, if it is right\n"
              : "Say --input KIND or --skip N; or --anyway, if it is right\n",
          stderr);
    return in_say_extract(path, p, n);
}

static int in_no_column(const struct list_look *look, const char *path, const char *name,
                        const char *p, size_t n)
{
    in_say(path);
    if (name) {
        fputs("no column ", stderr);
        app_put(stderr, name, strlen(name));
        fputs("; ", stderr);
    } else
        fprintf(stderr, "which column holds the address? Say --column NAME or N%s; ",
                look->columns > 1 ? "" : ", or --delimiter C");
    in_say_columns(look, p, n);
    return name ? APP_EXIT_USAGE : in_say_extract(path, p, n);
}

/* What the look has found, in terms of the file. */
static int in_adopt(struct list_in *in, const char *p)
{
    const struct list_look *look = &in->look;

    in->kind = look->kind;
    in->delimiter = in->kind == APP_INPUT_CSV && look->delim ? look->delim : ',';
    in->crlf = look->crlf;
    in->column = look->column;
    in->columns = look->columns;
    if (look->kind == APP_INPUT_CSV && look->head_n) {
        in->head_n = look->head_n;
        in->head = app_resized(NULL, in->head_n);
        if (!in->head)
            return -ENOMEM;
        memcpy(in->head, p + look->head_at, in->head_n);
    }
    in->file.begin += look->begin;
    return 0;
}

static int in_look(struct list_in *in, const char *path, const struct app_list_options *list)
{
    const uint64_t size = in->file.end - in->file.begin;
    size_t n = size < LIST_LOOK_BYTES ? (size_t)size : LIST_LOOK_BYTES;
    const char *p = list_file_bytes(&in->file, in->file.begin, n, 1, &n);
    const struct list_foreign *foreign = p ? list_foreign(p, n) : NULL;
    int rc;

    if (!p)
        return app_say_error(APP_EXIT_NO_INPUT, path, errno);
    if (foreign && !list->input)
        return in_is_foreign(path, foreign);
    in->look.encoding = in->file.encoding;
    in->look.wrapped = in->file.wrapped;
    switch (list_look(&in->look, list, path, (struct quoth_span) {p, n}, n == size)) {
    case LIST_LOOKS_FINE: break;
    case LIST_LOOKS_FEW: return in_is_few(&in->look, path, p, n);
    case LIST_LOOKS_NO_COLUMN: return in_no_column(&in->look, path, list->column, p, n);
    case LIST_LOOKS_NUMBERED:
        return app_say(
            APP_EXIT_USAGE, path,
            "its rows' numbers are stuck to the addresses (1.j@b.org): take them off; or "
            "--anyway");
    case LIST_LOOKS_KEYED:
        app_say(0, path, "each address stands under a name of its own; say --field A.B for one");
        return in_say_extract(path, p, n);
    default:
        if (in->look.rows)
            return in_no_column(&in->look, path, NULL, p, n);
        if (n < size)
            return app_say(APP_EXIT_USAGE, path,
                           "its first row is longer than 1 MiB; --skip 1 leaves it out");
    }
    if (!in->look.rows && n == size)
        return app_say(APP_EXIT_USAGE, path, "it holds no address");
    rc = in_adopt(in, p);
    return rc ? app_say_error(APP_EXIT_INTERNAL, path, rc) : 0;
}

int list_in_begin(struct list_in *in, const char *path, const struct app_list_options *list,
                  const volatile sig_atomic_t *stop)
{
    int rc;

    memset(in, 0, sizeof *in);
    in->given = list->field != NULL;
    rc = list_file_open(&in->file, path, stop);
    if (rc && in->file.copying)
        return app_say_error(APP_EXIT_INTERNAL, "temporary file for the list (see TMPDIR)", rc);
    if (rc)
        return app_say_error(APP_EXIT_NO_INPUT, path, rc);
    if (*stop)
        return APP_EXIT_INTERRUPTED;
    rc = in_look(in, path, list);
    if (rc)
        return rc;
    list_file_rest(&in->file); /* the look needed 1 MB */
    return 0;
}

/* 0 or -errno. */
static int in_scan(struct list_in *in, const volatile sig_atomic_t *stop)
{
    struct list_scan *scan = list_scan_open(in);
    int more = scan ? 1 : -ENOMEM;

    while (more > 0 && !*stop)
        more = list_scan_step(scan);
    list_scan_close(scan);
    return more < 0 ? more : 0;
}

int list_in_open(struct list_in *in, const char *path, const struct app_list_options *list,
                 const volatile sig_atomic_t *stop)
{
    int rc = list_in_begin(in, path, list, stop);

    if (rc)
        return rc;
    rc = in_scan(in, stop);
    if (*stop)
        return APP_EXIT_INTERRUPTED;
    if (rc)
        return app_say_error(APP_EXIT_INTERNAL, path, rc);
    return in->rows ? 0 : app_say(APP_EXIT_USAGE, path, "it holds no address");
}

void list_in_close(struct list_in *in)
{
    list_file_close(&in->file);
    free(in->places.bytes);
    free(in->jump);
    free(in->head);
    free(in->cell);
}
