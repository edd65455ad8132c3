/* hosts_test.c - from a domain to an address that may be called (sections X, G, Q of RULES.md), a
 * line a case: what the operator wants, what the DNS says, how calls end, and the whole story.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "hosts_ref.h"
#include "test.h"

static struct quoth_resolver resolver;
static struct quoth_conf conf;
static struct quoth_random rnd;
static struct quoth_hosts hosts;
static char story[2048];

static void tell(const char *what, const char *whom)
{
    size_t n = strlen(story);
    snprintf(story + n, sizeof story - n, "%s%s%s", n ? ", " : "", what, whom);
}

/* ---- what the operator wants: a letter each ------------------------------ */

static void operator_wants(const char *letters)
{
    static const struct quoth_cidr allow[] = {{{4, {0}}, 0}, {{16, {0}}, 0}};
    static const struct quoth_cidr deny[] = {{{4, {10}}, 8}};
    static const char *const skip[] = {"big.net", NULL};

    memset(&conf, 0, sizeof conf);
    memset(&resolver, 0, sizeof resolver);
    conf.resolver = strchr(letters, 'r') ? NULL : &resolver;
    conf.smtp.helo = strchr(letters, 'i') ? NULL : strchr(letters, 'o') ? "B.net" : "probe.org";
    conf.smtp.tls = strchr(letters, 'm') ? QUOTH_TLS_MUST : QUOTH_TLS_TRY;
    conf.targets = (struct quoth_targets) {.allow = allow, .allow_n = 2, .deny = deny, .deny_n = 1};
    conf.family = strchr(letters, '4')   ? QUOTH_FAMILY_V4
                  : strchr(letters, '6') ? QUOTH_FAMILY_V6
                                         : QUOTH_FAMILY_ANY;
    conf.depth = strchr(letters, 'd') ? QUOTH_DEPTH_DNS : QUOTH_DEPTH_SMTP;
    resolver.skip = strchr(letters, 's') ? skip : NULL;
    conf.server = strchr(letters, 'g') ? "given.net" : strchr(letters, 'G') ? "10.0.0.1" : NULL;
    resolver.no_aaaa = strchr(letters, 'n') != NULL;
}

/* ---- what the DNS says: "TYPE name data ...; ..." ------------------------- */

static enum quoth_answer answer_of(const char *word)
{
    for (unsigned i = QUOTH_ANSWER_NODATA; i < QUOTH_ANSWERS; i++)
        if (!strcmp(quoth_answer_name((enum quoth_answer)i), word))
            return (enum quoth_answer)i;
    return QUOTH_ANSWER_DATA;
}

/* "10:a.net" or, with an address that rode along, "10:a.net=192.0.2.1". */
static void put_host(struct quoth_route *r, const char *word)
{
    struct quoth_host *host = &r->host[r->n++];
    char name[64] = "", ip[46] = "";
    unsigned pref = 0;

    CHECK(sscanf(word, "%u:%63[^=]=%45s", &pref, name, ip) >= 2);
    *host = (struct quoth_host) {(uint16_t)pref, r->used, 0};
    memcpy(r->names + r->used, name, strlen(name) + 1);
    r->used = (uint16_t)(r->used + strlen(name) + 1);
    if (ip[0]) {
        CHECK_INT(quoth_ip_parse(&r->ip[r->ip_n], ip, strlen(ip)), QUOTH_OK);
        host->ip = ++r->ip_n;
    }
}

/* The route as a lookup writes it. What the zone does not name has no data. */
static void dns_says(const char *zone, const char *question, uint16_t type)
{
    struct quoth_route *r = &hosts.route;
    const char *at = strstr(zone, question);
    char line[512] = "", *word;

    if (type == QUOTH_DNS_MX)
        memset(r, 0, sizeof *r);
    for (unsigned i = 0; i < r->n; i++)
        r->host[i].ip = 0;
    r->answer = QUOTH_ANSWER_NODATA;
    r->flags &= (uint8_t)~QUOTH_ROUTE_UNWANTED;
    if (!at)
        return;
    at += strlen(question);
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, ";"), at);
    for (word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        if (!strcmp(word, "alias")) {
            r->flags |= QUOTH_ROUTE_UNWANTED;
            continue;
        }
        r->answer = (uint8_t)answer_of(word);
        if (r->answer == QUOTH_ANSWER_DATA && word == line)
            r->ip_n = 0; /* else there stands what stood there */
        if (!strcmp(word, "null"))
            r->flags |= QUOTH_ROUTE_NULL_MX;
        else if (!strcmp(word, "odd"))
            r->flags |= QUOTH_ROUTE_SKIPPED;
        else if (!strcmp(word, "cut"))
            r->flags |= QUOTH_ROUTE_CUT;
        else if (r->answer == QUOTH_ANSWER_DATA && type == QUOTH_DNS_MX)
            put_host(r, word);
        else if (r->answer == QUOTH_ANSWER_DATA)
            CHECK_INT(quoth_ip_parse(&r->ip[r->ip_n++], word, strlen(word)), QUOTH_OK);
    }
}

/* ---- how calls end: "address how; ..."; else the connection is refused. "address/ how": with an
 * option, where that is something else ---- */

static const struct {
    const char *how;
    struct quoth_smtp end;
} ends[] = {
    {"refused", {.phase = QUOTH_PHASE_CONNECT, .err = QUOTH_EREFUSED}},
    {"closed", {.phase = QUOTH_PHASE_BANNER, .err = QUOTH_EIO}},
    {"ehlo", {.phase = QUOTH_PHASE_EHLO, .err = QUOTH_EIO}},
    {"ehlo-slow", {.phase = QUOTH_PHASE_EHLO, .err = QUOTH_ETIME}},
    {"ehlo-secure", {.phase = QUOTH_PHASE_EHLO, .err = QUOTH_EIO, .secure = 1}},
    {"tls", {.phase = QUOTH_PHASE_STARTTLS, .err = QUOTH_ENOTLS}},
    {"tls-454", {.phase = QUOTH_PHASE_STARTTLS, .err = QUOTH_ENOTLS, .said = {.code = 454}}},
    {"tls-slow", {.phase = QUOTH_PHASE_STARTTLS, .err = QUOTH_ETIME}},
    {"signature",
     {.phase = QUOTH_PHASE_STARTTLS, .err = QUOTH_ENOTLS, .tls = {.broke = QUOTH_TLS_SIGNATURE}}},
    {"hung", {.phase = QUOTH_PHASE_STARTTLS, .err = QUOTH_EIO}},
    {"sender", {.phase = QUOTH_PHASE_MAIL, .err = QUOTH_OK}},
    {"gone", {.phase = QUOTH_PHASE_BANNER, .said = {.code = 521, .esc = {5, 3, 2}}}},
    {"policy", {.phase = QUOTH_PHASE_BANNER, .said = {.code = 521, .esc = {5, 7, 2}}}},
    {"gone-late", {.phase = QUOTH_PHASE_EHLO, .said = {.code = 521, .esc = {5, 3, 2}}}},
    {"busy", {.phase = QUOTH_PHASE_BANNER, .said = {.code = 421}}},
    {"lost", {.phase = QUOTH_PHASE_RCPT, .err = QUOTH_ETIME, .ext = QUOTH_EXT_PIPELINING}},
    {"lost-plain", {.phase = QUOTH_PHASE_RCPT, .err = QUOTH_ETIME}},
    {"lost-hung", {.phase = QUOTH_PHASE_RCPT, .err = QUOTH_EIO, .ext = QUOTH_EXT_PIPELINING}},
    {"lost-mail", {.phase = QUOTH_PHASE_MAIL, .err = QUOTH_ETIME, .ext = QUOTH_EXT_PIPELINING}},
    {"503", {.phase = QUOTH_PHASE_MAIL, .said = {.code = 503}, .ext = QUOTH_EXT_PIPELINING}},
    {"503-rcpt", {.phase = QUOTH_PHASE_RCPT, .said = {.code = 503}, .ext = QUOTH_EXT_PIPELINING}},
    {"503-plain", {.phase = QUOTH_PHASE_MAIL, .said = {.code = 503}}},
    {"502", {.phase = QUOTH_PHASE_MAIL, .said = {.code = 502}, .ext = QUOTH_EXT_PIPELINING}},
};

static struct quoth_smtp call_ends(const char *calls, const char *ip, int again)
{
    char key[80];
    const char *at, *how;
    size_t n, i = 0;
    struct quoth_smtp s;

    snprintf(key, sizeof key, "%s%s ", ip, again ? "/" : "");
    at = strstr(calls, key);
    if (!at && again) {
        snprintf(key, sizeof key, "%s ", ip);
        at = strstr(calls, key);
    }
    how = at ? at + strlen(key) : "refused";
    n = strcspn(how, ";");
    while (strncmp(ends[i].how, how, n) || ends[i].how[n])
        i++;
    s = ends[i].end;
    s.conf = &conf.smtp;
    return s;
}

/* ---- the story ---------------------------------------------------------- */

/* The story tells what was spent: questions, calls, and those that somebody took. */
static unsigned questions, calls_made, taken;
static void spent(unsigned asked)
{
    CHECK_INT(hosts.trail.queries, questions * asked);
    CHECK_INT(hosts.trail.connects, calls_made);
    CHECK_INT(hosts.trail.sessions, taken);
}

static void ask(const char *zone, const struct quoth_hosts_want *w, unsigned asked)
{
    const char *type = w->type == QUOTH_DNS_MX ? "MX " : w->type == QUOTH_DNS_A ? "A " : "AAAA ";
    char name[256], question[300];

    CHECK_INT(w->questions, QUOTH_QUERIES_MAX - hosts.trail.queries);
    CHECK(quoth_name_text(&w->name, name, sizeof name) > 0);
    snprintf(question, sizeof question, "%s%s ", type, name);
    tell(type, name);
    questions++;
    dns_says(zone, question, w->type);
    quoth_hosts_answered(&hosts, asked < w->questions ? asked : w->questions, &rnd);
}

static void call(const char *calls, const struct quoth_hosts_want *w)
{
    struct quoth_smtp s;
    char ip[64];

    CHECK_INT(w->call.peer.port, 25);
    CHECK_STR(w->call.host, quoth_mx_name(&hosts.route, hosts.host));
    CHECK(quoth_ip_text(&w->call.peer.ip, ip, 46) > 0);
    s = call_ends(calls, ip, w->call.options != 0);
    s.options = w->call.options;
    s.peer = w->call.peer;
    s.host = w->call.host;
    if (w->call.options)
        strcat(ip, w->call.options == QUOTH_SMTP_ONE_BY_ONE  ? "/slow"
                   : w->call.options == QUOTH_SMTP_HELO      ? "/helo"
                   : w->call.options == QUOTH_SMTP_TLS_AGAIN ? "/again"
                                                             : "/clear");
    tell("@", ip);
    calls_made++;
    taken += s.phase != QUOTH_PHASE_CONNECT;
    quoth_hosts_called(&hosts, &s);
}

/* What is known of the domain in the end, as evidence takes it over. */
static const char *trail_text(void)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } flags[] = {{QUOTH_EVID_TLS_BROKE, " tls-broke"},
                 {QUOTH_EVID_DENIED, " denied"},
                 {QUOTH_EVID_DNS_PARTIAL, " partial"},
                 {QUOTH_EVID_HELO, " helo"},
                 {QUOTH_EVID_ALL_GONE, " gone"}};
    static char text[100];
    const struct quoth_trail *t = &hosts.trail;
    unsigned left = t->flags;

    snprintf(text, sizeof text, "%s %s", quoth_mx_state_name((enum quoth_mx_state)t->mx),
             quoth_answer_name((enum quoth_answer)t->dns));
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (t->flags & flags[i].flag) {
            strcat(text, flags[i].name);
            left &= ~(unsigned)flags[i].flag;
        }
    CHECK_INT(left, 0);
    return text;
}

/* From where it stands to the end; each question took `asked`. */
static void play(const char *zone, const char *calls, unsigned asked)
{
    struct quoth_hosts_want w, again;

    story[0] = 0;
    for (unsigned step = 0; step < 200; step++) {
        memset(&w, 1, sizeof w); /* all of it is written, whatever was there */
        memset(&again, 2, sizeof again);
        quoth_hosts_want(&hosts, &w);
        quoth_hosts_want(&hosts, &again);
        CHECK(!memcmp(&w, &again, sizeof w));
        if (w.kind == QUOTH_HOSTS_STOP) {
            tell(quoth_reason_name(w.stop), "");
            return;
        }
        if (w.kind == QUOTH_HOSTS_ASK)
            ask(zone, &w, asked);
        else
            call(calls, &w);
    }
    tell("it never ends", "");
}

static void begin(const char *letters)
{
    static const uint8_t seed[16] = {7};

    operator_wants(letters);
    questions = calls_made = taken = 0;
    quoth_random_seed(&rnd, seed);
    memset(&hosts, 0, sizeof hosts);
    quoth_hosts_start(&hosts, &conf, "d.net");
}

/* ---- the cases ---------------------------------------------------------- */

#define TWO "MX d.net 20:b.net 10:a.net;A a.net 192.0.2.1;A b.net 192.0.2.2;AAAA b.net 2001:db8::2"

static const struct {
    const char *rule, *letters, *zone, *calls, *story, *trail;
} cases[] = {
    {"X01 order", "", TWO, "",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, @192.0.2.2, AAAA b.net, @2001:db8::2, "
     "none",
     "hosts data"},
    {"X01 the sender is refused: nobody else", "", TWO, "192.0.2.1 sender",
     "MX d.net, A a.net, @192.0.2.1, none", "hosts data"},
    {"X02 implicit", "", "A d.net 192.0.2.1", "", "MX d.net, A d.net, @192.0.2.1, AAAA d.net, none",
     "implicit data"},
    {"X02 nothing at all", "", "", "", "MX d.net, A d.net, AAAA d.net, no_mail_host",
     "implicit nodata"},
    {"X03 failed", "", "MX d.net servfail;A d.net 192.0.2.1", "", "MX d.net, dns_failure",
     "failed servfail"},
    {"X03 no such domain", "", "MX d.net nxdomain", "", "MX d.net, no_such_domain",
     "no_domain nxdomain"},
    {"X04 no address", "", "MX d.net 10:a.net", "",
     "MX d.net, A a.net, AAAA a.net, mx_unresolvable", "hosts nodata"},
    {"X05 null", "", "MX d.net null", "", "MX d.net, null_mx", "null_mx data"},
    {"X09 no host name", "", "MX d.net null odd", "", "MX d.net, mx_unresolvable",
     "unusable data partial"},
    {"X09 a name that cannot be asked", "", "MX d.net 10:a..net 20:b.net;A b.net 192.0.2.2", "",
     "MX d.net, A b.net, @192.0.2.2, AAAA b.net, none", "hosts data partial"},
    {"implicit, and its addresses fail", "", "A d.net timeout;AAAA d.net timeout", "",
     "MX d.net, A d.net, AAAA d.net, dns_failure", "implicit timeout partial"},
    {"self is the best", "o", "MX d.net 10:b.net 20:a.net", "", "MX d.net, self",
     "hosts data partial"},
    /* What is told of the DNS is the lookup that led to the call, not one that failed before it. */
    {"the first host fails, the second answers", "",
     "MX d.net 10:a.net 20:b.net;A a.net timeout;AAAA a.net timeout;A b.net 192.0.2.2", "",
     "MX d.net, A a.net, AAAA a.net, A b.net, @192.0.2.2, AAAA b.net, none", "hosts data partial"},
    {"self is the second", "o", TWO, "", "MX d.net, A a.net, @192.0.2.1, AAAA a.net, none",
     "hosts data partial"},
    {"Q30 rode along", "", "MX d.net 10:a.net 20:b.net=192.0.2.7;A a.net refused", "",
     "MX d.net, A a.net, AAAA a.net, A b.net, AAAA b.net, mx_unresolvable", "hosts nodata partial"},
    {"Q30 rode along with the best", "", "MX d.net 10:a.net=192.0.2.7;A a.net 192.0.2.7 192.0.2.8",
     "", "MX d.net, @192.0.2.7, A a.net, @192.0.2.8, AAAA a.net, none", "hosts data"},
    {"denied", "", "MX d.net 10:a.net;A a.net 10.1.2.3", "",
     "MX d.net, A a.net, AAAA a.net, target_policy", "hosts nodata denied"},
    {"denied and not", "", "MX d.net 10:a.net;A a.net 10.1.2.3 192.0.2.3", "",
     "MX d.net, A a.net, @192.0.2.3, AAAA a.net, none", "hosts data denied"},
    {"IPv4 alone", "4", TWO, "", "MX d.net, A a.net, @192.0.2.1, A b.net, @192.0.2.2, none",
     "hosts data partial"},
    {"IPv6 alone", "6", TWO, "", "MX d.net, AAAA a.net, AAAA b.net, @2001:db8::2, none",
     "hosts data partial"},
    {"options no-aaaa", "n", TWO, "", "MX d.net, A a.net, @192.0.2.1, A b.net, @192.0.2.2, none",
     "hosts data partial"},
    {"the same address twice", "", "MX d.net 1:a.net 2:b.net;A a.net 192.0.2.1;A b.net 192.0.2.1",
     "", "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, AAAA b.net, none", "hosts data"},
    {"DNS alone", "d", TWO, "", "MX d.net, A a.net, dns_ok", "hosts data"},
    {"G01 no identity", "i", TWO, "", "MX d.net, A a.net, no_identity", "hosts data"},
    {"DNS alone needs no identity", "di", TWO, "", "MX d.net, A a.net, dns_ok", "hosts data"},
    {"no name servers", "r", TWO, "", "dns_failure", "not_asked none"},
    {"given by name, no name servers", "gr", "", "", "mx_unresolvable", "given none partial"},
    {"G10 the best is skipped", "s", "MX d.net 1:mx.big.net", "", "MX d.net, provider_policy",
     "hosts data partial"},
    {"G10 the backup is skipped", "s",
     "MX d.net 1:a.net 2:c.net 2:big.net 3:b.net;A a.net 192.0.2.1;A b.net 192.0.2.2", "",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, none", "hosts data partial"},
    {"G10 the best but one is skipped, and the best has no address", "s",
     "MX d.net 1:a.net 2:big.net;A big.net 192.0.2.1", "",
     "MX d.net, A a.net, AAAA a.net, mx_unresolvable", "hosts nodata partial"},
    {"G10 one of two that are equal is skipped", "s",
     "MX d.net 1:a.net 1:big.net 2:b.net;A a.net 192.0.2.1", "", "MX d.net, provider_policy",
     "hosts data partial"},
    {"G10 the end of a name alone", "s", "MX d.net 1:abig.net;A abig.net 192.0.2.1", "",
     "MX d.net, A abig.net, @192.0.2.1, AAAA abig.net, none", "hosts data"},
    {"G10 an alias", "s", "MX d.net 1:a.net;A a.net 192.0.2.1 alias", "",
     "MX d.net, A a.net, provider_policy", "hosts data partial"},
    {"G10 the domain itself is an alias", "s", "A d.net 192.0.2.1 alias", "",
     "MX d.net, A d.net, provider_policy", "implicit data partial"},
    {"G10 the backup is an alias", "s",
     "MX d.net 1:a.net 2:b.net 3:c.net;A a.net 192.0.2.1;A b.net 192.0.2.2 alias;A c.net 192.0.2.3",
     "", "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, none", "hosts data partial"},
    {"G10 an alias that has no address, and one behind it", "s",
     "MX d.net 1:a.net 2:b.net;A a.net nodata alias;A b.net 192.0.2.2", "",
     "MX d.net, A a.net, provider_policy", "hosts nodata partial"},
    {"G10 an alias, by its other family", "s",
     "MX d.net 1:a.net 2:b.net;A a.net nodata;AAAA a.net 2001:db8::1 alias;A b.net 192.0.2.2", "",
     "MX d.net, A a.net, AAAA a.net, provider_policy", "hosts data partial"},
    {"G10 who is given by name may be an alias", "sg", "A given.net 192.0.2.1 alias", "",
     "A given.net, @192.0.2.1, AAAA given.net, none", "given data"},
    {"given by name", "g", "A given.net 192.0.2.1", "",
     "A given.net, @192.0.2.1, AAAA given.net, none", "given data"},
    {"given by name, without addresses", "g", "", "",
     "A given.net, AAAA given.net, mx_unresolvable", "given nodata"},
    {"given by name, denied", "g", "A given.net 10.0.0.1", "",
     "A given.net, AAAA given.net, target_policy", "given nodata denied"},
    {"given by address, whatever is denied", "G", "", "", "@10.0.0.1, none", "given none"},
    {"given by address of another family", "G6", "", "", "mx_unresolvable", "given none partial"},
    {"given by address, no name servers", "Gr", "", "", "@10.0.0.1, none", "given none"},
    {"given by address, DNS alone", "Gd", "", "", "dns_ok", "given none"},
    {"TLS broke", "", TWO, "192.0.2.1 tls", "MX d.net, A a.net, @192.0.2.1, @192.0.2.1/clear, none",
     "hosts data tls-broke"},
    {"hung up in place of the 220", "", TWO, "192.0.2.1 hung",
     "MX d.net, A a.net, @192.0.2.1, @192.0.2.1/clear, none", "hosts data tls-broke"},
    {"TLS broke and is a must", "m", TWO, "192.0.2.1 tls", "MX d.net, A a.net, @192.0.2.1, none",
     "hosts data tls-broke"},
    {"EHLO hung up on", "", TWO, "192.0.2.1 ehlo",
     "MX d.net, A a.net, @192.0.2.1, @192.0.2.1/helo, none", "hosts data helo"},
    {"G16 two conversations", "", TWO, "192.0.2.1 closed;192.0.2.2 closed",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, @192.0.2.2, none", "hosts data"},
    {"G16 the second may not be repeated", "", TWO, "192.0.2.1 closed;192.0.2.2 tls",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, @192.0.2.2, none",
     "hosts data tls-broke"},
    {"a call in clear is not made once more", "", TWO, "192.0.2.1 tls;192.0.2.2 tls",
     "MX d.net, A a.net, @192.0.2.1, @192.0.2.1/clear, none", "hosts data tls-broke"},
    {"STARTTLS refused by a reply", "", TWO, "192.0.2.1 tls-454",
     "MX d.net, A a.net, @192.0.2.1, none", "hosts data"},
    {"no answer to STARTTLS", "", TWO, "192.0.2.1 tls-slow",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, @192.0.2.2, AAAA b.net, @2001:db8::2, "
     "none",
     "hosts data"},
    {"another kind of signature", "", TWO, "192.0.2.1 signature",
     "MX d.net, A a.net, @192.0.2.1, @192.0.2.1/again, none", "hosts data tls-broke"},
    {"another kind of signature, TLS is a must", "m", TWO, "192.0.2.1 signature",
     "MX d.net, A a.net, @192.0.2.1, @192.0.2.1/again, none", "hosts data tls-broke"},
    {"no answer to EHLO", "", TWO, "192.0.2.1 ehlo-slow",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, @192.0.2.2, AAAA b.net, @2001:db8::2, "
     "none",
     "hosts data"},
    {"hung up on behind TLS", "", TWO, "192.0.2.1 ehlo-secure",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, @192.0.2.2, AAAA b.net, @2001:db8::2, "
     "none",
     "hosts data"},
    {"a burst was lost", "", TWO, "192.0.2.1 lost",
     "MX d.net, A a.net, @192.0.2.1, @192.0.2.1/slow, none", "hosts data"},
    {"no burst was lost", "", TWO, "192.0.2.1 lost-plain", "MX d.net, A a.net, @192.0.2.1, none",
     "hosts data"},
    {"a burst was hung up on", "", TWO, "192.0.2.1 lost-hung",
     "MX d.net, A a.net, @192.0.2.1, none", "hosts data"},
    {"the sender was not answered", "", TWO, "192.0.2.1 lost-mail",
     "MX d.net, A a.net, @192.0.2.1, none", "hosts data"},
    {"commands out of order", "", TWO, "192.0.2.1 503",
     "MX d.net, A a.net, @192.0.2.1, @192.0.2.1/slow, none", "hosts data"},
    {"commands out of order, without a burst", "", TWO, "192.0.2.1 503-plain",
     "MX d.net, A a.net, @192.0.2.1, none", "hosts data"},
    {"another 50x", "", TWO, "192.0.2.1 502", "MX d.net, A a.net, @192.0.2.1, none", "hosts data"},
    {"521 behind EHLO is no greeting", "", "MX d.net 1:a.net;A a.net 192.0.2.1",
     "192.0.2.1 gone-late", "MX d.net, A a.net, @192.0.2.1, AAAA a.net, none", "hosts data"},
    {"one is gone, and what the other says nobody heard", "", TWO, "192.0.2.1 gone",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, @192.0.2.2, AAAA b.net, @2001:db8::2, "
     "none",
     "hosts data"},
    {"K11 both are gone", "", "MX d.net 10:a.net 20:b.net;A a.net 192.0.2.1;A b.net 192.0.2.2",
     "192.0.2.1 gone;192.0.2.2 gone",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, @192.0.2.2, AAAA b.net, none",
     "hosts data gone"},
    {"K11 both are gone, but for an address", "", TWO, "192.0.2.1 gone;192.0.2.2 gone",
     "MX d.net, A a.net, @192.0.2.1, AAAA a.net, A b.net, @192.0.2.2, AAAA b.net, none",
     "hosts data"},
    {"both are gone, and a record was odd", "", "MX d.net 10:a.net odd;A a.net 192.0.2.1",
     "192.0.2.1 gone", "MX d.net, A a.net, @192.0.2.1, AAAA a.net, none", "hosts data partial"},
    {"no AAAA asked, and gone", "n", "MX d.net 10:a.net;A a.net 192.0.2.1", "192.0.2.1 gone",
     "MX d.net, A a.net, @192.0.2.1, none", "hosts data partial"},
    {"an implicit host is gone", "", "A d.net 192.0.2.1", "192.0.2.1 gone",
     "MX d.net, A d.net, @192.0.2.1, AAAA d.net, none", "implicit data gone"},
    {"a question fails behind a call", "", "MX d.net 10:a.net;A a.net 192.0.2.1;AAAA a.net timeout",
     "", "MX d.net, A a.net, @192.0.2.1, AAAA a.net, none", "hosts data partial"},
    {"A fails and AAAA does not", "", "MX d.net 10:a.net;A a.net servfail;AAAA a.net 2001:db8::1",
     "", "MX d.net, A a.net, AAAA a.net, @2001:db8::1, none", "hosts data partial"},
    {"no such host", "", "MX d.net 10:a.net;A a.net nxdomain;AAAA a.net nxdomain", "",
     "MX d.net, A a.net, AAAA a.net, mx_unresolvable", "hosts nxdomain"},
    {"self, and no other", "o", "MX d.net 10:B.net", "", "MX d.net, self", "hosts data partial"},
    {"no identity, and no address", "i", "MX d.net 10:a.net", "",
     "MX d.net, A a.net, AAAA a.net, mx_unresolvable", "hosts nodata"},
    {"cut by the budget of MX records", "", "MX d.net odd 10:a.net", "",
     "MX d.net, A a.net, AAAA a.net, mx_unresolvable", "hosts nodata partial"},
    {"denied, and its name servers fail", "",
     "MX d.net 10:a.net;A a.net 10.1.2.3;AAAA a.net servfail", "",
     "MX d.net, A a.net, AAAA a.net, target_policy", "hosts servfail denied partial"},
};

TEST(X_cases)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned long bad = test_bad_checks;

        begin(cases[i].letters);
        play(cases[i].zone, cases[i].calls, 1);
        CHECK_STR(story, cases[i].story);
        CHECK_STR(trail_text(), cases[i].trail);
        spent(1);
        if (test_bad_checks != bad)
            printf("    in: %s\n", cases[i].rule);
    }
}

/* Equals come in random order: each of two is first at times (X01). */
TEST(X01_equals)
{
    unsigned first[2] = {0, 0};

    begin("");
    for (unsigned i = 0; i < 64; i++) {
        memset(&hosts, 0, sizeof hosts);
        quoth_hosts_start(&hosts, &conf, "d.net");
        play("MX d.net 10:a.net 10:b.net;A a.net 192.0.2.1;A b.net 192.0.2.2", "", 1);
        first[strstr(story, "A b.net") < strstr(story, "A a.net")]++;
    }
    CHECK(first[0] > 16 && first[1] > 16);
}

/* A name that is longer than any host's, and a port of the operator's own. */
TEST(X_given)
{
    static char name[sizeof hosts.route.names + 1];
    struct quoth_hosts_want w;

    operator_wants("g");
    memset(name, 'a', sizeof name - 1);
    conf.server = name;
    memset(&hosts, 0, sizeof hosts);
    quoth_hosts_start(&hosts, &conf, "d.net");
    play("", "", 1);
    CHECK_STR(story, "mx_unresolvable");

    operator_wants("G");
    conf.port = 2525;
    memset(&hosts, 0, sizeof hosts);
    quoth_hosts_start(&hosts, &conf, "d.net");
    quoth_hosts_want(&hosts, &w);
    CHECK_INT(w.kind, QUOTH_HOSTS_CALL);
    CHECK_INT(w.call.peer.port, 2525);
}

static void many_hosts(char *zone, size_t cap, unsigned n)
{
    size_t at = (size_t)snprintf(zone, cap, "MX d.net");

    for (unsigned i = 0; i < n; i++)
        at += (size_t)snprintf(zone + at, cap - at, " %u:h%u.net", i, i);
}

/* 24 questions are 24: of 16 hosts without addresses the last are not asked about, and what was
 * not asked proves nothing. */
TEST(G16_questions)
{
    char zone[512];

    many_hosts(zone, sizeof zone, 11);
    begin("");
    play(zone, "", 1); /* 1 + 11 x 2 = 23 */
    CHECK_INT(hosts.trail.queries, 23);
    CHECK(!(hosts.trail.flags & QUOTH_EVID_DNS_PARTIAL));
    many_hosts(zone, sizeof zone, 12);
    begin("");
    play(zone, "", 1);
    CHECK_INT(hosts.trail.queries, 24);
    CHECK(hosts.trail.flags & QUOTH_EVID_DNS_PARTIAL);
    CHECK(!strstr(story, "AAAA h11.net"));
    CHECK(strstr(story, "A h11.net, mx_unresolvable") != NULL);
    for (unsigned asked = 2; asked <= 9; asked++) { /* aliases that are followed count */
        begin("");
        play(zone, "", asked);
        CHECK_INT(hosts.trail.queries, 24);
    }
}

/* Five addresses, then no more; a call once more in clear is one of them. */
TEST(G16_calls)
{
    static const char zone[] =
        "MX d.net 1:a.net 2:b.net;A a.net 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4;"
        "A b.net 192.0.2.5 192.0.2.6";

    begin("");
    play(zone, "", 1);
    CHECK_INT(hosts.trail.connects, QUOTH_CONNECTS_MAX);
    CHECK(strstr(story, "@192.0.2.5, none") != NULL);
    begin("");
    play(zone, "192.0.2.5 tls", 1);
    CHECK_INT(hosts.trail.connects, QUOTH_CONNECTS_MAX);
    CHECK(!strstr(story, "clear"));
    begin("");
    play(zone, "192.0.2.4 tls", 1);
    CHECK_INT(hosts.trail.connects, QUOTH_CONNECTS_MAX);
    CHECK(strstr(story, "@192.0.2.4, @192.0.2.4/clear, none") != NULL);
}

/* A search that goes on later knows what was spent and whom it called. */
TEST(G16_trail)
{
    struct quoth_hosts_want w;
    struct quoth_smtp s = {.conf = &conf.smtp, .phase = QUOTH_PHASE_BANNER, .err = QUOTH_EIO};
    struct quoth_trail trail;
    uint32_t tried[QUOTH_CONNECTS_MAX];

    begin("");
    for (quoth_hosts_want(&hosts, &w); w.kind == QUOTH_HOSTS_ASK; quoth_hosts_want(&hosts, &w))
        ask(TWO, &w, 1);
    s.peer = w.call.peer;
    s.host = w.call.host;
    quoth_hosts_called(&hosts, &s);
    trail = hosts.trail;
    memcpy(tried, hosts.tried, sizeof tried);
    CHECK_INT(trail.connects, 1);
    CHECK_INT(trail.sessions, 1);
    CHECK_INT(trail.queries, 2);

    memset(&hosts, 0, sizeof hosts);
    quoth_hosts_go_on(&hosts, &trail, tried);
    quoth_hosts_start(&hosts, &conf, "d.net");
    play(TWO, "192.0.2.2 closed", 1);
    CHECK_STR(story, "MX d.net, A a.net, AAAA a.net, A b.net, @192.0.2.2, none");
    CHECK_INT(hosts.trail.queries, 6);
    CHECK_INT(hosts.trail.sessions, 2);

    memset(&hosts, 0, sizeof hosts);
    trail = (struct quoth_trail) {.queries = QUOTH_QUERIES_MAX};
    quoth_hosts_go_on(&hosts, &trail, NULL);
    quoth_hosts_start(&hosts, &conf, "d.net");
    play(TWO, "", 1);
    CHECK_STR(story, "dns_failure");
}

/* A domain takes no mail only when all its hosts were asked and agree: every outcome of one, two
 * and three hosts, in every order. */
TEST(K11_all_gone)
{
    static const char *const how[] = {"gone", "policy", "busy", "closed", "refused", "none"};
    enum { HOWS = sizeof how / sizeof *how };

    for (unsigned n = 1; n <= 3; n++)
        for (unsigned i = 0; i < HOWS * HOWS * HOWS; i++) {
            const unsigned of[3] = {i % HOWS, i / HOWS % HOWS, i / HOWS / HOWS};
            char zone[300] = "MX d.net", calls[100] = "", part[60];
            unsigned gone = 0, none = 0;

            for (unsigned h = 0; h < n; h++) {
                snprintf(part, sizeof part, " %u:%c.net", 10 + h, 'a' + (int)h);
                strcat(zone, part);
                gone += of[h] == 0;
                none += of[h] == HOWS - 1;
            }
            for (unsigned h = 0; h < n; h++) {
                snprintf(part, sizeof part, ";A %c.net 192.0.2.%u", 'a' + (int)h, h + 1);
                strcat(zone, of[h] == HOWS - 1 ? "" : part);
                snprintf(part, sizeof part, "192.0.2.%u %s;", h + 1, how[of[h]]);
                strcat(calls, part);
            }
            begin("");
            play(zone, calls, 1);
            CHECK_INT((hosts.trail.flags & QUOTH_EVID_ALL_GONE) != 0,
                      gone && gone + none == n && gone <= QUOTH_SESSIONS_MAX);
        }
    begin("");
    play("MX d.net 10:a.net;A a.net 192.0.2.1;AAAA a.net 2001:db8::1",
         "192.0.2.1 gone;2001:db8::1 gone", 1);
    CHECK(hosts.trail.flags & QUOTH_EVID_ALL_GONE);
    begin("");
    play("MX d.net 10:a.net;A a.net 192.0.2.1;AAAA a.net 2001:db8::1",
         "192.0.2.1 busy;2001:db8::1 gone", 1);
    CHECK(!(hosts.trail.flags & QUOTH_EVID_ALL_GONE));
    begin("");
    play("MX d.net 10:a.net;A a.net 192.0.2.1;AAAA a.net 2001:db8::1",
         "192.0.2.1 gone;2001:db8::1 refused", 1);
    CHECK(!(hosts.trail.flags & QUOTH_EVID_ALL_GONE));
    begin("");
    play("MX d.net 10:a.net 20:b.net;A a.net 192.0.2.1;A b.net 192.0.2.1", "192.0.2.1 gone", 1);
    CHECK(hosts.trail.flags & QUOTH_EVID_ALL_GONE);
    begin(""); /* one address too many to call */
    play("MX d.net 10:a.net 20:b.net;A a.net 192.0.2.1;A b.net 192.0.2.2 192.0.2.3",
         "192.0.2.1 gone;192.0.2.2 gone", 1);
    CHECK(!(hosts.trail.flags & QUOTH_EVID_ALL_GONE));
    begin(""); /* one that may not be called */
    play("MX d.net 10:a.net;A a.net 192.0.2.1 10.0.0.1", "192.0.2.1 gone", 1);
    CHECK(!(hosts.trail.flags & QUOTH_EVID_ALL_GONE));
    begin("o"); /* we are the second */
    play("MX d.net 10:a.net 20:b.net;A a.net 192.0.2.1", "192.0.2.1 gone", 1);
    CHECK(!(hosts.trail.flags & QUOTH_EVID_ALL_GONE));
    begin("4"); /* what the other family's addresses would have said nobody knows */
    play("MX d.net 10:a.net;A a.net 192.0.2.1", "192.0.2.1 gone", 1);
    CHECK(!(hosts.trail.flags & QUOTH_EVID_ALL_GONE));
}

/* A host's own address, and one that somebody else gave for it. */
TEST(X_looked_up)
{
    struct quoth_hosts_want w;

    for (int rode = 0; rode < 2; rode++) {
        begin("");
        quoth_hosts_want(&hosts, &w);
        dns_says(rode ? "MX d.net 10:a.net=192.0.2.7" : "MX d.net 10:a.net", "MX d.net ", w.type);
        quoth_hosts_answered(&hosts, 1, &rnd);
        quoth_hosts_want(&hosts, &w);
        CHECK_INT(w.kind, rode ? QUOTH_HOSTS_CALL : QUOTH_HOSTS_ASK);
        if (rode) {
            CHECK(!quoth_hosts_looked_up(&hosts));
            call("", &w);
            quoth_hosts_want(&hosts, &w);
        }
        dns_says("A a.net 192.0.2.8", "A a.net ", w.type);
        quoth_hosts_answered(&hosts, 1, &rnd);
        quoth_hosts_want(&hosts, &w);
        CHECK_INT(w.kind, QUOTH_HOSTS_CALL);
        CHECK(quoth_hosts_looked_up(&hosts));
    }
    begin("G");
    CHECK(!quoth_hosts_looked_up(&hosts));
}

/* ---- any domain, beside a plain reference -------------------------------- */

static uint64_t dice_state = 11;

static unsigned dice(unsigned n)
{
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(dice_state >> 33) % n;
}

static const struct ref_end
    *end_of[40]; /* how a call of 192.0.2.N or 2001:db8::N ends, and again */

static const struct ref_end *end_at(const char *ip, int again)
{
    const unsigned last = !strncmp(ip, "10.", 3) ? 0 : (unsigned)(ip[strlen(ip) - 1] - '0');

    return end_of[last + (strchr(ip, ':') ? 10 : 0) + (again ? 20 : 0)];
}

static void addresses_by_chance(struct ref_answer *answer, int six)
{
    static const char *const why[] = {"nodata", "nodata", "nxdomain", "servfail", "timeout"};

    memset(answer, 0, sizeof *answer);
    answer->n = dice(3) ? 1 + dice(REF_ADDRESSES) : 0;
    if (!answer->n)
        answer->why = why[dice(5)];
    for (unsigned i = 0; i < answer->n; i++)
        snprintf(answer->ip[i], sizeof answer->ip[i], six ? "2001:db8::%u" : "192.0.2.%u",
                 1 + dice(9));
    if (answer->n && !six && dice(6) == 0)
        strcpy(answer->ip[dice(answer->n)], "10.1.2.3");
}

/* No two of them are equals, but who is not called at all: the order of others is no matter of
 * chance. */
static void zone_by_chance(struct ref_zone *zone, const char *wants)
{
    static const char *const names[] = {"a.net",  "b.net", "c.net",   "e.net",
                                        "f.net",  "h.net", "big.net", "mx.big.net",
                                        "k..net", "l.net", "m.net",   "n.net"};
    static const char *const why[] = {"nodata", "nodata", "nxdomain", "servfail", "timeout"};
    static const char *const rode[] = {"192.0.2.1", "192.0.2.2", "10.1.2.3", "2001:db8::1"};

    _Static_assert(sizeof names / sizeof *names == REF_HOSTS, "a name for each");
    const unsigned chosen = dice(REF_HOSTS);

    memset(zone, 0, sizeof *zone);
    zone->asked = dice(3) ? 1 : 1 + dice(9);
    zone->why = dice(4) ? NULL : why[dice(5)];
    zone->null = dice(12) == 0;
    zone->odd = dice(12) == 0;
    zone->cut = dice(12) == 0;
    zone->own.name = strchr(wants, 'g') ? "given.net" : strchr(wants, 'G') ? "10.0.0.1" : "d.net";
    zone->own.rode = strchr(wants, 'G') ? "10.0.0.1" : NULL;
    zone->n = dice(8) ? dice(5) : dice(REF_HOSTS + 1);
    for (unsigned i = 0; i <= zone->n; i++) {
        struct ref_host *host = i < zone->n ? &zone->host[i] : &zone->own;
        for (int six = 0; six < 2; six++) {
            addresses_by_chance(&host->a[six], six);
            host->a[six].alias = strchr(wants, 's') && dice(8) == 0;
        }
        if (i == zone->n)
            break;
        host->name = names[(chosen + 5 * i) % REF_HOSTS]; /* none twice: D25 */
        host->rode = dice(4) || i >= QUOTH_IPS_MAX ? NULL : rode[dice(4)];
        host->pref = 10 * i + 10;
        if (i && strchr(wants, 's') && !strcmp(host->name, "big.net") && dice(2))
            host->pref -= 10;
    }
}

static void text_of(char *text, const char *type, const struct ref_host *host, int six)
{
    const struct ref_answer *answer = &host->a[six];

    sprintf(text + strlen(text), ";%s %s %s", type, host->name, answer->why ? answer->why : "");
    for (unsigned i = 0; i < answer->n; i++)
        sprintf(text + strlen(text), "%s%s", i ? " " : "", answer->ip[i]);
    strcat(text, answer->alias ? " alias" : "");
}

/* MX records in any order, so that it is not theirs that is kept. */
static const char *zone_text(const struct ref_zone *zone)
{
    static char text[4096];
    const unsigned first = zone->n ? dice(zone->n) : 0;

    strcpy(text, "MX d.net ");
    if (zone->why)
        strcat(text, zone->why);
    for (unsigned i = 0; i < zone->n && !zone->why; i++) {
        const struct ref_host *host = &zone->host[(first + i) % zone->n];
        sprintf(text + strlen(text), "%u:%s%s%s ", host->pref, host->name, host->rode ? "=" : "",
                host->rode ? host->rode : "");
    }
    if (!zone->why) {
        strcat(text, zone->null ? "null " : "");
        strcat(text, zone->odd || !(zone->n || zone->null || zone->cut) ? "odd " : "");
        strcat(text, zone->cut ? "cut " : "");
    }
    for (unsigned i = 0; i <= zone->n; i++) {
        text_of(text, "A", i < zone->n ? &zone->host[i] : &zone->own, 0);
        text_of(text, "AAAA", i < zone->n ? &zone->host[i] : &zone->own, 1);
    }
    return text;
}

static const char *calls_by_chance(void)
{
    static char text[2048];

    strcpy(text, "");
    for (unsigned i = 0; i < 40; i++) {
        const char *family = i / 10 % 2 ? "2001:db8::" : i % 10 ? "192.0.2." : "10.0.0.";

        end_of[i] = &ref_ends[dice(3) ? dice(2) : dice(REF_ENDS)];
        if (dice(16) == 0)
            end_of[i] = &ref_ends[11]; /* gone */
        sprintf(text + strlen(text), "%s%u%s %s;", family, i / 10 % 2 || i % 10 ? i % 10 : 1,
                i < 20 ? "" : "/", end_of[i]->how);
    }
    return text;
}

static void beside_reference(struct ref_search *ref, const char *zone, const char *calls)
{
    ref_search(ref);
    play(zone, calls, ref->zone->asked);
    CHECK_STR(story, ref->story);
    CHECK_STR(trail_text(), ref_trail(ref));
    CHECK_INT(hosts.trail.queries, ref->questions);
    CHECK_INT(hosts.trail.connects, ref->calls);
    CHECK_INT(hosts.trail.sessions, ref->talks);
}

/* What any operator asks of any domain, and once more with what that left behind. */
TEST(X_reference)
{
    static const char letters[] = "rimod46sgGn";
    unsigned met[4] = {0};

    for (unsigned round = 0; round < ROUNDS(30000); round++) {
        const unsigned long bad = test_bad_checks;
        struct ref_zone zone;
        struct ref_search ref = {.zone = &zone, .call = end_at, .mx = "not_asked", .dns = "none"};
        struct quoth_hosts before;
        char wants[3] = {0};
        const char *text, *calls;

        for (unsigned i = 0; i < 2; i++)
            if (dice(3) == 0)
                wants[strlen(wants)] = letters[dice(sizeof letters - 1)];
        if (wants[0] && wants[1] && strstr("io oi 46 64 gG Gg", wants))
            continue; /* they contradict each other */
        ref.wants = wants;
        zone_by_chance(&zone, ref.wants);
        text = zone_text(&zone);
        if (!zone.n && !zone.null && !zone.cut && !zone.why)
            zone.odd = 1;
        calls = calls_by_chance();
        begin(ref.wants);
        beside_reference(&ref, text, calls);
        met[0] += ref.calls == REF_CALLS;
        met[1] += ref.questions == REF_QUESTIONS;
        met[2] += (unsigned)ref.gone;
        met[3] += strchr(ref.story, '/') != NULL;
        before = hosts;
        memset(&hosts, 0, sizeof hosts);
        hosts.trail = before.trail;
        memcpy(hosts.tried, before.tried, sizeof hosts.tried);
        quoth_hosts_start(&hosts, &conf, "d.net");
        beside_reference(&ref, text, calls);
        if (test_bad_checks != bad) {
            printf("    operator \"%s\", %s\n    %s\n", ref.wants, text, calls);
            return;
        }
    }
    for (unsigned i = 0; i < 4; i++)
        CHECK(met[i] > ROUNDS(100)); /* each was met, or nothing was tried */
}

int main(void)
{
    RUN(X_cases);
    RUN(X01_equals);
    RUN(X_given);
    RUN(G16_questions);
    RUN(G16_calls);
    RUN(G16_trail);
    RUN(K11_all_gone);
    RUN(X_looked_up);
    RUN(X_reference);
    return report("hosts");
}
