/* heard.c - a reply as people write it down, read as if it came over the wire.
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

int app_hear(struct quoth_reply *r, const char *text)
{
    size_t used;
    int heard = QUOTH_AGAIN;

    quoth_reply_init(r);
    while (heard == QUOTH_AGAIN) {
        const char *lf = strchr(text, '\n'), *end = strstr(text, "\\n");
        if (!end || (lf && lf < end))
            end = lf;
        size_t n = end ? (size_t)(end - text) : strlen(text);
        const size_t cr = end && end == lf && n && text[n - 1] == '\r';
        heard = quoth_reply_feed(r, text, n - cr, &used);
        if (heard == QUOTH_AGAIN)
            heard = quoth_reply_feed(r, "\r\n", 2, &used);
        if (!end)
            break;
        text = end + (end == lf ? 1 : 2);
    }
    return heard == QUOTH_OK;
}
