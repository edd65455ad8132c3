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

int domain_state_load(struct domain_state *s, const char *file)
{
    struct state_line parts;
    char where[300];
    unsigned line = 0;
    FILE *there = app_file_open(file, "r");
    int rc;

    s->file = file;
    if (!there && errno == ENOENT)
        return 0;
    if (there)
        fclose(there);
    rc = app_file_read(&s->text, &s->n, file);
    if (rc)
        return rc;
    s->cap = s->n + 1;
    for (const char *p = s->text; *p; p += strcspn(p, "\n") + 1) {
        line++;
        if (state_parse(p, &parts))
            continue;
        snprintf(where, sizeof where, "%.280s:%u", file, line);
        return app_say(APP_EXIT_USAGE, where, "this is no line of --state: DOMAIN ID SUM");
    }
    return 0;
}

/* The id of the record, if it has one. */
static struct quoth_span state_id(const struct quoth_facts *f)
{
    const struct quoth_span record = quoth_facts_text(f, f->sts.record);
    struct quoth_tag t;

    for (size_t at = 0; !f->sts.fault && quoth_tag_next(&t, record.p, record.n, &at) == 1;)
        if (t.name.n == 2 && !memcmp(t.name.p, "id", 2))
            return t.value;
    return (struct quoth_span) {"", 0};
}

/* Where the domain's line is, or the end. */
static size_t state_find(const struct domain_state *s, struct quoth_span domain)
{
    size_t at = 0;

    while (at < s->n &&
           (strncmp(s->text + at, domain.p, domain.n) != 0 || s->text[at + domain.n] != ' '))
        at += strcspn(s->text + at, "\n") + 1;
    return at;
}

int domain_state_note(struct domain_state *s, struct quoth_facts *f, uint64_t sum)
{
    const struct quoth_span domain = quoth_facts_text(f, f->domain), id = state_id(f);
    char now[17], line[STATE_LINE];
    struct state_line was;
    size_t at = state_find(s, domain), n;
    char *text;

    if (!id.n)
        return 0;
    snprintf(now, sizeof now, "%016llx", (unsigned long long)sum);
    if (at < s->n && state_parse(s->text + at, &was) && strlen(was.id) == id.n &&
        !memcmp(was.id, id.p, id.n)) {
        f->policy.same_id = strcmp(was.sum, now) != 0;
        return 0;
    }
    n = at < s->n ? strcspn(s->text + at, "\n") + 1 : 0;
    if (n)
        memmove(s->text + at, s->text + at + n, s->n - at - n);
    s->n -= n;
    n = (size_t)snprintf(line, sizeof line, "%.*s %.*s %s\n", (int)domain.n, domain.p, (int)id.n,
                         id.p, now);
    text = app_room(s->text, &s->cap, s->n + n + 1, 1);
    if (!text)
        return app_say_error(APP_EXIT_INTERNAL, s->file, ENOMEM);
    s->text = text;
    memcpy(s->text + s->n, line, n + 1);
    s->n += n;
    s->changed = 1;
    return 0;
}

int domain_state_save(struct domain_state *s)
{
    char next[1032];
    FILE *f;
    int err;

    if (!s->changed)
        return 0;
    if (strlen(s->file) > sizeof next - 8)
        return app_say_error(APP_EXIT_INTERNAL, s->file, ENAMETOOLONG);
    snprintf(next, sizeof next, "%s.new", s->file);
    f = app_file_open(next, "w");
    if (!f)
        return app_say_error(APP_EXIT_INTERNAL, next, errno);
    err = fwrite(s->text, 1, s->n, f) == s->n ? 0 : errno;
    if (fclose(f) && !err)
        err = errno;
    if (!err && rename(next, s->file))
        err = errno;
    if (err)
        remove(next);
    return err ? app_say_error(APP_EXIT_INTERNAL, s->file, err) : 0;
}

void domain_state_free(struct domain_state *s) { free(s->text); }
