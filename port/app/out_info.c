/* out_info.c - all that is known of an address without asking a mail server, and where from.
 *
 *     jane@gmial.com
 *       domain       gmial.com
 *       mail hosts   mx.gmial.com                     DNS
 *       throw-away   no                               built-in lists, 2026-09-21
 *       ...
 *
 * A line is a row of info_rows[]. What speaks against an address is said in words, what does not as
 * "no", so that a list's silence can be told from nobody having looked.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "app.h"

enum { INFO_LABEL = 13, INFO_SOURCE = 46 };

/* What a row says, into f, and its source. NULL: there is nothing to say. */
typedef const char *info_print(FILE *file, const struct app_result *result);

static const char info_text[] = "the text", info_dns[] = "DNS", info_lists[] = "lists";

static const char *info_address(FILE *file, const struct app_result *result)
{
    const struct quoth_addr *addr = &result->ev->addr;
    if (addr->fault)
        fprintf(file, "no: byte %u: %s", addr->at, quoth_addr_fault_text(addr->fault));
    else
        fputs(addr->flags & QUOTH_ADDR_UTF8_LOCAL ? "well formed; needs SMTPUTF8 (RFC 6531)"
                                                  : "well formed",
              file);
    return info_text;
}

static const char *info_domain(FILE *file, const struct app_result *result)
{
    if (!result->ev->domain[0])
        return NULL;
    app_put(file, result->ev->domain, strlen(result->ev->domain));
    return info_text;
}

static const char *info_hosts(FILE *file, const struct app_result *result)
{
    unsigned i = 0;
    const char *host;
    if (result->ev->mx == QUOTH_MX_NONE)
        return NULL;
    for (; i < 4 && (host = app_result_host(result, i)) != NULL; i++) {
        fputs(i ? ", " : "", file);
        app_put(file, host, strlen(host));
    }
    if (!i)
        fputs(quoth_reason_text(result->reading.reason), file);
    else if (app_result_host(result, i))
        fputs(" ...", file);
    return info_dns;
}

static const char *info_reserved(FILE *file, const struct app_result *result)
{
    if (!(result->lists & QUOTH_LIST_RESERVED))
        return NULL;
    fputs("yes: nobody can have mail there", file);
    return "RFC 6761";
}

static unsigned info_exchanger(const struct app_result *result)
{
    const char *host = app_result_host(result, 0);
    return host ? quoth_list_exchanger(host, strlen(host)) : 0;
}

static const char *info_throwaway(FILE *file, const struct app_result *result)
{
    if (result->lists & QUOTH_LIST_DISPOSABLE)
        fputs("yes, by its name", file);
    else if (result->lists & QUOTH_LIST_ALIAS)
        fputs("no: aliases or forwarding, kept for good", file);
    else if (info_exchanger(result) & QUOTH_LIST_DISPOSABLE)
        fputs("yes, by its exchanger", file);
    else
        fputs("no", file);
    return info_lists;
}

static const char *info_slip(FILE *file, const struct app_result *result)
{
    char domain[256];
    const char *meant = app_suggestion(result, domain);
    if (result->lists & QUOTH_LIST_TYPO)
        fputs("yes, and registered for it", file);
    else if (meant)
        fputs("maybe", file);
    else
        fputs("no", file);
    if (meant) {
        fputs(": of ", file);
        app_put(file, meant, strlen(meant));
    }
    return info_lists;
}

static const char *info_parked(FILE *file, const struct app_result *result)
{
    if (!((result->lists | info_exchanger(result)) & QUOTH_LIST_PARKED))
        return NULL;
    fputs("yes: its exchanger serves domains for sale", file);
    return info_lists;
}

static const char *info_free(FILE *file, const struct app_result *result)
{
    fputs(result->lists & QUOTH_LIST_FREE ? "yes" : "no", file);
    return info_lists;
}

static const char *info_role(FILE *file, const struct app_result *result)
{
    if (result->lists & QUOTH_LIST_ROLE_SYSTEM)
        fputs("yes, and no person reads it", file);
    else if (result->lists & QUOTH_LIST_ROLE)
        fputs("yes", file);
    else
        fputs(result->lists & QUOTH_LIST_ROLE_MAYBE ? "maybe, or somebody's name" : "no", file);
    return info_lists;
}

static const char *info_trap(FILE *file, const struct app_result *result)
{
    if (!(result->lists & QUOTH_LIST_TRAP))
        return NULL;
    fputs("what spam traps are called; who they are nobody knows", file);
    return info_text;
}

/* As if its domain took every address. */
static const char *info_looks(FILE *file, const struct app_result *result)
{
    struct quoth_score score;
    if (!quoth_score(&score, result->ev, QUOTH_REASON_CATCH_ALL, result->lists))
        return NULL;
    fputs(quoth_band_name((enum quoth_band)score.band), file);
    return "looks alone";
}

enum { INFO_OF_DOMAIN = 1, INFO_OF_LOCAL, INFO_ALWAYS };
static const struct {
    const char *label;
    info_print *print;
    uint8_t of;
} info_rows[] = {
    {"address", info_address, INFO_OF_LOCAL},
    {"domain", info_domain, INFO_OF_DOMAIN},
    {"reserved", info_reserved, INFO_OF_DOMAIN},
    {"mail hosts", info_hosts, INFO_OF_DOMAIN},
    {"throw-away", info_throwaway, INFO_OF_DOMAIN},
    {"free mail", info_free, INFO_OF_DOMAIN},
    {"slip", info_slip, INFO_OF_DOMAIN},
    {"parked", info_parked, INFO_OF_DOMAIN},
    {"role", info_role, INFO_OF_LOCAL},
    {"name", info_trap, INFO_OF_LOCAL},
    {"likeness", info_looks, INFO_OF_LOCAL},
};

static void info_row(FILE *file, const struct app_result *result, size_t i)
{
    char *line = NULL;
    size_t n = 0;
    FILE *memory = app_memory_stream(&line, &n);
    if (!memory)
        return;
    const char *source = info_rows[i].print(memory, result);
    if (fclose(memory) == 0 && source) {
        fprintf(file, "  %-*s%s%*s  %s", INFO_LABEL, info_rows[i].label, line,
                n < INFO_SOURCE ? (int)(INFO_SOURCE - n) : 0, "", source);
        if (source == info_lists && *quoth_list_date())
            fprintf(file, " of %s", quoth_list_date());
        putc('\n', file);
    }
    free(line);
}

/* `asked` is the address that stands for a domain, where a domain was given. */
void app_info(struct app_page *page, const struct app_result *result)
{
    FILE *file = page->out.f;
    int whole = result->asked == NULL, known = !result->ev->addr.fault;
    int days = app_list_old(result->began_ns / 1000000000);

    app_put(file, result->input, result->input_n);
    putc('\n', file);
    for (size_t i = 0; i < sizeof info_rows / sizeof *info_rows; i++)
        if ((info_rows[i].of == INFO_OF_DOMAIN || whole) && (known || i == 0))
            info_row(file, result, i);
    if (days)
        fprintf(file, "  %-*sthe lists are %d days old; a newer quoth knows more\n", INFO_LABEL,
                "note", days);
}
