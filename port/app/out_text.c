/* out_text.c - a result for people: what, why, and who said so.
 *
 *   undeliverable  jane@example.org             several: one block of two lines each
 *
 *     The server has no such mailbox. Do not send.
 *
 *     > 550 5.1.1 <jane@example.org>: User unknown
 *
 *     said by    mx1.example.org (192.0.2.25:25) to RCPT TO
 *     reason     user_unknown
 *     ...
 *
 * A fact that is not there prints no line. Each line below is one row of text_rows[].
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "app.h"
#include "calibration.h"

enum { TEXT_WIDTH = 78, TEXT_VERDICT = 15, TEXT_LABEL = 13, TEXT_ADDRESS = 32 };
#define TEXT_LEAD "               " /* TEXT_LABEL + 2, TEXT_VERDICT */

static const char *const text_color[QUOTH_VERDICTS] = {
    [QUOTH_VERDICT_UNKNOWN] = "\033[1;36m",
    [QUOTH_VERDICT_DELIVERABLE] = "\033[1;32m",
    [QUOTH_VERDICT_UNDELIVERABLE] = "\033[1;31m",
    [QUOTH_VERDICT_RISKY] = "\033[1;33m",
};

static void text_paint(struct app_page *page, const char *color, const char *text)
{
    fprintf(page->out.f, "%s%s%s", page->color ? color : "", text, page->color ? "\033[0m" : "");
}

static void text_verdict(struct app_page *page, const struct app_result *result)
{
    const char *name = quoth_verdict_name(result->verdict);
    text_paint(page, text_color[result->verdict], name);
    fprintf(page->out.f, "%*s", TEXT_VERDICT - (int)strlen(name), "");
}

/* A long input is shown around the byte at fault. Returns the column of that byte. */
static size_t text_input(FILE *file, const struct app_result *result)
{
    enum { AROUND = 28 };
    size_t at = result->ev->addr.fault ? result->ev->addr.at : 0, first = 0, last = result->input_n,
           before;
    if (at > result->input_n)
        at = result->input_n;
    if (result->ev->addr.fault && result->input_n > 2 * AROUND) {
        first = at > AROUND ? at - AROUND : 0;
        last = result->input_n - first > 2 * AROUND ? first + 2 * AROUND : result->input_n;
        while (first && first < at && (result->input[first] & 0xc0) == 0x80)
            first++; /* whole characters */
        while (last > at && last < result->input_n && (result->input[last] & 0xc0) == 0x80)
            last--;
    }
    before = first ? 3 : 0;
    if (first)
        fputs("...", file);
    app_put(file, result->input + first, last - first);
    if (last < result->input_bytes)
        fputs("...", file);
    return before + app_width(result->input + first, at - first);
}

/* "550 5.1.1 User unknown" as one text; its length. */
static size_t text_reply(const struct quoth_evidence *evidence, char buf[QUOTH_SAID_MAX + 40])
{
    int n = snprintf(buf, 40, evidence->said.esc[0] ? "%u %u.%u.%u " : "%u ", evidence->said.code,
                     evidence->said.esc[0], evidence->said.esc[1], evidence->said.esc[2]);
    memcpy(buf + n, evidence->words, evidence->said.n);
    return (size_t)n + evidence->said.n;
}

static void text_sentence(FILE *file, const struct app_result *result, size_t at, const char *lead)
{
    const char *text = quoth_reason_text(result->reading.reason);
    app_wrap(file, (struct quoth_span) {text, strlen(text)}, at, TEXT_WIDTH, lead);
    putc('\n', file);
}

/* The mark under the byte at fault, and what is wrong with it. */
static void text_fault(FILE *file, const struct app_result *result, size_t column)
{
    const char *text = quoth_addr_fault_text(result->ev->addr.fault);
    int room = column < TEXT_WIDTH - 24;
    fprintf(file, "\n%*s^%s", (int)column, "", room ? " " : "\n" TEXT_LEAD);
    app_wrap(file, (struct quoth_span) {text, strlen(text)}, room ? column + 2 : TEXT_VERDICT,
             TEXT_WIDTH, TEXT_LEAD);
}

/* ---- the lines with a label; each prints its text, or nothing and returns 0 ---- */

static int text_said_by(FILE *file, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    const char *host = result->host;
    char peer[64];

    if (!evidence->peer.ip.len)
        return 0;
    app_put(file, host, strlen(host));
    fprintf(file, " (%s)", app_peer_text(&evidence->peer, peer));
    if (evidence->phase > QUOTH_PHASE_CONNECT)
        fprintf(file, ", at %s", app_phase_words(evidence->phase));
    if (!evidence->said.code && evidence->err)
        fprintf(file, ": %s", app_err_words(evidence->err));
    return 1;
}

static int text_catch_all(FILE *file, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    if (evidence->phase < QUOTH_PHASE_RCPT || evidence->said.code / 100 != 2)
        return 0;
    switch (quoth_catch_all(evidence)) {
    case QUOTH_FACT_YES: fputs("yes: a made-up mailbox is accepted too", file); break;
    case QUOTH_FACT_NO: fputs("no: a made-up mailbox is refused", file); break;
    default:
        fputs(evidence->asked_decoy
                  ? "not established: the answer to a made-up mailbox tells nothing"
                  : "not tested",
              file);
    }
    return 1;
}

static int text_tls(FILE *file, const struct app_result *result)
{
    static const struct {
        uint8_t bit;
        const char *text;
    } faults[] = {
        {QUOTH_CERT_WRONG_NAME, "another name"},
        {QUOTH_CERT_EXPIRED, "expired"},
        {QUOTH_CERT_UNTRUSTED, "signed by nobody known"},
        {QUOTH_CERT_NO_CLOCK, "dates not checked"},
    };
    const struct quoth_evidence *evidence = result->ev;
    const char *join = "; certificate: ";
    const char *broke;
    char cipher[8], cause[40];

    if (evidence->phase < QUOTH_PHASE_EHLO)
        return 0;
    broke = app_tls_broke(evidence->tls.broke, cause);
    if (!evidence->tls.version) {
        if (evidence->flags & QUOTH_EVID_TLS_BROKE)
            fprintf(file, "offered, but the handshake broke%s%s%s", broke ? ": " : "",
                    broke ? broke : "",
                    evidence->phase > QUOTH_PHASE_STARTTLS ? "; asked in clear" : "");
        else
            fputs(evidence->flags & QUOTH_EVID_TLS_OFFERED ? "offered, not used" : "not offered",
                  file);
        return 1;
    }
    fprintf(file, "%s, %s", app_tls_version(evidence->tls.version),
            app_tls_cipher(evidence->tls.cipher, cipher));
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (!(evidence->tls.cert & faults[i].bit))
            continue;
        fprintf(file, "%s%s", join, faults[i].text);
        join = ", ";
    }
    if (*join == ';')
        fputs(evidence->tls.cert & QUOTH_CERT_CHECKED ? "; certificate good"
                                                      : "; certificate not checked",
              file);
    if (broke)
        fprintf(file, "; a handshake before it broke: %s", broke);
    return 1;
}

static int text_notes(FILE *file, const struct app_result *result)
{
    static const struct {
        uint16_t list;
        uint8_t flag;
        const char *text;
    } notes[] = {
        {QUOTH_LIST_ROLE, 0, "role address"},
        {QUOTH_LIST_DISPOSABLE, 0, "disposable domain"},
        {QUOTH_LIST_FREE, 0, "free mail provider"},
        {QUOTH_LIST_ALIAS, 0, "alias or forwarding service"},
        {QUOTH_LIST_TYPO, 0, "domain one slip away from a large provider's"},
        {QUOTH_LIST_PARKED, 0, "exchanger of domains for sale"},
        {QUOTH_LIST_TRAP, 0, "looks like what spam traps are called"},
        {QUOTH_LIST_ROLE_MAYBE, 0, "may be a role address"},
        {0, QUOTH_EVID_NOT_BEST, "not the best exchanger"},
        {0, QUOTH_EVID_DENIED, "some targets denied by policy"},
        {0, QUOTH_EVID_HELO, "server does not take EHLO"},
    };
    const char *join = "";
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (!(result->lists & notes[i].list) && !(result->ev->flags & notes[i].flag))
            continue;
        fprintf(file, "%s%s", join, notes[i].text);
        join = ", ";
    }
    return *join != 0;
}

/* In words; the numbers stand in JSON. */
static int text_score(FILE *file, const struct app_result *result)
{
    static const struct {
        uint8_t part;
        int16_t below; /* or not said */
        const char *text;
    } why[] = {
        {QUOTH_SCORE_TEST, 0, "a word for trying things"},
        {QUOTH_SCORE_LETTERS, -256, "unusual letters"},
        {QUOTH_SCORE_DIGITS, -256, "many digits"},
        {QUOTH_SCORE_KEYBOARD, -64, "keys in a row"},
        {QUOTH_SCORE_PATTERN, -64, "unlike others of its domain"},
    };
    struct quoth_score score;
    if (!app_score(result, &score))
        return 0;
    fprintf(file, "%s by its looks", quoth_band_name((enum quoth_band)score.band));
    const char *join = " (";
    for (size_t i = 0; i < sizeof why / sizeof *why; i++)
        if (score.part[why[i].part] < why[i].below) {
            fprintf(file, "%s%s", join, why[i].text);
            join = ", ";
        }
    if (*join == ',')
        putc(')', file);
    if (result->calibration)
        fprintf(file, "; %u %% of your %lu outcomes like it were delivered",
                app_calibration_percent(result->calibration, score.sum),
                (unsigned long)result->calibration->outcomes);
    else
        fputs("; nobody can tell whether it is there", file);
    return 1;
}

/* Only where it matters: a domain that is not known as a throw-away one may be newer than the
 * list. */
static int text_list_age(FILE *file, const struct app_result *result)
{
    int days = app_list_old(result->began_ns / 1000000000);
    if (!days || result->verdict != QUOTH_VERDICT_DELIVERABLE)
        return 0;
    fprintf(file, "of throw-away domains is %d days old; a newer quoth knows more", days);
    return 1;
}

static int text_suggestion(FILE *file, const struct app_result *result)
{
    char domain[256], text[APP_ADDRESS_MAX];
    const char *suggestion = app_suggestion(result, domain);
    if (suggestion)
        app_put(file, text, app_address(result, suggestion, text));
    return suggestion != NULL;
}

/* The domain as it was asked, where that is not what was typed. */
static int text_asked(FILE *file, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    if (!(evidence->addr.flags & QUOTH_ADDR_UTF8_DOMAIN) || !evidence->domain[0])
        return 0;
    app_put(file, evidence->domain, strlen(evidence->domain));
    return 1;
}

/* What an MX record names, when none names a host. */
static int text_no_host(FILE *file, const struct app_result *result)
{
    const char *name = app_result_no_host(result);
    struct quoth_ip ip;

    if (!name)
        return 0;
    app_put(file, name, strlen(name));
    if (quoth_ip_parse(&ip, name, strlen(name)) == QUOTH_OK)
        fputs(" is an IP address; the record must name a host", file);
    else
        fputs(strchr(name, '.') ? " holds what no host name may hold" : " is no full host name",
              file);
    return 1;
}

/* Which trouble the name servers made, and whether it is ours. */
static int text_dns(FILE *file, const struct app_result *result)
{
    static const char *const words[QUOTH_ANSWERS] = {
        [QUOTH_ANSWER_SERVFAIL] = "every name server failed (SERVFAIL)",
        [QUOTH_ANSWER_REFUSED] =
            "every name server refused: most likely it does not serve us, see --nameserver",
        [QUOTH_ANSWER_TIMEOUT] = "no name server answered in time",
        [QUOTH_ANSWER_UNREACHABLE] = "no name server can be reached, see --nameserver",
        [QUOTH_ANSWER_MALFORMED] = "the answer is malformed",
        [QUOTH_ANSWER_ALIAS_LOOP] = "aliases without end",
        [QUOTH_ANSWER_TOO_BIG] = "the answer is too big",
        [QUOTH_ANSWER_TRUNCATED] =
            "the answer is truncated, and TCP port 53 of the name server is closed or silent",
    };
    const char *text = words[result->ev->dns];
    if (result->ev->connects || !text)
        return 0;
    if (result->sandbox && result->ev->dns == QUOTH_ANSWER_UNREACHABLE)
        text = "start `quoth sandbox` in another terminal first";
    fputs(text, file);
    return 1;
}

static int text_set_identity(FILE *file, const struct app_result *result)
{
    static const char how[] =
        "give --helo NAME, this machine's full name, or write `helo = NAME` in"
        " ~/.config/quoth/config; --dns-only needs none";
    if (result->reading.reason != QUOTH_REASON_NO_IDENTITY)
        return 0;
    fputs(how, file);
    return 1;
}

static void text_time(FILE *file, uint32_t ms)
{
    if (ms < 1)
        fputs("under 1 ms", file);
    else if (ms < 10000)
        fprintf(file, "%u ms", ms);
    else
        fprintf(file, "%u s", (ms + 500) / 1000);
}

static int text_took(FILE *file, const struct app_result *result)
{
    if (!(result->ev->queries + result->ev->connects))
        return 0;
    text_time(file, result->ev->took_ms);
    return 1;
}

static int text_reason(FILE *file, const struct app_result *result)
{
    fputs(quoth_reason_name(result->reading.reason), file);
    return 1;
}

static const struct {
    const char *label;
    int (*print)(FILE *f, const struct app_result *r);
} text_rows[] = {
    {"said by", text_said_by},
    {"reason", text_reason},
    {"DNS", text_dns},
    {"MX", text_no_host},
    {"catch-all", text_catch_all},
    {"likeness", text_score},
    {"TLS", text_tls},
    {"note", text_notes},
    {"list", text_list_age},
    {"did you mean", text_suggestion},
    {"asked for", text_asked},
    {"to set it", text_set_identity},
    {"took", text_took},
};

/* The label goes out with the line's first byte, so a row prints into memory first. */
static void text_row(struct app_page *page, const struct app_result *result, size_t i)
{
    FILE *file = page->out.f;
    char *line = NULL;
    size_t n = 0;
    FILE *memory = app_memory_stream(&line, &n);
    int some;

    if (!memory)
        return;
    some = text_rows[i].print(memory, result);
    if (fclose(memory) == 0 && some) {
        const char *label = i == 0 && !result->ev->said.code ? "server" : text_rows[i].label;
        fputs("  ", file);
        text_paint(page, "\033[2m", label);
        fprintf(file, "%*s", TEXT_LABEL - (int)strlen(label), "");
        app_wrap(file, (struct quoth_span) {line, n}, TEXT_LABEL + 2, TEXT_WIDTH, TEXT_LEAD);
        putc('\n', file);
    }
    free(line);
}

static void text_single(struct app_page *page, const struct app_result *result)
{
    FILE *file = page->out.f;
    const struct quoth_evidence *evidence = result->ev;
    char reply[QUOTH_SAID_MAX + 40];
    size_t column;

    text_verdict(page, result);
    column = TEXT_VERDICT + text_input(file, result);
    if (evidence->addr.fault)
        text_fault(file, result, column);
    fputs("\n\n  ", file);
    text_sentence(file, result, 2, "  ");
    if (evidence->said.code) {
        fputs("\n  > ", file);
        app_wrap(file, (struct quoth_span) {reply, text_reply(evidence, reply)}, 4, TEXT_WIDTH,
                 "  > ");
        putc('\n', file);
    }
    putc('\n', file);
    for (size_t i = 0; i < sizeof text_rows / sizeof *text_rows; i++)
        text_row(page, result, i);
}

/* Verdict, address, reason, time; then the reply, or the reason in words. */
/* "its domain: bad: spf.lookups, dmarc.none" */
static void text_domain(FILE *file, const struct app_result *result)
{
    char text[400];
    size_t n = (size_t)snprintf(text, sizeof text, "its domain: %s", result->domain_grade);

    for (unsigned i = 0; i < result->domain_ids && n + 64 < sizeof text; i++)
        n += (size_t)snprintf(text + n, 64, "%s%s", i ? ", " : ": ", result->domain_id[i]);
    fputs(TEXT_LEAD, file);
    app_wrap(file, (struct quoth_span) {text, n}, TEXT_VERDICT, TEXT_WIDTH, TEXT_LEAD);
    putc('\n', file);
}

static void text_block(struct app_page *page, const struct app_result *result)
{
    FILE *file = page->out.f;
    const struct quoth_evidence *evidence = result->ev;
    char reply[QUOTH_SAID_MAX + 40], domain[256];
    size_t width = app_width(result->input, result->input_n), column;

    text_verdict(page, result);
    column = TEXT_VERDICT + text_input(file, result);
    if (width <= TEXT_ADDRESS)
        fprintf(file, "%*s  ", (int)(TEXT_ADDRESS - width), "");
    else
        fputs(evidence->addr.fault ? ", " : "\n" TEXT_LEAD, file);
    fputs(quoth_reason_name(result->reading.reason), file);
    if (result->cached) {
        fputs(", from the cache", file);
    } else if (evidence->queries + evidence->connects) {
        fputs(", ", file);
        text_time(file, evidence->took_ms);
    }
    if (evidence->addr.fault) {
        text_fault(file, result, column);
        putc('\n', file);
        return;
    }
    fputs("\n" TEXT_LEAD, file);
    if (evidence->said.code) {
        app_wrap(file, (struct quoth_span) {reply, text_reply(evidence, reply)}, TEXT_VERDICT,
                 TEXT_WIDTH, TEXT_LEAD);
        putc('\n', file);
    } else {
        text_sentence(file, result, TEXT_VERDICT, TEXT_LEAD);
    }
    if (result->domain_grade)
        text_domain(file, result);
    if (app_suggestion(result, domain)) {
        fputs(TEXT_LEAD "did you mean ", file);
        text_suggestion(file, result);
        fputs("?\n", file);
    }
}

void app_text(struct app_page *page, const struct app_result *result)
{
    if (page->single)
        text_single(page, result);
    else
        text_block(page, result);
}
