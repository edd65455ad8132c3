/* domain_spf.c - a faulty SPF record as it should be, in whole.
 *
 *   v=spf1 include:gone.example mx ?all  --spf.dead_include-->  v=spf1 mx ?all
 *                                        --spf.neutral------->  v=spf1 include:gone.example mx ~all
 *
 * One fault, one change: what else stands there stays as it was written. Includes are never written
 * out as addresses, for whoever they are of changes them.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "checks.h"
#include "domain_cmd.h"

struct mend {
    unsigned id;              /* CHECK_SPF_... */
    const char *end;          /* what everybody else is to get; NULL: as it is */
    struct quoth_span text;   /* of the finding: the term, or the name, that is at fault */
    int all, redirect, terms; /* seen; mechanisms that stay, all not counted */
    int dropped;              /* the fault, or what leads to it, stood there */
    char ascii[300];
};

static int mend_same(struct quoth_span a, struct quoth_span b)
{
    return a.n == b.n && !strncasecmp(a.p, b.p, a.n);
}

static struct quoth_span mend_text(const char *text)
{
    return (struct quoth_span) {text, strlen(text)};
}

static int mend_is_all(struct quoth_span term)
{
    const size_t sign = strchr("+-~?", *term.p) != NULL;

    return mend_same((struct quoth_span) {term.p + sign, term.n - sign}, mend_text("all"));
}

/* A term whose domain is not of ASCII, as it has to stand there (RFC 7208 7.1, RFC 5890): its
 * length, or 0 if it is of ASCII or nothing can be made of it. */
static size_t mend_ascii(struct quoth_span term, char ascii[300])
{
    char address[DOMAIN_SHOWN + 2] = "a@", domain[256];
    struct quoth_addr addr;
    size_t from = 0, end;
    int letters = 0;

    while (from < term.n && term.p[from] != ':' && term.p[from] != '=')
        from++;
    from += from < term.n;
    for (end = from; end < term.n && term.p[end] != '/'; end++)
        letters |= term.p[end] & 0x80;
    if (!letters || term.n > DOMAIN_SHOWN)
        return 0;
    memcpy(address + 2, term.p + from, end - from);
    if (quoth_addr_parse(&addr, address, end - from + 2) ||
        quoth_addr_domain(&addr, domain, sizeof domain) < 0)
        return 0;
    return (size_t)snprintf(ascii, 300, "%.*s%s%.*s", (int)from, term.p, domain,
                            (int)(term.n - end), term.p + end);
}

/* Is it an include or redirect of that name? */
static int mend_leads(struct quoth_span term, struct quoth_span to)
{
    const size_t head = term.n - to.n;

    if (!to.n || term.n <= to.n || !mend_same((struct quoth_span) {term.p + head, to.n}, to))
        return 0;
    return (head >= 8 && !strncasecmp(term.p + head - 8, "include:", 8)) ||
           (head == 9 && !strncasecmp(term.p, "redirect=", 9));
}

/* What is to stand in the place of a term: itself, another, or nothing. */
static struct quoth_span mend_term(struct mend *mend, struct quoth_span term)
{
    const struct quoth_span none = {"", 0};
    const int all = mend_is_all(term), was_all = mend->all, fault = mend_same(term, mend->text);
    const int redirect = term.n > 9 && !strncasecmp(term.p, "redirect=", 9);
    const int leads = mend_leads(term, mend->text);

    mend->all |= all;
    if (mend->id == CHECK_SPF_OPEN && (fault || leads)) {
        mend->dropped = 1;
        return all ? mend_text(mend->end) : none;
    }
    mend->redirect |= redirect;
    if (all && mend->end)
        return mend_text(mend->end);
    switch (mend->id) {
    case CHECK_SPF_PRIVATE:
        if (fault)
            return none;
        break;
    case CHECK_SPF_DEAD_INCLUDE:
        if (leads && !redirect)
            return none;
        break;
    case CHECK_SPF_BEHIND_ALL:
        if (was_all && !memchr(term.p, '=', term.n))
            return none;
        break;
    case CHECK_SPF_REDIRECT_IGNORED:
        if (redirect)
            return none;
        break;
    case CHECK_SPF_SYNTAX:
        if (fault && mend_ascii(term, mend->ascii))
            term = mend_text(mend->ascii);
        break;
    default: break;
    }
    mend->terms += !all && !memchr(term.p, '=', term.n);
    return term;
}

/* Two terms without a blank between: there it goes. */
static size_t mend_join(struct quoth_span record, size_t at, char out[DOMAIN_SPF])
{
    if (at >= record.n)
        return 0;
    memcpy(out, record.p, at);
    out[at] = ' ';
    memcpy(out + at + 1, record.p + at, record.n - at);
    return record.n + 1;
}

size_t domain_spf(const struct quoth_facts *facts, const struct quoth_finding *finding,
                  char out[DOMAIN_SPF])
{
    const struct quoth_span record = quoth_facts_text(facts, facts->spf.record);
    struct mend mend = {.id = finding->id, .text = quoth_facts_text(facts, finding->text)};
    const char *end = record.p + record.n;
    size_t n = 6; /* v=spf1 */
    int changed = 0;

    mend.end = mend.id == CHECK_SPF_OPEN ? "-all" : mend.id == CHECK_SPF_NEUTRAL ? "~all" : NULL;
    if (record.n < n || record.n > DOMAIN_SPF - sizeof mend.ascii)
        return 0;
    if (mend.id == CHECK_SPF_JOIN)
        return mend_join(record, finding->num, out);
    memcpy(out, record.p, n);
    for (const char *p = record.p + n; p < end;) {
        const char *blank = memchr(p, ' ', (size_t)(end - p));
        const struct quoth_span term = {p, (size_t)((blank ? blank : end) - p)};
        const struct quoth_span now = term.n ? mend_term(&mend, term) : term;
        changed |= now.p != term.p;
        if (now.n)
            out[n++] = ' ';
        memcpy(out + n, now.p, now.n);
        n += now.n;
        p += term.n + 1;
    }
    if (mend.id == CHECK_SPF_OPEN && !mend.dropped)
        return 0; /* it is the record of another name, that a third one leads to */
    if (!mend.terms && !mend.redirect) { /* nobody may send: that was not meant */
        if (mend.id == CHECK_SPF_OPEN)
            return (size_t)sprintf(out, "v=spf1 mx -all");
        changed &= mend.id == CHECK_SPF_BEHIND_ALL;
    } else if (!mend.all && !mend.redirect && mend.end) {
        n += (size_t)sprintf(out + n, " %s", mend.end);
        changed = 1;
    }
    return changed ? n : 0;
}
