/* Tests of core/domain/txt.c and dmarc.c: the small records of a domain, and the walk of DMARC.
 * Zones and results are those of the RFC's own examples, written anew.
 *
 * SPDX-License-Identifier: MIT */
#include "quoth_domain.h"
#include "test.h"

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
        enum quoth_dmarc_uri kind;
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
    struct quoth_span all, uri, host;
    enum quoth_dmarc_uri kind;
    int sized;

    for (; i < sizeof rows / sizeof *rows; i++)
        strcat(strcat(list, i ? " , " : ""), rows[i].uri);
    all = (struct quoth_span) {list, strlen(list)};
    for (i = 0; quoth_dmarc_uri(&all, &at, &uri, &host, &kind, &sized); i++) {
        CHECK_INT(kind, rows[i].kind);
        CHECK_INT(sized, rows[i].sized);
        snprintf(text, sizeof text, "%.*s", (int)host.n, host.p);
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

static uint16_t at;
#define STS(text)  quoth_sts_read(text, strlen(text), &at)
#define RPT(text)  quoth_rpt_read(text, strlen(text), &at)
#define BIMI(text) quoth_bimi_read(text, strlen(text), &at)

TEST(M20)
{
    CHECK_INT(STS("v=STSv1; id=20160831085700Z;"), QUOTH_TAGS_FINE);
    CHECK_INT(STS("v=STSv1; id=a; x=1"), QUOTH_TAGS_FINE);
    CHECK_INT(STS("v=STSV1; id=a"), QUOTH_TAGS_VERSION);
    CHECK_INT(STS("id=a; v=STSv1"), QUOTH_TAGS_VERSION);
    CHECK_INT(STS("v=STSv1; id=a;;"), QUOTH_TAGS_SYNTAX);
    CHECK_INT(at, 14);
    CHECK_INT(STS("v=STSv1; id=test-123"), QUOTH_TAGS_VALUE);
    CHECK_INT(at, 9);
    CHECK_INT(STS("v=STSv1; id="), QUOTH_TAGS_VALUE);
    CHECK_INT(STS("v=STSv1; id=123456789012345678901234567890123"), QUOTH_TAGS_VALUE);
    CHECK_INT(STS("v=STSv1; id=12345678901234567890123456789012"), QUOTH_TAGS_FINE);
    CHECK_INT(STS("v=STSv1; id=a; id=b"), QUOTH_TAGS_DUPLICATE);
    CHECK_INT(STS("v=STSv1"), QUOTH_TAGS_MISSING);
    CHECK_INT(at, 7);
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
}

TEST(J20)
{
    CHECK_INT(BIMI("v=BIMI1; l=https://example.com/a.svg; a="), QUOTH_TAGS_FINE);
    CHECK_INT(BIMI("v=BIMI1; l=; a=;"), QUOTH_TAGS_FINE);
    CHECK_INT(BIMI("v=BIMI1; l=http://example.com/a.svg"), QUOTH_TAGS_VALUE);
    CHECK_INT(BIMI("v=BIMI1; a=http://example.com/a.pem; l="), QUOTH_TAGS_VALUE);
    CHECK_INT(BIMI("v=BIMI1; lps=x"), QUOTH_TAGS_MISSING);
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
    return report("dmarc");
}
