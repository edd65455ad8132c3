/* domain_spf.c - a faulty SPF record as it should be, in whole.
 *
 *   v=spf1 include:gone.example mx ?all  --spf.dead_include-->  v=spf1 mx ?all
 *                                        --spf.neutral------->  v=spf1 include:gone.example mx ~all
 *
 * One fault, one change: what else stands there stays as it was written. An end that is new is
 * ~all: who else sends is not known here, and their mail is not to be refused. Includes are never
 * written out as addresses, for whoever they are of changes them.
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
    int part;                 /* of a network: public addresses are in it too */
    char ascii[300];
};

static int mend_same(struct quoth_span a, struct quoth_span b)
{
    return a.n == b.n && !strncasecmp(a.p, b.p, a.n);
}

static int mend_begins(struct quoth_span term, const char *word)
{
    const size_t n = strlen(word);

    return term.n > n && !strncasecmp(term.p, word, n);
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

/* A network that is not all there is. */
static int mend_is_net(struct quoth_span term)
{
    const char *slash = memchr(term.p, '/', term.n);

    return slash && !mend_same((struct quoth_span) {slash, (size_t)(term.p + term.n - slash)},
                               mend_text("/0"));
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
    const int redirect = mend_begins(term, "redirect=");
    const int modifier = memchr(term.p, '=', term.n) != NULL;
    const int leads = mend_leads(term, mend->text);

    mend->all |= all;
    if (mend->id == CHECK_SPF_OPEN && fault)
        return all ? mend_text(mend->end) : none;
    mend->redirect |= redirect;
    if (all && mend->end && !strchr("-~", *term.p))
        return mend_text(mend->end);
    switch (mend->id) {
    case CHECK_SPF_NEUTRAL:
        if (mend_begins(term, "all="))
            return none; /* for want of an all: it was meant to be one */
        break;
    case CHECK_SPF_PRIVATE:
        if (fault && !mend->part)
            return none;
        break;
    case CHECK_SPF_DEAD_INCLUDE:
        if (leads && !redirect)
            return none;
        break;
    case CHECK_SPF_BEHIND_ALL:
        if (was_all && !modifier)
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
    mend->terms += !all && !modifier;
    return term;
}

/* ---- characters that are none of SPF ---------------------------------------- */

/* What people and text programs write in the place of a blank or a sign, and what is meant. */
static const struct mend_mark {
    char bytes[4], to[2];
    const char *name;
} mend_marks[] = {
    {",", " ", "a comma"},
    {";", " ", "a semicolon"},
    {"\t", " ", "a tab"},
    {"\r", " ", "the end of a line"},
    {"\n", " ", "the end of a line"},
    {"\"", "", "a quotation mark"},
    {"\xc2\xa0", " ", "a no-break space"},
    {"\xe2\x80\x8b", "", "a zero-width space, which is not seen"},
    {"\xe2\x80\x93", "-", "a dash (U+2013), not a hyphen"},
    {"\xe2\x80\x94", "-", "a dash (U+2014), not a hyphen"},
    {"\xe2\x80\x9c", "", "a curly quotation mark"},
    {"\xe2\x80\x9d", "", "a curly quotation mark"},
    {"\xe2\x88\x92", "-", "a minus sign (U+2212), not a hyphen"},
    {"\xef\xbb\xbf", "", "a byte order mark, which is not seen"},
    {"\xef\xbc\x8c", " ", "a comma that is not of ASCII"},
};

static const struct mend_mark *mend_mark_at(const char *p, const char *end)
{
    for (size_t i = 0; i < sizeof mend_marks / sizeof *mend_marks; i++) {
        const size_t n = strlen(mend_marks[i].bytes);
        if (n <= (size_t)(end - p) && !memcmp(p, mend_marks[i].bytes, n))
            return &mend_marks[i];
    }
    return NULL;
}

/* Where the first one stands in the word of the record that has the byte `at`. In a macro a comma
 * is one of its delimiters (RFC 7208 7.1): such a word has none. NULL: there is none. */
static const struct mend_mark *mend_mark(struct quoth_span record, size_t at, size_t *where)
{
    const char *end = record.p + record.n, *p;

    for (at = at < record.n ? at : record.n; at && record.p[at - 1] != ' ';)
        at--;
    for (p = record.p + at; p < end && *p != ' ' && *p != '%'; p++) {
        const struct mend_mark *mark = mend_mark_at(p, end);
        *where = (size_t)(p - record.p);
        if (mark)
            return mark;
    }
    return NULL;
}

/* The record that a finding is about, where its place is that of the byte at fault itself. */
static struct quoth_part mend_small(const struct quoth_facts *facts, unsigned id)
{
    switch (id) {
    case CHECK_DMARC_SYNTAX: return facts->dmarc.record;
    case CHECK_STS_SYNTAX: return facts->sts.record;
    case CHECK_RPT_SYNTAX: return facts->rpt.record;
    default: return (struct quoth_part) {0, 0};
    }
}

size_t domain_spf_mark(const struct quoth_facts *facts, const struct quoth_finding *finding,
                       char *buf, size_t cap)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->spf.record),
                            small = quoth_facts_text(facts, mend_small(facts, finding->id));
    size_t at = finding->num;
    const struct mend_mark *mark;
    int n = 0;

    if (at < small.n) {
        mark = mend_mark_at(small.p + at, small.p + small.n);
        n = mark ? snprintf(buf, cap, " (there stands %s)", mark->name) : 0;
        return (size_t)n;
    }
    mark = small.n ? NULL : mend_mark(record, finding->num, &at);
    if (mark)
        n = snprintf(buf, cap, " (at byte %zu stands %s%s)", at, mark->name,
                     *mark->to == ' ' ? ", which parts no terms: only a blank does" : "");
    else if (finding->id == CHECK_SPF_SYNTAX && strstr(facts->text + finding->text.at, "://"))
        n = snprintf(buf, cap, " (the address of a page is no domain)");
    else if (finding->id == CHECK_SPF_DEAD_INCLUDE &&
             memchr(facts->text + finding->text.at, '*', finding->text.n))
        n = snprintf(buf, cap, " (a * stands for nothing else there: this very name is asked for)");
    else if (finding->id == CHECK_SPF_JOIN)
        n = snprintf(buf, cap, "%s",
                     ". Between the strings of a TXT record no blank is added: "
                     "put it into one.");
    return n > 0 ? (size_t)n : 0;
}

/* All of them as they were meant, and no blank twice. */
static size_t mend_all_marks(struct quoth_span record, char out[DOMAIN_SPF])
{
    const char *end = record.p + record.n;
    size_t n = 0;

    for (const char *p = record.p; p < end;) {
        const struct mend_mark *mark = mend_mark_at(p, end);
        const char *to = mark ? mark->to : p;
        if (*to && (*to != ' ' || (n && out[n - 1] != ' ')))
            out[n++] = *to;
        p += mark ? strlen(mark->bytes) : 1;
    }
    return n && out[n - 1] == ' ' ? n - 1 : n;
}

/* Can all of it be read? */
static int mend_is_read(const char *record, size_t n)
{
    struct quoth_spf_term term;
    size_t at = 0;
    int rc;

    while ((rc = quoth_spf_term(&term, record, n, &at)) == 1)
        if (memchr(term.text.p, ',', term.text.n) && !memchr(term.text.p, '%', term.text.n))
            return 0;
    return rc == 0;
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

/* A record that is none for what stands in front or behind its version, for want of one, or for
 * another. A long one may be cut. */
static size_t mend_version(struct quoth_span text, char out[DOMAIN_SPF])
{
    enum { VERSION = 7 };
    size_t n = text.n < DOMAIN_MEANT ? mend_all_marks(text, out) : 0, from = 0;

    if (mend_is_read(out, n))
        return n;
    if (n > 5 && !strncasecmp(out, "v=spf", 5))
        for (from = 5; from < n && memchr("0123456789. ", out[from], 12);)
            from++;
    if (from == n)
        return 0;
    memmove(out + VERSION, out + from, n - from);
    memcpy(out, "v=spf1 ", VERSION);
    n += VERSION - from;
    return mend_is_read(out, n) ? n : 0;
}

/* A '=' that was meant to be a colon. */
static size_t mend_colon(struct quoth_span record, size_t at, char out[DOMAIN_SPF])
{
    memcpy(out, record.p, record.n);
    if (at < record.n)
        out[at] = ':';
    return record.n;
}

/* What is broken where it is written. 0: one change does not mend it. */
static size_t mend_written(struct quoth_span record, const struct quoth_finding *finding,
                           char out[DOMAIN_SPF])
{
    size_t n = 0, at;

    if (finding->id == CHECK_SPF_EQUALS)
        n = mend_colon(record, finding->num, out);
    else if (mend_mark(record, finding->num, &at))
        n = mend_all_marks(record, out);
    else
        n = mend_join(record, finding->num, out);
    return n && mend_is_read(out, n) ? n : 0;
}

size_t domain_spf(const struct quoth_facts *facts, const struct quoth_finding *finding,
                  char out[DOMAIN_SPF])
{
    const struct quoth_span record = quoth_facts_text(facts, facts->spf.record);
    struct mend mend = {
        .id = finding->id, .part = finding->num, .text = quoth_facts_text(facts, finding->text)};
    const char *end = record.p + record.n;
    size_t n = 6, at; /* v=spf1 */
    int changed = 0;

    mend.end = mend.id == CHECK_SPF_OPEN || mend.id == CHECK_SPF_NEUTRAL ? "~all" : NULL;
    if (mend.id == CHECK_SPF_VERSION)
        return mend_version(mend.text, out);
    if (mend.id == CHECK_DMARC_VERSION)
        return domain_dmarc(mend.text, out);
    if (mend.id == CHECK_DMARC_RUA_SCHEME)
        return domain_dmarc_mailto(quoth_facts_text(facts, facts->dmarc.record), out);
    if (record.n < n || record.n > DOMAIN_SPF - sizeof mend.ascii)
        return 0;
    if (mend.id == CHECK_SPF_JOIN || mend.id == CHECK_SPF_EQUALS ||
        ((mend.id == CHECK_SPF_SYNTAX || mend.id == CHECK_SPF_NAME) &&
         mend_mark(record, finding->num, &at)))
        return mend_written(record, finding, out);
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
    if (mend.id == CHECK_SPF_OPEN && mend_is_net(mend.text))
        return 0; /* it is the last of several networks that let everybody in together */
    if (!mend.terms && !mend.redirect) { /* nobody may send: that was not meant */
        if (mend.id == CHECK_SPF_OPEN)
            return (size_t)sprintf(out, "v=spf1 mx ~all");
        changed &= mend.id == CHECK_SPF_BEHIND_ALL;
    } else if (!mend.all && !mend.redirect && mend.end) {
        n += (size_t)sprintf(out + n, " %s", mend.end);
        changed = 1;
    }
    return changed ? n : 0;
}
