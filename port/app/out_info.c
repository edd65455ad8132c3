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
typedef const char *info_print(FILE *f, const struct app_result *r);

static const char info_text[] = "the text", info_dns[] = "DNS", info_lists[] = "lists";

static const char *info_address(FILE *f, const struct app_result *r)
{
    const struct quoth_addr *a = &r->ev->addr;
    if (a->fault)
        fprintf(f, "no: byte %u: %s", a->at, quoth_addr_fault_text(a->fault));
    else
        fputs(a->flags & QUOTH_ADDR_UTF8_LOCAL ? "well formed; needs SMTPUTF8 (RFC 6531)"
                                               : "well formed",
              f);
    return info_text;
}

static const char *info_domain(FILE *f, const struct app_result *r)
{
    if (!r->ev->domain[0])
        return NULL;
    app_put(f, r->ev->domain, strlen(r->ev->domain));
    return info_text;
}

static const char *info_hosts(FILE *f, const struct app_result *r)
{
    unsigned i = 0;
    const char *host;
    if (r->ev->mx == QUOTH_MX_NONE)
        return NULL;
    for (; i < 4 && (host = app_result_host(r, i)) != NULL; i++) {
        fputs(i ? ", " : "", f);
        app_put(f, host, strlen(host));
    }
    if (!i)
        fputs(quoth_reason_text(r->reading.reason), f);
    else if (app_result_host(r, i))
        fputs(" ...", f);
    return info_dns;
}

static const char *info_reserved(FILE *f, const struct app_result *r)
{
    if (!(r->lists & QUOTH_LIST_RESERVED))
        return NULL;
    fputs("yes: nobody can have mail there", f);
    return "RFC 6761";
}

static unsigned info_exchanger(const struct app_result *r)
{
    const char *host = app_result_host(r, 0);
    return host ? quoth_list_exchanger(host, strlen(host)) : 0;
}

static const char *info_throwaway(FILE *f, const struct app_result *r)
{
    if (r->lists & QUOTH_LIST_DISPOSABLE)
        fputs("yes, by its name", f);
    else if (r->lists & QUOTH_LIST_ALIAS)
        fputs("no: aliases or forwarding, kept for good", f);
    else if (info_exchanger(r) & QUOTH_LIST_DISPOSABLE)
        fputs("yes, by its exchanger", f);
    else
        fputs("no", f);
    return info_lists;
}

static const char *info_slip(FILE *f, const struct app_result *r)
{
    char domain[256];
    const char *meant = app_suggestion(r, domain);
    if (r->lists & QUOTH_LIST_TYPO)
        fputs("yes, and registered for it", f);
    else if (meant)
        fputs("maybe", f);
    else
        fputs("no", f);
    if (meant) {
        fputs(": of ", f);
        app_put(f, meant, strlen(meant));
    }
    return info_lists;
}

static const char *info_parked(FILE *f, const struct app_result *r)
{
    if (!((r->lists | info_exchanger(r)) & QUOTH_LIST_PARKED))
        return NULL;
    fputs("yes: its exchanger serves domains for sale", f);
    return info_lists;
}

static const char *info_free(FILE *f, const struct app_result *r)
{
    fputs(r->lists & QUOTH_LIST_FREE ? "yes" : "no", f);
    return info_lists;
}

static const char *info_role(FILE *f, const struct app_result *r)
{
    if (r->lists & QUOTH_LIST_ROLE_SYSTEM)
        fputs("yes, and no person reads it", f);
    else if (r->lists & QUOTH_LIST_ROLE)
        fputs("yes", f);
    else
        fputs(r->lists & QUOTH_LIST_ROLE_MAYBE ? "maybe, or somebody's name" : "no", f);
    return info_lists;
}

static const char *info_trap(FILE *f, const struct app_result *r)
{
    if (!(r->lists & QUOTH_LIST_TRAP))
        return NULL;
    fputs("what spam traps are called; who they are nobody knows", f);
    return info_text;
}

/* As if its domain took every address. */
static const char *info_looks(FILE *f, const struct app_result *r)
{
    struct quoth_score s;
    if (!quoth_score(&s, r->ev, QUOTH_REASON_CATCH_ALL, r->lists))
        return NULL;
    fputs(quoth_band_name((enum quoth_band)s.band), f);
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

static void info_row(FILE *f, const struct app_result *r, size_t i)
{
    char *line = NULL;
    size_t n = 0;
    FILE *m = app_memory_stream(&line, &n);
    if (!m)
        return;
    const char *source = info_rows[i].print(m, r);
    if (fclose(m) == 0 && source) {
        fprintf(f, "  %-*s%s%*s  %s", INFO_LABEL, info_rows[i].label, line,
                n < INFO_SOURCE ? (int)(INFO_SOURCE - n) : 0, "", source);
        if (source == info_lists && *quoth_list_date())
            fprintf(f, " of %s", quoth_list_date());
        putc('\n', f);
    }
    free(line);
}

/* `asked` is the address that stands for a domain, where a domain was given. */
void app_info(struct app_page *page, const struct app_result *r)
{
    FILE *f = page->out.f;
    int whole = r->asked == NULL, known = !r->ev->addr.fault;
    int days = app_list_old(r->began_ns / 1000000000);

    app_put(f, r->input, r->input_n);
    putc('\n', f);
    for (size_t i = 0; i < sizeof info_rows / sizeof *info_rows; i++)
        if ((info_rows[i].of == INFO_OF_DOMAIN || whole) && (known || i == 0))
            info_row(f, r, i);
    if (days)
        fprintf(f, "  %-*sthe lists are %d days old; a newer quoth knows more\n", INFO_LABEL,
                "note", days);
}
