/* sandbox_world.c - the world of the sandbox: domains under .test, their servers, records and
 * mailboxes, and what quoth finds about each. Data; how to read a script stands in sandbox.h.
 *
 * To add an outcome: a row in world_boxes for a mailbox, one in world_servers for a server with
 * manners of its own (its MX record and address follow from it), world_records and world_oddities
 * for the DNS. tests/sandbox_test.sh asks about every row of world_boxes.
 *
 * Every domain but the catch-alls knows the mailboxes of its rows and no others. Reply texts are
 * made up; codes are those of RFC 5321 4.2.3, RFC 3463, RFC 7504, RFC 7505 and RFC 6531.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "sandbox.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

const struct world_server world_servers[] = {
    /* the ordinary ones */
    { .domain = "good.test", .flags = WORLD_GLUE },
    { .domain = "six.test" },
    { .domain = "catchall.test", .flags = WORLD_ANY },
    { .domain = "shy.test", .rcpt = "451 4.7.1 greylisted, please come back later" },
    { .domain = "implicit.test", .flags = WORLD_IMPLICIT },
    { .domain = CLI_SANDBOX_HELO },

    /* servers that refuse us, not the mailbox */
    { .domain = "blocked.test", .greet = "554 5.7.1 your address is on a block list, bl.test" },
    { .domain = "blockedmail.test", .mail = "550 5.7.1 your address is on the block list bl.test" },
    { .domain = "blockedrcpt.test",
      .rcpt = "554 5.7.1 your client address is blocked, see the block list bl.test" },
    { .domain = "spf.test", .mail = "550 5.7.23 the SPF record of your sender's domain does not name your address" },
    { .domain = "ptr.test", .greet = "554 5.7.25 your address has no reverse DNS (PTR) name" },
    { .domain = "policy.test", .rcpt = "550 5.7.1 refused by local policy" },
    { .domain = "badhelo.test", .ehlo = "550 5.7.1 policy: that name does not belong to your address",
      .helo = "550 5.7.1 policy: that name does not belong to your address" },
    { .domain = "spam.test", .rcpt = "554 5.7.1 this looks like spam" },
    { .domain = "login.test", .rcpt = "530 5.7.0 authentication required", .offer = "PIPELINING\nAuth LOGIN PLAIN" },
    { .domain = "norelay.test", .rcpt = "550 5.7.1 <%>: relaying denied" },
    { .domain = "busy.test", .greet = "421 4.7.0 too many connections from your address, come back later\n!" },
    { .domain = "slowdown.test", .mail = "450 4.7.1 you are sending too fast: rate limit exceeded" },
    { .domain = "trouble.test", .rcpt = "451 4.3.0 a lookup failed here, try again later" },
    { .domain = "closing.test", .rcpt = "421 4.3.2 the system is shutting down\n!" },
    { .domain = "leaving.test", .mail = "250 2.1.0 fine\n421 4.3.2 the system is shutting down\n!" },
    { .domain = "toobig.test", .mail = "552 5.3.4 message size exceeds a fixed limit" },
    { .domain = "closed521.test", .greet = "521 5.3.2 this host takes no mail\n!" },
    { .domain = "unhelpful.test", .rcpt = "550 no" },
    { .domain = "nobounce.test", .mail = "451 4.7.1 your sender could not be checked at present" },

    /* servers with manners of their own, nothing wrong with them */
    { .domain = "plain.test", .offer = "" },
    { .domain = "old.test", .ehlo = "502 5.5.1 no such command", .offer = "" },
    { .domain = "oldest.test", .ehlo = "!", .offer = "" },
    { .domain = "chatty.test", .greet = "220-mx.chatty.test here\n~100\n220-with rules\n220 that nobody reads",
      .offer = "PIPELINING\nETRN\nHELP\nDSN\nSIZE 99999999999999999999\nXSTARTTLS\nSTARTTLS-not\nAuth=LOGIN" },
    { .domain = "lf.test", .flags = WORLD_BARE_LF },
    { .domain = "trickle.test", .flags = WORLD_TRICKLE },
    { .domain = "slow.test", .greet = "~1000\n220 mx.slow.test at last",
      .ehlo = "~1000\n250-mx.slow.test\n250 PIPELINING", .mail = "~1000\n250 2.1.0 fine" },
    { .domain = "teaser.test", .greet = "220-mx.teaser.test, wait for it\n~1500\n220 mx.teaser.test" },
    { .domain = "utf8.test", .offer = "PIPELINING\nSMTPUTF8\n8BITMIME" },
    { .domain = "once.test", .most = 1 },
    { .domain = "rset.test", .quit = "!!" },
    { .domain = "wide.test", .greet = "#2048 220 mx.wide.test" },

    /* TLS */
    { .domain = "tls.test", .tls = WORLD_TLS_FINE },
    { .domain = "tlsmust.test", .tls = WORLD_TLS_FINE, .flags = WORLD_TLS_MUST },
    { .domain = "tls12.test", .tls = WORLD_TLS_12 },
    { .domain = "bigchain.test", .tls = WORLD_TLS_CHAIN, .flags = WORLD_TLS_MUST },
    { .domain = "expired.test", .tls = WORLD_TLS_EXPIRED },
    { .domain = "stranger.test", .tls = WORLD_TLS_STRANGER },
    { .domain = "tlsbroken.test", .starttls = "220 2.0.0 go ahead\n~100\n500 5.3.3 or rather not\n!" },
    { .domain = "tlsalert.test", .tls = WORLD_TLS_ALERT },
    { .domain = "tlslater.test", .starttls = "454 4.7.0 TLS is not available just now" },
    { .domain = "tlsinject.test", .starttls = "220 2.0.0 go ahead\n250 2.1.5 and this, in clear\n~" },
    { .domain = "tlsdrop.test", .starttls = "!" },
    { .domain = "tlsmute.test", .starttls = "220 2.0.0 go ahead\n~" },
    { .domain = "tlsrequired.test", .mail = "530 5.7.0 this server requires STARTTLS" },

    /* several exchanges */
    { .domain = "deadfirst.test", .pref = 20 },
    { .domain = "mutefirst.test", .pref = 20 },
    { .domain = "backup.test", .pref = 20, .flags = WORLD_ANY },
    { .domain = "mixed.test", .flags = WORLD_NO_MX },
    { .domain = "crowd.test", .flags = WORLD_NO_MX },

    /* the ones that cannot be talked to */
    { .domain = "garbage.test", .greet = "HTTP/1.1 400 Bad Request\n\n<h1>what?</h1>\n!" },
    { .domain = "ssh.test", .greet = "SSH-2.0-OpenSSH_9.2\n~" },
    { .domain = "mixedcodes.test", .rcpt = "250-2.1.5 yes\n550 5.1.1 no" },
    { .domain = "endless.test", .greet = "*220-and another thing" },
    { .domain = "longline.test", .greet = "#12000 220 mx.longline.test" },
    { .domain = "silent.test", .greet = "~" },
    { .domain = "mutercpt.test", .rcpt = "~" },
    { .domain = "halfreply.test", .rcpt = "250-2.1.5 <%> is\n!" },
    { .domain = "drop.test", .mail = "!" },
    { .domain = "dropgreet.test", .greet = "!" },
    { .domain = "dropehlo.test", .ehlo = "!", .helo = "!" },
    { .domain = "droprcpt.test", .rcpt = "!" },
    { .domain = "reset.test", .rcpt = "!!" },
};
const unsigned world_servers_n = COUNT(world_servers);

const struct world_record world_records[] = {
    /* a name that exists and has neither MX nor address */
    { "nomail.test", WORLD_TXT, 0, "v=spf1 -all" },
    { "nullmx.test", WORLD_MX, 0, "." },
    { "nullmx.test", WORLD_A, 0, "127.0.0.1" },
    { "nullplus.test", WORLD_MX, 0, "." },
    { "nullplus.test", WORLD_MX, 10, "mx.six.test" },

    /* exchanges that are of no use */
    { "badmx.test", WORLD_MX, 10, "gone1.badmx.test" },
    { "badmx.test", WORLD_MX, 20, "gone2.badmx.test" },
    { "badmx.test", WORLD_A, 0, "good.test" },           /* never to be fallen back to (RFC 5321 5.1) */
    { "sickmx.test", WORLD_MX, 10, "mx.servfail.test" },
    { "ipmx.test", WORLD_MX, 10, "192.0.2.1" },
    { "localmx.test", WORLD_MX, 10, "mx.localmx.test" },
    { "mx.localmx.test", WORLD_A, 0, "192.0.2.25" },
    { "privatemx.test", WORLD_MX, 10, "mx.privatemx.test" },
    { "mx.privatemx.test", WORLD_A, 0, "10.0.0.25" },
    { "zeromx.test", WORLD_MX, 10, "mx.zeromx.test" },
    { "mx.zeromx.test", WORLD_A, 0, "0.0.0.0" },
    { "v6only.test", WORLD_MX, 10, "mx.v6only.test" },
    { "mx.v6only.test", WORLD_AAAA, 0, "2001:db8::25" },
    { "dead.test", WORLD_MX, 10, "nobody-listens.test" },
    { "nobody-listens.test", WORLD_A, 0, "254" },

    /* exchanges beside others */
    { "deadfirst.test", WORLD_MX, 10, "nobody-listens.test" },
    { "mutefirst.test", WORLD_MX, 10, "mx.silent.test" },
    { "backup.test", WORLD_MX, 10, "mx.busy.test" },
    { "mixed.test", WORLD_MX, 10, "both.mixed.test" },
    { "both.mixed.test", WORLD_A, 0, "10.1.2.3" },
    { "both.mixed.test", WORLD_A, 0, "mixed.test" },
    { "halfdead.test", WORLD_MX, 10, "two.halfdead.test" },
    { "two.halfdead.test", WORLD_A, 0, "254" },
    { "two.halfdead.test", WORLD_A, 0, "six.test" },
    { "crowd.test", WORLD_MX, 10, "a.crowd.test" },
    { "crowd.test", WORLD_MX, 10, "b.crowd.test" },
    { "crowd.test", WORLD_MX, 20, "c.crowd.test" },
    { "a.crowd.test", WORLD_A, 0, "254" },
    { "b.crowd.test", WORLD_A, 0, "254" },
    { "c.crowd.test", WORLD_A, 0, "crowd.test" },

    /* aliases */
    { "cname.test", WORLD_CNAME, 0, "good.test" },
    { "chain.test", WORLD_CNAME, 0, "link1.chain.test" },
    { "link1.chain.test", WORLD_CNAME, 0, "link2.chain.test" },
    { "link2.chain.test", WORLD_CNAME, 0, "six.test" },
    { "aliasmx.test", WORLD_MX, 10, "alias.aliasmx.test" },
    { "alias.aliasmx.test", WORLD_CNAME, 0, "mx.six.test" },
    { "aliasloop.test", WORLD_CNAME, 0, "pool.aliasloop.test" },
    { "pool.aliasloop.test", WORLD_CNAME, 0, "aliasloop.test" },
    { "dangling.test", WORLD_CNAME, 0, "nosuch.test" },

    /* names the DNS server is odd about, below */
    { "servfail.test", WORLD_MX, 10, "mx.servfail.test" },
    { "refused.test", WORLD_MX, 10, "mx.six.test" },
    { "dnstimeout.test", WORLD_MX, 10, "mx.six.test" },
    { "malformed.test", WORLD_MX, 10, "mx.six.test" },
    { "lossy.test", WORLD_MX, 10, "mx.six.test" },
    { "spoof.test", WORLD_MX, 10, "mx.six.test" },
    { "noedns.test", WORLD_MX, 10, "mx.six.test" },
    { "truncated.test", WORLD_MX, 10, "mx.six.test" },
    { "tcponly.test", WORLD_MX, 10, "mx.six.test" },
    { "sickv6.test", WORLD_MX, 10, "mx.sickv6.test" },
    { "mx.sickv6.test", WORLD_A, 0, "six.test" },
    { "sickaddr.test", WORLD_TXT, 0, "neither MX nor an answer about addresses" },
};
const unsigned world_records_n = COUNT(world_records);

const struct world_oddity world_oddities[] = {
    { "servfail.test", 0, WORLD_DNS_SERVFAIL },
    { "mx.servfail.test", 0, WORLD_DNS_SERVFAIL },
    { "refused.test", 0, WORLD_DNS_REFUSED },
    { "dnstimeout.test", 0, WORLD_DNS_MUTE },
    { "malformed.test", 0, WORLD_DNS_MALFORMED },
    { "lossy.test", 0, WORLD_DNS_LOSSY },
    { "spoof.test", 0, WORLD_DNS_SPOOF },
    { "noedns.test", 0, WORLD_DNS_NO_EDNS },
    { "truncated.test", WORLD_MX, WORLD_DNS_MANY },
    { "tcponly.test", 0, WORLD_DNS_TCP },
    { "mx.sickv6.test", WORLD_AAAA, WORLD_DNS_SERVFAIL },
    { "sickaddr.test", WORLD_A, WORLD_DNS_SERVFAIL },
};
const unsigned world_oddities_n = COUNT(world_oddities);

#define BOX(addr, verd, reas, ...) \
    { .address = addr, .verdict = QUOTH_VERDICT_##verd, .reason = QUOTH_REASON_##reas, __VA_ARGS__ }

const struct world_box world_boxes[] = {
    /* what a server says of a mailbox */
    BOX("jane@good.test", DELIVERABLE, ACCEPTED, .what = "an ordinary mailbox"),
    BOX("nobody@good.test", UNDELIVERABLE, USER_UNKNOWN, .says = "550 5.1.1 <%>: no such user here",
        .what = "no such mailbox"),
    BOX("gone@good.test", UNDELIVERABLE, USER_UNKNOWN, .says = "550 no such user here",
        .what = "no such mailbox, and no enhanced code"),
    BOX("moved@good.test", UNDELIVERABLE, USER_UNKNOWN, .says = "551 5.1.6 this mailbox has moved",
        .what = "the mailbox has moved away"),
    BOX("wordy@good.test", UNDELIVERABLE, USER_UNKNOWN,
        .says = "550-5.1.1 <%> was looked for\n550-5.1.1 high and low:\n550 5.1.1 no such user here",
        .what = "no such mailbox, said in three lines"),
    BOX("long@good.test", UNDELIVERABLE, USER_UNKNOWN, .says = "#2000 550 5.1.1 no such user here ",
        .what = "no such mailbox, said in 2,000 bytes"),
    BOX("escape@good.test", UNDELIVERABLE, USER_UNKNOWN,
        .says = "550 5.1.1 no such user \033[31m\a\xff\xe2\x80\xae here",
        .what = "terminal controls and bytes of no character set in the reply"),
    BOX("full@good.test", RISKY, MAILBOX_FULL, .says = "552 5.2.2 the mailbox is full",
        .what = "over quota, a lasting refusal"),
    BOX("fullnow@good.test", RISKY, MAILBOX_FULL, .says = "452 4.2.2 mailbox full, over its quota",
        .what = "over quota, for now"),
    BOX("disabled@good.test", RISKY, MAILBOX_DISABLED, .says = "550 5.2.1 this account is disabled",
        .what = "the account is switched off"),
    BOX("greylisted@good.test", UNKNOWN, GREYLISTED, .says = "451 4.7.1 greylisted, please come back later",
        .later = "250 2.1.5 welcome back", .what = "refused at first, accepted when asked again after --grey seconds"),
    BOX("ratelimited@good.test", UNKNOWN, RECIPIENT_RATE_LIMITED,
        .says = "450 4.2.1 this mailbox is receiving mail too quickly, try again later",
        .what = "the mailbox gets too much mail just now"),
    BOX("restricted@good.test", UNKNOWN, RECIPIENT_RESTRICTED,
        .says = "550 5.7.1 only members of the group may write to this recipient",
        .what = "the mailbox takes mail from some only"),
    BOX("forwarded@good.test", DELIVERABLE, ACCEPTED, .says = "251 2.1.5 not local, will forward",
        .what = "accepted, and forwarded elsewhere"),
    BOX("perhaps@good.test", RISKY, NOT_VERIFIABLE, .says = "252 2.1.5 cannot verify, but will try",
        .what = "the server will not say (252)"),
    BOX("badsyntax@good.test", UNDELIVERABLE, RECIPIENT_SYNTAX, .says = "501 5.1.3 bad syntax in the recipient address",
        .what = "an ordinary address, and the server cannot read it"),
    BOX("\"bad syntax\"@good.test", UNKNOWN, RECIPIENT_SYNTAX, .says = "501 5.1.3 bad syntax in the recipient address",
        .what = "a quoted local part, and the server cannot read it"),
    BOX("nodomain@good.test", UNDELIVERABLE, DOMAIN_NOT_FOUND, .says = "550 5.1.2 the recipient's domain was not found",
        .what = "the server says that there is no such domain"),
    BOX("nomail@good.test", UNDELIVERABLE, DOMAIN_NOT_ACCEPTED, .says = "556 5.1.10 that domain does not accept mail",
        .what = "the server says that the domain takes no mail (RFC 7504)"),
    BOX("toomany@good.test", UNKNOWN, RATE_LIMITED, .says = "452 4.5.3 too many recipients",
        .what = "a limit of this conversation, not of the mailbox"),
    BOX("ghost@good.test", UNKNOWN, PROTOCOL_ERROR, .says = "550 5.1.1 no such user\n250 2.1.5 a reply to nothing",
        .what = "a second reply behind the first: whose is whose?"),
    BOX("ghostly@good.test", UNKNOWN, PROTOCOL_ERROR, .says = "250 2.1.5 fine\n250 2.1.5 a reply to nothing",
        .what = "a second reply behind the first: whose is whose?"),
    BOX("\"jane doe\"@good.test", DELIVERABLE, ACCEPTED, .what = "a quoted local part"),
    BOX("jane+tag@good.test", DELIVERABLE, ACCEPTED, .what = "a local part with a tag"),
    BOX("jane@six.test", DELIVERABLE, ACCEPTED, .what = "as jane@good.test, one DNS question more"),
    BOX("jane@implicit.test", DELIVERABLE, ACCEPTED, .what = "no MX: the domain's own address is tried"),
    BOX("any@catchall.test", RISKY, CATCH_ALL, .what = "every local part is accepted"),
    BOX("jane@shy.test", RISKY, CATCH_ALL_NOT_ESTABLISHED, .what = "accepted, but the decoy is greylisted"),
    BOX("jane@once.test", RISKY, CATCH_ALL_NOT_ESTABLISHED,
        .what = "one recipient a conversation, then 421: the decoy goes unanswered"),
    BOX(CLI_SANDBOX_FROM, RISKY, ROLE, .what = "the sender that --sandbox uses: a function, not a person"),

    /* servers that refuse us: nothing is learnt of the mailbox */
    BOX("jane@blocked.test", UNKNOWN, IP_BLOCKED, .what = "554 instead of a greeting, naming a block list"),
    BOX("jane@blockedmail.test", UNKNOWN, IP_BLOCKED, .what = "MAIL is refused, naming a block list"),
    BOX("jane@blockedrcpt.test", UNKNOWN, IP_BLOCKED, .says = "", .what = "RCPT is refused, naming a block list"),
    BOX("jane@spf.test", UNKNOWN, POLICY_REJECTED, .what = "our sender fails SPF"),
    BOX("jane@ptr.test", UNKNOWN, POLICY_REJECTED, .what = "our address has no PTR record"),
    BOX("jane@policy.test", UNKNOWN, POLICY_REJECTED, .says = "", .what = "refused by policy, no further word"),
    BOX("jane@badhelo.test", UNKNOWN, POLICY_REJECTED, .what = "our EHLO name is refused"),
    BOX("jane@spam.test", UNKNOWN, SPAM_OR_CONTENT, .says = "", .what = "we look like a spammer"),
    BOX("jane@login.test", UNKNOWN, AUTH_REQUIRED, .says = "", .what = "a submission server: wants a login"),
    BOX("jane@norelay.test", UNKNOWN, DOMAIN_NOT_ACCEPTED, .says = "",
        .what = "the server does not know the domain: a wrong MX"),
    BOX("jane@busy.test", UNKNOWN, RATE_LIMITED, .what = "421 instead of a greeting: too many connections"),
    BOX("jane@slowdown.test", UNKNOWN, RATE_LIMITED, .what = "MAIL is deferred: too fast"),
    BOX("jane@trouble.test", UNKNOWN, SERVER_TEMPORARY, .says = "", .what = "the server has trouble of its own"),
    BOX("jane@closing.test", UNKNOWN, SERVER_TEMPORARY, .says = "", .what = "421 to RCPT: the server shuts down"),
    BOX("jane@leaving.test", UNKNOWN, SERVER_TEMPORARY, .what = "421 between MAIL and RCPT: the server shuts down"),
    BOX("jane@toobig.test", UNKNOWN, MESSAGE_TOO_BIG, .what = "MAIL is refused for the size of a message"),
    BOX("jane@closed521.test", UNDELIVERABLE, DOMAIN_NOT_ACCEPTED,
        .what = "521 instead of a greeting: takes no mail (RFC 7504)"),
    BOX("jane@unhelpful.test", UNKNOWN, OTHER, .says = "", .what = "550 and not a word why"),
    BOX("jane@nobounce.test", UNKNOWN, POLICY_REJECTED, .what = "our sender cannot be checked"),

    /* servers with manners of their own */
    BOX("jane@plain.test", DELIVERABLE, ACCEPTED, .what = "no extensions: one command at a time"),
    BOX("jane@old.test", DELIVERABLE, ACCEPTED, .what = "HELO only"),
    BOX("jane@oldest.test", DELIVERABLE, ACCEPTED, .what = "hangs up on EHLO, takes HELO"),
    BOX("jane@chatty.test", DELIVERABLE, ACCEPTED, .what = "a greeting in three lines, odd extensions"),
    BOX("jane@lf.test", DELIVERABLE, ACCEPTED, .what = "lines end in a bare LF"),
    BOX("jane@trickle.test", DELIVERABLE, ACCEPTED, .what = "writes byte by byte"),
    BOX("jane@slow.test", DELIVERABLE, ACCEPTED, .what = "thinks a second about each of three commands"),
    BOX("jane@teaser.test", DELIVERABLE, ACCEPTED, .what = "a pause within the greeting, to catch early talkers"),
    BOX("jane@rset.test", DELIVERABLE, ACCEPTED, .what = "answers QUIT with a reset"),
    BOX("jane@wide.test", DELIVERABLE, ACCEPTED, .what = "a greeting of 2,048 bytes"),
    BOX("jürgen@utf8.test", DELIVERABLE, ACCEPTED, .what = "a UTF-8 local part, SMTPUTF8 offered"),
    BOX("jürgen@good.test", UNKNOWN, NO_SMTPUTF8, .what = "a UTF-8 local part, SMTPUTF8 not offered"),

    /* TLS */
    BOX("jane@tls.test", DELIVERABLE, ACCEPTED, .what = "STARTTLS works"),
    BOX("jane@tlsmust.test", DELIVERABLE, ACCEPTED, .what = "STARTTLS works and is required"),
    BOX("john@tlsmust.test", UNKNOWN, TLS_REQUIRED, .options = "--tls never",
        .what = "STARTTLS is required and we may not"),
    BOX("jane@tls12.test", DELIVERABLE, ACCEPTED, .options = "--tls must", .what = "TLS 1.2 at most"),
    BOX("jane@bigchain.test", DELIVERABLE, ACCEPTED, .what = "STARTTLS required, with 8 KB of certificates"),
    BOX("jane@expired.test", DELIVERABLE, ACCEPTED, .what = "the certificate has expired: noted"),
    BOX("jane@stranger.test", DELIVERABLE, ACCEPTED, .what = "the certificate is another host's: noted"),
    BOX("john@tls.test", UNKNOWN, TLS_FAILED, .options = "--tls must --tls-verify",
        .what = "a certificate that nobody vouches for, and we insist"),
    BOX("jane@tlsbroken.test", DELIVERABLE, ACCEPTED, .what = "STARTTLS is offered and breaks: once more in clear"),
    BOX("john@tlsbroken.test", UNKNOWN, TLS_FAILED, .options = "--tls must",
        .what = "STARTTLS is offered and breaks"),
    BOX("jane@tlsalert.test", DELIVERABLE, ACCEPTED, .what = "the handshake ends in an alert: once more in clear"),
    BOX("jane@tlsdrop.test", DELIVERABLE, ACCEPTED, .what = "hangs up on STARTTLS; once more in clear"),
    BOX("jane@tlslater.test", DELIVERABLE, ACCEPTED, .what = "454 to STARTTLS: goes on in clear"),
    BOX("jane@tlsinject.test", UNKNOWN, PROTOCOL_ERROR, .what = "clear text smuggled in behind STARTTLS"),
    BOX("jane@tlsrequired.test", UNKNOWN, TLS_REQUIRED, .what = "530 to MAIL, and no STARTTLS is offered"),
    BOX("john@good.test", UNKNOWN, TLS_FAILED, .options = "--tls must",
        .what = "we insist on TLS and none is offered"),

    /* several exchanges */
    BOX("jane@deadfirst.test", DELIVERABLE, ACCEPTED, .what = "the first MX refuses connections, the second works"),
    BOX("nobody@deadfirst.test", UNDELIVERABLE, USER_UNKNOWN, .says = "550 5.1.1 <%>: no such user here",
        .what = "the second MX knows no such mailbox"),
    BOX("jane@halfdead.test", DELIVERABLE, ACCEPTED, .what = "the MX has two addresses, one refuses connections"),
    BOX("jane@crowd.test", DELIVERABLE, ACCEPTED, .what = "three exchanges, two of them one dead address"),
    BOX("jane@backup.test", RISKY, BACKUP_MX, .what = "the first MX is busy, the second takes everything"),
    BOX("jane@mixed.test", DELIVERABLE, ACCEPTED, .what = "the MX has a private address too: skipped"),
    BOX("jane@dead.test", UNKNOWN, UNREACHABLE, .what = "the only MX refuses connections"),

    /* DNS */
    BOX("jane@cname.test", DELIVERABLE, ACCEPTED, .what = "the domain is an alias"),
    BOX("jane@chain.test", DELIVERABLE, ACCEPTED, .what = "an alias of an alias of an alias"),
    BOX("jane@aliasmx.test", DELIVERABLE, ACCEPTED, .what = "the exchange is an alias"),
    BOX("jane@nullplus.test", DELIVERABLE, ACCEPTED, .what = "a null MX beside a real one"),
    BOX("jane@truncated.test", DELIVERABLE, ACCEPTED, .what = "more MX records than a datagram holds: over TCP"),
    BOX("jane@tcponly.test", DELIVERABLE, ACCEPTED, .what = "every answer over UDP is truncated"),
    BOX("jane@noedns.test", DELIVERABLE, ACCEPTED, .what = "FORMERR to a question with EDNS"),
    BOX("jane@spoof.test", DELIVERABLE, ACCEPTED, .what = "a forged answer arrives before the real one"),
    BOX("jane@lossy.test", DELIVERABLE, ACCEPTED, .what = "every other question is lost"),
    BOX("jane@sickv6.test", DELIVERABLE, ACCEPTED, .what = "SERVFAIL for AAAA, an A record is there"),
    BOX("jane@nosuch.test", UNDELIVERABLE, NO_SUCH_DOMAIN, .what = "no such domain"),
    BOX("jane@dangling.test", UNDELIVERABLE, NO_SUCH_DOMAIN, .what = "an alias of a name that does not exist"),
    BOX("jane@nullmx.test", UNDELIVERABLE, NULL_MX, .what = "a null MX: the domain takes no mail (RFC 7505)"),
    BOX("jane@nomail.test", UNDELIVERABLE, NO_MAIL_HOST, .what = "the domain exists, with neither MX nor address"),
    BOX("jane@badmx.test", UNDELIVERABLE, MX_UNRESOLVABLE, .what = "the names of the exchanges do not exist"),
    BOX("jane@ipmx.test", UNKNOWN, MX_UNRESOLVABLE, .what = "the MX record holds an address, not a name"),
    BOX("jane@sickmx.test", UNKNOWN, MX_UNRESOLVABLE, .what = "SERVFAIL for the exchange's address"),
    BOX("jane@localmx.test", UNKNOWN, TARGET_POLICY, .what = "the exchange has an address of documentation"),
    BOX("jane@privatemx.test", UNKNOWN, TARGET_POLICY, .what = "the exchange has a private address"),
    BOX("jane@zeromx.test", UNKNOWN, TARGET_POLICY, .what = "the exchange has the address 0.0.0.0"),
    BOX("jane@v6only.test", UNKNOWN, TARGET_POLICY, .what = "the exchange has an IPv6 address of documentation"),
    BOX("jane@servfail.test", UNKNOWN, DNS_FAILURE, .what = "SERVFAIL"),
    BOX("jane@refused.test", UNKNOWN, DNS_FAILURE, .what = "REFUSED"),
    BOX("jane@malformed.test", UNKNOWN, DNS_FAILURE, .what = "answers that end too early"),
    BOX("jane@aliasloop.test", UNKNOWN, DNS_FAILURE, .what = "aliases that lead in a circle"),
    BOX("jane@sickaddr.test", UNKNOWN, DNS_FAILURE, .what = "no MX, and SERVFAIL for the address"),
    BOX("jane@dnstimeout.test", UNKNOWN, TIMEOUT, .options = "--timeout 3",
        .what = "the name server says nothing"),

    /* servers that cannot be talked to */
    BOX("jane@garbage.test", UNKNOWN, PROTOCOL_ERROR, .what = "HTTP, not SMTP"),
    BOX("jane@ssh.test", UNKNOWN, PROTOCOL_ERROR, .what = "SSH, not SMTP"),
    BOX("jane@mixedcodes.test", UNKNOWN, PROTOCOL_ERROR, .says = "", .what = "a reply with two codes in it"),
    BOX("jane@endless.test", UNKNOWN, PROTOCOL_ERROR, .what = "a greeting that never ends"),
    BOX("jane@longline.test", UNKNOWN, PROTOCOL_ERROR, .what = "a greeting of one line of 12,000 bytes"),
    BOX("jane@drop.test", UNKNOWN, CLOSED, .what = "hangs up on MAIL"),
    BOX("jane@dropgreet.test", UNKNOWN, CLOSED, .what = "hangs up at once"),
    BOX("jane@dropehlo.test", UNKNOWN, CLOSED, .what = "hangs up on EHLO and on HELO"),
    BOX("jane@droprcpt.test", UNKNOWN, CLOSED, .says = "", .what = "hangs up on RCPT"),
    BOX("jane@reset.test", UNKNOWN, CLOSED, .says = "", .what = "resets the connection on RCPT"),
    BOX("jane@halfreply.test", UNKNOWN, CLOSED, .says = "", .what = "hangs up in the middle of a reply"),
    BOX("jane@silent.test", UNKNOWN, TIMEOUT, .options = "--timeout 3", .what = "never greets"),
    BOX("jane@mutercpt.test", UNKNOWN, TIMEOUT, .says = "", .options = "--timeout 3", .what = "never answers RCPT"),
    BOX("jane@tlsmute.test", UNKNOWN, TIMEOUT, .options = "--timeout 3", .what = "never goes on after STARTTLS"),
    BOX("jane@mutefirst.test", UNKNOWN, TIMEOUT, .options = "--timeout 3",
        .what = "the first MX never greets; time is up before the second"),
};
const unsigned world_boxes_n = COUNT(world_boxes);

/* The DNS server has .53, and .254 is where nobody listens. */
unsigned world_place(unsigned server)
{
    return server + 1 < SANDBOX_DNS ? server + 1 : server + 2;
}

int world_same(const char *a, const char *b)
{
    for (;; a++, b++) {
        int x = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a, y = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;
        if (x != y) return 0;
        if (!x) return 1;
    }
}

/* The written ones, then two for each server: its MX and its address. An owner of "" is a gap. */
int world_record_at(unsigned i, struct world_record *r, char buf[128])
{
    const struct world_server *s;
    if (i < COUNT(world_records)) {
        *r = world_records[i];
        return 1;
    }
    i -= (unsigned)COUNT(world_records);
    if (i / 2 >= COUNT(world_servers)) return 0;
    s = &world_servers[i / 2];
    snprintf(buf, 128, "mx.%s", s->domain);
    if (i % 2 == 0)
        *r = (struct world_record){ s->flags & (WORLD_IMPLICIT | WORLD_NO_MX) ? "" : s->domain, WORLD_MX,
                                    s->pref ? s->pref : 10, buf };
    else
        *r = (struct world_record){ s->flags & WORLD_IMPLICIT ? s->domain : buf, WORLD_A, 0, s->domain };
    return 1;
}

enum world_quirk world_quirk_of(const char *name, unsigned type)
{
    for (size_t i = 0; i < COUNT(world_oddities); i++)
        if (world_same(world_oddities[i].name, name) && (!world_oddities[i].type || world_oddities[i].type == type))
            return world_oddities[i].quirk;
    return WORLD_DNS_FINE;
}

const struct world_box *world_box_of(const char *address)
{
    for (size_t i = 0; i < COUNT(world_boxes); i++)
        if (world_same(world_boxes[i].address, address)) return &world_boxes[i];
    return NULL;
}
