/* domain_test.c - tests of core/domain/domain.c and health.c: a domain in a zone of lines, and what
 * is found.
 *
 *   domain_test [N]     the property of M03 over N made-up domains instead of 200
 *
 * Each finding has a row: lines that make it beside what is right, and a domain with nothing wrong
 * has none of them.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "domain_ref.h"
#include "test.h"

_Static_assert(sizeof(struct quoth_domain) <= 8192, "one domain in 8 KB");

/* clang-format off */
#define RSA2048 \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmO3DlVEBWdB6/6gp5oELwmFQpDwQ2b3DH2zF8hB3KDKaWc4dMomsHtMXqNbbqnv4T/pEysadaVuQxmmvzoXH0u9hsMvoiHjoQIo15tcjOVP+4L+OA2Jipg/BnIiKp29mFKuN731ZxCyerSSn4IUBigMxXuZHyhzd57zoBAO7X5C6Jb3rv1no0yevf4OGvnCFrLK0N0CQfTS5ZlKJaBPwHd2VVkmzrDgT6dImnoFLm9uKfcFK5bXugay8G6YrLd7Mqp9yKyj9MqVG2jVlWLs5nLIkFoiKRwFF4fFHf8LdyfpTPqpbh7UCJSZRc071KoGWqDcxZDDaLiAiFnBcnTI/nwIDAQAB"
#define RSA1024 \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCXxQItAIj5lxIpp4sZMsKciroQW4WbK8a8jwwXlPc4nFMoDf3STDr9TKSO8SdRkvXAzd3Uk8I2nBWtDFCsvR9sMsebYBLaLH2kapHomPdSHrVg1TTZsoGC5sNQBXzI0u7uT0FzTGBPpEdrLF9u7VNg7FssQk7JePJirqeNdmikpwIDAQAB"
#define RSA512 \
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAPMolV6zebsk5/UPzKqkOnJ8eFPihSevomqBKftYDVpXigE0N9Y0japbXfBzZcBRsZzvyg+He1dpFY0m14xnwxsCAwEAAQ=="
#define BARE1024 \
    "MIGJAoGBAJDZR3YvDlv9VGcV/W341+jyHwqCbxtlO3lMzNW1KJvxFkVsLwVknrPgETXKPgfo/Q2AgUm8CbsKVNHxXaOQqQRVtoViBEq+ATUaOkICstjMZ8tnpQUrRbKXR+qJJZlHnj9s/nM5fmWPmB7Pau8Hn//Pixe22Hl5kGRaovnFKbTZAgMBAAE="
#define RSA5120 \
    "MIICojANBgkqhkiG9w0BAQEFAAOCAo8AMIICigKCAoEAwBoaRcwL9Cts9p9zI2gYQfnH8L1VvXiTC1J4m0vlItIfGSP96Xozb3cJIQlfp2zvQaAokDSc7frDYsZdgf405rvr6QkIgfNY6et6LWgVGqhu2FbDGVDk2fVdaRNZI7b1bx35t82jL8aKMNsOyjqe6iKHw8LKnlu6TzVIyQxiHG+qLZY4lGYtwMIVSK+uRwtfjc+qJ83JNHjSVOlil40D2yH6GWjX4mldeK2lV5f/PecPTizkAJ0/IKQrQ5KNNj2Ih0ZCQFBmjdtZLc8+I4sGPl+xe6UamM5IOLLpecQGuMZuJGxVK7bPPEjdjny6LPLhlLmEYQ8jZuGvk/1Kr6+PpwcHYZ6TAanYAXZQoSUAd9t1OCZpZUfr0Ik+ByABcjDs1FjJd1oUQKw/k76+U9beLIC2HG0jl7cuySIjJDVxcXxiPHJqpHYHzero5xz66mYolDy0ldhB/uwnbIPvqhJTidsj4IvgHjDVpLbrTAxI5nEFMUFAiH6WXNZs5A+dGaDX32Wk4nRhsy1UJ9u2txL+Sk5V1tSyYbld1UZoE7/qBZRTZS1/yqIil+oGxbXH4UR9xdTzfpIeimwa9WviHIOpToZRZEFTTT5OGfGPDZQrTAA3J9ciBX08ESWMdj0cWagk0FiuODy2B5kB8+EKozbskP6yajjkxvPrn81VEj5fDAeQInSyCkGpRLPeredUgyTBIvgDcpKZPyuE5K5EVrVjzBJUB+Ir36uQRCMudWXTRdimuanuBMK2Lg72okn9ggMdkj2RpG4F1bIa7r3u+euYYjD/7lrYwEVTLrw+r1sG6/T97rDk71C+JZORrBQ+14yhnng9Vbuc+48tk3wh2+I+HwIDAQAB"
#define ED25519 "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

/* clang-format on */

/* Nothing is wrong with it. */
#define D         "Z\texample.com\t"
#define MX        D "MX\t10\tmx.example.com\n"
#define HOST      "Z\tmx.example.com\tA\t203.0.113.25\n"
#define HOST6     "Z\tmx.example.com\tAAAA\t2a00::25\n"
#define SPF       D "TXT\tv=spf1 mx -all\n"
#define DMARC     "Z\t_dmarc.example.com\tTXT\t"
#define COM       "Z\t_dmarc.com\tTXT\t"
#define STS       "Z\t_mta-sts.example.com\tTXT\t"
#define RPT       "Z\t_smtp._tls.example.com\tTXT\t"
#define BIMI      "Z\tdefault._bimi.example.com\tTXT\t"
#define KEY       "Z\tdefault._domainkey.example.com\tTXT\tv=DKIM1; k=rsa; p="
#define GOOD_MX   MX HOST HOST6
#define GOOD_D    DMARC "v=DMARC1; p=reject; rua=mailto:a@example.com\n"
#define GOOD_STS  STS "v=STSv1; id=1\n"
#define GOOD_RPT  RPT "v=TLSRPTv1; rua=mailto:a@example.com\n"
#define GOOD_BIMI BIMI "v=BIMI1; l=https://example.com/l.svg; a=\n"
#define GOOD_KEY  KEY RSA2048 "\n"
#define OTHER     GOOD_STS GOOD_RPT GOOD_BIMI
#define GOOD      GOOD_MX SPF GOOD_D OTHER GOOD_KEY
#define NO_MX     SPF GOOD_D OTHER GOOD_KEY
#define NO_SPF    GOOD_MX GOOD_D OTHER GOOD_KEY
#define NO_D      GOOD_MX SPF OTHER GOOD_KEY
#define NO_KEY    GOOD_MX SPF GOOD_D OTHER
#define NO_STS    GOOD_MX SPF GOOD_D GOOD_RPT GOOD_BIMI GOOD_KEY
#define NO_RPT    GOOD_MX SPF GOOD_D GOOD_STS GOOD_BIMI GOOD_KEY
#define NO_BIMI   GOOD_MX SPF GOOD_D GOOD_STS GOOD_RPT GOOD_KEY

/* Signed, and with TLSA records: nothing is wrong with it either. */
#define ROOT    "Z\t.\tSOA\t-\nZ\t.\tSIGNED\t-\n"
#define BYTES4  "\\x01\\x02\\x03\\x04"
#define BYTES32 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4
#define SIGNED  ROOT D "SOA\t-\n" D "DS\t" BYTES4 BYTES4 "\n" D "SIGNED\t-\n"
#define T       "Z\t_25._tcp.mx.example.com\tTLSA\t"
#define TLSA    T "\\x03\\x01\\x01" BYTES32 "\n"
#define DANE    SIGNED TLSA GOOD

/* ---- one run -------------------------------------------------------------- */

static struct spf_world w;
static struct quoth_domain d;
static struct quoth_domain_conf conf;
static struct quoth_finding found[QUOTH_FINDINGS_MAX];
static size_t findings;
static int no_trust;       /* of the name server's AD */
static unsigned broken_at; /* the nth thing it asks for fails in our hands; 0: none does */

SPF_WORLD_MACHINE(domain)

static unsigned slow; /* milliseconds until an answer is there */

static void run(const char *domain)
{
    static uint8_t big[65535];
    static const struct quoth_cidr allow = {{4, {203, 0, 113}}, 24};
    static const struct spf_world_machine machine = {&d, sizeof d, domain_want, domain_feed};
    const uint8_t seed[16] = {w.seed};

    conf.resolver = &w.res;
    conf.trust_ad = !no_trust;
    conf.targets.allow = &allow;
    conf.targets.allow_n = 1;
    spf_world_begin(&w);
    CHECK_INT(quoth_domain_start(&d, &conf, domain, seed, SPF_WORLD_START), QUOTH_OK);
    quoth_domain_lend(&d, big, sizeof big);
    SPF_REQUIRE(spf_world_drive(&w, &machine, slow, broken_at) <= 61000);
    SPF_REQUIRE(d.facts.used <= sizeof d.facts.text);
    findings = quoth_health_judge(&d.facts, QUOTH_PROFILE_AUTO, found);
}

static void zone(const char *lines)
{
    spf_world_init(&w);
    spf_world_zones(&w, lines);
    memset(&conf, 0, sizeof conf);
}

/* The place of a finding; -1: it is not there. */
static int place(const char *id)
{
    for (size_t i = 0; i < findings; i++)
        if (!strcmp(quoth_check_id(found[i].id), id))
            return (int)i;
    return -1;
}

static enum quoth_grade grade(const char *id)
{
    return place(id) < 0 ? QUOTH_GRADE_OK : (enum quoth_grade)found[place(id)].grade;
}

static void tell(void)
{
    for (size_t i = 0; i < findings; i++)
        printf("    %s %s\n", quoth_grade_name((enum quoth_grade)found[i].grade),
               quoth_check_id(found[i].id));
}

/* ---- every finding --------------------------------------------------------- */

#define TEN "a:a1.example.com a:a2.example.com a:a3.example.com a:a4.example.com a:a5.example.com "
#define TEN_A \
    "Z\ta1.example.com\tA\t203.0.113.1\nZ\ta2.example.com\tA\t203.0.113.1\n" \
    "Z\ta3.example.com\tA\t203.0.113.1\nZ\ta4.example.com\tA\t203.0.113.1\n" \
    "Z\ta5.example.com\tA\t203.0.113.1\n"
#define MANY(x) x x x x x x x x x x x

/* clang-format off */
static const struct row {
    const char *id, *zone;
    const char *domain; /* NULL: example.com */
} rows[] = {
    {"domain.none", "Z\tcom\tTXT\tx\n", NULL},
    {"mx.unknown", D "TIMEOUT\n" GOOD_D OTHER GOOD_KEY, NULL},
    {"mx.implicit", D "A\t203.0.113.25\n" NO_MX, NULL},
    {"mx.nowhere", NO_MX, NULL},
    {"mx.null", D "MX\t0\t\n" NO_MX, NULL},
    {"mx.null_beside", D "MX\t0\t\n" GOOD, NULL},
    {"mx.not_a_name", D "MX\t5\t203.0.113.25\n" GOOD, NULL},
    {"mx.alias", MX "Z\tmx.example.com\tCNAME\th.example.com\nZ\th.example.com\tA\t203.0.113.1\n" NO_MX, NULL},
    {"mx.no_address", D "MX\t20\tmx2.example.com\n" GOOD, NULL},
    {"mx.private", D "MX\t20\tmx2.example.com\nZ\tmx2.example.com\tA\t10.0.0.1\n" GOOD, NULL},
    {"mx.unusable", MX "Z\tmx.example.com\tA\t10.0.0.1\n" NO_MX, NULL},
    {"mx.proof", D "MX\t32767\tms123.msv1.invalid\n" GOOD, NULL},
    {"mx.one_address", D "MX\t20\tmx2.example.com\nZ\tmx2.example.com\tA\t203.0.113.25\n" GOOD, NULL},
    {"mx.host_unknown", MX "Z\tmx.example.com\tTIMEOUT\n" NO_MX, NULL},
    {"spf.unknown", D "TXT\tv=spf1 include:x.example.com -all\nZ\tx.example.com\tTIMEOUT\n" NO_SPF, NULL},
    {"spf.too_big_here", D "TXT\tv=spf1 " MANY("include:i.ii include:i.ii include:i.ii include:i.ii include:i.ii include:i.ii ") "-all\nZ\ti.ii\tTXT\tv=spf1 -all\n" NO_SPF, NULL},
    {"spf.none", NO_SPF, NULL},
    {"spf.multiple", D "TXT\tv=spf1 -all\n" GOOD, NULL},
    {"spf.syntax", D "TXT\tv=spf1 ip4:1.2.3 -all\n" NO_SPF, NULL},
    {"spf.join", D "TXT\tv=spf1 a:a.example.cominclude:b.example.com -all\n" NO_SPF, NULL},
    {"spf.wide", D "TXT\tv=spf1 ip4:8.0.0.0/15 -all\n" NO_SPF, NULL},
    {"spf.private", D "TXT\tv=spf1 ip6:fd00::/64 -all\n" NO_SPF, NULL},
    {"spf.host_bits", D "TXT\tv=spf1 ip4:8.8.8.8/24 -all\n" NO_SPF, NULL},
    {"spf.twice", D "TXT\tv=spf1 redirect=a.test redirect=b.test\n" NO_SPF, NULL},
    {"spf.lookups", D "TXT\tv=spf1 " TEN TEN "a:a1.example.com -all\n" TEN_A NO_SPF, NULL},
    {"spf.voids", D "TXT\tv=spf1 a:n1.example.com a:n2.example.com a:n3.example.com -all\n" NO_SPF, NULL},
    {"spf.void", D "TXT\tv=spf1 a:n1.example.com -all\n" NO_SPF, NULL},
    {"spf.void_v6", D "MX\t1\ta1.example.com\n" D "MX\t1\ta2.example.com\n" D "MX\t1\ta3.example.com\n" TEN_A GOOD, NULL},
    {"spf.hosts", D "MX\t1\th0.example.com\n" D "MX\t1\th1.example.com\n" D "MX\t1\th2.example.com\n" D "MX\t1\th3.example.com\n" D "MX\t1\th4.example.com\n" D "MX\t1\th5.example.com\n" D "MX\t1\th6.example.com\n" D "MX\t1\th7.example.com\n" D "MX\t1\th8.example.com\n" D "MX\t1\th9.example.com\n" D "MX\t1\th10.example.com\n" GOOD, NULL},
    {"spf.loop", D "TXT\tv=spf1 include:x.example.com -all\nZ\tx.example.com\tTXT\tv=spf1 include:example.com\n" NO_SPF, NULL},
    {"spf.name", D "TXT\tv=spf1 include:a..example.com -all\n" NO_SPF, NULL},
    {"spf.dead_include", D "TXT\tv=spf1 include:gone.example.com -all\n" NO_SPF, NULL},
    {"spf.inner", D "TXT\tv=spf1 include:x.example.com -all\nZ\tx.example.com\tTXT\tv=spf1 nonsense\n" NO_SPF, NULL},
    {"spf.open", D "TXT\tv=spf1 ip4:0.0.0.0/0 -all\n" NO_SPF, NULL},
    {"spf.neutral", D "TXT\tv=spf1 mx ?all\n" NO_SPF, NULL},
    {"spf.behind_all", D "TXT\tv=spf1 mx -all ip4:203.0.113.1\n" NO_SPF, NULL},
    {"spf.redirect_ignored", D "TXT\tv=spf1 mx -all redirect=x.test\n" NO_SPF, NULL},
    {"spf.ptr", D "TXT\tv=spf1 ptr -all\n" NO_SPF, NULL},
    {"spf.macro_p", D "TXT\tv=spf1 exists:%{p}.x.test -all\n" NO_SPF, NULL},
    {"spf.skipped", D "TXT\tv=spf1 include:%{l}.x.test -all\n" NO_SPF, NULL},
    {"spf.long", D "TXT\tv=spf1" MANY(" x=a123456789a123456789a123456789a123456789") " mx -all\n" NO_SPF, NULL},
    {"spf.answer", MANY(D "TXT\ta-token=0123456789abcdef0123456789abcdef\n") GOOD, NULL},
    {"spf.equals", D "TXT\tv=spf1 include=x.test -all\n" NO_SPF, NULL},
    {"spf.version", D "TXT\tv=spf1; mx; -all\n" NO_SPF, NULL},
    {"spf.senderid", D "TXT\tspf2.0/pra -all\n" NO_SPF, NULL},
    {"spf.parked", D "MX\t0\t\n" NO_MX, NULL},
    {"dmarc.unknown", "Z\t_dmarc.example.com\tTIMEOUT\n" NO_D, NULL},
    {"dmarc.none", NO_D, NULL},
    {"dmarc.multiple", DMARC "v=DMARC1; p=none\n" GOOD, NULL},
    {"dmarc.version", DMARC "v=dmarc1; p=none\n" NO_D, NULL},
    {"dmarc.misplaced", D "TXT\tv=DMARC1; p=none\n" NO_D, NULL},
    {"dmarc.doubled", "Z\t_dmarc.example.com.example.com\tTXT\tv=DMARC1; p=none\n" NO_D, NULL},
    {"dmarc.other_txt", DMARC "v=spf1 -all\n" GOOD, NULL},
    {"dmarc.syntax", DMARC "v=DMARC1; p=reject; ; rua=mailto:a@example.com\n" NO_D, NULL},
    {"dmarc.value", DMARC "v=DMARC1; p=reject; adkim=x\n" NO_D, NULL},
    {"dmarc.duplicate", DMARC "v=DMARC1; p=reject; p=none\n" NO_D, NULL},
    {"dmarc.policy", DMARC "v=DMARC1; p=quarentine\n" NO_D, NULL},
    {"dmarc.policy", DMARC "v=DMARC1;\\xC2\\xA0p=reject; rua=mailto:a@example.com\n" NO_D, NULL},
    {"dmarc.no_policy", DMARC "v=DMARC1; rua=mailto:a@example.com\n" NO_D, NULL},
    {"dmarc.watching", DMARC "v=DMARC1; p=none; rua=mailto:a@example.com\n" NO_D, NULL},
    {"dmarc.idle", DMARC "v=DMARC1; p=none\n" NO_D, NULL},
    {"dmarc.idle", DMARC "v=DMARC1; p=none; rua=a@example.com\n" NO_D, NULL},
    {"dmarc.testing", DMARC "v=DMARC1; p=reject; t=y\n" NO_D, NULL},
    {"dmarc.weak_sub", DMARC "v=DMARC1; p=reject; sp=none\n" NO_D, NULL},
    {"dmarc.sub_ignored", "Z\t_dmarc.a.example.com\tTXT\tv=DMARC1; p=reject; sp=none\nZ\ta.example.com\tA\t203.0.113.1\n" GOOD, "a.example.com"},
    {"dmarc.removed", DMARC "v=DMARC1; p=reject; pct=50\n" NO_D, NULL},
    {"dmarc.stranger", DMARC "v=DMARC1; p=reject; x=1\n" NO_D, NULL},
    {"dmarc.size", DMARC "v=DMARC1; p=reject; rua=mailto:a@example.com!10m\n" NO_D, NULL},
    {"dmarc.rua_scheme", DMARC "v=DMARC1; p=reject; rua=a@example.com\n" NO_D, NULL},
    {"dmarc.rua_uri", DMARC "v=DMARC1; p=reject; rua=example.com\n" NO_D, NULL},
    {"dmarc.rua_other", DMARC "v=DMARC1; p=reject; rua=https://example.com/\n" NO_D, NULL},
    {"dmarc.rua_many", DMARC "v=DMARC1; p=reject; rua=mailto:a@example.com,mailto:b@example.com,mailto:c@example.com\n" NO_D, NULL},
    {"dmarc.rua_unauthorised", DMARC "v=DMARC1; p=reject; rua=mailto:a@x.test\n" NO_D, NULL},
    {"dmarc.rua_unknown", DMARC "v=DMARC1; p=reject; rua=mailto:a@x.test\nZ\texample.com._report._dmarc.x.test\tTIMEOUT\n" NO_D, NULL},
    {"dmarc.rua_nowhere", DMARC "v=DMARC1; p=reject; rua=mailto:a@r.example.com\nZ\tr.example.com\tMX\t0\t\n" NO_D, NULL},
    {"dmarc.parked", D "MX\t0\t\n" D "TXT\tv=spf1 -all\n" DMARC "v=DMARC1; p=none\n" OTHER, NULL},
    {"dmarc.no_dkim", GOOD_MX SPF GOOD_D GOOD_STS GOOD_RPT, NULL},
    {"sts.unknown", "Z\t_mta-sts.example.com\tTIMEOUT\n" NO_STS, NULL},
    {"sts.multiple", STS "v=STSv1; id=2\n" GOOD, NULL},
    {"sts.version", STS "v=STSV1; id=2\n" NO_STS, NULL},
    {"sts.id", STS "v=STSv1; id=a-b\n" NO_STS, NULL},
    {"sts.syntax", STS "v=STSv1; id=2;;\n" NO_STS, NULL},
    {"sts.no_reports", NO_RPT, NULL},
    {"rpt.unknown", "Z\t_smtp._tls.example.com\tTIMEOUT\n" NO_RPT, NULL},
    {"rpt.multiple", RPT "v=TLSRPTv1; rua=mailto:b@example.com\n" GOOD, NULL},
    {"rpt.version", RPT "v=TLSRPTv2; rua=mailto:b@example.com\n" NO_RPT, NULL},
    {"rpt.rua", RPT "v=TLSRPTv1; rua=b@example.com\n" NO_RPT, NULL},
    {"rpt.misplaced", "Z\t_tlsrpt.example.com\tTXT\tv=TLSRPTv1; rua=mailto:a@example.com\n" NO_RPT, NULL},
    {"rpt.syntax", RPT "v=TLSRPTv1;; rua=mailto:b@example.com\n" NO_RPT, NULL},
    {"bimi.unknown", "Z\tdefault._bimi.example.com\tTIMEOUT\n" NO_BIMI, NULL},
    {"bimi.multiple", BIMI "v=BIMI1; l=\n" GOOD, NULL},
    {"bimi.broken", BIMI "v=BIMI1; l=http://example.com/\n" NO_BIMI, NULL},
    {"bimi.policy", DMARC "v=DMARC1; p=none; rua=mailto:a@example.com\n" NO_D, NULL},
    {"dkim.unknown", "Z\tdefault._domainkey.example.com\tTIMEOUT\n" NO_KEY, NULL},
    {"dkim.not_found", "Z\tother._domainkey.example.com\tTXT\tx\n" NO_KEY, NULL},
    {"dkim.no_keys", NO_KEY, NULL},
    {"dkim.wildcard", "Z\t*._domainkey.example.com\tTXT\tx\n" NO_KEY, NULL},
    {"dkim.dangling", "Z\tdefault._domainkey.example.com\tCNAME\tgone.example.com\n" NO_KEY, NULL},
    {"dkim.multiple", KEY RSA1024 "\n" GOOD, NULL},
    {"dkim.version", "Z\tdefault._domainkey.example.com\tTXT\tv=DKIM2; p=" RSA2048 "\n" NO_KEY, NULL},
    {"dkim.syntax", KEY RSA2048 ";;\n" NO_KEY, NULL},
    {"dkim.duplicate", KEY RSA2048 "; k=rsa\n" NO_KEY, NULL},
    {"dkim.no_p", "Z\tdefault._domainkey.example.com\tTXT\tv=DKIM1\n" NO_KEY, NULL},
    {"dkim.base64", KEY "\"" RSA2048 "\"\n" NO_KEY, NULL},
    {"dkim.cut", KEY "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n" NO_KEY, NULL},
    {"dkim.bare", KEY BARE1024 "\n" NO_KEY, NULL},
    {"dkim.kind", "Z\tdefault._domainkey.example.com\tTXT\tk=dsa; p=" RSA2048 "\n" NO_KEY, NULL},
    {"dkim.service", KEY RSA2048 "; s=default\n" NO_KEY, NULL},
    {"dkim.sha1", KEY RSA2048 "; h=sha1\n" NO_KEY, NULL},
    {"dkim.short", KEY RSA512 "\n" NO_KEY, NULL},
    {"dkim.weak", KEY RSA1024 "\n" NO_KEY, NULL},
    {"dkim.long", KEY RSA5120 "\n" NO_KEY, NULL},
    {"dkim.ed25519", "Z\tdefault._domainkey.example.com\tTXT\tv=DKIM1; k=ed25519; p=" ED25519 "\n" NO_KEY, NULL},
    {"dkim.revoked", KEY "\n" NO_KEY, NULL},
    {"dnssec.unknown", ROOT GOOD D "TIMEOUT\n", NULL},
    {"dnssec.bogus", ROOT GOOD D "SOA\t-\n" D "BOGUS\t\\x07\n", NULL},
    {"dane.unknown", SIGNED GOOD "Z\t_25._tcp.mx.example.com\tTIMEOUT\n", NULL},
    {"dane.untrusted", TLSA GOOD, NULL},
    {"dane.insecure", ROOT TLSA GOOD, NULL},
    {"dane.mx_insecure", ROOT TLSA GOOD "Z\tmx.example.com\tSIGNED\t-\nZ\t_25._tcp.mx.example.com\tSIGNED\t-\n", NULL},
    {"dane.pkix", DANE T "\\x01\\x01\\x01" BYTES32 "\n", NULL},
    {"dane.full", DANE T "\\x03\\x01\\x00" BYTES4 "\n", NULL},
    {"dane.length", DANE T "\\x03\\x01\\x02" BYTES32 "\n", NULL},
    {"dane.empty", DANE T "\\x03\\x01\\x01\\xe3\\xb0\\xc4\\x42" BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 "\n", NULL},
    {"dane.unusable", SIGNED GOOD T "\\x00\\x01\\x01" BYTES32 "\n", NULL},
    {"dane.single", SIGNED GOOD T "\\x03\\x00\\x01" BYTES32 "\n", NULL},
    {"dkim.testing", KEY RSA2048 "; t=y\n" NO_KEY, NULL},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows };

/* Findings about the policy of MTA-STS of a domain with nothing wrong. */
#define HEAD "version: STSv1\nmax_age: "
#define ENDS "mx: mx.example.com\n"
static const struct policy_row {
    const char *id, *zone, *text;
    struct quoth_fetched fetched;
} policies[] = {
    {"sts.no_record", NO_STS, HEAD "86400\nmode: enforce\n" ENDS, {.how = QUOTH_FETCH_DONE}},
    {"sts.no_policy", GOOD, NULL, {.how = QUOTH_FETCH_NO_HOST}},
    {"sts.policy_unknown", GOOD, NULL, {.how = QUOTH_FETCH_CONNECT}},
    {"sts.private", GOOD, NULL, {.how = QUOTH_FETCH_PRIVATE}},
    {"sts.cert", GOOD, NULL, {.how = QUOTH_FETCH_CERT}},
    {"sts.status", GOOD, NULL, {.how = QUOTH_FETCH_STATUS}},
    {"sts.http", GOOD, NULL, {.how = QUOTH_FETCH_HTTP}},
    {"sts.type", GOOD, HEAD "86400\nmode: enforce\n" ENDS, {QUOTH_FETCH_DONE, 0, 1, 200}},
    {"sts.policy_syntax", GOOD, "hello", {.how = QUOTH_FETCH_DONE}},
    {"sts.policy_big", GOOD, "", {.how = QUOTH_FETCH_DONE}},
    {"sts.policy_key", GOOD, HEAD "86400\nmode: enforce\n", {.how = QUOTH_FETCH_DONE}},
    {"sts.mx_missing", GOOD, HEAD "86400\nmode: enforce\nmx: a.b\n", {.how = QUOTH_FETCH_DONE}},
    {"sts.mx_unlisted", GOOD, HEAD "86400\nmode: testing\nmx: a.b\n", {.how = QUOTH_FETCH_DONE}},
    {"sts.mx_unused", GOOD, HEAD "86400\nmode: testing\nmx: a.b\n", {.how = QUOTH_FETCH_DONE}},
    {"sts.short", GOOD, HEAD "86399\nmode: enforce\n" ENDS, {.how = QUOTH_FETCH_DONE}},
    {"sts.long", GOOD, HEAD "31557601\nmode: enforce\n" ENDS, {.how = QUOTH_FETCH_DONE}},
    {"sts.mode_none", GOOD, HEAD "86400\nmode: none\n", {.how = QUOTH_FETCH_DONE}},
    {"sts.unseen", NO_RPT, HEAD "86400\nmode: testing\n" ENDS, {.how = QUOTH_FETCH_DONE}},
};
enum { POLICIES = sizeof policies / sizeof *policies };

/* The place of a domain that has more in it than a domain. */
TEST(F14_place)
{
    zone(D "TXT\tv=spf1 mx a:x.example.com,y.example.com -all\n" NO_SPF);
    run("example.com");
    CHECK(place("spf.name") >= 0);
    if (place("spf.name") >= 0)
        CHECK_INT(found[place("spf.name")].num, 10);
}

static void with_policy(const char *lines, const char *text, const struct quoth_fetched *fetched)
{
    static char line[1024];
    static struct quoth_policy p;

    zone(lines);
    run("example.com");
    quoth_policy_start(&p);
    if (text)
        quoth_policy_feed(&p, text, strlen(text));
    for (int i = 0; text && !*text && i < 65; i++) { /* more than 64 KiB */
        memcpy(memset(line, 'x', sizeof line), "x:", 2);
        line[sizeof line - 1] = '\n';
        quoth_policy_feed(&p, line, sizeof line);
    }
    quoth_policy_end(&p);
    quoth_facts_policy(&d.facts, fetched, &p);
    findings = quoth_health_judge(&d.facts, QUOTH_PROFILE_AUTO, found);
}

TEST(M01)
{
    zone(GOOD);
    run("example.com");
    CHECK_INT(findings, 0);
    if (findings)
        tell();
    CHECK_INT(d.facts.queries, w.questions);
    CHECK(d.facts.queries <= 30);
}

/* Each finding is found, and not without its fault. */
TEST(M02)
{
    zone(DANE);
    run("example.com");
    for (int i = 0; i < ROWS; i++) {
        CHECK_STR(place(rows[i].id) < 0 ? "" : rows[i].id, "");
    }
    for (int i = 0; i < ROWS; i++) {
        zone(rows[i].zone);
        run(rows[i].domain ? rows[i].domain : "example.com");
        CHECK_STR(place(rows[i].id) < 0 ? "" : rows[i].id, rows[i].id);
        if (place(rows[i].id) < 0)
            tell();
    }
}

/* Those of a policy, likewise. */
TEST(M02_policy)
{
    const struct quoth_fetched done = {.how = QUOTH_FETCH_DONE, .status = 200};

    with_policy(GOOD, HEAD "86400\nmode: enforce\n" ENDS, &done);
    CHECK_INT(findings, 0);
    for (int i = 0; i < POLICIES; i++) {
        with_policy(policies[i].zone, policies[i].text, &policies[i].fetched);
        CHECK_STR(place(policies[i].id) < 0 ? "" : policies[i].id, policies[i].id);
    }
}

/* What the port knows of earlier looks. */
TEST(M24)
{
    const struct quoth_fetched done = {.how = QUOTH_FETCH_DONE, .status = 200};

    for (int same = 0; same < 2; same++) {
        with_policy(GOOD, HEAD "86400\nmode: enforce\n" ENDS, &done);
        d.facts.policy.same_id = (uint8_t)same;
        findings = quoth_health_judge(&d.facts, QUOTH_PROFILE_AUTO, found);
        CHECK_INT(grade("sts.same_id"), same ? QUOTH_GRADE_WARN : QUOTH_GRADE_OK);
    }
}

/* Those of hosts that were called: what was met, and in which zone. */
static const struct met_row {
    const char *id, *zone, *without; /* no finding in this zone */
    struct quoth_fact_host met;
} mets[] = {
    {"mx.untalked", DANE, NULL, {.talk = QUOTH_TALK_FAILED}},
    {"mx.no_name", DANE, NULL, {.ptr = QUOTH_ANSWER_NXDOMAIN}},
    {"sts.mx_cert", DANE, NULL, {.talk = QUOTH_TALK_TLS, .cert = QUOTH_CERT_EXPIRED}},
    {"sts.mx_no_tls", DANE, NULL, {.talk = QUOTH_TALK_CLEAR}},
    {"dane.mismatch", DANE, ROOT TLSA GOOD, {.talk = QUOTH_TALK_TLS, .match = QUOTH_MATCH_NONE}},
    {"dane.no_tls", DANE, GOOD, {.talk = QUOTH_TALK_BROKEN}},
};
enum { METS = sizeof mets / sizeof *mets };

static void with_met(const char *lines, const struct quoth_fact_host *met, const char *mode)
{
    const struct quoth_fetched done = {.how = QUOTH_FETCH_DONE, .status = 200};
    struct quoth_fact_host *host = &d.facts.host[0];
    char text[100];

    snprintf(text, sizeof text, "%s86400\nmode: %s\n%s", HEAD, mode, ENDS);
    with_policy(lines, text, &done);
    host->talk = met->talk;
    host->cert = met->cert;
    host->match = met->match;
    host->ptr = met->ptr;
    findings = quoth_health_judge(&d.facts, QUOTH_PROFILE_AUTO, found);
}

TEST(M25)
{
    const struct quoth_fact_host fine = {
        .talk = QUOTH_TALK_TLS, .cert = QUOTH_CERT_CHECKED, .match = QUOTH_MATCH_ONE};

    with_met(DANE, &fine, "enforce");
    CHECK_INT(findings, 0);
    for (int i = 0; i < METS; i++) {
        with_met(mets[i].zone, &mets[i].met, "enforce");
        CHECK_STR(place(mets[i].id) < 0 ? "" : mets[i].id, mets[i].id);
        with_met(mets[i].zone, &fine, "enforce");
        CHECK_INT(place(mets[i].id), -1);
        if (mets[i].without)
            with_met(mets[i].without, &mets[i].met, "enforce");
        CHECK_INT(place(mets[i].id), -1);
    }
    with_met(DANE, &mets[1].met, "testing");
    CHECK_INT(place("sts.mx_cert"), -1);
}

/* A record of TLS-RPT at a name of drafts, and not where there is one in its place. */
TEST(M30)
{
    static const char *const drafts[] = {
        "Z\t_smtp-tlsrpt.example.com\tTXT\tv=TLSRPTv1; rua=mailto:a@example.com\n",
        "Z\t_tlsrpt.example.com\tTXT\tv=TLSRPTv1; rua=mailto:a@example.com\n"};
    char lines[8000];

    for (int i = 0; i < 2; i++) {
        strcat(strcpy(lines, drafts[i]), NO_RPT);
        zone(lines);
        run("example.com");
        CHECK_INT(grade("rpt.misplaced"), QUOTH_GRADE_WARN);
        CHECK_STR(found[place("rpt.misplaced")].word, i ? "_tlsrpt" : "_smtp-tlsrpt");
        strcat(strcpy(lines, drafts[i]), GOOD);
        zone(lines);
        run("example.com");
        CHECK_INT(findings, 0);
    }
    zone("Z\t_tlsrpt.example.com\tTXT\tother\n" NO_RPT);
    run("example.com");
    CHECK_INT(place("rpt.misplaced"), -1);
}

/* The 7208 3.3 mistake, in the forms it has; and what only looks like it. */
TEST(F03)
{
    static const struct {
        const char *record;
        unsigned at; /* 0: nothing is joined */
    } joins[] = {
        {"v=spf1 ip4:8.8.8.8~all", 18},
        {"v=spf1 include:x.exampleip4:8.8.8.8 -all", 24},
        {"v=spf1 include:x.example.commx -all", 0}, /* it may be called so */
        {"v=spf1 a:x.example.com-all", 22},
        {"v=spf1 mx~all", 9},
        {"v=spf1 ?mxredirect=x.example -all", 10},
        {"v=spf1 ip6:2a00:a:b::1 ?a:example.com -all", 0},
        {"v=spf1 exists:%{i}.all.example.com ~all", 0},
        {"v=spf1 include:small.example ?all", 0},
        {"v=spf1 include:x.exampleinclude:y.example -all", 24}, /* no such name, that is */
        {"v=spf1 include:x.example,include:y.example -all", 25},
        {"v=spf1 ip6:2a00:a:b::1/129 -all", 0}, /* broken otherwise */
        {"v=spf1 ip6:2a00:a:b::1~all", 22},
        {"v=spf1 ~amx:small.example -all", 9},
        {"v=spf1 ip6xa:small.example -all", 11},
        {"v=spf1 --all", 0}, /* a slip, and no border of strings */
    };

    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
        char lines[4000];
        snprintf(lines, sizeof lines, D "TXT\t%s\n%s", joins[i].record, NO_SPF);
        zone(lines);
        run("example.com");
        CHECK_STR(joins[i].record,
                  (place("spf.join") >= 0) == (joins[i].at != 0) ? joins[i].record : "");
        CHECK(!joins[i].at || (place("spf.syntax") < 0 && place("spf.dead_include") < 0));
        if (joins[i].at && place("spf.join") >= 0)
            CHECK_INT(found[place("spf.join")].num, joins[i].at);
    }
}

/* Does the mailbox that reports go to take mail? Only the DNS is asked. */
TEST(J12)
{
    static const struct {
        const char *zone;
        int nowhere;
    } hosts[] = {
        {"Z\tr.example.com\tMX\t5\tmx.example.com\n", 0},
        {"Z\tr.example.com\tMX\t0\t\n", 1},
        {"Z\tr.example.com\tA\t203.0.113.1\n", 0},
        {"Z\tr.example.com\tAAAA\t2a00::1\n", 0},
        {"Z\tr.example.com\tTXT\tx\n", 1},
        {"", 1},
        {"Z\tr.example.com\tTIMEOUT\n", 0},
    };

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char lines[4000];
        snprintf(lines, sizeof lines,
                 "%s" DMARC
                 "v=DMARC1; p=reject; rua=mailto:a@r.example.com, mailto:b@R.example.com\n%s",
                 hosts[i].zone, NO_D);
        zone(lines);
        run("example.com");
        CHECK_INT(place("dmarc.rua_nowhere") >= 0, hosts[i].nowhere);
        CHECK_INT(d.facts.uris, 1);
    }
    CHECK(place("dmarc.rua_unknown") >= 0);
}

/* Every row of the table is one of those above. */
TEST(M02_all)
{
    char words[QUOTH_CHECK_WORDS];

    for (unsigned id = 0; quoth_check_id(id); id++) {
        int known = !strcmp(quoth_check_id(id), "domain.unfinished") ||
                    strcmp(quoth_check_finder(id), "domain") != 0;
        known |= !strcmp(quoth_check_id(id), "sts.same_id"); /* M24 */
        for (int i = 0; i < ROWS; i++)
            known |= !strcmp(rows[i].id, quoth_check_id(id));
        for (int i = 0; i < METS; i++)
            known |= !strcmp(mets[i].id, quoth_check_id(id));
        for (int i = 0; i < POLICIES; i++)
            known |= !strcmp(policies[i].id, quoth_check_id(id));
        CHECK_STR(known ? "" : quoth_check_id(id), "");
        CHECK(*quoth_check_words(id, QUOTH_CHECK_SENTENCE, words));
    }
}

/* ---- M03, HR07: what fails is unknown ------------------------------------------ */

static uint32_t drawn = 1;
static const char *draw(const char *const *from, size_t n)
{
    drawn = drawn * 1664525u + 1013904223u;
    return from[(drawn >> 16) % n];
}
#define DRAW(from) draw(from, sizeof from / sizeof *from)

/* A domain that nobody thought of. */
static void make(char *lines)
{
    static const char *const
        mx[] = {GOOD_MX,
                "",
                D "MX\t0\t\n",
                D "A\t203.0.113.25\n",
                MX "Z\tmx.example.com\tA\t10.0.0.1\n",
                D "MX\t20\tmx2.example.com\n" GOOD_MX},
        *const spf[] =
            {
                SPF,
                "",
                D "TXT\tv=spf1 -all\n",
                D "TXT\tv=spf1 include:x.test a ?all\nZ\tx.test\tTXT\tv=spf1 "
                  "include:y.test exists:n.test -all\nZ\ty.test\tTXT\tv=spf1 mx\n",
                D "TXT\tv=spf1 nonsense\n",
                D "TXT\tv=spf1 a:n1.test a:n2.test a:n3.test -all\n",
            },
        *const dmarc[] = {GOOD_D,
                          "",
                          DMARC "v=DMARC1; p=none; rua=mailto:a@x.test\n",
                          DMARC "v=DMARC1; p=quarantine; rua=mailto:a@y.test\nZ"
                                "\texample.com._report._dmarc.y.test\tTXT\t"
                                "v=DMARC1\n",
                          DMARC "v=DMARC1; p=reject\n" GOOD_D,
                          "Z\t_dmarc.com\tTXT\tv=DMARC1; p=reject; psd=y\n",
                          D "TXT\tv=DMARC1; p=none\n",
                          DMARC "v=DMARC1; p=none; sp=reject\n"},
        *const sts[] = {GOOD_STS, "", STS "v=STSv1; id=-\n"},
        *const rpt[] = {GOOD_RPT, "", RPT "v=TLSRPTv1; rua=a@b.c\n"},
        *const dane[] = {"",
                         SIGNED TLSA,
                         ROOT TLSA,
                         ROOT D "SOA\t-\n",
                         SIGNED T "\\x01\\x01\\x01" BYTES32 "\n",
                         D "SOA\t-\n" D "DS\t" BYTES4 BYTES4 "\n" TLSA},
        *const bimi[] = {GOOD_BIMI, "", BIMI "v=BIMI1; l=x\n"},
        *const key[] = {GOOD_KEY, "", KEY RSA512 "\n",
                        "Z\tdkim._domainkey.example.com\tTXT\tv=DKIM1; k=ed25519; p=" ED25519 "\n",
                        "Z\t*._domainkey.example.com\tTXT\tx\n"};

    *lines = 0;
    strcat(strcat(strcat(lines, DRAW(mx)), DRAW(spf)), DRAW(dmarc));
    strcat(strcat(strcat(strcat(lines, DRAW(sts)), DRAW(rpt)), DRAW(bimi)), DRAW(key));
    strcat(lines, DRAW(dane));
}

/* Findings that say that something is not there. */
static int is_missing(const char *id)
{
    static const char *const ids[] = {"domain.none",       "mx.implicit",    "mx.nowhere",
                                      "mx.no_address",     "spf.none",       "spf.dead_include",
                                      "dmarc.rua_nowhere", "dkim.dangling",  "dmarc.none",
                                      "dmarc.no_dkim",     "sts.no_reports", "dkim.no_keys"};

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (!strcmp(ids[i], id))
            return 1;
    return 0;
}

static int worse(enum quoth_grade now, enum quoth_grade before)
{
    if (now == QUOTH_GRADE_UNKNOWN)
        return 0;
    return now > (before == QUOTH_GRADE_UNKNOWN ? QUOTH_GRADE_NOTE : before);
}

static unsigned told; /* of what went wrong, enough to go on with */

static void fails_well(const char *lines, const char *domain)
{
    static struct quoth_finding base[QUOTH_FINDINGS_MAX];
    enum quoth_grade before[200] = {0};
    size_t n;
    unsigned all;

    zone(lines);
    run(domain);
    all = w.questions;
    n = findings;
    memcpy(base, found, sizeof base);
    for (size_t i = 0; i < n; i++)
        before[base[i].id] = (enum quoth_grade)base[i].grade;
    for (unsigned at = 1; at <= all; at++)
        for (unsigned how = SPF_WORLD_SERVFAIL; how <= SPF_WORLD_SILENT; how++) {
            int bad = 0;
            w.fail_at = at;
            w.fail_how = how;
            run(domain);
            for (size_t i = 0; i < findings; i++) {
                const enum quoth_grade was = before[found[i].id];
                const char *id = quoth_check_id(found[i].id);
                if (!was && is_missing(id))
                    bad = 1;
                if (was ? worse((enum quoth_grade)found[i].grade, was)
                        : found[i].grade == QUOTH_GRADE_WARN || found[i].grade == QUOTH_GRADE_BAD)
                    bad = 1;
                if (bad && told++ < 3)
                    printf("%squestion %u fails (%u): %s\n", lines, at, how, id);
            }
            CHECK(!bad);
        }
}

static unsigned made_up = 200;

TEST(M03)
{
    char lines[8000];

    for (unsigned i = 0; i < made_up; i++) {
        make(lines);
        fails_well(lines, "example.com");
        fails_well(lines, "a.b.example.com");
    }
    fails_well("Z\t_dmarc.b.example.com\tTXT\tv=DMARC1; p=none\n"
               "Z\ta.b.example.com\tMX\t10\tmx.example.com\n" GOOD,
               "a.b.example.com");
}

/* Memory is what the struct is; the pieces that answers come in make no difference. */
TEST(HR05_pieces)
{
    static struct quoth_finding before[QUOTH_FINDINGS_MAX];

    for (int i = 0; i < ROWS; i++) {
        size_t n;
        if (strstr(rows[i].zone, "TIMEOUT")) /* silence takes another time there */
            continue;
        zone(rows[i].zone);
        run(rows[i].domain ? rows[i].domain : "example.com");
        n = findings;
        memcpy(before, found, sizeof before);
        w.res.tcp = 1;
        w.piece = 1;
        run(rows[i].domain ? rows[i].domain : "example.com");
        CHECK_INT(findings, n);
        for (size_t k = 0; k < n && k < findings; k++)
            CHECK(found[k].id == before[k].id && found[k].grade == before[k].grade &&
                  found[k].num == before[k].num);
    }
}

/* Whichever operation fails in our own hands, it ends, and nothing is missing for it. */
TEST(HR05_broken)
{
    for (unsigned tcp = 0; tcp < 2; tcp++)
        for (broken_at = 1; broken_at < 400; broken_at++) {
            zone(DANE);
            w.res.tcp = (uint8_t)tcp;
            run("example.com");
            for (size_t i = 0; i < findings; i++)
                CHECK(found[i].grade == QUOTH_GRADE_UNKNOWN);
        }
    broken_at = 0;
}

/* The time of all is used up while SPF asks: it has no result. Where SPF's own time is, it has one,
 * and the others are asked. */
TEST(HR05_late)
{
    zone(D "TXT\tv=spf1 include:a.test include:b.test -all\nZ\ta.test\tTIMEOUT\n" NO_SPF);
    conf.checks = QUOTH_CHECK_SPF | QUOTH_CHECK_RPT;
    w.res.tries = 5;
    for (conf.total_ms = 5000; conf.total_ms <= 35000; conf.total_ms += 10000) {
        const int late = conf.total_ms < 20000;
        run("example.com");
        CHECK_INT(d.facts.late, late);
        CHECK_INT(d.facts.spf.asked, !late);
        CHECK_INT(d.facts.unasked, late ? conf.checks : 0);
        CHECK_INT(d.facts.spf.why, late ? QUOTH_SPF_WHY_NONE : QUOTH_SPF_WHY_TOO_BIG);
        CHECK_INT(d.facts.rpt.n, !late);
        CHECK(d.facts.queries >= (late ? 2 : 3));
    }
}

/* A budget that is smaller than the walk: what was not asked about is unknown, by name, and nothing
 * that is told is worse than with all of it. */
static void spends_well(const char *lines, unsigned checks)
{
    enum quoth_grade before[300] = {0};
    unsigned all;

    zone(lines);
    conf.checks = (uint16_t)checks;
    run("example.com");
    all = d.facts.queries;
    CHECK_INT(d.facts.unasked, 0);
    for (size_t i = 0; i < findings; i++)
        before[found[i].id] = (enum quoth_grade)found[i].grade;
    for (unsigned most = 1; most < all; most++) {
        unsigned named = 0;
        conf.queries_max = (uint16_t)most;
        run("example.com");
        CHECK(d.facts.queries <= most + QUOTH_CNAMES_MAX);
        for (size_t i = 0; i < findings; i++) {
            const enum quoth_grade was = before[found[i].id];
            named += !strcmp(quoth_check_id(found[i].id), "domain.unfinished");
            CHECK(was ? !worse((enum quoth_grade)found[i].grade, was)
                      : found[i].grade == QUOTH_GRADE_UNKNOWN ||
                            (found[i].grade == QUOTH_GRADE_NOTE &&
                             !is_missing(quoth_check_id(found[i].id))));
        }
        CHECK(d.facts.late ? named > 0 : place("spf.too_big_here") >= 0);
        for (unsigned check = 1; check <= d.facts.unasked; check <<= 1)
            CHECK(!(d.facts.unasked & check) || *quoth_domain_check_name(check));
    }
}

/* At the deadline of the whole nobody is asked any more; a millisecond before somebody is. */
TEST(HR05_deadline)
{
    zone(NO_SPF);
    conf.checks = QUOTH_CHECK_RPT | QUOTH_CHECK_DMARC;
    slow = 100;
    for (conf.total_ms = 100; conf.total_ms < 102; conf.total_ms++) {
        run("example.com");
        CHECK_INT(d.facts.late, 1);
        CHECK_INT(d.facts.queries, conf.total_ms == 100 ? 1 : 2);
    }
    slow = 0;
}

/* What is kept fills the text to its last byte, each with a NUL; what does not fit is no
 * text. */
TEST(HR05_text)
{
    static struct quoth_facts facts;
    static char text[sizeof facts.text];
    const unsigned all = sizeof facts.text;

    memset(text, 'x', sizeof text);
    for (unsigned n = 5; n <= 7; n++) {
        struct quoth_part part;

        memset(&facts, 0, sizeof facts);
        facts.used = (uint16_t)(all - 7);
        part = quoth_facts_keep(&facts, text, n);
        CHECK_INT(part.n, n < 7 ? n : 0);
        CHECK_INT(part.at, n < 7 ? all - 7 : 0);
        CHECK_INT(facts.used, n < 7 ? all - 6 + n : all - 7);
    }
}

TEST(HR03)
{
    char lines[8000];

    for (unsigned i = 0; i < 60; i++) {
        make(lines);
        spends_well(lines, 0);
        spends_well(lines, QUOTH_CHECK_QUICK);
    }
    zone(GOOD);
    conf.checks = QUOTH_CHECK_QUICK;
    run("example.com");
    CHECK_INT(d.facts.tried, 0);
    CHECK_INT(d.facts.sts.answer, QUOTH_ANSWER_NONE);
    CHECK(d.facts.queries <= 16);
}

/* ---- single things ------------------------------------------------------------ */

TEST(M04)
{
    static const char *const mine[] = {"default", "x", NULL};

    zone(GOOD);
    conf.selectors = mine;
    run("example.com");
    CHECK_INT(d.facts.keys, 1);
    CHECK_INT(d.facts.tried, 2);
    CHECK_INT(findings, 0);
    CHECK_INT(quoth_domain_start(&d, &conf, "localhost", (const uint8_t *)"0123456789abcdef", 0),
              QUOTH_EPROTO);
    CHECK_INT(quoth_domain_start(&d, &conf, "a..b", (const uint8_t *)"0123456789abcdef", 0),
              QUOTH_EPROTO);
}

/* How many of the selectors tried are this one; -1: none, else the place of the first. */
static int tried(const char *selector)
{
    for (unsigned i = 0; i < d.facts.tried; i++)
        if (!strcmp(quoth_domain_selector(&d, i), selector))
            return (int)i;
    return -1;
}

/* Selectors of the providers that mail hosts and SPF name come first; none is asked for twice. */
TEST(J37)
{
    static const struct {
        const char *zone, *first;
    } rows_of[] = {
        {D "MX\t1\taspmx.l.google.com\n" D "MX\t5\talt1.aspmx.l.googlemail.com\n" NO_MX, "google"},
        {D "MX\t1\texample-com.mail.protection.outlook.com\n" NO_MX, "selector1"},
        {D "TXT\tv=spf1 include:spf.mandrillapp.com -all\n" NO_SPF, "mandrill"},
        {GOOD, "default"},
    };

    for (size_t i = 0; i < sizeof rows_of / sizeof *rows_of; i++)
        for (unsigned tries = 0; tries <= QUOTH_SELECTORS; tries += QUOTH_SELECTORS) {
            zone(rows_of[i].zone);
            conf.tries = (uint8_t)tries;
            run("example.com");
            CHECK_INT(d.facts.tried, tries ? QUOTH_SELECTORS : 8);
            CHECK_INT(tried(rows_of[i].first), 0);
            for (unsigned k = 0; k < d.facts.tried; k++)
                CHECK_INT(tried(quoth_domain_selector(&d, k)), (int)k);
            CHECK(!quoth_domain_selector(&d, d.facts.tried));
        }
}

/* The bytes of an answer are those of all its TXT records, whoever compresses names how. */
TEST(F16)
{
    char lines[4000];

    for (int n = 400; n < 460; n++) { /* of one string more: 256 and the rest */
        const int bytes = 16 + 13 + (12 + 13 + 1) + (12 + n + 2);
        snprintf(lines, sizeof lines, D "TXT\t%0*d\n" D "TXT\tv=spf1 mx -all\n%s", n, 1, NO_SPF);
        zone(lines);
        run("example.com");
        CHECK_INT(grade("spf.answer"), d.facts.spf.bytes > 512 ? QUOTH_GRADE_WARN : QUOTH_GRADE_OK);
        CHECK_INT(d.facts.spf.bytes, bytes + 1); /* "v=spf1 mx -all" has 14 */
    }
}

/* More than there is room for: hosts beyond those kept, and a record that may not be the only one
 * is none. */
TEST(M02_cut)
{
    char lines[9000];
    size_t n = (size_t)snprintf(lines, sizeof lines, "%s", SPF GOOD_D GOOD_RPT GOOD_KEY);

    for (int i = 0; i < 2; i++)
        n += (size_t)snprintf(lines + n, sizeof lines - n, STS "v=STSv1; id=%d; x=%02500d\n", i, 1);
    n += (size_t)snprintf(lines + n, sizeof lines - n, GOOD_MX);
    zone(lines);
    run("example.com");
    CHECK_INT(d.facts.sts.n, 1);
    CHECK_INT(d.facts.sts.answer, QUOTH_ANSWER_TOO_BIG);
    CHECK_INT(d.facts.mx_more, 0);
    n = 0;
    for (int i = 0; i < 60; i++)
        n += (size_t)snprintf(lines + n, sizeof lines - n, D "MX\t%d\t%040d.example.com\n", i, i);
    snprintf(lines + n, sizeof lines - n, "%s", NO_MX);
    zone(lines);
    run("example.com");
    CHECK_INT(d.facts.mx_more, 1);
}

/* Where more stands than there is room for, those that begin like one are asked for alone. */
TEST(M02_narrow)
{
    static char lines[20000];
    size_t n = (size_t)snprintf(lines, sizeof lines, "%s", GOOD);

    for (int i = 0; i < 4; i++)
        n += (size_t)snprintf(lines + n, sizeof lines - n,
                              DMARC "%01000d\n" STS "%01000d\n" RPT "%01000d\n" BIMI "%01000d\n", i,
                              i, i, i);
    zone(lines);
    run("example.com");
    CHECK_INT(findings, 1);
    CHECK_INT(grade("dmarc.other_txt"), QUOTH_GRADE_WARN);
    CHECK_INT(d.facts.sts.n, 1);
}

/* ruf= is looked at like rua=, and no report's way is asked about for it. */
TEST(J10)
{
    static const struct {
        const char *record, *id;
    } records[] = {
        {"v=DMARC1; p=reject; rua=mailto:a@example.com; ruf=a@example.com", "dmarc.rua_scheme"},
        {"v=DMARC1; p=reject; ruf=example.com", "dmarc.rua_uri"},
        {"v=DMARC1; p=reject; rua=mailto: a@example.com", "dmarc.rua_uri"},
        {"v=DMARC1; p=reject; ruf=https://example.com/", "dmarc.rua_other"},
    };
    char lines[4000];

    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        snprintf(lines, sizeof lines, DMARC "%s\n%s", records[i].record, NO_D);
        zone(lines);
        run("example.com");
        CHECK(place(records[i].id) >= 0);
    }
    zone(DMARC "v=DMARC1; p=reject; ruf=mailto:a@example.com\n" NO_D);
    run("example.com");
    CHECK_INT(findings, 0);
}

/* Facts last as long as the answer that lasts the shortest; where one failed, hardly at all. */
TEST(HR09)
{
    for (unsigned negative = 200; negative <= 400; negative += 200) {
        zone(GOOD); /* whose records last 300 s */
        w.negative = negative;
        run("example.com");
        CHECK_INT(d.facts.ttl, negative < 300 ? negative : 300);
    }
    for (unsigned at = 1, all = w.questions; at <= all; at++) {
        w.fail_at = at;
        w.fail_how = SPF_WORLD_SERVFAIL;
        run("example.com");
        CHECK(d.facts.ttl <= 5);
    }
}

/* Who lets everybody send is where the way through the records ended. */
TEST(F09)
{
    static const struct {
        const char *record, *blame;
    } ways[] = {
        {"v=spf1 include:open.test redirect=ok.test", "include:open.test"},
        {"v=spf1 redirect=open.test", "redirect=open.test"},
        {"v=spf1 redirect=far.test", "redirect=far.test"},
        {"v=spf1 include:open.test -all", "include:open.test"},
        {"v=spf1 include:far.test ~all", "include:far.test"},
        {"v=spf1 include:nets.test -all", "include:nets.test"},
        {"v=spf1 mx ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", "ip4:128.0.0.0/1"},
        {"v=spf1 mx ip6:2000::/3 -all", "ip6:2000::/3"},
        {"v=spf1 mx ip6:::/0 redirect=ok.test", "ip6:::/0"},
        {"v=spf1 mx +all", "+all"},
    };
    struct quoth_span blame;
    char lines[4000];

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        snprintf(lines, sizeof lines,
                 D "TXT\t%s\nZ\topen.test\tTXT\tv=spf1 +all\nZ\tok.test\tTXT\tv=spf1 -all\n"
                   "Z\tfar.test\tTXT\tv=spf1 include:open.test -all\n"
                   "Z\tnets.test\tTXT\tv=spf1 ip4:0.0.0.0/0 -all\n" NO_SPF,
                 ways[i].record);
        zone(lines);
        run("example.com");
        SPF_REQUIRE(place("spf.open") >= 0);
        blame = quoth_facts_text(&d.facts, found[place("spf.open")].text);
        snprintf(lines, sizeof lines, "%.*s", (int)blame.n, blame.p);
        CHECK_STR(lines, ways[i].blame);
    }
}

/* ---- one rule after the other: what a zone comes to --------------------------- */

#define SUB    "Z\ta.example.com\tMX\t10\tmx.example.com\nZ\ta.example.com\tTXT\tv=spf1 -all\n"
#define ALIAS  "Z\tdefault._domainkey.example.com\tCNAME\tkeys.x.test\n"
#define REPORT "example.com._report._dmarc.x.test\t"
#define AWAY   DMARC "v=DMARC1; p=reject; rua=mailto:a@x.test\nZ\tx.test\tA\t203.0.113.1\n" NO_D

#define COM_FAILS "Z\t_dmarc.com\tTIMEOUT\n"

#define SECOND "Z\tmx2.example.com\tA\t203.0.113."

/* clang-format off */
static const struct rule_row {
    const char *rule, *id;
    enum quoth_grade grade; /* OK: it is not found */
    const char *zone, *domain;
} rules[] = {
    {"F09", "spf.open", QUOTH_GRADE_BAD, D "TXT\tv=spf1 +all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_BAD, D "TXT\tv=spf1 all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_BAD, D "TXT\tv=spf1 ip6:::/0 -all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_OK, D "TXT\tv=spf1 mx -all +all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_OK, D "TXT\tv=spf1 ip4:0.0.0.0/1 ip4:144.0.0.0/4 ip4:160.0.0.0/3 ip4:192.0.0.0/3 -all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_BAD, D "TXT\tv=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/4 ip4:144.0.0.0/4 ip4:160.0.0.0/3 ip4:192.0.0.0/3 -all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_BAD, D "TXT\tv=spf1 include:x.test -all\nZ\tx.test\tTXT\tv=spf1 all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_BAD, D "TXT\tv=spf1 redirect=x.test\nZ\tx.test\tTXT\tv=spf1 +all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_OK, D "TXT\tv=spf1 -include:x.test -all\nZ\tx.test\tTXT\tv=spf1 +all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_OK, D "TXT\tv=spf1 include:x.test -all\nZ\tx.test\tTXT\tv=spf1 ?all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_BAD, D "TXT\tv=spf1 mx/0 -all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_BAD, D "TXT\tv=spf1 a:mx.example.com//0 -all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_OK, D "TXT\tv=spf1 -mx/0 -mx//0 -all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_OK, D "TXT\tv=spf1 mx/1 mx//1 -all\n" NO_SPF, NULL},
    {"F09", "spf.neutral", QUOTH_GRADE_WARN, D "TXT\tv=spf1 mx\n" NO_SPF, NULL},
    {"F13", "spf.wide", QUOTH_GRADE_WARN, D "TXT\tv=spf1 mx/15 -all\n" NO_SPF, NULL},
    {"F13", "spf.wide", QUOTH_GRADE_WARN, D "TXT\tv=spf1 a:mx.example.com//31 -all\n" NO_SPF, NULL},
    {"F13", "spf.wide", QUOTH_GRADE_OK, D "TXT\tv=spf1 mx/16 mx//32 ?a:mx.example.com/8 -all\n" NO_SPF, NULL},
    {"HR07", "dmarc.unknown", QUOTH_GRADE_UNKNOWN, COM_FAILS DMARC "v=DMARC1; p=reject; np=none\n" NO_D, NULL},
    {"HR07", "dmarc.unknown", QUOTH_GRADE_OK, COM_FAILS DMARC "v=DMARC1; p=none; np=none\n" NO_D, NULL},
    {"HR07", "dmarc.unknown", QUOTH_GRADE_OK, COM_FAILS GOOD, NULL},
    {"HR07", "dmarc.unknown", QUOTH_GRADE_UNKNOWN, COM_FAILS GOOD, "a.example.com"},
    {"HR07", "dmarc.idle", QUOTH_GRADE_OK, COM_FAILS DMARC "v=DMARC1; p=none\n" NO_D, "a.example.com"},
    {"HR07", "dmarc.rua_unknown", QUOTH_GRADE_UNKNOWN, COM_FAILS AWAY, NULL},
    {"HR07", "dmarc.rua_unknown", QUOTH_GRADE_OK, COM_FAILS "Z\t" REPORT "TXT\tv=DMARC1\n" AWAY, NULL},
    {"HR07", "dmarc.rua_nowhere", QUOTH_GRADE_WARN, COM_FAILS DMARC "v=DMARC1; p=reject; rua=mailto:a@r.example.com\nZ\tr.example.com\tMX\t0\t\n" NO_D, NULL},
    {"F09", "spf.neutral", QUOTH_GRADE_OK, D "TXT\tv=spf1 mx ~all\n" NO_SPF, NULL},
    {"F09", "spf.neutral", QUOTH_GRADE_OK, D "TXT\tv=spf1 mx redirect=x.test\nZ\tx.test\tTXT\tv=spf1 -all\n" NO_SPF, NULL},
    {"F09", "spf.neutral", QUOTH_GRADE_WARN, D "TXT\tv=spf1 redirect=x.test\nZ\tx.test\tTXT\tv=spf1 a:mx.example.com\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_BAD, D "TXT\tv=spf1 redirect=x.test\nZ\tx.test\tTXT\tv=spf1 all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_OK, D "TXT\tv=spf1 redirect=x.test\nZ\tx.test\tTXT\tv=spf1 ~all\n" NO_SPF, NULL},
    {"F09", "spf.open", QUOTH_GRADE_OK, D "TXT\tv=spf1 -all redirect=x.test\nZ\tx.test\tTXT\tv=spf1 all\n" NO_SPF, NULL},
    {"F09", "spf.neutral", QUOTH_GRADE_OK, D "TXT\tv=spf1 redirect=%{l}.x.test\n" NO_SPF, NULL},
    {"F02", "spf.version", QUOTH_GRADE_BAD, D "TXT\t v=spf1 -all\n" NO_SPF, NULL},
    {"F02", "spf.version", QUOTH_GRADE_BAD, D "TXT\tx=y\n" D "TXT\t\"v=SPF1 -all\"\n" NO_SPF, NULL},
    {"F02", "spf.version", QUOTH_GRADE_OK, D "TXT\tv=spf1; -all\n" GOOD, NULL},
    {"F02", "spf.version", QUOTH_GRADE_BAD, D "TXT\tx-all\n" NO_SPF, NULL},
    {"F02", "spf.senderid", QUOTH_GRADE_NOTE, D "TXT\tx2345678901234567spf2.0/pra\n" NO_SPF, NULL},
    {"F02", "spf.senderid", QUOTH_GRADE_NOTE, D "TXT\tspf2.0/pra mx -all\n" GOOD, NULL},
    {"F02", "spf.version", QUOTH_GRADE_OK, D "TXT\tx=v=spf1 -all\n" GOOD, NULL},
    {"F02", "spf.parked", QUOTH_GRADE_WARN, D "MX\t0\t\n" D "TXT\tv=spf1 ~all\n" OTHER, NULL},
    {"F02", "spf.parked", QUOTH_GRADE_OK, D "MX\t0\t\n" D "TXT\tv=spf1 -all\n" OTHER, NULL},
    {"F02", "spf.senderid", QUOTH_GRADE_OK, D "TXT\tx23456789012345678spf2.0/pra\n" NO_SPF, NULL},
    {"F02", "spf.version", QUOTH_GRADE_OK, D "TXT\t-all\n" NO_SPF, NULL},
    {"F02", "spf.version", QUOTH_GRADE_OK, D "TXT\tspf2.0/pra -all\n" D "TXT\tx=abcdefghijklmnopqrstvspf1\n" NO_SPF, NULL},
    {"F02", "spf.none", QUOTH_GRADE_WARN, D "TXT\tv=spf1; -all\n" NO_SPF, NULL},
    {"F02", "spf.version", QUOTH_GRADE_BAD, D "TXT\tinclude:x.test ip4:8.8.8.8 ~ALL\n" NO_SPF, NULL},
    {"F02", "spf.version", QUOTH_GRADE_OK, D "TXT\tspf2.0/pra -all\n" D "TXT\tx=y all\n" NO_SPF, NULL},
    {"F02", "spf.multiple", QUOTH_GRADE_OK, D "TXT\tv=spf10 mx -all\n" GOOD, NULL},
    {"F13", "spf.private", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4:192.168.0.0/15 -all\n" NO_SPF, NULL},
    {"F13", "spf.wide", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4:192.168.0.0/15 -all\n" NO_SPF, NULL},
    {"F13", "spf.wide", QUOTH_GRADE_OK, D "TXT\tv=spf1 ip4:172.16.0.0/12 -all\n" NO_SPF, NULL}, /* private alone */
    {"F13", "spf.private", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4:192.169.3.4/15 -all\n" NO_SPF, NULL},
    {"F13", "spf.private", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4:10.0.0.0/7 -all\n" NO_SPF, NULL},
    {"F13", "spf.private", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4:0.0.0.0/4 -all\n" NO_SPF, NULL},
    {"F13", "spf.private", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4:172.0.0.0/8 -all\n" NO_SPF, NULL},
    {"F13", "spf.private", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4:224.0.0.0/3 -all\n" NO_SPF, NULL},
    {"F13", "spf.wide", QUOTH_GRADE_OK, D "TXT\tv=spf1 ip4:10.0.0.0/8 -all\n" NO_SPF, NULL},
    {"F13", "spf.wide", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4:192.0.0.0/2 -all\n" NO_SPF, NULL},
    {"F13", "spf.private", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4:192.160.0.0/12 -all\n" NO_SPF, NULL},
    {"F13", "spf.private", QUOTH_GRADE_OK, D "TXT\tv=spf1 ip4:172.15.0.0/16 ip4:198.16.0.0/14 ip4:198.18.0.1/14 -all\n" NO_SPF, NULL},
    {"F13", "spf.private", QUOTH_GRADE_OK, D "TXT\tv=spf1 ip4:8.0.0.0/7 ip4:172.32.0.0/11 -all\n" NO_SPF, NULL},
    {"F13", "spf.private", QUOTH_GRADE_OK, D "TXT\tv=spf1 -ip4:10.0.0.0/7 mx -all\n" NO_SPF, NULL},
    {"F14", "spf.name", QUOTH_GRADE_BAD, D "TXT\tv=spf1 include:https://x.test -all\n" NO_SPF, NULL},
    {"F14", "spf.dead_include", QUOTH_GRADE_OK, D "TXT\tv=spf1 include:https://x.test -all\n" NO_SPF, NULL},
    {"F14", "spf.name", QUOTH_GRADE_BAD, D "TXT\tv=spf1 include:mail@x.test -all\n" NO_SPF, NULL},
    {"F14", "spf.name", QUOTH_GRADE_BAD, D "TXT\tv=spf1 redirect=v=spf1.x.test\n" NO_SPF, NULL},
    {"F14", "spf.name", QUOTH_GRADE_BAD, D "TXT\tv=spf1 mx a:mail@x.test -all\n" NO_SPF, NULL},
    {"F14", "spf.void", QUOTH_GRADE_OK, D "TXT\tv=spf1 mx a:mail@x.test -all\n" NO_SPF, NULL},
    {"F14", "spf.name", QUOTH_GRADE_OK, D "TXT\tv=spf1 mx a:x.test/24//64 exists:%{l}@x.test -all\n" NO_SPF, NULL},
    {"F14", "spf.name", QUOTH_GRADE_OK, D "TXT\tv=spf1 a:mx.example.com;mx:example.com -all\n" NO_SPF, NULL},
    {"F14", "spf.dead_include", QUOTH_GRADE_BAD, D "TXT\tv=spf1 include:*.x.test -all\n" NO_SPF, NULL},
    {"J04", "dmarc.version", QUOTH_GRADE_BAD, DMARC "\"v=DMARC1; p=reject\"\n" NO_D, NULL},
    {"J04", "dmarc.none", QUOTH_GRADE_BAD, DMARC "\"v=DMARC1; p=reject\"\n" NO_D, NULL},
    {"J04", "dmarc.other_txt", QUOTH_GRADE_OK, DMARC "\"v=DMARC1; p=reject\"\n" NO_D, NULL},
    {"J04", "dmarc.version", QUOTH_GRADE_BAD, DMARC " v=DMARC1; p=reject\n" NO_D, NULL},
    {"J04", "dmarc.version", QUOTH_GRADE_BAD, DMARC "\\xe2\\x80\\x9cv=DMARC1; p=reject\n" NO_D, NULL},
    {"J04", "dmarc.version", QUOTH_GRADE_BAD, DMARC "p=reject; v=DMARC1\n" NO_D, NULL},
    {"J04", "dmarc.version", QUOTH_GRADE_BAD, DMARC "\\x22p=reject; rua=mailto:a@example.com\"\n" NO_D, NULL},
    {"J04", "dmarc.version", QUOTH_GRADE_BAD, DMARC "p = reject; rua=mailto:a@example.com\n" NO_D, NULL},
    {"J04", "dmarc.version", QUOTH_GRADE_OK, DMARC "smtp=x; ip=y\n" NO_D, NULL},
    {"J04", "dmarc.version", QUOTH_GRADE_OK, DMARC "\"v=DMARC1; p=none\"\n" GOOD, NULL},
    {"J04", "dmarc.other_txt", QUOTH_GRADE_WARN, DMARC "\"v=DMARC1; p=none\"\n" GOOD, NULL},
    {"J02", "dmarc.none", QUOTH_GRADE_OK, SUB "Z\t_dmarc.a.example.com\tTXT\t\"v=DMARC1; p=none\"\n" GOOD, "a.example.com"},
    {"J02", "dmarc.version", QUOTH_GRADE_BAD, SUB "Z\t_dmarc.a.example.com\tTXT\t\"v=DMARC1; p=none\"\n" GOOD, "a.example.com"},
    {"J04", "dmarc.value", QUOTH_GRADE_WARN, DMARC "v=DMARC1; p=reject; fo=2\n" NO_D, NULL},
    {"J04", "dmarc.value", QUOTH_GRADE_OK, DMARC "v=DMARC1; p=reject; fo=1:D : s\n" NO_D, NULL},
    {"J10", "dmarc.rua_uri", QUOTH_GRADE_BAD, DMARC "v=DMARC1; p=reject; rua=mailto://a@example.com\n" NO_D, NULL},
    {"J10", "dmarc.rua_uri", QUOTH_GRADE_BAD, DMARC "v=DMARC1; p=reject; rua=mailto:a@example.com\"\n" NO_D, NULL},
    {"J20", "bimi.broken", QUOTH_GRADE_WARN, BIMI "\"v=BIMI1; l=\"\n" NO_BIMI, NULL},
    {"J20", "bimi.broken", QUOTH_GRADE_WARN, BIMI "l=https://example.com/l.svg\n" NO_BIMI, NULL},
    {"J20", "bimi.multiple", QUOTH_GRADE_OK, BIMI "v=BIMI2; l=\n" GOOD, NULL},
    {"J20", "bimi.broken", QUOTH_GRADE_OK, BIMI "x=y\n" NO_BIMI, NULL},
    {"M20", "sts.multiple", QUOTH_GRADE_OK, STS "v=STSv2; id=2\n" GOOD, NULL},
    {"M20", "sts.version", QUOTH_GRADE_OK, STS "v=STSv2; id=2\n" GOOD, NULL},
    {"M20", "sts.version", QUOTH_GRADE_BAD, STS "v=STSv2; id=2\n" STS "v=STSv3; id=2\n" NO_STS, NULL},
    {"M20", "sts.version", QUOTH_GRADE_BAD, STS "\"v=STSv1; id=1\"\n" NO_STS, NULL},
    {"M20", "sts.version", QUOTH_GRADE_BAD, STS " v=STSv1; id=1\n" NO_STS, NULL},
    {"M20", "sts.version", QUOTH_GRADE_BAD, STS "id=1\n" NO_STS, NULL},
    {"M20", "sts.version", QUOTH_GRADE_OK, STS "v=spf1 -all\n" NO_STS, NULL},
    {"M30", "rpt.multiple", QUOTH_GRADE_OK, RPT "v=TLSRPTv2; rua=mailto:a@example.com\n" GOOD, NULL},
    {"M30", "rpt.version", QUOTH_GRADE_BAD, RPT "\\x22v=TLSRPTv1; rua=mailto:a@example.com\"\n" NO_RPT, NULL},
    {"M30", "rpt.version", QUOTH_GRADE_BAD, RPT "rua=mailto:a@example.com\n" NO_RPT, NULL},
    {"M30", "rpt.misplaced", QUOTH_GRADE_OK, "Z\t_tlsrpt.example.com\tTXT\tv=spf1 -all\n" NO_RPT, NULL},
    {"F15", "spf.equals", QUOTH_GRADE_WARN, D "TXT\tv=spf1 A=mx.example.com -all\n" NO_SPF, NULL},
    {"F15", "spf.equals", QUOTH_GRADE_WARN, D "TXT\tv=spf1 ip4=8.8.8.8 -all\n" NO_SPF, NULL},
    {"F15", "spf.equals", QUOTH_GRADE_WARN, D "TXT\tv=spf1 mx ALL=-\n" NO_SPF, NULL},
    {"F15", "spf.equals", QUOTH_GRADE_OK, D "TXT\tv=spf1 ra=mx rr=all redirect=x.test\nZ\tx.test\tTXT\tv=spf1 -all\n" NO_SPF, NULL},
    {"F15", "spf.join", QUOTH_GRADE_OK, D "TXT\tv=spf1 ip4=8.8.8.8 -all\n" NO_SPF, NULL},
    {"F18", "spf.none", QUOTH_GRADE_WARN, "Z\ta.example.com\tMX\t10\tmx.example.com\n" GOOD, "a.example.com"},
    {"J03", "dmarc.multiple", QUOTH_GRADE_BAD, SUB "Z\t_dmarc.a.example.com\tTXT\tv=DMARC1; p=none\nZ\t_dmarc.a.example.com\tTXT\tv=DMARC1; p=quarantine\n" GOOD, "a.example.com"},
    {"J03", "dmarc.none", QUOTH_GRADE_OK, SUB "Z\t_dmarc.a.example.com\tTXT\tv=DMARC1; p=none\nZ\t_dmarc.a.example.com\tTXT\tv=DMARC1; p=quarantine\n" GOOD, "a.example.com"},
    {"J05", "dmarc.none", QUOTH_GRADE_BAD, NO_D, NULL},
    {"J05", "dmarc.none", QUOTH_GRADE_WARN, GOOD_MX OTHER GOOD_KEY, NULL},
    {"J05", "dmarc.none", QUOTH_GRADE_OK, "Z\t_dmarc.com\tTIMEOUT\n" NO_D, NULL},
    {"J05", "dmarc.unknown", QUOTH_GRADE_UNKNOWN, "Z\t_dmarc.com\tTIMEOUT\n" NO_D, NULL},
    {"J11", "dmarc.rua_unauthorised", QUOTH_GRADE_WARN, AWAY, NULL},
    {"J11", "dmarc.rua_unauthorised", QUOTH_GRADE_OK, "Z\t" REPORT "TXT\tv=DMARC1;\n" AWAY, NULL},
    {"J11", "dmarc.rua_unauthorised", QUOTH_GRADE_OK, "Z\t" REPORT "TXT\tv=DMARC1\nZ\t" REPORT "TXT\tv=DMARC1\n" AWAY, NULL},
    {"J11", "dmarc.rua_unauthorised", QUOTH_GRADE_OK, "Z\t*.com._report._dmarc.x.test\tTXT\tv=DMARC1\n" AWAY, NULL},
    {"J11", "dmarc.rua_unauthorised", QUOTH_GRADE_OK, "Z\t" REPORT "CNAME\ty.test\nZ\ty.test\tTXT\tv=DMARC1\n" AWAY, NULL},
    {"J11", "dmarc.rua_unauthorised", QUOTH_GRADE_WARN, "Z\t" REPORT "TXT\tv=spf1 -all\n" AWAY, NULL},
    {"J11", "dmarc.rua_unauthorised", QUOTH_GRADE_WARN, "Z\t" REPORT "TXT\tv=dmarc1\n" AWAY, NULL},
    {"J11", "dmarc.rua_unauthorised", QUOTH_GRADE_WARN, "Z\t" REPORT "TXT\tv=DMARC1x\n" AWAY, NULL},
    {"J11", "dmarc.rua_unauthorised", QUOTH_GRADE_OK, DMARC "v=DMARC1; p=reject; rua=mailto:a@b.example.com\n" NO_D, NULL},
    {"J13", "dmarc.misplaced", QUOTH_GRADE_BAD, D "TXT\tv=DMARC1; p=none\n" NO_D, NULL},
    {"J13", "dmarc.misplaced", QUOTH_GRADE_OK, D "TXT\tv=DMARC1; p=none\n" GOOD, NULL},
    {"J13", "dmarc.doubled", QUOTH_GRADE_BAD, "Z\t_dmarc.example.com.example.com\tTXT\tv=DMARC1; p=none\n" NO_D, NULL},
    {"J13", "spf.senderid", QUOTH_GRADE_OK, "Z\t_dmarc.example.com.example.com\tTXT\tv=DMARC1; spf2.0/\n" NO_D, NULL},
    {"J14", "dmarc.other_txt", QUOTH_GRADE_WARN, "Z\t*.example.com\tTXT\tv=spf1 -all\n" NO_D, NULL},
    {"J14", "dmarc.other_txt", QUOTH_GRADE_OK, "Z\t_dmarc.example.com\tCNAME\ty.test\nZ\ty.test\tTXT\tv=DMARC1; p=reject\n" NO_D, NULL},
    {"J14", "dmarc.none", QUOTH_GRADE_OK, "Z\t_dmarc.example.com\tCNAME\ty.test\nZ\ty.test\tTXT\tv=DMARC1; p=reject\n" NO_D, NULL},
    {"J16", "dmarc.no_dkim", QUOTH_GRADE_NOTE, NO_KEY, NULL},
    {"J16", "dmarc.no_dkim", QUOTH_GRADE_OK, "Z\tother._domainkey.example.com\tTXT\tx\n" NO_KEY, NULL},
    {"J21", "bimi.policy", QUOTH_GRADE_WARN, DMARC "v=DMARC1; p=quarantine; t=y\n" NO_D, NULL},
    {"J21", "bimi.policy", QUOTH_GRADE_WARN, DMARC "v=DMARC1; p=reject; sp=none\n" NO_D, NULL},
    {"J21", "bimi.policy", QUOTH_GRADE_WARN, DMARC "v=DMARC1; p=reject; np=none\n" NO_D, NULL},
    {"J21", "bimi.policy", QUOTH_GRADE_WARN, DMARC "v=DMARC1; p=reject; pct=99\n" NO_D, NULL},
    {"J21", "bimi.policy", QUOTH_GRADE_OK, DMARC "v=DMARC1; p=quarantine; pct=100\n" NO_D, NULL},
    {"J36", "dkim.short", QUOTH_GRADE_BAD, ALIAS "Z\tkeys.x.test\tTXT\tv=DKIM1; k=rsa; p=" RSA512 "\n" NO_KEY, NULL},
    {"J36", "dkim.dangling", QUOTH_GRADE_OK, ALIAS "Z\tkeys.x.test\tTXT\tv=DKIM1; k=rsa; p=" RSA2048 "\n" NO_KEY, NULL},
    {"J36", "dkim.dangling", QUOTH_GRADE_BAD, ALIAS "Z\tkeys.x.test\tA\t203.0.113.1\n" NO_KEY, NULL},
    {"J36", "dkim.dangling", QUOTH_GRADE_OK, ALIAS "Z\tkeys.x.test\tTIMEOUT\n" NO_KEY, NULL},
    {"J38", "dkim.not_found", QUOTH_GRADE_UNKNOWN, "Z\tother._domainkey.example.com\tTXT\tx\n" NO_KEY, NULL},
    {"J38", "dkim.no_keys", QUOTH_GRADE_NOTE, NO_KEY, NULL},
    {"J38", "dkim.not_found", QUOTH_GRADE_OK, "Z\t*._domainkey.example.com\tTXT\tv=DKIM1; p=\n" NO_KEY, NULL},
    {"J38", "dkim.revoked", QUOTH_GRADE_OK, "Z\t*._domainkey.example.com\tTXT\tv=DKIM1; p=\n" NO_KEY, NULL},
    {"J39", "dkim.short", QUOTH_GRADE_BAD, KEY RSA512 "\n" NO_KEY, NULL},
    {"J39", "dkim.weak", QUOTH_GRADE_WARN, KEY RSA1024 "\n" NO_KEY, NULL},
    {"J39", "dkim.weak", QUOTH_GRADE_OK, GOOD, NULL},
    {"J39", "dkim.long", QUOTH_GRADE_NOTE, KEY RSA5120 "\n" NO_KEY, NULL},
    {"M06", "mx.not_a_name", QUOTH_GRADE_BAD, D "MX\t5\tmx\n" GOOD, NULL},
    {"M06", "mx.not_a_name", QUOTH_GRADE_BAD, D "MX\t5\t203.0.113.25\n" GOOD, NULL},
    {"M06", "mx.null_beside", QUOTH_GRADE_BAD, D "MX\t0\t\n" GOOD, NULL},
    {"M06", "mx.no_address", QUOTH_GRADE_WARN, D "MX\t20\tmx2.example.com\n" GOOD, NULL},
    {"M06", "mx.no_address", QUOTH_GRADE_OK, D "MX\t20\tms1.msv1.invalid\n" GOOD, NULL},
    {"M06", "mx.proof", QUOTH_GRADE_NOTE, D "MX\t20\tms1.msv1.invalid\n" GOOD, NULL},
    {"M06", "mx.proof", QUOTH_GRADE_OK, D "MX\t20\txmsv1.invalid\n" GOOD, NULL},
    {"M06", "mx.one_address", QUOTH_GRADE_OK, D "MX\t20\tMX.example.com\n" GOOD, NULL},
    {"M06", "mx.one_address", QUOTH_GRADE_OK, D "MX\t20\tmx2.example.com\n" SECOND "25\n" SECOND "26\n" GOOD, NULL},
    {"M06", "mx.one_address", QUOTH_GRADE_OK, D "MX\t20\tmx2.example.com\n" SECOND "26\n" GOOD, NULL},
    {"M06", "mx.one_address", QUOTH_GRADE_NOTE, D "MX\t20\tmx2.example.com\n" SECOND "25\n" GOOD, NULL},
    {"M06", "mx.unusable", QUOTH_GRADE_BAD, D "MX\t20\tms1.msv1.invalid\n" NO_MX, NULL},
};
/* clang-format on */
enum { RULES = sizeof rules / sizeof *rules };

TEST(M06)
{
    for (int i = 0; i < RULES; i++) {
        zone(rules[i].zone);
        run(rules[i].domain ? rules[i].domain : "example.com");
        CHECK_INT(grade(rules[i].id), rules[i].grade);
        if (grade(rules[i].id) != rules[i].grade)
            printf("    %s, %s in the zone\n%s", rules[i].rule, rules[i].id, rules[i].zone);
    }
}

/* Ids are words of a group, no two alike; the same facts come to the same findings. */
TEST(HR01)
{
    char words[QUOTH_CHECK_WORDS];

    CHECK_STR(quoth_check_words(0, QUOTH_CHECK_SENTENCE, words),
              "The domain does not exist (NXDOMAIN).");
    CHECK_STR(quoth_check_words(0, QUOTH_CHECK_SOURCE, words), "RFC 1034 3.7");
    CHECK_STR(quoth_check_words(0, QUOTH_CHECK_FIX, words), "");
    CHECK(!quoth_check_words(60000, QUOTH_CHECK_FIX, words));
    for (unsigned id = 0; quoth_check_id(id); id++) {
        const char *text = quoth_check_id(id), *dot = strchr(text, '.');
        CHECK(dot && dot > text && dot[1]);
        CHECK_INT(strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_."), strlen(text));
        for (unsigned other = 0; other < id; other++)
            CHECK(strcmp(text, quoth_check_id(other)) != 0);
        CHECK(*quoth_check_words(id, QUOTH_CHECK_SENTENCE, words));
    }
}

TEST(HR04)
{
    static struct quoth_finding again[QUOTH_FINDINGS_MAX];
    static struct quoth_facts copy;
    char lines[8000];

    for (int i = 0; i < 50; i++) {
        make(lines);
        zone(lines);
        run("example.com");
        copy = d.facts;
        CHECK_INT(quoth_health_judge(&copy, QUOTH_PROFILE_AUTO, again), findings);
        for (size_t k = 0; k < findings; k++)
            CHECK(again[k].id == found[k].id && again[k].grade == found[k].grade &&
                  again[k].num == found[k].num);
        for (size_t k = 1; k < findings; k++)
            CHECK(quoth_grade_rank((enum quoth_grade)found[k - 1].grade) <=
                  quoth_grade_rank((enum quoth_grade)found[k].grade));
    }
}

/* ---- DNSSEC and DANE -------------------------------------------------------- */

static enum quoth_dnssec dnssec(const char *lines)
{
    zone(lines);
    run("example.com");
    return quoth_facts_dnssec(&d.facts);
}

/* The words rest on what they say: AD counts where the root has it and the way is trusted. */
TEST(M10_M40)
{
    CHECK_INT(dnssec(DANE), QUOTH_DNSSEC_SECURE);
    CHECK_INT(findings, 0);
    CHECK_INT(d.facts.host[0].tlsas, 1);
    CHECK_INT(d.facts.host[0].tlsa_set.n, 37);
    CHECK_INT(dnssec(ROOT D "SOA\t-\n" GOOD), QUOTH_DNSSEC_UNSIGNED);
    CHECK_INT(dnssec(D "SOA\t-\n" D "DS\t" BYTES4 BYTES4 "\n" D "SIGNED\t-\n" GOOD),
              QUOTH_DNSSEC_SIGNED);
    CHECK_INT(dnssec(ROOT D "SOA\t-\n" D "DS\t" BYTES4 BYTES4 "\n" GOOD), QUOTH_DNSSEC_UNKNOWN);
    CHECK_INT(dnssec(D "SOA\t-\n" D "BOGUS\t\\x07\n"), QUOTH_DNSSEC_BOGUS);
    CHECK_STR(found[place("dnssec.bogus")].word, "a signature expired");
    CHECK_INT(dnssec(D "SOA\t-\n" D "BOGUS\t\n"), QUOTH_DNSSEC_BOGUS);
    CHECK_INT(d.facts.unchecked, QUOTH_ANSWER_DATA);
    CHECK_INT(dnssec(D "SOA\t-\n" D "BOGUS\t\\x16\n"), QUOTH_DNSSEC_BOGUS);
    CHECK_INT(dnssec(D "TIMEOUT\n"), QUOTH_DNSSEC_UNKNOWN);
    no_trust = 1;
    CHECK_INT(dnssec(DANE), QUOTH_DNSSEC_SIGNED);
    CHECK_INT(d.facts.root, QUOTH_ANSWER_NONE);
    CHECK_INT(findings, 1);
    CHECK_INT(grade("dane.untrusted"), QUOTH_GRADE_UNKNOWN);
    no_trust = 0;
}

/* AD is asked for and DO is not, since with it resolvers hand on an AD that nobody checked. The
 * root is asked once a run; without its AD, that of a name counts for nothing. */
TEST(M11)
{
    CHECK_INT(dnssec(DANE), QUOTH_DNSSEC_SECURE);
    CHECK_INT(w.asked_do, 0);
    CHECK_INT(w.asked_root, 1);
    CHECK_INT(
        dnssec("Z\t.\tSOA\t-\n" D "SOA\t-\n" D "DS\t" BYTES4 BYTES4 "\n" D "SIGNED\t-\n" TLSA GOOD),
        QUOTH_DNSSEC_SIGNED);
    CHECK_INT(w.asked_root, 1);
    CHECK_INT(grade("dane.untrusted"), QUOTH_GRADE_UNKNOWN);
    no_trust = 1;
    CHECK_INT(dnssec(DANE), QUOTH_DNSSEC_SIGNED);
    CHECK_INT(w.asked_do, 0);
    no_trust = 0;
}

/* A record that is stale beside one that matches is how keys are changed. One alone, of a whole
 * certificate, breaks at its renewal; one of the key, or a second one, does not. */
TEST(M43)
{
    static const struct quoth_fact_host fits = {.talk = QUOTH_TALK_TLS,
                                                .cert = QUOTH_CERT_CHECKED,
                                                .match = QUOTH_MATCH_ONE},
                                        none = {.talk = QUOTH_TALK_TLS,
                                                .cert = QUOTH_CERT_CHECKED,
                                                .match = QUOTH_MATCH_NONE};
    const char *whole = T "\\x03\\x00\\x01" BYTES32 "\n";
    char lines[8000];

    with_met(DANE T "\\x03\\x01\\x01\\x05" BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4
                    "\\x06\\x07\\x08\n",
             &fits, "enforce");
    CHECK_INT(d.facts.host[0].tlsas, 2);
    CHECK_INT(findings, 0);
    with_met(DANE, &none, "enforce");
    CHECK_INT(grade("dane.mismatch"), QUOTH_GRADE_BAD);
    for (unsigned more = 0; more < 2; more++) {
        snprintf(lines, sizeof lines, "%s%s%s", SIGNED GOOD, whole, more ? TLSA : "");
        zone(lines);
        run("example.com");
        CHECK_INT(grade("dane.single"), more ? QUOTH_GRADE_OK : QUOTH_GRADE_WARN);
    }
    zone(SIGNED GOOD TLSA);
    run("example.com");
    CHECK_INT(place("dane.single"), -1);
    zone(SIGNED GOOD T
         "\\x03\\x01\\x01\\xe3\\xb0\\xc4\\x42" BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4 BYTES4
         "\n");
    run("example.com");
    CHECK_INT(grade("dane.empty"), QUOTH_GRADE_BAD);
}

/* The zone is the name, or one above it, that has a SOA record; an alias is none. */
TEST(M12)
{
    zone(SIGNED GOOD "Z\ta.b.example.com\tMX\t10\tmx.example.com\n");
    run("a.b.example.com");
    CHECK_INT(d.facts.cut_labels, 2);
    CHECK_INT(quoth_facts_dnssec(&d.facts), QUOTH_DNSSEC_SECURE);
    zone(SIGNED GOOD "Z\tb.example.com\tSOA\t-\nZ\ta.b.example.com\tMX\t10\tmx.example.com\n");
    run("a.b.example.com");
    CHECK_INT(d.facts.cut_labels, 3);
    CHECK_INT(quoth_facts_dnssec(&d.facts), QUOTH_DNSSEC_UNSIGNED);
    zone(SIGNED GOOD "Z\ta.example.com\tCNAME\tx.test\nZ\tx.test\tSOA\t-\n");
    run("a.example.com");
    CHECK_INT(d.facts.cut_labels, 2);
}

/* What it is for changes grades and no facts. */
TEST(M05)
{
    zone(NO_SPF);
    run("example.com");
    CHECK_INT(grade("spf.none"), QUOTH_GRADE_WARN);
    findings = quoth_health_judge(&d.facts, QUOTH_PROFILE_SENDING, found);
    CHECK_INT(grade("spf.none"), QUOTH_GRADE_BAD);
    zone(D "MX\t0\t\n" D "TXT\tv=spf1 -all\n" DMARC "v=DMARC1; p=reject\n");
    run("example.com");
    CHECK_INT(findings, 1);
    CHECK_INT(grade("mx.null"), QUOTH_GRADE_NOTE);
}

/* What comes next is told where nothing is refused yet, and never with pct. Who tests a policy is
 * told what is in force, once, as a note. */
TEST(J17)
{
    static const struct {
        const char *record, *id;
    } steps[] = {
        {"v=DMARC1; p=none; rua=mailto:a@example.com\n", "dmarc.watching"},
        {"v=DMARC1; p=quarantine; rua=mailto:a@example.com\n", NULL},
        {"v=DMARC1; p=reject; rua=mailto:a@example.com\n", NULL},
        {"v=DMARC1; p=none; t=y; rua=mailto:a@example.com\n", "dmarc.testing"},
        {"v=DMARC1; p=quarantine; t=y; rua=mailto:a@example.com\n", "dmarc.testing"},
        {"v=DMARC1; p=reject; t=y; rua=mailto:a@example.com\n", "dmarc.testing"},
    };
    char lines[4000], words[QUOTH_CHECK_WORDS];

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        snprintf(lines, sizeof lines, "%s" DMARC "%s", GOOD_MX SPF GOOD_STS GOOD_RPT GOOD_KEY,
                 steps[i].record);
        zone(lines);
        run("example.com");
        CHECK_INT(findings, steps[i].id != NULL);
        if (steps[i].id)
            CHECK_INT(grade(steps[i].id), QUOTH_GRADE_NOTE);
    }
    for (unsigned id = 0; quoth_check_id(id); id++) {
        CHECK(!strstr(quoth_check_words(id, QUOTH_CHECK_FIX, words), "pct"));
        if (!strcmp(quoth_check_id(id), "dmarc.watching"))
            CHECK(strstr(quoth_check_words(id, QUOTH_CHECK_SENTENCE, words), "Next: p=quarantine"));
    }
}

/* The record of the organizational domain is in force below it. */
TEST(J15)
{
    zone(GOOD "Z\ta.example.com\tMX\t10\tmx.example.com\nZ\ta.example.com\tTXT\tv=spf1 -all\n");
    run("a.example.com");
    CHECK_INT(d.facts.dmarc_labels, 2);
    CHECK_INT(d.facts.org_labels, 2);
    CHECK_INT(place("dmarc.none"), -1);
    zone("Z\t_dmarc.com\tTXT\tv=DMARC1; p=none; psd=y; rua=mailto:a@x.com\n" GOOD);
    run("example.com");
    CHECK_INT(d.facts.dmarc_labels, 2);
    CHECK_INT(d.facts.org_labels, 2);
    CHECK_INT(findings, 0);
}

/* What the cache learnt is not asked again, and comes to the same; a made-up name is new. */
TEST(HR09_cache)
{
    static uint8_t memory[32768];
    static const char *const selectors[] = {"default", NULL};
    const uint8_t seed[16] = {1};
    struct quoth_setcache sets;
    unsigned queries;

    quoth_setcache_init(&sets, memory, sizeof memory, seed);
    zone(DANE);
    w.negative = 300;
    conf.cache = &sets;
    conf.selectors = selectors;
    run("example.com");
    queries = d.facts.queries;
    CHECK(w.questions > 10);
    run("example.com");
    CHECK_INT(w.questions, 0);
    CHECK_INT(d.facts.queries, queries);
    CHECK_INT(findings, 0);
}

/* A record that is none keeps its words, whichever records are found further up. */
TEST(J04)
{
    zone("Z\t_dmarc.b.example.com\tTXT\tv=dmarc1; p=reject\n" DMARC "v=DMARC1; p=none; sp=none\n"
         "Z\t_dmarc.com\tTXT\tv=DMARC1; p=none\n" NO_D);
    run("a.b.example.com");
    CHECK_INT(d.facts.dmarc_labels, 1);
    CHECK_INT(d.facts.meant_labels, 3);
    CHECK_STR(d.facts.text + d.facts.dmarc_meant.at, "v=dmarc1; p=reject");
    CHECK_STR(d.facts.text + d.facts.dmarc.record.at, "v=DMARC1; p=none");
}

/* The first record that counts decides: what is broken above it is no finding of the names below
 * it, and a top-level domain is for nobody of them to mend. */
TEST(J03_above)
{
    static const char *const above[] = {"v=dmarc1; p=none", "v=DMARC1; p=none\n" COM "v=DMARC1"};

    for (unsigned i = 0; i < 2; i++) {
        char lines[1200];
        snprintf(lines, sizeof lines, DMARC "v=DMARC1; p=reject\n" COM "%s\n" NO_D, above[i]);
        zone(lines);
        for (unsigned own = 0; own < 2; own++) {
            run(own ? "example.com" : "mail.example.com");
            CHECK_INT(d.facts.dmarc_labels, 2);
            CHECK_INT(d.facts.dmarc_meant.n + d.facts.dmarc_many, 0);
        }
        snprintf(lines, sizeof lines, COM "%s\n" NO_D, above[i]);
        zone(lines);
        run("example.com"); /* no record at all, and not a broken one */
        CHECK_INT(d.facts.dmarc.answer, QUOTH_ANSWER_NODATA);
        CHECK_INT(d.facts.dmarc_meant.n + d.facts.dmarc_many, 0);
    }
    zone(DMARC "v=DMARC1; p=reject\n" DMARC "v=DMARC1; p=none\n" NO_D);
    run("mail.example.com"); /* nothing counts below these */
    CHECK_INT(d.facts.dmarc_many, 2);
}

/* ---- the same as a plain reference says (domain_ref.h) ---------------------------- */

static unsigned below(unsigned n)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

#define ANY(words) words[below(sizeof words / sizeof *(words))]

/* Lines that a zone may have, each about so often in a hundred. */
static const struct {
    unsigned often;
    const char *lines;
} made_of[] = {{60, "MX\t10\tmx.example.com\n"},
               {30, "MX\t20\th2.example.com\n"},
               {8, "MX\t0\t\n"},
               {8, "MX\t5\tbare\n"},
               {8, "MX\t5\t203.0.113.25\n"},
               {8, "MX\t7\tms1.msv1.invalid\n"},
               {6, "MX\t7\txmsv1.invalid\n"},
               {8, "MX\t200\taspmx.l.google.com\n"},
               {8, "MX\t2\tx.mail.protection.outlook.com\n"},
               {6, "MX\t3\tin1.messagingengine.com\n"},
               {6, "MX\t4\tmail.protonmail.ch\n"},
               {6, "MX\t4\tmx.zoho.eu\n"},
               {10, "MX\t1\ta.test\n@MX\t1\tb.test\n@MX\t1\tc.test\n@MX\t1\td.test\n@MX\t1\te."
                    "test\n@MX\t1\tf.test\n@MX\t1\tg.test\n"},
               {20, "A\t203.0.113.9\n"},
               {10, "A\t10.0.0.9\n"},
               {10, "AAAA\t2a00::9\n"},
               {20, "SOA\t-\n"},
               {20, "DS\t\\x01\\x02\\x03\\x04\\x05\n"},
               {25, "SIGNED\t-\n"},
               {5, "BOGUS\t\\x07\n"},
               {3, "BOGUS\t\n"},
               {3, "BOGUS\t\\x16\n"},
               {3, "BOGUS\t\\x06\n"},
               {3, "BOGUS\t\\x0c\n"},
               {3, "BOGUS\t\\x05\n"},
               {3, "BOGUS\t\\x0d\n"},
               {40, "TXT\tv=spf1 mx -all\n"},
               {10, "TXT\tv=spf1 include:sendgrid.net include:x.mcsv.net ~all\n"},
               {10, "TXT\tv=spf1 a:spf.mandrillapp.com redirect=b.example.com\n"},
               {5, "TXT\tv=spf1 include:a..b -all\n"},
               {5, "TXT\tv=spf1 mx ip4:1.2.3 -all\n"},
               {5, "TXT\tspf2.0/pra -all\n"},
               {8, "TXT\tv=DMARC1; p=none\n"},
               {4, "TXT\tV=dmarc1; p=none\n"},
               {4, "TXT\tv=spf1 nonsense "
                   "a123456789a123456789a123456789a123456789a123456789a123456789a123456789a12345678"
                   "9a123456789*\n"},
               {4, "TXT\tv=spf1 "
                   "a123456789a123456789a123456789a123456789a123456789a123456789a123456789a12345678"
                   "9a123456789* -all\n"}};

static const char *const made_dmarc[] = {
    "v=DMARC1; p=reject; rua=mailto:a@example.com, mailto:b@x.test,mailto:c@X.test",
    "v=DMARC1; p=none; "
    "rua=mailto:a@r.example.com,mailto:a@y.test,https://"
    "h,mailto:a@n.test,mailto:a@x.test,mailto:a@q.test",
    "v=DMARC1; psd=y; rua=mailto:a@com",
    "v=DMARC1; psd=n; rua=mailto:a@b.example.com",
    "v=DMARC1;",
    "v=dmarc1; p=none",
    "v=spf1 -all",
    "something",
    "V = DMARC1; p=none",
    "v=DMARC1; p=reject; rua=mailto:a@example.com",
    "verification dmarc 45678",
    "v=DMARC1; p=reject; rua=mailto:a@net",
    "v=x 0123456789012345 dmarc",
    "v=x 0123456789012 dmarc"};

static void line(const char *name, const char *type, const char *data)
{
    char text[1100];

    if (w.records > 300)
        return;
    snprintf(text, sizeof text, "Z\t%s\t%s\t%s", name, type, data);
    spf_world_zone(&w, text);
}

/* The same for records whose name begins so. */
static void lines_under(const char *front, const char *name, const char *type,
                        const char *const *data, unsigned data_n)
{
    char full[300];

    snprintf(full, sizeof full, "%s.%s", front, name);
    for (unsigned n = below(3) ? below(2) : below(3); n > 0; n--)
        line(full, type, data[below(data_n)]);
    if (below(40) == 0)
        line(full, "BOGUS", "");
}

#define UNDER(front, type, ...) \
    do { \
        static const char *const under_data[] = {__VA_ARGS__}; \
        lines_under(front, name, type, under_data, sizeof under_data / sizeof *under_data); \
    } while (0)

static void make_above(const char *name)
{
    char text[300];

    for (size_t i = 0; i < sizeof made_of / sizeof *made_of; i++) {
        const char *at = made_of[i].lines;
        if (below(130) >= made_of[i].often)
            continue;
        for (; *at; at = strchr(at, '\n') + 1) {
            snprintf(text, sizeof text, "Z\t%s\t%.*s", name, (int)strcspn(at, "\n"),
                     at + (*at == '@'));
            spf_world_zone(&w, text);
        }
    }
    lines_under("_dmarc", name, "TXT", made_dmarc, sizeof made_dmarc / sizeof *made_dmarc);
    UNDER("_mta-sts", "TXT", "v=STSv1; id=1", "v=STSv1; id=a-b", "v=STSV2", "x", "v=STSv1; id=1;;");
    UNDER("_smtp._tls", "TXT", "v=TLSRPTv1; rua=mailto:a@b.test", "v=TLSRPTv1", "x", "v=tlsrpt");
    UNDER("_smtp-tlsrpt", "TXT", "v=TLSRPTv1; rua=mailto:a@b.test", "x");
    UNDER("_tlsrpt", "TXT", "v=TLSRPTv1; rua=mailto:a@b.test", "x");
    UNDER("default._bimi", "TXT", "v=BIMI1; l=", "v=BIMI1; l=x", "x", "v=bimi2");
    UNDER("s1._domainkey", "TXT", "v=DKIM1; p=", "p=" RSA512, "x", "k=ed25519; p=" ED25519);
    for (unsigned i = 0; i < QUOTH_SELECTORS; i++)
        if (below(3) == 0) {
            snprintf(text, sizeof text, "%s._domainkey.%s", ref_selectors[i], name);
            line(text, "TXT", below(2) ? "v=DKIM1; p=" : "k=rsa; p=" RSA512);
        }
    if (below(20) == 0)
        UNDER("*._domainkey", "TXT", "x");
    if (below(20) == 0)
        UNDER("_domainkey", "TXT", "v=DKIM1", "x");
}

static void make_hosts(void)
{
    static const char *const hosts[] = {"mx.example.com", "h2.example.com", "a.test",
                                        "b.test",         "c.test",         "x.test",
                                        "r.example.com",  "y.test",         "n.test"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        const char *name = hosts[i];
        static const char *const v4[] = {"203.0.113.25", "203.0.113.26", "10.0.0.1"};
        for (unsigned n = below(3); n > 0; n--)
            line(name, "A", ANY(v4));
        for (unsigned n = below(2); n > 0; n--)
            line(name, "AAAA", below(2) ? "2a00::25" : "fd00::1");
        if (below(4) == 0)
            line(name, "MX", below(2) ? "0\t" : "1\tmx.example.com");
        if (below(3) == 0)
            line(name, "SIGNED", "-");
        UNDER("_25._tcp", "OPEN", "-");
        if (below(20) == 0)
            line(name, "BOGUS", "");
        UNDER("_25._tcp", "TLSA", "\\x03\\x01\\x01" BYTES32, "\\x03\\x00\\x01" BYTES32,
              "\\x01\\x01\\x02" BYTES4, "\\x02\\x01\\x00" BYTES4);
        UNDER("example.com._report._dmarc", "TXT", "v=DMARC1", "x");
        UNDER("b.example.com._report._dmarc", "TXT", "v=DMARC1");
    }
}

static const char *make_domain(void)
{
    static const char *const domains[] = {"example.com",
                                          "example.com",
                                          "b.example.com",
                                          "a.b.example.com",
                                          "f.e.d.c.b.a.a.b.example.com",
                                          "c.d.e.a.b.example.com"};
    static const char *const selectors[] = {"s1", "k1", "nobody", NULL, NULL};
    const char *domain = ANY(domains);

    spf_world_init(&w);
    memset(&conf, 0, sizeof conf);
    for (const char *name = domain; name; name = strchr(name, '.') ? strchr(name, '.') + 1 : NULL)
        if (name == domain || below(2))
            make_above(name);
    if (below(2)) {
        line(".", "SOA", "-");
        if (below(3))
            line(".", "SIGNED", "-");
    }
    make_hosts();
    if (below(8) == 0)
        line("_dmarc.example.com.example.com", "TXT", "v=DMARC1; p=none");
    no_trust = below(3) == 0;
    w.res.no_aaaa = below(5) == 0;
    conf.selectors = below(2) ? NULL : selectors + below(4);
    conf.tries = (uint8_t)(below(2) ? 0 : below(17));
    conf.checks = (uint16_t)(below(2) ? 0 : below(512));
    conf.queries_max = (uint16_t)(below(3) ? 0 : below(3) ? below(50) : 200 + below(200));
    return domain;
}

static void same_text(struct quoth_part part, const struct quoth_facts *want,
                      struct quoth_part other)
{
    CHECK_INT(part.n, other.n);
    CHECK_STR(part.n ? d.facts.text + part.at : "", other.n ? want->text + other.at : "");
}

static void same_record(const struct quoth_fact_txt *txt, const struct quoth_facts *want,
                        const struct quoth_fact_txt *other)
{
    CHECK_INT(txt->answer, other->answer);
    CHECK_INT(txt->n, other->n);
    CHECK_INT(txt->others, other->others);
    CHECK_INT(txt->fault, other->fault);
    CHECK_INT(txt->at, other->at);
    same_text(txt->record, want, other->record);
}

static void same_hosts(const struct quoth_facts *want)
{
    for (unsigned i = 0; i < want->hosts; i++) {
        const struct quoth_fact_host *host = &d.facts.host[i], *other = &want->host[i];
        same_text(host->name, want, other->name);
        CHECK_INT(host->pref, other->pref);
        CHECK_INT(host->a, other->a);
        CHECK_INT(host->aaaa, other->aaaa);
        CHECK_INT(host->flags, other->flags);
        CHECK_INT(host->tlsa, other->tlsa);
        CHECK_INT(host->tlsas, other->tlsas);
        CHECK_INT(host->tlsa_saw, other->tlsa_saw);
        CHECK(!memcmp(&host->ip, &other->ip, sizeof host->ip));
    }
}

static void same_spf(const struct quoth_facts *want)
{
    const struct quoth_fact_spf *spf = &d.facts.spf, *other = &want->spf;

    CHECK_INT(spf->asked, other->asked);
    CHECK_INT(spf->result, other->result);
    CHECK_INT(spf->why, other->why);
    CHECK_INT(spf->depth, other->depth);
    CHECK_INT(spf->terms, other->terms);
    CHECK_INT(spf->voids, other->voids);
    CHECK_INT(spf->voids6, other->voids6);
    CHECK_INT(spf->saw, other->saw);
    CHECK_INT(spf->shares, other->shares);
    CHECK_INT(spf->at, other->at);
    CHECK_INT(spf->open, other->open);
    CHECK_INT(spf->others, other->others);
    CHECK(!memcmp(spf->share, other->share, sizeof spf->share));
    same_text(spf->record, want, other->record);
    same_text(spf->where, want, other->where);
}

static void same_keys(const struct quoth_facts *want)
{
    CHECK_INT(d.facts.domainkey, want->domainkey);
    CHECK_INT(d.facts.wildcard, want->wildcard);
    CHECK_INT(d.facts.tried, want->tried);
    CHECK_INT(d.facts.keys, want->keys);
    CHECK_INT(d.facts.lost, want->lost);
    CHECK_INT(d.facts.lost_answer, want->lost_answer);
    CHECK_INT(d.facts.given, want->given);
    for (unsigned i = 0; i < want->keys; i++) {
        same_text(d.facts.key[i].selector, want, want->key[i].selector);
        CHECK_INT(d.facts.key[i].n, want->key[i].n);
        CHECK(!memcmp(&d.facts.key[i].key, &want->key[i].key, sizeof want->key[i].key));
    }
}

static void same_facts(const struct quoth_facts *want)
{
    const struct quoth_facts *got = &d.facts;

    same_text(got->domain, want, want->domain);
    CHECK_INT(got->checks, want->checks);
    CHECK_INT(got->late, want->late);
    CHECK_INT(got->unasked, want->unasked);
    CHECK_INT(got->queries, want->queries);
    CHECK_INT(got->mx, want->mx);
    CHECK_INT(got->mx_null, want->mx_null);
    CHECK_INT(got->mx_odd, want->mx_odd);
    CHECK_INT(got->mx_proof, want->mx_proof);
    CHECK_INT(got->mx_more, want->mx_more);
    CHECK_INT(got->mx_open, want->mx_open);
    CHECK_INT(got->hosts, want->hosts);
    same_hosts(want);
    same_spf(want);
    CHECK_INT(got->sender_id, want->sender_id);
    same_text(got->spf_meant, want, want->spf_meant);
    CHECK_INT(got->labels, want->labels);
    CHECK_INT(got->dmarc_labels, want->dmarc_labels);
    CHECK_INT(got->org_labels, want->org_labels);
    CHECK_INT(got->dmarc_many, want->dmarc_many);
    CHECK_INT(got->doubled, want->doubled);
    CHECK_INT(got->meant_labels, want->meant_labels);
    same_text(got->dmarc_meant, want, want->dmarc_meant);
    same_record(&got->dmarc, want, &want->dmarc);
    same_record(&got->misplaced, want, &want->misplaced);
    CHECK_INT(got->uris, want->uris);
    for (unsigned i = 0; i < want->uris; i++) {
        same_text(got->uri[i].host, want, want->uri[i].host);
        CHECK_INT(got->uri[i].foreign, want->uri[i].foreign);
        CHECK_INT(got->uri[i].answer, want->uri[i].answer);
        CHECK_INT(got->uri[i].agrees, want->uri[i].agrees);
        CHECK_INT(got->uri[i].mail, want->uri[i].mail);
        CHECK_INT(got->uri[i].null, want->uri[i].null);
    }
    same_record(&got->sts, want, &want->sts);
    same_record(&got->rpt, want, &want->rpt);
    same_record(&got->bimi, want, &want->bimi);
    CHECK_INT(got->rpt_draft, want->rpt_draft);
    same_keys(want);
    CHECK_INT(got->trusts, want->trusts);
    CHECK_INT(got->root, want->root);
    CHECK_INT(got->zone, want->zone);
    CHECK_INT(got->zone_ad, want->zone_ad);
    CHECK_INT(got->zone_ede, want->zone_ede);
    CHECK_INT(got->cut_labels, want->cut_labels);
    CHECK_INT(got->unchecked, want->unchecked);
    CHECK_INT(got->ds, want->ds);
}

/* Facts, and every question in order, but for the name that is made up. */
TEST(M01_reference)
{
    static struct ref_domain ref;
    static struct quoth_facts want;

    for (unsigned i = 0; i < 1500 && !test_bad_checks; i++) {
        const char *domain = make_domain();
        run(domain);
        ref_domain(&ref, &want, &w, &conf, domain);
        same_facts(&want);
        CHECK(ref.random || w.asked == ref.ref.asked);
        if (test_bad_checks)
            printf("    %u: %s checks %x max %u trust %u\n", i, domain, conf.checks,
                   conf.queries_max, conf.trust_ad);
    }
    no_trust = 0;
}

/* ---- limits -------------------------------------------------------------------- */

/* A name of so many bytes on the wire: labels of 31, and what is left; `c` is its first letter. */
static const char *long_name(unsigned n, char c)
{
    static char name[256];

    memset(name, 'a', sizeof name);
    name[0] = c;
    for (unsigned at = 31; at + 3 < n; at += 32)
        name[at] = '.';
    name[n - 2] = 0;
    return name;
}

/* Nothing is asked that would be no name: "_mta-sts." takes nine bytes of 255. */
TEST(M01_length)
{
    for (unsigned n = 245; n <= 248; n++) {
        zone("");
        conf.checks = QUOTH_CHECK_STS;
        run(long_name(n, 'a'));
        CHECK_INT(w.questions, n <= 246);
        CHECK_INT(d.facts.sts.answer, n <= 246 ? QUOTH_ANSWER_NXDOMAIN : QUOTH_ANSWER_NONE);
    }
}

/* A selector has 100 bytes at most, and is a name. */
TEST(J37_length)
{
    static char selector[110];
    const char *const selectors[] = {selector, NULL};

    for (unsigned n = 98; n <= 103; n++) {
        memset(selector, 'a', n);
        selector[50] = n == 98 ? '\0' : '.';
        selector[51] = n == 103 ? '.' : 'a';
        selector[n] = 0;
        zone("");
        spf_world_zone(&w, "Z\t*.example.com\tTXT\tv=DKIM1; p=\n");
        conf.checks = QUOTH_CHECK_DKIM;
        conf.selectors = selectors;
        run("example.com");
        CHECK_INT(d.facts.tried, n <= 100);
        CHECK_INT(w.questions, n <= 100 ? 2 : 1);
    }
    zone(GOOD_MX); /* all that are known, and then no more */
    conf.checks = QUOTH_CHECK_DKIM;
    conf.tries = 20;
    run("example.com");
    CHECK_INT(d.facts.tried, QUOTH_SELECTORS);
    CHECK(quoth_domain_selector(&d, QUOTH_SELECTORS - 1));
    CHECK(!quoth_domain_selector(&d, QUOTH_SELECTORS));
}

/* Hosts and addresses for reports, each one more than there is room for. */
TEST(M01_full)
{
    zone(ROOT D "SIGNED\t-\n" SPF DMARC
                "v=DMARC1; p=reject; rua=mailto:a@example.com,mailto:a@b.example.com,"
                "mailto:a@c.example.com,mailto:a@d.example.com,mailto:a@e.example.com\n");
    for (unsigned i = 0; i < QUOTH_FACT_HOSTS + 1; i++) {
        char text[200];
        snprintf(text, sizeof text, D "MX\t1\th%u.example.com\n", i);
        spf_world_zones(&w, text);
        snprintf(text, sizeof text, "Z\th%u.example.com\tA\t203.0.113.25\n", i);
        spf_world_zones(&w, text);
    }
    run("example.com");
    CHECK_INT(d.facts.hosts, QUOTH_FACT_HOSTS);
    CHECK_INT(d.facts.mx_more, 1);
    CHECK_INT(d.facts.uris, QUOTH_FACT_URIS);
    CHECK_INT(d.facts.host[QUOTH_FACT_HOSTS - 1].tlsa, QUOTH_ANSWER_NXDOMAIN);
    zone("");
    for (unsigned i = 0; i < QUOTH_FACT_HOSTS; i++) {
        char text[400];
        snprintf(text, sizeof text, D "MX\t1\t%s\n", long_name(255, (char)('a' + i)));
        spf_world_zones(&w, text);
    }
    conf.checks = QUOTH_CHECK_MX;
    run("example.com");
    CHECK_INT(d.facts.hosts, (QUOTH_FACT_TEXT - 12) / 254);
    CHECK_INT(d.facts.mx_more, 1);
}

/* What an MX record is: 16 bits of preference, and a host; what is none is told. */
TEST(M01_mx)
{
    zone(GOOD);
    w.rr[0].data[0] = 1;
    run("example.com");
    CHECK_INT(d.facts.host[0].pref, 266);
    CHECK_INT(d.facts.mx_odd, 0);
    zone(D "MX\t1\tmsv1.invalid\n");
    run("example.com");
    CHECK_INT(d.facts.mx_proof, 0);
    CHECK_INT(d.facts.hosts, 1);
    zone(D "MX\t1\ta.example.com\n" D "MX\t1\tb.example.com\n" D "MX\t2\tB.example.com\n");
    run("example.com");
    CHECK_INT(d.facts.hosts, 2); /* the second of them stands there twice */
    zone(GOOD D "MX\t1\tmx.example.com\n");
    w.rr[w.records - 1].n = 2;
    run("example.com");
    CHECK_INT(d.facts.mx_odd, 1);
    CHECK_INT(d.facts.mx_more, 0);
    zone("");
    for (unsigned i = 0; i < 60; i++) {
        char text[200];
        snprintf(text, sizeof text, D "MX\t1\t%060u.com\n", i % 6);
        spf_world_zones(&w, text);
    }
    run("example.com");
    CHECK_INT(d.facts.mx_more, 1);
}

/* Of records that do not all fit it is not known that there is one. */
TEST(M02_one)
{
    static const enum quoth_answer answers[] = {QUOTH_ANSWER_TOO_BIG, QUOTH_ANSWER_DATA};
    static char big[2600], two[2000];

    snprintf(big, sizeof big, STS "v=STSv1; id=%02500u\n", 1u);
    for (unsigned small = 0; small < 2; small++) {
        zone(small ? GOOD_STS : "");
        for (unsigned k = 0; k < 2; k++)
            spf_world_zones(&w, big);
        conf.checks = QUOTH_CHECK_STS;
        run("example.com");
        CHECK_INT(d.facts.sts.answer, answers[small]);
    }
    zone(""); /* nor is one known for which there is no room */
    snprintf(two, sizeof two, STS "v=STSv1; id=%0800u\n" BIMI "v=BIMI1; l=%0800u\n", 1u, 1u);
    spf_world_zones(&w, two);
    conf.checks = QUOTH_CHECK_STS | QUOTH_CHECK_BIMI;
    run("example.com");
    CHECK_INT(d.facts.sts.answer, QUOTH_ANSWER_DATA);
    CHECK_INT(d.facts.bimi.answer, QUOTH_ANSWER_TOO_BIG);
}

/* What was meant to be DMARC says so in its first 12 bytes, and 100 of it are kept. */
TEST(M06_meant)
{
    static const struct {
        const char *front, *word;
        unsigned n, kept;
    } records[] = {{"v", "dmarc", 14, 14},     {"v", "dmarc", 13, 13},
                   {"v", "dmarc", 15, 0},      {"v=", "dnarc", 10, 0},
                   {"v=dmarc1", "x", 99, 99},  {"v=dmarc1", "x", 100, 100},
                   {"v=dmarc1", "x", 101, 100}};

    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        char text[200] = DMARC;
        const size_t from = strlen(text),
                     fill = records[i].n - strlen(records[i].front) - strlen(records[i].word);
        strcat(text, records[i].front);
        memset(text + strlen(text), ' ', fill);
        strcpy(text + from + strlen(records[i].front) + fill, records[i].word);
        strcat(text, "\n");
        zone(text);
        conf.checks = QUOTH_CHECK_DMARC;
        run("example.com");
        CHECK_INT(d.facts.dmarc_meant.n, records[i].kept);
        CHECK_INT(d.facts.dmarc.others, !records[i].kept);
    }
}

/* Of two records on the way up the last one counts, and its text takes the other's place, but not
 * that of what was met before them. */
TEST(M06_room)
{
    static char lines[4000];

    snprintf(lines, sizeof lines,
             "Z\t_dmarc.b.c.example.com\tTXT\tv=DMARC1; p=none; x=%0800u\n"
             "Z\t_dmarc.example.com\tTXT\tv=DMARC1; p=reject; x=%0800u\n",
             1u, 1u);
    zone(lines);
    conf.checks = QUOTH_CHECK_DMARC;
    run("a.b.c.example.com");
    CHECK_INT(d.facts.dmarc.answer, QUOTH_ANSWER_DATA);
    CHECK_INT(d.facts.dmarc_labels, 2);
    CHECK(d.facts.dmarc.record.n > 800 && d.facts.used < 900);
    zone("Z\t_dmarc.b.c.example.com\tTXT\tv=dmarc1; meant\n"
         "Z\t_dmarc.c.example.com\tTXT\tv=DMARC1; p=none\n"
         "Z\t_dmarc.example.com\tTXT\tv=DMARC1; p=reject\n");
    run("a.b.c.example.com");
    CHECK_STR(quoth_facts_text(&d.facts, d.facts.dmarc_meant).p, "v=dmarc1; meant");
    CHECK_STR(quoth_facts_text(&d.facts, d.facts.dmarc.record).p, "v=DMARC1; p=reject");
    snprintf(lines, sizeof lines,
             "Z\t_dmarc.c.example.com\tTXT\tv=DMARC1; p=none; x=%01900u\n"
             "Z\t_dmarc.example.com\tTXT\tv=DMARC1; p=reject\n",
             1u);
    zone(lines); /* there was none for the first one */
    run("a.b.c.example.com");
    CHECK_STR(quoth_facts_text(&d.facts, d.facts.domain).p, "a.b.c.example.com");
    CHECK_STR(quoth_facts_text(&d.facts, d.facts.dmarc.record).p, "v=DMARC1; p=reject");
    snprintf(lines, sizeof lines, DMARC "v=DMARC1; p=none; rua=mailto:a@%s.com; x=%01200u\n",
             long_name(100, 'r'), 1u);
    zone(lines); /* a host of reports for which there is no room */
    conf.checks = QUOTH_CHECK_DMARC;
    run("example.com");
    CHECK(d.facts.dmarc.record.n > 1300);
    CHECK_INT(d.facts.uris, 0);
}

/* Of an SPF record so long that nothing fits behind it: keys are not told of, and count as lost. */
TEST(M03_room)
{
    static char lines[4000];

    snprintf(lines, sizeof lines, D "TXT\tv=spf1 x=%0*u -all\n" GOOD_KEY,
             QUOTH_FACT_TEXT - 12 - 1 - 5 - 14, 1u);
    zone(lines);
    conf.checks = QUOTH_CHECK_SPF | QUOTH_CHECK_DKIM;
    run("example.com");
    CHECK_INT(d.facts.used, QUOTH_FACT_TEXT - 5);
    CHECK_INT(d.facts.keys, 0);
    CHECK_INT(d.facts.lost, 1);
    CHECK_INT(d.facts.lost_answer, QUOTH_ANSWER_TOO_BIG);
}

/* The word at fault, 80 bytes of it, wherever it stands; and what the servers said of the name. */
TEST(F04_word)
{
    for (unsigned n = 78; n <= 82; n++)
        for (unsigned front = 0; front < 60; front += 50) {
            char text[400];
            snprintf(text, sizeof text, D "TXT\tv=spf1 %s%0*u mx\n",
                     front ? "x=abcdefghijklmnopqrstuvwxyz0123456789abcdefghijk " : "", (int)n, 1u);
            zone(text);
            conf.checks = QUOTH_CHECK_SPF;
            run("example.com");
            CHECK_INT(d.facts.spf.where.n, n < 80 ? n : 80);
            CHECK_INT(d.facts.spf.answer, QUOTH_ANSWER_DATA);
        }
    zone("");
    run("example.com");
    CHECK_INT(d.facts.spf.answer, QUOTH_ANSWER_NXDOMAIN);
}

/* TLSA records are kept whole, 160 bytes of them with two in front of each, or not at all. */
TEST(M30_room)
{
    zone(SIGNED GOOD T "x\n");
    for (unsigned n = 155; n <= 162; n++) {
        memset(w.rr[w.records - 1].data, 1, n);
        w.rr[w.records - 1].n = n;
        run("example.com");
        CHECK_INT(d.facts.host[0].tlsas, 1);
        CHECK_INT(d.facts.host[0].tlsa_set.n, n + 2 <= 160 ? n + 2 : 0);
    }
}

static unsigned wants, made_wants;
static void made_want(const void *self, struct quoth_want *want)
{
    quoth_domain_want((const struct quoth_domain *)self, want);
    wants++;
    made_wants += quoth_domain_made_up((const struct quoth_domain *)self) != 0;
}

/* Only the question that is made up is told as such; and what is made up depends on the seed. */
TEST(Q02_made_up)
{
    static const struct spf_world_machine machine = {&d, sizeof d, made_want, domain_feed};
    uint64_t asked = 0;

    for (uint8_t i = 0; i < 4; i++) {
        const uint8_t seed[16] = {i};
        zone(GOOD);
        conf.resolver = &w.res;
        conf.checks = i < 2 ? QUOTH_CHECK_DKIM : QUOTH_CHECK_MX;
        conf.tries = 1;
        wants = made_wants = 0;
        spf_world_begin(&w);
        CHECK_INT(quoth_domain_start(&d, &conf, "example.com", seed, SPF_WORLD_START), QUOTH_OK);
        spf_world_drive(&w, &machine, 0, 0);
        CHECK(i < 2 ? made_wants && made_wants < wants : !made_wants);
        CHECK(i > 1 || w.asked != asked);
        asked = w.asked;
    }
}

/* Each check has a name, and no others. */
TEST(HR05_names)
{
    static const char *const names[] = {"MX",   "SPF",  "DMARC",  "MTA-STS", "TLS-RPT",
                                        "BIMI", "DKIM", "DNSSEC", "DANE"};

    for (unsigned i = 0; i < 9; i++)
        CHECK_STR(quoth_domain_check_name(1u << i), names[i]);
    CHECK(!quoth_domain_check_name(0) && !quoth_domain_check_name(1u << 9));
}

/* What nobody may guess depends on the seed: the id of every question, those of SPF too. */
TEST(Q02_domain_seed)
{
    uint16_t id[SPF_WORLD_IDS];

    zone(GOOD);
    run("example.com");
    memcpy(id, w.id, sizeof id);
    w.seed++;
    run("example.com");
    CHECK(w.questions > 12);
    for (unsigned i = 0; i < w.questions && i < SPF_WORLD_IDS; i++)
        CHECK(w.id[i] != id[i]);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        made_up = (unsigned)atoi(argv[1]);
    RUN(M01_reference);
    RUN(F14_place);
    RUN(M01);
    RUN(M02);
    RUN(M02_policy);
    RUN(M24);
    RUN(M25);
    RUN(M30);
    RUN(M02_all);
    RUN(F03);
    RUN(F09);
    RUN(J12);
    RUN(M03);
    RUN(HR05_pieces);
    RUN(HR05_broken);
    RUN(HR05_late);
    RUN(HR05_deadline);
    RUN(HR05_text);
    RUN(HR03);
    RUN(M04);
    RUN(M05);
    RUN(M10_M40);
    RUN(M11);
    RUN(M12);
    RUN(M43);
    RUN(J17);
    RUN(J15);
    RUN(J03_above);
    RUN(J04);
    RUN(HR09_cache);
    RUN(M06);
    RUN(HR01);
    RUN(HR04);
    RUN(J37);
    RUN(F16);
    RUN(M02_cut);
    RUN(M02_narrow);
    RUN(J10);
    RUN(HR09);
    RUN(M01_length);
    RUN(J37_length);
    RUN(M01_full);
    RUN(M01_mx);
    RUN(M02_one);
    RUN(M06_meant);
    RUN(M06_room);
    RUN(M03_room);
    RUN(F04_word);
    RUN(M30_room);
    RUN(Q02_made_up);
    RUN(HR05_names);
    RUN(Q02_domain_seed);
    return report("domain");
}
