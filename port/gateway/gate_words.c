/* gate_words.c - what is said, exactly: one row a protocol, one column a meaning.
 *
 * Why these words (each seen in the replies of Postfix 3.7 to its clients):
 *
 *   policy   REJECT 5.1.1 would become 554, so the number is said; DEFER_IF_PERMIT becomes 450.
 *   access   TEMP would become 451 4.3.5 "Server configuration error": never used there.
 *            For tcp_table too: 400 would become 451 4.3.0 there, with no word of what it is.
 *   rcpt     Full or disabled is there all the same: TEMP would become "Temporary lookup failure",
 *            and that a user is unknown would not be true.
 *            NOTFOUND becomes 550 5.1.1 "User unknown in relay recipient table"; PERM would blame
 *            the administrator. A relay domain that nobody routed is no reason to refuse all of it.
 *   sender   What is not known is no reason to refuse: it goes on.
 *   line     An empty answer is what Exim sees when we crash, so each begins with a word.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "gateway.h"

#define NO_MAILBOX    "550 5.1.1 no such mailbox (%s)"
#define NULL_MX       "556 5.1.10 recipient domain takes no mail (%s)"
#define NO_DOMAIN     "550 5.1.2 no such domain (%s)"
#define NO_SENDER     "550 5.1.7 sender address does not exist (%s)"
#define SENDER_NULL   "550 5.7.27 sender domain takes no mail (%s)"
#define SENDER_DOMAIN "550 5.1.8 sender domain does not exist (%s)"
#define FULL          "DEFER_IF_PERMIT 4.2.2 mailbox is full (%s)"
#define DISABLED      "550 5.2.1 mailbox is disabled (%s)"
#define LATER         "DEFER_IF_PERMIT 4.2.1 address is being verified, please try again (%s)"

static const char *const words[GATE_FORMS][GATE_SAYS] = {
    [GATE_POLICY] = {[GATE_LATER] = LATER,
                     [GATE_GOOD] = "DUNNO",
                     [GATE_NO_MAILBOX] = NO_MAILBOX,
                     [GATE_NULL_MX] = NULL_MX,
                     [GATE_NO_DOMAIN] = NO_DOMAIN,
                     [GATE_NOT_OURS] = "DUNNO",
                     [GATE_FULL] = FULL,
                     [GATE_DISABLED] = DISABLED},
    [GATE_RCPT_MAP] = {[GATE_LATER] = "TEMP verifying",
                       [GATE_GOOD] = "OK deliverable",
                       [GATE_NO_MAILBOX] = "NOTFOUND ",
                       [GATE_NULL_MX] = "NOTFOUND ",
                       [GATE_NO_DOMAIN] = "NOTFOUND ",
                       [GATE_NOT_OURS] = "TEMP no --route for this domain",
                       [GATE_NO_ADDRESS] = "NOTFOUND ",
                       [GATE_FULL] = "OK deliverable",
                       [GATE_DISABLED] = "OK deliverable"},
    [GATE_ACCESS_MAP] = {[GATE_LATER] = "OK " LATER,
                         [GATE_GOOD] = "OK DUNNO",
                         [GATE_NO_MAILBOX] = "OK " NO_MAILBOX,
                         [GATE_NULL_MX] = "OK " NULL_MX,
                         [GATE_NO_DOMAIN] = "OK " NO_DOMAIN,
                         [GATE_NOT_OURS] = "NOTFOUND ",
                         [GATE_FULL] = "OK " FULL,
                         [GATE_DISABLED] = "OK " DISABLED},
    [GATE_TCP] = {[GATE_LATER] = "400 verifying",
                  [GATE_GOOD] = "200 DUNNO",
                  [GATE_NO_MAILBOX] = "200 " NO_MAILBOX,
                  [GATE_NULL_MX] = "200 " NULL_MX,
                  [GATE_NO_DOMAIN] = "200 " NO_DOMAIN,
                  [GATE_NOT_OURS] = "500 not here",
                  [GATE_FULL] = "200 " FULL,
                  [GATE_DISABLED] = "200 " DISABLED},
    [GATE_LINE] = {[GATE_LATER] = "unknown verifying",
                   [GATE_GOOD] = "deliverable accepted 250",
                   [GATE_NO_MAILBOX] = "undeliverable user_unknown 550 5.1.1 (%s)",
                   [GATE_NULL_MX] = "undeliverable null_mx 556 5.1.10 (%s)",
                   [GATE_NO_DOMAIN] = "undeliverable no_such_domain 550 5.1.2 (%s)",
                   [GATE_NOT_OURS] = "skipped",
                   [GATE_FULL] = "risky mailbox_full 4.2.2 (%s)",
                   [GATE_DISABLED] = "risky mailbox_disabled 550 5.2.1 (%s)"},
    [GATE_SENDER_POLICY] = {[GATE_LATER] = "DUNNO",
                            [GATE_GOOD] = "DUNNO",
                            [GATE_NO_MAILBOX] = NO_SENDER,
                            [GATE_NULL_MX] = SENDER_NULL,
                            [GATE_NO_DOMAIN] = SENDER_DOMAIN,
                            [GATE_NOT_OURS] = "DUNNO",
                            [GATE_FULL] = "DUNNO",
                            [GATE_DISABLED] = "DUNNO"},
    [GATE_SENDER_MAP] = {[GATE_LATER] = "OK DUNNO",
                         [GATE_GOOD] = "OK DUNNO",
                         [GATE_NO_MAILBOX] = "OK " NO_SENDER,
                         [GATE_NULL_MX] = "OK " SENDER_NULL,
                         [GATE_NO_DOMAIN] = "OK " SENDER_DOMAIN,
                         [GATE_NOT_OURS] = "NOTFOUND ",
                         [GATE_FULL] = "OK DUNNO",
                         [GATE_DISABLED] = "OK DUNNO"},
    [GATE_SENDER_LINE] = {[GATE_LATER] = "unknown verifying",
                          [GATE_GOOD] = "deliverable accepted 250",
                          [GATE_NO_MAILBOX] = "undeliverable user_unknown 550 5.1.7 (%s)",
                          [GATE_NULL_MX] = "undeliverable null_mx 550 5.7.27 (%s)",
                          [GATE_NO_DOMAIN] = "undeliverable no_such_domain 550 5.1.8 (%s)",
                          [GATE_NOT_OURS] = "skipped",
                          [GATE_FULL] = "deliverable accepted 250",
                          [GATE_DISABLED] = "deliverable accepted 250"},
};

/* Behind its status a tcp_table has blanks escaped. */
static void words_escape(char *text)
{
    char plain[256];
    size_t n = 4;

    strcpy(plain, text);
    for (const char *p = plain + 4; *p; p++) {
        if (*p == ' ') {
            memcpy(text + n, "%20", 3);
            n += 3;
        } else {
            text[n++] = *p;
        }
    }
    text[n] = '\0';
}

size_t gate_answer(enum gate_form form, enum gate_says says, const char *id, char buf[256])
{
    const char *word = words[form][says] ? words[form][says] : words[form][GATE_NOT_OURS];
    char text[256];
    int n;

    snprintf(text, sizeof text, word, id);
    switch (form) {
    case GATE_POLICY:
    case GATE_SENDER_POLICY: n = snprintf(buf, 256, "action=%s\n\n", text); break;
    case GATE_RCPT_MAP:
    case GATE_ACCESS_MAP:
    case GATE_SENDER_MAP: n = snprintf(buf, 256, "%zu:%s,", strlen(text), text); break;
    case GATE_TCP: words_escape(text); /* fall through */
    default: n = snprintf(buf, 256, "%s\n", text); break;
    }
    return (size_t)n;
}
