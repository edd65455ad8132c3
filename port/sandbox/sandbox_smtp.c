/* sandbox_smtp.c - the server's side of an SMTP conversation (RFC 5321, RFC 2920, RFC 3207), as a
 * reader of commands and a player of scripts. It knows no socket.
 *
 *   greet ----> say, say, say ... then listen <--------------+
 *                                   | a command line          | its script
 *                                   +--> is it in order? -----+
 *                                         no: what was wrong
 *
 * A verifier needs eight commands. Anything else is an offence, most of all what would move a
 * message or list users; the unwanted verbs are not named here, so that the command's binary
 * holds none of them. Out of turn is an offence too: before a whole reply was said, behind a
 * command that ends a group, or in a group that was not offered.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "sandbox.h"

enum { SMTP_LINE_MAX = 510 }; /* RFC 5321 4.5.3.1.4, without CRLF */

void sandbox_smtp_greet(struct sandbox_smtp *smtp, const struct world_server *host, int secure)
{
    memset(smtp, 0, sizeof *smtp);
    smtp->host = host;
    smtp->secure = (uint8_t)secure;
    if (host->flags & WORLD_WEB) { /* there, too */
        smtp->whole = 1;
        return;
    }
    /* after STARTTLS the client speaks first (RFC 3207 4.2) */
    if (secure && !(host->flags & WORLD_TLS_FIRST)) {
        smtp->whole = 1;
        return;
    }
    snprintf(smtp->made, sizeof smtp->made, "220 mx.%s ready", host->domain);
    smtp->script = host->greet ? host->greet : smtp->made;
}

/* ---- what is said ------------------------------------------------------- */

/* What a server offers, one a line: after STARTTLS it may be something else. */
static const char *smtp_extensions(const struct sandbox_smtp *smtp)
{
    if (smtp->secure && smtp->host->offer_tls)
        return smtp->host->offer_tls;
    if (smtp->host->offer)
        return smtp->host->offer;
    return "PIPELINING\nSIZE 10240000\nENHANCEDSTATUSCODES\n8BITMIME";
}

/* The reply to EHLO: our name, then the extensions one a line. */
static const char *smtp_offers(struct sandbox_smtp *smtp)
{
    const struct world_server *server = smtp->host;
    const char *offer = smtp_extensions(smtp);
    int tls = !smtp->secure && (server->tls || server->starttls);
    size_t n = (size_t)snprintf(smtp->made, sizeof smtp->made, "250%cmx.%s greets %%",
                                *offer || tls ? '-' : ' ', server->domain);
    while (*offer) {
        size_t word = strcspn(offer, "\n");
        int last = !offer[word] && !tls;
        n += (size_t)snprintf(smtp->made + n, sizeof smtp->made - n, "\n250%c%.*s",
                              last ? ' ' : '-', (int)word, offer);
        offer += word + (offer[word] == '\n');
    }
    if (tls)
        snprintf(smtp->made + n, sizeof smtp->made - n, "\n250 STARTTLS");
    smtp->burst_next = strstr(smtp->made, "PIPELINING") != NULL;
    return smtp->made;
}

/* The reply to RCPT for the address in smtp->who. A box may change its mind later:
 * world_box.later. */
static const char *smtp_judges(const struct sandbox_smtp *smtp, const struct sandbox_set *set,
                               uint64_t now)
{
    /* when each box was asked first, plus one; by its place in the table */
    static uint64_t first[256];
    const struct world_box *box = world_box_of(smtp->who);
    const char *rcpt = smtp->host->rcpt ? smtp->host->rcpt : "550 5.1.1 <%>: no such user here";
    int dotted = smtp->who[strcspn(smtp->who, ".@")] == '.';

    if (!box)
        return smtp->host->flags & WORLD_ANY || (smtp->host->flags & WORLD_SHAPE && dotted) ||
                       (smtp->host->flags & WORLD_PERCENT && strchr(smtp->who, '%'))
                   ? "250 2.1.5 fine"
                   : rcpt;
    if (box->later) {
        uint64_t *at = &first[(size_t)(box - world_boxes) % 256];
        if (!*at)
            *at = now + 1;
        else if (now + 1 - *at >= set->grey_ms)
            return box->later;
    }
    if (!box->says)
        return "250 2.1.5 fine";
    return *box->says ? box->says : rcpt;
}

/* Copy what stands in <> behind `word` to smtp->who. Returns what follows '>', or NULL if it is not
 * well formed. */
static const char *smtp_path(struct sandbox_smtp *smtp, const char *line, const char *word)
{
    size_t n = strlen(word), at, end;
    if (strlen(line) < n)
        return NULL;
    for (at = 0; at < n; at++)
        if ((line[at] & ~32) != (word[at] & ~32))
            return NULL;
    for (end = at; line[end] && line[end] != '>'; end++)
        if (line[end] == '"') /* a quoted local part may hold '>' */
            for (end++; line[end] && line[end] != '"'; end++)
                if (line[end] == '\\' && line[end + 1])
                    end++;
    if (line[end] != '>' || end - at >= sizeof smtp->who)
        return NULL;
    memcpy(smtp->who, line + at, end - at);
    smtp->who[end - at] = 0;
    return line + end + 1;
}

/* ---- the one request that a web server gets -------------------------------- */

/* Its lines, until an empty one. NULL, or what the client did that it must never do. */
static const char *smtp_web(struct sandbox_smtp *smtp, const char *line)
{
    const size_t n = strlen(line);

    if (!*line) {
        smtp->script = smtp->host->greet;
        return smtp->web > 1 ? NULL : "a request without Host";
    }
    if (smtp->web == 0 && strcmp(line, "GET /.well-known/mta-sts.txt HTTP/1.1"))
        return "a request for anything but the policy of MTA-STS";
    if (smtp->web == 1 &&
        (n < 7 || memcmp(line, "Host: ", 6) || strcmp(line + 6, smtp->host->domain)))
        return "a request of another host";
    smtp->web = (uint8_t)(smtp->web + (smtp->web < 2));
    return NULL;
}

/* ---- what is heard: each handler returns the script of its reply -------- */

static const char *smtp_ehlo(struct sandbox_smtp *smtp, const char *line, int extended)
{
    const char *script = extended ? smtp->host->ehlo : smtp->host->helo;
    snprintf(smtp->who, sizeof smtp->who, "%.*s", (int)sizeof smtp->who - 1,
             line + 4 + (line[4] == ' '));
    smtp->mail = 0;
    smtp->burst = smtp->burst_next = 0;
    if (!*smtp->who)
        return "501 5.5.4 and your name?";
    if (script) {
        smtp->burst_next = strstr(script, "PIPELINING") != NULL;
        return script;
    }
    if (extended)
        return smtp_offers(smtp);
    snprintf(smtp->made, sizeof smtp->made, "250 mx.%s greets %%", smtp->host->domain);
    return smtp->made;
}

static const char *smtp_mail(struct sandbox_smtp *smtp, const char *line)
{
    const char *rest = smtp_path(smtp, line, "MAIL FROM:<");
    const struct world_server *server = smtp->host;
    if (!rest)
        return "501 5.5.4 MAIL FROM:<address> is what I can read";
    if (smtp->mail)
        return "503 5.5.1 a transaction is open";
    smtp->utf8 = server->offer && strstr(server->offer, "SMTPUTF8") && strstr(rest, " SMTPUTF8");
    if (*rest && !smtp->utf8)
        return "555 5.5.4 unknown parameter";
    if (server->flags & WORLD_TLS_MUST && !smtp->secure)
        return "530 5.7.0 STARTTLS is required first";
    smtp->mail = !server->mail || strchr("~2", server->mail[0]);
    return server->mail ? server->mail : "250 2.1.0 fine";
}

static const char *smtp_rcpt(struct sandbox_smtp *smtp, const struct sandbox_set *set,
                             const char *line, uint64_t now)
{
    const char *rest = smtp_path(smtp, line, "RCPT TO:<"), *p;
    if (!rest)
        return "501 5.5.4 RCPT TO:<address> is what I can read";
    if (!smtp->mail)
        return "503 5.5.1 MAIL comes first";
    if (smtp->mail > 1 && smtp->host->flags & WORLD_ALONE)
        return "503 5.5.0 improper use of pipelining";
    if (*rest)
        return "555 5.5.4 unknown parameter";
    for (p = smtp->who; *p; p++)
        if (*p & 0x80 && !smtp->utf8)
            return "553 5.6.7 an address in UTF-8 needs SMTPUTF8";
    if (smtp->host->most && smtp->rcpts++ >= smtp->host->most)
        return "421 4.7.0 that is enough for one conversation\n!";
    return smtp_judges(smtp, set, now);
}

static const char *smtp_starttls(struct sandbox_smtp *smtp)
{
    if (smtp->secure || (!smtp->host->tls && !smtp->host->starttls))
        return "502 5.5.1 not here";
    if (smtp->host->starttls)
        return smtp->host->starttls;
    smtp->then = SANDBOX_START_TLS;
    return "220 2.0.0 go ahead";
}

static const char *smtp_rset(struct sandbox_smtp *smtp)
{
    smtp->mail = 0;
    return "250 2.0.0 forgotten";
}

enum smtp_verb {
    SMTP_EHLO,
    SMTP_HELO,
    SMTP_MAIL,
    SMTP_RCPT,
    SMTP_RSET,
    SMTP_NOOP,
    SMTP_STARTTLS,
    SMTP_QUIT,
    SMTP_VERBS
};
static const struct {
    const char *word;
    uint8_t ends_group;
} smtp_verbs[SMTP_VERBS] = {
    [SMTP_EHLO] = {"EHLO", 1},         [SMTP_HELO] = {"HELO", 1}, [SMTP_MAIL] = {"MAIL", 0},
    [SMTP_RCPT] = {"RCPT", 0},         [SMTP_RSET] = {"RSET", 0}, [SMTP_NOOP] = {"NOOP", 1},
    [SMTP_STARTTLS] = {"STARTTLS", 1}, [SMTP_QUIT] = {"QUIT", 1}};

static enum smtp_verb smtp_verb_of(const char *line)
{
    char word[10] = {0};
    size_t n = strcspn(line, " ");
    enum smtp_verb verb = SMTP_EHLO;
    if (n >= sizeof word)
        return SMTP_VERBS;
    memcpy(word, line, n);
    while (verb < SMTP_VERBS && !world_same(word, smtp_verbs[verb].word))
        verb++;
    return verb;
}

const char *sandbox_smtp_heard(struct sandbox_smtp *smtp, const struct sandbox_set *set,
                               const char *line, int more, uint64_t now)
{
    enum smtp_verb verb = smtp_verb_of(line);
    if (smtp->host->flags & WORLD_WEB)
        return smtp_web(smtp, line);
    if (strlen(line) > SMTP_LINE_MAX)
        return "a line longer than 512 bytes";
    if (verb == SMTP_VERBS)
        return "a command that a verifier never needs";
    if (more && !smtp->burst)
        return "commands in a group, and PIPELINING was not offered";
    if (more && smtp_verbs[verb].ends_group)
        return "more behind a command that ends a group";
    smtp->whole = 0;
    switch (verb) {
    case SMTP_EHLO: smtp->script = smtp_ehlo(smtp, line, 1); break;
    case SMTP_HELO: smtp->script = smtp_ehlo(smtp, line, 0); break;
    case SMTP_MAIL:
        smtp->script = smtp_mail(smtp, line);
        smtp->mail = (uint8_t)(smtp->mail << (more != 0));
        break;
    case SMTP_RCPT: smtp->script = smtp_rcpt(smtp, set, line, now); break;
    case SMTP_RSET: smtp->script = smtp_rset(smtp); break;
    case SMTP_NOOP: smtp->script = "250 2.0.0 nothing done"; break;
    case SMTP_STARTTLS: smtp->script = smtp_starttls(smtp); break;
    case SMTP_QUIT:
        smtp->script = smtp->host->quit ? smtp->host->quit : "221 2.0.0 goodbye\n!";
        break;
    case SMTP_VERBS: break;
    }
    return NULL;
}

/* ---- playing a script --------------------------------------------------- */

/* Write n bytes of a script's line and a line end, with '%' replaced, at least `pad` bytes long. */
static size_t smtp_put(const struct sandbox_smtp *smtp, const char *line, size_t n, size_t pad,
                       char *buf, size_t cap)
{
    size_t at = 0;
    for (size_t i = 0; i < n && at + sizeof smtp->who + 2 < cap; i++) {
        if (line[i] == '%') {
            memcpy(buf + at, smtp->who, strlen(smtp->who));
            at += strlen(smtp->who);
        } else {
            buf[at++] = line[i];
        }
    }
    while (at + 2 < pad && at + 2 < cap)
        buf[at++] = '.';
    if (!(smtp->host->flags & WORLD_BARE_LF))
        buf[at++] = '\r';
    buf[at++] = '\n';
    return at;
}

/* Write a plain line and the plain lines behind it, as far as they are sure to fit. */
static size_t smtp_put_lines(struct sandbox_smtp *smtp, const char *line, size_t pad, char *buf,
                             size_t cap)
{
    size_t at = 0;
    do {
        size_t n = strcspn(line, "\n");
        if (n < 4 || line[3] != '-')
            smtp->whole = 1;
        at += smtp_put(smtp, line, n, pad, buf + at, cap - at);
        line = line[n] ? line + n + 1 : NULL;
        pad = 0;
    } while (line && !strchr("~!*#", *line) && cap - at > 2 * sizeof smtp->made);
    smtp->script = line;
    return at;
}

/* Behind a ~: a number of milliseconds; ?: until the client has said something; else for ever. */
static uint64_t smtp_pause(const char *p)
{
    uint32_t ms;
    if (app_number(p, &ms))
        return ms;
    return *p == '?' ? SANDBOX_UNTIL_HEARD : QUOTH_NEVER;
}

size_t sandbox_smtp_say(struct sandbox_smtp *smtp, char *buf, size_t cap, uint64_t *wait, int *over)
{
    const char *line = smtp->script;
    size_t n = strcspn(line, "\n"), did = 0;
    uint32_t number;
    *wait = 0;
    *over = 0;
    switch (*line) {
    case '!': *over = n > 1 ? 2 : 1; break;
    case '~': *wait = smtp_pause(line + 1); break;
    case '*': /* the script stays where it is, so this line comes again */
        return smtp_put(smtp, line + 1, n - 1, 0, buf, cap);
    case '#':
        did = app_number(line + 1, &number);
        did = smtp_put_lines(smtp, line + 1 + did + 1, number, buf, cap);
        break;
    default: did = smtp_put_lines(smtp, line, 0, buf, cap); break;
    }
    if (!did)
        smtp->script = line[n] ? line + n + 1 : NULL;
    if (!smtp->script)
        smtp->burst = smtp->burst || smtp->burst_next;
    return did;
}
