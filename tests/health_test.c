/* health_test.c - tests of core/domain/health.c against a plain reference (health_ref.h): facts of
 * every kind, made up, and what is found of them.
 *
 *   health_test [N]     over N made-up domains instead of 2000
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "health_ref.h"
#include "checks.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static unsigned made_up = 2000;
static struct quoth_facts facts;
static struct quoth_finding found[QUOTH_FINDINGS_MAX];
static struct ref ref;

/* ---- made-up facts ----------------------------------------------------------- */

static unsigned below(unsigned n)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

static unsigned rarely(void) { return below(8) == 0; }

/* Mostly data or that there are none; every failure now and then. */
static uint8_t answer(void)
{
    return (uint8_t)(below(5) ? below(QUOTH_ANSWER_NXDOMAIN + 1) : below(QUOTH_ANSWERS));
}

/* A number around a limit. */
static unsigned about(unsigned limit) { return limit - 1 + below(3); }

static struct quoth_part keep(const char *text)
{
    return quoth_facts_keep(&facts, text, strlen(text));
}

/* Some of the words, with the sign between them. */
static void some(char *out, const char *const *words, size_t words_n, const char *between)
{
    const unsigned n = 1 + below(rarely() ? 40 : 5);

    for (unsigned i = 0; i < n; i++) {
        strcat(out, i ? between : "");
        strcat(out, words[below((unsigned)words_n)]);
    }
}

static void make_host(struct quoth_fact_host *host)
{
    static const char *const names[] = {"mx.example.com", "h2.test", "h3.test"};

    host->name = keep(names[below(3)]);
    host->a = answer();
    host->aaaa = answer();
    host->flags = (uint8_t)(below(64) & below(64));
    host->tlsa = answer();
    host->tlsas = (uint8_t)below(3);
    host->tlsa_saw = (uint8_t)(below(2) ? below(128) : QUOTH_TLSA_USABLE | QUOTH_TLSA_CERT);
    host->talk = (uint8_t)below(QUOTH_TALK_FAILED + 1);
    host->cert = (uint8_t)(below(2) ? 1u << below(5) : below(32));
    host->match = (uint8_t)below(QUOTH_MATCH_NONE + 1);
    host->ptr = answer();
    host->should = keep("h. TLSA 3 1 1 00");
    host->ip.len = (uint8_t)(rarely() ? 0 : 4 + 12 * rarely());
    host->ip.b[0] = (uint8_t)rarely();
    host->ip.b[15] = (uint8_t)(host->ip.len == 16 && rarely());
}

static void make_mail(void)
{
    facts.mx = answer();
    facts.mx_null = facts.mx == QUOTH_ANSWER_DATA && rarely();
    facts.mx_odd = (uint8_t)rarely();
    facts.mx_proof = (uint8_t)rarely();
    facts.mx_more = (uint8_t)rarely();
    facts.mx_open = (uint8_t)below(2);
    facts.hosts = (uint8_t)below(4);
    for (unsigned i = 0; i < QUOTH_FACT_HOSTS; i++) /* those behind the last do not count */
        make_host(&facts.host[i]);
}

static void make_spf_record(void)
{
    static const char *const terms[] = {"all",
                                        "-all",
                                        "?all",
                                        "~all",
                                        "+all",
                                        "mx",
                                        "a:h.test",
                                        "ip4:8.8.8.0/24",
                                        "-ip4:10.0.0.1",
                                        "ip4:8.8.8.8/24",
                                        "ip4:8.8.8.9/31",
                                        "ip4:8.0.0.0/15",
                                        "ip4:8.8.0.0/16",
                                        "ip4:10.0.0.0/8",
                                        "-ip4:8.0.0.0/8",
                                        "ip4:0.0.0.0/0",
                                        "ip6:::/0",
                                        "?ip6:::/0",
                                        "ip4:128.0.0.0/0",
                                        "ip6:2a00::/31",
                                        "ip6:2a00::/32",
                                        "ip6:fd00::/64",
                                        "ip6:2a00::1/127",
                                        "ip6:2a00:8000::/16",
                                        "redirect=x.test",
                                        "redirect=include:x",
                                        "include:i.test",
                                        "a:a.testinclude:b.test",
                                        "-a:bINCLUDE:c",
                                        "exists:b.ip4:c",
                                        "a:h.test-all",
                                        "a:h-ALL",
                                        "include:bptr:c",
                                        "a:ba:c",
                                        "ptr:xmx:y",
                                        "+a:b",
                                        "exp=a.test",
                                        "x=y",
                                        "x=-all",
                                        "ip6:2a00:a:b::1",
                                        "ip6:a:1::redirect=b",
                                        "-include:include:a",
                                        "a:aredirect=b",
                                        "a:aexists:b",
                                        "a:xip6:y",
                                        "x=a:b",
                                        "x=all",
                                        "a:b?all",
                                        "a:b~all",
                                        "a:b+all",
                                        "a=+all",
                                        "mx=",
                                        "ip4=8.8.8.8",
                                        "Include=x.test"};
    char record[3000] = "v=spf1 ";

    some(record, terms, COUNT(terms), below(4) ? " " : "  ");
    if (rarely()) {
        while (strlen(record) < 451)
            strcat(record, " x=abcdefghijklmnop");
        record[about(451)] = 0;
    }
    record[about(600)] = 0;
    facts.spf.record = keep(record);
}

/* Where the walk stopped: a term of the record, or a name. */
static void make_spf_end(void)
{
    static const char *const words[] = {"x.test",  "a-all",  "a?all",  "a~all",    "b+ALL",
                                        "-all",    "xall",   "",       "xa:b",     "-xa:b",
                                        "+a:b",    "a:bmx:", "a:bmx",  "include:", "-mxptr:x",
                                        "a:xip4:", "a*all",  "a:b-al", "~xmx:",    "+-all"};
    const struct quoth_span record = quoth_facts_text(&facts, facts.spf.record);
    struct quoth_spf_term term;
    size_t at = 0;

    facts.spf.where = keep(words[below(COUNT(words))]);
    facts.spf.at = (uint16_t)below(rarely() ? 2000 : 30);
    for (unsigned i = below(6); record.n && below(8); i--) {
        if (quoth_spf_term(&term, record.p, record.n, &at) != 1)
            return;
        facts.spf.where.at = (uint16_t)(term.text.p - facts.text);
        facts.spf.where.n = (uint16_t)term.text.n;
        facts.spf.at = (uint16_t)(at - (below(2) ? 0 : below((unsigned)term.text.n)));
        if (!i)
            return;
    }
}

static void make_spf(void)
{
    struct quoth_fact_spf *spf = &facts.spf;

    spf->asked = !rarely();
    spf->result = (uint8_t)below(QUOTH_SPF_RESULTS);
    spf->why = (uint8_t)(below(4) ? below(QUOTH_SPF_WHYS) : QUOTH_SPF_WHY_SYNTAX);
    spf->answer = answer();
    spf->depth = (uint8_t)below(2);
    spf->terms = (uint8_t)about(11);
    spf->voids = (uint8_t)below(5);
    spf->voids6 = (uint8_t)below(5);
    spf->saw = (uint8_t)below(16);
    spf->bytes = (uint16_t)about(513);
    facts.sender_id = (uint8_t)rarely();
    if (below(2))
        facts.spf_meant = keep("v=spf1;");
    if (below(4))
        make_spf_record();
    make_spf_end();
    if (below(2))
        spf->open = (uint16_t)(7 + below(4) * 8);
    spf->shares = (uint8_t)below(5);
    for (unsigned i = 0; i < QUOTH_SPF_SHARES; i++) {
        spf->share[i].at = (uint16_t)(rarely() ? 1 : below(6) * 7);
        spf->share[i].terms = (uint8_t)below(5);
    }
}

static void make_txt(struct quoth_fact_txt *txt)
{
    txt->answer = answer();
    txt->n = (uint8_t)below(4);
    txt->fault = (uint8_t)below(QUOTH_TAGS_VALUE + 1);
    txt->at = (uint16_t)below(100);
    txt->others = (uint8_t)rarely();
}

static void make_dmarc(void)
{
    static const char *const tags[] = {"p=reject; sp=none; np=reject",
                                       "p=reject; np=none",
                                       "p=none",
                                       "p=quarantine",
                                       "p=reject",
                                       "p=x",
                                       "sp=none",
                                       "sp=reject",
                                       "sp=x",
                                       "np=none",
                                       "np=quarantine",
                                       "np=x",
                                       "t=y",
                                       "t=n",
                                       "pct=50",
                                       "pct=100",
                                       "x=1",
                                       "",
                                       "adkim=x",
                                       "psd=y",
                                       "rua=mailto:a@x.test",
                                       "rua=mailto:a@x.test!10m, b@y.test, https://c, what",
                                       "ruf=mailto:a@x.test,mailto:b@x.test",
                                       "ruf=what,mailto:a@b.test,a@b.test!5k"};
    char record[3000] = "v=DMARC1; ";

    make_txt(&facts.dmarc);
    make_txt(&facts.misplaced);
    some(record, tags, COUNT(tags), "; ");
    record[400] = 0;
    if (!rarely())
        facts.dmarc.record = keep(rarely() ? "v=DMARC2; p=none" : record);
    facts.labels = (uint8_t)(2 + below(2));
    facts.dmarc_labels = (uint8_t)(below(3) ? facts.labels : 2);
    facts.org_labels = (uint8_t)below(5);
    facts.dmarc_many = (uint8_t)(rarely() ? 2 : 0);
    facts.doubled = (uint8_t)rarely();
    if (rarely())
        facts.dmarc_meant = keep("v=dmarc1");
    if (rarely())
        facts.misplaced.record = keep("v=DMARC1; p=none");
    facts.uris = (uint8_t)below(3);
    for (unsigned i = 0; i < QUOTH_FACT_URIS; i++)
        facts.uri[i] = (struct quoth_fact_uri) {keep("x.test"),    1,        answer(),
                                                (uint8_t)below(2), answer(), (uint8_t)below(2)};
}

static void make_tls(void)
{
    static const uint32_t ages[] = {0, 86399, 86400, 86401, 31557599, 31557600, 31557601};
    struct quoth_fact_policy *policy = &facts.policy;

    make_txt(&facts.sts);
    make_txt(&facts.rpt);
    make_txt(&facts.bimi);
    facts.rpt_draft = (uint8_t)below(3);
    policy->fetched.how =
        (uint8_t)(below(2) ? (unsigned)QUOTH_FETCH_DONE : below(QUOTH_FETCH_NO_CLOCK + 1));
    policy->fetched.cert = (uint8_t)(below(2) ? 1u << below(5) : below(32));
    policy->fetched.odd_type = (uint8_t)rarely();
    policy->fetched.status = (uint16_t)(400 + below(200));
    policy->fault = (uint8_t)(below(2) ? 0 : below(QUOTH_POLICY_MX + 1));
    policy->mode = (uint8_t)below(QUOTH_POLICY_ENFORCE + 1);
    policy->cut = (uint8_t)rarely();
    policy->at = (uint16_t)below(50);
    policy->max_age = ages[below(COUNT(ages))];
    policy->same_id = (uint8_t)rarely();
    if (below(2))
        policy->unused = keep("*.x.test");
}

static void make_keys(void)
{
    static const unsigned limits[] = {1, 1024, 2048, 4097};

    facts.domainkey = below(2) ? QUOTH_ANSWER_NXDOMAIN : answer();
    facts.wildcard = answer();
    facts.tried = (uint8_t)(below(3) ? 8 : below(2));
    facts.keys = (uint8_t)(below(3) ? 0 : below(4));
    facts.lost = (uint8_t)rarely();
    facts.lost_answer = answer();
    for (unsigned i = 0; i < QUOTH_FACT_KEYS; i++) {
        struct quoth_fact_key *key = &facts.key[i];
        key->selector = keep(i ? "other" : "default");
        key->n = (uint8_t)(below(2) ? 1 : below(4));
        key->key.fault = (uint8_t)(below(2) ? 0 : below(QUOTH_DKIM_HASH + 1));
        key->key.ed25519 = (uint8_t)below(2);
        key->key.flags = (uint8_t)below(8);
        key->key.bits = (uint16_t)about(limits[below(4)]);
        key->key.at = (uint16_t)below(100);
    }
}

static void make_facts(void)
{
    memset(&facts, 0, sizeof facts);
    keep("example.com");
    facts.unasked = (uint16_t)(rarely() ? below(512) : 0);
    facts.queries = (uint16_t)below(100);
    make_mail();
    make_spf();
    make_dmarc();
    make_tls();
    make_keys();
    facts.trusts = (uint8_t)below(2);
    facts.zone = below(3) ? answer() : QUOTH_ANSWER_SERVFAIL;
    facts.zone_ad = (uint8_t)below(2);
    facts.unchecked = answer();
    facts.ds = answer();
    facts.zone_ede = (uint16_t)below(20);
}

/* ---- the same findings ----------------------------------------------------------- */

/* The id of a row; NULL: there is none. The packed table is read once. */
static const char *id_of(unsigned row)
{
    static const char *ids[1000];

    if (!ids[row])
        ids[row] = quoth_check_id(row);
    return ids[row];
}

static unsigned row_of(const char *id)
{
    unsigned row = 0;

    while (strcmp(id_of(row), id) != 0)
        row++;
    return row;
}

static int same_words(const char *one, const char *other)
{
    return one && other ? !strcmp(one, other) : one == other;
}

static int is_said(const struct quoth_finding *one, const struct ref_said *said)
{
    return !strcmp(id_of(one->id), said->id) && one->num == said->num &&
           one->text.n == said->text.n && one->text.at == said->text.at &&
           same_words(one->word, said->word);
}

/* Takes it out of what the reference says. */
static int take_said(const struct quoth_finding *one)
{
    for (size_t i = 0; i < ref.n; i++)
        if (is_said(one, &ref.said[i])) {
            ref.said[i] = ref.said[--ref.n];
            return 1;
        }
    return 0;
}

/* What is a finding for this profile stays. */
static void drop_ok(enum quoth_profile profile)
{
    size_t kept = 0;

    for (size_t i = 0; i < ref.n; i++)
        if (ref_grade(&facts, profile, row_of(ref.said[i].id)) != QUOTH_GRADE_OK)
            ref.said[kept++] = ref.said[i];
    ref.n = kept;
}

static void compare(enum quoth_profile profile)
{
    const size_t n = quoth_health_judge(&facts, profile, found);

    ref_health(&ref, &facts);
    drop_ok(profile);
    CHECK_INT(n, ref.n < QUOTH_FINDINGS_MAX ? ref.n : QUOTH_FINDINGS_MAX);
    for (size_t i = 0; i < n; i++) {
        CHECK_INT(found[i].grade, ref_grade(&facts, profile, found[i].id));
        CHECK(i == 0 || quoth_grade_rank((enum quoth_grade)found[i - 1].grade) <=
                            quoth_grade_rank((enum quoth_grade)found[i].grade));
        if (!take_said(&found[i])) {
            CHECK_STR(id_of(found[i].id), "what the reference has");
            printf("    %s %u \"%.*s\" %s\n", quoth_check_id(found[i].id), found[i].num,
                   found[i].text.n, facts.text + found[i].text.at,
                   found[i].word ? found[i].word : "");
        }
    }
    CHECK_INT(quoth_facts_dnssec(&facts), ref_dnssec(&facts));
}

/* Each finding is there when it should be, and no other, with its grade and its arguments. */
TEST(HR04)
{
    for (unsigned i = 0; i < made_up && !test_bad_checks; i++) {
        make_facts();
        for (int profile = QUOTH_PROFILE_AUTO; profile < QUOTH_PROFILES; profile++)
            compare((enum quoth_profile)profile);
    }
}

/* The made-up facts meet every row of the domain's. */
TEST(HR04_all)
{
    static unsigned met[1000];

    for (unsigned i = 0; i < made_up; i++) {
        make_facts();
        for (size_t n = quoth_health_judge(&facts, QUOTH_PROFILE_AUTO, found); n-- > 0;)
            met[found[n].id]++;
    }
    for (unsigned id = 0; quoth_check_id(id); id++)
        if (!strcmp(quoth_check_finder(id), "domain")) {
            CHECK(met[id] > 0);
            if (!met[id])
                printf("    %s\n", quoth_check_id(id));
        }
}

TEST(M10)
{
    static const char *const names[] = {"unknown", "unsigned", "signed", "secure", "bogus", ""};

    for (int state = QUOTH_DNSSEC_UNKNOWN; state <= QUOTH_DNSSEC_BOGUS + 1; state++)
        CHECK_STR(quoth_dnssec_name((enum quoth_dnssec)state), names[state]);
}

/* Who finds a row is known of each, up to the last, and its grade for each profile. */
TEST(HR01)
{
    static const struct {
        const char *id, *finder, *grades;
    } rows[] = {{"domain.none", "domain", "bad bad bad"},
                {"spf.none", "domain", "bad warn warn"},
                {"spf.parked", "domain", "ok ok warn"},
                {"dane.single", "domain", "warn warn warn"},
                {"ptr.unknown", "doctor", "unknown unknown unknown"},
                {"dnsbl.unknown", "doctor", "unknown unknown unknown"},
                {"host.dns", "smtp", "unknown unknown unknown"},
                {"port.closed", "smtp", "unknown unknown note"},
                {"relay.unknown", "smtp", "unknown unknown unknown"}};
    char text[QUOTH_CHECK_WORDS];
    unsigned none = 0;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const unsigned row = row_of(rows[i].id);
        CHECK_STR(quoth_check_finder(row), rows[i].finder);
        *text = 0;
        for (int one = QUOTH_PROFILE_SENDING; one < QUOTH_PROFILES; one++) {
            strcat(text, *text ? " " : "");
            strcat(text, quoth_grade_name(quoth_check_grade(row, (enum quoth_profile)one)));
        }
        CHECK_STR(text, rows[i].grades);
    }
    CHECK_STR(quoth_check_words(row_of("spf.neutral"), QUOTH_CHECK_SENTENCE, text),
              "SPF does not say what to do with everybody else: end it in ~all or -all.");
    while (quoth_check_id(none))
        none++;
    CHECK(!quoth_check_finder(none) && !quoth_check_finder(999));
    CHECK(!quoth_check_words(none, QUOTH_CHECK_SENTENCE, text));
}

/* Grades by name, and the worst first; what could not be found out stands behind what is bad. */
TEST(HR02_grades)
{
    static const char *const names[] = {"ok", "note", "warn", "bad", "unknown", ""};
    static const enum quoth_grade order[] = {QUOTH_GRADE_BAD, QUOTH_GRADE_WARN, QUOTH_GRADE_UNKNOWN,
                                             QUOTH_GRADE_NOTE, QUOTH_GRADE_OK};

    for (unsigned grade = QUOTH_GRADE_OK; grade <= QUOTH_GRADES; grade++)
        CHECK_STR(quoth_grade_name((enum quoth_grade)grade), names[grade]);
    for (unsigned i = 0; i < QUOTH_GRADES; i++)
        CHECK_INT(quoth_grade_rank(order[i]), i);
}

/* Sorted by rank; what is equal stays in its order. */
TEST(HR02_sorted)
{
    struct quoth_finding some[12];

    for (unsigned times = 0; times < 500; times++) {
        const size_t n = below(COUNT(some) + 1);
        memset(some, 0, sizeof some);
        for (size_t i = 0; i < n; i++) {
            some[i].grade = (uint8_t)below(QUOTH_GRADES);
            some[i].num = (uint16_t)i;
        }
        quoth_findings_sort(some, n);
        for (size_t i = 1; i < n; i++) {
            const unsigned a = quoth_grade_rank((enum quoth_grade)some[i - 1].grade),
                           b = quoth_grade_rank((enum quoth_grade)some[i].grade);
            CHECK(a < b || (a == b && some[i - 1].num < some[i].num));
        }
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        made_up = (unsigned)atoi(argv[1]);
    RUN(HR04);
    RUN(HR04_all);
    RUN(M10);
    RUN(HR01);
    RUN(HR02_grades);
    RUN(HR02_sorted);
    return report("health");
}
