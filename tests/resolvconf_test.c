/* resolvconf_test.c - resolv.conf as it is found in the world, and as nobody would write it.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>
#include "test.h"
#include "resolvconf.h"

static struct quoth_resolver res;

/* From a block of exactly its size. */
static int parse_n(const char *text, size_t n)
{
    char *exact = malloc(n ? n : 1);
    memset(&res, 0xee, sizeof res);
    if (n)
        memcpy(exact, text, n);
    int rc = quoth_resolvconf_parse(&res, exact, n);
    free(exact);
    return rc;
}
static int parse(const char *text) { return parse_n(text, strlen(text)); }

static const char *server(unsigned i)
{
    static char text[46];
    if (quoth_ip_text(&res.server[i].peer.ip, text, sizeof text) < 0)
        return "";
    return text;
}

TEST(R01)
{
    CHECK_INT(parse("# first\n; second\nnameserver 192.0.2.1\nnameserver\t2001:db8::53 "
                    "\nnameserver 192.0.2.3"),
              3);
    CHECK_STR(server(0), "192.0.2.1");
    CHECK_STR(server(1), "2001:db8::53");
    CHECK_STR(server(2), "192.0.2.3");
    CHECK_INT(res.servers, 3);
    CHECK_INT(res.server[0].peer.port, 0);
    CHECK_INT(res.server[0].bad_until, 0);
    CHECK_INT(res.server[0].plain, 0);
}

TEST(R01_more_than_three)
{
    CHECK_INT(parse("nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver "
                    "192.0.2.4\n"),
              QUOTH_SERVERS_MAX);
    CHECK_STR(server(QUOTH_SERVERS_MAX - 1), "192.0.2.3");
}

/* A link-local server and its interface, as home routers announce it. */
TEST(R01_scope)
{
    CHECK_INT(parse("nameserver fe80::1%7\nnameserver fe80::1%65535\nnameserver 192.0.2.1\n"), 3);
    CHECK_STR(server(0), "fe80:7::1");
    CHECK_STR(server(1), "fe80:ffff::1");
    CHECK_INT(parse("nameserver fe80::1%lo\n"), 1);
    CHECK_STR(server(0), "fe80:1::1");
    CHECK_INT(parse("nameserver fe80::1%65536\nnameserver fe80::1%\nnameserver "
                    "fe80::1%0\nnameserver fe80::1%no-such-one\n"
                    "nameserver 2001:db8::1%1\nnameserver 192.0.2.1%1\nnameserver %1\n"
                    "nameserver fe80::1%an-interface-with-a-long-name\n"),
              0);
}

TEST(R01_odd)
{
    CHECK_INT(parse("nameserver 192.0.2.1\r\nnameserver \t 192.0.2.2 # why\r\n\r\n"), 2);
    CHECK_STR(server(0), "192.0.2.1");
    CHECK_STR(server(1), "192.0.2.2");
    CHECK_INT(parse(" nameserver 192.0.2.1\n"), 0); /* a keyword begins its line */
    CHECK_INT(parse("#nameserver 192.0.2.1\n;nameserver 192.0.2.1\n"), 0);
    CHECK_INT(parse("nameserver192.0.2.1\nnameservers 192.0.2.1\nNAMESERVER 192.0.2.1\n"), 0);
    CHECK_INT(parse("nameserver\nnameserver \nnameserver localhost\nnameserver 127.1\nnameserver "
                    "192.0.2.1x\n"),
              0);
    CHECK_INT(parse("nameserver 010.0.0.1\nnameserver 0x7f.0.0.1\nnameserver 2001:db8:::1\n"), 0);
}

TEST(R02)
{
    CHECK_INT(parse(""), 0);
    CHECK_INT(parse("\n\n\n"), 0);
    CHECK_INT(parse("options timeout:3"), 0);
    CHECK_INT(res.servers, 0);
    CHECK_INT(quoth_resolvconf_load(&res, "no/such/file"), 1);
    CHECK_STR(server(0), "127.0.0.1");
    CHECK_INT(quoth_resolvconf_load(&res, "/dev/null"), 1);
    CHECK_STR(server(0), "127.0.0.1");
}

/* C09: a NUL where a line begins; a long address; a long line. */
TEST(R03)
{
    static char big[1 << 20];
    CHECK_INT(parse_n("\0nameserver 192.0.2.1\nnameserver 192.0.2.2\n\0", 43), 1);
    CHECK_STR(server(0), "192.0.2.2");
    CHECK_INT(parse_n("nameserver 192.0.2.1\0\n", 22), 0);
    memset(big, 'x', sizeof big);
    CHECK_INT(parse_n(big, sizeof big), 0);
    memcpy(big, "nameserver ", 11);
    CHECK_INT(parse_n(big, sizeof big), 0);
    memset(big, ' ', sizeof big);
    memcpy(big, "nameserver", 10);
    memcpy(big + 300, "192.0.2.7\n", 10);
    memcpy(big + 400, "\nnameserver 192.0.2.8", 21);
    CHECK_INT(parse_n(big, sizeof big), 2);
    CHECK_STR(server(0), "192.0.2.7");
    memset(big, '\n', sizeof big);
    CHECK_INT(parse_n(big, sizeof big), 0);
}

TEST(R03_clamped)
{
    static const struct {
        const char *text;
        unsigned wait, max, tries;
    } t[] = {
        {"options timeout:99999999999\n", 30000, 30000, 0},
        {"options timeout:30", 30000, 30000, 0},
        {"options timeout:31", 30000, 30000, 0},
        {"options timeout:1", 1000, 0, 0},
        {"options timeout:0", 1000, 0, 0},
        {"options timeout:-7", 1000, 0, 0},
        {"options timeout:5", 5000, 0, 0},
        {"options timeout:6", 6000, 6000, 0},
        {"options timeout:4294967297", 30000, 30000, 0},
        {"options timeout:", 0, 0, 0},
        {"options timeout:x", 0, 0, 0},
        {"options timeout", 0, 0, 0},
        {"options attempts:-1", 0, 0, 1},
        {"options attempts:0", 0, 0, 1},
        {"options attempts:5", 0, 0, 5},
        {"options attempts:6", 0, 0, 5},
        {"options attempts:2 timeout:2", 2000, 0, 2},
        {"options attempts:2\noptions attempts:4", 0, 0, 4},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        CHECK_INT(parse(t[i].text), 0);
        CHECK_INT(res.wait_ms, t[i].wait);
        CHECK_INT(res.wait_max_ms, t[i].max);
        CHECK_INT(res.tries, t[i].tries);
    }
}

TEST(R04)
{
    CHECK_INT(parse("nameserver 192.0.2.1\noptions rotate\tuse-vc  edns0 single-request "
                    "single-request-reopen "
                    "no-aaaa trust-ad debug inet6 no-such:thing\r\n"),
              1);
    CHECK_INT(res.rotate, 1);
    CHECK_INT(res.tcp, 1);
    CHECK_INT(res.no_aaaa, 1);
    parse("options rotated use-vcx no-aaaa:1 xrotate\n");
    CHECK(!res.rotate && !res.tcp && !res.no_aaaa);
}

TEST(R05)
{
    struct quoth_resolver bare;
    parse("nameserver 192.0.2.1\n");
    bare = res;
    CHECK_INT(
        parse("search corp.example\ndomain corp.example\noptions ndots:15\nsortlist 10.0.0.0\n"
              "nameserver 192.0.2.1\n"),
        1);
    CHECK(!memcmp(&bare, &res, sizeof res));
}

TEST(R09)
{
    struct quoth_resolver bare;
    char path[] = "resolvconf_test.XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, "nameserver 192.0.2.9\n", 21) == 21);
    close(fd);
    CHECK_INT(quoth_resolvconf_load(&res, path), 1);
    CHECK_STR(server(0), "192.0.2.9");
    bare = res;
    setenv("RES_OPTIONS", "timeout:9 attempts:1 use-vc", 1);
    setenv("LOCALDOMAIN", "corp.example", 1);
    setenv("HOSTALIASES", path, 1);
    CHECK_INT(quoth_resolvconf_load(&res, path), 1);
    CHECK(!memcmp(&bare, &res, sizeof res));
    remove(path);
}

/* A file longer than what is read: its last, half line is not taken for a whole one. */
TEST(R03_long_file)
{
    char path[] = "resolvconf_test.XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");
    CHECK(f != NULL);
    fputs("nameserver 192.0.2.1\n", f);
    for (int i = 0; i < 16384 - 21 - 22; i++)
        fputc(i % 70 == 69 ? '\n' : '#', f);
    fputs("\nnameserver 192.0.2.123\n", f); /* the 16384th byte is in the address */
    fclose(f);
    CHECK_INT(quoth_resolvconf_load(&res, path), 1);
    CHECK_STR(server(0), "192.0.2.1");
    remove(path);
}

int main(void)
{
    RUN(R01);
    RUN(R01_more_than_three);
    RUN(R01_scope);
    RUN(R01_odd);
    RUN(R02);
    RUN(R03);
    RUN(R03_clamped);
    RUN(R03_long_file);
    RUN(R04);
    RUN(R05);
    RUN(R09);
    return report("resolvconf");
}
