/* dmarc_test.c - tests of core/domain/txt.c, dmarc.c and tlsa.c: the small records of a domain, and
 * the walk of DMARC. Zones and results are those of the RFC's own examples, written anew.
 *
 * SPDX-License-Identifier: MIT */
#include "quoth_domain.h"
#include "test.h"
#include "txt_ref.h"

#define RSA1024 \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCXxQItAIj5lxIpp4sZMsKciroQW4WbK8a8jwwXlPc4nFMoDf3STDr9" \
    "TKS" \
    "O8SdRkvXAzd3Uk8I2nBWtDFCsvR9sMsebYBLaLH2kapHomPdSHrVg1TTZsoGC5sNQBXzI0u7uT0FzTGBPpEdrLF9u7VN" \
    "g7F" \
    "ssQk7JePJirqeNdmikpwIDAQAB"
#define RSA512 \
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAPMolV6zebsk5/" \
    "UPzKqkOnJ8eFPihSevomqBKftYDVpXigE0N9Y0japbXfBzZcB" \
    "RsZzvyg+He1dpFY0m14xnwxsCAwEAAQ=="
#define BARE1024 \
    "MIGJAoGBAJDZR3YvDlv9VGcV/W341+jyHwqCbxtlO3lMzNW1KJvxFkVsLwVknrPgETXKPgfo/" \
    "Q2AgUm8CbsKVNHxXaOQqQR" \
    "VtoViBEq+ATUaOkICstjMZ8tnpQUrRbKXR+qJJZlHnj9s/nM5fmWPmB7Pau8Hn//" \
    "Pixe22Hl5kGRaovnFKbTZAgMBAAE="

static struct quoth_dmarc d;

static int reads(const char *text) { return quoth_dmarc_read(&d, text, strlen(text)); }

static const char *policy(enum quoth_dmarc_whom whom)
{
    return quoth_dmarc_policy_name(quoth_dmarc_policy(&d, whom));
}

/* ---- the walk ----------------------------------------------------------- */

/* Walk from `from` over a tree in which "name psd" are the records; the names asked for go to
 * `asked`. The organizational domain as text. */
static const char *walk(const char *from, const char *const *records, char asked[600])
{
    static char text[256];
    struct quoth_dmarc_walk w;
    struct quoth_name name;

    *asked = 0;
    CHECK_INT(quoth_name_parse(&name, from, strlen(from)), QUOTH_OK);
    quoth_dmarc_walk_start(&w, &name);
    for (int steps = 0; quoth_dmarc_walk_next(&w, &name); steps++) {
        char psd = 0;
        CHECK(steps < QUOTH_DMARC_STEPS);
        quoth_name_text(&name, text, sizeof text);
        for (const char *const *r = records; *r; r++)
            if (!strncmp(*r + 2, text, sizeof text))
                psd = **r;
        strcat(strcat(asked, text), " ");
        quoth_dmarc_walk_take(&w, psd);
    }
    CHECK(quoth_dmarc_walk_org(&w) <= w.labels);
    quoth_name_tail(&w.name, quoth_dmarc_walk_org(&w), &name);
    quoth_name_text(&name, text, sizeof text);
    return text;
}

TEST(J01)
{
    static const char *const none[] = {NULL};
    char asked[600];

    walk("a.b.c.d.e.f.g.h.i.j.mail.example.com", none, asked);
    CHECK_STR(asked, "a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com "
                     "h.i.j.mail.example.com i.j.mail.example.com j.mail.example.com "
                     "mail.example.com example.com com ");
    CHECK_STR(walk("a.b.c.d.e.f.g.h", none, asked), "a.b.c.d.e.f.g.h");
    CHECK_STR(asked, "a.b.c.d.e.f.g.h b.c.d.e.f.g.h c.d.e.f.g.h d.e.f.g.h e.f.g.h f.g.h g.h h ");
    walk("com", none, asked);
    CHECK_STR(asked, "com ");
}

TEST(J02)
{
    static const char *const plain[] = {"u example.com", NULL},
                             *const both[] = {"u example.com", "u mail.example.com", NULL},
                             *const cut[] = {"u example.com", "n b.example.com", NULL},
                             *const above[] = {"y com", NULL}, *const itself[] = {"y com", NULL},
                             *const bank[] = {"u giant.bank", "y bank", NULL};
    char asked[600];

    CHECK_STR(walk("mail.example.com", plain, asked), "example.com");
    CHECK_STR(walk("a.mail.example.com", both, asked), "example.com");
    CHECK_STR(walk("c.b.example.com", cut, asked), "b.example.com");
    CHECK_STR(asked, "c.b.example.com b.example.com ");
    CHECK_STR(walk("a.b.c.com", above, asked), "c.com"); /* one below, though it has no record */
    CHECK_STR(walk("com", itself, asked), "com");
    CHECK_STR(walk("mail.giant.bank", bank, asked), "giant.bank");
}

/* ---- the record --------------------------------------------------------- */

TEST(J04)
{
    CHECK_INT(reads("v=dmarc1; p=reject"), QUOTH_EPROTO);
    CHECK_INT(reads("v=DMARC1x; p=reject"), QUOTH_EPROTO);
    CHECK_INT(reads("p=reject; v=DMARC1"), QUOTH_EPROTO);
    CHECK_INT(reads(""), QUOTH_EPROTO);
    CHECK_INT(reads("v = DMARC1 ; p = Reject ;"), QUOTH_OK);
    CHECK_INT(d.p, QUOTH_DMARC_REJECT);
    CHECK_INT(d.flags, 0);
    CHECK_INT(reads("v=DMARC1"), QUOTH_OK);
    CHECK_STR(policy(QUOTH_DMARC_SELF), "none");
    CHECK_INT(reads("v=DMARC1; p=none; p=reject"), QUOTH_OK);
    CHECK_INT(d.p, QUOTH_DMARC_NONE);
    CHECK_INT(d.flags, QUOTH_DMARC_DUPLICATE);
    CHECK_INT(d.at, 18);
    CHECK_INT(reads("v=DMARC1; =; p=reject"), QUOTH_OK);
    CHECK_INT(d.flags, QUOTH_DMARC_SYNTAX);
    CHECK_INT(d.at, 10);
    CHECK_INT(d.p, QUOTH_DMARC_REJECT);
}

TEST(J06)
{
    reads("v=DMARC1; p=reject; t=y");
    CHECK_STR(policy(QUOTH_DMARC_SELF), "quarantine");
    reads("v=DMARC1; p=quarantine; t=y; np=reject");
    CHECK_STR(policy(QUOTH_DMARC_SELF), "none");
    CHECK_STR(policy(QUOTH_DMARC_NOWHERE), "quarantine");
    reads("v=DMARC1; p=reject; t=maybe");
    CHECK_INT(d.flags, QUOTH_DMARC_VALUE);
    CHECK_STR(policy(QUOTH_DMARC_SELF), "reject");
}

TEST(J07)
{
    CHECK_STR(quoth_dmarc_policy_name(QUOTH_DMARC_UNSET), "");
    CHECK_STR(quoth_dmarc_policy_name(QUOTH_DMARC_INVALID), "invalid");
    CHECK_STR(quoth_dmarc_policy_name((enum quoth_dmarc_policy)(QUOTH_DMARC_INVALID + 1)), "");
    reads("v=DMARC1; p=quarentine");
    CHECK_INT(d.p, QUOTH_DMARC_INVALID);
    CHECK_INT(quoth_dmarc_policy(&d, QUOTH_DMARC_SELF), QUOTH_DMARC_UNSET);
    reads("v=DMARC1; p=reject; sp=quarentine; rua=mailto:a@example.com");
    CHECK_STR(policy(QUOTH_DMARC_SELF), "none");
    reads("v=DMARC1; p=reject,; rua=a@example.com");
    CHECK_INT(quoth_dmarc_policy(&d, QUOTH_DMARC_SELF), QUOTH_DMARC_UNSET);
}

TEST(J08)
{
    reads("v=DMARC1; p=reject; sp=quarantine; np=none");
    CHECK_STR(policy(QUOTH_DMARC_SELF), "reject");
    CHECK_STR(policy(QUOTH_DMARC_BELOW), "quarantine");
    CHECK_STR(policy(QUOTH_DMARC_NOWHERE), "none");
    reads("v=DMARC1; p=reject; sp=quarantine");
    CHECK_STR(policy(QUOTH_DMARC_NOWHERE), "quarantine");
    reads("v=DMARC1; p=reject");
    CHECK_STR(policy(QUOTH_DMARC_NOWHERE), "reject");
}

TEST(J09)
{
    reads("v=DMARC1; p=none; pct=50; x=1; psd=n; adkim=s; aspf=S");
    CHECK_INT(d.flags, QUOTH_DMARC_REMOVED | QUOTH_DMARC_PART | QUOTH_DMARC_STRANGER |
                           QUOTH_DMARC_STRICT_DKIM | QUOTH_DMARC_STRICT_SPF);
    CHECK_INT(d.psd, 'n');
    reads("v=DMARC1; p=none; psd=q");
    CHECK_INT(d.psd, 'u');
}

TEST(J10)
{
    static const struct {
        const char *uri, *host;
        enum quoth_dmarc_uri_kind kind;
        int sized;
    } rows[] = {{"mailto:a@example.com", "example.com", QUOTH_DMARC_URI_MAIL, 0},
                {"MAILTO:a@example.com!10m", "example.com", QUOTH_DMARC_URI_MAIL, 1},
                {"mailto:a@example.net?subject=x", "example.net", QUOTH_DMARC_URI_MAIL, 0},
                {"https://example.com/x", "", QUOTH_DMARC_URI_OTHER, 0},
                {"a@example.com", "", QUOTH_DMARC_URI_BARE, 0},
                {"example.com", "", QUOTH_DMARC_URI_INVALID, 0},
                {"mailto:example.com", "", QUOTH_DMARC_URI_INVALID, 0},
                {"mailto:a@b@example.com", "b@example.com", QUOTH_DMARC_URI_INVALID, 0},
                {"mail to:a@example.com", "", QUOTH_DMARC_URI_INVALID, 0}};
    char list[400] = "", text[100];
    size_t at = 0, i = 0;
    struct quoth_span all;
    struct quoth_dmarc_uri uri;

    for (; i < sizeof rows / sizeof *rows; i++)
        strcat(strcat(list, i ? " , " : ""), rows[i].uri);
    all = (struct quoth_span) {list, strlen(list)};
    for (i = 0; quoth_dmarc_uri(&all, &at, &uri); i++) {
        CHECK_INT(uri.kind, rows[i].kind);
        CHECK_INT(uri.sized, rows[i].sized);
        snprintf(text, sizeof text, "%.*s", (int)uri.host.n, uri.host.p);
        CHECK_STR(text, rows[i].host);
    }
    CHECK_INT(i, sizeof rows / sizeof *rows);
}

/* ---- DKIM keys ---------------------------------------------------------- */

static struct quoth_dkim_key key;

static enum quoth_dkim_fault fault(const char *text)
{
    CHECK_INT(quoth_dkim_read(&key, text, strlen(text)), key.fault == QUOTH_DKIM_FINE);
    return (enum quoth_dkim_fault)key.fault;
}

TEST(J31)
{
    CHECK_INT(fault("v=DKIM2; p=" RSA1024), QUOTH_DKIM_VERSION);
    CHECK_INT(fault("k=rsa; v=DKIM1; p=" RSA1024), QUOTH_DKIM_VERSION);
    CHECK_INT(key.at, 7);
    CHECK_INT(fault("k=rsa; k=rsa; p=" RSA1024), QUOTH_DKIM_DUPLICATE);
    CHECK_INT(fault("p=" RSA1024), QUOTH_DKIM_FINE);
    CHECK_INT(key.bits, 1024);
    CHECK_INT(fault("v=DKIM1; k=dsa; p=" RSA1024), QUOTH_DKIM_KIND);
    CHECK_INT(fault("v=DKIM1;; p=" RSA1024), QUOTH_DKIM_SYNTAX);
    CHECK_INT(key.at, 8);
}

TEST(J32)
{
    CHECK_INT(fault("v=DKIM1; p="), QUOTH_DKIM_FINE);
    CHECK_INT(key.flags, QUOTH_DKIM_REVOKED);
    CHECK_INT(fault("v=DKIM1; k=rsa"), QUOTH_DKIM_NO_KEY);
    CHECK_INT(fault("v=DKIM1; p=\"" RSA1024 "\""), QUOTH_DKIM_BASE64);
    CHECK_INT(key.at, 11);
    CHECK_INT(fault("v=DKIM1; p=MIGf MA0G\tCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCXxQItAIj5lxIp"),
              QUOTH_DKIM_CUT);
}

TEST(J33)
{
    CHECK_INT(fault("v=DKIM1; k=rsa; p=" BARE1024), QUOTH_DKIM_BARE);
    CHECK_INT(fault("v=DKIM1; k=rsa; p=" RSA512), QUOTH_DKIM_FINE);
    CHECK_INT(key.bits, 512);
    CHECK_INT(fault("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
              QUOTH_DKIM_FINE);
    CHECK_INT(key.ed25519, 1);
    CHECK_INT(fault("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUR"),
              QUOTH_DKIM_CUT);
    CHECK_INT(fault("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURoAAA"),
              QUOTH_DKIM_CUT);
}

TEST(J34)
{
    CHECK_INT(fault("v=DKIM1; s=mail; p=" RSA1024), QUOTH_DKIM_SERVICE);
    CHECK_INT(fault("v=DKIM1; s=tlsrpt : email; p=" RSA1024), QUOTH_DKIM_FINE);
    CHECK_INT(fault("v=DKIM1; h=sha1; p=" RSA1024), QUOTH_DKIM_HASH);
    CHECK_INT(fault("v=DKIM1; h=sha1:sha256; t=y:s; p=" RSA1024), QUOTH_DKIM_FINE);
    CHECK_INT(key.flags, QUOTH_DKIM_TESTING | QUOTH_DKIM_STRICT);
}

/* Every beginning and every change of one byte ends in a result. */
TEST(J35)
{
    static const char good[] = "v=DKIM1; k=rsa; p=" RSA1024;
    const size_t n = sizeof good - 1;
    char text[sizeof good];
    unsigned fine = 0;

    for (size_t i = 0; i < n; i++) {
        quoth_dkim_read(&key, good, i);
        CHECK(key.fault || !key.bits); /* there is no key yet */
        memcpy(text, good, sizeof good);
        for (int c = 0; c < 256; c++) {
            text[i] = (char)c;
            fine += (unsigned)quoth_dkim_read(&key, text, n);
            CHECK(key.at <= n && key.bits <= 2040);
        }
    }
    CHECK(fine > n); /* changes of the modulus are keys as well */
}

/* ---- MTA-STS, TLS-RPT, BIMI ----------------------------------------------- */

static uint16_t fault_at;
#define STS(text)  quoth_tags_read(QUOTH_TAGS_STS, text, strlen(text), &fault_at)
#define RPT(text)  quoth_tags_read(QUOTH_TAGS_RPT, text, strlen(text), &fault_at)
#define BIMI(text) quoth_tags_read(QUOTH_TAGS_BIMI, text, strlen(text), &fault_at)

TEST(M20)
{
    CHECK_INT(STS("v=STSv1; id=20160831085700Z;"), QUOTH_TAGS_FINE);
    CHECK_INT(STS("v=STSv1; id=a; x=1"), QUOTH_TAGS_FINE);
    CHECK_INT(STS("v=STSV1; id=a"), QUOTH_TAGS_VERSION);
    CHECK_INT(STS("id=a; v=STSv1"), QUOTH_TAGS_VERSION);
    CHECK_INT(STS("v=STSv1; id=a;;"), QUOTH_TAGS_SYNTAX);
    CHECK_INT(fault_at, 14);
    CHECK_INT(STS("v=STSv1; id=test-123"), QUOTH_TAGS_VALUE);
    CHECK_INT(fault_at, 9);
    CHECK_INT(STS("v=STSv1; id="), QUOTH_TAGS_VALUE);
    CHECK_INT(STS("v=STSv1; id=123456789012345678901234567890123"), QUOTH_TAGS_VALUE);
    CHECK_INT(STS("v=STSv1; id=12345678901234567890123456789012"), QUOTH_TAGS_FINE);
    CHECK_INT(STS("v=STSv1; id=a; id=b"), QUOTH_TAGS_DUPLICATE);
    CHECK_INT(STS("v=STSv1"), QUOTH_TAGS_MISSING);
    CHECK_INT(fault_at, 7);
    CHECK_INT(STS("V=STSv1; id=a"), QUOTH_TAGS_VERSION);
    CHECK_INT(STS("v =STSv1; id=a"), QUOTH_TAGS_VERSION);
    CHECK_INT(STS("v= STSv1; id=a"), QUOTH_TAGS_VERSION);
    CHECK_INT(STS("v=STSv1 ;\tid=a ; "), QUOTH_TAGS_FINE);
    CHECK_INT(STS("v=STSv1; id =a"), QUOTH_TAGS_SYNTAX);
    CHECK_INT(fault_at, 9);
    CHECK_INT(STS("v=STSv1; id= a"), QUOTH_TAGS_SYNTAX);
    CHECK_INT(STS("v=STSv1; id=a; x = 1"), QUOTH_TAGS_SYNTAX);
}

TEST(M30)
{
    CHECK_INT(RPT("v=TLSRPTv1; rua=mailto:a@example.com"), QUOTH_TAGS_FINE);
    CHECK_INT(RPT("v=TLSRPTv1;rua=mailto:a@example.com,https://example.com/x"), QUOTH_TAGS_FINE);
    CHECK_INT(RPT("v=TLSRPTv1;rua=mailto:a@example.com;rua=https://example.com/x"),
              QUOTH_TAGS_FINE);
    CHECK_INT(RPT("v=TLSRPTv1; rua=a@example.com"), QUOTH_TAGS_VALUE);
    CHECK_INT(RPT("v=TLSRPTv1; rua=mailto:a@example.com,"), QUOTH_TAGS_VALUE);
    CHECK_INT(RPT("v=TLSRPTv1"), QUOTH_TAGS_MISSING);
    CHECK_INT(RPT("v = TLSRPTv1; rua=mailto:a@b.test"), QUOTH_TAGS_VERSION);
    CHECK_INT(RPT("v=TLSRPTv1; rua = mailto:a@b.test"), QUOTH_TAGS_SYNTAX);
    CHECK_INT(RPT("v=TLSRPTv1; rua=mailto:a@b"), QUOTH_TAGS_FINE);
    CHECK_INT(RPT("v=TLSRPTv1; rua=mailto://a@b.test"), QUOTH_TAGS_VALUE);
    CHECK_INT(RPT("v=TLSRPTv1; rua=mailto:reports"), QUOTH_TAGS_VALUE);
    CHECK_INT(RPT("v=TLSRPTv1; rua=mailto:@b.test"), QUOTH_TAGS_VALUE);
    CHECK_INT(RPT("v=TLSRPTv1; rua=mailto:a,https:b@c"), QUOTH_TAGS_VALUE);
    CHECK_INT(RPT("v=TLSRPTv1; rua=mailto:,mailto:a@b"), QUOTH_TAGS_VALUE);
    CHECK_INT(RPT("v=TLSRPTv1; rua=mailto:a@b,mailto:"), QUOTH_TAGS_VALUE);
}

TEST(J20)
{
    CHECK_INT(BIMI("v=BIMI1; l=https://example.com/a.svg; a="), QUOTH_TAGS_FINE);
    CHECK_INT(BIMI("v=BIMI1; l=; a=;"), QUOTH_TAGS_FINE);
    CHECK_INT(BIMI("v=BIMI1; l=http://example.com/a.svg"), QUOTH_TAGS_VALUE);
    CHECK_INT(BIMI("v=BIMI1; a=http://example.com/a.pem; l="), QUOTH_TAGS_VALUE);
    CHECK_INT(BIMI("v=BIMI1; lps=x"), QUOTH_TAGS_MISSING);
    CHECK_INT(BIMI("v = BIMI1; l = https://example.com/a.svg"), QUOTH_TAGS_FINE);
}

/* ---- TLSA ----------------------------------------------------------------- */

/* By the table of RFC 6698 2.1: what is to be said of a record, and of the hash of nothing. */
static unsigned ref_tlsa(const uint8_t *p, size_t n)
{
    static const size_t hash[] = {0, 32, 64};
    static const char *const nothing[] = {"", "\xe3\xb0\xc4\x42", "\xcf\x83\xe1\x35"};
    unsigned full;

    if (n < 3)
        return QUOTH_TLSA_LENGTH;
    if (!strchr("\1\2\3", p[0]) || !strchr("\1", p[1]) || !strchr("\1\2", p[2]))
        return QUOTH_TLSA_OTHER;
    if (p[0] == 0 || p[0] == 1)
        return QUOTH_TLSA_PKIX;
    full = p[2] ? 0 : QUOTH_TLSA_FULL;
    if (full ? n == 3 : n - 3 != hash[p[2]])
        return full | QUOTH_TLSA_LENGTH;
    if (!full && !memcmp(p + 3, nothing[p[2]], 4))
        return QUOTH_TLSA_EMPTY;
    return full | QUOTH_TLSA_USABLE | (p[0] == 3 && p[1] == 0 ? QUOTH_TLSA_CERT : 0u);
}

/* Every usage, selector and matching type there can be, in each length, of the hash of nothing or
 * of one that differs from it in a byte. */
TEST(M41)
{
    static const char begins[][5] = {"\xe3\xb0\xc4\x42",
                                     "\xcf\x83\xe1\x35",
                                     "\xe3\xb0\xc4\x43",
                                     "\xcf\x83\xe1\x34",
                                     "\xe2\xb0\xc4\x42",
                                     "\xcf\x82\xe1\x35",
                                     {0}};

    for (unsigned head = 0; head < 5 * 3 * 4; head++)
        for (size_t n = 0; n < 80; n++)
            for (unsigned k = 0; k < sizeof begins / sizeof *begins; k++) {
                uint8_t data[80] = {(uint8_t)(head % 5), (uint8_t)(head / 5 % 3),
                                    (uint8_t)(head / 15)};
                char *exact = malloc(n + 1); /* so that a byte too far is caught */
                memcpy(data + 3, begins[k], 4);
                memcpy(exact + 1, data, n);
                CHECK_INT(quoth_tlsa_read(exact + 1, n), ref_tlsa(data, n));
                free(exact);
            }
}

/* ---- the same as plain references say (txt_ref.h) -------------------------- */

static unsigned below(unsigned n)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

#define ANY(words) words[below(sizeof words / sizeof *(words))]

/* A text, and behind its end what would go on with it. */
static char made[REF_TEXT];
static size_t made_n;

static void put(const char *text, size_t n)
{
    memcpy(made + made_n, text, n);
    made_n += n;
}

/* Bytes changed, left out or put in. */
static void spoil(unsigned times)
{
    static const char odd[] = ";=, \t\r\n\"\\:!@?*+-._/09azAZ~\x1f\x7f\x80\xff";

    for (; times && made_n; times--) {
        const unsigned at = below((unsigned)made_n);
        if (below(3) == 0) {
            made_n--;
            memmove(made + at, made + at + 1, made_n - at);
            continue;
        }
        if (below(2)) {
            memmove(made + at + 1, made + at, made_n - at);
            made_n++;
        }
        made[at] = odd[below(sizeof odd - 1)];
    }
}

/* A list of some of these tags, the version mostly first. */
static void make_tags(const char *const *tags, size_t tags_n)
{
    static const char *const signs[] = {"; ", ";", " ;\t", ";\r\n ", ";  ", ";;"};
    const unsigned n = below(8) ? below(7) : 30 + below(6);

    made_n = 0;
    if (below(12) == 0)
        put(" \t", below(3));
    for (unsigned i = 0; i <= n; i++) {
        const char *tag = tags[i || below(10) == 0 ? below((unsigned)tags_n) : 0];
        const char *sign = signs[below(below(4) ? 5 : 6)];
        char other[20];
        if (n >= 30 && i && i + 3 < n) {
            snprintf(other, sizeof other, "x%u=%u", i, below(3));
            tag = other;
        }
        put(tag, strlen(tag));
        if (i < n || below(2))
            put(sign, strlen(sign));
    }
    spoil(below(4) ? 0 : 1 + below(2));
    memset(made + made_n, below(2) ? 'a' : ' ', sizeof made - made_n);
}

static int is_text(struct quoth_span span, const char *text)
{
    return span.n == strlen(text) && (!span.n || !memcmp(span.p, text, span.n));
}

/* ASN.1 with base64 over it: keys that are fine, in all lengths, and those that are not. */
static uint8_t der[1200];
static size_t der_n;

/* The header of what stands from `at` to the end goes in front of it. */
static void wrap(size_t at, uint8_t tag)
{
    const size_t n = der_n - at;
    uint8_t head[6] = {tag, (uint8_t)n};
    size_t head_n = 2;

    if (n > 127 || below(30) == 0) {
        head_n = 3;
        head[1] = 0x81;
        head[2] = (uint8_t)n;
        if (n > 255 || below(4) == 0) {
            head_n = 4;
            head[1] = 0x82;
            head[2] = (uint8_t)(n >> 8);
            head[3] = (uint8_t)n;
        }
    }
    if (below(60) == 0) { /* of three bytes, which is longer than a key */
        head_n = 5;
        head[1] = 0x83;
        head[2] = (uint8_t)below(2);
        head[3] = (uint8_t)(below(3) && !head[2] ? 0xff : n >> 8);
        head[4] = (uint8_t)n;
    }
    memmove(der + at + head_n, der + at, n);
    memcpy(der + at, head, head_n);
    der_n += head_n;
}

/* A number of n bytes, mostly with a first bit that is set somewhere. */
static void make_number(unsigned n)
{
    const size_t from = der_n;

    if (below(4))
        der[der_n++] = 0;
    for (unsigned i = 0; i < n; i++)
        der[der_n++] = (uint8_t)(i || !below(3) ? below(256) : 1u << below(8));
    wrap(from, below(40) ? 0x02 : 0x03);
}

static void make_der(void)
{
    static const uint8_t algorithm[] = {6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0};
    static const unsigned sizes[] = {0, 1, 2, 3, 15, 16, 64, 125, 127, 128, 129, 255, 256, 257};
    const int bare = below(5) == 0;
    size_t bits, from;

    der_n = 0;
    if (!bare) {
        memcpy(der, algorithm, sizeof algorithm);
        der_n = sizeof algorithm - (below(4) ? 0 : below(4));
        wrap(0, 0x30);
    }
    bits = der_n;
    if (!bare)
        der[der_n++] = (uint8_t)(below(20) == 0);
    from = der_n;
    make_number(ANY(sizes));
    if (below(12))
        make_number(below(5));
    wrap(from, 0x30);
    if (!bare) {
        wrap(bits, 0x03);
        if (below(20) == 0)
            der[bits + 1] = (uint8_t)(below(5) ? below(5) : 0x80);
        wrap(0, 0x30);
    }
    if (below(3) == 0)
        der[below(below(2) && der_n > 40 ? 40 : (unsigned)der_n)] = (uint8_t)below(256);
    if (below(6) == 0)
        der_n -= below((unsigned)der_n);
}

static void put_base64(void)
{
    const unsigned broken = below(20) ? 0 : below(2000);
    unsigned bits = 0, held = 0;

    for (size_t i = 0; i < der_n; i++) {
        bits = (bits << 8 | der[i]) & 0xffff;
        for (held += 8; held >= 6; put(&ref_alphabet[bits >> held & 63], 1))
            held -= 6;
        if (broken && below(50) == 0)
            put(&" \t\"=-_"[below(6)], 1);
    }
    if (held)
        put(&ref_alphabet[bits << (6 - held) & 63], 1);
    if (der_n % 3 && below(4))
        put(&"= ="[below(2)], 1);
}

static void make_key(void)
{
    static const char *const heads[] = {
        "v=DKIM1; ",   "v=DKIM1; k=rsa; ",     "",
        "k=ed25519; ", "v=DKIM1; k=ed25519; ", "v=DKIM1; t=y:s; k=rsa;"};
    const char *head = ANY(heads);

    made_n = 0;
    put(head, strlen(head));
    put("p=", 2);
    if (strstr(head, "ed25519"))
        der_n = below(2) ? 32 : 30 + below(5);
    else
        make_der();
    put_base64();
    spoil(below(8) == 0);
    memset(made + made_n, 'A', sizeof made - made_n);
}

static void same_key(void)
{
    struct quoth_dkim_key want;
    char *exact = malloc(made_n + 1); /* nothing is read behind the end */

    memcpy(exact + 1, made, made_n);
    quoth_dkim_read(&key, exact + 1, made_n);
    free(exact);
    ref_dkim(&want, made, made_n);
    CHECK_INT(key.fault, want.fault);
    CHECK_INT(key.at, want.at);
    CHECK_INT(key.bits, want.bits);
    CHECK_INT(key.flags, want.flags);
    CHECK_INT(key.ed25519, want.ed25519);
}

enum { MADE = 8000 };

TEST(J35_reference)
{
    static const char *const tags[] = {
        "v=DKIM1",   "v=DKIM2",   "k=rsa",
        "k=ed25519", "k=RSA",     "k=dsa",
        "p=",        "p=" RSA512, "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "s=*",       "s=email",   "s=tls:EMAIL",
        "s=tls",     "h=sha1",    "h=sha1 : sha256",
        "h=sha256:", "t=y",       "t=s",
        "t=x:y : s", "t=",        "n=a b",
        "P=x",       "T=y",       "x_1=",
        "g=\x01",    "2=3"};

    for (int i = 0; i < MADE && !test_bad_checks; i++) {
        make_tags(tags, sizeof tags / sizeof *tags);
        same_key();
        make_key();
        same_key();
        if (test_bad_checks)
            printf("    %.*s\n", (int)made_n, made);
    }
}

TEST(M20_reference)
{
    static const char *const sts[] = {"v=STSv1",
                                      "V=STSv1",
                                      "v=STSV1",
                                      "id=1",
                                      "id=aZ09",
                                      "v =STSv1",
                                      "id =a",
                                      "x=\t1",
                                      "ID=x-",
                                      "id=",
                                      "id=12345678901234567890123456789012",
                                      "id=123456789012345678901234567890123",
                                      "x=1",
                                      "y=2",
                                      "id=a-"};
    static const char *const rpt[] = {"v=TLSRPTv1",
                                      "v=TLSRPTv2",
                                      "v= TLSRPTv1",
                                      "rua= mailto:a@b",
                                      "rua=https: ,mailto:a@b",
                                      "rua=mailto:@b",
                                      "rua=mailto:/@b",
                                      "rua=mailto:a@",
                                      "rua=mailto:a@b,mailto:c@d.test",
                                      "rua=mailto:a@b.test",
                                      "rua=https://b.test/",
                                      "rua=https:",
                                      "rua=MAILTO:a, https:b",
                                      "rua=https:yyyyyyyyy,mailto:",
                                      "rua=mailto:yyyyyyy,https:",
                                      "rua=https:b,mailto:a@b",
                                      "rua=mailto:",
                                      "rua=mailto:a,",
                                      "rua=a,mailto:a",
                                      "rua=mailto:,https:x",
                                      "rua=https:x \t,\thttps:y",
                                      "RUA=x",
                                      "x=y",
                                      "z_=1"};
    static const char *const bimi[] = {"v=BIMI1",    "v=BIMI2", "l=",          "l=https://x",
                                       "l=https://", "a=",      "a=HTTPS://x", "a=http://x",
                                       "l=x",        "avp=x",   "lps=y"};
    static const struct {
        const char *const *tags;
        size_t n;
        enum quoth_tags_kind kind;
    } kinds[] = {{sts, sizeof sts / sizeof *sts, QUOTH_TAGS_STS},
                 {rpt, sizeof rpt / sizeof *rpt, QUOTH_TAGS_RPT},
                 {bimi, sizeof bimi / sizeof *bimi, QUOTH_TAGS_BIMI}};

    for (int i = 0; i < 3 * MADE && !test_bad_checks; i++) {
        size_t want_at;
        uint16_t got_at;
        enum quoth_tags_fault want;
        make_tags(kinds[i % 3].tags, kinds[i % 3].n);
        want = ref_small((enum ref_kind)(i % 3), made, made_n, &want_at);
        CHECK_INT(quoth_tags_read(kinds[i % 3].kind, made, made_n, &got_at), want);
        CHECK_INT(got_at, want_at);
        if (test_bad_checks)
            printf("    %.*s\n", (int)made_n, made);
    }
}

/* Each tag, and the byte where there is none. */
static void same_tags(void)
{
    struct quoth_tag tag;
    size_t at_now = 0;

    ref_tags(made, made_n);
    for (unsigned i = 0; i <= ref_tags_n; i++) {
        const int rc = quoth_tag_next(&tag, made, made_n, &at_now);
        CHECK_INT(rc, i == ref_tags_n ? 0 : ref_tag[i].wrong ? QUOTH_EPROTO : 1);
        if (i == ref_tags_n)
            return;
        if (ref_tag[i].wrong) {
            CHECK_INT(at_now, ref_tag[i].at);
            return;
        }
        CHECK(is_text(tag.name, ref_tag[i].name));
        CHECK(is_text(tag.value, ref_tag[i].value));
        CHECK_INT(tag.name.p - made, ref_tag[i].at);
        CHECK_INT(tag.value.p - made, ref_tag[i].value_at);
        CHECK_INT(at_now, ref_tag[i].end);
    }
}

TEST(J09_reference)
{
    static const char *const tags[] = {"v=DMARC1",
                                       "v=DMARC2",
                                       "p=none",
                                       "P=Quarantine",
                                       "p=reject",
                                       "p=x",
                                       "p=",
                                       "sp=none",
                                       "sp=REJECT",
                                       "sp=quarantine",
                                       "sp=x",
                                       "np=none",
                                       "np=reject",
                                       "np=quarantine",
                                       "np=nonee",
                                       "t=y",
                                       "t=N",
                                       "t=x",
                                       "t=yy",
                                       "psd=y",
                                       "psd=N",
                                       "psd=u",
                                       "psd=x",
                                       "adkim=s",
                                       "adkim=r",
                                       "ADKIM=x",
                                       "aspf=S",
                                       "aspf=R",
                                       "aspf=",
                                       "pct=100",
                                       "pct=1",
                                       "rf=a",
                                       "ri=1",
                                       "fo=1",
                                       "x=y",
                                       "rua=mailto:a@b.test",
                                       "rua=a",
                                       "rua=a, https:b",
                                       "ruf=mailto:a@b.test",
                                       "rua=",
                                       "rua=a,b",
                                       "v=DMARC1",
                                       "vv=1",
                                       "r=1"};
    struct ref_dmarc want;

    for (int i = 0; i < 2 * MADE && !test_bad_checks; i++) {
        make_tags(tags, sizeof tags / sizeof *tags);
        same_tags();
        CHECK_INT(quoth_dmarc_read(&d, made, made_n), ref_dmarc(&want, made, made_n));
        CHECK(d.p == want.read.p && d.sp == want.read.sp && d.np == want.read.np);
        CHECK_INT(d.psd, want.read.psd);
        CHECK_INT(d.flags, want.read.flags);
        CHECK_INT(d.at, want.read.at);
        CHECK(is_text(d.rua, want.rua) && is_text(d.ruf, want.ruf));
        for (int whom = QUOTH_DMARC_SELF; whom <= QUOTH_DMARC_NOWHERE; whom++)
            CHECK_INT(quoth_dmarc_policy(&d, (enum quoth_dmarc_whom)whom),
                      ref_asks(&want.read, (enum quoth_dmarc_whom)whom));
        if (test_bad_checks)
            printf("    %.*s\n", (int)made_n, made);
    }
}

TEST(J10_reference)
{
    static const char *const words[] = {
        "mailto:", "MailTo:", "https:", "a.b-c+d:", "a",  "x.test", "@", "@", "?",
        "!",       "!10m",    ":",      " ",        "\t", ",",      ",", "_"};
    struct quoth_span list = {made, 0};
    struct quoth_dmarc_uri uri;
    static struct ref_uri want;

    for (int i = 0; i < 4 * MADE && !test_bad_checks; i++) {
        size_t from = 0, at_now = 0;
        made_n = 0;
        for (unsigned n = below(12); n > 0; n--) {
            const char *word = ANY(words);
            put(word, strlen(word));
        }
        memset(made + made_n, "a@"[i % 2], 8);
        list.n = made_n;
        for (size_t end; from < made_n; from = end + 1) {
            for (end = from; end < made_n && made[end] != ',';)
                end++;
            ref_uri(&want, made + from, end - from);
            CHECK_INT(quoth_dmarc_uri(&list, &at_now, &uri), 1);
            CHECK_INT(uri.kind, want.kind);
            CHECK_INT(uri.sized, want.sized);
            CHECK(is_text(uri.text, want.uri) && is_text(uri.host, want.host));
        }
        CHECK_INT(quoth_dmarc_uri(&list, &at_now, &uri), 0);
        if (test_bad_checks)
            printf("    %.*s\n", (int)made_n, made);
    }
}

int main(void)
{
    RUN(J01);
    RUN(J02);
    RUN(J04);
    RUN(J06);
    RUN(J07);
    RUN(J08);
    RUN(J09);
    RUN(J10);
    RUN(J20);
    RUN(J31);
    RUN(J32);
    RUN(J33);
    RUN(J34);
    RUN(J35);
    RUN(M20);
    RUN(M30);
    RUN(M41);
    RUN(J09_reference);
    RUN(J10_reference);
    RUN(J35_reference);
    RUN(M20_reference);
    return report("dmarc");
}
