/* identities.c - a guest of another name is another guest.
 *
 *   --identities FILE --> helo, from --> an engine each, on the loop of ours
 *                                         |  its own decoys, holds, hours, limits learnt
 *                                         '--> doors.c: one engine at a time at an address
 *
 *   NAME<blanks>ADDRESS     a line, as --helo and --from take them; # begins a comment
 *
 * What a server says is said to a name and a sender, so whatever is remembered of it is kept by the
 * engine of these. What it counts is addresses, and there all of them are one caller. Conversations
 * at once are parted: half of --open is ours, for lists go out as ours; the others have equal parts
 * of the rest.
 *
 * A request names one by its name, its sender or both. What it leaves out is ours, if there is such
 * a pair; else it is that of the one line that has the other.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "doors.h"
#include "identities.h"
#include "udp_pool.h"

enum {
    IDENTITIES_OPEN = 1000, /* conversations at once, where nobody says */
    /* Descriptors that engines need besides: ours; each of the others, which has no lists, so few
     * domains are looked up at once. */
    IDENTITIES_OURS = QUOTH_POOL_SOCKETS + 40,
    IDENTITIES_SPARE = 64
};

struct identity {
    struct serve *serve;
    struct quoth_batch *batch;
    const struct quoth_conf *conf;
    struct quoth_conf own; /* of all but ours */
    char *text;            /* helo, from */
};

struct identities {
    unsigned n; /* with ours */
    struct quoth_batch_hooks hooks;
    struct doors *doors; /* NULL: nobody is spared, in a sandbox */
    struct identity one[IDENTITIES_MAX];
};

/* ---- the file ------------------------------------------------------------------- */

static int identity_is(const struct quoth_smtp_conf *smtp, const char *helo, const char *from)
{
    return smtp->helo && (!helo || !strcasecmp(helo, smtp->helo)) &&
           (!from || !strcasecmp(from, smtp->from));
}

/* One line, cut in two in place. NULL, or what is wrong with it. */
static const char *identity_line(struct serve *serve, char *line)
{
    struct identities *all = serve->identities;
    const char *helo = line, *from;
    struct identity *one = &all->one[all->n];
    char *end = line + strcspn(line, " \t");

    from = end + strspn(end, " \t");
    *end = '\0';
    if (!*from || from[strcspn(from, " \t")])
        return "a line is NAME ADDRESS: what EHLO says, and the sender (<> is the null sender)";
    if (!quoth_helo_valid(helo) || app_is_placeholder(helo))
        return "the first is to be a host name with a dot that is yours, or an address in brackets";
    if (!strcmp(from, "<>"))
        from = "";
    if (!quoth_from_valid(from))
        return "the second is to be an address, or <> for the null sender";
    for (unsigned who = 0; who < all->n; who++)
        if (identity_is(&all->one[who].conf->smtp, helo, from))
            return who ? "it is there twice" : "that is --helo and --from";
    if (all->n == IDENTITIES_MAX)
        return "there are more than 7";
    one->text = line;
    one->own = serve->setup->conf;
    one->own.smtp.helo = helo;
    one->own.smtp.from = from;
    one->conf = &one->own;
    one->serve = serve;
    all->n++;
    return NULL;
}

/* `text` is a line of its own memory, and NULL once that is kept. */
static int identity_take(struct serve *serve, char **text, size_t n, unsigned number)
{
    char where[600], *line = *text + strspn(*text, " \t"), *end = *text + strcspn(*text, "\r\n");
    const unsigned before = serve->identities->n;
    const char *why;

    if (strlen(*text) != n || (*end && strcmp(end, "\n") != 0 && strcmp(end, "\r\n") != 0)) {
        why = "a line is text, without controls";
    } else {
        while (end > line && strchr(" \t", end[-1]))
            end--;
        *end = '\0';
        memmove(*text, line, strlen(line) + 1);
        why = **text && **text != '#' ? identity_line(serve, *text) : NULL;
    }
    if (serve->identities->n > before)
        *text = NULL;
    if (!why)
        return 0;
    snprintf(where, sizeof where, "%.500s:%u", serve->identities_file, number);
    return app_say(APP_EXIT_USAGE, where, why);
}

static int identities_lines(struct serve *serve, FILE *file)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    int rc = 0;

    for (unsigned number = 1; !rc && (n = getline(&line, &cap, file)) >= 0; number++) {
        rc = identity_take(serve, &line, (size_t)n, number);
        if (!line)
            cap = 0;
    }
    free(line);
    if (!rc && !feof(file))
        rc = app_say_error(APP_EXIT_NO_INPUT, serve->identities_file, errno);
    if (!rc && serve->identities->n == 1)
        rc = app_say(APP_EXIT_USAGE, serve->identities_file, "it holds no identity");
    return rc;
}

static int identities_read(struct serve *serve)
{
    FILE *file = app_file_open(serve->identities_file, "re");
    int rc;

    if (!file)
        return app_say_error(APP_EXIT_NO_INPUT, serve->identities_file, errno);
    rc = identities_lines(serve, file);
    fclose(file);
    return rc;
}

/* ---- hooks of the engines --------------------------------------------------------- */

static void identity_result(void *arg, const struct quoth_batch_result *result)
{
    const struct identity *one = arg;

    one->serve->identities->hooks.result(one->serve, result);
}

static void identity_trace(void *arg, const struct quoth_batch_trace *trace)
{
    const struct identity *one = arg;

    one->serve->identities->hooks.trace(one->serve, trace);
}

/* Of ours it is told to lists too. */
static void identity_event(void *arg, const char *line)
{
    const struct identity *one = arg;

    if (one == one->serve->identities->one)
        one->serve->identities->hooks.event(one->serve, line);
    else if (!one->serve->o->quiet)
        app_say(0, one->conf->smtp.helo, line);
}

static const struct quoth_conf *identity_own(void *arg, const char *domain)
{
    const struct identity *one = arg;

    return one->serve->identities->hooks.own(one->serve, domain);
}

static uint64_t identity_may(void *arg, const struct quoth_ip *ip, const char *domain)
{
    const struct identity *one = arg;

    (void)domain;
    return doors_may(one->serve->identities->doors, one->batch, ip);
}

static void identity_over(void *arg, const struct quoth_ip *ip, enum quoth_pace_kind kind,
                          enum quoth_err err)
{
    const struct identity *one = arg;
    struct identities *all = one->serve->identities;

    all->hooks.over(one->serve, ip, kind, err);
    if (ip && all->doors)
        doors_over(all->doors, ip, kind, err);
}

/* ---- beginning and end -------------------------------------------------------------- */

/* The parts of limits->open: that of each of the others; 0: there are too few. */
static uint32_t identities_part(const struct identities *all, struct quoth_batch_limits *limits)
{
    const uint32_t others = all->n - 1, have = quoth_loop_descriptors();
    uint32_t part;

    limits->others += others * IDENTITIES_SPARE;
    if (!limits->open)
        limits->open = IDENTITIES_OPEN;
    if (have < limits->others + IDENTITIES_OURS + all->n)
        return 0;
    if (limits->open > have - limits->others - IDENTITIES_OURS)
        limits->open = have - limits->others - IDENTITIES_OURS;
    if (limits->open < all->n)
        return 0;
    part = limits->open / 2 / others;
    part += !part;
    limits->open -= others * part;
    limits->others += others * part;
    return part;
}

static int identity_begin(struct serve *serve, struct identity *one,
                          const struct quoth_batch_limits *limits, int spares)
{
    const struct identities *all = serve->identities;
    const struct quoth_batch_hooks hooks = {.arg = one,
                                            .result = identity_result,
                                            .event = identity_event,
                                            .own = all->hooks.own ? identity_own : NULL,
                                            .trace = identity_trace,
                                            .may = spares ? identity_may : NULL,
                                            .over = identity_over,
                                            .loop = one == all->one ? NULL : serve->loop};

    one->batch = app_engine_new(one->conf, limits,
                                serve->setup->tls_up ? &serve->setup->links : NULL, &hooks);
    return one->batch ? 0 : APP_EXIT_INTERNAL;
}

/* One whose calls are not bounded, nor parted by a gap, spares nobody. */
static int identities_spare(const struct quoth_batch_limits *limits)
{
    return !limits->pace_off || limits->per_host || limits->per_net || limits->gap_ms;
}

static int identities_engines(struct serve *serve, struct quoth_batch_limits *limits)
{
    struct identities *all = serve->identities;
    const int spares = identities_spare(limits);
    const uint32_t part = identities_part(all, limits);
    int rc;

    if (!part)
        return app_say(APP_EXIT_USAGE, serve->identities_file,
                       "fewer conversations at once (--open, ulimit -n) than identities");
    rc = identity_begin(serve, all->one, limits, spares);
    serve->batch = all->one[0].batch;
    serve->loop = serve->batch ? quoth_batch_loop(serve->batch) : NULL;
    limits->open = part;
    for (unsigned who = 1; !rc && who < all->n; who++)
        rc = identity_begin(serve, &all->one[who], limits, spares);
    if (rc || !spares)
        return rc;
    all->doors = doors_new(quoth_batch_effective(serve->batch));
    return all->doors ? 0 : app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
}

int identities_begin(struct serve *serve, const struct quoth_batch_limits *limits,
                     const struct quoth_batch_hooks *hooks)
{
    struct identities *all = calloc(1, sizeof *all);
    struct quoth_batch_limits parted = *limits;
    int rc;

    serve->identities = all;
    if (!all)
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    all->hooks = *hooks;
    all->n = 1;
    all->one[0] = (struct identity) {.serve = serve, .conf = &serve->setup->conf};
    rc = identities_read(serve);
    return rc ? rc : identities_engines(serve, &parted);
}

/* All but the engine of ours, on whose loop the others are. */
void identities_end(struct serve *serve)
{
    struct identities *all = serve->identities;

    if (!all)
        return;
    for (unsigned who = 1; who < all->n; who++) {
        quoth_batch_free(all->one[who].batch);
        free(all->one[who].text);
    }
    doors_free(all->doors);
    free(all);
    serve->identities = NULL;
}

/* ---- who is who --------------------------------------------------------------------- */

int identities_find(const struct serve *serve, const char *helo, const char *from)
{
    const struct identities *all = serve->identities;
    const struct quoth_smtp_conf *us = &serve->setup->conf.smtp;
    int found = -1, n = 0;

    if (from && !strcmp(from, "<>"))
        from = "";
    if ((!helo && !from) || (!us->helo && !all) || identity_is(us, helo, from))
        return 0;
    for (unsigned who = 1; all && who < all->n; who++) {
        const struct quoth_smtp_conf *smtp = &all->one[who].conf->smtp;
        if (!identity_is(smtp, helo, from))
            continue;
        if (us->helo && identity_is(smtp, helo ? helo : us->helo, from ? from : us->from))
            return (int)who;
        found = (int)who;
        n++;
    }
    return n == 1 ? found : -1;
}

unsigned identities_count(const struct serve *serve)
{
    return serve->identities ? serve->identities->n : 1;
}

const struct quoth_smtp_conf *identities_smtp(const struct serve *serve, unsigned who)
{
    return who ? &serve->identities->one[who].conf->smtp : &serve->setup->conf.smtp;
}

struct quoth_batch *identities_engine(const struct serve *serve, unsigned who)
{
    return who ? serve->identities->one[who].batch : serve->batch;
}

/* Of one in the file it is the same at the next start, wherever its line is then. */
void identities_file(const struct serve *serve, unsigned who, char name[IDENTITIES_FILE])
{
    const struct quoth_smtp_conf *smtp = identities_smtp(serve, who);
    char text[CHECK_TEXT * 2];
    size_t n;

    snprintf(name, IDENTITIES_FILE, "manners");
    if (!who)
        return;
    n = (size_t)snprintf(text, sizeof text, "%s %s", smtp->helo, smtp->from);
    for (size_t i = 0; i < n; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] + 32);
    snprintf(name, IDENTITIES_FILE, "manners-%016llx",
             (unsigned long long)quoth_hash(0, 0, text, n));
}

/* ---- of all engines ------------------------------------------------------------------ */

int identities_turn(struct serve *serve, const uint32_t *moved, unsigned n)
{
    const struct identities *all = serve->identities;
    int goes_on = quoth_batch_turn(serve->batch, moved, n);

    if (!all)
        return goes_on;
    for (unsigned who = 1; goes_on >= 0 && who < all->n; who++) {
        const int rc = quoth_batch_turn(all->one[who].batch, moved, n);
        goes_on = rc < 0 ? rc : rc | goes_on;
    }
    if (all->doors)
        doors_turn(all->doors);
    return goes_on;
}

uint64_t identities_due(const struct serve *serve)
{
    const struct identities *all = serve->identities;
    uint64_t due = quoth_batch_due(serve->batch);

    for (unsigned who = 1; all && who < all->n; who++) {
        const uint64_t its = quoth_batch_due(all->one[who].batch);
        due = its < due ? its : due;
    }
    return all && all->doors && doors_due(all->doors) < due ? doors_due(all->doors) : due;
}

void identities_stop(struct serve *serve)
{
    for (unsigned who = 0; who < identities_count(serve); who++)
        quoth_batch_stop(identities_engine(serve, who));
}

int identities_away(const struct serve *serve)
{
    int away = 0;

    for (unsigned who = 0; who < identities_count(serve); who++)
        away |= quoth_batch_away(identities_engine(serve, who));
    return away;
}

uint64_t identities_answers(const struct serve *serve, enum quoth_answer answer)
{
    uint64_t n = 0;

    for (unsigned who = 0; who < identities_count(serve); who++)
        n += quoth_batch_answers(identities_engine(serve, who))[answer];
    return n;
}

/* One more that is held back, to those that keep most waiting. */
static void stats_held(struct quoth_batch_stats *sum, const struct quoth_batch_held *held)
{
    unsigned i = sum->held_n < 4 ? sum->held_n : 4;

    while (i > 0 && sum->held[i - 1].addresses < held->addresses) {
        if (i < 4)
            sum->held[i] = sum->held[i - 1];
        i--;
    }
    if (i < 4)
        sum->held[i] = *held;
    sum->held_n++;
}

static void stats_add(struct quoth_batch_stats *sum, const struct quoth_batch_stats *more)
{
    const unsigned told = more->held_n < 4 ? more->held_n : 4;

    for (unsigned i = 0; i < told; i++)
        stats_held(sum, &more->held[i]);
    sum->held_n += more->held_n - told;
    sum->inside += more->inside;
    sum->conversations += more->conversations;
    sum->open += more->open;
    sum->memory += more->memory;
}

void identities_stats(const struct serve *serve, struct quoth_batch_stats *sum)
{
    quoth_batch_stats(serve->batch, sum);
    for (unsigned who = 1; who < identities_count(serve); who++) {
        struct quoth_batch_stats more;
        quoth_batch_stats(identities_engine(serve, who), &more);
        stats_add(sum, &more);
    }
}
