/* sandbox_world.c - the world of the sandbox: domains under .test, their servers, records and
 * mailboxes, and what quoth must find about each. It is data; sandbox.h says how to read a script.
 *
 * To add an outcome: a row in world_box_rows for a mailbox, one in world_server_rows for a server
 * with manners of its own (its MX record and address follow from it), world_record_rows and
 * world_oddities for the DNS. tests/sandbox_test.sh asks about every mailbox.
 *
 * Every domain but the catch-alls knows the mailboxes of its rows and no others. Reply texts are
 * made up; codes are those of RFC 5321 4.2.3, RFC 3463, RFC 7504, RFC 7505 and RFC 6531.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "sandbox.h"

/* Tables, a row a line. */
/* clang-format off */
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* A row holds one text: the name, and then each field that is not the usual one, behind a NUL and
 * its letter. So a row takes one pointer in the file and not nine. world_open() makes the structs of
 * sandbox.h of it. */
struct world_row { const char *text; uint16_t flags; uint8_t tls, pref, most, verdict, reason; };
#define TEXT(t)     .text = t "\0"
#define GREET       "\0g"
#define EHLO        "\0e"
#define HELO        "\0h"
#define STARTTLS    "\0s"
#define MAIL        "\0m"
#define RCPT        "\0r"
#define QUIT        "\0q"
#define OFFER       "\0o"
#define OFFER_TLS   "\0t"
#define SAYS        "\0s"
#define LATER       "\0l"
#define OPTIONS     "\0o"
#define WHAT        "\0w"
#define WEB_SAYS(domain, answer) \
    TEXT("mta-sts." domain GREET answer "!"), .flags = WORLD_WEB | WORLD_IMPLICIT | WORLD_TLS_FIRST
/* A build that cannot fetch a policy has no use for them. */
#define WEB(domain, policy) WEB_SAYS(domain, "HTTP/1.1 200 OK\nContent-Type: text/plain\n\n" policy)

static const struct world_row world_server_rows[] = {
    /* the ordinary ones */
    { TEXT("good.test"), .flags = WORLD_GLUE },
    { TEXT("six.test") },
    { TEXT("catchall.test"), .flags = WORLD_ANY },
    { TEXT("shy.test" RCPT "451 4.7.1 greylisted, please come back later") },
    { TEXT("implicit.test"), .flags = WORLD_IMPLICIT },
    { TEXT(APP_SANDBOX_HELO) },

    /* servers that refuse us, not the mailbox */
    { TEXT("blocked.test" GREET "554 5.7.1 your address is on a block list, bl.test") },
    { TEXT("blockedmail.test" MAIL "550 5.7.1 your address is on the block list bl.test") },
    { TEXT("blockedrcpt.test" RCPT "554 5.7.1 your client address is blocked, see the block list bl.test") },
    { TEXT("spf.test" MAIL "550 5.7.23 the SPF record of your sender's domain does not name your address") },
    { TEXT("ptr.test" GREET "554 5.7.25 your address has no reverse DNS (PTR) name") },
    { TEXT("policy.test" RCPT "550 5.7.1 refused by local policy") },
    { TEXT("badhelo.test" EHLO "550 5.7.1 policy: that name does not belong to your address"
      HELO "550 5.7.1 policy: that name does not belong to your address") },
    { TEXT("spam.test" RCPT "554 5.7.1 this looks like spam") },
    { TEXT("login.test" RCPT "530 5.7.0 authentication required" OFFER "PIPELINING\nAuth LOGIN PLAIN") },
    { TEXT("norelay.test" RCPT "550 5.7.1 <%>: relaying denied") },
    { TEXT("busy.test" GREET "421 4.7.0 too many connections from your address, come back later\n!") },
    { TEXT("slowdown.test" MAIL "450 4.7.1 you are sending too fast: rate limit exceeded") },
    { TEXT("trouble.test" RCPT "451 4.3.0 a lookup failed here, try again later") },
    { TEXT("closing.test" RCPT "421 4.3.2 the system is shutting down\n!") },
    { TEXT("leaving.test" MAIL "250 2.1.0 fine\n421 4.3.2 the system is shutting down\n!") },
    { TEXT("toobig.test" MAIL "552 5.3.4 message size exceeds a fixed limit") },
    { TEXT("closed521.test" GREET "521 5.3.2 this host takes no mail\n!") },
    { TEXT("unhelpful.test" RCPT "550 no") },
    { TEXT("nobounce.test" MAIL "451 4.7.1 your sender could not be checked at present") },

    /* servers with manners of their own, nothing wrong with them */
    { TEXT("plain.test" OFFER "") },
    { TEXT("old.test" EHLO "502 5.5.1 no such command" OFFER "") },
    { TEXT("oldest.test" EHLO "!" OFFER "") },
    { TEXT("chatty.test" GREET "220-mx.chatty.test here\n~100\n220-with rules\n220 that nobody reads"
      OFFER "PIPELINING\nETRN\nHELP\nDSN\nSIZE 99999999999999999999\nXSTARTTLS\nSTARTTLS-not\nAuth=LOGIN") },
    { TEXT("lf.test"), .flags = WORLD_BARE_LF },
    { TEXT("trickle.test"), .flags = WORLD_TRICKLE },
    { TEXT("slow.test" GREET "~1000\n220 mx.slow.test at last" EHLO "~1000\n250-mx.slow.test\n250 PIPELINING"
      MAIL "~1000\n250 2.1.0 fine") },
    { TEXT("teaser.test" GREET "220-mx.teaser.test, wait for it\n~1500\n220 mx.teaser.test") },
    { TEXT("utf8.test" OFFER "PIPELINING\nSMTPUTF8\n8BITMIME") },
    { TEXT("once.test"), .most = 1 },
    { TEXT("alone.test"), .flags = WORLD_ALONE },
    { TEXT("rset.test" QUIT "!!") },
    { TEXT("wide.test" GREET "#2048 220 mx.wide.test") },

    /* TLS */
    { TEXT("tls.test"), .tls = WORLD_TLS_FINE },
    { TEXT("tlsmust.test"), .tls = WORLD_TLS_FINE, .flags = WORLD_TLS_MUST },
    { TEXT("tls12.test"), .tls = WORLD_TLS_12 },
    { TEXT("bigchain.test"), .tls = WORLD_TLS_CHAIN, .flags = WORLD_TLS_MUST },
    { TEXT("expired.test"), .tls = WORLD_TLS_EXPIRED },
    { TEXT("stranger.test"), .tls = WORLD_TLS_STRANGER },
    { TEXT("tlsbroken.test" STARTTLS "220 2.0.0 go ahead\n~?\n500 5.3.3 or rather not\n!") },
    { TEXT("tlsalert.test"), .tls = WORLD_TLS_ALERT },
    { TEXT("tlslater.test" STARTTLS "454 4.7.0 TLS is not available just now") },
    { TEXT("tlsinject.test" STARTTLS "220 2.0.0 go ahead\n250 2.1.5 and this, in clear\n~") },
    { TEXT("tlsdrop.test" STARTTLS "!") },
    { TEXT("tlsmute.test" STARTTLS "220 2.0.0 go ahead\n~") },
    { TEXT("tlsrequired.test" MAIL "530 5.7.0 this server requires STARTTLS") },

    /* several exchanges */
    { TEXT("deadfirst.test"), .pref = 20 },
    { TEXT("mutefirst.test"), .pref = 20 },
    { TEXT("backup.test"), .pref = 20, .flags = WORLD_ANY },
    { TEXT("mixed.test"), .flags = WORLD_NO_MX },
    { TEXT("crowd.test"), .flags = WORLD_NO_MX },

    /* the ones that cannot be talked to */
    { TEXT("garbage.test" GREET "HTTP/1.1 400 Bad Request\n\n<h1>what?</h1>\n!") },
    { TEXT("ssh.test" GREET "SSH-2.0-OpenSSH_9.2\n~") },
    { TEXT("mixedcodes.test" RCPT "250-2.1.5 yes\n550 5.1.1 no") },
    { TEXT("endless.test" GREET "*220-and another thing") },
    { TEXT("longline.test" GREET "#12000 220 mx.longline.test") },
    { TEXT("silent.test" GREET "~") },
    { TEXT("mutercpt.test" RCPT "~") },
    { TEXT("halfreply.test" RCPT "250-2.1.5 <%> is\n!") },
    { TEXT("drop.test" MAIL "!") },
    { TEXT("dropgreet.test" GREET "!") },
    { TEXT("dropehlo.test" EHLO "!" HELO "!") },
    { TEXT("droprcpt.test" RCPT "!") },
    { TEXT("reset.test" RCPT "!!") },

    { TEXT("signed.test") },

    /* what `quoth smtp` finds; the rows above are as good for it */
    { TEXT("submit.test" OFFER "SIZE 10240000\n8BITMIME" OFFER_TLS "SIZE 10240000\n8BITMIME\nAuth PLAIN LOGIN"),
      .tls = WORLD_TLS_FINE },
    { TEXT("submits.test" OFFER "SIZE 10240000\n8BITMIME\nAuth PLAIN XOAUTH2"), .tls = WORLD_TLS_FINE,
      .flags = WORLD_TLS_FIRST },
    { TEXT("submitsdead.test"), .tls = WORLD_TLS_ALERT, .flags = WORLD_TLS_FIRST },
    { TEXT("loginclear.test" OFFER "Auth=LOGIN\nAuth CRAM-MD5"), .tls = WORLD_TLS_FINE },
    { TEXT("tlsagain.test" OFFER_TLS "PIPELINING\nSTARTTLS"), .tls = WORLD_TLS_FINE },
    { TEXT("certsoon.test"), .tls = WORLD_TLS_SOON },
    { TEXT("turn.test" OFFER "PIPELINING\nTURN\nEtrn\nHelp\nVrfy\nExpn") },
    { TEXT("greetslow.test" GREET "~5200\n220 mx.greetslow.test ESMTP Postfix") },
    { TEXT("othername.test" GREET "220 mx.good.test ESMTP") },

#ifndef QUOTH_NO_HTTP
    /* web servers with the policy of MTA-STS */
    { WEB("good.test", "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: *.good.test\n") },
    { WEB("sts-no-record.test", "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: mx.good.test\n") },
    { WEB("sts-cert.test", "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: mx.good.test\n"), .tls = WORLD_TLS_EXPIRED },
    { WEB_SAYS("sts-status.test", "HTTP/1.1 404 Not Found\nContent-Length: 0\n\n") },
    { WEB_SAYS("sts-http.test", "hello\n") },
    { WEB_SAYS("sts-type.test", "HTTP/1.1 200 OK\nContent-Type: text/html\n\nversion: STSv1\nmode: enforce\nmax_age: 604800\nmx: mx.good.test\n") },
    { WEB("sts-policy-syntax.test", "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: mx.good.test\nhello\n") },
    { WEB("sts-policy-big.test", "*x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n") },
    { WEB("sts-policy-key.test", "version: STSv1\nmode: enforce\nmax_age: 604800\n") },
    { WEB("sts-mx-missing.test", "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: mx.six.test\n") },
    { WEB("sts-mx-unlisted.test", "version: STSv1\nmode: testing\nmax_age: 604800\nmx: mx.six.test\n") },
    { WEB("sts-mx-unused.test", "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: *.test\nmx: mx.good.test\nmx: *.good.test\n") },
    { WEB("sts-mx-cert.test", "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: mx.tls.test\n") },
    { WEB("sts-mx-no-tls.test", "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: mx.good.test\n") },
    { WEB("sts-short.test", "version: STSv1\nmode: enforce\nmax_age: 60\nmx: mx.good.test\n") },
    { WEB("sts-long.test", "version: STSv1\nmode: enforce\nmax_age: 99999999\nmx: mx.good.test\n") },
    { WEB("sts-same-id.test", "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: mx.good.test\n") },
    { WEB("sts-mode-none.test", "version: STSv1\nmode: none\nmax_age: 604800\n") },
    { WEB("sts-unseen.test", "version: STSv1\nmode: testing\nmax_age: 604800\nmx: mx.good.test\n") },
#endif

    /* what `quoth doctor` finds: servers that tell a client its address, as Exim and Gmail do */
#define SEES(name, ip) EHLO "250-mx." name " at your service, [" ip "]\n250 PIPELINING"
    { TEXT("seen.test" SEES("seen.test", "192.0.2.25")) },
    { TEXT("seentoo.test" SEES("seentoo.test", "192.0.2.25")) },
    { TEXT("seesother.test" SEES("seesother.test", "192.0.2.26")) },
    { TEXT("masked.test" EHLO "250-mx.masked.test\n250-XXXXXXXA\n250 PIPELINING") },
    { TEXT("starred.test" GREET "220 ****************" EHLO "500 unrecognized command") },
    { TEXT("expiredtoo.test"), .tls = WORLD_TLS_EXPIRED },

    { TEXT("shape.test"), .flags = WORLD_SHAPE },
    { TEXT("percent.test" RCPT "550 5.7.1 relaying denied"), .flags = WORLD_PERCENT },
    { TEXT("few.test" RCPT "550 5.7.1 relaying denied"), .most = 4 },
};
struct world_server world_servers[COUNT(world_server_rows)];
const unsigned world_servers_n = COUNT(world_servers);

#define TIMES(n, text) SANDBOX_TIMES n text SANDBOX_END
#define HASH TIMES("\20", "3a1c")
#define DIGEST "12345 13 2 " HASH
/* The name, and the type and data in one text, for the same reason; an exchanger behind its
 * preference, if that is not 10. */
struct world_record_row { const char *owner, *text; };
#define A           "\1"
#define CNAME       "\5"
#define SOA         "\6"
#define PTR         "\14"
#define MX          "\17"
#define TXT         "\20"
#define AAAA        "\34"
#define DS          "\53"
#define TLSA        "\64"
static const struct world_record_row world_record_rows[] = {
    /* a name that exists and has neither MX nor address */
    { "nomail.test", TXT "v=spf1 -all" },
    { "nullmx.test", MX "0 ." },
    { "nullmx.test", A "127.0.0.1" },
    { "nullplus.test", MX "0 ." },
    { "nullplus.test", MX "mx.six.test" },

    /* exchanges that are of no use */
    { "badmx.test", MX "gone1.badmx.test" },
    { "badmx.test", MX "20 gone2.badmx.test" },
    { "badmx.test", A "good.test" },           /* nobody may fall back to it */
    { "sickmx.test", MX "mx.servfail.test" },
    { "ipmx.test", MX "192.0.2.1" },
    { "localmx.test", MX "mx.localmx.test" },
    { "mx.localmx.test", A "192.0.2.25" },
    { "privatemx.test", MX "mx.privatemx.test" },
    { "mx.privatemx.test", A "10.0.0.25" },
    { "zeromx.test", MX "mx.zeromx.test" },
    { "mx.zeromx.test", A "0.0.0.0" },
    { "v6only.test", MX "mx.v6only.test" },
    { "mx.v6only.test", AAAA "2001:db8::25" },
    { "dead.test", MX "nobody-listens.test" },
    { "nobody-listens.test", A "254" },

    /* exchanges beside others */
    { "deadfirst.test", MX "nobody-listens.test" },
    { "mutefirst.test", MX "mx.silent.test" },
    { "backup.test", MX "mx.busy.test" },
    { "mixed.test", MX "both.mixed.test" },
    { "both.mixed.test", A "10.1.2.3" },
    { "both.mixed.test", A "mixed.test" },
    { "halfdead.test", MX "two.halfdead.test" },
    { "two.halfdead.test", A "254" },
    { "two.halfdead.test", A "six.test" },
    { "crowd.test", MX "a.crowd.test" },
    { "crowd.test", MX "b.crowd.test" },
    { "crowd.test", MX "20 c.crowd.test" },
    { "a.crowd.test", A "254" },
    { "b.crowd.test", A "254" },
    { "c.crowd.test", A "crowd.test" },

    /* aliases */
    { "cname.test", CNAME "good.test" },
    { "chain.test", CNAME "link1.chain.test" },
    { "link1.chain.test", CNAME "link2.chain.test" },
    { "link2.chain.test", CNAME "six.test" },
    { "aliasmx.test", MX "alias.aliasmx.test" },
    { "alias.aliasmx.test", CNAME "mx.six.test" },
    { "aliasloop.test", CNAME "pool.aliasloop.test" },
    { "pool.aliasloop.test", CNAME "aliasloop.test" },
    { "dangling.test", CNAME "nosuch.test" },

    /* zones: what is at or below one of these names is ours to answer */
    { ".", SOA "" },
    { "test", SOA "" },
    { "in-addr.arpa", SOA "" },
    { "ip6.arpa", SOA "" },

    /* what a domain says of its mail */
    { "good.test", TXT "some-verification=0123456789abcdef0123456789abcdef" },
    { "good.test", TXT "v=spf1 mx -all" },
    { "_dmarc.good.test", TXT "v=DMARC1; p=reject; rua=mailto:dmarc@good.test" },
    { "_mta-sts.good.test", TXT "v=STSv1; id=20260101" },
    { "_smtp._tls.good.test", TXT "v=TLSRPTv1; rua=mailto:tls@good.test" },
    { "s1._domainkey.good.test", TXT "v=DKIM1; k=rsa; p="
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" TIMES("\125", "mO3D") "nwIDAQAB"
    },
    { "joined.test", TXT "v=spf1 a\ninclude:good.test -all" },     /* "ainclude" */
    { "tokens.test", TXT "v=spf1 -all" },                   /* among sixty others */
    { "empty.test", TXT "" },

    /* a signed zone */
    { "signed.test", SOA "" },
    { "signed.test", DS "12345 13 2 " TIMES("\40", "5d") },
    { "signed.test", TXT "v=spf1 mx -all" },
    { "_25._tcp.mx.signed.test", TLSA "3 1 1 " HASH },
    { "_25._tcp.mx.signed.test", TLSA "2 0 1 " TIMES("\20", "c07e") },
    { "alias.signed.test", CNAME "signed.test" },
    { "tosigned.test", CNAME "signed.test" },              /* an alias that is not signed */
    { "bogus.test", MX "mx.six.test" },
    { "bogus.test", TXT "v=spf1 -all" },

    /* addresses of documentation as senders', and their names */
    { "25.2.0.192.in-addr.arpa", PTR "sender.test" },
    { "sender.test", A "192.0.2.25" },
    { "sender.test", AAAA "2001:db8::25" },
    { "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", PTR
      "sender.test" },
    { "26.2.0.192.in-addr.arpa", PTR "nosuch.test" },       /* it does not lead back */
    { "sender.test", TXT "v=spf1 a -all" },
    { "sender.test", MX "mx.good.test" },
    { "_dmarc.sender.test", TXT "v=DMARC1; p=reject; rua=mailto:dmarc@sender.test" },
    { "spf-weak.sender.test", TXT "v=spf1 ~all" },
    { "spf-weak.sender.test", A "good.test" },
    { "spf-fail.sender.test", TXT "v=spf1 -all" },
    { "spf-fail.sender.test", A "192.0.2.25" },
    { "spf-none.sender.test", A "good.test" },
    { "27.2.0.192.in-addr.arpa", PTR "192-0-2-27.dyn.test" },
    { "27.2.0.192.in-addr.arpa", PTR "sender.test" },
    { "28.2.0.192.in-addr.arpa", CNAME "28.0-63.2.0.192.in-addr.arpa" }, /* RFC 2317 */
    { "28.0-63.2.0.192.in-addr.arpa", PTR "sender.test" },

    { "29.2.0.192.in-addr.arpa", PTR "192-0-2-29.pool.test" },
    { "192-0-2-29.pool.test", A "192.0.2.29" },
    { "30.2.0.192.in-addr.arpa", PTR "mx.servfail.test" },
    { "31.2.0.192.in-addr.arpa", PTR "sender.test" },
    { "31.2.0.192.in-addr.arpa", PTR "n1.test" }, { "31.2.0.192.in-addr.arpa", PTR "n2.test" },
    { "31.2.0.192.in-addr.arpa", PTR "n3.test" }, { "31.2.0.192.in-addr.arpa", PTR "n4.test" },
    { "31.2.0.192.in-addr.arpa", PTR "n5.test" }, { "31.2.0.192.in-addr.arpa", PTR "n6.test" },
    { "31.2.0.192.in-addr.arpa", PTR "n7.test" }, { "31.2.0.192.in-addr.arpa", PTR "n8.test" },
    { "31.2.0.192.in-addr.arpa", PTR "n9.test" }, { "31.2.0.192.in-addr.arpa", PTR "n10.test" },
    { "gmail.com", SOA "" },                                /* not this one's, for `quoth doctor` */
    { "gmail.com", A "192.0.2.25" },

    /* block lists (RFC 5782): test entries, and an address for each answer that there is */
    { "2.0.0.127.bl.test", A "127.0.0.2" },
    { "41.2.0.192.bl.test", A "127.0.0.2" },
    { "41.2.0.192.bl.test", TXT "listed for the tests, see https://bl.test/192.0.2.41" },
    { "42.2.0.192.bl.test", A "127.0.0.1" },
    { "43.2.0.192.bl.test", A "192.0.2.80" },
    { "52.2.0.192.bl.test", A "127.255.255.252" },
    { "54.2.0.192.bl.test", A "127.255.255.254" },
    { "55.2.0.192.bl.test", A "127.255.255.255" },
    { "2.0.0.127.all-bl.test", A "127.0.0.2" },             /* lists everybody: it is closed */
    { "1.0.0.127.all-bl.test", A "127.0.0.2" },
    { "*.2.0.192.all-bl.test", A "127.0.0.2" },
    { "spamhaus.org", SOA "" },
    { "2.0.0.127.zen.spamhaus.org", A "127.0.0.2" },
    { "44.2.0.192.zen.spamhaus.org", A "127.0.0.10" },
    { "45.2.0.192.zen.spamhaus.org", A "127.0.0.4" },
    { "45.2.0.192.zen.spamhaus.org", A "127.0.0.10" },

    /* names the DNS server is odd about, below */
    { "servfail.test", MX "mx.servfail.test" },
    { "refused.test", MX "mx.six.test" },
    { "dnstimeout.test", MX "mx.six.test" },
    { "malformed.test", MX "mx.six.test" },
    { "lossy.test", MX "mx.six.test" },
    { "spoof.test", MX "mx.six.test" },
    { "noedns.test", MX "mx.six.test" },
    { "truncated.test", MX "mx.six.test" },
    { "tcponly.test", MX "mx.six.test" },
    { "sickv6.test", MX "mx.sickv6.test" },
    { "mx.sickv6.test", A "six.test" },
    { "sickaddr.test", TXT "neither MX nor an answer about addresses" },

    /* what `quoth domain` finds: a domain for each, called as the finding is, with hyphens */
    { "mx-implicit.test", A "good.test" },
    { "mx-nowhere.test", TXT "v=spf1 -all" },
    { "mx-null.test", MX "0 ." },
    { "mx-null-beside.test", MX "0 ." },
    { "mx-null-beside.test", MX "mx.good.test" },
    { "mx-not-a-name.test", MX "5 192.0.2.1" },
    { "mx-alias.test", MX "alias.aliasmx.test" },
    { "mx-no-address.test", MX "20 gone.badmx.test" },
    { "mx-no-address.test", MX "mx.good.test" },
    { "mx-private.test", MX "mx.privatemx.test" },
    { "mx-unusable.test", MX "mx.privatemx.test" },
    { "mx-proof.test", MX "mx.good.test" },
    { "mx-proof.test", MX "32767 ms123.msv1.invalid" },
    { "mx-no-name.test", MX "nobody-listens.test" },
    { "mx-one-address.test", MX "mx.good.test" },
    { "mx-one-address.test", MX "20 same.mx-one-address.test" },
    { "same.mx-one-address.test", A "good.test" },
    { "mx-host-unknown.test", MX "mx.servfail.test" },
    { "spf-unknown.test", TXT "v=spf1 include:servfail.test -all" },
    { "spf-too-big-here.test", TXT "v=spf1 " TIMES("\100", "include:nomail.test ") "include:nomail.test -all" },
    { "spf-none.test", MX "mx.good.test" },
    { "spf-multiple.test", TXT "v=spf1 -all" },
    { "spf-multiple.test", TXT "v=spf1 mx -all" },
    { "spf-syntax.test", TXT "v=spf1 ip4:192.0.2 -all" },
    { "spf-join.test", TXT "v=spf1 a:mx.good.test\nip4:192.0.2.1 -all" },
    { "spf-wide.test", TXT "v=spf1 ip4:8.0.0.0/8 -all" },
    { "spf-private.test", TXT "v=spf1 ip4:10.0.0.0/8 -all" },
    { "spf-host-bits.test", TXT "v=spf1 ip4:8.8.8.8/16 -all" },
    { "spf-twice.test", TXT "v=spf1 redirect=good.test redirect=good.test" },
    { "spf-lookups.test", TXT "v=spf1 " TIMES("\10", "a:mx.good.test ") "a:mx.good.test a:mx.good.test a:mx.good.test -all" },
    { "spf-voids.test", TXT "v=spf1 a:g1.test a:g2.test a:g3.test -all" },
    { "spf-void.test", TXT "v=spf1 a:g1.test -all" },
    { "spf-void-v6.test", TXT "v=spf1 mx -all" },
    { "spf-void-v6.test", MX "mx.good.test" },
    { "spf-void-v6.test", MX "20 mx.six.test" },
    { "spf-void-v6.test", MX "30 mx.plain.test" },
    { "spf-hosts.test", TXT "v=spf1 mx:truncated.test -all" },
    { "spf-loop.test", TXT "v=spf1 include:spf-loop.test -all" },
    { "spf-name.test", TXT "v=spf1 include:a..test -all" },
    { "spf-dead-include.test", TXT "v=spf1 include:mx.good.test -all" },
    { "spf-inner.test", TXT "v=spf1 include:spf-syntax.test -all" },
    { "spf-open.test", TXT "v=spf1 +all" },
    { "spf-neutral.test", TXT "v=spf1 mx:good.test ?all" },
    { "spf-behind-all.test", TXT "v=spf1 -all a" },
    { "spf-redirect-ignored.test", TXT "v=spf1 -all redirect=good.test" },
    { "spf-ptr.test", TXT "v=spf1 ptr -all" },
    { "spf-macro-p.test", TXT "v=spf1 exists:%{p}.test -all" },
    { "spf-skipped.test", TXT "v=spf1 include:%{l}.test -all" },
    { "spf-long.test", TXT "v=spf1 " TIMES("\100", "x=12345 ") "-all" },
    { "spf-answer.test", TXT "v=spf1 -all" },
    { "spf-answer.test", TXT TIMES("\100", "x=12345 ") },
    { "spf-equals.test", TXT "v=spf1 include=good.test -all" },
    { "spf-version.test", TXT "v=spf1; mx; -all" },
    { "spf-senderid.test", TXT "spf2.0/pra -all" },
    { "spf-parked.test", MX "0 ." },
    { "spf-parked.test", TXT "v=spf1 mx:good.test -all" },
    { "dmarc-none.test", MX "mx.good.test" },
    { "_dmarc.dmarc-multiple.test", TXT "v=DMARC1; p=none" },
    { "_dmarc.dmarc-multiple.test", TXT "v=DMARC1; p=reject" },
    { "_dmarc.dmarc-version.test", TXT "v=dmarc1; p=none" },
    { "dmarc-misplaced.test", TXT "v=DMARC1; p=none" },
    { "_dmarc.dmarc-doubled.test.dmarc-doubled.test", TXT "v=DMARC1; p=none" },
    { "_dmarc.dmarc-other-txt.test", TXT "v=spf1 -all" },
    { "_dmarc.dmarc-syntax.test", TXT "v=DMARC1; p=reject; ;" },
    { "_dmarc.dmarc-value.test", TXT "v=DMARC1; p=reject; adkim=x" },
    { "_dmarc.dmarc-duplicate.test", TXT "v=DMARC1; p=none; p=reject" },
    { "_dmarc.dmarc-policy.test", TXT "v=DMARC1; p=quarentine" },
    { "_dmarc.dmarc-no-policy.test", TXT "v=DMARC1; rua=mailto:a@dmarc-no-policy.test" },
    { "_dmarc.dmarc-watching.test", TXT "v=DMARC1; p=none; rua=mailto:a@dmarc-watching.test" },
    { "_dmarc.dmarc-idle.test", TXT "v=DMARC1; p=none" },
    { "_dmarc.dmarc-testing.test", TXT "v=DMARC1; p=reject; t=y" },
    { "_dmarc.dmarc-weak-sub.test", TXT "v=DMARC1; p=reject; sp=none" },
    { "_dmarc.dmarc-sub-ignored.test", TXT "v=DMARC1; p=reject" },
    { "_dmarc.a.dmarc-sub-ignored.test", TXT "v=DMARC1; p=reject; sp=none" },
    { "_dmarc.dmarc-removed.test", TXT "v=DMARC1; p=reject; pct=50" },
    { "_dmarc.dmarc-stranger.test", TXT "v=DMARC1; p=reject; x=1" },
    { "_dmarc.dmarc-size.test", TXT "v=DMARC1; p=reject; rua=mailto:a@dmarc-size.test!10m" },
    { "_dmarc.dmarc-rua-scheme.test", TXT "v=DMARC1; p=reject; rua=a@good.test" },
    { "_dmarc.dmarc-rua-uri.test", TXT "v=DMARC1; p=reject; rua=good.test" },
    { "_dmarc.dmarc-rua-other.test", TXT "v=DMARC1; p=reject; rua=https://good.test/" },
    { "_dmarc.dmarc-rua-many.test", TXT "v=DMARC1; p=reject; rua=https://a.test/,https://b.test/,https://c.test/" },
    { "_dmarc.dmarc-rua-unauthorised.test", TXT "v=DMARC1; p=reject; rua=mailto:a@good.test" },
    { "_dmarc.dmarc-rua-nowhere.test", TXT "v=DMARC1; p=reject; rua=mailto:a@nullmx.dmarc-rua-nowhere.test" },
    { "nullmx.dmarc-rua-nowhere.test", MX "0 ." },
    { "_dmarc.dmarc-rua-unknown.test", TXT "v=DMARC1; p=reject; rua=mailto:a@dmarc-rua-unknown.refused" },
    { "_dmarc.dmarc-parked.test", TXT "v=DMARC1; p=none" },
    { "dmarc-no-dkim.test", MX "mx.good.test" },
    { "_dmarc.dmarc-no-dkim.test", TXT "v=DMARC1; p=reject" },
    { "_mta-sts.sts-multiple.test", TXT "v=STSv1; id=1" },
    { "_mta-sts.sts-multiple.test", TXT "v=STSv1; id=2" },
    { "_mta-sts.sts-version.test", TXT "v=STSV1; id=1" },
    { "_mta-sts.sts-id.test", TXT "v=STSv1; id=a-b" },
    { "_mta-sts.sts-syntax.test", TXT "v=STSv1; id=1;;" },
    { "_mta-sts.sts-no-reports.test", TXT "v=STSv1; id=1" },
    { "sts-no-reports.test", MX "mx.good.test" },
    { "_smtp._tls.rpt-multiple.test", TXT "v=TLSRPTv1; rua=mailto:a@good.test" },
    { "_smtp._tls.rpt-multiple.test", TXT "v=TLSRPTv1; rua=mailto:b@good.test" },
    { "_smtp._tls.rpt-version.test", TXT "v=TLSRPTv2; rua=mailto:a@good.test" },
    { "_smtp._tls.rpt-rua.test", TXT "v=TLSRPTv1; rua=a@good.test" },
    { "_tlsrpt.rpt-misplaced.test", TXT "v=TLSRPTv1; rua=mailto:a@good.test" },
    { "_smtp._tls.rpt-syntax.test", TXT "v=TLSRPTv1;; rua=mailto:a@good.test" },
    { "default._bimi.bimi-multiple.test", TXT "v=BIMI1; l=" },
    { "default._bimi.bimi-multiple.test", TXT "v=BIMI1; l=; a=" },
    { "default._bimi.bimi-broken.test", TXT "v=BIMI1; l=http://good.test/" },
    { "default._bimi.bimi-policy.test", TXT "v=BIMI1; l=" },
    { "dkim-not-found.test", MX "mx.good.test" },
    { "other._domainkey.dkim-not-found.test", TXT "v=DKIM1; p=" },
    { "dkim-no-keys.test", MX "mx.good.test" },
    { "*._domainkey.dkim-wildcard.test", TXT "v=DKIM1; p=" },
    { "default._domainkey.dkim-multiple.test", TXT "v=DKIM1; p=" },
    { "default._domainkey.dkim-multiple.test", TXT "v=DKIM1; k=rsa; p=" },
    { "default._domainkey.dkim-version.test", TXT "v=DKIM2; p=" },
    { "default._domainkey.dkim-syntax.test", TXT "v=DKIM1;; p=" },
    { "default._domainkey.dkim-duplicate.test", TXT "v=DKIM1; k=rsa; k=rsa; p=" },
    { "default._domainkey.dkim-no-p.test", TXT "v=DKIM1; k=rsa" },
    { "default._domainkey.dkim-base64.test", TXT "v=DKIM1; p=MFww#DQYJ" },
    { "default._domainkey.dkim-cut.test", TXT "v=DKIM1; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" },
    { "default._domainkey.dkim-bare.test", TXT "v=DKIM1; p=MIGJAoGBAJDZ" TIMES("\52", "R3Yv") "AgMBAAE=" },
    { "default._domainkey.dkim-kind.test", TXT "v=DKIM1; k=dsa; p=" },
    { "default._domainkey.dkim-service.test", TXT "v=DKIM1; s=default; p=" },
    { "default._domainkey.dkim-sha1.test", TXT "v=DKIM1; h=sha1; p=" },
    { "default._domainkey.dkim-short.test", TXT "v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAPMo" TIMES("\24", "lV6z") "wxsCAwEAAQ==" },
    { "default._domainkey.dkim-weak.test", TXT "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCX" TIMES("\52", "xQIt") "pwIDAQAB" },
    { "default._domainkey.dkim-long.test", TXT "v=DKIM1; p=MIICojANBgkqhkiG9w0BAQEFAAOCAo8AMIICigKCAoEA" TIMES("\325", "wBoa") "HwIDAQAB" },
    { "default._domainkey.dkim-ed25519.test", TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" },
    { "default._domainkey.dkim-dangling.test", CNAME "gone.dkim-dangling.test" },
    { "default._domainkey.dkim-revoked.test", TXT "v=DKIM1; p=" },
    { "default._domainkey.dkim-testing.test", TXT "v=DKIM1; t=y; p=" },
    { "dane-mismatch.test", MX "mx.dane-mismatch.test" },
    { "dane-mismatch.test", SOA "" },
    { "dane-mismatch.test", DS DIGEST },
    { "mx.dane-mismatch.test", A "tls.test" },
    { "_25._tcp.mx.dane-mismatch.test", TLSA "3 1 1 " HASH },
    { "dane-no-tls.test", MX "mx.dane-no-tls.test" },
    { "dane-no-tls.test", SOA "" },
    { "dane-no-tls.test", DS DIGEST },
    { "mx.dane-no-tls.test", A "good.test" },
    { "_25._tcp.mx.dane-no-tls.test", TLSA "3 1 1 " HASH },
    { "mx-untalked.test", MX "nobody-listens.test" },
#ifndef QUOTH_NO_HTTP
    { "sts-mx-cert.test", MX "mx.tls.test" },
    { "_mta-sts.sts-mx-cert.test", TXT "v=STSv1; id=1" },
    { "sts-mx-no-tls.test", MX "mx.good.test" },
    { "_mta-sts.sts-mx-no-tls.test", TXT "v=STSv1; id=1" },
    { "sts-no-record.test", MX "mx.good.test" },
    { "sts-cert.test", MX "mx.good.test" },
    { "_mta-sts.sts-cert.test", TXT "v=STSv1; id=1" },
    { "sts-status.test", MX "mx.good.test" },
    { "_mta-sts.sts-status.test", TXT "v=STSv1; id=1" },
    { "sts-http.test", MX "mx.good.test" },
    { "_mta-sts.sts-http.test", TXT "v=STSv1; id=1" },
    { "sts-type.test", MX "mx.good.test" },
    { "_mta-sts.sts-type.test", TXT "v=STSv1; id=1" },
    { "sts-policy-syntax.test", MX "mx.good.test" },
    { "_mta-sts.sts-policy-syntax.test", TXT "v=STSv1; id=1" },
    { "sts-policy-big.test", MX "mx.good.test" },
    { "_mta-sts.sts-policy-big.test", TXT "v=STSv1; id=1" },
    { "sts-policy-key.test", MX "mx.good.test" },
    { "_mta-sts.sts-policy-key.test", TXT "v=STSv1; id=1" },
    { "sts-mx-missing.test", MX "mx.good.test" },
    { "_mta-sts.sts-mx-missing.test", TXT "v=STSv1; id=1" },
    { "sts-mx-unlisted.test", MX "mx.good.test" },
    { "_mta-sts.sts-mx-unlisted.test", TXT "v=STSv1; id=1" },
    { "sts-mx-unused.test", MX "mx.good.test" },
    { "_mta-sts.sts-mx-unused.test", TXT "v=STSv1; id=1" },
    { "sts-short.test", MX "mx.good.test" },
    { "_mta-sts.sts-short.test", TXT "v=STSv1; id=1" },
    { "sts-long.test", MX "mx.good.test" },
    { "_mta-sts.sts-long.test", TXT "v=STSv1; id=1" },
    { "sts-same-id.test", MX "mx.good.test" },
    { "_mta-sts.sts-same-id.test", TXT "v=STSv1; id=1" },
    { "sts-mode-none.test", MX "mx.good.test" },
    { "_mta-sts.sts-mode-none.test", TXT "v=STSv1; id=1" },
    { "sts-unseen.test", MX "mx.good.test" },
    { "_mta-sts.sts-unseen.test", TXT "v=STSv1; id=1" },
    { "sts-no-policy.test", MX "mx.good.test" },
    { "_mta-sts.sts-no-policy.test", TXT "v=STSv1; id=1" },
    { "sts-policy-unknown.test", MX "mx.good.test" },
    { "_mta-sts.sts-policy-unknown.test", TXT "v=STSv1; id=1" },
    { "sts-private.test", MX "mx.good.test" },
    { "_mta-sts.sts-private.test", TXT "v=STSv1; id=1" },
    { "mta-sts.sts-private.test", A "10.0.0.1" },
#endif
    { "dnssec-unknown.test", MX "mx.dnssec-unknown.test" },
    { "dnssec-unknown.test", SOA "" },
    { "mx.dnssec-unknown.test", A "good.test" },
    { "dnssec-bogus.test", SOA "" },
    { "dane-unknown.test", MX "mx.dane-unknown.test" },
    { "dane-unknown.test", SOA "" },
    { "dane-unknown.test", DS DIGEST },
    { "mx.dane-unknown.test", A "good.test" },
    { "dane-untrusted.test", MX "mx.dane-untrusted.test" },
    { "dane-untrusted.test", SOA "" },
    { "dane-untrusted.test", DS DIGEST },
    { "mx.dane-untrusted.test", A "good.test" },
    { "_25._tcp.mx.dane-untrusted.test", TLSA "3 1 1 " HASH },
    { "dane-insecure.test", MX "mx.dane-insecure.test" },
    { "mx.dane-insecure.test", A "good.test" },
    { "_25._tcp.mx.dane-insecure.test", TLSA "3 1 1 " HASH },
    { "dane-mx-insecure.test", MX "mx.signed.test" },
    { "dane-pkix.test", MX "mx.dane-pkix.test" },
    { "dane-pkix.test", SOA "" },
    { "dane-pkix.test", DS DIGEST },
    { "mx.dane-pkix.test", A "good.test" },
    { "_25._tcp.mx.dane-pkix.test", TLSA "1 1 1 " HASH },
    { "_25._tcp.mx.dane-pkix.test", TLSA "3 1 1 " HASH },
    { "dane-full.test", MX "mx.dane-full.test" },
    { "dane-full.test", SOA "" },
    { "dane-full.test", DS DIGEST },
    { "mx.dane-full.test", A "good.test" },
    { "_25._tcp.mx.dane-full.test", TLSA "3 1 0 " HASH },
    { "dane-length.test", MX "mx.dane-length.test" },
    { "dane-length.test", SOA "" },
    { "dane-length.test", DS DIGEST },
    { "mx.dane-length.test", A "good.test" },
    { "_25._tcp.mx.dane-length.test", TLSA "3 1 2 " HASH },
    { "dane-empty.test", MX "mx.dane-empty.test" },
    { "dane-empty.test", SOA "" },
    { "dane-empty.test", DS DIGEST },
    { "mx.dane-empty.test", A "good.test" },
    { "_25._tcp.mx.dane-empty.test", TLSA "3 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "dane-unusable.test", MX "mx.dane-unusable.test" },
    { "dane-unusable.test", SOA "" },
    { "dane-unusable.test", DS DIGEST },
    { "mx.dane-unusable.test", A "good.test" },
    { "_25._tcp.mx.dane-unusable.test", TLSA "0 0 1 " HASH },
    { "dane-single.test", MX "mx.dane-single.test" },
    { "dane-single.test", SOA "" },
    { "dane-single.test", DS DIGEST },
    { "mx.dane-single.test", A "good.test" },
    { "_25._tcp.mx.dane-single.test", TLSA "3 0 1 " HASH },
};
struct world_record world_records[COUNT(world_record_rows)];
const unsigned world_records_n = COUNT(world_records);

const struct world_oddity world_oddities[] = {
    { "servfail.test", 0, WORLD_DNS_SERVFAIL, 0 },
    { "mx.servfail.test", 0, WORLD_DNS_SERVFAIL, 0 },
    { "refused.test", 0, WORLD_DNS_REFUSED, 0 },
    { "dnstimeout.test", 0, WORLD_DNS_MUTE, 0 },
    { "malformed.test", 0, WORLD_DNS_MALFORMED, 0 },
    { "lossy.test", 0, WORLD_DNS_LOSSY, 0 },
    { "spoof.test", 0, WORLD_DNS_SPOOF, 0 },
    { "noedns.test", 0, WORLD_DNS_NO_EDNS, 0 },
    { "truncated.test", WORLD_MX, WORLD_DNS_MANY, 0 },
    { "tcponly.test", 0, WORLD_DNS_TCP, 0 },
    { "mx.sickv6.test", WORLD_AAAA, WORLD_DNS_SERVFAIL, 0 },
    { "tokens.test", WORLD_TXT, WORLD_DNS_MANY, 0 },
    { "bogus.test", 0, WORLD_DNS_BOGUS, 6 },
    { "lame.test", 0, WORLD_DNS_SERVFAIL, 22 },
    { "sickaddr.test", WORLD_A, WORLD_DNS_SERVFAIL, 0 },
    { "mx-unknown.test", WORLD_MX, WORLD_DNS_SERVFAIL, 0 },
    { "_dmarc.dmarc-unknown.test", WORLD_TXT, WORLD_DNS_SERVFAIL, 0 },
    { "_mta-sts.sts-unknown.test", WORLD_TXT, WORLD_DNS_SERVFAIL, 0 },
    { "_smtp._tls.rpt-unknown.test", WORLD_TXT, WORLD_DNS_SERVFAIL, 0 },
    { "default._bimi.bimi-unknown.test", WORLD_TXT, WORLD_DNS_SERVFAIL, 0 },
    { "default._domainkey.dkim-unknown.test", WORLD_TXT, WORLD_DNS_SERVFAIL, 0 },
    { "dnssec-unknown.test", WORLD_DS, WORLD_DNS_SERVFAIL, 0 },
    { "dnssec-bogus.test", 0, WORLD_DNS_BOGUS, 7 },
    { "mta-sts.sts-policy-unknown.test", WORLD_A, WORLD_DNS_SERVFAIL, 0 },
    { "_25._tcp.mx.dane-unknown.test", WORLD_TLSA, WORLD_DNS_SERVFAIL, 0 },
    { "32.2.0.192.in-addr.arpa", WORLD_PTR, WORLD_DNS_SERVFAIL, 0 },
    { "2.0.0.127.lost-bl.test", WORLD_A, WORLD_DNS_SERVFAIL, 0 },
};
const unsigned world_oddities_n = COUNT(world_oddities);

#define BOX(verd, reas, text) { TEXT(text), .verdict = QUOTH_VERDICT_##verd, .reason = QUOTH_REASON_##reas }
static const struct world_row world_box_rows[] = {
    /* what a server says of a mailbox */
    BOX(DELIVERABLE, ACCEPTED, "jane@good.test" WHAT "an ordinary mailbox"),
    BOX(UNDELIVERABLE, USER_UNKNOWN, "nobody@good.test" SAYS "550 5.1.1 <%>: no such user here"
        WHAT "no such mailbox"),
    BOX(UNDELIVERABLE, USER_UNKNOWN, "gone@good.test" SAYS "550 no such user here"
        WHAT "no such mailbox, and no enhanced code"),
    BOX(UNDELIVERABLE, USER_UNKNOWN, "moved@good.test" SAYS "551 5.1.6 this mailbox has moved"
        WHAT "the mailbox has moved away"),
    BOX(UNDELIVERABLE, USER_UNKNOWN, "wordy@good.test"
        SAYS "550-5.1.1 <%> was looked for\n550-5.1.1 high and low:\n550 5.1.1 no such user here"
        WHAT "no such mailbox, said in three lines"),
    BOX(UNDELIVERABLE, USER_UNKNOWN, "long@good.test" SAYS "#2000 550 5.1.1 no such user here "
        WHAT "no such mailbox, said in 2,000 bytes"),
    BOX(UNDELIVERABLE, USER_UNKNOWN, "escape@good.test" SAYS "550 5.1.1 no such user \033[31m\a\xff\xe2\x80\xae here"
        WHAT "terminal controls and bytes of no character set in the reply"),
    BOX(RISKY, MAILBOX_FULL, "full@good.test" SAYS "552 5.2.2 the mailbox is full"
        WHAT "over quota, a lasting refusal"),
    BOX(RISKY, MAILBOX_FULL, "fullnow@good.test" SAYS "452 4.2.2 mailbox full, over its quota"
        WHAT "over quota, for now"),
    BOX(RISKY, MAILBOX_DISABLED, "disabled@good.test" SAYS "550 5.2.1 this account is disabled"
        WHAT "the account is switched off"),
    BOX(UNKNOWN, GREYLISTED, "greylisted@good.test" SAYS "451 4.7.1 greylisted, please come back later"
        LATER "250 2.1.5 welcome back" WHAT "refused at first, accepted when asked again after --grey seconds"),
    BOX(UNKNOWN, RECIPIENT_RATE_LIMITED, "ratelimited@good.test"
        SAYS "450 4.2.1 this mailbox is receiving mail too quickly, try again later"
        WHAT "the mailbox gets too much mail just now"),
    BOX(UNKNOWN, RECIPIENT_RESTRICTED, "restricted@good.test"
        SAYS "550 5.7.1 only members of the group may write to this recipient"
        WHAT "the mailbox takes mail from some only"),
    BOX(DELIVERABLE, ACCEPTED, "forwarded@good.test" SAYS "251 2.1.5 not local, will forward"
        WHAT "accepted, and forwarded elsewhere"),
    BOX(RISKY, NOT_VERIFIABLE, "perhaps@good.test" SAYS "252 2.1.5 cannot verify, but will try"
        WHAT "the server will not say (252)"),
    BOX(UNDELIVERABLE, RECIPIENT_SYNTAX, "badsyntax@good.test" SAYS "501 5.1.3 bad syntax in the recipient address"
        WHAT "an ordinary address, and the server cannot read it"),
    BOX(UNKNOWN, RECIPIENT_SYNTAX, "\"bad syntax\"@good.test" SAYS "501 5.1.3 bad syntax in the recipient address"
        WHAT "a quoted local part, and the server cannot read it"),
    BOX(UNDELIVERABLE, DOMAIN_NOT_FOUND, "nodomain@good.test" SAYS "550 5.1.2 the recipient's domain was not found"
        WHAT "the server says that there is no such domain"),
    BOX(UNDELIVERABLE, DOMAIN_NOT_ACCEPTED, "nomail@good.test" SAYS "556 5.1.10 that domain does not accept mail"
        WHAT "the server says that the domain takes no mail (RFC 7504)"),
    BOX(UNKNOWN, RATE_LIMITED, "toomany@good.test" SAYS "452 4.5.3 too many recipients"
        WHAT "a limit of this conversation, not of the mailbox"),
    BOX(UNKNOWN, PROTOCOL_ERROR, "ghost@good.test" SAYS "550 5.1.1 no such user\n250 2.1.5 a reply to nothing"
        WHAT "a second reply behind the first: whose is whose?"),
    BOX(UNKNOWN, PROTOCOL_ERROR, "ghostly@good.test" SAYS "250 2.1.5 fine\n250 2.1.5 a reply to nothing"
        WHAT "a second reply behind the first: whose is whose?"),
    BOX(DELIVERABLE, ACCEPTED, "\"jane doe\"@good.test" WHAT "a quoted local part"),
    BOX(DELIVERABLE, ACCEPTED, "jane+tag@good.test" WHAT "a local part with a tag"),
    BOX(DELIVERABLE, ACCEPTED, "jane@six.test" WHAT "as jane@good.test, one DNS question more"),
    BOX(DELIVERABLE, ACCEPTED, "jane@implicit.test" WHAT "no MX: the domain's own address is tried"),
    BOX(RISKY, CATCH_ALL, "any@catchall.test" WHAT "every local part is accepted"),
    BOX(RISKY, CATCH_ALL_NOT_ESTABLISHED, "jane@shy.test" WHAT "accepted, but the decoy is greylisted"),
    BOX(RISKY, ACCEPTS_BY_SHAPE, "jane.doe@shape.test" OPTIONS "--decoys 2"
        WHAT "whatever looks like a name is accepted, random letters are not"),
    BOX(RISKY, CATCH_ALL_NOT_ESTABLISHED, "jane@once.test"
        WHAT "one recipient a conversation, then 421: the decoy goes unanswered"),
    BOX(RISKY, ROLE, APP_SANDBOX_FROM WHAT "the sender that --sandbox uses: a function, not a person"),

    /* servers that refuse us: nothing is learnt of the mailbox */
    BOX(UNKNOWN, IP_BLOCKED, "jane@blocked.test" WHAT "554 instead of a greeting, naming a block list"),
    BOX(UNKNOWN, IP_BLOCKED, "jane@blockedmail.test" WHAT "MAIL is refused, naming a block list"),
    BOX(UNKNOWN, IP_BLOCKED, "jane@blockedrcpt.test" SAYS "" WHAT "RCPT is refused, naming a block list"),
    BOX(UNKNOWN, POLICY_REJECTED, "jane@spf.test" WHAT "our sender fails SPF"),
    BOX(UNKNOWN, POLICY_REJECTED, "jane@ptr.test" WHAT "our address has no PTR record"),
    BOX(UNKNOWN, POLICY_REJECTED, "jane@policy.test" SAYS "" WHAT "refused by policy, no further word"),
    BOX(UNKNOWN, POLICY_REJECTED, "jane@badhelo.test" WHAT "our EHLO name is refused"),
    BOX(UNKNOWN, SPAM_OR_CONTENT, "jane@spam.test" SAYS "" WHAT "we look like a spammer"),
    BOX(UNKNOWN, AUTH_REQUIRED, "jane@login.test" SAYS "" WHAT "a submission server: wants a login"),
    BOX(UNKNOWN, DOMAIN_NOT_ACCEPTED, "jane@norelay.test" SAYS ""
        WHAT "the server does not know the domain: a wrong MX"),
    BOX(UNKNOWN, RATE_LIMITED, "jane@busy.test" WHAT "421 instead of a greeting: too many connections"),
    BOX(UNKNOWN, RATE_LIMITED, "jane@slowdown.test" WHAT "MAIL is deferred: too fast"),
    BOX(UNKNOWN, SERVER_TEMPORARY, "jane@trouble.test" SAYS "" WHAT "the server has trouble of its own"),
    BOX(UNKNOWN, SERVER_TEMPORARY, "jane@closing.test" SAYS "" WHAT "421 to RCPT: the server shuts down"),
    BOX(UNKNOWN, SERVER_TEMPORARY, "jane@leaving.test" WHAT "421 between MAIL and RCPT: the server shuts down"),
    BOX(UNKNOWN, MESSAGE_TOO_BIG, "jane@toobig.test" WHAT "MAIL is refused for the size of a message"),
    BOX(UNDELIVERABLE, DOMAIN_NOT_ACCEPTED, "jane@closed521.test"
        WHAT "521 instead of a greeting: takes no mail (RFC 7504)"),
    BOX(UNKNOWN, OTHER, "jane@unhelpful.test" SAYS "" WHAT "550 and not a word why"),
    BOX(UNKNOWN, POLICY_REJECTED, "jane@nobounce.test" WHAT "our sender cannot be checked"),

    /* servers with manners of their own */
    BOX(DELIVERABLE, ACCEPTED, "jane@plain.test" WHAT "no extensions: one command at a time"),
    BOX(DELIVERABLE, ACCEPTED, "jane@alone.test" WHAT "finds fault with PIPELINING, which it offers"),
    BOX(DELIVERABLE, ACCEPTED, "jane@old.test" WHAT "HELO only"),
    BOX(DELIVERABLE, ACCEPTED, "jane@oldest.test" WHAT "hangs up on EHLO, takes HELO"),
    BOX(DELIVERABLE, ACCEPTED, "jane@chatty.test" WHAT "a greeting in three lines, odd extensions"),
    BOX(DELIVERABLE, ACCEPTED, "jane@lf.test" WHAT "lines end in a bare LF"),
    BOX(DELIVERABLE, ACCEPTED, "jane@trickle.test" WHAT "writes byte by byte"),
    BOX(DELIVERABLE, ACCEPTED, "jane@slow.test" WHAT "thinks a second about each of three commands"),
    BOX(DELIVERABLE, ACCEPTED, "jane@teaser.test" WHAT "a pause within the greeting, to catch early talkers"),
    BOX(DELIVERABLE, ACCEPTED, "jane@rset.test" WHAT "answers QUIT with a reset"),
    BOX(DELIVERABLE, ACCEPTED, "jane@wide.test" WHAT "a greeting of 2,048 bytes"),
    BOX(DELIVERABLE, ACCEPTED, "jürgen@utf8.test" WHAT "a UTF-8 local part, SMTPUTF8 offered"),
    BOX(UNKNOWN, NO_SMTPUTF8, "jürgen@good.test" WHAT "a UTF-8 local part, SMTPUTF8 not offered"),

    /* TLS */
    BOX(DELIVERABLE, ACCEPTED, "jane@tls.test" WHAT "STARTTLS works"),
    BOX(DELIVERABLE, ACCEPTED, "jane@tlsmust.test" WHAT "STARTTLS works and is required"),
    BOX(UNKNOWN, TLS_REQUIRED, "john@tlsmust.test" OPTIONS "--tls never" WHAT "STARTTLS is required and we may not"),
    BOX(DELIVERABLE, ACCEPTED, "jane@tls12.test" OPTIONS "--tls must" WHAT "TLS 1.2 at most"),
    BOX(DELIVERABLE, ACCEPTED, "jane@bigchain.test" WHAT "STARTTLS required, with 8 KB of certificates"),
    BOX(DELIVERABLE, ACCEPTED, "jane@expired.test" WHAT "the certificate has expired: noted"),
    BOX(DELIVERABLE, ACCEPTED, "jane@stranger.test" WHAT "the certificate is another host's: noted"),
    BOX(UNKNOWN, TLS_FAILED, "john@tls.test" OPTIONS "--tls must --tls-verify"
        WHAT "a certificate that nobody vouches for, and we insist"),
    BOX(DELIVERABLE, ACCEPTED, "jane@tlsbroken.test" WHAT "STARTTLS is offered and breaks: once more in clear"),
    BOX(UNKNOWN, TLS_FAILED, "john@tlsbroken.test" OPTIONS "--tls must" WHAT "STARTTLS is offered and breaks"),
    BOX(DELIVERABLE, ACCEPTED, "jane@tlsalert.test" WHAT "the handshake ends in an alert: once more in clear"),
    BOX(DELIVERABLE, ACCEPTED, "jane@tlsdrop.test" WHAT "hangs up on STARTTLS; once more in clear"),
    BOX(DELIVERABLE, ACCEPTED, "jane@tlslater.test" WHAT "454 to STARTTLS: goes on in clear"),
    BOX(UNKNOWN, PROTOCOL_ERROR, "jane@tlsinject.test" WHAT "clear text smuggled in behind STARTTLS"),
    BOX(UNKNOWN, TLS_REQUIRED, "jane@tlsrequired.test" WHAT "530 to MAIL, and no STARTTLS is offered"),
    BOX(UNKNOWN, TLS_FAILED, "john@good.test" OPTIONS "--tls must" WHAT "we insist on TLS and none is offered"),

    /* several exchanges */
    BOX(DELIVERABLE, ACCEPTED, "jane@deadfirst.test" WHAT "the first MX refuses connections, the second works"),
    BOX(UNDELIVERABLE, USER_UNKNOWN, "nobody@deadfirst.test" SAYS "550 5.1.1 <%>: no such user here"
        WHAT "the second MX knows no such mailbox"),
    BOX(DELIVERABLE, ACCEPTED, "jane@halfdead.test" WHAT "the MX has two addresses, one refuses connections"),
    BOX(DELIVERABLE, ACCEPTED, "jane@crowd.test" WHAT "three exchanges, two of them one dead address"),
    BOX(RISKY, BACKUP_MX, "jane@backup.test" WHAT "the first MX is busy, the second takes everything"),
    BOX(DELIVERABLE, ACCEPTED, "jane@mixed.test" WHAT "the MX has a private address too: skipped"),
    BOX(UNKNOWN, UNREACHABLE, "jane@dead.test" WHAT "the only MX refuses connections"),

    /* DNS */
    BOX(DELIVERABLE, ACCEPTED, "jane@cname.test" WHAT "the domain is an alias"),
    BOX(DELIVERABLE, ACCEPTED, "jane@chain.test" WHAT "an alias of an alias of an alias"),
    BOX(DELIVERABLE, ACCEPTED, "jane@aliasmx.test" WHAT "the exchange is an alias"),
    BOX(DELIVERABLE, ACCEPTED, "jane@signed.test" WHAT "a signed zone"),
    BOX(DELIVERABLE, ACCEPTED, "jane@nullplus.test" WHAT "a null MX beside a real one"),
    BOX(DELIVERABLE, ACCEPTED, "jane@truncated.test" WHAT "more MX records than a datagram holds: over TCP"),
    BOX(DELIVERABLE, ACCEPTED, "jane@tcponly.test" WHAT "every answer over UDP is truncated"),
    BOX(DELIVERABLE, ACCEPTED, "jane@noedns.test" WHAT "FORMERR to a question with EDNS"),
    BOX(DELIVERABLE, ACCEPTED, "jane@spoof.test" WHAT "a forged answer arrives before the real one"),
    BOX(DELIVERABLE, ACCEPTED, "jane@lossy.test" WHAT "every other question is lost"),
    BOX(DELIVERABLE, ACCEPTED, "jane@sickv6.test" WHAT "SERVFAIL for AAAA, an A record is there"),
    BOX(UNDELIVERABLE, NO_SUCH_DOMAIN, "jane@nosuch.test" WHAT "no such domain"),
    BOX(UNDELIVERABLE, NO_SUCH_DOMAIN, "jane@dangling.test" WHAT "an alias of a name that does not exist"),
    BOX(UNDELIVERABLE, NULL_MX, "jane@nullmx.test" WHAT "a null MX: the domain takes no mail (RFC 7505)"),
    BOX(UNDELIVERABLE, NO_MAIL_HOST, "jane@nomail.test" WHAT "the domain exists, with neither MX nor address"),
    BOX(UNDELIVERABLE, MX_UNRESOLVABLE, "jane@badmx.test" WHAT "the names of the exchanges do not exist"),
    BOX(UNKNOWN, MX_UNRESOLVABLE, "jane@ipmx.test" WHAT "the MX record holds an address, not a name"),
    BOX(UNKNOWN, MX_UNRESOLVABLE, "jane@sickmx.test" WHAT "SERVFAIL for the exchange's address"),
    BOX(UNKNOWN, TARGET_POLICY, "jane@localmx.test" WHAT "the exchange has an address of documentation"),
    BOX(UNKNOWN, TARGET_POLICY, "jane@privatemx.test" WHAT "the exchange has a private address"),
    BOX(UNKNOWN, TARGET_POLICY, "jane@zeromx.test" WHAT "the exchange has the address 0.0.0.0"),
    BOX(UNKNOWN, TARGET_POLICY, "jane@v6only.test" WHAT "the exchange has an IPv6 address of documentation"),
    BOX(UNKNOWN, DNS_FAILURE, "jane@servfail.test" WHAT "SERVFAIL"),
    BOX(UNKNOWN, DNS_FAILURE, "jane@bogus.test" WHAT "SERVFAIL: the signatures are wrong, and an error code says so"),
    BOX(UNKNOWN, DNS_FAILURE, "jane@lame.test" WHAT "SERVFAIL: no server of the domain can be reached"),
    BOX(UNKNOWN, DNS_FAILURE, "jane@refused.test" WHAT "REFUSED"),
    BOX(UNKNOWN, DNS_FAILURE, "jane@malformed.test" WHAT "answers that end too early"),
    BOX(UNKNOWN, DNS_FAILURE, "jane@aliasloop.test" WHAT "aliases that lead in a circle"),
    BOX(UNKNOWN, DNS_FAILURE, "jane@sickaddr.test" WHAT "no MX, and SERVFAIL for the address"),
    BOX(UNKNOWN, TIMEOUT, "jane@dnstimeout.test" OPTIONS "--timeout 3" WHAT "the name server says nothing"),

    /* servers that cannot be talked to */
    BOX(UNKNOWN, PROTOCOL_ERROR, "jane@garbage.test" WHAT "HTTP, not SMTP"),
    BOX(UNKNOWN, PROTOCOL_ERROR, "jane@ssh.test" WHAT "SSH, not SMTP"),
    BOX(UNKNOWN, PROTOCOL_ERROR, "jane@mixedcodes.test" SAYS "" WHAT "a reply with two codes in it"),
    BOX(UNKNOWN, PROTOCOL_ERROR, "jane@endless.test" WHAT "a greeting that never ends"),
    BOX(UNKNOWN, PROTOCOL_ERROR, "jane@longline.test" WHAT "a greeting of one line of 12,000 bytes"),
    BOX(UNKNOWN, CLOSED, "jane@drop.test" WHAT "hangs up on MAIL"),
    BOX(UNKNOWN, CLOSED, "jane@dropgreet.test" WHAT "hangs up at once"),
    BOX(UNKNOWN, CLOSED, "jane@dropehlo.test" WHAT "hangs up on EHLO and on HELO"),
    BOX(UNKNOWN, CLOSED, "jane@droprcpt.test" SAYS "" WHAT "hangs up on RCPT"),
    BOX(UNKNOWN, CLOSED, "jane@reset.test" SAYS "" WHAT "resets the connection on RCPT"),
    BOX(UNKNOWN, CLOSED, "jane@halfreply.test" SAYS "" WHAT "hangs up in the middle of a reply"),
    BOX(UNKNOWN, TIMEOUT, "jane@silent.test" OPTIONS "--timeout 3" WHAT "never greets"),
    BOX(UNKNOWN, TIMEOUT, "jane@mutercpt.test" SAYS "" OPTIONS "--timeout 3" WHAT "never answers RCPT"),
    BOX(UNKNOWN, TIMEOUT, "jane@tlsmute.test" OPTIONS "--timeout 3" WHAT "never goes on after STARTTLS"),
    BOX(UNKNOWN, TIMEOUT, "jane@mutefirst.test" OPTIONS "--timeout 3"
        WHAT "the first MX never greets; time is up before the second"),
};
struct world_box world_boxes[COUNT(world_box_rows)];
const unsigned world_boxes_n = COUNT(world_boxes);
/* clang-format on */

/* field[0] is the name, field[1 + i] what has the i-th letter of `letters`, or NULL. */
static void world_read(const char *p, const char *letters, const char *field[10])
{
    memset(field, 0, 10 * sizeof *field);
    field[0] = p;
    while (*(p += strlen(p) + 1))
        field[1 + (strchr(letters, *p) - letters)] = p + 1;
}

void world_open(void)
{
    const char *field[10];

    for (size_t i = 0; i < COUNT(world_servers); i++) {
        const struct world_row *row = &world_server_rows[i];
        world_read(row->text, "gehsmrqot", field);
        world_servers[i] = (struct world_server) {
            field[0], field[1], field[2], field[3], field[4],   field[5],  field[6],
            field[7], field[8], field[9], row->tls, row->flags, row->pref, row->most};
    }
    for (size_t i = 0; i < COUNT(world_boxes); i++) {
        const struct world_row *row = &world_box_rows[i];
        world_read(row->text, "slow", field);
        world_boxes[i] = (struct world_box) {field[0],
                                             (enum quoth_verdict)row->verdict,
                                             (enum quoth_reason)row->reason,
                                             field[1],
                                             field[2],
                                             field[3],
                                             field[4]};
    }
    for (size_t i = 0; i < COUNT(world_records); i++) {
        struct world_record *record = &world_records[i];
        uint32_t pref;
        size_t digits;
        record->owner = world_record_rows[i].owner;
        record->type = (uint8_t)*world_record_rows[i].text;
        record->data = world_record_rows[i].text + 1;
        if (record->type != WORLD_MX)
            continue;
        digits = app_number(record->data, &pref);
        if (record->data[digits] == ' ')
            record->data += digits + 1;
        else
            pref = 10;
        record->pref = (uint16_t)pref;
    }
}

void world_say(char *said, size_t cap, const char *text)
{
    const char *again = text;
    unsigned times = 0;
    size_t n = 0;

    while (*text && n + 1 < cap)
        if (*text == *SANDBOX_TIMES) {
            times = (uint8_t)text[1];
            again = text += 2;
        } else if (*text == *SANDBOX_END) {
            text = --times ? again : text + 1;
        } else {
            said[n++] = *text++;
        }
    said[n] = 0;
}

/* .53 is the DNS server, and nobody listens on .254. */
unsigned world_place(unsigned server) { return server + 1 < SANDBOX_DNS ? server + 1 : server + 2; }

int world_same(const char *a, const char *b)
{
    for (;; a++, b++) {
        int x = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a, y = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;
        if (x != y)
            return 0;
        if (!x)
            return 1;
    }
}

/* First the records of the table, then two for each server: its MX and its address. An owner of ""
 * is a gap. */
int world_record_at(unsigned i, struct world_record *record, char buf[128])
{
    const struct world_server *server;
    if (i < COUNT(world_records)) {
        *record = world_records[i];
        return 1;
    }
    i -= (unsigned)COUNT(world_records);
    if (i / 2 >= COUNT(world_servers))
        return 0;
    server = &world_servers[i / 2];
    snprintf(buf, 128, "mx.%s", server->domain);
    if (i % 2 == 0)
        *record = (struct world_record) {
            server->flags & (WORLD_IMPLICIT | WORLD_NO_MX) ? "" : server->domain, WORLD_MX,
            server->pref ? server->pref : 10, buf};
    else
        *record = (struct world_record) {server->flags & WORLD_IMPLICIT ? server->domain : buf,
                                         WORLD_A, 0, server->domain};
    return 1;
}

const struct world_oddity *world_oddity_of(const char *name, unsigned type)
{
    const struct world_oddity *odd = world_oddities;
    for (; odd < world_oddities + COUNT(world_oddities); odd++)
        if (world_same(odd->name, name) && (!odd->type || odd->type == type))
            return odd;
    return NULL;
}

const struct world_box *world_box_of(const char *address)
{
    for (size_t i = 0; i < COUNT(world_boxes); i++)
        if (world_same(world_boxes[i].address, address))
            return &world_boxes[i];
    return NULL;
}
