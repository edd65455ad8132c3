/* listed.c - what lists say of an address: the built-in ones, and the user's own on top.
 *
 *     built in:  domain, local part (core/lists.c)      in result->ev->lists
 *                exchanger                              here: only now its name is known
 *     files:     --disposable --free --role             add
 *                --trusted                              takes away what speaks against a domain
 *
 * The files are read whole, sorted, and searched by halves. A name stands for what is below it too,
 * but for --free, where corp.example of a provider is the provider's own affair.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "listed.h"
#include "options.h"

/* ---- files --------------------------------------------------------------- */

static int listed_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name as it is looked for: in lower case, without blanks around it. NULL: it cannot be one. */
static const char *listed_name(char *line, enum app_listed_kind kind)
{
    line += strspn(line, " \t");
    size_t n = strcspn(line, "#");
    while (n && strchr(" \t\r", line[n - 1]))
        n--;
    line[n] = '\0';
    for (char *p = line; *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
        if ((unsigned char)*p <= ' ' || *p == '@' || *p == ',' || *p == ';' || *p == '*')
            return NULL;
    }
    if (n && kind != APP_LISTED_ROLE && (!strchr(line, '.') || line[0] == '.' || n > 253))
        return NULL;
    return line;
}

static int listed_bad_line(const char *file, size_t line, enum app_listed_kind kind)
{
    char where[APP_LINE_MAX];
    snprintf(where, sizeof where, "%s:%zu", file, line);
    return app_say(
        APP_EXIT_USAGE, where,
        kind == APP_LISTED_ROLE
            ? "wants one local part a line, such as info; no @, blank or comma in it"
            : "wants one domain a line, such as example.com; no @, blank or comma in it");
}

static int listed_load(struct app_listed_names *names, const char *file, enum app_listed_kind kind)
{
    size_t n, lines = 1;
    const int rc = app_file_read(&names->text, &n, file);

    if (rc)
        return rc;
    if (memchr(names->text, '\0', n))
        return app_say(APP_EXIT_USAGE, file, "holds NUL bytes, so it is no list of names");
    names->sum = quoth_hash(0, 0, names->text, n);
    for (const char *p = names->text; (p = strchr(p, '\n')); p++)
        lines++;
    names->name = app_zeroed(lines, sizeof *names->name);
    if (!names->name)
        return app_say_error(APP_EXIT_INTERNAL, file, ENOMEM);
    char *next = names->text;
    for (size_t line = 1; line <= lines; line++) {
        char *at = next;
        next += strcspn(next, "\n");
        if (*next)
            *next++ = '\0';
        const char *name = listed_name(at, kind);
        if (!name)
            return listed_bad_line(file, line, kind);
        if (*name)
            names->name[names->n++] = name;
    }
    qsort(names->name, names->n, sizeof *names->name, listed_order);
    return 0;
}

int app_listed_open(struct app_listed *listed, const char *const file[APP_LISTED_KINDS])
{
    int rc = 0;
    memset(listed, 0, sizeof *listed);
    for (int i = 0; i < APP_LISTED_KINDS && !rc; i++)
        if (file[i])
            rc = listed_load(&listed->own[i], file[i], (enum app_listed_kind)i);
    return rc;
}

void app_listed_close(struct app_listed *listed)
{
    for (int i = 0; i < APP_LISTED_KINDS; i++) {
        free(listed->own[i].text);
        free(listed->own[i].name);
    }
    memset(listed, 0, sizeof *listed);
}

/* ---- an address ------------------------------------------------------------ */

static int listed_has(const struct app_listed *listed, enum app_listed_kind kind, const char *name)
{
    const struct app_listed_names *names = &listed->own[kind];
    return names->n && bsearch(&name, names->name, names->n, sizeof name, listed_order) != NULL;
}

/* Is the domain in the file, or one above it? */
static int listed_has_domain(const struct app_listed *listed, enum app_listed_kind kind,
                             const char *domain)
{
    if (!listed->own[kind].n)
        return 0;
    for (; domain; domain = strchr(domain, '.'), domain = domain ? domain + 1 : NULL)
        if (listed_has(listed, kind, domain))
            return 1;
    return 0;
}

static int listed_has_local(const struct app_listed *listed, const struct quoth_span *local)
{
    char text[APP_ADDRESS_MAX];
    size_t n = 0;

    if (!listed->own[APP_LISTED_ROLE].n)
        return 0;
    for (; n < local->n && n + 1 < sizeof text && local->p[n] != '+'; n++)
        text[n] = (char)(local->p[n] >= 'A' && local->p[n] <= 'Z' ? local->p[n] + 32 : local->p[n]);
    text[n] = '\0';
    return listed_has(listed, APP_LISTED_ROLE, text);
}

static unsigned listed_own(const struct app_listed *listed, const struct app_result *result,
                           unsigned lists)
{
    const struct quoth_evidence *evidence = result->ev;
    if (listed_has_domain(listed, APP_LISTED_DISPOSABLE, evidence->domain))
        lists |= QUOTH_LIST_DISPOSABLE;
    if (listed_has(listed, APP_LISTED_FREE, evidence->domain))
        lists |= QUOTH_LIST_FREE;
    if (listed_has_local(listed, &evidence->addr.local))
        lists |= QUOTH_LIST_ROLE;
    if (listed_has_domain(listed, APP_LISTED_TRUSTED, evidence->domain))
        lists &= ~(unsigned)(QUOTH_LIST_DISPOSABLE | QUOTH_LIST_TYPO | QUOTH_LIST_PARKED);
    return lists;
}

/* What the exchanger's name tells: once a domain rather than once an address. */
static unsigned listed_known(struct app_listed *listed, const char *host, size_t n)
{
    const uint64_t hash = quoth_hash(0, 0, host, n) | 1;
    const size_t at = hash / 2 % APP_LISTED_HOSTS;

    if (listed->host[at].hash != hash) {
        listed->host[at].hash = hash;
        listed->host[at].lists = quoth_list_exchanger(host, n);
    }
    return listed->host[at].lists;
}

/* Most often it is the exchanger of the address before. `host` is not empty. */
static unsigned listed_exchanger(struct app_listed *listed, const char *host)
{
    const size_t n = strlen(host);

    if (!listed || n >= sizeof listed->latest)
        return quoth_list_exchanger(host, n);
    if (strcmp(listed->latest, host)) {
        listed->latest_lists = listed_known(listed, host, n);
        memcpy(listed->latest, host, n + 1);
    }
    return listed->latest_lists;
}

void app_listed_mark(struct app_listed *listed, struct app_result *result)
{
    unsigned lists = result->ev->lists;

    result->lists = (uint16_t)lists;
    result->calibration = listed ? listed->calibration : NULL;
    if (result->ev->addr.fault || !result->ev->domain[0])
        return;
    if (result->host && *result->host && !(lists & QUOTH_LIST_ALIAS))
        lists |= listed_exchanger(listed, result->host);
    if (listed)
        lists = listed_own(listed, result, lists);
    result->lists = (uint16_t)lists;
    switch (result->reading.reason) {
    case QUOTH_REASON_ACCEPTED:
    case QUOTH_REASON_DISPOSABLE:
    case QUOTH_REASON_ROLE:
        result->reading.reason = quoth_reason_listed(lists);
        result->verdict = result->reading.reason == QUOTH_REASON_ACCEPTED
                              ? QUOTH_VERDICT_DELIVERABLE
                              : QUOTH_VERDICT_RISKY;
        break;
    default: break;
    }
}
