/* list_progress.c - what a person sees of a run: on a terminal a few lines that are redrawn in
 * place, elsewhere one line every ten seconds; at the end a small table.
 *
 *  57 % [===========================>                      ] 571,204 of 1,000,000
 *  1,204 a second, about 5 min left; 212 conversations open,
 *    311 wait for a later pass
 *  401,112 deliverable  120,331 undeliverable  41,201 risky  8,560 unknown
 *  held back 14 min: rate_limited, 1,204 addresses at 192.0.2.25
 *
 * The cursor stays visible and nothing of the terminal is changed, so nothing has to be put back.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "list.h"
#include "sock.h"

enum {
    PROGRESS_TTY_MS = 200,
    PROGRESS_LINE_MS = 10000,
    PROGRESS_RATE_MS = 1000,
    PROGRESS_NOTE_MS = 10000,
    PROGRESS_NOTES = 10,
    PROGRESS_NARROWEST = 10,
    PROGRESS_WIDEST = 201,
    PROGRESS_BAR = 60,
    PROGRESS_TEXT = 4096
};

struct progress_text {
    char b[PROGRESS_TEXT];
    size_t n;
    size_t width;   /* of the screen */
    unsigned lines; /* ended */
};

static void progress_add(struct progress_text *text, const char *format, ...)
{
    va_list args;
    const size_t room = sizeof text->b - text->n;
    int n;

    va_start(args, format);
    n = vsnprintf(text->b + text->n, room, format, args);
    va_end(args);
    if (n > 0)
        text->n += (size_t)n < room ? (size_t)n : room - 1;
}

static void progress_line(struct progress_text *text)
{
    progress_add(text, "%s", "\033[K\n");
    text->lines++;
}

/* As many words of n bytes as `room` takes; the beginning of the first where it takes none. */
static size_t progress_words(const char *p, size_t n, size_t room)
{
    size_t fit = n;

    while (fit > room)
        do
            fit--;
        while (fit && p[fit] != ' ');
    return fit || !n ? fit : room;
}

/* A line of items, each with a tab in front; where one does not fit on the screen the line goes on
 * below, and where one is too long for a line it is broken between words. */
static void progress_fold(struct progress_text *text, const char *items)
{
    size_t column = 1;

    progress_add(text, "%s", " ");
    while (*items) {
        size_t n = strcspn(++items, "\t"), fit;
        if (column > 1 && column + 1 + n > text->width) {
            progress_line(text);
            progress_add(text, "%s", "   ");
            column = 3;
        }
        fit = progress_words(items, n, text->width - column - 1);
        progress_add(text, " %.*s", (int)fit, items);
        column += 1 + fit;
        items += items[fit] == ' ' ? fit : n;
    }
    progress_line(text);
}

/* 1,234,567 */
const char *list_count(uint64_t n, char buf[32])
{
    char *p = buf + 31;
    int digits = 0;
    *p = 0;
    do {
        if (digits && digits % 3 == 0)
            *--p = ',';
        *--p = (char)('0' + n % 10);
        digits++;
    } while (n /= 10);
    return p;
}

const char *list_time(uint64_t seconds, char buf[32])
{
    unsigned long long rounded = seconds;
    if (rounded < 100)
        snprintf(buf, 32, "%llu s", rounded);
    else if (rounded < 6000)
        snprintf(buf, 32, "%llu min", (rounded + 30) / 60);
    else if (rounded < 172800)
        snprintf(buf, 32, "%llu h %llu min", rounded / 3600, rounded % 3600 / 60);
    else
        snprintf(buf, 32, "%llu d %llu h", rounded / 86400, rounded % 86400 / 3600);
    return buf;
}

/* 0.4, 12, 1,204 */
static const char *progress_per_second(double rate, char buf[32])
{
    unsigned tenths = rate < 9.95 ? (unsigned)(rate * 10 + 0.5) : 0;
    if (rate < 9.95) {
        snprintf(buf, 32, "%u.%u", tenths / 10, tenths % 10);
        return buf;
    }
    return list_count((uint64_t)(rate + 0.5), buf);
}

static const enum quoth_verdict progress_order[QUOTH_VERDICTS] = {
    QUOTH_VERDICT_DELIVERABLE, QUOTH_VERDICT_UNDELIVERABLE, QUOTH_VERDICT_RISKY,
    QUOTH_VERDICT_UNKNOWN};

void list_progress_open(struct list_progress *p, int quiet)
{
    const char *term = getenv("TERM");
    memset(p, 0, sizeof *p);
    p->on = !quiet;
    p->tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
    p->began_ms = p->last_ms = p->mark_ms = quoth_sock_port.now();
}

void list_progress_begin(struct list_progress *p, uint64_t total, uint64_t done)
{
    p->total = total;
    p->start_done = p->mark_done = done;
    p->mark_ms = quoth_sock_port.now();
}

void list_progress_erase(struct list_progress *p)
{
    if (p->drawn)
        fprintf(stderr, "\033[%uA\r\033[J", p->drawn);
    p->drawn = 0;
}

/* The rate is that of the last five seconds or so: a list begins fast and ends with waiting. */
static void progress_measure(struct list_progress *p, uint64_t now, uint64_t done)
{
    double fresh;
    if (now - p->mark_ms < PROGRESS_RATE_MS)
        return;
    fresh = (double)(done - p->mark_done) * 1000 / (double)(now - p->mark_ms);
    p->rate = p->measured ? p->rate * 0.7 + fresh * 0.3 : fresh;
    p->measured = 1;
    p->mark_ms = now;
    p->mark_done = done;
}

static void progress_speed(struct progress_text *text, const struct list_progress *p, uint64_t done,
                           const struct quoth_batch_stats *stats)
{
    char buf[32];
    uint64_t left = p->total - done;
    if (!p->measured) {
        progress_add(text, "%s", "\tbeginning");
        return;
    }
    progress_add(text, "\t%s a second", progress_per_second(p->rate, buf));
    if (left > stats->waiting && p->rate > 0.01)
        progress_add(text, ",\tabout %s left",
                     list_time((uint64_t)((double)(left - stats->waiting) / p->rate) + 1, buf));
}

static void progress_state(struct progress_text *text, const struct quoth_batch_stats *stats)
{
    char a[32];
    if (stats->open)
        progress_add(text, ";\t%s conversation%s open", list_count(stats->open, a),
                     stats->open == 1 ? "" : "s");
    if (stats->waiting)
        progress_add(text, "%s\t%s wait%s for a later pass", stats->open ? "," : ";",
                     list_count(stats->waiting, a), stats->waiting == 1 ? "s" : "");
}

static void progress_verdicts(struct progress_text *text, const struct app_count *count,
                              const char *join)
{
    char a[32];
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        progress_add(text, "%s\t%s %s", i ? join : "",
                     list_count(count->verdict[progress_order[i]], a),
                     quoth_verdict_name(progress_order[i]));
}

/* Columns for the bar, where the words beside it take `used`. */
static size_t progress_room(size_t width, size_t used)
{
    if (width < used)
        return 0;
    return width - used < PROGRESS_BAR ? width - used : PROGRESS_BAR;
}

/* The bar itself is left out where there is no room for it. */
static void progress_bar(struct progress_text *line, size_t width, uint64_t done, uint64_t total)
{
    char done_buf[32], total_buf[32], text[80];
    const double part = total ? (double)done / (double)total : 1;
    const size_t used = sizeof "  100 % []" + (size_t)snprintf(text, sizeof text, "\t%s of %s",
                                                               list_count(done, done_buf),
                                                               list_count(total, total_buf)),
                 room = progress_room(width, used), full = (size_t)((double)room * part);

    progress_add(line, "\t%2d %%", (int)(100 * part));
    if (room >= 10) {
        progress_add(line, "%s", "\t[");
        for (size_t i = 0; i < room; i++) {
            const char side = i < full ? '=' : ' ';
            progress_add(line, "%c", i == full ? '>' : side);
        }
        progress_add(line, "%s", "]");
    }
    progress_add(line, "%s", text);
}

static void progress_held(struct progress_text *text, const struct quoth_batch_held *h)
{
    char a[32];
    if (h->until_ms == QUOTH_NEVER)
        progress_add(text, "%s", "\tnot asked again:");
    else
        progress_add(text, "\theld back %s:", list_time(h->until_ms / 1000, a));
    progress_add(text, "\t%s,\t%s address%s at %s", quoth_reason_name((enum quoth_reason)h->reason),
                 list_count(h->addresses, a), h->addresses == 1 ? "" : "es", h->ip);
}

/* Columns and rows; where no screen says, as many as people read easily. */
static struct winsize progress_size(void)
{
    struct winsize size = {0, 0, 0, 0};

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
        return (struct winsize) {24, 80, 0, 0};
    if (size.ws_col > PROGRESS_WIDEST)
        size.ws_col = PROGRESS_WIDEST;
    if (size.ws_col < PROGRESS_NARROWEST)
        size.ws_col = PROGRESS_NARROWEST;
    return size;
}

static void progress_items(struct progress_text *screen, struct progress_text *items)
{
    progress_fold(screen, items->b);
    items->n = 0;
    items->b[0] = 0;
}

static void progress_screen(struct list_progress *p, uint64_t done, const struct app_count *count,
                            const struct quoth_batch_stats *stats)
{
    const struct winsize size = progress_size();
    struct progress_text text = {.width = size.ws_col - 1u}, items = {.width = 0};

    if (p->drawn)
        progress_add(&text, "\033[%uA\r", p->drawn);
    progress_bar(&items, text.width, done, p->total);
    progress_items(&text, &items);
    progress_speed(&items, p, done, stats);
    progress_state(&items, stats);
    progress_items(&text, &items);
    progress_verdicts(&items, count, " ");
    progress_items(&text, &items);
    for (unsigned i = 0; i < stats->held_n && i < sizeof stats->held / sizeof *stats->held; i++) {
        if (text.lines + 3 > size.ws_row)
            break; /* or the cursor would not come back to the first line */
        progress_held(&items, &stats->held[i]);
        progress_items(&text, &items);
    }
    progress_add(&text, "%s", "\033[J");
    fwrite(text.b, 1, text.n, stderr);
    p->drawn = (uint8_t)text.lines;
}

static void progress_plain(const struct list_progress *p, uint64_t done,
                           const struct app_count *count, const struct quoth_batch_stats *stats)
{
    struct progress_text text = {.width = 0};
    char done_buf[32], total_buf[32];
    progress_add(&text, "quoth: %s of %s,", list_count(done, done_buf),
                 list_count(p->total, total_buf));
    progress_speed(&text, p, done, stats);
    progress_state(&text, stats);
    progress_add(&text, "%s", ";");
    progress_verdicts(&text, count, ",");
    if (stats->held_n)
        progress_add(&text, "; %s destinations held back", list_count(stats->held_n, done_buf));
    for (char *tab = text.b; (tab = strchr(tab, '\t')) != NULL;)
        *tab = ' ';
    progress_add(&text, "%s", "\n");
    fwrite(text.b, 1, text.n, stderr);
}

void list_progress_draw(struct list_progress *p, uint64_t done, const struct app_count *count,
                        const struct quoth_batch_stats *stats)
{
    uint64_t now = quoth_sock_port.now();
    progress_measure(p, now, done);
    if (!p->on || now - p->last_ms < (p->tty ? PROGRESS_TTY_MS : PROGRESS_LINE_MS))
        return;
    p->last_ms = now;
    if (p->tty)
        progress_screen(p, done, count, stats);
    else
        progress_plain(p, done, count, stats);
}

void list_progress_say(struct list_progress *p, const char *line)
{
    if (!p->on)
        return;
    list_progress_erase(p);
    fputs("quoth: ", stderr);
    app_wrap(stderr, (struct quoth_span) {line, strlen(line)}, 7, progress_size().ws_col - 1u,
             "  ");
    putc('\n', stderr);
}

/* A list with thousands of unwilling hosts must not fill the screen: ten notes, then one every ten
 * seconds. */
void list_progress_note(struct list_progress *p, const char *line)
{
    uint64_t due = (quoth_sock_port.now() - p->began_ms) / PROGRESS_NOTE_MS + PROGRESS_NOTES;
    if (!p->on)
        return;
    if (p->notes >= due) {
        p->unsaid++;
        return;
    }
    p->notes++;
    list_progress_say(p, line);
}

void list_progress_end(struct list_progress *p, const struct app_count *count, uint64_t done,
                       uint64_t cached)
{
    struct progress_text text = {.width = p->tty ? progress_size().ws_col - 1u : SIZE_MAX};
    char done_buf[32], total_buf[32];
    uint64_t ms = quoth_sock_port.now() - p->began_ms, fresh = done - p->start_done;

    list_progress_erase(p);
    if (!p->on)
        return;
    progress_add(&text, "%s of %s checked in %s", list_count(done, done_buf),
                 list_count(p->total, total_buf), list_time((ms + 500) / 1000, (char[32]) {0}));
    if (ms > 1000 && fresh)
        progress_add(&text, ", %s a second",
                     progress_per_second((double)fresh * 1000 / (double)ms, done_buf));
    if (p->unsaid)
        progress_add(&text, ", %s notes not shown", list_count(p->unsaid, done_buf));
    if (cached)
        progress_add(&text, ", %s from the cache", list_count(cached, done_buf));
    app_wrap(stderr, (struct quoth_span) {text.b, text.n}, 0, text.width, "  ");
    putc('\n', stderr);
    for (int i = 0; i < QUOTH_VERDICTS; i++) {
        uint64_t n = count->verdict[progress_order[i]];
        unsigned tenths = done ? (unsigned)((n * 1000 + done / 2) / done) : 0;
        fprintf(stderr, "  %-14s %11s  %3u.%u %%\n", quoth_verdict_name(progress_order[i]),
                list_count(n, done_buf), tenths / 10, tenths % 10);
    }
}
