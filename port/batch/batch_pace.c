/* batch_pace.c - holds, decoys and hours as text, to be saved and loaded: manners must outlive the
 * process, or a service that restarts over and over becomes a hammer.
 *
 *   quoth-pace 1
 *   hold 192.0.2.1 1732690900000 rate_limited 1 0 0 120 7      not before; BUSY, REFUSED in a row;
 *   stop 192.0.2.9 1732777300000 ip_blocked 0 2 0 4 0          slow; answers, unknown users
 *   family 192.0.2.9 example.net 1732777300000                 none of that network and name
 *   decoy example.com mx.example.com 192.0.2.1 550 user_unknown 1733290000000
 *   hour example.com 17 1732693600000                          calls; when the hour ends
 *   end 5                                                      rows before this one
 *
 * One row a fact, fields parted by one blank, each keyed by all it depends on. Times are wall-clock
 * milliseconds since 1970, until when it holds; `stop` is a "never", for so long. A time that is
 * over is passed by, and one further off than such a fact can last is cut, for clocks jump.
 *
 * Loading reads all rows before it believes one: a file that was cut off or damaged changes
 * nothing.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <string.h>
#include "batch_inner.h"

enum { PACE_FIELDS = 9, PACE_FIELD = 256, PACE_LINE = 700 };

static const char pace_head[] = "quoth-pace 1\n";

/* ---- saving ------------------------------------------------------------- */

struct pace_out {
    int (*put)(void *arg, const char *p, size_t n);
    void *arg;
    uint64_t wall; /* of batch->now */
    uint32_t rows;
    int rc;
};

static void pace_row(struct pace_out *out, const char *format, ...)
{
    char line[PACE_LINE];
    va_list args;
    int n;

    if (out->rc)
        return;
    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    out->rc = out->put(out->arg, line, (size_t)n);
    out->rows++;
}

/* A time of the run as one of the wall. */
static unsigned long long pace_wall(const struct quoth_batch *batch, const struct pace_out *out,
                                    uint64_t at)
{
    return out->wall + (at > batch->now ? at - batch->now : 0);
}

static void pace_save_dest(const struct quoth_batch *batch, const struct batch_dest *host,
                           struct pace_out *out)
{
    const struct quoth_pace *pace = &host->pace;
    int never = pace->next == QUOTH_NEVER;
    uint64_t until = never ? batch_ms(batch, host->never_until) : pace->next;
    char ip[46];

    if (host->port ||
        (until <= batch->now && !pace->busy && !pace->refused && !pace->slow && !pace->answers))
        return;
    quoth_ip_text(&host->ip, ip, sizeof ip);
    pace_row(out, "%s %s %llu %s %u %u %u %u %u\n", never ? "stop" : "hold", ip,
             pace_wall(batch, out, until), quoth_reason_name((enum quoth_reason)pace->reason),
             pace->busy, pace->refused, pace->slow, pace->answers, pace->unknown);
}

static void pace_save_dom(const struct quoth_batch *batch, uint32_t dom, struct pace_out *out)
{
    const struct batch_dom *domain = batch_dom(batch, dom);
    char ip[46];

    if (domain->own)
        return;
    if (domain->decoy == BATCH_DECOY_KNOWN && domain->dest != BATCH_NONE &&
        domain->mx != BATCH_NONE && batch_ms(batch, domain->decoy_until) > batch->now) {
        quoth_ip_text(&batch_dest(batch, domain->dest)->ip, ip, sizeof ip);
        pace_row(out, "decoy %s %s %s %u %s %llu\n", batch_dom_name(batch, dom),
                 batch_mx_name(batch, domain->mx), ip, domain->decoy_code,
                 quoth_reason_name((enum quoth_reason)domain->decoy_reason),
                 pace_wall(batch, out, batch_ms(batch, domain->decoy_until)));
    }
    if (domain->calls && batch_ms(batch, domain->hour_until) > batch->now)
        pace_row(out, "hour %s %u %llu\n", batch_dom_name(batch, dom), domain->calls,
                 pace_wall(batch, out, batch_ms(batch, domain->hour_until)));
}

static void pace_save_family(const struct quoth_batch *batch, const struct batch_family *family,
                             struct pace_out *out)
{
    char ip[46];

    quoth_ip_text(&family->ip, ip, sizeof ip);
    pace_row(out, "family %s %s %llu\n", ip, batch_mx_name(batch, family->name),
             pace_wall(batch, out, batch_ms(batch, family->until)));
}

int quoth_batch_save(const struct quoth_batch *batch, uint64_t wall_ms,
                     int (*put)(void *arg, const char *p, size_t n), void *arg)
{
    struct pace_out out = {.put = put, .arg = arg, .wall = wall_ms};
    uint32_t rows;

    pace_row(&out, "%s", pace_head);
    for (uint32_t i = 0; i < batch->dests.n; i++)
        if (batch_dest(batch, i)->state != BATCH_DEST_FREE)
            pace_save_dest(batch, batch_dest(batch, i), &out);
    for (uint32_t i = 0; i < batch->family.n; i++) {
        const struct batch_family *family = batch_shelf_at(&batch->family, i);
        if (family->state == BATCH_FAMILY_STOPPED && batch_ms(batch, family->until) > batch->now)
            pace_save_family(batch, family, &out);
    }
    for (uint32_t i = 0; i < batch->doms.n; i++)
        if (batch_dom(batch, i)->state != BATCH_DOM_FREE)
            pace_save_dom(batch, i, &out);
    rows = out.rows - 1;
    pace_row(&out, "end %u\n", rows);
    return out.rc;
}

/* ---- reading a row ------------------------------------------------------ */

enum pace_kind { PACE_HOLD, PACE_STOP, PACE_FAMILY, PACE_DECOY, PACE_HOUR, PACE_END, PACE_KINDS };

/* What each row holds behind its word: i an address, n a name, t a time, r a reason, c a reply
 * code, a number of 8 (batch), 16 (h) or 32 (w) bits, a flag (f). */
static const struct {
    const char *word, *fields;
    uint64_t most_s; /* a time is not further off */
} pace_rows[] = {
    [PACE_HOLD] = {"hold", "itrbbfhh", 24 * 3600},
    [PACE_STOP] = {"stop", "itrbbfhh", BATCH_STOPPED_S},
    [PACE_FAMILY] = {"family", "int", BATCH_STOPPED_S},
    [PACE_DECOY] = {"decoy", "nnicrt", BATCH_DECOY_S},
    [PACE_HOUR] = {"hour", "nht", BATCH_HOUR_S},
    [PACE_END] = {"end", "w", 0},
};
_Static_assert(sizeof pace_rows / sizeof pace_rows[0] == PACE_KINDS, "a row each");

struct pace_in { /* one row, read */
    enum pace_kind kind;
    char name[2][PACE_FIELD];
    struct quoth_ip ip;
    uint64_t time;
    uint32_t reason, number[5];
    unsigned names, numbers;
};

/* 0 when it is no number, or more than `most`. */
static int pace_number(const char *p, size_t n, uint64_t most, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9' || *out > most / 10)
            return 0;
        *out = *out * 10 + (uint64_t)(p[i] - '0');
        if (*out > most)
            return 0;
    }
    return n > 0;
}

static int pace_reason(const char *p, size_t n, uint32_t *out)
{
    for (*out = 0; *out < QUOTH_REASONS; ++*out) {
        const char *name = quoth_reason_name((enum quoth_reason) * out);
        if (strlen(name) == n && !memcmp(name, p, n))
            return 1;
    }
    return 0;
}

static int pace_name(const char *p, size_t n, char out[PACE_FIELD])
{
    struct quoth_name name;

    if (!n || n >= PACE_FIELD || quoth_name_parse(&name, p, n) < 0)
        return 0;
    memcpy(out, p, n);
    out[n] = '\0';
    return 1;
}

static int pace_field(char what, const char *p, size_t n, struct pace_in *in)
{
    uint64_t x, most = UINT16_MAX;

    switch (what) {
    case 'i': return quoth_ip_parse(&in->ip, p, n) == QUOTH_OK;
    case 'n': return pace_name(p, n, in->name[in->names++]);
    case 'r': return pace_reason(p, n, &in->reason);
    case 't': return pace_number(p, n, UINT64_MAX / 2, &in->time);
    case 'f': most = 1; break;
    case 'b': most = UINT8_MAX; break;
    case 'w': most = UINT32_MAX; break;
    case 'c':
        if (n != 1 && n != 3)
            return 0; /* 0: it was given up */
        most = 599;
        break;
    default: break;
    }
    if (!pace_number(p, n, most, &x))
        return 0;
    in->number[in->numbers++] = (uint32_t)x;
    return 1;
}

/* The field at *p, up to a blank or the end of the line; moves on. */
static size_t pace_cut(const char **p, const char *end, const char **field)
{
    size_t n = 0;

    *field = *p;
    while (*p + n < end && (*p)[n] != ' ')
        n++;
    *p += n + (*p + n < end);
    return n;
}

/* 1: the line is a row of ours. */
static int pace_read(const char *p, const char *end, struct pace_in *in)
{
    const char *field;
    size_t n = pace_cut(&p, end, &field);
    unsigned kind = 0;

    while (kind < PACE_KINDS &&
           (strlen(pace_rows[kind].word) != n || memcmp(pace_rows[kind].word, field, n)))
        kind++;
    if (kind == PACE_KINDS)
        return 0;
    memset(in, 0, sizeof *in);
    in->kind = (enum pace_kind)kind;
    for (const char *what = pace_rows[kind].fields; *what; what++) {
        n = pace_cut(&p, end, &field);
        if (!pace_field(*what, field, n, in))
            return 0;
    }
    return p == end && end[-1] != ' ';
}

/* ---- loading ------------------------------------------------------------ */

/* When it is over, as a time of the run; 0: it is. */
static uint64_t pace_until(const struct quoth_batch *batch, uint64_t wall, const struct pace_in *in)
{
    uint64_t ms = in->time > wall ? in->time - wall : 0, most = pace_rows[in->kind].most_s * 1000;

    return ms ? batch->now + (ms < most ? ms : most) : 0;
}

static int pace_load_dest(struct quoth_batch *batch, uint64_t until, const struct pace_in *in)
{
    uint32_t dest = batch_dest_of(batch, &in->ip, 0);
    struct quoth_pace *pace;

    if (dest == BATCH_NONE)
        return QUOTH_ESPACE;
    pace = &batch_dest(batch, dest)->pace;
    *pace = (struct quoth_pace) {.next = in->kind == PACE_STOP ? QUOTH_NEVER : until,
                                 .reason = (uint8_t)(until ? in->reason : QUOTH_REASON_NONE),
                                 .busy = (uint8_t)in->number[0],
                                 .refused = (uint8_t)in->number[1],
                                 .slow = (uint8_t)in->number[2],
                                 .answers = (uint16_t)in->number[3],
                                 .unknown = (uint16_t)in->number[4]};
    if (in->kind == PACE_STOP && until)
        batch_dest(batch, dest)->never_until = batch_seconds(batch, until);
    else if (in->kind == PACE_STOP)
        quoth_pace_once_more(pace);
    return QUOTH_OK;
}

/* A domain nobody has asked for yet, remembered. BATCH_NONE: not to be asked, or no memory. */
static uint32_t pace_dom(struct quoth_batch *batch, const char *name)
{
    struct quoth_evidence evidence;
    uint32_t dom = batch_dom_find(batch, name, strlen(name));

    if (dom != BATCH_NONE)
        return dom;
    memset(&evidence, 0, sizeof evidence);
    memcpy(evidence.domain, name, strlen(name) + 1);
    if (quoth_intake_domain(&evidence, batch->conf) != QUOTH_REASON_NONE)
        return BATCH_NONE;
    dom = batch_dom_add(batch, name, strlen(name));
    if (dom == BATCH_NONE)
        return dom;
    batch_dom(batch, dom)->lists = (uint8_t)(evidence.lists & ~QUOTH_LIST_LOCAL);
    batch_dom(batch, dom)->state = BATCH_DOM_KEPT;
    batch->doms_kept++;
    return dom;
}

static int pace_load_dom(struct quoth_batch *batch, uint64_t until, const struct pace_in *in)
{
    uint32_t dom = pace_dom(batch, in->name[0]), dest;
    struct batch_dom *domain;

    if (dom == BATCH_NONE)
        return batch->sweep_at == QUOTH_NEVER ? QUOTH_OK : QUOTH_ESPACE;
    domain = batch_dom(batch, dom);
    if (domain->own)
        return QUOTH_OK;
    if (in->kind == PACE_HOUR) {
        domain->calls = (uint16_t)in->number[0];
        domain->hour_until = batch_seconds(batch, until);
        return QUOTH_OK;
    }
    if (domain->dest != BATCH_NONE || domain->state != BATCH_DOM_KEPT)
        return QUOTH_OK; /* it is asked about already */
    dest = batch_dest_of(batch, &in->ip, 0);
    if (dest == BATCH_NONE)
        return QUOTH_ESPACE;
    batch_dom_remember(batch, dom, dest, in->name[1]);
    domain->decoy = BATCH_DECOY_KNOWN;
    domain->decoy_code = (uint16_t)in->number[0];
    domain->decoy_reason = (uint8_t)in->reason;
    domain->decoy_until = batch_seconds(batch, until);
    return domain->mx == BATCH_NONE ? QUOTH_ESPACE : QUOTH_OK;
}

static int pace_load(struct quoth_batch *batch, uint64_t wall, const struct pace_in *in)
{
    uint64_t until = pace_until(batch, wall, in);

    switch (in->kind) {
    case PACE_HOLD:
    case PACE_STOP: return pace_load_dest(batch, until, in);
    case PACE_FAMILY:
        return until
                   ? batch_family_add(batch,
                                      &(struct batch_family) {.until = batch_seconds(batch, until),
                                                              .state = BATCH_FAMILY_STOPPED,
                                                              .ip = in->ip},
                                      in->name[0])
                   : QUOTH_OK;
    case PACE_DECOY:
    case PACE_HOUR: return until ? pace_load_dom(batch, until, in) : QUOTH_OK;
    default: return QUOTH_OK;
    }
}

/* Every line, believed or only read. `line` is where it stops; QUOTH_EINVAL: it is none of ours. */
static int pace_lines(struct quoth_batch *batch, uint64_t wall, struct quoth_span text, int believe,
                      uint32_t *line)
{
    const char *p = text.p + sizeof pace_head - 1, *end = text.p + text.n, *nl;
    struct pace_in in = {.kind = PACE_HOLD};
    int rc = QUOTH_OK;

    for (*line = 2; p < end && rc == QUOTH_OK; p = nl + 1, ++*line) {
        nl = memchr(p, '\n', (size_t)(end - p));
        if (in.kind == PACE_END || !nl || nl == p || !pace_read(p, nl, &in))
            return QUOTH_EINVAL;
        if (in.kind == PACE_END && in.number[0] != *line - 2)
            return QUOTH_EINVAL;
        if (believe)
            rc = pace_load(batch, wall, &in);
    }
    if (rc)
        return rc;
    return in.kind == PACE_END ? QUOTH_OK : QUOTH_EINVAL;
}

int quoth_batch_load(struct quoth_batch *batch, uint64_t wall_ms, const char *text, size_t n,
                     uint32_t *line)
{
    int rc;

    *line = 1;
    if (n < sizeof pace_head - 1 || memcmp(text, pace_head, sizeof pace_head - 1))
        return QUOTH_EINVAL;
    rc = pace_lines(batch, wall_ms, (struct quoth_span) {text, n}, 0, line);
    return rc < 0 ? rc : pace_lines(batch, wall_ms, (struct quoth_span) {text, n}, 1, line);
}
