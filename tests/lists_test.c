/* lists_test.c - what the built-in lists say, and what they must not say: every name of every
 * source file is found again, its neighbours are not, and no large provider is a false positive.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "quoth.h"

static unsigned domain(const char *name) { return quoth_list_domain(name, strlen(name)); }
static unsigned local(const char *name) { return quoth_list_local(name, strlen(name)); }

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
    CHECK_INT(domain(before("any.thing.", name)), QUOTH_LIST_DISPOSABLE);
    CHECK_INT(domain(before("q0q", name)), 0);
    CHECK_INT(domain(strcat(near, "q")), 0);
}
TEST(disposable) { CHECK(each("disposable", one_disposable) >= 150); }

static void one_free(const char *name)
{
    CHECK_INT(domain(name), QUOTH_LIST_FREE);
    CHECK_INT(domain(before("corp.", name)), 0);
    CHECK_INT(domain(before("q0q", name)), 0);
    CHECK_STR(suggest(name), "");
}
TEST(free) { CHECK(each("free", one_free) >= 100); }

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
    CHECK_INT(domain("privaterelay.appleid.com"), 0); /* kept for good, so not disposable */
    CHECK_INT(domain("mozmail.com"), 0);
}

static void one_role(const char *name)
{
    char upper[64];
    CHECK_INT(local(name), QUOTH_LIST_ROLE);
    for (size_t i = 0; i <= strlen(name); i++)
        upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    CHECK_INT(local(upper), QUOTH_LIST_ROLE);
    snprintf(upper, sizeof upper, "%s+tag", name);
    CHECK_INT(local(upper), QUOTH_LIST_ROLE);
    snprintf(upper, sizeof upper, "\"%s\"", name);
    CHECK_INT(local(upper), QUOTH_LIST_ROLE);
    CHECK_INT(local(before("x.", name)), 0); /* a local part has no parents */
    CHECK_INT(local(before("q0q", name)), 0);
    CHECK_INT(quoth_list_domain(name, strlen(name)), 0);
}
TEST(role)
{
    CHECK(each("role", one_role) >= 50);
    static const char *const rfc2142[] = {"info", "marketing", "sales",      "support",    "abuse",
                                          "noc",  "security",  "postmaster", "hostmaster", "usenet",
                                          "news", "webmaster", "www",        "uucp",       "ftp"};
    for (size_t i = 0; i < sizeof rfc2142 / sizeof *rfc2142; i++)
        CHECK_INT(local(rfc2142[i]), QUOTH_LIST_ROLE);
    CHECK_INT(local(""), 0);
    CHECK_INT(local("\""), 0);
    CHECK_INT(local("\"\""), 0);
    CHECK_INT(local("+info"), 0);
    CHECK_INT(local("jane"), 0);
    CHECK_INT(local("jane+info"), 0);
    CHECK_INT(local("salesman"), 0);
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
    RUN(free);
    RUN(allow);
    RUN(no_false_positives);
    RUN(role);
    RUN(suggest);
    RUN(suggest_cases);
    RUN(version);
    return report("lists");
}
