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
    PROGRESS_TEXT = 4096
};

struct progress_text {
    char b[PROGRESS_TEXT];
    size_t n;
    size_t width;   /* of the screen */
    unsigned lines; /* ended */
};

static void progress_add(struct progress_text *t, const char *format, ...)
{
    va_list args;
    const size_t room = sizeof t->b - t->n;
    int n;

    va_start(args, format);
    n = vsnprintf(t->b + t->n, room, format, args);
    va_end(args);
    if (n > 0)
        t->n += (size_t)n < room ? (size_t)n : room - 1;
}

static void progress_line(struct progress_text *t)
{
    progress_add(t, "%s", "\033[K\n");
    t->lines++;
}

/* A line of items, each with a tab in front; where one does not fit on the screen the line goes on
 * below. */
static void progress_fold(struct progress_text *t, const char *items)
{
    size_t column = 1;

    progress_add(t, "%s", " ");
    for (; *items; items += strcspn(items, "\t")) {
        size_t n = strcspn(++items, "\t");
        if (column > 1 && column + 1 + n > t->width) {
            progress_line(t);
            progress_add(t, "%s", "   ");
            column = 3;
        }
        if (n + column + 1 > t->width)
            n = t->width - column - 1;
        progress_add(t, " %.*s", (int)n, items);
        column += 1 + n;
    }
    progress_line(t);
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
    unsigned long long s = seconds;
    if (s < 100)
        snprintf(buf, 32, "%llu s", s);
    else if (s < 6000)
        snprintf(buf, 32, "%llu min", (s + 30) / 60);
    else if (s < 172800)
        snprintf(buf, 32, "%llu h %llu min", s / 3600, s % 3600 / 60);
    else
        snprintf(buf, 32, "%llu d %llu h", s / 86400, s % 86400 / 3600);
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

static void progress_speed(struct progress_text *t, const struct list_progress *p, uint64_t done,
                           const struct quoth_batch_stats *s)
{
    char a[32];
    uint64_t left = p->total - done;
    if (!p->measured) {
        progress_add(t, "%s", "\tbeginning");
        return;
    }
    progress_add(t, "\t%s a second", progress_per_second(p->rate, a));
    if (left > s->waiting && p->rate > 0.01)
        progress_add(t, ",\tabout %s left",
                     list_time((uint64_t)((double)(left - s->waiting) / p->rate) + 1, a));
}

static void progress_state(struct progress_text *t, const struct quoth_batch_stats *s)
{
    char a[32];
    if (s->open)
        progress_add(t, ";\t%s conversation%s open", list_count(s->open, a),
                     s->open == 1 ? "" : "s");
    if (s->waiting)
        progress_add(t, "%s\t%s wait%s for a later pass", s->open ? "," : ";",
                     list_count(s->waiting, a), s->waiting == 1 ? "s" : "");
}

static void progress_verdicts(struct progress_text *t, const struct app_count *count,
                              const char *join)
{
    char a[32];
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        progress_add(t, "%s\t%s %s", i ? join : "",
                     list_count(count->verdict[progress_order[i]], a),
                     quoth_verdict_name(progress_order[i]));
}

/* The bar itself is left out where there is no room for it. */
static void progress_bar(struct progress_text *t, size_t width, uint64_t done, uint64_t total)
{
    char a[32], b[32], text[80];
    const double part = total ? (double)done / (double)total : 1;
    const size_t used = sizeof "  100 % []" + (size_t)snprintf(text, sizeof text, "\t%s of %s",
                                                               list_count(done, a),
                                                               list_count(total, b)),
                 most = 60,
                 room = width > used + most ? most
                        : width > used      ? width - used
                                            : 0,
                 full = (size_t)((double)room * part);

    progress_add(t, "\t%2d %%", (int)(100 * part));
    if (room >= 10) {
        progress_add(t, "%s", "\t[");
        for (size_t i = 0; i < room; i++)
            progress_add(t, "%c", i < full ? '=' : i == full ? '>' : ' ');
        progress_add(t, "%s", "]");
    }
    progress_add(t, "%s", text);
}

static void progress_held(struct progress_text *t, const struct quoth_batch_held *h)
{
    char a[32];
    if (h->until_ms == QUOTH_NEVER)
        progress_add(t, "%s", "\tnot asked again:");
    else
        progress_add(t, "\theld back %s:", list_time(h->until_ms / 1000, a));
    progress_add(t, "\t%s,\t%s address%s at %s", quoth_reason_name((enum quoth_reason)h->reason),
                 list_count(h->addresses, a), h->addresses == 1 ? "" : "es", h->ip);
}

/* Columns and rows; where no screen says, as many as people read easily. */
static struct winsize progress_size(void)
{
    struct winsize size = {0, 0, 0, 0};

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col <= 20)
        return (struct winsize) {24, 80, 0, 0};
    if (size.ws_col > 201)
        size.ws_col = 201;
    return size;
}

static void progress_items(struct progress_text *screen, struct progress_text *items)
{
    progress_fold(screen, items->b);
    items->n = 0;
    items->b[0] = 0;
}

static void progress_screen(struct list_progress *p, uint64_t done, const struct app_count *count,
                            const struct quoth_batch_stats *s)
{
    const struct winsize size = progress_size();
    struct progress_text t = {.width = size.ws_col - 1u}, items = {.width = 0};

    if (p->drawn)
        progress_add(&t, "\033[%uA\r", p->drawn);
    progress_bar(&items, t.width, done, p->total);
    progress_items(&t, &items);
    progress_speed(&items, p, done, s);
    progress_state(&items, s);
    progress_items(&t, &items);
    progress_verdicts(&items, count, " ");
    progress_items(&t, &items);
    for (unsigned i = 0; i < s->held_n && i < sizeof s->held / sizeof *s->held; i++) {
        if (t.lines + 3 > size.ws_row)
            break; /* or the cursor would not come back to the first line */
        progress_held(&items, &s->held[i]);
        progress_items(&t, &items);
    }
    progress_add(&t, "%s", "\033[J");
    fwrite(t.b, 1, t.n, stderr);
    p->drawn = (uint8_t)t.lines;
}

static void progress_plain(const struct list_progress *p, uint64_t done,
                           const struct app_count *count, const struct quoth_batch_stats *s)
{
    struct progress_text t = {.width = 0};
    char a[32], b[32];
    progress_add(&t, "quoth: %s of %s,", list_count(done, a), list_count(p->total, b));
    progress_speed(&t, p, done, s);
    progress_state(&t, s);
    progress_add(&t, "%s", ";");
    progress_verdicts(&t, count, ",");
    if (s->held_n)
        progress_add(&t, "; %s destinations held back", list_count(s->held_n, a));
    for (char *tab = t.b; (tab = strchr(tab, '\t')) != NULL;)
        *tab = ' ';
    progress_add(&t, "%s", "\n");
    fwrite(t.b, 1, t.n, stderr);
}

void list_progress_draw(struct list_progress *p, uint64_t done, const struct app_count *count,
                        const struct quoth_batch_stats *s)
{
    uint64_t now = quoth_sock_port.now();
    progress_measure(p, now, done);
    if (!p->on || now - p->last_ms < (p->tty ? PROGRESS_TTY_MS : PROGRESS_LINE_MS))
        return;
    p->last_ms = now;
    if (p->tty)
        progress_screen(p, done, count, s);
    else
        progress_plain(p, done, count, s);
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
    list_progress_erase(p);
    fputs("quoth: ", stderr);
    app_wrap(stderr, (struct quoth_span) {line, strlen(line)}, 7, progress_size().ws_col - 1u,
             "  ");
    putc('\n', stderr);
}

void list_progress_end(struct list_progress *p, const struct app_count *count, uint64_t done,
                       uint64_t cached)
{
    char a[32], b[32];
    uint64_t ms = quoth_sock_port.now() - p->began_ms, fresh = done - p->start_done;

    list_progress_erase(p);
    if (!p->on)
        return;
    fprintf(stderr, "%s of %s checked in %s", list_count(done, a), list_count(p->total, b),
            list_time((ms + 500) / 1000, (char[32]) {0}));
    if (ms > 1000 && fresh)
        fprintf(stderr, ", %s a second", progress_per_second((double)fresh * 1000 / (double)ms, a));
    if (p->unsaid)
        fprintf(stderr, ", %s notes not shown", list_count(p->unsaid, a));
    if (cached)
        fprintf(stderr, ", %s from the cache", list_count(cached, a));
    putc('\n', stderr);
    for (int i = 0; i < QUOTH_VERDICTS; i++) {
        uint64_t n = count->verdict[progress_order[i]];
        unsigned tenths = done ? (unsigned)((n * 1000 + done / 2) / done) : 0;
        fprintf(stderr, "  %-14s %11s  %3u.%u %%\n", quoth_verdict_name(progress_order[i]),
                list_count(n, a), tenths / 10, tenths % 10);
    }
}
