/* domain.c - one domain against name servers that say anything.
 *
 * Oracle: it takes or refuses each event and ends within its budget of questions and time; what it
 * keeps lies in its memory. Findings are a function of the facts, wherever those lie; they come
 * worst first, their texts are among the facts, and each can be told in words. All of it once more
 * with a resolver that is believed, whose answers are authentic as the kinds say, and a policy.
 *
 * Input: answers in the order of the questions. Each is a byte of kind, and for records up to a
 * zero byte their texts: TXT records parted by line feeds, names of an MX parted by blanks.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth_domain.h"
#include "../tests/dns_msg.h"

enum { TEXT = 1200, KINDS = 16, SILENT = 15, SERVFAIL = 14, NXDOMAIN = 13, NODATA = 12 };

static struct input in;
static struct msg m;
static unsigned questions;
static int full, authentic;

static void put_txt(const uint8_t *text, size_t n)
{
    size_t at = msg_begin(&m, 0, NULL, QUOTH_DNS_TXT, 60);

    for (size_t i = 0; i < n || i == 0; i += 200) {
        const size_t k = n - i < 200 ? n - i : 200;
        const uint8_t len = (uint8_t)k;
        msg_raw(&m, &len, 1);
        msg_raw(&m, text + i, k);
    }
    msg_end(&m, at);
}

static void put_mx(const uint8_t *text, size_t n)
{
    struct quoth_name name = {1, {0}};
    size_t at;

    if (n && quoth_name_parse(&name, (const char *)text, n) != QUOTH_OK)
        return;
    at = msg_begin(&m, 0, NULL, QUOTH_DNS_MX, 60);
    msg_u16(&m, 10);
    msg_raw(&m, name.b, name.n);
    msg_end(&m, at);
}

/* The records of an answer, up to the zero byte. */
static void put_records(uint16_t type, uint8_t kind)
{
    size_t n, used = 0;
    const uint8_t part = type == QUOTH_DNS_MX ? ' ' : '\n', *text = take_text(&in, &n);

    if (type == QUOTH_DNS_A || type == QUOTH_DNS_AAAA) {
        const uint8_t ip[16] = {kind & 16 ? 192 : 10, 0, 2, kind};
        msg_rr(&m, 0, NULL, type, 60, ip, type == QUOTH_DNS_A ? 4 : 16);
        return;
    }
    if (type == QUOTH_DNS_TLSA || type == QUOTH_DNS_DS) {
        msg_rr(&m, 0, NULL, type, 60, text, n < TEXT ? n : TEXT);
        return;
    }
    for (n = n < TEXT ? n : TEXT; used <= n;) {
        size_t k = 0;
        while (used + k < n && text[used + k] != part)
            k++;
        if (type == QUOTH_DNS_MX)
            put_mx(text + used, k);
        else
            put_txt(text + used, k);
        used += k + 1;
    }
}

static void reply(const uint8_t *q, size_t n)
{
    struct quoth_name name;
    const uint8_t kind = in.n ? take(&in) : NODATA;
    uint16_t type;

    require(n > 12 && quoth_name_read(&name, q + 12, n - 12) > 0);
    type = (uint16_t)(q[12 + name.n] << 8 | q[13 + name.n]);
    questions++;
    full = kind % KINDS != SILENT;
    m.n = 0;
    msg_raw(&m, q, 12u + name.n + 4);
    memset(m.b + 6, 0, 6);
    m.b[2] = 0x81;
    m.b[3] = (uint8_t)(0x80 | (kind % KINDS == SERVFAIL ? 2 : kind % KINDS == NXDOMAIN ? 3 : 0));
    if (authentic && kind & 32)
        m.b[3] |= 0x20;
    if (kind % KINDS < NODATA)
        put_records(type, kind);
}

static void run(struct quoth_domain *d)
{
    struct quoth_want w;
    uint64_t now = 1000;

    for (unsigned steps = 0;; steps++) {
        struct quoth_event ev = {.now = now};
        quoth_domain_want(d, &w);
        if (w.kind == QUOTH_WANT_DONE)
            break;
        require(steps < 8000 && w.kind != QUOTH_WANT_TLS && w.kind != QUOTH_WANT_RCPT);
        if (w.kind == QUOTH_WANT_DGRAM) {
            ev.kind = QUOTH_EV_SENT;
            ev.n = w.n;
            reply(w.out, w.n);
        } else if (w.kind == QUOTH_WANT_CLOSE) {
            ev.kind = QUOTH_EV_DOWN;
        } else if (w.kind == QUOTH_WANT_RECV && full) {
            ev.kind = QUOTH_EV_DATA;
            ev.data = m.b;
            ev.n = m.n;
            ev.from = w.peer;
            full = 0;
        } else { /* silence, and nobody listens over TCP */
            ev.kind = QUOTH_EV_TIME;
            now = ev.now = w.deadline;
        }
        require(quoth_domain_feed(d, &ev) == QUOTH_OK);
    }
    require(now <= 1000 + 60000 && questions <= 4 * (96 + QUOTH_SPF_QUERIES_MAX));
}

static void in_text(const struct quoth_facts *f, struct quoth_part part)
{
    require(part.at + part.n <= f->used && f->used <= sizeof f->text);
}

/* It can be told in words. Those are a function of its id alone: one look a process at each. */
static void told(unsigned id)
{
    static uint8_t done[1024];
    char words[QUOTH_CHECK_WORDS];

    require(id < sizeof done && quoth_check_id(id));
    for (int part = QUOTH_CHECK_SOURCE; !done[id] && part <= QUOTH_CHECK_FIX; part++)
        require(quoth_check_words(id, (enum quoth_check_part)part, words) != NULL);
    done[id] = 1;
}

static void judge(const struct quoth_facts *f, enum quoth_profile profile)
{
    static struct quoth_finding one[QUOTH_FINDINGS_MAX], two[QUOTH_FINDINGS_MAX];
    static const int rank[] = {4, 3, 1, 0, 2};
    struct quoth_facts copy = *f;
    const size_t n = quoth_health_judge(f, profile, one);

    require(n <= QUOTH_FINDINGS_MAX && quoth_health_judge(&copy, profile, two) == n);
    for (size_t i = 0; i < n; i++) {
        require(one[i].id == two[i].id && one[i].grade == two[i].grade);
        require(one[i].num == two[i].num && one[i].text.at == two[i].text.at);
        require(one[i].grade);
        told(one[i].id);
        require(quoth_grade_name((enum quoth_grade)one[i].grade)[0] != '\0');
        require(!i || rank[one[i - 1].grade] <= rank[one[i].grade]);
        in_text(f, one[i].text);
    }
}

/* As somebody fetched it who read "mode: enforce". */
static void with_policy(struct quoth_facts *f, unsigned how)
{
    static const char text[] = "version: STSv1\nmode: enforce\nmx: *.x.test\nmx: b.test\n"
                               "max_age: 86400\n";
    const struct quoth_fetched fetched = {.how = (uint8_t)(how % (QUOTH_FETCH_TIME + 1)),
                                          .cert = (uint8_t)(how / 16 % 4)};
    struct quoth_policy policy;

    quoth_policy_start(&policy);
    quoth_policy_feed(&policy, text, sizeof text - 1);
    (void)quoth_policy_end(&policy);
    quoth_facts_policy(f, &fetched, &policy);
}

static void check(const uint8_t *p, size_t n)
{
    static struct quoth_domain d;
    static uint8_t big[4096];
    struct quoth_resolver res = {.servers = 1, .tries = 1};
    struct quoth_domain_conf conf = {.resolver = &res, .trust_ad = (uint8_t)authentic};
    const uint8_t seed[16] = {1};

    in = (struct input) {p, n};
    questions = 0;
    full = 0;
    res.server[0].peer.ip = (struct quoth_ip) {4, {192, 0, 2, 53}};
    require(quoth_domain_start(&d, &conf, "a.x.test", seed, 1000) == QUOTH_OK);
    if (authentic)
        quoth_domain_lend(&d, big, sizeof big);
    run(&d);
    in_text(&d.facts, d.facts.dmarc.record);
    in_text(&d.facts, d.facts.spf.record);
    if (authentic && n)
        with_policy(&d.facts, p[n - 1]);
    require(quoth_dnssec_name(quoth_facts_dnssec(&d.facts))[0] != '\0');
    for (unsigned i = 0; i < QUOTH_PROFILES; i++)
        judge(&d.facts, (enum quoth_profile)i);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    for (authentic = 0; authentic < 2; authentic++)
        check(p, n);
    return 0;
}
