/* options.c - what the user wants, from four places.
 *
 * One table has a row for each option: its name, argument, reader and help. The same row
 * reads `--name value`, the variable QUOTH_NAME and the line `name = value` of a config
 * file. The places are read from the strongest to the weakest, and a row that a stronger
 * place has set is left alone:
 *
 *     command line  >  QUOTH_* environment  >  ~/.config/quoth/config  >  /etc/quoth.conf
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "resolvconf.h"

enum { OPTION_LINE = 1, OPTION_ENV, OPTION_USER_FILE, OPTION_SYSTEM_FILE }; /* the places */
enum {
    OPTION_ONLY_LINE = 1,
    OPTION_MANY = 2,
    OPTION_MAYBE = 4
}; /* row flags; MAYBE: value only by '=' */

struct option_row {
    const char *name;
    char letter;
    uint8_t flags, mark; /* mark: what a yes stores */
    size_t offset;       /* of the field; rows that share one outrank each other */
    const char *arg;     /* NULL: yes or no */
    /* Read one value into the field. Returns NULL, or what would have been right. */
    const char *(*take)(struct cli_options *o, const struct option_row *row, const char *value);
    const char *help;
};

/* ---- readers ------------------------------------------------------------ */

static const char *option_store(struct cli_options *o, const char *text, const char **out)
{
    size_t n = strlen(text) + 1;
    if (n > CLI_STORE - o->stored)
        return "less text: the settings are too long together";
    *out = memcpy(o->store + o->stored, text, n);
    o->stored += n;
    return NULL;
}

static uint8_t *option_u8(struct cli_options *o, const struct option_row *row)
{
    return (uint8_t *)o + row->offset;
}

static const char *option_flag(struct cli_options *o, const struct option_row *row,
                               const char *value)
{
    static const char yes[] = " yes true on 1 ", no[] = " no false off 0 ";
    char word[8];
    uint8_t *field = option_u8(o, row);

    if ((size_t)snprintf(word, sizeof word, " %s ", value) >= sizeof word)
        return "yes or no";
    if (strstr(yes, word))
        *field = row->mark;
    else if (!strstr(no, word))
        return "yes or no";
    else if (*field == row->mark)
        *field = 0;
    return NULL;
}

/* One of the words of row->arg, stored as its place there. */
static const char *option_word(struct cli_options *o, const struct option_row *row,
                               const char *value)
{
    size_t n = strlen(value);
    uint8_t place = 0;
    for (const char *p = row->arg;; p++, place++) {
        size_t len = strcspn(p, "|");
        if (len == n && !memcmp(p, value, n)) {
            *option_u8(o, row) = place;
            return NULL;
        }
        p += len;
        if (!*p)
            return row->arg;
    }
}

static const char *option_path(struct cli_options *o, const struct option_row *row,
                               const char *value)
{
    const char **field = (const char **)(void *)((char *)o + row->offset);
    return *value ? option_store(o, value, field) : "a file name";
}

static const char *option_helo(struct cli_options *o, const struct option_row *row,
                               const char *value)
{
    if (!quoth_helo_valid(value))
        return "a host name with a dot (this machine's own), or an address in brackets";
    return option_store(o, value, &o->helo);
}

static const char *option_from(struct cli_options *o, const struct option_row *row,
                               const char *value)
{
    if (!strcmp(value, "<>"))
        value = "";
    if (!quoth_from_valid(value))
        return "an address, or <> for the null sender";
    return option_store(o, value, &o->from);
}

static int option_port(const char *text, uint16_t *port)
{
    uint32_t value;
    size_t n = cli_number(text, &value);
    if (!n || n > 5 || text[n])
        return 0;
    *port = (uint16_t)value;
    return value > 0 && value < 65536;
}

/* HOST, HOST:PORT, [V6]:PORT or a bare V6 cut in two, in place. port 0: none. */
static int option_host_port(char *text, char **host, uint16_t *port)
{
    struct quoth_ip ip;
    char *colon;

    *host = text;
    *port = 0;
    if (quoth_ip_parse(&ip, text, strlen(text)) == QUOTH_OK)
        return 1;
    if (*text == '[') {
        char *end = strchr(text, ']');
        if (!end || (end[1] && end[1] != ':'))
            return 0;
        *host = text + 1;
        *end = 0;
        if (quoth_ip_parse(&ip, *host, strlen(*host)) != QUOTH_OK || ip.len != 16)
            return 0;
        return !end[1] || option_port(end + 2, port);
    }
    if (!(colon = strchr(text, ':')))
        return 1;
    *colon = 0;
    return option_port(colon + 1, port);
}

static const char *option_server(struct cli_options *o, const struct option_row *row,
                                 const char *value)
{
    static const char want[] = "HOST[:PORT]: a dotted host name or an address, [V6]:PORT for IPv6";
    struct quoth_name name;
    struct quoth_ip ip;
    const char *copy, *why = option_store(o, value, &copy);
    char *host;
    size_t n;

    if (why)
        return why;
    if (!option_host_port(o->store + (copy - o->store), &host, &o->server_port))
        return want;
    n = strlen(host);
    if (quoth_ip_parse(&ip, host, n) != QUOTH_OK &&
        (quoth_name_parse(&name, host, n) || !quoth_name_is_host(&name)))
        return want;
    o->server = host;
    return NULL;
}

static const char *option_nameserver(struct cli_options *o, const struct option_row *row,
                                     const char *value)
{
    static const char want[] = "IP[:PORT], [V6]:PORT for IPv6";
    struct quoth_peer *peer = &o->nameserver[o->nameservers];
    char text[80], *host;

    if (o->nameservers == QUOTH_SERVERS_MAX)
        return "fewer name servers: no more are ever asked";
    peer->port = 0;
    if (quoth_resolvconf_server(&peer->ip, value, strlen(value)) != QUOTH_OK &&
        ((size_t)snprintf(text, sizeof text, "%s", value) >= sizeof text ||
         !option_host_port(text, &host, &peer->port) ||
         quoth_ip_parse(&peer->ip, host, strlen(host))))
        return want;
    o->nameservers++;
    return NULL;
}

static const char *option_cidr(struct cli_options *o, const struct option_row *row,
                               const char *value)
{
    int allow = row->offset == offsetof(struct cli_options, allow_n);
    uint8_t *n = option_u8(o, row);
    if (*n == CLI_LIST_MAX)
        return "fewer networks";
    if (quoth_cidr_parse((allow ? o->allow : o->deny) + *n, value, strlen(value)) != QUOTH_OK)
        return "a network such as 192.0.2.0/24 or 2001:db8::/32, or an address";
    ++*n;
    return NULL;
}

static const char *option_allow_name(struct cli_options *o, const struct option_row *row,
                                     const char *value)
{
    struct quoth_name name;
    char text[256];
    const char *why;

    if (*value == '.')
        value++;
    if (o->names_n == CLI_LIST_MAX)
        return "fewer names";
    if (!*value || quoth_name_parse(&name, value, strlen(value)) ||
        quoth_name_text(&name, text, sizeof text) < 1)
        return "a domain such as test or corp.example";
    why = option_store(o, text, &o->names[o->names_n]);
    if (!why)
        o->names_n++;
    return why;
}

/* Seconds with up to three decimals. */
static const char *option_timeout(struct cli_options *o, const struct option_row *row,
                                  const char *value)
{
    static const char want[] = "seconds, from 0.1 to 3600";
    uint32_t ms, unit = 100;
    size_t whole = cli_number(value, &ms), part = 0;

    if (!whole || whole > 4)
        return want;
    ms *= 1000;
    if (value[whole] == '.') {
        part = 1 + strspn(value + whole + 1, "0123456789");
        if (part > 4)
            return want;
        for (size_t i = 1; i < part; i++, unit /= 10)
            ms += (uint32_t)(value[whole + i] - '0') * unit;
    }
    if (value[whole + part] || ms < 100 || ms > 3600000)
        return want;
    o->timeout_ms = ms;
    return NULL;
}

static const char *option_sandbox(struct cli_options *o, const struct option_row *row,
                                  const char *value)
{
    static const char no[] = " no false off ", yes[] = " yes true on ";
    char word[8];

    if (option_port(value, &o->sandbox))
        return NULL;
    if ((size_t)snprintf(word, sizeof word, " %s ", value) >= sizeof word)
        return "a port";
    o->sandbox = strstr(yes, word) ? CLI_SANDBOX_PORT : 0;
    return o->sandbox || strstr(no, word) ? NULL : "a port";
}

/* A number; the places of row->mark: a field of 8, 16 or 32 bits. */
static const char *option_number(struct cli_options *o, const struct option_row *row,
                                 const char *value)
{
    static const struct {
        uint32_t least, most;
        const char *want;
    } range[] = {
        [1] = {0, 3, "a whole number from 0 to 3"},
        [2] = {1, 10000, "a whole number from 1 to 10000"},
        [4] = {1, 3600000, "a whole number from 1 to 3600000"},
    };
    uint8_t *field = option_u8(o, row);
    uint32_t number;
    size_t n = cli_number(value, &number);
    uint16_t half;

    if (!n || n > 7 || value[n])
        return range[row->mark].want;
    if (number < range[row->mark].least || number > range[row->mark].most)
        return range[row->mark].want;
    half = (uint16_t)number;
    if (row->mark == 1)
        *field = (uint8_t)number;
    else if (row->mark == 2)
        memcpy(field, &half, sizeof half);
    else
        memcpy(field, &number, sizeof number);
    return NULL;
}

/* None at all and "the default" are both 0 to the engine. */
static const char *option_passes(struct cli_options *o, const struct option_row *row,
                                 const char *value)
{
    const char *why = option_number(o, row, value);
    if (!why && !o->list.limits.passes)
        o->list.limits.no_wait = 1;
    return why;
}

static const char *option_only(struct cli_options *o, const struct option_row *row,
                               const char *value)
{
    uint8_t *field = option_u8(o, row), before = *field;
    const char *why = option_word(o, row, value);
    unsigned bit = 1u << *field;
    if (!why)
        *field = (uint8_t)(before | bit);
    return why;
}

static const char *option_delimiter(struct cli_options *o, const struct option_row *row,
                                    const char *value)
{
    if (!strcmp(value, "tab") || !strcmp(value, "\\t"))
        value = "\t";
    if (!*value || value[1] || strchr("\"\r\n", *value))
        return "one character, or tab";
    o->list.delimiter = *value;
    return NULL;
}

static const char *option_resume(struct cli_options *o, const struct option_row *row,
                                 const char *value)
{
    if (!strcmp(value, "no")) {
        o->list.resume = NULL;
        return NULL;
    }
    return option_store(o, strcmp(value, "yes") ? value : "", &o->list.resume);
}

/* Providers that say in public that they do not want to be asked in this way, by their mail
 * exchangers. */
static const char *const option_providers[] = {
    "olc.protection.outlook.com", /* Outlook.com, postmaster policies: "namespace mining" */
};

static const char *option_skip_providers(struct cli_options *o, const struct option_row *row,
                                         const char *value)
{
    static const char want[] = "yes, no, or names of mail exchangers such as mx.example.net";
    struct cli_list_options *l = &o->list;
    struct quoth_name name;
    char text[256];
    const char *why = NULL;

    if (!strcmp(value, "no")) {
        l->skips = 0;
        l->skip[0] = NULL;
        return NULL;
    }
    if (l->skips + sizeof option_providers / sizeof *option_providers > CLI_LIST_MAX)
        return "fewer names";
    if (!strcmp(value, "yes")) {
        for (size_t i = 0; i < sizeof option_providers / sizeof *option_providers; i++)
            l->skip[l->skips++] = option_providers[i];
        return NULL;
    }
    if (quoth_name_parse(&name, value, strlen(value)) || !quoth_name_is_host(&name) ||
        quoth_name_text(&name, text, sizeof text) < 1)
        return want;
    why = option_store(o, text, &l->skip[l->skips]);
    if (!why)
        l->skips++;
    return why;
}

/* I/N, counted from 1. */
static const char *option_shard(struct cli_options *o, const struct option_row *row,
                                const char *value)
{
    static const char want[] = "I/N, such as 2/8: the second of eight parts";
    const char *slash = strchr(value, '/');
    uint16_t shard, shards;
    char text[8];

    if (!slash || slash - value > 5)
        return want;
    memcpy(text, value, (size_t)(slash - value));
    text[slash - value] = 0;
    if (!option_port(text, &shard) || !option_port(slash + 1, &shards) || shard > shards)
        return want;
    o->list.shard = shard;
    o->list.shards = shards;
    return NULL;
}

static const char *option_action(struct cli_options *o, const struct option_row *row,
                                 const char *value)
{
    o->action = row->mark;
    return NULL;
}

/* ---- the table ---------------------------------------------------------- */

#define OPTION_AT(field) offsetof(struct cli_options, field)
static const struct option_row option_rows[] = {
    {.help = "What to check, and how far"},
    {"file", 'f', OPTION_ONLY_LINE, 0, OPTION_AT(file), "FILE", option_path,
     "check the list in FILE: lines, CSV or NDJSON (- is standard input)"},
    {"syntax-only", 0, 0, QUOTH_DEPTH_SYNTAX, OPTION_AT(depth), NULL, option_flag,
     "look at the address alone, ask nobody"},
    {"dns-only", 0, 0, QUOTH_DEPTH_DNS, OPTION_AT(depth), NULL, option_flag,
     "ask the DNS where its mail goes, call no mail server; needs no --helo"},
    {"no-decoy", 0, 0, 1, OPTION_AT(no_decoy), NULL, option_flag,
     "do not ask a made-up mailbox too; a catch-all domain is then not told from a real mailbox"},
    {"timeout", 0, 0, 0, OPTION_AT(timeout_ms), "S", option_timeout,
     "give up on an address after S seconds (300)"},

    {.help = "Who is asking"},
    {"helo", 0, 0, 0, OPTION_AT(helo), "NAME", option_helo,
     "name to say in EHLO: this machine's own, as its address resolves back to (its own name, if "
     "it has a full one)"},
    {"from", 0, 0, 0, OPTION_AT(from), "ADDRESS", option_from,
     "envelope sender, a mailbox that takes mail; <> is the null sender (postmaster@NAME)"},

    {.help = "Whom to ask"},
    {"server", 0, 0, 0, OPTION_AT(server), "HOST[:PORT]", option_server,
     "ask this mail server instead of the domain's"},
    {"nameserver", 0, OPTION_MANY, 0, OPTION_AT(nameservers), "IP[:PORT]", option_nameserver,
     "ask this name server instead of the machine's; may be repeated, 3 at most"},
    {"ipv4", '4', 0, QUOTH_FAMILY_V4, OPTION_AT(family), NULL, option_flag,
     "connect over IPv4 alone"},
    {"ipv6", '6', 0, QUOTH_FAMILY_V6, OPTION_AT(family), NULL, option_flag,
     "connect over IPv6 alone"},
    {"allow", 0, OPTION_MANY, 0, OPTION_AT(allow_n), "CIDR", option_cidr,
     "let it connect to this private or reserved network; may be repeated"},
    {"deny", 0, OPTION_MANY, 0, OPTION_AT(deny_n), "CIDR", option_cidr,
     "never connect to this network, whatever is allowed; may be repeated"},
    {"allow-name", 0, OPTION_MANY, 0, OPTION_AT(names_n), "SUFFIX", option_allow_name,
     "treat this reserved domain, such as .test, as a real one; may be repeated"},
    {"sandbox", 0, OPTION_MAYBE, 0, OPTION_AT(sandbox), "PORT", option_sandbox,
     "use the servers, names and identity of `quoth sandbox` on loopback (port 2525)"},

    {.help = "Lists (with -f)"},
    {"output", 'o', OPTION_ONLY_LINE, 0, OPTION_AT(list.output), "FILE", option_path,
     "write the results there; what is interrupted can be resumed"},
    {"resume", 0, OPTION_ONLY_LINE | OPTION_MAYBE, 0, OPTION_AT(list.resume), "JOURNAL",
     option_resume,
     "go on where an earlier run was cut off, or begin (journal: FILE.quoth-journal)"},
    {"input", 0, 0, 0, OPTION_AT(list.input), "auto|lines|csv|ndjson", option_word,
     "what the list is; auto: by its name and first line"},
    {"column", 0, 0, 0, OPTION_AT(list.column), "NAME|N", option_path,
     "CSV: the column with the address, by its heading or number (the first that looks so)"},
    {"delimiter", 0, 0, 0, OPTION_AT(list.delimiter), "C", option_delimiter,
     "CSV: what parts the columns, one character or tab (the most frequent of , ; tab |)"},
    {"header", 0, 0, 0, OPTION_AT(list.header), "auto|yes|no", option_word,
     "CSV: is the first line headings? auto: when it holds no address"},
    {"field", 0, 0, 0, OPTION_AT(list.field), "NAME", option_path,
     "NDJSON: the member with the address (email)"},
    {"display-names", 0, 0, 1, OPTION_AT(list.display_names), NULL, option_flag,
     "take `Jane Doe <jane@example.org>` for jane@example.org"},
    {"ordered", 0, 0, 1, OPTION_AT(list.ordered), NULL, option_flag,
     "results in the order of the list, not as they come"},
    {"only", 0, OPTION_MANY, 0, OPTION_AT(list.only), "unknown|deliverable|undeliverable|risky",
     option_only, "write only these results; may be repeated"},
    {"escape-formulas", 0, 0, 1, OPTION_AT(list.escape_formulas), NULL, option_flag,
     "CSV: put ' before what a spreadsheet would run, in the list's own columns too"},
    {"cache", 0, 0, 0, OPTION_AT(list.cache), "FILE", option_path,
     "keep answers there, and do not ask again within days (3 hours for a no)"},
    {"shard", 0, 0, 0, OPTION_AT(list.shard), "I/N", option_shard,
     "check the I-th of N parts alone; a domain is always in one part"},
    {"dry-run", 0, OPTION_ONLY_LINE, 1, OPTION_AT(list.dry_run), NULL, option_flag,
     "look up and group the list, tell limits and time, call no mail server"},

    {.help = "Manners (with -f)"},
    {"pace", 0, 0, 0, OPTION_AT(list.limits.pace_off), "polite|off", option_word,
     "off: as fast as it goes; for servers of your own only"},
    {"open", 0, 0, 4, OPTION_AT(list.limits.open), "N", option_number,
     "conversations at once (as this machine can, at most 1000)"},
    {"per-session", 0, 0, 2, OPTION_AT(list.limits.per_session), "N", option_number,
     "recipients asked in one conversation (50)"},
    {"per-host", 0, 0, 2, OPTION_AT(list.limits.per_host), "N", option_number,
     "conversations at once with one IP address (1)"},
    {"per-net", 0, 0, 2, OPTION_AT(list.limits.per_net), "N", option_number,
     "conversations at once with one /24 or /64 (2)"},
    {"gap", 0, 0, 4, OPTION_AT(list.limits.gap_ms), "MS", option_number,
     "milliseconds between two conversations with one IP address (10000)"},
    {"skip-providers", 0, OPTION_MANY | OPTION_MAYBE, 0, OPTION_AT(list.skips), "MX",
     option_skip_providers,
     "do not ask providers who are known not to want it, or those whose mail exchangers end in MX; "
     "may be repeated"},
    {"passes", 0, 0, 1, OPTION_AT(list.limits.passes), "N", option_passes,
     "how often to ask again who said later: after 5, 15, 60 minutes (3)"},
    {"no-wait", 0, 0, 1, OPTION_AT(list.limits.no_wait), NULL, option_flag,
     "do not ask them again: unknown"},

    {.help = "TLS"},
    {"tls", 0, 0, 0, OPTION_AT(tls), "try|must|never", option_word,
     "STARTTLS: if it is offered and works (try), or nothing (must), or never"},
    {"tls-verify", 0, 0, 1, OPTION_AT(tls_verify), NULL, option_flag,
     "take a certificate that does not check out for a broken handshake"},
    {"ca-file", 0, 0, 0, OPTION_AT(ca_file), "FILE", option_path,
     "check certificates against FILE (the system's)"},

    {.help = "What to print"},
    {"format", 0, 0, 0, OPTION_AT(format), "text|json|reacher|csv", option_word,
     "text for people; json, one object a line; reacher, as check-if-email-exists prints it; csv "
     "with -f"},
    {"explain", 'e', 0, 1, OPTION_AT(explain), NULL, option_flag,
     "show the whole way to the verdict and the conversation (on standard error unless the format "
     "is text)"},
    {"color", 0, 0, 0, OPTION_AT(color), "auto|always|never", option_word,
     "colours; auto: on a terminal"},
    {"quiet", 'q', 0, 1, OPTION_AT(quiet), NULL, option_flag,
     "print no results and no notes: the exit code tells"},
    {"help", 'h', OPTION_ONLY_LINE, 'h', OPTION_AT(action), NULL, option_action, "print this"},
    {"version", 'V', OPTION_ONLY_LINE, 'V', OPTION_AT(action), NULL, option_action,
     "print the version"},
};
enum { OPTION_ROWS = sizeof option_rows / sizeof *option_rows };
_Static_assert((int)OPTION_ROWS <= (int)CLI_ROWS_MAX,
               "cli_options.level has an entry for each row");

/* ---- finding and setting a row ------------------------------------------ */

static const struct option_row *option_find(const char *name, size_t n)
{
    for (int i = 0; i < OPTION_ROWS; i++)
        if (option_rows[i].name && strlen(option_rows[i].name) == n &&
            !memcmp(option_rows[i].name, name, n))
            return &option_rows[i];
    return NULL;
}

/* Levenshtein distance, of names shorter than 24. */
static unsigned option_distance(const char *a, size_t an, const char *b, size_t bn)
{
    unsigned row[24];
    for (unsigned j = 0; j <= bn; j++)
        row[j] = j;
    for (size_t i = 1; i <= an; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= bn; j++) {
            unsigned swap = corner + (a[i - 1] != b[j - 1]),
                     least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            corner = row[j];
            row[j] = swap < least ? swap : least;
        }
    }
    return row[bn];
}

/* The option meant by a name that is none, or NULL: it begins so, or is a slip or two away. */
static const char *option_nearest(const char *name, size_t n)
{
    const char *best = NULL;
    unsigned least = 3;
    if (n < 2 || n > 23)
        return NULL;
    for (int i = 0; i < OPTION_ROWS; i++) {
        const char *other = option_rows[i].name;
        unsigned far;
        if (!other)
            continue;
        far = strncmp(other, name, n) ? option_distance(name, n, other, strlen(other)) : 0;
        if (far < least) {
            least = far;
            best = other;
        }
    }
    return best;
}

static int option_unknown(const char *label, const char *dashes, const char *name, size_t n)
{
    const char *near = option_nearest(name, n);
    fprintf(stderr, "quoth: %sunknown option %s", label, dashes);
    cli_put(stderr, name, n < 60 ? n : 60);
    if (near)
        fprintf(stderr, "; did you mean %s%s?\n", dashes, near);
    else
        fputs("; quoth --help lists them\n", stderr);
    return CLI_EXIT_USAGE;
}

/* The place that set this row's field; 0 for none. */
static uint8_t *option_level(struct cli_options *o, const struct option_row *row)
{
    int i = 0;
    while (!option_rows[i].name || option_rows[i].offset != row->offset)
        i++;
    return &o->level[i];
}

static const char *option_items(struct cli_options *o, const struct option_row *row,
                                const char *value)
{
    char item[300];
    if (!value[strspn(value, ", ")])
        return row->arg;
    for (value += strspn(value, ", "); *value; value += strspn(value, ", ")) {
        size_t n = strcspn(value, ", ");
        const char *why;
        if (n >= sizeof item)
            return "shorter items";
        memcpy(item, value, n);
        item[n] = 0;
        if ((why = row->take(o, row, item)))
            return why;
        value += n;
    }
    return NULL;
}

/* `label`: where the value stands, for the message. */
static int option_set(struct cli_options *o, uint8_t place, const char *label,
                      const struct option_row *row, const char *value)
{
    uint8_t *level = option_level(o, row);
    const char *why;
    if (*level && *level < place)
        return 0;
    *level = place;
    why = row->flags & OPTION_MANY ? option_items(o, row, value) : row->take(o, row, value);
    if (!why)
        return 0;
    fprintf(stderr, "quoth: %s: \"", label);
    cli_put(stderr, value, strlen(value) < 200 ? strlen(value) : 200);
    fprintf(stderr, "\" will not do; it wants %s\n", why);
    return CLI_EXIT_USAGE;
}

/* ---- the four places ---------------------------------------------------- */

struct option_args {
    int argc, at;
    char **argv;
};

static int option_no_value(const char *label, const struct option_row *row)
{
    fprintf(stderr, "quoth: %s wants a value: %s\n", label, row->arg);
    return CLI_EXIT_USAGE;
}

static int option_long(struct cli_options *o, struct option_args *a, const char *text)
{
    size_t n = strcspn(text, "=");
    const struct option_row *row = option_find(text, n);
    const char *value = text[n] ? text + n + 1 : NULL;
    char label[40];

    if (!row)
        return option_unknown("", "--", text, n);
    snprintf(label, sizeof label, "--%s", row->name);
    if (!value && (!row->arg || row->flags & OPTION_MAYBE))
        value = "yes";
    if (!value && ++a->at < a->argc)
        value = a->argv[a->at];
    if (!value)
        return option_no_value(label, row);
    return option_set(o, OPTION_LINE, label, row, value);
}

/* -4, -4q, -f FILE, -fFILE */
static int option_short(struct cli_options *o, struct option_args *a, const char *text)
{
    for (; *text; text++) {
        const struct option_row *row = option_rows;
        char label[3] = {'-', *text, 0};
        int rc;
        while (row < option_rows + OPTION_ROWS && row->letter != *text)
            row++;
        if (row == option_rows + OPTION_ROWS)
            return option_unknown("", "-", text, 1);
        if (row->arg) {
            const char *value = text[1] ? text + 1 : ++a->at < a->argc ? a->argv[a->at] : NULL;
            return value ? option_set(o, OPTION_LINE, label, row, value)
                         : option_no_value(label, row);
        }
        if ((rc = option_set(o, OPTION_LINE, label, row, "yes")))
            return rc;
    }
    return 0;
}

/* Options may stand anywhere before "--"; what is left over moves to the front of argv. */
static int option_line(struct cli_options *o, int argc, char **argv)
{
    struct option_args a = {argc, 1, argv};
    int rc = 0, plain = 0;
    o->address = argv + 1;
    for (; a.at < argc && !rc; a.at++) {
        char *text = argv[a.at];
        if (plain || text[0] != '-' || !text[1])
            o->address[o->addresses++] = text;
        else if (text[1] != '-')
            rc = option_short(o, &a, text + 1);
        else if (text[2])
            rc = option_long(o, &a, text + 2);
        else
            plain = 1;
    }
    return rc;
}

static int option_environment(struct cli_options *o)
{
    int rc = 0;
    for (int i = 0; i < OPTION_ROWS && !rc; i++) {
        char name[40] = "QUOTH_", *p = name + 6;
        const char *value;
        if (!option_rows[i].name || option_rows[i].flags & OPTION_ONLY_LINE)
            continue;
        for (const char *q = option_rows[i].name; *q; q++)
            *p++ = (char)(*q == '-' ? '_' : *q >= 'a' ? *q - 32 : *q);
        *p = 0;
        value = getenv(name);
        if (value && *value)
            rc = option_set(o, OPTION_ENV, name, &option_rows[i], value);
    }
    return rc;
}

static char *option_trim(char *p)
{
    char *end = p + strlen(p);
    while (end > p && strchr(" \t\r\n", end[-1]))
        *--end = 0;
    return p + strspn(p, " \t");
}

static int option_file_line(struct cli_options *o, uint8_t place, char *label, size_t cap,
                            char *line)
{
    char *name = option_trim(line), *value = strchr(name, '=');
    const struct option_row *row;
    size_t used = strlen(label);

    if (!*name || *name == '#')
        return 0;
    if (!value) {
        fprintf(stderr, "quoth: %s: not a line of the form: name = value\n", label);
        return CLI_EXIT_USAGE;
    }
    *value++ = 0;
    name = option_trim(name);
    row = option_find(name, strlen(name));
    snprintf(label + used, cap - used, ": ");
    if (!row || row->flags & OPTION_ONLY_LINE)
        return option_unknown(label, "", name, strlen(name));
    snprintf(label + used, cap - used, ": %s", row->name);
    return option_set(o, place, label, row, option_trim(value));
}

static int option_file(struct cli_options *o, uint8_t place, const char *path, int must)
{
    char line[CLI_LINE_MAX], label[600];
    unsigned number = 0;
    int rc = 0;
    FILE *f = fopen(path, "r");

    if (!f && !must && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) {
        if (errno == EACCES)
            fprintf(stderr, "quoth: %s: not read: %s\n", path, strerror(errno));
        return 0;
    }
    while (f && !rc && (errno = 0, fgets(line, sizeof line, f))) {
        snprintf(label, sizeof label, "%.500s:%u", path, ++number);
        if (!strchr(line, '\n') && !feof(f)) {
            fprintf(stderr, "quoth: %s: this line is too long, or holds a NUL byte\n", label);
            rc = CLI_EXIT_USAGE;
        } else {
            rc = option_file_line(o, place, label, sizeof label, line);
        }
    }
    if (!rc && (!f || ferror(f))) {
        fprintf(stderr, "quoth: %s: %s\n", path, strerror(errno));
        rc = CLI_EXIT_NO_INPUT;
    }
    if (f)
        fclose(f);
    return rc;
}

static int option_files(struct cli_options *o)
{
    const char *only = getenv("QUOTH_CONFIG"), *home = getenv("HOME"),
               *xdg = getenv("XDG_CONFIG_HOME");
    char path[1024];
    int rc = 0, n = 0;

    if (only)
        return *only ? option_file(o, OPTION_USER_FILE, only, 1) : 0;
    if (xdg && *xdg)
        n = snprintf(path, sizeof path, "%s/quoth/config", xdg);
    else if (home && *home)
        n = snprintf(path, sizeof path, "%s/.config/quoth/config", home);
    if (n > 0 && (size_t)n < sizeof path)
        rc = option_file(o, OPTION_USER_FILE, path, 0);
    return rc ? rc : option_file(o, OPTION_SYSTEM_FILE, "/etc/quoth.conf", 0);
}

/* The sandbox's settings stand in for all that a weaker place than --sandbox itself has set. */
static void option_enter_sandbox(struct cli_options *o)
{
    static const struct quoth_cidr loopback = {{4, {127}}, 8};
    uint8_t place = *option_level(o, option_find("sandbox", 7));
    uint8_t helo = *option_level(o, option_find("helo", 4)),
            from = *option_level(o, option_find("from", 4));
    uint8_t servers = *option_level(o, option_find("nameserver", 10));

    if (!helo || helo > place)
        o->helo = CLI_SANDBOX_HELO;
    if (!from || from > place)
        o->from = CLI_SANDBOX_FROM;
    if (!servers || servers > place) {
        o->nameservers = 1;
        quoth_ip_parse(&o->nameserver[0].ip, CLI_SANDBOX_DNS, sizeof CLI_SANDBOX_DNS - 1);
        o->nameserver[0].port = o->sandbox;
    }
    o->allow[o->allow_n++] = loopback;
    o->names[o->names_n++] = "test";
}

static int option_misfit(const char *why)
{
    fprintf(stderr, "quoth: %s\n", why);
    return CLI_EXIT_USAGE;
}

/* What goes with a list alone, and what does not go together. */
static int option_list_check(const struct cli_options *o)
{
    const struct cli_list_options *l = &o->list;
    if (o->format == CLI_CSV && !o->file)
        return option_misfit("--format csv is for lists: -f FILE");
    if ((l->output || l->dry_run) && !o->file)
        return option_misfit("-o and --dry-run are for lists: -f FILE");
    if (l->output && o->addresses)
        return option_misfit("with -o the addresses come from -f FILE alone");
    if (l->resume && !l->output)
        return option_misfit("--resume needs the file that was being written: -o FILE");
    if (o->file && o->explain && (l->output || l->dry_run || o->format == CLI_CSV))
        return option_misfit(
            "--explain tells of one address after the other: no -o, --dry-run or csv with it");
    return 0;
}

int cli_options_read(struct cli_options *o, int argc, char **argv)
{
    int rc;
    memset(o, 0, sizeof *o);
    rc = option_line(o, argc, argv);
    if (rc || o->action)
        return rc;
    if ((rc = option_environment(o)) || (rc = option_files(o)))
        return rc;
    if (o->sandbox)
        option_enter_sandbox(o);
    if (!o->addresses && !o->file)
        return option_misfit("no address given; quoth --help tells more");
    return option_list_check(o);
}

/* ---- help --------------------------------------------------------------- */

static void option_help_row(FILE *f, const struct option_row *row)
{
    enum { COLUMN = 28 };
    char left[64];
    int n = snprintf(left, sizeof left, "  %c%c%c --%s%s%s%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name,
                     row->flags & OPTION_MAYBE ? "[="
                     : row->arg                ? " "
                                               : "",
                     row->arg ? row->arg : "", row->flags & OPTION_MAYBE ? "]" : "");
    fputs(left, f);
    if (n > COLUMN - 2)
        fprintf(f, "\n%*s", COLUMN, "");
    else
        fprintf(f, "%*s", COLUMN - n, "");
    cli_wrap(f, row->help, strlen(row->help), COLUMN, 79, "                            ");
    putc('\n', f);
}

void cli_help(FILE *f)
{
    fputs("quoth " QUOTH_VERSION " - would this mail server take mail for this address?\n\n"
          "  quoth [options] ADDRESS...      check addresses\n"
          "  quoth [options] -f FILE         check a list of them\n"
          "  quoth judge                     read server replies, say what they mean\n"
          "  quoth sandbox                   servers on loopback to try it on\n\n"
          "It asks the domain's own mail server as a sender would, up to RCPT TO, never\n"
          "sends a message, and shows the reply that decided.\n",
          f);
    for (int i = 0; i < OPTION_ROWS; i++)
        if (option_rows[i].name)
            option_help_row(f, &option_rows[i]);
        else
            fprintf(f, "\n%s\n", option_rows[i].help);
    fputs("\nEvery option but -f can stand in the environment (QUOTH_HELO=mx.example.org,\n"
          "QUOTH_TLS_VERIFY=yes) or, as `helo = mx.example.org`, in ~/.config/quoth/config\n"
          "or /etc/quoth.conf. The command line wins, then the environment.\n\n"
          "Exit code: 0 deliverable, 1 undeliverable, 2 risky, 3 unknown; of several\n"
          "addresses the lowest but 0. 64 bad usage, 66 unreadable file, 70 internal error.\n\n"
          "Check addresses you have a reason to write to: they are personal data, and\n"
          "servers may block who asks too much. A yes proves neither consent nor delivery;\n"
          "consent comes from a confirmed opt-in. Nothing about who asks is disguised, and\n"
          "VRFY and EXPN, which many take for an attack, are never used. See quoth(1).\n",
          f);
}
