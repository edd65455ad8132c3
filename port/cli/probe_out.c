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
static int out_line_in(const struct probe_offers *o, const char *line)
{
    for (const char *p = o->text; p < o->text + o->used; p += strlen(p) + 1)
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
static void text_line(FILE *f, const char *label, const char *format, ...)
{
    char *text = NULL;
    size_t n = 0;
    FILE *m = app_memory_stream(&text, &n);
    va_list args;

    if (!m)
        return;
    va_start(args, format);
    vfprintf(m, format, args);
    va_end(args);
    if (fclose(m) == 0) {
        fprintf(f, "%-*s", OUT_LABEL, label);
        app_wrap(f, (struct quoth_span) {text, n}, OUT_LABEL, OUT_WIDTH, OUT_LABEL_LEAD);
        putc('\n', f);
    }
    free(text);
}

static void text_finding(FILE *f, const struct probe_finding *one)
{
    static const char marks[QUOTH_GRADES][6] = {"fine", "note", "WARN", "BAD", "?"};
    char words[3][QUOTH_CHECK_WORDS], line[PROBE_DETAIL + 400];
    const char *ref = quoth_check_words(one->id, QUOTH_CHECK_SOURCE, words[0]),
               *text = quoth_check_words(one->id, QUOTH_CHECK_SENTENCE, words[1]),
               *fix = quoth_check_words(one->id, QUOTH_CHECK_FIX, words[2]);
    int n = snprintf(line, sizeof line, "%.*s%s%s%s%s%s.", (int)strlen(text) - 1, text,
                     *ref ? " (" : "", ref, *ref ? ")" : "", *one->detail ? ": " : "", one->detail);

    fprintf(f, "%-5s %-17s ", marks[one->grade], quoth_check_id(one->id));
    if (n > 0)
        app_wrap(f,
                 (struct quoth_span) {line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1},
                 OUT_FINDING, OUT_WIDTH, OUT_FINDING_LEAD);
    putc('\n', f);
    if (!*fix)
        return;
    fputs(OUT_FINDING_LEAD, f);
    app_wrap(f, (struct quoth_span) {fix, strlen(fix)}, OUT_FINDING, OUT_WIDTH, OUT_FINDING_LEAD);
    putc('\n', f);
}

static void text_head(FILE *f, const struct probe_facts *facts, const struct probe_report *r)
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

    app_put(f, facts->host, strlen(facts->host));
    fprintf(f, strchr(facts->host, ':') ? " port %u" : ":%u", facts->port);
    if (facts->as != facts->port)
        fprintf(f, " as %u", facts->as);
    if (facts->peer.ip.len)
        fprintf(f, "  %s", app_peer_text(&facts->peer, peer));
    fputs("   ", f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned n = 0;
        for (unsigned k = 0; k < r->n; k++)
            n += r->finding[k].grade == rows[i].grade;
        if (!n)
            continue;
        fprintf(f, "%s%u %s", join, n, n == 1 ? rows[i].one : rows[i].many);
        join = ", ";
    }
    fprintf(f, "%s   (%u.%03u s)\n", *join ? "" : "nothing to complain of", facts->ms / 1000,
            facts->ms % 1000);
}

static void text_times(FILE *f, const struct probe_facts *facts)
{
    char line[PROBE_STEPS * 40];
    size_t n = 0;

    for (unsigned i = 0; i < facts->steps && n < sizeof line; i++) {
        const struct probe_step *s = &facts->step[i];
        n += (size_t)snprintf(line + n, sizeof line - n, "%s%s %u ms%s", i ? ", " : "",
                              probe_verb_name(s->verb), s->ms, s->done ? "" : " (no answer)");
    }
    if (facts->steps)
        text_line(f, "times", "%s", line);
}

/* Lines of an answer to EHLO, each behind `sign`, as far as they fit: all of them, or those that
 * `but` does not have. Returns how many bytes stand in `text` then. */
static size_t text_lines(char *text, size_t at, const struct probe_offers *o,
                         const struct probe_offers *but, const char *sign)
{
    for (const char *p = o->text; p < o->text + o->used && at < OUT_OFFERS; p += strlen(p) + 1)
        if (!but || !out_line_in(but, p))
            at += (size_t)snprintf(text + at, OUT_OFFERS - at, "%s%s%s", at ? ", " : "", sign, p);
    return at < OUT_OFFERS ? at : OUT_OFFERS - 1;
}

static void text_offers(FILE *f, const struct probe_facts *facts)
{
    const struct probe_offers *clear = &facts->offers[0], *tls = &facts->offers[1],
                              *first = clear->heard ? clear : tls;
    char text[OUT_OFFERS] = "";

    if (text_lines(text, 0, first, NULL, ""))
        text_line(f, "offers", "%s%s", text, first->cut ? ", and more" : "");
    if (!clear->heard || !tls->heard)
        return;
    *text = 0;
    if (text_lines(text, text_lines(text, 0, tls, clear, "+"), clear, tls, "-"))
        text_line(f, "  over TLS", "%s", text);
}

static void text_untried(FILE *f, const struct probe_offers *o)
{
    char line[400];
    size_t n = 0;

    for (const char *p = o->text; p < o->text + o->used && n < sizeof line; p += strlen(p) + 1)
        if (out_is_untried(p))
            n += (size_t)snprintf(line + n, sizeof line - n, "%s%s", n ? ", " : "", p);
    if (n)
        text_line(f, "not tried", "%s", line);
}

static void text_hash(FILE *f, const char *label, const uint8_t hash[QUOTH_CERT_SHA256])
{
    fprintf(f, "%-*s", OUT_LABEL, label);
    for (unsigned i = 0; i < QUOTH_CERT_SHA256; i++)
        fprintf(f, "%02x", hash[i]);
    putc('\n', f);
}

static void text_tls(FILE *f, const struct probe_facts *facts)
{
    const struct quoth_cert *c = &facts->cert;
    const unsigned fault = facts->tls.cert;
    char cipher[8];

    if (!facts->tls.version)
        return;
    text_line(f, "TLS", "%s, %s", app_tls_version(facts->tls.version),
              app_tls_cipher(facts->tls.cipher, cipher));
    if (!c->chain)
        return;
    text_line(f, "certificate", "%s%s", *c->names ? c->names : "no DNS name",
              c->cut ? " and more" : "");
    text_line(f, "", "issuer %s, %s to %s", *c->issuer ? c->issuer : "without a name", c->from,
              c->until);
    text_line(f, "", "key %s %u, signature %s, %u in the chain sent", c->key, c->key_bits,
              c->signature, c->chain);
    text_line(f, "", "trust: %s, name: %s",
              !(fault & QUOTH_CERT_CHECKED)  ? "not checked"
              : fault & QUOTH_CERT_UNTRUSTED ? "no"
                                             : "yes",
              facts->by_address               ? "not checked, an address was given"
              : fault & QUOTH_CERT_WRONG_NAME ? "no"
                                              : "yes");
    text_hash(f, "  sha256", c->sha256);
    text_hash(f, "  key sha256", c->key_sha256);
}

static void text_relay(FILE *f, const struct probe_facts *facts)
{
    for (unsigned i = 0; i < facts->relays; i++) {
        const struct quoth_said *said = &facts->probe[i].said;
        const char *from = i == 1 ? "from <>" : "from our sender";
        char esc[20];

        if (!said->code)
            text_line(f, "relay", "%s: no answer", from);
        else if (said->code / 100 == 2)
            text_line(f, "relay",
                      "%s: takes it at RCPT; whether it would deliver cannot be seen "
                      "without sending",
                      from);
        else
            text_line(f, "relay", "%s: %s (%u%s%s) at %s%s", from,
                      said->code / 100 == 5 ? "refused" : "not now", said->code,
                      said->esc[0] ? " " : "", said->esc[0] ? out_enhanced(said, esc) : "",
                      facts->probe[i].at_mail ? "MAIL" : "RCPT",
                      said->code / 100 == 5 ? ": closed for this path" : "");
    }
}

void probe_text(FILE *f, const struct probe_facts *facts, const struct probe_report *r)
{
    const struct probe_step *greeting = probe_step_of(facts, PROBE_GREETING);
    const struct probe_offers *clear = &facts->offers[0], *tls = &facts->offers[1];

    text_head(f, facts, r);
    for (unsigned i = 0; i < r->n; i++)
        text_finding(f, &r->finding[i]);
    if (greeting && greeting->said.code)
        text_line(f, "greeting", "%u %.*s", greeting->said.code, (int)greeting->said.n,
                  greeting->words);
    if (facts->connected)
        text_times(f, facts);
    text_offers(f, facts);
    text_untried(f, tls->heard ? tls : clear);
    text_tls(f, facts);
    text_relay(f, facts);
    putc('\n', f);
}

/* ---- JSON --------------------------------------------------------------- */

static void json_reply(struct app_json *w, const struct quoth_said *said, const char *words)
{
    char esc[20];

    if (!said->code) {
        app_json_null(w, "code");
        app_json_null(w, "enhanced");
        app_json_null(w, "text");
        return;
    }
    app_json_number(w, "code", said->code);
    app_json_text(w, "enhanced", out_enhanced(said, esc));
    app_json_str(w, "text", words, said->n);
}

static void json_findings(struct app_json *w, const struct probe_report *r)
{
    char words[QUOTH_CHECK_WORDS];

    app_json_open(w, "findings", '[');
    for (unsigned i = 0; i < r->n; i++) {
        const struct probe_finding *one = &r->finding[i];
        app_json_open(w, NULL, '{');
        app_json_text(w, "id", quoth_check_id(one->id));
        app_json_text(w, "grade", quoth_grade_name((enum quoth_grade)one->grade));
        app_json_text(w, "text", quoth_check_words(one->id, QUOTH_CHECK_SENTENCE, words));
        app_json_text(w, "detail", one->detail);
        app_json_text(w, "fix", quoth_check_words(one->id, QUOTH_CHECK_FIX, words));
        app_json_text(w, "ref", quoth_check_words(one->id, QUOTH_CHECK_SOURCE, words));
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
}

static void json_greeting(struct app_json *w, const struct probe_facts *f)
{
    const struct probe_step *greeting = probe_step_of(f, PROBE_GREETING);
    char word[24];

    if (!greeting || !greeting->done) {
        app_json_null(w, "greeting");
        return;
    }
    app_json_open(w, "greeting", '{');
    json_reply(w, &greeting->said, greeting->words);
    app_json_text(w, "name", f->name);
    app_json_text(w, "resolves", quoth_fact_name((enum quoth_fact)f->resolves));
    app_json_text(w, "software", out_software(greeting, word));
    app_json_close(w, '}');
}

static void json_steps(struct app_json *w, const struct probe_facts *f)
{
    app_json_open(w, "steps", '[');
    for (unsigned i = 0; i < f->steps; i++) {
        const struct probe_step *s = &f->step[i];
        app_json_open(w, NULL, '{');
        app_json_text(w, "step", probe_verb_name(s->verb));
        app_json_bool(w, "secure", s->secure);
        if (s->done)
            app_json_number(w, "ms", s->ms);
        else
            app_json_null(w, "ms");
        json_reply(w, &s->said, s->words);
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
}

/* The lines of an answer to EHLO: all of them, or those with a keyword that is never tried. */
static void json_offers(struct app_json *w, const char *key, const struct probe_offers *o,
                        int untried)
{
    if (!o->heard) {
        app_json_null(w, key);
        return;
    }
    app_json_open(w, key, '[');
    for (const char *p = o->text; p < o->text + o->used; p += strlen(p) + 1)
        if (!untried || out_is_untried(p))
            app_json_str(w, NULL, p, strlen(p));
    app_json_close(w, ']');
}

/* Every mechanism of every such line, blanks between. */
static void json_logins(struct app_json *w, const struct probe_offers *o)
{
    app_json_open(w, "auth", '[');
    for (const char *how = NULL; (how = probe_offer(o, "auth", how));)
        for (const char *p = how; *p; p += strspn(p, " ")) {
            const size_t n = strcspn(p, " ");
            app_json_str(w, NULL, p, n);
            p += n;
        }
    app_json_close(w, ']');
}

static void json_hash(struct app_json *w, const char *key, const uint8_t hash[QUOTH_CERT_SHA256])
{
    char hex[2 * QUOTH_CERT_SHA256 + 1];

    for (unsigned i = 0; i < QUOTH_CERT_SHA256; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    app_json_text(w, key, hex);
}

static void json_words(struct app_json *w, const char *key, const char *words)
{
    app_json_open(w, key, '[');
    while (*words) {
        const size_t n = strcspn(words, " ");
        app_json_str(w, NULL, words, n);
        words += n;
        words += *words == ' ';
    }
    app_json_close(w, ']');
}

/* true, false, or null where it was not checked. */
static void json_checked(struct app_json *w, const char *key, int checked, int yes)
{
    if (checked)
        app_json_bool(w, key, yes);
    else
        app_json_null(w, key);
}

static void json_cert(struct app_json *w, const struct probe_facts *f)
{
    const struct quoth_cert *c = &f->cert;
    const unsigned fault = f->tls.cert;

    if (!c->chain) {
        app_json_null(w, "certificate");
        return;
    }
    app_json_open(w, "certificate", '{');
    json_words(w, "names", c->names);
    app_json_bool(w, "names_cut", c->cut);
    app_json_text(w, "subject", c->subject);
    app_json_text(w, "issuer", c->issuer);
    app_json_bool(w, "self_signed", c->self_signed);
    app_json_text(w, "from", c->from);
    app_json_text(w, "until", c->until);
    app_json_text(w, "key", c->key);
    app_json_number(w, "key_bits", c->key_bits);
    app_json_text(w, "signature", c->signature);
    app_json_number(w, "chain", c->chain);
    json_hash(w, "sha256", c->sha256);
    json_hash(w, "key_sha256", c->key_sha256);
    json_checked(w, "trusted", fault & QUOTH_CERT_CHECKED, !(fault & QUOTH_CERT_UNTRUSTED));
    json_checked(w, "name_matches", !f->by_address, !(fault & QUOTH_CERT_WRONG_NAME));
    json_checked(w, "dates_valid", !(fault & QUOTH_CERT_NO_CLOCK), !(fault & QUOTH_CERT_EXPIRED));
    app_json_close(w, '}');
}

static void json_tls(struct app_json *w, const struct probe_facts *f)
{
    char cipher[8];

    if (!f->tls.version) {
        app_json_null(w, "tls");
        return;
    }
    app_json_open(w, "tls", '{');
    app_json_text(w, "version", app_tls_version(f->tls.version));
    app_json_text(w, "cipher", app_tls_cipher(f->tls.cipher, cipher));
    json_cert(w, f);
    app_json_close(w, '}');
}

static void json_relay(struct app_json *w, const struct probe_facts *f)
{
    static const char *const states[PROBE_RELAY_STATES] = {
        "not_asked", "closed", "unknown", "taken", "takes_anything", "not_testable"};

    app_json_open(w, "relay", '{');
    app_json_text(w, "state", states[f->relay_state]);
    app_json_text(w, "address", f->relay);
    app_json_text(w, "why", f->relay_why);
    app_json_open(w, "probes", '[');
    for (unsigned i = 0; i < f->relays; i++) {
        app_json_open(w, NULL, '{');
        app_json_bool(w, "null_sender", i == 1);
        app_json_text(w, "step", f->probe[i].at_mail ? "MAIL" : "RCPT");
        json_reply(w, &f->probe[i].said, f->probe[i].words);
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
    app_json_close(w, '}');
}

void probe_json(FILE *f, const struct probe_facts *facts, const struct probe_report *r)
{
    struct app_stream out = {.f = f};
    struct app_json w = {&out, 0};
    const struct quoth_peer bare = {facts->peer.ip, 0};
    const struct probe_offers *last = &facts->offers[facts->offers[1].heard];
    char ip[64] = "";

    app_json_open(&w, NULL, '{');
    app_json_text(&w, "kind", "smtp");
    app_json_text(&w, "host", facts->host);
    app_json_number(&w, "port", facts->port);
    app_json_number(&w, "as", facts->as);
    app_json_text(&w, "ip", facts->peer.ip.len ? app_peer_text(&bare, ip) : NULL);
    app_json_text(&w, "grade", quoth_grade_name((enum quoth_grade)r->grade));
    json_findings(&w, r);
    app_json_bool(&w, "connected", facts->connected);
    json_greeting(&w, facts);
    json_steps(&w, facts);
    app_json_open(&w, "ehlo", '{');
    json_offers(&w, "clear", &facts->offers[0], 0);
    json_offers(&w, "tls", &facts->offers[1], 0);
    app_json_close(&w, '}');
    json_logins(&w, last);
    json_offers(&w, "not_tried", last, 1);
    json_tls(&w, facts);
    json_relay(&w, facts);
    app_json_number(&w, "ms", facts->ms);
    app_json_number(&w, "v", 1);
    app_json_close(&w, '}');
    putc('\n', f);
}
