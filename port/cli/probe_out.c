/* probe_out.c - a report on one port: a screen for people, and a line of JSON.
 *
 *   mail.example.com:587  192.0.2.25:587   1 bad, 2 notes   (0.412 s)
 *   BAD   auth.clear        what, where it is written, what was seen
 *                           what to do
 *   greeting ... times ... offers ... TLS ... certificate ... relay
 *
 * Schema version 1 of the JSON; quoth.1 lists the keys, which are never renamed. What the server
 * said leaves through the escaping writers of app/escape.c.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "probe.h"

enum { OUT_WIDTH = 78, OUT_LABEL = 13, OUT_FINDING = 24, OUT_OFFERS = 2 * PROBE_OFFERS };
#define OUT_LABEL_LEAD   "             "            /* OUT_LABEL */
#define OUT_FINDING_LEAD "                        " /* OUT_FINDING */

/* Listed if they are offered; none of them is ever said. */
static const char out_untried[] = "vrfy expn help etrn turn";

/* The programs whose names stand in greetings. */
static const char *out_software(const struct probe_step *greeting, char word[24])
{
    static const char known[] = "postfix exim sendmail opensmtpd dovecot haraka stalwart maddy "
                                "qmail mailenable hmailserver icewarp kerio zimbra microsoft "
                                "gsmtp";
    const char *p = known, *at = greeting->words, *end = at + greeting->said.n;

    while (*p) {
        const size_t n = strcspn(p, " ");
        for (at = greeting->words; at + n <= end; at++)
            if (!strncasecmp(at, p, n)) {
                memcpy(word, p, n);
                word[n] = 0;
                return word;
            }
        p += n;
        p += *p == ' ';
    }
    return NULL;
}

static const char *out_enhanced(const struct quoth_said *said, char text[20])
{
    if (!said->esc[0])
        return NULL;
    snprintf(text, 20, "%u.%u.%u", said->esc[0], said->esc[1], said->esc[2]);
    return text;
}

/* Was this keyword, the word its line begins with, offered there too? */
static int out_line_in(const struct probe_offers *offers, const char *line)
{
    for (const char *p = offers->text; p < offers->text + offers->used; p += strlen(p) + 1)
        if (!strcasecmp(p, line))
            return 1;
    return 0;
}

static int out_is_untried(const char *line)
{
    return probe_has_word(out_untried, line, strcspn(line, " ="));
}

/* ---- for people --------------------------------------------------------- */

/* A label and words behind it, on as many lines as they need. */
static void text_line(FILE *file, const char *label, const char *format, ...)
{
    char *text = NULL;
    size_t n = 0;
    FILE *memory = app_memory_stream(&text, &n);
    va_list args;

    if (!memory)
        return;
    va_start(args, format);
    vfprintf(memory, format, args);
    va_end(args);
    if (fclose(memory) == 0) {
        fprintf(file, "%-*s", OUT_LABEL, label);
        app_wrap(file, (struct quoth_span) {text, n}, OUT_LABEL, OUT_WIDTH, OUT_LABEL_LEAD);
        putc('\n', file);
    }
    free(text);
}

static void text_finding(FILE *file, const struct probe_finding *one)
{
    static const char marks[QUOTH_GRADES][6] = {"fine", "note", "WARN", "BAD", "?"};
    char words[3][QUOTH_CHECK_WORDS], line[PROBE_DETAIL + 400];
    const char *ref = quoth_check_words(one->id, QUOTH_CHECK_SOURCE, words[0]),
               *text = quoth_check_words(one->id, QUOTH_CHECK_SENTENCE, words[1]),
               *fix = quoth_check_words(one->id, QUOTH_CHECK_FIX, words[2]);
    int n = snprintf(line, sizeof line, "%.*s%s%s%s%s%s.", (int)strlen(text) - 1, text,
                     *ref ? " (" : "", ref, *ref ? ")" : "", *one->detail ? ": " : "", one->detail);

    fprintf(file, "%-5s %-17s ", marks[one->grade], quoth_check_id(one->id));
    if (n > 0)
        app_wrap(file,
                 (struct quoth_span) {line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1},
                 OUT_FINDING, OUT_WIDTH, OUT_FINDING_LEAD);
    putc('\n', file);
    if (!*fix)
        return;
    fputs(OUT_FINDING_LEAD, file);
    app_wrap(file, (struct quoth_span) {fix, strlen(fix)}, OUT_FINDING, OUT_WIDTH,
             OUT_FINDING_LEAD);
    putc('\n', file);
}

static void text_head(FILE *file, const struct probe_facts *facts,
                      const struct probe_report *report)
{
    static const struct {
        uint8_t grade;
        const char *one, *many;
    } rows[] = {{QUOTH_GRADE_BAD, "bad", "bad"},
                {QUOTH_GRADE_WARN, "warning", "warnings"},
                {QUOTH_GRADE_UNKNOWN, "not known", "not known"},
                {QUOTH_GRADE_NOTE, "note", "notes"}};
    const char *join = "";
    char peer[64];

    app_put(file, facts->host, strlen(facts->host));
    fprintf(file, strchr(facts->host, ':') ? " port %u" : ":%u", facts->port);
    if (facts->as != facts->port)
        fprintf(file, " as %u", facts->as);
    if (facts->peer.ip.len)
        fprintf(file, "  %s", app_peer_text(&facts->peer, peer));
    fputs("   ", file);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned n = 0;
        for (unsigned k = 0; k < report->n; k++)
            n += report->finding[k].grade == rows[i].grade;
        if (!n)
            continue;
        fprintf(file, "%s%u %s", join, n, n == 1 ? rows[i].one : rows[i].many);
        join = ", ";
    }
    fprintf(file, "%s   (%u.%03u s)\n", *join ? "" : "nothing to complain of", facts->ms / 1000,
            facts->ms % 1000);
}

static void text_times(FILE *file, const struct probe_facts *facts)
{
    char line[PROBE_STEPS * 40];
    size_t n = 0;

    for (unsigned i = 0; i < facts->steps && n < sizeof line; i++) {
        const struct probe_step *step = &facts->step[i];
        n += (size_t)snprintf(line + n, sizeof line - n, "%s%s %u ms%s", i ? ", " : "",
                              probe_verb_name(step->verb), step->ms,
                              step->done ? "" : " (no answer)");
    }
    if (facts->steps)
        text_line(file, "times", "%s", line);
}

/* Lines of an answer to EHLO, each behind `sign`, as far as they fit: all of them, or those that
 * `but` does not have. Returns how many bytes stand in `text` then. */
static size_t text_lines(char *text, size_t at, const struct probe_offers *offers,
                         const struct probe_offers *but, const char *sign)
{
    for (const char *p = offers->text; p < offers->text + offers->used && at < OUT_OFFERS;
         p += strlen(p) + 1)
        if (!but || !out_line_in(but, p))
            at += (size_t)snprintf(text + at, OUT_OFFERS - at, "%s%s%s", at ? ", " : "", sign, p);
    return at < OUT_OFFERS ? at : OUT_OFFERS - 1;
}

static void text_offers(FILE *file, const struct probe_facts *facts)
{
    const struct probe_offers *clear = &facts->offers[0], *tls = &facts->offers[1],
                              *first = clear->heard ? clear : tls;
    char text[OUT_OFFERS] = "";

    if (text_lines(text, 0, first, NULL, ""))
        text_line(file, "offers", "%s%s", text, first->cut ? ", and more" : "");
    if (!clear->heard || !tls->heard)
        return;
    *text = 0;
    if (text_lines(text, text_lines(text, 0, tls, clear, "+"), clear, tls, "-"))
        text_line(file, "  over TLS", "%s", text);
}

static void text_untried(FILE *file, const struct probe_offers *offers)
{
    char line[400];
    size_t n = 0;

    for (const char *p = offers->text; p < offers->text + offers->used && n < sizeof line;
         p += strlen(p) + 1)
        if (out_is_untried(p))
            n += (size_t)snprintf(line + n, sizeof line - n, "%s%s", n ? ", " : "", p);
    if (n)
        text_line(file, "not tried", "%s", line);
}

static void text_hash(FILE *file, const char *label, const uint8_t hash[QUOTH_CERT_SHA256])
{
    fprintf(file, "%-*s", OUT_LABEL, label);
    for (unsigned i = 0; i < QUOTH_CERT_SHA256; i++)
        fprintf(file, "%02x", hash[i]);
    putc('\n', file);
}

static void text_tls(FILE *file, const struct probe_facts *facts)
{
    const struct quoth_cert *cert = &facts->cert;
    const unsigned fault = facts->tls.cert;
    const char *trust = fault & QUOTH_CERT_UNTRUSTED ? "no" : "yes",
               *name = fault & QUOTH_CERT_WRONG_NAME ? "no" : "yes";
    char cipher[8];

    if (!facts->tls.version)
        return;
    text_line(file, "TLS", "%s, %s", app_tls_version(facts->tls.version),
              app_tls_cipher(facts->tls.cipher, cipher));
    if (!cert->chain)
        return;
    text_line(file, "certificate", "%s%s", *cert->names ? cert->names : "no DNS name",
              cert->cut ? " and more" : "");
    text_line(file, "", "issuer %s, %s to %s", *cert->issuer ? cert->issuer : "without a name",
              cert->from, cert->until);
    text_line(file, "", "key %s %u, signature %s, %u in the chain sent", cert->key, cert->key_bits,
              cert->signature, cert->chain);
    text_line(file, "", "trust: %s, name: %s", fault & QUOTH_CERT_CHECKED ? trust : "not checked",
              facts->by_address ? "not checked, an address was given" : name);
    text_hash(file, "  sha256", cert->sha256);
    text_hash(file, "  key sha256", cert->key_sha256);
}

static void text_relay(FILE *file, const struct probe_facts *facts)
{
    static const char path[PROBE_RELAYS][17] = {"from our sender", "from <>", "to quoth.invalid"};

    for (unsigned i = 0; i < facts->relays; i++) {
        const struct quoth_said *said = &facts->probe[i].said;
        char esc[20];

        if (!said->code)
            text_line(file, "relay", "%s: no answer", path[i]);
        else if (said->code / 100 == 2)
            text_line(file, "relay",
                      "%s: takes it at RCPT; whether it would deliver cannot be seen "
                      "without sending",
                      path[i]);
        else
            text_line(file, "relay", "%s: %s (%u%s%s) at %s%s", path[i],
                      said->code / 100 == 5 ? "refused" : "not now", said->code,
                      said->esc[0] ? " " : "", said->esc[0] ? out_enhanced(said, esc) : "",
                      facts->probe[i].at_mail ? "MAIL" : "RCPT",
                      said->code / 100 == 5 ? ": closed for this path" : "");
    }
}

/* How many of them had which answer, and those that were taken. */
static void text_shapes(FILE *file, const struct probe_facts *facts)
{
    const struct probe_shape *first;
    const unsigned taken = probe_shapes_taken(facts, &first);

    if (facts->shapes)
        text_line(file, "shapes", "%u of %u asked, %u taken%s%s", facts->shapes_asked,
                  facts->shapes, taken, facts->shapes_why ? ": " : "",
                  facts->shapes_why ? facts->shapes_why : "");
    else if (facts->shapes_why)
        text_line(file, "shapes", "not asked: %s", facts->shapes_why);
    for (unsigned i = 0; taken && i < facts->shapes_asked; i++)
        if (facts->shape[i].reply.said.code / 100 == 2)
            text_line(file, "", "RCPT TO:<%s> taken", facts->shape[i].to);
}

void probe_text(FILE *file, const struct probe_facts *facts, const struct probe_report *report)
{
    const struct probe_step *greeting = probe_step_of(facts, PROBE_GREETING);
    const struct probe_offers *clear = &facts->offers[0], *tls = &facts->offers[1];

    text_head(file, facts, report);
    for (unsigned i = 0; i < report->n; i++)
        text_finding(file, &report->finding[i]);
    if (greeting && greeting->said.code)
        text_line(file, "greeting", "%u %.*s", greeting->said.code, (int)greeting->said.n,
                  greeting->words);
    if (facts->connected)
        text_times(file, facts);
    text_offers(file, facts);
    text_untried(file, tls->heard ? tls : clear);
    text_tls(file, facts);
    text_relay(file, facts);
    text_shapes(file, facts);
    putc('\n', file);
}

/* ---- JSON --------------------------------------------------------------- */

static void json_reply(struct app_json *json, const struct quoth_said *said, const char *words)
{
    char esc[20];

    if (!said->code) {
        app_json_null(json, "code");
        app_json_null(json, "enhanced");
        app_json_null(json, "text");
        return;
    }
    app_json_number(json, "code", said->code);
    app_json_text(json, "enhanced", out_enhanced(said, esc));
    app_json_str(json, "text", words, said->n);
}

static void json_findings(struct app_json *json, const struct probe_report *report)
{
    char words[QUOTH_CHECK_WORDS];

    app_json_open(json, "findings", '[');
    for (unsigned i = 0; i < report->n; i++) {
        const struct probe_finding *one = &report->finding[i];
        app_json_open(json, NULL, '{');
        app_json_text(json, "id", quoth_check_id(one->id));
        app_json_text(json, "grade", quoth_grade_name((enum quoth_grade)one->grade));
        app_json_text(json, "text", quoth_check_words(one->id, QUOTH_CHECK_SENTENCE, words));
        app_json_text(json, "detail", one->detail);
        app_json_text(json, "fix", quoth_check_words(one->id, QUOTH_CHECK_FIX, words));
        app_json_text(json, "ref", quoth_check_words(one->id, QUOTH_CHECK_SOURCE, words));
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
}

static void json_greeting(struct app_json *json, const struct probe_facts *facts)
{
    const struct probe_step *greeting = probe_step_of(facts, PROBE_GREETING);
    char word[24];

    if (!greeting || !greeting->done) {
        app_json_null(json, "greeting");
        return;
    }
    app_json_open(json, "greeting", '{');
    json_reply(json, &greeting->said, greeting->words);
    app_json_text(json, "name", facts->name);
    app_json_text(json, "resolves", quoth_fact_name((enum quoth_fact)facts->resolves));
    app_json_text(json, "software", out_software(greeting, word));
    app_json_close(json, '}');
}

static void json_steps(struct app_json *json, const struct probe_facts *facts)
{
    app_json_open(json, "steps", '[');
    for (unsigned i = 0; i < facts->steps; i++) {
        const struct probe_step *step = &facts->step[i];
        app_json_open(json, NULL, '{');
        app_json_text(json, "step", probe_verb_name(step->verb));
        app_json_bool(json, "secure", step->secure);
        if (step->done)
            app_json_number(json, "ms", step->ms);
        else
            app_json_null(json, "ms");
        json_reply(json, &step->said, step->words);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
}

/* The lines of an answer to EHLO: all of them, or those with a keyword that is never tried. */
static void json_offers(struct app_json *json, const char *key, const struct probe_offers *offers,
                        int untried)
{
    if (!offers->heard) {
        app_json_null(json, key);
        return;
    }
    app_json_open(json, key, '[');
    for (const char *p = offers->text; p < offers->text + offers->used; p += strlen(p) + 1)
        if (!untried || out_is_untried(p))
            app_json_str(json, NULL, p, strlen(p));
    app_json_close(json, ']');
}

/* Every mechanism of every such line, blanks between. */
static void json_logins(struct app_json *json, const struct probe_offers *offers)
{
    app_json_open(json, "auth", '[');
    for (const char *how = NULL; (how = probe_offer(offers, "auth", how));)
        for (const char *p = how; *p; p += strspn(p, " ")) {
            const size_t n = strcspn(p, " ");
            app_json_str(json, NULL, p, n);
            p += n;
        }
    app_json_close(json, ']');
}

static void json_hash(struct app_json *json, const char *key, const uint8_t hash[QUOTH_CERT_SHA256])
{
    char hex[2 * QUOTH_CERT_SHA256 + 1];

    for (unsigned i = 0; i < QUOTH_CERT_SHA256; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    app_json_text(json, key, hex);
}

static void json_words(struct app_json *json, const char *key, const char *words)
{
    app_json_open(json, key, '[');
    while (*words) {
        const size_t n = strcspn(words, " ");
        app_json_str(json, NULL, words, n);
        words += n;
        words += *words == ' ';
    }
    app_json_close(json, ']');
}

/* true, false, or null where it was not checked. */
static void json_checked(struct app_json *json, const char *key, int checked, int yes)
{
    if (checked)
        app_json_bool(json, key, yes);
    else
        app_json_null(json, key);
}

static void json_cert(struct app_json *json, const struct probe_facts *facts)
{
    const struct quoth_cert *cert = &facts->cert;
    const unsigned fault = facts->tls.cert;

    if (!cert->chain) {
        app_json_null(json, "certificate");
        return;
    }
    app_json_open(json, "certificate", '{');
    json_words(json, "names", cert->names);
    app_json_bool(json, "names_cut", cert->cut);
    app_json_text(json, "subject", cert->subject);
    app_json_text(json, "issuer", cert->issuer);
    app_json_bool(json, "self_signed", cert->self_signed);
    app_json_text(json, "from", cert->from);
    app_json_text(json, "until", cert->until);
    app_json_text(json, "key", cert->key);
    app_json_number(json, "key_bits", cert->key_bits);
    app_json_text(json, "signature", cert->signature);
    app_json_number(json, "chain", cert->chain);
    json_hash(json, "sha256", cert->sha256);
    json_hash(json, "key_sha256", cert->key_sha256);
    json_checked(json, "trusted", fault & QUOTH_CERT_CHECKED, !(fault & QUOTH_CERT_UNTRUSTED));
    json_checked(json, "name_matches", !facts->by_address, !(fault & QUOTH_CERT_WRONG_NAME));
    json_checked(json, "dates_valid", !(fault & QUOTH_CERT_NO_CLOCK),
                 !(fault & QUOTH_CERT_EXPIRED));
    app_json_close(json, '}');
}

static void json_tls(struct app_json *json, const struct probe_facts *facts)
{
    char cipher[8];

    if (!facts->tls.version) {
        app_json_null(json, "tls");
        return;
    }
    app_json_open(json, "tls", '{');
    app_json_text(json, "version", app_tls_version(facts->tls.version));
    app_json_text(json, "cipher", app_tls_cipher(facts->tls.cipher, cipher));
    json_cert(json, facts);
    app_json_close(json, '}');
}

static void json_probe(struct app_json *json, const struct probe_reply *reply)
{
    app_json_text(json, "step", reply->at_mail ? "MAIL" : "RCPT");
    json_reply(json, &reply->said, reply->words);
}

static void json_relay(struct app_json *json, const struct probe_facts *facts)
{
    static const char *const states[PROBE_RELAY_STATES] = {
        "not_asked", "closed", "unknown", "taken", "takes_anything", "not_testable"};

    app_json_open(json, "relay", '{');
    app_json_text(json, "state", states[facts->relay_state]);
    app_json_text(json, "address", facts->relay);
    app_json_text(json, "why", facts->relay_why);
    app_json_open(json, "probes", '[');
    for (unsigned i = 0; i < facts->relays; i++) {
        app_json_open(json, NULL, '{');
        app_json_bool(json, "null_sender", i == 1);
        json_probe(json, &facts->probe[i]);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
    app_json_open(json, "shapes", '[');
    for (unsigned i = 0; i < facts->shapes; i++) {
        app_json_open(json, NULL, '{');
        app_json_text(json, "to", facts->shape[i].to);
        json_probe(json, &facts->shape[i].reply);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
    app_json_text(json, "shapes_why", facts->shapes_why);
    app_json_close(json, '}');
}

void probe_json(FILE *file, const struct probe_facts *facts, const struct probe_report *report)
{
    struct app_stream out = {.f = file};
    struct app_json json = {&out, 0};
    const struct quoth_peer bare = {facts->peer.ip, 0};
    const struct probe_offers *last = &facts->offers[facts->offers[1].heard];
    char ip[64] = "";

    app_json_open(&json, NULL, '{');
    app_json_text(&json, "kind", "smtp");
    app_json_text(&json, "host", facts->host);
    app_json_number(&json, "port", facts->port);
    app_json_number(&json, "as", facts->as);
    app_json_text(&json, "ip", facts->peer.ip.len ? app_peer_text(&bare, ip) : NULL);
    app_json_text(&json, "grade", quoth_grade_name((enum quoth_grade)report->grade));
    json_findings(&json, report);
    app_json_bool(&json, "connected", facts->connected);
    json_greeting(&json, facts);
    json_steps(&json, facts);
    app_json_open(&json, "ehlo", '{');
    json_offers(&json, "clear", &facts->offers[0], 0);
    json_offers(&json, "tls", &facts->offers[1], 0);
    app_json_close(&json, '}');
    json_logins(&json, last);
    json_offers(&json, "not_tried", last, 1);
    json_tls(&json, facts);
    json_relay(&json, facts);
    app_json_number(&json, "ms", facts->ms);
    app_json_number(&json, "v", 1);
    app_json_close(&json, '}');
    putc('\n', file);
}
