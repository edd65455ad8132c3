/* intake_test.c - who is asked, of which domain, and who is not and why (sections A and G of
 * RULES.md), one line a text; and every printed name of every enum.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "test.h"

static const char *const allowed[] = {"corp.example", "TEST", NULL};

static const struct {
    const char *text, *domain;
    enum quoth_reason stop;
    unsigned lists;
} intake_rows[] = {
    {"jane@Mail.Provider.net", "mail.provider.net", QUOTH_REASON_NONE, 0},
    {"info@provider.net", "provider.net", QUOTH_REASON_NONE, QUOTH_LIST_ROLE},
    {"jane", "", QUOTH_REASON_SYNTAX, 0},
    {"jane@", "", QUOTH_REASON_SYNTAX, 0},
    {"jane@xn--a.net", "", QUOTH_REASON_SYNTAX, 0},
    {"jane@b\u00fccher.net", "xn--bcher-kva.net", QUOTH_REASON_NONE, 0},
    {"jane@a.invalid", "a.invalid", QUOTH_REASON_RESERVED, QUOTH_LIST_RESERVED},
    {"info@example", "example", QUOTH_REASON_RESERVED, QUOTH_LIST_RESERVED | QUOTH_LIST_ROLE},
    {"jane@a.test", "a.test", QUOTH_REASON_NONE, 0},
    {"jane@corp.example", "corp.example", QUOTH_REASON_NONE, 0},
    {"jane@a.corp.example", "a.corp.example", QUOTH_REASON_NONE, 0},
    {"jane@acorp.example", "acorp.example", QUOTH_REASON_RESERVED, QUOTH_LIST_RESERVED},
    {"jane@[192.0.2.1]", "[192.0.2.1]", QUOTH_REASON_ADDRESS_LITERAL, 0},
    {"jane@provider", "provider", QUOTH_REASON_SINGLE_LABEL, 0},
    {"jane@test", "test", QUOTH_REASON_SINGLE_LABEL, 0},
    {"jane@x", "x", QUOTH_REASON_SINGLE_LABEL, 0},
};

TEST(G01_intake)
{
    for (size_t i = 0; i < sizeof intake_rows / sizeof *intake_rows; i++) {
        struct quoth_conf conf = {.allow_names = allowed};
        struct quoth_evidence e;
        const char *text = intake_rows[i].text;
        enum quoth_reason stop, want = intake_rows[i].stop;

        memset(&e, 0, sizeof e);
        strcpy(e.domain, "of the one before");
        stop = quoth_intake_address(&e, text, strlen(text));
        CHECK_STR(e.domain, intake_rows[i].domain);
        if (stop == QUOTH_REASON_NONE)
            stop = quoth_intake_domain(&e, &conf);
        CHECK_STR(quoth_reason_name(stop), quoth_reason_name(want));
        CHECK_INT(e.lists, intake_rows[i].lists);
        CHECK_INT(e.addr.fault != QUOTH_ADDR_FINE, want == QUOTH_REASON_SYNTAX);

        /* Syntax alone was wanted: what is wrong is wrong all the same, the rest is well formed. */
        conf.depth = QUOTH_DEPTH_SYNTAX;
        if (want == QUOTH_REASON_SYNTAX)
            continue;
        stop = quoth_intake_domain(&e, &conf);
        CHECK_INT(stop, want == QUOTH_REASON_RESERVED ? want : QUOTH_REASON_SYNTAX_OK);
    }
}

/* Where it is wrong counts from the start of the text, in an internationalised domain too. */
TEST(A21_intake_fault)
{
    struct quoth_evidence e = {0};

    CHECK_INT(quoth_intake_address(&e, "jane@xn--a.net", 14), QUOTH_REASON_SYNTAX);
    CHECK_INT(e.addr.fault, QUOTH_ADDR_IDNA_BAD);
    CHECK_INT(e.addr.at, 5);
}

/* All values of an enum have names, no two the same; what is none of them reads as "?". */
static void all_named(const char *(*name)(unsigned), unsigned values)
{
    for (unsigned i = 0; i < values; i++) {
        CHECK(name(i)[0] && strcmp(name(i), "?"));
        for (unsigned j = 0; j < i; j++)
            CHECK(strcmp(name(i), name(j)));
    }
    CHECK_STR(name(values), "?");
    CHECK_STR(name(UINT32_MAX), "?");
}

#define NAMED(function, of) \
    static const char *function(unsigned i) { return quoth_##function((enum quoth_##of)i); }
NAMED(reason_name, reason)
NAMED(reason_text, reason)
NAMED(phase_name, phase)
NAMED(says_name, says)
NAMED(verdict_name, verdict)
NAMED(fact_name, fact)
NAMED(answer_name, answer)
NAMED(mx_state_name, mx_state)
NAMED(addr_fault_text, addr_fault)

TEST(names_of_every_enum)
{
    all_named(reason_name, QUOTH_REASONS);
    all_named(reason_text, QUOTH_REASONS);
    all_named(phase_name, QUOTH_PHASES);
    all_named(says_name, QUOTH_SAYS_NOT_EXISTS + 1);
    all_named(verdict_name, QUOTH_VERDICTS);
    all_named(fact_name, QUOTH_FACT_NO + 1);
    all_named(answer_name, QUOTH_ANSWERS);
    all_named(mx_state_name, QUOTH_MX_STATES);
    all_named(addr_fault_text, QUOTH_ADDR_FAULTS);
}

int main(void)
{
    RUN(G01_intake);
    RUN(A21_intake_fault);
    RUN(names_of_every_enum);
    return report("intake");
}
