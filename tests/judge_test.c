/* judge_test.c - what replies say: tests/replies.tsv, every row of core/data/judge.txt, and what
 * must never be said, over random replies made of the table's own words. Run from the top folder.
 *
 * SPDX-License-Identifier: MIT */
#define QUOTH_JUDGE_SOURCE
#include "inner.h"
#include "judge.h"
#include "judge_ref.h"
#include "test.h"

static unsigned char row_hit[JUDGE_ROWS];

static enum quoth_phase phase_of(const char *stage)
{
    if (!strcmp(stage, "CONNECT"))
        return QUOTH_PHASE_BANNER;
    if (!strcmp(stage, "EHLO"))
        return QUOTH_PHASE_EHLO;
    if (!strcmp(stage, "STARTTLS"))
        return QUOTH_PHASE_STARTTLS;
    return strcmp(stage, "MAIL") ? QUOTH_PHASE_RCPT : QUOTH_PHASE_MAIL;
}

/* "550-a\n550 b" (two characters between the lines) as it comes over the wire. */
static int hear(struct quoth_reply *r, const char *text)
{
    char wire[2048];
    size_t n = 0, used;
    for (; *text; text++) {
        if (text[0] == '\\' && text[1] == 'n') {
            wire[n++] = '\r';
            wire[n++] = '\n';
            text++;
        } else
            wire[n++] = *text;
    }
    wire[n++] = '\r';
    wire[n++] = '\n';
    quoth_reply_init(r);
    return quoth_reply_feed(r, wire, n, &used);
}

static struct quoth_said said_of(uint16_t code, size_t n)
{
    return (struct quoth_said) {code, {0}, (uint16_t)n};
}

static struct quoth_reading judge(const char *text)
{
    struct quoth_reading got;
    struct quoth_said said = said_of(
        (uint16_t)((text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0'), strlen(text + 4));

    quoth_judge_reply(&got, QUOTH_PHASE_RCPT, &said, text + 4, NULL);
    return got;
}

/* A reply ends where its length says: what stands behind it in memory is never read. */
static void check_end(const char *text)
{
    char alone[1024];
    size_t n = strlen(text);

    for (size_t end = 4; end < n && end < sizeof alone; end++) {
        struct quoth_reading in_place, cut;
        struct quoth_said said = said_of(
            (uint16_t)((text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0'), end - 4);
        memcpy(alone, text + 4, end - 4);
        memset(alone + end - 4, ' ', sizeof alone - (end - 4));
        quoth_judge_reply(&in_place, QUOTH_PHASE_RCPT, &said, text + 4, NULL);
        quoth_judge_reply(&cut, QUOTH_PHASE_RCPT, &said, alone, NULL);
        CHECK_INT(in_place.row, cut.row);
    }
}

/* Each line of replies.tsv is read as it says; its rows are marked as hit. */
static char *at_line;
static void one_reply(void)
{
    char *field[5] = {at_line, NULL, NULL, NULL, NULL};
    struct quoth_reply r;
    struct quoth_reading got;
    for (int i = 1; i < 5 && field[i - 1]; i++) {
        field[i] = strchr(field[i - 1], '\t');
        if (field[i])
            *field[i]++ = 0;
    }
    CHECK(field[3] != NULL);
    if (!field[3])
        return;
    CHECK_INT(hear(&r, field[3]), QUOTH_OK);
    quoth_judge_reply(&got, phase_of(field[2]), &r.said, r.words, field[4]);
    CHECK_STR(quoth_reason_name(got.reason), field[0]);
    CHECK_STR(quoth_says_name(got.says), field[1]);
    if (strcmp(quoth_reason_name(got.reason), field[0]) ||
        strcmp(quoth_says_name(got.says), field[1]))
        printf("    %s: %s   (%s)\n", field[2], field[3], got.rule);
    if (got.row < JUDGE_ROWS)
        row_hit[got.row] = 1;
    if (strlen(field[3]) > 4 && r.said.n < 200)
        check_end(field[3]);
}

static void all_replies(void)
{
    char line[1024];
    FILE *f = fopen("tests/replies.tsv", "r");
    unsigned n = 0;
    CHECK(f != NULL);
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!line[0] || line[0] == '#')
            continue;
        n++;
        at_line = line;
        one_reply();
    }
    if (f)
        fclose(f);
    CHECK(n >= 250);
}

TEST(H11_ends)
{
    static const char *const texts[] = {
        "550 zzz 5.1.1 user unknown",
        "550 zzz (#5.1.10)",
        "550 zzz 5.1.1.1",
        "550 no such user",
        "550 see http://www.spamhaus.org/query/ip/192.0.2.1",
        "550 jane@example.com unknown user",
        "554 failed: 550 5.1.1 <jane@example.com>: unknown",
        "550 RecipNotFound. Next",
        "550 \xd0\x9f\xd0\xbe\xd0\xbb\xd1\x8c\xd0\xb7\xd0\xbe\xd0\xb2 no such user",
        "550 \xe6\x94\xb6\xe4\xbb\xb6\xe4\xba\xba\xe4\xb8\x8d\xe5\xad\x98\xe5\x9c\xa8 x"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_end(texts[i]);
}

/* No row without a reply that it decides. */
TEST(K_every_row)
{
    for (int i = 0; i < JUDGE_ROWS; i++) {
        CHECK(row_hit[i]);
        if (!row_hit[i])
            printf("    no reply for %s: %s\n", judge_source[i].rule, judge_source[i].pattern);
    }
}

TEST(K_names)
{
    for (int i = 0; i < QUOTH_REASONS; i++) {
        CHECK(quoth_reason_name((enum quoth_reason)i)[0] != 0);
        CHECK(strlen(quoth_reason_text((enum quoth_reason)i)) > 15);
        for (int j = 0; j < i; j++)
            CHECK(strcmp(quoth_reason_name((enum quoth_reason)i),
                         quoth_reason_name((enum quoth_reason)j)) != 0);
    }
    for (int i = 0; i < QUOTH_PHASES; i++)
        CHECK(quoth_phase_name((enum quoth_phase)i)[0] != 0);
    CHECK_STR(quoth_reason_name(QUOTH_REASON_USER_UNKNOWN), "user_unknown");
    CHECK_STR(quoth_reason_name((enum quoth_reason)QUOTH_REASONS), "?");
    CHECK_STR(quoth_reason_text((enum quoth_reason) - 1), "?");
    CHECK_STR(quoth_says_name(QUOTH_SAYS_NOT_EXISTS), "not_exists");
    CHECK_STR(quoth_says_name((enum quoth_says)3), "?");
    CHECK_STR(quoth_phase_name(QUOTH_PHASE_DECOY), "decoy");
    CHECK_STR(quoth_phase_name(QUOTH_PHASES), "?");
}

/* 2yz alone accepts, whatever is said; a code and words that disagree prove nothing. */
TEST(K01_K12_code)
{
    CHECK_INT(judge("250 ok").reason, QUOTH_REASON_ACCEPTED);
    CHECK_INT(judge("251 ok").says, QUOTH_SAYS_EXISTS);
    CHECK_INT(judge("252 ok").says, QUOTH_SAYS_CANNOT_TELL);
    CHECK_INT(judge("250 user unknown").says, QUOTH_SAYS_CANNOT_TELL);
    CHECK_INT(judge("550 ok").says, QUOTH_SAYS_CANNOT_TELL);
    CHECK_INT(judge("199 ok").reason, QUOTH_REASON_OTHER);
    CHECK_STR(judge("999 ok").rule, "code/other");
}

/* The decoy is judged as any recipient; the exchange's name alone changes nothing. */
TEST(K14_pure)
{
    struct quoth_reading a, b;
    const char text[] = "no such user";
    struct quoth_said said = said_of(550, sizeof text - 1);
    quoth_judge_reply(&a, QUOTH_PHASE_RCPT, &said, text, NULL);
    quoth_judge_reply(&b, QUOTH_PHASE_DECOY, &said, text, "mx.example.com");
    CHECK_INT(a.row, b.row);
    CHECK_INT(b.says, QUOTH_SAYS_NOT_EXISTS);
    CHECK(a.rule == b.rule);
}

/* The first row that explain gives is the one that decides; all it gives hold, in order. */
TEST(K_explain)
{
    struct quoth_reading all[JUDGE_ROWS], row = {.rule = NULL}, one;
    const char text[] = "5.1.1 <jane@example.com>: Recipient address rejected: User unknown";
    const struct quoth_said said = {550, {5, 1, 1}, sizeof text - 1};
    size_t n = 0;
    while (n < JUDGE_ROWS && quoth_judge_next(&row, QUOTH_PHASE_RCPT, &said, text, NULL))
        all[n++] = row;
    quoth_judge_reply(&one, QUOTH_PHASE_RCPT, &said, text, NULL);
    CHECK(n >= 4);
    CHECK_INT(all[0].row, one.row);
    for (size_t i = 1; i < n; i++)
        CHECK(all[i].row > all[i - 1].row);
    CHECK_STR(all[n - 1].rule, "code/other");
    CHECK_INT(quoth_judge_next(&row, QUOTH_PHASE_RCPT, &said, text, NULL), 0);
    CHECK_INT(row.row, all[n - 1].row);
}

/* Whoever is told the number of a row finds that row, and no other. */
TEST(K_row_by_number)
{
    unsigned rule = 0;
    for (unsigned i = 0; i < JUDGE_ROWS; i++) {
        const uint8_t *row = quoth_judge_row(i);
        if (row[0] & JUDGE_RULE)
            rule = row[1];
        const char *name = judge_name;
        for (unsigned k = 0; k < rule; k++)
            name += strlen(name) + 1;
        CHECK_STR(name, judge_source[i].rule);
        CHECK(i == 0 || row > quoth_judge_row(i - 1));
    }
    CHECK_INT(quoth_judge_row(JUDGE_ROWS) - quoth_judge_row(0), sizeof judge_row);
}

/* An address is never read for words, nor a host name or URL but for a few. */
TEST(K_names_are_not_words)
{
    CHECK_INT(judge("550 <user.unknown@example.com> sorry").reason, QUOTH_REASON_OTHER);
    CHECK_INT(judge("550 see unknown.user.example.com").reason, QUOTH_REASON_OTHER);
    CHECK_INT(judge("550 see http://example.com/user-unknown").reason, QUOTH_REASON_OTHER);
    CHECK_INT(judge("550 see https://www.spamhaus.org/query").reason, QUOTH_REASON_IP_BLOCKED);
    CHECK_INT(judge("550 failed.User unknown").reason, QUOTH_REASON_USER_UNKNOWN);
    CHECK_INT(judge("550 sorry (#5.1.1)").reason, QUOTH_REASON_USER_UNKNOWN);
    CHECK_INT(judge("550 sorry (#4.1.1)").reason, QUOTH_REASON_OTHER);
    CHECK_INT(judge("550 sorry 5.1.1.7").reason, QUOTH_REASON_OTHER);
    CHECK_INT(judge("550 @user unknown").row, judge("550 user unknown").row);
    CHECK_INT(judge("550 user@ unknown").row, judge("550 user unknown").row);
    CHECK_INT(judge("550 user:/unknown").row, judge("550 user unknown").row);
    CHECK_INT(judge("550 user-unknown").row, judge("550 user unknown").row);
    CHECK_INT(judge("550 user. unknown").row == judge("550 user unknown").row, 0);
}

/* A word is the same in Latin letters and in others, with its accents in the letter, behind it or
 * not at all; marks alone are no word, and what is cut is no letter. */
TEST(K_letters)
{
    static const struct {
        const char *text, *as;
    } row[] = {
        {"550 \xD0\xB0\xD0\xB4\xD1\x80\xD0\xB5\xD1\x81 unknown", "550 adres unknown"},
        {"550 \xD0\x90\xD0\x94\xD0\xA0\xD0\x95\xD0\xA1 unknown", "550 adres unknown"},
        {"550 \xC3\xBCtilisateur inconnu", "550 utilisateur inconnu"},
        {"550 u\xCC\x88tilisateur inconnu", "550 utilisateur inconnu"},
        {"550 \xE1\xBB\xA5tilisateur inconnu", "550 utilisateur inconnu"},
        {"550 n\xC6\xB0tzer unknown", "550 nwtzer unknown"},
        {"550 user \xE2\x80\x9Cunknown\xE2\x80\x9D", "550 user \"unknown\""},
        {"550 user\xE3\x80\x82unknown", "550 user,unknown"},
        {"550 user\xE7\x94\xA8\xE6\x88\xB7unknown", "550 user user unknown"},
        {"550 user \xE7\x94unknown", "550 user (unknown"},
        {"550 user \xCC\x88 zzz no", "550 user zzz zzz no"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        CHECK_INT(judge(row[i].text).row, judge(row[i].as).row);
        if (judge(row[i].text).row != judge(row[i].as).row)
            printf("    %s: %s\n", row[i].text, judge(row[i].text).rule);
    }
}

/* ---- random replies of the table's own words ---------------------------- */

static struct quoth_random rnd;
static unsigned below(unsigned n) { return quoth_random_below(&rnd, n); }

static size_t say(char *to, size_t n, const char *word)
{
    size_t len = strlen(word);
    if (n + len + 2 >= 600)
        return n;
    memcpy(to + n, word, len);
    to[n + len] = ' ';
    return n + len + 1;
}

static size_t say_atom(char *to, size_t n, unsigned atom)
{
    unsigned first = below((unsigned)(sizeof judge_words / sizeof judge_words[0])), i = first;
    if (atom == JUDGE_ATOM_IP || atom == JUDGE_ATOM_STOP)
        return say(to, n, atom == JUDGE_ATOM_IP ? "192.0.2.1" : ".");
    if (atom == JUDGE_ATOM_ASKED)
        return say(to, n, "<jane@example.com>");
    if (atom == JUDGE_ATOM_START || atom == JUDGE_ATOM_END)
        return n;
    do {
        if (judge_words[i].atom == atom)
            return say(to, n, judge_words[i].stem);
        i = (i + 1) % (unsigned)(sizeof judge_words / sizeof judge_words[0]);
    } while (i != first);
    CHECK(0 && "an atom without a stem");
    return n;
}

/* A pattern as one of the sentences it stands for. */
static size_t say_row(char *to, size_t n, unsigned row)
{
    char word[32];
    const char *p = judge_source[row].pattern;
    for (int used; sscanf(p, "%31s%n", word, &used) == 1; p += used) {
        unsigned atoms = sizeof judge_atoms / sizeof judge_atoms[0], i;
        if (word[0] == '{' || word[0] == '!' || word[0] == '+' || word[0] == '~' || word[0] == '&')
            continue;
        for (i = 1; i < atoms && strcmp(judge_atoms[i], word); i++) {
        }
        for (unsigned s = 0; i == atoms && s < sizeof judge_sets / sizeof judge_sets[0]; s++) {
            if (strcmp(judge_sets[s], word))
                continue;
            do
                i = 1 + below(atoms - 1);
            while (!(ref_sets(i) >> s & 1) || i == JUDGE_ATOM_ASKED);
        }
        n = say_atom(to, n, i);
    }
    return n;
}

static size_t say_random(char *to)
{
    size_t n = 0;
    for (unsigned parts = 1 + below(4); parts > 0; parts--) {
        if (below(4))
            n = say_row(to, n, below(JUDGE_ROWS));
        else
            n = say_atom(to, n,
                         1 + below((unsigned)(sizeof judge_atoms / sizeof judge_atoms[0]) - 1));
    }
    return n;
}

/* An id as servers append them: base64, base64url, base32 in groups, hexadecimal, queue ids of
 * Postfix and Exim. */
static void say_id(char to[64])
{
    static const char *const letters[] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "0123456789abcdef",
        "BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    };
    unsigned kind = below(6), set = (unsigned)strlen(letters[kind]);
    size_t n = kind < 2 ? 22 + below(30) : kind < 4 ? 26 : kind == 4 ? 14 + below(3) : 16;
    for (size_t i = 0; i < n; i++)
        to[i] = kind == 2 && i % 9 == 8 ? '-' : letters[kind][below(set)];
    if (kind == 4)
        to[0] = '4';
    if (kind == 5) { /* seconds first, in base 62: 1 for years to come */
        to[0] = '1';
        to[6] = to[13] = '-';
    }
    to[n] = 0;
}

/* A random id in a reply changes nothing of what it says. */
TEST(K17_ids_are_not_words)
{
    static const char *const frame[] = {
        "550 5.1.1 <jane@example.com>: Recipient address rejected: User unknown (%s)",
        "550 no such user - %s",
        "550 mailbox not found [%s IP: 192.0.2.1]",
        "550 Invalid Recipient - https://support.example.com/docs/DOC-1369#550 [%s.us12]",
        "552 5.2.2 mailbox full [%s]",
        "451 4.7.1 greylisted, come back later (%s)",
    };
    static const uint8_t seed[16] = {9};
    char id[64], text[256];
    quoth_random_seed(&rnd, seed);
    for (int i = 0; i < ROUNDS(60000); i++) {
        const char *f = frame[i % 6];
        struct quoth_reading with, without;
        say_id(id);
        snprintf(text, sizeof text, f, id);
        with = judge(text);
        snprintf(text, sizeof text, f, "");
        without = judge(text);
        CHECK(with.reason == without.reason && with.says == without.says);
        if (with.reason != without.reason)
            printf("    %s: %s, not %s\n", id, with.rule, without.rule);
    }
}

/* What is an id by a byte, and what is none. */
TEST(K17_bounds_of_an_id)
{
    CHECK_INT(judge("550 mailbox disabled").says, QUOTH_SAYS_NOT_EXISTS);
    CHECK_INT(judge("550 mailboxA disabled").says, QUOTH_SAYS_CANNOT_TELL);
    CHECK_INT(judge("550 a1-person-unknown").says, QUOTH_SAYS_NOT_EXISTS);
}

/* An enhanced code in the text counts when it stands alone. */
TEST(K_code_in_text)
{
    static const struct {
        const char *text;
        int is;
    } row[] = {{"550 zzz (#5.1.1)", 1},
               {"550 zzz 5.1.1", 1},
               {"550 zzz 5.1.1.", 1},
               {"550 zzz 5.1.1. x", 1},
               {"550 5.1.1", 1},
               {"550 zzz #5.1.1-x", 1},
               {"550 zzz -5.1.1", 0},
               {"550 zzz .5.1.1", 0},
               {"550 zzz a5.1.1", 0},
               {"550 zzz 15.1.1", 0},
               {"550 zzz 5.1.1x", 0},
               {"550 zzz 5.1.1.1", 0},
               {"550 zzz 5.1.1234", 0},
               {"550 zzz 5.1", 0},
               {"550 zzz 5.111", 0},
               {"550 zzz 5.1,1", 0},
               {"550 zzz 5..1.1", 0},
               {"550 zzz 5.1. x", 0},
               {"550 zzz 4.1.1", 0},
               {"550 zzz 5,1.1", 0},
               {"550 zzz 5.1.12", 0},
               {"550 zzz 5.1.", 0},
               {"550 zzz 5.1234.1", 0},
               {"550 zzz 5.0.1.1", 0},
               {"550 zzz 5.1234 5.1.1", 1},
               {"550 zzz 5.1.1234 5.1.1", 1},
               {"550 zzz 5.1.21", 0},
               {"495 zzz 5.1.1", 0}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        CHECK_INT(judge(row[i].text).reason == QUOTH_REASON_USER_UNKNOWN, row[i].is);
        if ((judge(row[i].text).reason == QUOTH_REASON_USER_UNKNOWN) != row[i].is)
            printf("    %s\n", row[i].text);
    }
}

/* A refusal behind a colon is another server's; its code has three digits and an end. */
TEST(K_inner_code)
{
    static const struct {
        const char *text;
        enum quoth_reason reason;
    } row[] = {
        {"554 delivery failed: 550 no such user", QUOTH_REASON_USER_UNKNOWN},
        {"554 delivery failed: 550-no such user", QUOTH_REASON_USER_UNKNOWN},
        {"554 delivery failed: 550 sorry (#5.1.1)", QUOTH_REASON_USER_UNKNOWN},
        {"451 delivery failed: 450 greylisted", QUOTH_REASON_SERVER_TEMPORARY},
    };
    static const char *const none[] = {
        "554 delivery failed: 350 no such user",  "554 delivery failed: 650 no such user",
        "554 delivery failed: 5x0 no such user",  "554 delivery failed: 55x no such user",
        "554 delivery failed: 550_no such user",  "554 delivery failed: 550x-no such user",
        "554 delivery failed: 550x no such user", "554 delivery failed:  550 no such user",
        "554 delivery failed; 550 no such user"};
    struct quoth_reading first, other = {.rule = NULL};
    const char nested[] = "delivery failed: 550 no such user";
    struct quoth_said said = said_of(554, sizeof nested - 1);
    unsigned rows = 0;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        CHECK_STR(quoth_reason_name(judge(row[i].text).reason), quoth_reason_name(row[i].reason));
    first = judge(none[0]); /* the outer one's own words: all of them are read alike */
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        CHECK(judge(none[i]).reason == first.reason && judge(none[i]).says == first.says);
    while (quoth_judge_next(&other, QUOTH_PHASE_RCPT, &said, nested, NULL))
        rows++;
    CHECK(rows >= 2 && rows < JUDGE_ROWS);
    CHECK_INT(judge("450 queued: 550 no such user").says, QUOTH_SAYS_CANNOT_TELL); /* not final */
}

/* Disabled, and why; beside them what only looks like it. */
TEST(K23_disabled_with_a_cause)
{
    static const struct {
        const char *text;
        enum quoth_reason reason;
    } row[] = {
        {"550 user must log in once", QUOTH_REASON_MAILBOX_DISABLED},
        {"550 mailbox inactive: never logged in", QUOTH_REASON_MAILBOX_DISABLED},
        {"550 account suspended for spam", QUOTH_REASON_MAILBOX_DISABLED},
        {"550 user must log in once to send", QUOTH_REASON_AUTH_REQUIRED},
        {"550 mailbox inactive or never logged in", QUOTH_REASON_AUTH_REQUIRED},
        {"550 login disabled for this account", QUOTH_REASON_AUTH_REQUIRED},
        {"550 our account is suspended", QUOTH_REASON_POLICY_REJECTED},
        {"550 account may be suspended for spam", QUOTH_REASON_OTHER},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct quoth_reading got = judge(row[i].text);
        CHECK_STR(quoth_reason_name(got.reason), quoth_reason_name(row[i].reason));
        CHECK_INT(got.says == QUOTH_SAYS_NOT_EXISTS,
                  row[i].reason == QUOTH_REASON_MAILBOX_DISABLED);
    }
}

TEST(holds)
{
    CHECK(quoth_holds("user Unknown", 12, "unknown", 7) && !quoth_holds("user", 4, "users", 5));
    CHECK(!quoth_holds("user", 4, "", 0));
}

/* A reply that is no refusal has no refusal in it. */
TEST(K_inner_of_refusals)
{
    static const char text[] =
        " host mx.example.net said: 550 5.1.1 user unknown (in reply to RCPT TO command)";
    char reply[200];
    for (unsigned code = 200; code < 400; code++) {
        snprintf(reply, sizeof reply, "%u%s", code, text);
        CHECK(judge(reply).says != QUOTH_SAYS_NOT_EXISTS);
        CHECK(judge(reply).reason != QUOTH_REASON_USER_UNKNOWN);
    }
}

/* A row for the servers of one provider holds for its domain and what is below it. */
TEST(K_exchange)
{
    static const struct {
        const char *mx;
        enum quoth_reason reason;
    } row[] = {{"au.com", QUOTH_REASON_NOT_VERIFIABLE},
               {"mx.au.com", QUOTH_REASON_NOT_VERIFIABLE},
               {"MX.AU.COM", QUOTH_REASON_NOT_VERIFIABLE},
               {"kau.com", QUOTH_REASON_USER_UNKNOWN},
               {"u.com", QUOTH_REASON_USER_UNKNOWN},
               {"au.com.example", QUOTH_REASON_USER_UNKNOWN},
               {"", QUOTH_REASON_USER_UNKNOWN},
               {NULL, QUOTH_REASON_USER_UNKNOWN}};
    const struct quoth_said said = said_of(550, 12);
    struct quoth_reading got;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        quoth_judge_reply(&got, QUOTH_PHASE_RCPT, &said, "User unknown", row[i].mx);
        CHECK_STR(quoth_reason_name(got.reason), quoth_reason_name(row[i].reason));
    }
}

/* A URL is no address, whatever is in it; its words are not read. */
TEST(K_url)
{
    CHECK_INT(judge("550 see http://jane@user-unknown.example/").reason,
              judge("550 see http://www.example/").reason);
    CHECK_INT(judge("550 see http://user-unknown/").reason, judge("550 see http://www/").reason);
    CHECK_INT(judge("552 see http://overquota.example/").reason, QUOTH_REASON_MAILBOX_FULL);
    CHECK(judge("552 see http://overquotaQX.example/").reason !=
          QUOTH_REASON_MAILBOX_FULL); /* id */
}

/* What no reply may lead to, whatever its words. */
TEST(K03_K06_K10_K15_never)
{
    static const uint8_t seed[16] = {7};
    char text[600];
    unsigned gone = 0, there = 0;
    quoth_random_seed(&rnd, seed);
    for (int i = 0; i < ROUNDS(60000); i++) {
        struct quoth_reading r;
        size_t n = say_random(text);
        uint16_t code = (uint16_t)(below(2) ? 200 + below(400) : 550 + below(5)),
                 esc[3] = {0, 0, 0};
        enum quoth_phase phase =
            below(2) ? QUOTH_PHASE_RCPT : (enum quoth_phase)below(QUOTH_PHASES);
        int rcpt = phase == QUOTH_PHASE_RCPT || phase == QUOTH_PHASE_DECOY;
        if (below(2)) {
            esc[0] = (uint16_t)(code / 100);
            esc[1] = (uint16_t)below(8);
            esc[2] = (uint16_t)below(30);
        }
        struct quoth_said said = {code, {esc[0], esc[1], esc[2]}, (uint16_t)n};
        quoth_judge_reply(&r, phase, &said, text, below(2) ? "mx.example.com" : NULL);
        CHECK(r.reason > QUOTH_REASON_NONE && r.reason <= QUOTH_REASON_OTHER);
        if (r.says == QUOTH_SAYS_NOT_EXISTS) {
            gone++;
            CHECK(rcpt && code / 100 == 5);
            CHECK(r.reason == QUOTH_REASON_USER_UNKNOWN ||
                  r.reason == QUOTH_REASON_MAILBOX_DISABLED ||
                  r.reason == QUOTH_REASON_DOMAIN_NOT_FOUND ||
                  r.reason == QUOTH_REASON_RECIPIENT_SYNTAX);
        }
        if (r.says == QUOTH_SAYS_EXISTS) {
            there++;
            CHECK(rcpt);
            CHECK((code / 100 == 2) == (r.reason == QUOTH_REASON_ACCEPTED));
            CHECK(r.reason == QUOTH_REASON_ACCEPTED || r.reason == QUOTH_REASON_MAILBOX_FULL ||
                  r.reason == QUOTH_REASON_RECIPIENT_RATE_LIMITED);
        }
    }
    CHECK(gone > ROUNDS(500) && there > ROUNDS(500));
}

/* Whatever follows it, the words of a row decide before any row below it: so no refusal of us in
 * the upper half of the table can be read as a dead mailbox because of what is said next. */
TEST(K03_rows_in_order)
{
    static const uint8_t seed[16] = {3};
    char text[600];
    unsigned tried = 0;
    quoth_random_seed(&rnd, seed);
    for (int k = 0; k < ROUNDS(20000); k++) {
        struct quoth_reading r;
        unsigned i = below(JUDGE_ROWS - 1), j = i + 1 + below(JUDGE_ROWS - 1 - i);
        size_t n;
        if (strpbrk(judge_source[i].pattern, "{!") || strstr(judge_source[i].pattern, " end"))
            continue;
        n = say_row(text, 0, i);
        n = say(text, n, ".");
        n = say_row(text, n, j);
        struct quoth_said said = said_of(550, n);
        quoth_judge_reply(&r, QUOTH_PHASE_RCPT, &said, text, NULL);
        CHECK(r.row <= i);
        if (r.row > i)
            printf("    row %u decides, not %u (%s): %.*s\n", r.row, i, judge_source[i].pattern,
                   (int)n, text);
        tried++;
    }
    CHECK(tried > ROUNDS(5000));
}

/* A subject that is no mailbox, and a mailbox that is there but not now (K20). */
TEST(K20_other_subjects)
{
    static const char *const replies[] = {
        "571 5.7.1 Sender not authorized for this recipient",
        "550 backend server not found for user jane",
        "550 Your network does not exist in our table",
        "550 Recipient unknown count exceeded",
        "550 mailbox not ready",
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        CHECK_INT(judge(replies[i]).says, QUOTH_SAYS_CANNOT_TELL);
    CHECK_INT(judge("550 Benutzer auf diesem Server nicht gefunden").says, QUOTH_SAYS_NOT_EXISTS);
}

/* What is broken, moving or silent beside the mailbox decides, and not what is then said of the
 * mailbox; "try again later" alone takes nothing back (K22). */
TEST(K22_faults_first)
{
    static const char *const replies[] = {
        "550 5.1.1 The mailbox is being moved, user unknown here",
        "550 5.1.1 mailbox temporarily not available: no such user",
        "550 no such recipient: the lookup did not find an answer",
        "550 5.1.1 alias database unavailable; unknown user table",
        "550 no such user: cluster node down",
        "550 User unknown: the store timed out",
        "550 account is locked by another process, try again later",
        "550 The validation service is unavailable; user not found in cache",
        "550 cannot connect to the user table: no such user",
        "550 user not found: LDAP did not respond",
        "550 5.1.1 broken alias file",
        "554 5.3.0 unknown user, disk error",
        "550 5.3.0 mysql has gone away: no such user",
        "550 could not contact the node of this mailbox: user unknown",
        "550 5.1.1 unable to determine whether the user exists",
        "550 5.1.1 invalid response from the recipient verifier",
        "550 5.1.1 account provisioning not finished",
        "550 user table locked",
        "550 5.4.4 no route to user: no such host",
        "550 expired certificate of the user",
        "550 bad connection to the server of this user",
        "550 5.4.1 target server did not accept the recipient in time",
        "550 5.7.1 Not a valid certificate for this recipient",
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        CHECK_INT(judge(replies[i]).says, QUOTH_SAYS_CANNOT_TELL);
        if (judge(replies[i]).says != QUOTH_SAYS_CANNOT_TELL)
            printf("    %s\n", replies[i]);
    }
    CHECK_INT(judge("550 User unknown, try again later").says, QUOTH_SAYS_NOT_EXISTS);
    CHECK_INT(judge("550 User unknown, contact us").says, QUOTH_SAYS_NOT_EXISTS);
    CHECK_INT(judge("550 user not found in LDAP").says, QUOTH_SAYS_NOT_EXISTS);
    CHECK_INT(judge("550 that user is not in our database").says, QUOTH_SAYS_NOT_EXISTS);
}

/* A refusal of us in one sentence, "no such user" in the other: still a refusal of us. */
TEST(K03_us_first)
{
    static const char *const us[] = {
        "relaying denied",
        "authentication required",
        "STARTTLS is required",
        "blocked by spamhaus",
        "greylisted",
        "your IP is blocked",
        "Client host rejected",
        "rate limit exceeded",
        "too many connections",
        "sender address rejected",
        "no PTR record",
        "SPF fail",
        "HELO refused",
        "poor reputation",
        "too many unknown users",
        "rejected for policy reasons",
        "this is spam",
        "fails DMARC",
        "you are on a block list",
    };
    static const char *const them[] = {"no such user", "user unknown", "mailbox does not exist",
                                       "account disabled"};
    for (size_t i = 0; i < sizeof us / sizeof us[0]; i++)
        for (size_t j = 0; j < sizeof them / sizeof them[0]; j++) {
            char text[128];
            int n = snprintf(text, sizeof text, "550 %s. %s", us[i], them[j]);
            CHECK(judge(text).says == QUOTH_SAYS_CANNOT_TELL);
            snprintf(text, sizeof text, "550 %s; %s", them[j], us[i]);
            CHECK(n > 0 && judge(text).says == QUOTH_SAYS_CANNOT_TELL);
            if (judge(text).says != QUOTH_SAYS_CANNOT_TELL)
                printf("    %s (%s)\n", text, judge(text).rule);
        }
}

/* The work is linear: the longest reply of the worst words takes about as many steps as any. Bytes
 * of any kind, of any length, are read without a fault. */
TEST(H11_hostile_text)
{
    static const uint8_t seed[16] = {11};
    static const char *const worst[] = {"a",  "a-",           "a.",   "user ",   "no ", "d_",
                                        "aA", "\xE7\x94\xA8", "\xD0", "http://", "@a"};
    char text[3000];
    struct quoth_reading r;
    quoth_random_seed(&rnd, seed);
    for (size_t w = 0; w < sizeof worst / sizeof worst[0]; w++) {
        size_t len = strlen(worst[w]);
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = worst[w][i % len];
        for (size_t n = 0; n <= sizeof text; n += 97) {
            struct quoth_said said = said_of(550, n);
            quoth_judge_reply(&r, QUOTH_PHASE_RCPT, &said, text, NULL);
            CHECK(r.says == QUOTH_SAYS_CANNOT_TELL);
        }
    }
    for (int k = 0; k < 2000; k++) {
        size_t n = below(600);
        for (size_t i = 0; i < n; i++)
            text[i] = (char)below(256);
        struct quoth_said said = said_of(550, n);
        quoth_judge_reply(&r, QUOTH_PHASE_RCPT, &said, text, NULL);
        CHECK(r.reason != QUOTH_REASON_NONE && r.rule != NULL);
    }
}

/* ---- against a plain reference ------------------------------------------- */

/* A stem as people write it: capitals, a letter more or less, accents, or as it is. */
static size_t say_stem(char *to, size_t n)
{
    static const char *const accents[] = {
        "\303\240", "\303\207", "\303\227", "\303\250", "\304\261", "\305\202", "\305\277",
        "\320\220", "\320\237", "\320\240", "\320\257", "\321\217", "\306\222", "\303\237"};
    char word[40];
    size_t len;

    snprintf(word, sizeof word, "%s",
             judge_words[below(sizeof judge_words / sizeof judge_words[0])].stem);
    len = strlen(word);
    switch (below(12)) {
    case 0: word[0] = (char)(ref_is_small(word[0]) ? word[0] - 32 : word[0]); break;
    case 1:
        for (size_t i = 0; i < len; i++)
            word[i] = (char)(ref_is_small(word[i]) ? word[i] - 32 : word[i]);
        break;
    case 2: word[len - 1] = 0; break;
    case 3: strcat(word, "s"); break;
    case 4: strcat(word, accents[below(sizeof accents / sizeof *accents)]); break;
    case 5:
        word[below((unsigned)len)] = (char)(below(2) ? 'a' + (int)below(26) : '0' + (int)below(10));
        break;
    default: break;
    }
    return say(to, n, word);
}

/* What stands between words, and inside of them. */
static size_t say_sign(char *to, size_t n)
{
    static const char *const signs[] = {".",    "!",   "?",  ";",    ":",    ",",
                                        "-",    "_",   "/",  "@",    "'",    "(",
                                        "<",    "://", "..", "\xff", "\x01", "\xe3\x80\x82",
                                        "\xc3", "|",   "1",  "Z",    "\xd7"};

    if (n && below(2))
        n--; /* in place of the blank */
    n = say(to, n, signs[below(sizeof signs / sizeof *signs)]);
    return n && below(2) ? n - 1 : n;
}

static size_t say_piece(char *to, size_t n)
{
    static const char *const pieces[] = {
        "<jane@example.com>",
        "jane@example.com",
        "<joe@example.net>:",
        "user.unknown@host",
        "@",
        "a@b",
        "http://overquota.example/nosuchuser",
        "https://spamhaus.org/q?ip=192.0.2.1",
        "x://",
        "http:/user",
        "mx.example.com",
        "mail.nosuchuser.com",
        "User.unknown",
        "user.Unknown",
        "a.b",
        ".a",
        "overquota5x7q9z2a.com",
        "192.0.2.1",
        "1.2.3",
        "1.2.3.4.5",
        "1...",
        "2001:db8::1",
        "5.1.1",
        "(#5.1.1)",
        "#4.2.2",
        "5.7.606",
        "5.7.605",
        "5.7.649",
        "5.7.650",
        "5.1.1000",
        "5.1.01",
        "5.5.3.",
        "05.1.1",
        "55.1.1",
        "5.1.1.1",
        "2.1.5",
        "5.1.10",
        "5.7.1-",
        "5.3.2",
        "said: 550 5.1.1",
        "said: 450 4.2.1",
        "said: 552-full",
        "said: 350 no",
        "said: 55x no",
        ": 550 ",
        ": 5501",
        "host said: 421 busy",
        "talk to me",
        "Talk To Me",
        "in reply to",
        "IN REPLY TO RCPT TO command",
        "(in reply to MAIL FROM command)",
        "rcpt to",
        "RecipNotFound",
        "UserUnknown",
        "userUNKNOWN",
        "QWERTYUIOP",
        "aBcDeFgH",
        "abcdefg1",
        "abcdef1",
        "12345678",
        "Mailbox7",
        "abcdefgH",
        "abcdefgHi",
        "abcdefgHI",
        "averyveryverylongwordofmorethan24letters",
        "\xe6\x94\xb6\xe4\xbb\xb6\xe4\xba\xba\xe4\xb8\x8d\xe5\xad\x98\xe5\x9c\xa8",
        "\xe7\x94\xa8",
        "\xe4",
        "spam",
        "mailbox full",
        "quota",
        "250",
        "550"};

    switch (below(8)) {
    case 0: return say_row(to, n, below(JUDGE_ROWS));
    case 1:
    case 2: return say_sign(to, n);
    case 3:
    case 4: return say(to, n, pieces[below(sizeof pieces / sizeof *pieces)]);
    default: return say_stem(to, n);
    }
}

/* Is the reply read as the reference reads it: the same row, and those below it that hold? */
static void check_reference(enum quoth_phase phase, const struct quoth_said *said, const char *text,
                            const char *mx)
{
    struct quoth_reading got = {.rule = NULL};
    struct ref_reading want;
    unsigned from = 0;
    int ok, more;

    do {
        want = ref_judge(phase, said, text, mx, from);
        more = quoth_judge_next(&got, phase, said, text, mx);
        ok = more == (want.row < JUDGE_ROWS) &&
             (!more || (got.row == want.row && got.reason == want.reason && got.says == want.says &&
                        !strcmp(got.rule, judge_source[want.row].rule)));
        CHECK(ok);
        from = want.row + 1;
    } while (ok && more && below(4) == 0);
    if (!ok)
        printf("    %u %u.%u.%u %s \"%.*s\": row %u %s, not %u %s\n", said->code, said->esc[0],
               said->esc[1], said->esc[2], quoth_phase_name(phase), (int)said->n, text, got.row,
               quoth_reason_name(got.reason), want.row, quoth_reason_name(want.reason));
}

TEST(K_reference)
{
    static const uint8_t seed[16] = {13};
    static const char *const mxs[] = {NULL,
                                      "",
                                      "mx.example.com",
                                      "mx.au.com",
                                      "au.com",
                                      "kau.com",
                                      "x.NetEase.com",
                                      "ezweb.ne.jp",
                                      "a.docomo.ne.jp",
                                      "docomo.ne.jp.net"};
    static const uint16_t codes[] = {550, 550, 550, 450, 250, 252, 421, 451, 452,
                                     503, 521, 551, 552, 553, 554, 534, 524, 399,
                                     400, 499, 556, 199, 600, 354, 200, 201};
    char text[700];

    quoth_random_seed(&rnd, seed);
    for (int k = 0; k < ROUNDS(6000); k++) {
        struct quoth_said said = said_of(codes[below(sizeof codes / sizeof *codes)], 0);
        enum quoth_phase phase =
            below(3)
                ? QUOTH_PHASE_RCPT
                : (enum quoth_phase)(QUOTH_PHASE_BANNER + below(QUOTH_PHASES - QUOTH_PHASE_BANNER));
        size_t n = 0;

        for (unsigned parts = 1 + below(9); parts; parts--)
            n = say_piece(text, n);
        if (below(16) == 0)
            text[below((unsigned)n + 1)] = (char)below(256);
        if (below(3) == 0) {
            said.esc[0] = (uint16_t)(said.code / 100);
            said.esc[1] = (uint16_t)below(8);
            said.esc[2] = (uint16_t)(below(8) ? below(12) : below(1000));
        }
        said.n = (uint16_t)(n - (n && below(2)));
        check_reference(phase, &said, text, mxs[below(sizeof mxs / sizeof *mxs)]);
    }
}

/* Of a long reply 1024 bytes are read, and of those 256 words: what is said stands around both
 * ends. */
TEST(K_reference_long)
{
    static const uint8_t seed[16] = {14};
    char text[2600];

    quoth_random_seed(&rnd, seed);
    for (int k = 0; k < ROUNDS(400); k++) {
        struct quoth_said said = said_of(550, 0);
        const size_t part = say_row(text, 0, below(JUDGE_ROWS)), words = 240 + below(20);
        size_t n = below(3) ? 900 + below(130) : 2 * words;

        memmove(text + n, text, part);
        for (size_t i = 0; i < n; i += 2)
            memcpy(text + i, n == 2 * words ? "x " : "= ", 2);
        said.n = (uint16_t)(n + part);
        check_reference(QUOTH_PHASE_RCPT, &said, text, NULL);
    }
}

/* Each letter in place of the one that it is read as, or behind it. */
TEST(K_reference_letters)
{
    static const uint8_t seed[16] = {15};
    char text[700];

    quoth_random_seed(&rnd, seed);
    for (unsigned c = 0x80; c < 0x10000;
         c += c < 0x600 || (c >= 0x1e90 && c < 0x1f10) || (c >= 0x1ff0 && c < 0x2010) ? 1 : 61) {
        struct quoth_said said = said_of(550, 0);
        uint8_t utf8[4] = {0};
        char word[4];
        size_t n = say_row(text, 0, below(JUDGE_ROWS)), at, len = c < 0x800 ? 2 : 3;

        if ((c >= 0xd800 && c < 0xe000) || c == 0x38b || c == 0x38d) /* no characters */
            continue;
        for (unsigned i = (unsigned)len - 1, left = c; i; i--, left >>= 6)
            utf8[i] = (uint8_t)(0x80 | (left & 0x3f));
        utf8[0] = (uint8_t)(len == 2 ? 0xc0 | c >> 6 : 0xe0 | c >> 12);
        ref_letter(utf8, len, word);
        for (at = 0; at < n && text[at] != word[0];)
            at++;
        if (at == n)
            at = below((unsigned)n + 1);
        memmove(text + at + len, text + at, n - at);
        memcpy(text + at, utf8, len);
        n += len;
        if (at + len < n && text[at + len] == word[0]) { /* its like goes */
            memmove(text + at + len, text + at + len + 1, n - at - len - 1);
            n--;
        }
        said.n = (uint16_t)n;
        check_reference(QUOTH_PHASE_RCPT, &said, text, NULL);
    }
}

/* What another server said, as a gateway hands it on: to whom, with which code, about whom. */
TEST(K_reference_inner)
{
    static const uint8_t seed[16] = {16};
    static const char *const asked[] = {"<jane@example.com>:",
                                        "<jane@example.com>",
                                        "jane@example.com",
                                        "jane@example.com:",
                                        "<<jane@example.com>",
                                        "user",
                                        ""};
    static const char *const codes[] = {": 552 ", ": 450 ", ": 550-",  ": 350 ", ": 650 ", ": 5a0 ",
                                        ": 50b ", ": 550",  ":550 ",   "; 550 ", ": 599 ", ": 400 ",
                                        ": 409-", ": 590 ", ": 550: ", ": 5500 "};
    static const char *const about[] = {"<jane@example.com> ",
                                        "<JANE@example.com>",
                                        "jane@example.co",
                                        "joe@example.com ",
                                        "jane@example.comm",
                                        "@",
                                        "",
                                        "",
                                        " "};
    static const char *const behind[] = {"(in reply to RCPT TO command)",
                                         "(in reply to DATA)",
                                         "talk to me",
                                         "sender",
                                         "Callback",
                                         "Your address",
                                         "RCPT TO",
                                         "",
                                         "",
                                         ""};
    char text[1600];

    quoth_random_seed(&rnd, seed);
    for (int k = 0; k < ROUNDS(1500); k++) {
        struct quoth_said said = said_of(below(3)   ? 550
                                         : below(2) ? 450
                                                    : 399 + (uint16_t)below(3),
                                         0);
        const enum quoth_phase phase = below(6) ? QUOTH_PHASE_RCPT : QUOTH_PHASE_MAIL;
        size_t n = (size_t)sprintf(text, "%s ", asked[below(7)]);

        for (unsigned inner = below(3) ? 1 : below(3);; inner--) {
            if (below(2) == 0)
                n = say_stem(text, n);
            if (below(8) == 0)
                n += (size_t)sprintf(text + n, "%s", behind[below(10)]);
            if (!inner)
                break;
            n += (size_t)sprintf(text + n, "%s%s", codes[below(16)], about[below(9)]);
            if (below(4))
                n = say_row(text, n, below(JUDGE_ROWS));
        }
        n += (size_t)sprintf(text + n, "%s%s", about[below(9)], behind[below(10)]);
        said.n = (uint16_t)(n - (below(4) ? 0 : below((unsigned)n)));
        check_reference(phase, &said, text, NULL);
    }
}

int main(void)
{
    test_run("K05_replies", all_replies);
    RUN(H11_ends);
    RUN(K_every_row);
    RUN(K_names);
    RUN(K01_K12_code);
    RUN(K14_pure);
    RUN(K_explain);
    RUN(K_row_by_number);
    RUN(K_names_are_not_words);
    RUN(K_letters);
    RUN(K17_ids_are_not_words);
    RUN(K17_bounds_of_an_id);
    RUN(K_code_in_text);
    RUN(K_inner_code);
    RUN(K23_disabled_with_a_cause);
    RUN(holds);
    RUN(K_inner_of_refusals);
    RUN(K_exchange);
    RUN(K_url);
    RUN(K03_K06_K10_K15_never);
    RUN(K03_rows_in_order);
    RUN(K20_other_subjects);
    RUN(K22_faults_first);
    RUN(K03_us_first);
    RUN(H11_hostile_text);
    RUN(K_reference);
    RUN(K_reference_long);
    RUN(K_reference_letters);
    RUN(K_reference_inner);
    return report("judge");
}
