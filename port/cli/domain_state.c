/* domain_state.c - `quoth domain --state FILE`: policies of MTA-STS that earlier runs saw.
 *
 *   example.com 20260101 8d3c0f5a1b2c3d4e     a line a domain: the id of its record, a sum of its
 *                                             policy when that id was seen first
 *
 * Senders fetch a policy anew when the id is another one (RFC 8461 3.1). One that changed under the
 * id it had is what they do not see, and nobody can tell it from one look.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "domain_cmd.h"

enum { STATE_LINE = 256 + 32 + 20 };

struct state_line {
    char domain[256], id[33], sum[17];
};

/* The word at *p, and `end` behind it. 1, or 0: it is not there, or too long. */
static int state_word(const char **p, char end, char *word, size_t cap)
{
    const size_t n = strcspn(*p, " \n");

    if (!n || n >= cap || (*p)[n] != end)
        return 0;
    memcpy(word, *p, n);
    word[n] = '\0';
    *p += n + 1;
    return 1;
}

/* Letters and digits (RFC 8461 3.1). */
static int state_is_id(const char *id)
{
    while ((*id >= '0' && *id <= '9') || (*id >= 'A' && *id <= 'Z') || (*id >= 'a' && *id <= 'z'))
        id++;
    return !*id;
}

/* The parts of a line. 1, or 0: it is none of ours. */
static int state_parse(const char *p, struct state_line *l)
{
    return state_word(&p, ' ', l->domain, sizeof l->domain) &&
           state_word(&p, ' ', l->id, sizeof l->id) &&
           state_word(&p, '\n', l->sum, sizeof l->sum) && state_is_id(l->id) &&
           strspn(l->sum, "0123456789abcdef") == sizeof l->sum - 1;
}

int domain_state_load(struct domain_state *state, const char *file)
{
    struct state_line parts;
    char where[300];
    unsigned line = 0;
    FILE *there = app_file_open(file, "r");
    int rc;

    state->file = file;
    if (!there && errno == ENOENT)
        return 0;
    if (there)
        fclose(there);
    rc = app_file_read(&state->text, &state->n, file);
    if (rc)
        return rc;
    state->cap = state->n + 1;
    for (const char *p = state->text; *p; p += strcspn(p, "\n") + 1) {
        line++;
        if (state_parse(p, &parts))
            continue;
        snprintf(where, sizeof where, "%.280s:%u", file, line);
        return app_say(APP_EXIT_USAGE, where, "this is no line of --state: DOMAIN ID SUM");
    }
    return 0;
}

/* The id of the record, if it has one. */
static struct quoth_span state_id(const struct quoth_facts *facts)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->sts.record);
    struct quoth_tag t;

    for (size_t at = 0; !facts->sts.fault && quoth_tag_next(&t, record.p, record.n, &at) == 1;)
        if (t.name.n == 2 && !memcmp(t.name.p, "id", 2))
            return t.value;
    return (struct quoth_span) {"", 0};
}

/* Where the domain's line is, or the end. */
static size_t state_find(const struct domain_state *state, struct quoth_span domain)
{
    size_t at = 0;

    while (at < state->n && (strncmp(state->text + at, domain.p, domain.n) != 0 ||
                             state->text[at + domain.n] != ' '))
        at += strcspn(state->text + at, "\n") + 1;
    return at;
}

int domain_state_note(struct domain_state *state, struct quoth_facts *facts, uint64_t sum)
{
    const struct quoth_span domain = quoth_facts_text(facts, facts->domain), id = state_id(facts);
    char now[17], line[STATE_LINE];
    struct state_line was;
    size_t at = state_find(state, domain), n;
    char *text;

    if (!id.n)
        return 0;
    snprintf(now, sizeof now, "%016llx", (unsigned long long)sum);
    if (at < state->n && state_parse(state->text + at, &was) && strlen(was.id) == id.n &&
        !memcmp(was.id, id.p, id.n)) {
        facts->policy.same_id = strcmp(was.sum, now) != 0;
        return 0;
    }
    n = at < state->n ? strcspn(state->text + at, "\n") + 1 : 0;
    if (n)
        memmove(state->text + at, state->text + at + n, state->n - at - n);
    state->n -= n;
    n = (size_t)snprintf(line, sizeof line, "%.*s %.*s %s\n", (int)domain.n, domain.p, (int)id.n,
                         id.p, now);
    text = app_room(state->text, &state->cap, state->n + n + 1, 1);
    if (!text)
        return app_say_error(APP_EXIT_INTERNAL, state->file, ENOMEM);
    state->text = text;
    memcpy(state->text + state->n, line, n + 1);
    state->n += n;
    state->changed = 1;
    return 0;
}

int domain_state_save(struct domain_state *state)
{
    return state->changed ? app_file_save(state->file, state->text, state->n) : 0;
}

void domain_state_free(struct domain_state *state) { free(state->text); }
