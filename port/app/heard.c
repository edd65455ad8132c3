/* heard.c - a reply as people write it down, read as if it came over the wire.
 *
 *     550-5.1.1 The account              550 5.1.1 The account
 *     550 5.1.1 does not exist           does not exist
 *
 * Mail programs and logs leave the codes of further lines out, or their hyphens. What follows the
 * first line belongs to the reply, up to a line with another code: words that say why must not be
 * lost, for without them a refusal of ours may look like a missing mailbox.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "app.h"

int app_stage(const char *stage, size_t n)
{
    static const struct {
        const char *name;
        enum quoth_phase phase;
    } stages[] = {
        {"CONNECT", QUOTH_PHASE_BANNER},    {"BANNER", QUOTH_PHASE_BANNER},
        {"EHLO", QUOTH_PHASE_EHLO},         {"HELO", QUOTH_PHASE_EHLO},
        {"STARTTLS", QUOTH_PHASE_STARTTLS}, {"MAIL", QUOTH_PHASE_MAIL},
        {"RCPT", QUOTH_PHASE_RCPT},         {"DECOY", QUOTH_PHASE_DECOY},
    };
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        if (strlen(stages[i].name) == n && !memcmp(stages[i].name, stage, n))
            return (int)stages[i].phase;
    return -1;
}

/* The next line that is not empty. 1, or 0: there is none. */
static int heard_line(const char **text, struct quoth_span *line)
{
    do {
        const char *lf = strchr(*text, '\n'), *end = strstr(*text, "\\n");
        if (!**text)
            return 0;
        if (!end || (lf && lf < end))
            end = lf;
        line->p = *text;
        line->n = end ? (size_t)(end - *text) : strlen(*text);
        *text = !end ? line->p + line->n : end + (end == lf ? 1 : 2);
        if (end == lf && line->n && line->p[line->n - 1] == '\r')
            line->n--;
    } while (!line->n);
    return 1;
}

/* How many bytes of the line are a reply code and what parts it from the words; 0: it has none. */
static size_t heard_code(const struct quoth_span *line)
{
    uint32_t code;

    if (app_number(line->p, &code) != 3)
        return 0;
    if (line->n == 3)
        return 3;
    return line->p[3] == ' ' || line->p[3] == '-' ? 4 : 0;
}

int app_hear(struct quoth_reply *reply, const char *text)
{
    struct quoth_span line, next = {"", 0};
    const char *code;
    size_t used, skip;
    int heard = QUOTH_AGAIN, more = heard_line(&text, &line);

    if (!more || !heard_code(&line))
        return 0;
    code = line.p;
    quoth_reply_init(reply);
    while (more && heard == QUOTH_AGAIN) {
        more = heard_line(&text, &next);
        if (more && heard_code(&next) && memcmp(next.p, code, 3) != 0)
            more = 0; /* another reply */
        skip = heard_code(&line);
        quoth_reply_feed(reply, code, 3, &used);
        quoth_reply_feed(reply, more ? "-" : " ", 1, &used);
        quoth_reply_feed(reply, line.p + skip, line.n - skip, &used);
        heard = quoth_reply_feed(reply, "\r\n", 2, &used);
        line = next;
    }
    return heard == QUOTH_OK;
}
