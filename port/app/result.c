/* result.c - what several formats ask of a result.
 *
 * SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "app.h"

const char *app_result_host(const struct app_result *result, unsigned i)
{
    if (result->route)
        return i < result->route->n ? quoth_mx_name(result->route, i) : NULL;
    return i == 0 && *result->host && result->ev->mx != QUOTH_MX_UNUSABLE ? result->host : NULL;
}

const char *app_result_no_host(const struct app_result *result)
{
    return result->ev->mx == QUOTH_MX_UNUSABLE && result->host && *result->host ? result->host
                                                                                : NULL;
}

size_t app_address(const struct app_result *result, const char *domain, char buf[APP_ADDRESS_MAX])
{
    const struct quoth_addr *addr = &result->ev->addr;
    size_t n = strlen(domain);
    if (addr->fault || !n || addr->local.n + 1 + n > APP_ADDRESS_MAX)
        return 0;
    memcpy(buf, addr->local.p, addr->local.n);
    buf[addr->local.n] = '@';
    memcpy(buf + addr->local.n + 1, domain, n);
    return addr->local.n + 1 + n;
}

const char *app_suggestion(const struct app_result *result, char buf[256])
{
    const char *domain = result->ev->domain;
    if (result->ev->addr.fault || result->verdict == QUOTH_VERDICT_DELIVERABLE)
        return NULL;
    if ((result->ev->mx == QUOTH_MX_HOSTS || result->ev->mx == QUOTH_MX_IMPLICIT) &&
        !(result->lists & QUOTH_LIST_TYPO))
        return NULL; /* it takes mail, so it may well be what was meant */
    return quoth_list_suggest(domain, strlen(domain), buf, 256) > 0 ? buf : NULL;
}

int app_score(const struct app_result *result, struct quoth_score *score)
{
    const int scored = quoth_score(score, result->ev, result->reading.reason, result->lists);
    if (scored)
        quoth_score_add(score, QUOTH_SCORE_PATTERN, result->pattern);
    return scored;
}

/* ---- what results of one conversation share ------------------------------ */

/* Do the members from one to another, which stand in a row, hold the same? Bytes between them may
 * differ, which costs no more than printing it anew. */
static int result_same(const void *kept, const void *now, size_t from, size_t to)
{
    return !memcmp((const char *)kept + from, (const char *)now + from, to - from);
}

/* All but the address and the times. */
static int result_is_alike(const struct app_kept *kept, const struct app_result *result)
{
    return kept->n &&
           result_same(&kept->ev, result->ev, offsetof(struct quoth_evidence, mx),
                       offsetof(struct quoth_evidence, ms)) &&
           !memcmp(kept->ev.words, result->ev->words, result->ev->said.n) &&
           result_same(&kept->result, result, offsetof(struct app_result, route),
                       offsetof(struct app_result, helo)) &&
           !strcmp(kept->host, result->host);
}

void app_print_kept(struct app_page *page, const struct app_result *result,
                    void (*print)(struct app_page *page, const struct app_result *result))
{
    struct app_kept *kept = &page->kept[result->ev->said.code / 100 == 2];
    const size_t at = page->out.n;

    if (result_is_alike(kept, result)) {
        app_stream_put(&page->out, kept->text, kept->n);
        return;
    }
    print(page, result);
    kept->ev = *result->ev;
    kept->result = *result;
    kept->n = 0;
    if (result->route || strlen(result->host) >= sizeof kept->host)
        return;
    strcpy(kept->host, result->host);
    kept->n = app_stream_keep(&page->out, at, kept->text, sizeof kept->text);
}

/* ---- how old lists are ---------------------------------------------------- */

/* Days since 1970 of a day of the Gregorian calendar. */
static int64_t result_days(int64_t year, int month, int day)
{
    if (month <= 2) { /* a year that begins in March ends with its leap day */
        year--;
        month += 12;
    }
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day -
           719469;
}

int app_list_age(int64_t now)
{
    const char *date = quoth_list_date(); /* "2026-09-21" */
    uint32_t year, month, day;

    if (app_number(date, &year) != 4 || app_number(date + 5, &month) != 2 ||
        app_number(date + 8, &day) != 2)
        return -1;
    int64_t age = now / 86400 - result_days(year, (int)month, (int)day);
    return age < 0 || age > 36500 ? -1 : (int)age;
}

int app_list_old(int64_t now)
{
    int days = app_list_age(now);
    return days > 90 ? days : 0;
}

unsigned long app_count_all(const struct app_count *count)
{
    unsigned long all = 0;
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        all += count->verdict[i];
    return all;
}

int app_count_exit(const struct app_count *count)
{
    if (count->verdict[QUOTH_VERDICT_UNDELIVERABLE])
        return 1;
    if (count->verdict[QUOTH_VERDICT_RISKY])
        return 2;
    return count->verdict[QUOTH_VERDICT_UNKNOWN] ? 3 : 0;
}
