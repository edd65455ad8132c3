/* domain_diff.c - `quoth domain --diff OLD.json`: what came, went and changed since that report.
 *
 *   OLD.json --> the line of that domain --> findings --+
 *   report --> domain_json.c --> the same -------------+--> came, went, changed --> text, JSON
 *
 * Both sides are read by one reader from what domain_json.c writes, so that a text is the same when
 * its bytes are. Of two findings of an id the one with the same text is taken first.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "domain_cmd.h"

enum { DIFF_KEEP = 96 };

/* ---- reading a report -------------------------------------------------------- */

struct diff_scan {
    const char *p, *end;
    struct quoth_span text; /* of the last string or word, as it stands there */
};

/* { } [ ] : or '"' for a string, 'w' for a number or word; 0 at the end, '?' for what is none. */
static char diff_token(struct diff_scan *scan)
{
    while (scan->p < scan->end && strchr(" \t\r\n,", *scan->p) && *scan->p)
        scan->p++;
    if (scan->p == scan->end)
        return 0;
    if (strchr("{}[]:", *scan->p) && *scan->p)
        return *scan->p++;
    scan->text.p = scan->p;
    if (*scan->p == '"') {
        scan->text.p = ++scan->p;
        for (; scan->p < scan->end && *scan->p != '"'; scan->p++)
            if (*scan->p == '\\' && scan->p + 1 < scan->end)
                scan->p++;
        scan->text.n = (size_t)(scan->p - scan->text.p);
        return scan->p++ < scan->end ? '"' : '?';
    }
    while (scan->p < scan->end &&
           (strchr("+-.", *scan->p) || (*scan->p >= '0' && *scan->p <= '9') ||
            (*scan->p >= 'a' && *scan->p <= 'z') || *scan->p == 'E') &&
           *scan->p)
        scan->p++;
    scan->text.n = (size_t)(scan->p - scan->text.p);
    return scan->text.n ? 'w' : '?';
}

static int diff_is(struct quoth_span span, const char *text)
{
    return span.n == strlen(text) && !memcmp(span.p, text, span.n);
}
static int diff_same(struct quoth_span a, struct quoth_span b)
{
    return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

struct diff_finding {
    struct quoth_span id, grade, text;
    uint8_t met; /* it has its like on the other side */
};
struct diff_side {
    struct quoth_span kind, domain;
    unsigned n;
    struct diff_finding finding[DIFF_KEEP];
};

/* A value: of the report itself, or of one of its findings. */
static void diff_take(struct diff_side *side, unsigned depth, int finding, struct quoth_span key,
                      struct quoth_span value)
{
    struct diff_finding *last = side->n ? &side->finding[side->n - 1] : NULL;

    if (depth == 1 && diff_is(key, "kind"))
        side->kind = value;
    if (depth == 1 && diff_is(key, "domain"))
        side->domain = value;
    if (depth != 3 || !finding || !last)
        return;
    if (diff_is(key, "id"))
        last->id = value;
    else if (diff_is(key, "grade"))
        last->grade = value;
    else if (diff_is(key, "text"))
        last->text = value;
}

/* One report. 1, or 0: it is none. */
static int diff_read(struct diff_side *side, const char *p, size_t n)
{
    struct diff_scan scan = {p, p + n, {NULL, 0}};
    struct quoth_span key = {"", 0};
    unsigned depth = 0;
    int finding = 0, value = 0; /* within "findings"; a value is next */
    char token;

    memset(side, 0, sizeof *side);
    while ((token = diff_token(&scan)) != 0) {
        switch (token) {
        case '{':
        case '[':
            finding |= depth == 1 && token == '[' && diff_is(key, "findings");
            depth++;
            if (finding && depth == 3 && side->n < DIFF_KEEP)
                side->n++;
            value = 0;
            break;
        case '}':
        case ']':
            if (!depth--)
                return 0;
            finding &= depth > 1;
            value = 0;
            break;
        case ':': value = 1; break;
        case '?': return 0;
        default:
            if (value)
                diff_take(side, depth, finding, key, scan.text);
            else
                key = scan.text;
            value = 0;
            break;
        }
    }
    return depth == 0 && diff_is(side->kind, "domain") && side->domain.n;
}

/* ---- the old reports ----------------------------------------------------------- */

int domain_diff_load(struct domain_diff *diff, const char *file)
{
    diff->file = file;
    return app_file_read(&diff->text, &diff->n, file);
}

void domain_diff_free(struct domain_diff *diff) { free(diff->text); }

/* The last report of that domain. 1, or 0: there is none. */
static int diff_find(const struct domain_diff *diff, const char *domain, struct diff_side *side)
{
    const char *line = diff->text, *end = diff->text + diff->n, *found = NULL;
    size_t n = 0;

    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            stop = end;
        if (diff_read(side, line, (size_t)(stop - line)) && diff_is(side->domain, domain)) {
            found = line;
            n = (size_t)(stop - line);
        }
        line = stop + 1;
    }
    return found && diff_read(side, found, n);
}

int domain_diff_has(const struct domain_diff *diff, const char *domain)
{
    struct diff_side side;

    return diff_find(diff, domain, &side);
}

/* ---- what is different ------------------------------------------------------------ */

static unsigned diff_grade(struct quoth_span name)
{
    unsigned grade = 0;

    while (grade < QUOTH_GRADES && !diff_is(name, quoth_grade_name((enum quoth_grade)grade)))
        grade++;
    return grade < QUOTH_GRADES ? grade : QUOTH_GRADE_UNKNOWN;
}

/* The like of a finding on the other side that nobody has met; NULL: it has none. */
static struct diff_finding *diff_like(struct diff_side *side, const struct diff_finding *finding,
                                      int whole)
{
    for (unsigned i = 0; i < side->n; i++) {
        struct diff_finding *other = &side->finding[i];
        if (!other->met && diff_same(other->id, finding->id) &&
            (!whole ||
             (diff_same(other->text, finding->text) && diff_same(other->grade, finding->grade))))
            return other;
    }
    return NULL;
}

enum diff_kind { DIFF_CAME, DIFF_WENT, DIFF_CHANGED, DIFF_KINDS };
struct diff_out {
    struct app_json *json; /* NULL: text */
    unsigned grades;       /* 1 << of what got worse */
    unsigned told;
};

static void diff_tell(struct diff_out *out, enum diff_kind kind, const struct diff_finding *finding,
                      const struct diff_finding *before)
{
    static const char *const words[DIFF_KINDS] = {"came", "went", "changed"};

    out->told++;
    if (!out->json) {
        printf("%-8s ", words[kind]);
        if (before && kind == DIFF_CHANGED && !diff_same(before->grade, finding->grade)) {
            app_put(stdout, before->grade.p, before->grade.n);
            fputs(" -> ", stdout);
        }
        app_put(stdout, finding->grade.p, finding->grade.n);
        putchar(' ');
        app_put(stdout, finding->id.p, finding->id.n);
        fputs("\n         ", stdout);
        app_wrap(stdout, finding->text, 9, 100, "         ");
        putchar('\n');
        return;
    }
    app_json_open(out->json, NULL, '{');
    app_json_text(out->json, "what", words[kind]);
    app_json_str(out->json, "id", finding->id.p, finding->id.n);
    app_json_str(out->json, "grade", finding->grade.p, finding->grade.n);
    if (before)
        app_json_str(out->json, "grade_before", before->grade.p, before->grade.n);
    else
        app_json_null(out->json, "grade_before");
    app_json_close(out->json, '}');
}

static void diff_compare(struct diff_out *out, struct diff_side *old, struct diff_side *now)
{
    for (unsigned i = 0; i < now->n; i++) { /* what is as it was */
        struct diff_finding *like = diff_like(old, &now->finding[i], 1);
        if (like)
            like->met = now->finding[i].met = 1;
    }
    for (unsigned i = 0; i < now->n; i++) {
        struct diff_finding *finding = &now->finding[i],
                            *like = finding->met ? NULL : diff_like(old, finding, 0);
        const unsigned grade = diff_grade(finding->grade);
        if (finding->met)
            continue;
        if (like)
            like->met = 1;
        if (!like || quoth_grade_rank((enum quoth_grade)grade) <
                         quoth_grade_rank((enum quoth_grade)diff_grade(like->grade)))
            out->grades |= 1u << grade;
        diff_tell(out, like ? DIFF_CHANGED : DIFF_CAME, finding, like);
    }
    for (unsigned i = 0; i < old->n; i++)
        if (!old->finding[i].met)
            diff_tell(out, DIFF_WENT, &old->finding[i], &old->finding[i]);
}

/* The report as JSON in memory, for the same reader. NULL: too little memory. */
static char *diff_now(const struct domain_report *report, struct diff_side *side)
{
    struct app_stream out = {.f = NULL};

    domain_json_write(report, &out);
    if (!out.full && diff_read(side, out.text, out.n))
        return out.text;
    free(out.text);
    return NULL;
}

static void diff_text(struct diff_out *out, struct diff_side *old, struct diff_side *now,
                      const char *file)
{
    app_put(stdout, now->domain.p, now->domain.n);
    fputs("   since ", stdout);
    app_put(stdout, file, strlen(file));
    fputs("\n\n", stdout);
    diff_compare(out, old, now);
    if (!out->told)
        puts("nothing came, went or changed");
}

static void diff_json(struct diff_out *out, struct diff_side *old, struct diff_side *now)
{
    struct app_stream stream = {.f = stdout};
    struct app_json json = {&stream, 0};

    out->json = &json;
    app_json_open(&json, NULL, '{');
    app_json_text(&json, "kind", "domain_diff");
    app_json_str(&json, "domain", now->domain.p, now->domain.n);
    app_json_open(&json, "findings", '[');
    diff_compare(out, old, now);
    app_json_close(&json, ']');
    app_json_number(&json, "v", 1);
    app_json_close(&json, '}');
    putchar('\n');
}

int domain_diff_tell(const struct domain_diff *diff, const struct domain_report *report, int json,
                     unsigned *grades)
{
    static struct diff_side old, now; /* large */
    struct diff_out out = {NULL, 0, 0};
    char *text = diff_now(report, &now);

    if (!text)
        return app_say(APP_EXIT_INTERNAL, NULL, "too little memory");
    diff_find(diff, report->facts->text + report->facts->domain.at, &old);
    if (json)
        diff_json(&out, &old, &now);
    else
        diff_text(&out, &old, &now, diff->file);
    *grades = out.grades;
    free(text);
    return 0;
}
