/* policy.c - any bytes as a policy of MTA-STS.
 *
 * Oracle: pieces never matter. Of a policy without a fault: a line that nobody knows changes
 * nothing of it, each pattern that was kept is a host's name or has "*." in front of one, and means
 * what it says.
 *
 * Input: a byte says how long the pieces are; the rest is the text.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth_domain.h"

enum { LONGEST = 400 }; /* the limits of length are tests/policy_test.c's */

static void read_in(struct quoth_policy *p, const char *text, size_t n, size_t piece)
{
    quoth_policy_start(p);
    for (size_t at = 0; at < n; at += piece)
        quoth_policy_feed(p, text + at, n - at < piece ? n - at : piece);
}

static void patterns(const struct quoth_policy *p)
{
    const char *at = p->mx;
    struct quoth_name name;

    require(p->patterns <= QUOTH_POLICY_PATTERNS && p->used <= sizeof p->mx);
    for (unsigned i = 0; i < p->patterns; i++, at += strlen(at) + 1) {
        char host[256];
        require(at < p->mx + p->used && strlen(at) < sizeof host);
        strcpy(host, at);
        if (at[0] == '*')
            host[0] = 'a';
        require(quoth_name_parse(&name, host, strlen(host)) == QUOTH_OK);
        require(quoth_name_is_host(&name) && quoth_policy_matches(at, host, strlen(host)));
    }
    require(at == p->mx + p->used);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    static struct quoth_policy whole, cut, more;
    const char *text = (const char *)in + 1;

    if (!n-- || n > LONGEST)
        return 0;
    read_in(&whole, text, n, n + 1);
    read_in(&cut, text, n, in[0] % 16 + 1u);
    more = cut;
    require(quoth_policy_end(&whole) == quoth_policy_end(&cut));
    require(!memcmp(&whole, &cut, sizeof cut));
    require(whole.fault <= QUOTH_POLICY_MX && whole.mode <= QUOTH_POLICY_ENFORCE);
    patterns(&whole);
    if (whole.fault || whole.blank)
        return 0;
    quoth_policy_feed(&more, "\nnobody-knows: me", 17);
    require(quoth_policy_end(&more) || whole.bytes == 0 || text[n - 1] == '\n' ||
            text[n - 1] == '\r');
    require(more.mode == whole.mode && more.max_age == whole.max_age);
    require(more.patterns == whole.patterns);
    return 0;
}
