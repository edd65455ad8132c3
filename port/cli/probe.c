/* probe.c - what is asked of the facts of a conversation: steps, and keywords of EHLO.
 *
 * SPDX-License-Identifier: MIT */
#include "probe.h"
#include <string.h>
#include <strings.h>

static const char *const probe_verbs[PROBE_VERBS] = {
    [PROBE_CONNECT] = "connect", [PROBE_HANDSHAKE] = "TLS", [PROBE_GREETING] = "greeting",
    [PROBE_EHLO] = "EHLO",       [PROBE_HELO] = "HELO",     [PROBE_STARTTLS] = "STARTTLS",
    [PROBE_MAIL] = "MAIL",       [PROBE_RCPT] = "RCPT",     [PROBE_RSET] = "RSET",
    [PROBE_QUIT] = "QUIT",
};

const char *probe_verb_name(unsigned verb) { return probe_verbs[verb]; }

const struct probe_step *probe_step_of(const struct probe_facts *facts, enum probe_verb verb)
{
    for (unsigned i = facts->steps; i-- > 0;)
        if (facts->step[i].verb == verb)
            return &facts->step[i];
    return NULL;
}

int probe_has_word(const char *words, const char *word, size_t n)
{
    while (*words) {
        const size_t len = strcspn(words, " ");
        if (len == n && n && !strncasecmp(words, word, n))
            return 1;
        words += len;
        words += *words == ' ';
    }
    return 0;
}

const char *probe_offer(const struct probe_offers *offers, const char *keyword, const char *from)
{
    const size_t n = strlen(keyword);
    const char *p = from ? from + strlen(from) + 1 : offers->text;

    for (; p < offers->text + offers->used; p += strlen(p) + 1)
        if (!strncasecmp(p, keyword, n) && strchr(" =", p[n])) /* the NUL at the end counts */
            return p + n + strspn(p + n, " =");
    return NULL;
}
