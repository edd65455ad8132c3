/* lists_test.c - what the built-in lists say, and what they must not say: every name of every
 * source file is found again, its neighbours are not, and no large provider is a false positive.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "quoth.h"

static unsigned domain(const char *name) { return quoth_list_domain(name, strlen(name)); }
static unsigned local(const char *name) { return quoth_list_local(name, strlen(name)); }
static unsigned less(unsigned flags, unsigned some) { return flags & ~some; }

static const char *suggest(const char *name)
{
    static char buf[64];
    int n = quoth_list_suggest(name, strlen(name), buf, sizeof buf);
    return n == 0 ? "" : n < 0 || n != (int)strlen(buf) ? "bad" : buf;
}

/* Each name of core/data/lists/FILE, in turn. */
static int each(const char *file, void (*f)(const char *name))
{
    char path[64], line[256];
    int names = 0;
    snprintf(path, sizeof path, "core/data/lists/%s.txt", file);
    FILE *in = fopen(path, "r");
    CHECK(in != NULL);
    while (in && fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line && *line != '#') {
            f(line);
            names++;
        }
    }
    if (in)
        fclose(in);
    return names;
}

static char near[300];
static const char *before(const char *front, const char *name)
{
    snprintf(near, sizeof near, "%s%s", front, name);
    return near;
}

TEST(A18_reserved)
{
    static const char *const names[] = {"test",      "example",     "invalid",     "localhost",
                                        "local",     "onion",       "alt",         "internal",
                                        "home.arpa", "example.com", "example.net", "example.org"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_INT(domain(names[i]), QUOTH_LIST_RESERVED);
        CHECK_INT(domain(before("a.", names[i])), QUOTH_LIST_RESERVED);
        CHECK_INT(domain(before("mail.a-b.", names[i])), QUOTH_LIST_RESERVED);
        CHECK_INT(domain(before("x", names[i])), 0);
        CHECK_INT(domain(before("x-", names[i])), 0);
        CHECK_STR(suggest(names[i]), "");
    }
    CHECK_INT(domain("arpa"), 0);
    CHECK_INT(domain("test.de"), 0);
    CHECK_INT(domain("example.com.de"), 0);
    CHECK_INT(domain("com"), 0);
    CHECK_INT(domain("est"), 0);
    CHECK_INT(domain(""), 0);
}

static void one_disposable(const char *name)
{
    CHECK_INT(domain(name), QUOTH_LIST_DISPOSABLE);
    CHECK_INT(quoth_list_exchanger(name, strlen(name)), QUOTH_LIST_DISPOSABLE);
    CHECK_INT(domain(before("any.thing.", name)), QUOTH_LIST_DISPOSABLE);
    CHECK_INT(domain(before("q0q", name)), 0);
    CHECK_INT(domain(strcat(near, "q")), 0);
}
TEST(disposable) { CHECK(each("disposable", one_disposable) >= 150); }

static void one_free(const char *name)
{
    CHECK_INT(less(domain(name), QUOTH_LIST_ALIAS), QUOTH_LIST_FREE);
    CHECK_INT(less(domain(before("corp.", name)), QUOTH_LIST_ALIAS), 0);
    CHECK_INT(domain(before("q0q", name)), 0);
    CHECK_STR(suggest(name), "");
}
TEST(free) { CHECK(each("free", one_free) + each("free_common", one_free) >= 323); }

static void one_allowed(const char *name)
{
    CHECK(!(domain(name) & QUOTH_LIST_DISPOSABLE));
    CHECK(!(domain(before("x.", name)) & QUOTH_LIST_DISPOSABLE));
    CHECK_STR(suggest(name), "");
}
TEST(allow) { CHECK(each("allow", one_allowed) > 3); }

/* Domains that stood wrongly in public lists, or look like one that rightly does. */
TEST(no_false_positives)
{
    static const char *const fine[] = {
        "google.com",    "github.com",       "apple.com",   "microsoft.com", "amazon.com",
        "facebook.com",  "wikipedia.org",    "debian.org",  "kernel.org",    "gov.uk",
        "europa.eu",     "mit.edu",          "bund.de",     "co.uk",         "com.br",
        "mail.gov",      "ibm.com",          "cisco.com",   "oracle.com",    "paypal.com",
        "mailchimp.com", "sendgrid.net",     "mailgun.org", "nospam.ch",     "trashmail.company",
        "yopmail",       "mailinator.com.de"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        CHECK_INT(domain(fine[i]), 0);
        CHECK_STR(suggest(fine[i]), "");
    }
    CHECK_INT(domain("privaterelay.appleid.com"), QUOTH_LIST_ALIAS); /* kept for good */
    CHECK_INT(domain("mozmail.com"), QUOTH_LIST_ALIAS);
}

/* The large list: by name, below it, and nothing that looks like it. A slip from a large provider
 * is of a class of its own. */
static int wrong, typos, allowed;
static void one_large(const char *name)
{
    char upper[300];
    size_t i;
    unsigned class = QUOTH_LIST_DISPOSABLE | QUOTH_LIST_TYPO;
    unsigned itself = domain(name) & class;
    if (itself == QUOTH_LIST_TYPO)
        typos++;
    allowed += !itself;
    for (i = 0; name[i]; i++)
        upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    upper[i] = '\0';
    CHECK(itself == QUOTH_LIST_TYPO || (domain(upper) & class) == itself);
    CHECK_INT(!itself, !(domain(before("any.thing.", name)) & class));
    wrong += (domain(before("q0q", name)) & class) != 0;
}
TEST(L10_large_disposable)
{
    wrong = typos = allowed = 0;
    CHECK(each("disposable_all", one_large) > 8000);
    CHECK_INT(wrong, 0); /* none by accident */
    CHECK(typos > 5);
    CHECK(allowed <= 8); /* allow.txt, and no more */
    CHECK_INT(strlen(quoth_list_date()), 10);
}

static void one_large_free(const char *name)
{
    unsigned on = domain(name); /* some stand below a disposable one, and that is what they are */
    CHECK(on & (QUOTH_LIST_FREE | QUOTH_LIST_DISPOSABLE | QUOTH_LIST_TYPO) || *suggest(name));
    CHECK(!(on & QUOTH_LIST_FREE) || !(on & QUOTH_LIST_DISPOSABLE));
    wrong += domain(before("q0q", name)) == QUOTH_LIST_FREE;
}
TEST(large_free)
{
    wrong = 0;
    CHECK(each("free_all", one_large_free) > 4000);
    CHECK_INT(wrong, 0);
}

/* What is on no list is called disposable or a role once in 260,000 times, so some five may be seen
 * here; with marks of 16 bits it would be 18. As many are called free, by marks of 16 bits. Where
 * QUOTH_LISTS is 2 they are ten domains, sixty roles and twenty that are called free. Of reserved
 * domains, which have the shapes of the bench and the soak, none is. */
TEST(L10_no_accidents)
{
    static const char *const shapes[] = {"shop-%u.net", "d%07u.test", "d%u.test"};
    char name[64];
    unsigned reserved = 0, accidents = 0, roles = 0, provider = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (unsigned k = 0; k < 300000; k++) {
            snprintf(name, sizeof name, shapes[i], k);
            reserved += domain(name) == QUOTH_LIST_RESERVED;
            accidents += (domain(name) & QUOTH_LIST_DISPOSABLE) != 0;
            provider += (domain(name) & QUOTH_LIST_FREE) != 0;
            snprintf(name, sizeof name, "q%uz%zu", k, i);
            roles += quoth_list_local(name, strlen(name)) != 0;
        }
    CHECK_INT(reserved, 600000);
    CHECK(accidents <= (QUOTH_LISTS > 2 ? 9 : 18));
    CHECK(roles <= (QUOTH_LISTS > 2 ? 9 : 80));
    CHECK(provider <= (QUOTH_LISTS > 2 ? 12 : 32));
}

static void one_alias(const char *name)
{
    CHECK_INT(less(domain(name), QUOTH_LIST_FREE), QUOTH_LIST_ALIAS);
    CHECK_INT(domain(before("x.", name)), QUOTH_LIST_ALIAS);
}
TEST(alias) { CHECK(each("alias", one_alias) > 10); }

static unsigned exchanger(const char *name) { return quoth_list_exchanger(name, strlen(name)); }
static void one_shared(const char *name) { CHECK_INT(exchanger(name), 0); }
static void one_backend(const char *name)
{
    CHECK_INT(exchanger(name), QUOTH_LIST_DISPOSABLE);
    CHECK_INT(exchanger(before("MX1.", name)), QUOTH_LIST_DISPOSABLE);
}
static void one_parked(const char *name)
{
    CHECK_INT(exchanger(name), QUOTH_LIST_PARKED);
    CHECK_INT(exchanger(before("mx.", name)), QUOTH_LIST_PARKED);
}
TEST(L10_exchanger)
{
    CHECK(each("shared", one_shared) > 20);
    CHECK(each("backend", one_backend) > 20);
    CHECK(each("parked", one_parked) >= 5);
    CHECK_INT(exchanger("mx.mailinator.com"), QUOTH_LIST_DISPOSABLE); /* listed as a domain */
    CHECK_INT(exchanger("gmial.com"), 0);                             /* a slip */
    CHECK_INT(exchanger("mx.simplelogin.co"), 0);
    CHECK_INT(exchanger("mx.acme.example"), 0);
    CHECK_INT(exchanger(""), 0);
}

static void one_system(const char *name)
{
    CHECK_INT(local(name), QUOTH_LIST_ROLE | QUOTH_LIST_ROLE_SYSTEM);
}
static void one_maybe(const char *name)
{
    CHECK_INT(less(local(name), QUOTH_LIST_TRAP), QUOTH_LIST_ROLE_MAYBE);
}
static void one_bare(const char *name)
{
    char bare[64];
    size_t n = 0;
    for (const char *p = name; *p; p++)
        if (*p != '-' && *p != '_')
            bare[n++] = *p;
    memcpy(bare + n, "27", 3);
    CHECK(local(bare) & QUOTH_LIST_ROLE);
}
TEST(role_tiers)
{
    CHECK(each("role_system", one_system) > 20);
    CHECK(each("role_more", one_maybe) > 800);
    CHECK(each("role", one_bare) > 100);
    CHECK_INT(local("No.Reply2"), QUOTH_LIST_ROLE | QUOTH_LIST_ROLE_SYSTEM);
    CHECK_INT(local("in-fo"), QUOTH_LIST_ROLE);
    CHECK_INT(local("info-2024"), 0); /* three digits, no more */
    CHECK_INT(local("dev-request"), QUOTH_LIST_ROLE);
    CHECK_INT(local("request"), 0);
    CHECK_INT(local("..."), 0);
    CHECK_INT(local("123"), 0);
    CHECK_INT(local("spamtrap"), QUOTH_LIST_TRAP);
    CHECK_INT(local("my-spam-trap-7"), QUOTH_LIST_TRAP);
    CHECK_INT(local("jane.nospam"), QUOTH_LIST_TRAP);
    CHECK_INT(local("trap"), QUOTH_LIST_TRAP);
    CHECK_INT(local("uce"), QUOTH_LIST_TRAP);
    CHECK_INT(local("trax"), 0);
    CHECK_INT(local("ucx"), 0);
    CHECK_INT(local("uces"), 0);
    CHECK_INT(local("trapani"), 0);
    CHECK_INT(local("luce"), 0);
    char wide[1100];
    memset(wide, 'a', sizeof wide);
    CHECK_INT(quoth_list_local(wide, sizeof wide), 0);
    memset(wide, 's', sizeof wide); /* each begins "spamtrap", as far as there is room */
    CHECK_INT(quoth_list_local(wide, sizeof wide), 0);
    CHECK_INT(quoth_list_local("\"", 1), 0);
}

static void one_role(const char *name)
{
    char upper[64];
    CHECK_INT(less(local(name), QUOTH_LIST_ROLE_SYSTEM), QUOTH_LIST_ROLE);
    for (size_t i = 0; i <= strlen(name); i++)
        upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    CHECK_INT(less(local(upper), QUOTH_LIST_ROLE_SYSTEM), QUOTH_LIST_ROLE);
    snprintf(upper, sizeof upper, "%s+tag", name);
    CHECK_INT(less(local(upper), QUOTH_LIST_ROLE_SYSTEM), QUOTH_LIST_ROLE);
    snprintf(upper, sizeof upper, "\"%s\"", name);
    CHECK_INT(less(local(upper), QUOTH_LIST_ROLE_SYSTEM), QUOTH_LIST_ROLE);
    if (!strstr(name, "request")) { /* which any list may have behind its name (RFC 2142 6) */
        CHECK_INT(local(before("x.", name)), 0); /* a local part has no parents */
        CHECK_INT(local(before("q0q", name)), 0);
    }
    CHECK_INT(quoth_list_domain(name, strlen(name)), 0);
}
TEST(role)
{
    CHECK(each("role", one_role) >= 50);
    static const char *const rfc2142[] = {"info", "marketing", "sales",      "support",    "abuse",
                                          "noc",  "security",  "postmaster", "hostmaster", "usenet",
                                          "news", "webmaster", "www",        "uucp",       "ftp"};
    for (size_t i = 0; i < sizeof rfc2142 / sizeof *rfc2142; i++)
        CHECK(local(rfc2142[i]) & QUOTH_LIST_ROLE);
    CHECK_INT(local(""), 0);
    CHECK_INT(local("\""), 0);
    CHECK_INT(local("\"\""), 0);
    CHECK_INT(local("+info"), 0);
    CHECK_INT(local("jane"), 0);
    CHECK_INT(local("jane+info"), 0);
    CHECK_INT(local("salesman"), 0);
}

/* However a role is written, it is the same word; with four digits behind it is another. */
static void one_written(const char *name)
{
    const unsigned is = local(name);
    const size_t n = strlen(name);
    char text[200];

    for (const char *sign = ".-_"; *sign; sign++)
        for (size_t at = 0; at <= n; at++) {
            snprintf(text, sizeof text, "%.*s%c%c%s", (int)at, name, *sign, *sign, name + at);
            CHECK_INT(local(text), is);
        }
    snprintf(text, sizeof text, "%.90s%s",
             ".........................................................."
             "................................",
             name);
    CHECK_INT(local(text), is);
    for (int digits = 1; digits < 5; digits++) {
        snprintf(text, sizeof text, "%s-%.*s", name, digits, "9070");
        CHECK_INT(local(text), digits < 4 ? is : 0);
    }
}

/* Of a long local part 64 letters are read. */
TEST(role_written)
{
    char text[100];

    CHECK(each("role", one_written) >= 50);
    for (int n = 50; n < 60; n++) {
        snprintf(text, sizeof text, "%0*dspamtrap", n, 0);
        CHECK_INT(local(text), n <= 56 ? QUOTH_LIST_TRAP : 0);
        snprintf(text, sizeof text, "%0*dspamtrap999", n, 0);
        CHECK_INT(local(text), n <= 56 ? QUOTH_LIST_TRAP : 0);
        snprintf(text, sizeof text, "%0*d.spam.trap9.9", n, 0);
        CHECK_INT(local(text), n <= 56 ? QUOTH_LIST_TRAP : 0);
        snprintf(text, sizeof text, "spamtrap%0*d", n, 0);
        CHECK_INT(local(text), QUOTH_LIST_TRAP);
    }
    CHECK_INT(local("7"), 0);
    CHECK_INT(local("1234"), 0);
    CHECK_INT(local("spamtra"), 0);
    CHECK_INT(local("spamtraq"), 0);
}

static void one_frequent(const char *name)
{
    char slip[64], other[64];
    size_t n = strlen(name);
    CHECK_INT(domain(name), QUOTH_LIST_FREE);
    snprintf(slip, sizeof slip, "q%s", name); /* one more */
    CHECK_STR(suggest(slip), name);
    CHECK_STR(suggest(name + 1), domain(name + 1) ? "" : name); /* one less */
    snprintf(slip, sizeof slip, "%s", name);
    slip[2] = 'q'; /* another */
    CHECK_STR(suggest(slip), name);
    memcpy(slip, name, n);
    slip[0] = name[1]; /* two swapped */
    slip[1] = name[0];
    if (slip[0] != slip[1])
        CHECK_STR(suggest(slip), name);
    snprintf(other, sizeof other, "qq%s", name); /* two slips are too many */
    CHECK_STR(suggest(other), "");
    snprintf(other, sizeof other, "q%s", name);
    other[3] = 'q';
    CHECK_STR(suggest(other), "");
    snprintf(other, sizeof other, "mail.%s", name);
    CHECK_STR(suggest(other), "");
}
TEST(suggest) { CHECK(each("frequent", one_frequent) >= 25); }

TEST(suggest_cases)
{
    CHECK_STR(suggest("gmial.com"), "gmail.com");
    CHECK_STR(suggest("gmail.con"), "gmail.com");
    CHECK_STR(suggest("gmail.co"), "gmail.com");
    CHECK_STR(suggest("gmailcom"), "gmail.com");
    CHECK_STR(suggest("gmail..com"), "gmail.com");
    CHECK_STR(suggest("gmail.comm"), "gmail.com");
    CHECK_STR(suggest("gaxil.com"), ""); /* two letters, and not swapped */
    CHECK_STR(suggest("gxmil.com"), "");
    CHECK_STR(suggest("hotmial.com"), "hotmail.com");
    CHECK_STR(suggest("yaho.com"), "yahoo.com");
    CHECK_STR(suggest("outlok.com"), "outlook.com");
    CHECK_STR(suggest("hotmail.fr"), ""); /* real */
    CHECK_STR(suggest("hotmail.fi"), ""); /* another country, not a slip */
    CHECK_STR(suggest("yahoo.co.nz"), "");
    CHECK_STR(suggest("ymail.com"), "");
    CHECK_STR(suggest("mail.com"), "");
    CHECK_STR(suggest("email.com"), "");
    CHECK_STR(suggest("example.com"), "");
    CHECK_STR(suggest(""), "");
    CHECK_STR(suggest("a"), "");
    char buf[9];
    CHECK_INT(quoth_list_suggest("gmial.com", 9, buf, 9), QUOTH_ESPACE);
    CHECK_INT(quoth_list_suggest("gmial.com", 9, buf, 0), QUOTH_ESPACE);
}

TEST(version) { CHECK(strlen(quoth_list_version()) > 8); }

int main(void)
{
    RUN(A18_reserved);
    RUN(disposable);
    RUN(L10_large_disposable);
    RUN(L10_no_accidents);
    RUN(large_free);
    RUN(alias);
    RUN(L10_exchanger);
    RUN(role_tiers);
    RUN(free);
    RUN(allow);
    RUN(no_false_positives);
    RUN(role);
    RUN(role_written);
    RUN(suggest);
    RUN(suggest_cases);
    RUN(version);
    return report("lists");
}
