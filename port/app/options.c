/* options.c - the table of all options, and setting one.
 *
 *   place, name, value --> row --> has a stronger place set it?  yes: left alone
 *                           |        no: its reader takes the value into its field
 *                           `--> none of that name: the nearest one
 *
 *     command line  >  QUOTH_* environment  >  ~/.config/quoth/config  >  /etc/quoth.conf
 *
 * Nothing is printed here: what is wrong comes back as a struct app_why.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "help.h"
#include "option_read.h"

/* ---- the table ---------------------------------------------------------- */

#define FIELD(field) \
    sizeof(((struct app_options *)NULL)->field), offsetof(struct app_options, field)
#define ONLY_LINE APP_OPTION_ONLY_LINE
#define MANY      APP_OPTION_MANY
#define MAYBE     APP_OPTION_MAYBE
#define FIRST     APP_OPTION_FIRST
#define AGAIN     APP_OPTION_AGAIN
#define WHOLE     APP_OPTION_WHOLE
#define FREE      APP_ALIKE_FREE
#define LIST      APP_ALIKE_LIST
#define SAME      APP_ALIKE_SAME
#define MACHINE   APP_ALIKE_MACHINE
#define ADDRESSES APP_TOPIC_ADDRESSES
#define LISTS     APP_TOPIC_LISTS
#define MANNERS   APP_TOPIC_MANNERS
#define IDENTITY  APP_TOPIC_IDENTITY
#define DNS       APP_TOPIC_DNS
#define SERVERS   APP_TOPIC_SERVERS
#define TLS       APP_TOPIC_TLS
#define SMTP      APP_TOPIC_SMTP
#define OUTPUT    APP_TOPIC_OUTPUT
#define EXTRACT   APP_TOPIC_EXTRACT
#define SANDBOX   APP_TOPIC_SANDBOX

/* The words of a row: pack_help.c takes them from here, packed with the others of the help. */
#define HELP(name, words) HELP_##name

/* name, letter, topic, flags, alike, mark, field, argument, reader, help */
const struct app_option app_option_rows[] = {
    {"syntax-only", 0, ADDRESSES, 0, SAME, QUOTH_DEPTH_SYNTAX, FIELD(conf.depth), NULL, option_flag,
     HELP(syntax_only, "look at the address alone, ask nobody")},
    {"dns-only", 0, ADDRESSES, FIRST, SAME, QUOTH_DEPTH_DNS, FIELD(conf.depth), NULL, option_flag,
     HELP(dns_only, "ask the DNS where its mail goes, and stop there; needs no --helo")},
    {"no-decoy", 0, ADDRESSES, 0, SAME, 1, FIELD(conf.no_decoy), NULL, option_flag,
     HELP(no_decoy, "do not ask a made-up mailbox too; a catch-all domain is then "
                    "not told from a real mailbox")},
    {"decoys", 0, ADDRESSES, 0, SAME, 0, FIELD(conf.decoys), "N", option_decoys,
     HELP(decoys, "1 (1), or 2: where a made-up mailbox is unknown, ask one that "
                  "looks like a name as well")},
    {"timeout", 0, ADDRESSES, 0, FREE, 0, FIELD(conf.total_ms), "S", option_timeout,
     HELP(timeout, "give up on an address after S seconds (300)")},
    {"allow-name", 0, ADDRESSES, MANY, SAME, 0, FIELD(names_n), "SUFFIX", option_allow_name,
     HELP(allow_name, "treat this reserved domain, such as .test, as a real one; may be repeated")},
    {"disposable", 0, ADDRESSES, 0, SAME, 0, FIELD(listed[APP_LISTED_DISPOSABLE]), "FILE",
     option_content,
     HELP(disposable, "domains that are throw-away too, one a line, with what is below them")},
    {"free", 0, ADDRESSES, 0, SAME, 0, FIELD(listed[APP_LISTED_FREE]), "FILE", option_content,
     HELP(free, "domains of free mail providers, beside the known ones")},
    {"role", 0, ADDRESSES, 0, SAME, 0, FIELD(listed[APP_LISTED_ROLE]), "FILE", option_content,
     HELP(role, "local parts that are a function's, beside the known ones")},
    {"trusted", 0, ADDRESSES, 0, SAME, 0, FIELD(listed[APP_LISTED_TRUSTED]), "FILE", option_content,
     HELP(trusted, "domains that are neither throw-away nor a slip nor parked, "
                   "whatever lists say")},

    {"file", 'f', LISTS, ONLY_LINE | FIRST | AGAIN, LIST, 0, FIELD(files), "FILE", option_file,
     HELP(file, "check the list in FILE: lines, CSV or JSON (- is standard "
                "input); may be repeated")},
    {"output", 'o', LISTS, ONLY_LINE | FIRST | WHOLE, FREE, 0, FIELD(list.output), "FILE",
     option_text,
     HELP(output, "write there: a list as its name ends (.csv, .json), resumed if cut off; "
                  "a report of --format prom")},
    {"resume", 0, LISTS, ONLY_LINE | MAYBE, FREE, 0, FIELD(list.resume), "JOURNAL", option_resume,
     HELP(resume, "go on where an earlier run was cut off, or begin (journal: "
                  "FILE.quoth-journal)")},
    {"force", 0, LISTS, ONLY_LINE, FREE, 1, FIELD(list.force), NULL, option_flag,
     HELP(force, "write over an output that is there, and begin anew")},
    {"follow", 0, LISTS, ONLY_LINE, FREE, 1, FIELD(list.follow), NULL, option_flag,
     HELP(follow, "answer standard input line by line as it comes, in its order, until it ends")},
    {"input", 0, LISTS, 0, LIST, 0, FIELD(list.input), "auto|lines|csv|ndjson|json", option_word,
     HELP(input, "what the list is; auto: by its first 1,000 rows")},
    {"skip", 0, LISTS, 0, LIST, 0, FIELD(list.skip_lines), "N", option_number,
     HELP(skip, "leave out the first N lines, above the headings")},
    {"anyway", 0, LISTS, 0, FREE, 1, FIELD(list.anyway), NULL, option_flag,
     HELP(anyway, "go on though fewer than half of the first 1,000 rows hold an address")},
    {"column", 0, LISTS, 0, LIST, 0, FIELD(list.column), "NAME|N", option_text,
     HELP(column, "CSV: the column with the address, by its heading or number "
                  "(told by headings and cells)")},
    {"delimiter", 0, LISTS, 0, LIST, 0, FIELD(list.delimiter), "C", option_delimiter,
     HELP(delimiter, "CSV: what parts the columns, one character or tab (, ; tab or "
                     "|, as fits the rows)")},
    {"header", 0, LISTS, 0, LIST, 0, FIELD(list.header), "auto|yes|no", option_word,
     HELP(header, "CSV: are there headings? auto: by their words, and what is below")},
    {"field", 0, LISTS, 0, LIST, 0, FIELD(list.field), "NAME|A.B", option_text,
     HELP(field, "JSON: the member with the address, within others behind dots "
                 "(told by names and texts)")},
    {"display-names", 0, LISTS, 0, LIST, 1, FIELD(list.display_names), NULL, option_flag,
     HELP(display_names, "read lines, though names with commas make them look like CSV")},
    {"ordered", 0, LISTS, 0, SAME, 1, FIELD(list.ordered), NULL, option_flag,
     HELP(ordered, "results in the order of the list, not as they come")},
    {"only", 0, LISTS, MANY | WHOLE, SAME, 0, FIELD(list.only),
     "unknown|deliverable|undeliverable|risky", option_words,
     HELP(only, "write only these results; may be repeated")},
    {"escape-formulas", 0, LISTS, 0, SAME, 1, FIELD(list.escape_formulas), NULL, option_flag,
     HELP(escape_formulas, "CSV: put ' before what a spreadsheet would run, in the list's "
                           "own columns too")},
    {"cache", 0, LISTS, WHOLE, FREE, 0, FIELD(list.cache), "FILE", option_text,
     HELP(cache, "keep answers there, and do not ask again within days (3 hours for a no)")},
    {"shard", 0, LISTS, WHOLE, LIST, 0, FIELD(list.shard), "I/N", option_shard,
     HELP(shard, "check the I-th of N parts alone; a domain is always in one part")},
    {"with-domain", 0, LISTS, WHOLE, SAME, 1, FIELD(list.with_domain), NULL, option_flag,
     HELP(with_domain, "tell what is wrong with each address's domain too, as quoth domain does")},
    {"dry-run", 0, LISTS, ONLY_LINE | WHOLE, FREE, 1, FIELD(list.dry_run), NULL, option_flag,
     HELP(dry_run, "look up and group the list, tell limits and time, call no mail server")},

    {"pace", 0, MANNERS, 0, FREE, 0, FIELD(list.limits.pace_off), "polite|off", option_word,
     HELP(pace, "off: as fast as it goes; for servers of your own only")},
    {"open", 0, MANNERS, 0, FREE, 0, FIELD(list.limits.open), "N", option_number,
     HELP(open, "conversations at once (as this machine can, at most 1000)")},
    {"per-session", 0, MANNERS, 0, FREE, 0, FIELD(list.limits.per_session), "N", option_number,
     HELP(per_session, "recipients asked in one conversation (50)")},
    {"per-host", 0, MANNERS, 0, FREE, 0, FIELD(list.limits.per_host), "N", option_number,
     HELP(per_host, "conversations at once with one IP address (1)")},
    {"per-net", 0, MANNERS, 0, FREE, 0, FIELD(list.limits.per_net), "N", option_number,
     HELP(per_net, "conversations at once with one /24 or /64 (2)")},
    {"gap", 0, MANNERS, 0, FREE, 0, FIELD(list.limits.gap_ms), "MS", option_number,
     HELP(gap, "milliseconds between two conversations with one IP address (10000)")},
    {"skip-providers", 0, MANNERS, MANY | MAYBE, SAME, 0, FIELD(list.skips), "MX",
     option_skip_providers,
     HELP(skip_providers, "do not ask providers who are known not to want it, or those "
                          "whose mail exchangers end in MX; may be repeated")},
    {"passes", 0, MANNERS, 0, FREE, 0, FIELD(list.limits.passes), "N", option_passes,
     HELP(passes, "how often to ask again who said later: after 5, 15, 60 minutes "
                  "(lists 3, several addresses 0)")},
    {"max-time", 0, MANNERS, 0, FREE, 0, FIELD(list.limits.run_ms), "N[s|m|h|d]", option_max_time,
     HELP(max_time, "end the run after that long: what is left is unknown "
                    "(timeout), or with -o left for --resume")},
    {"no-wait", 0, MANNERS, 0, FREE, 1, FIELD(list.limits.no_wait), NULL, option_flag,
     HELP(no_wait, "do not ask them again: unknown")},

    {"helo", 0, IDENTITY, FIRST, MACHINE, 0, FIELD(helo), "NAME", option_helo,
     HELP(helo, "name to say in EHLO: this machine's own, as its address "
                "resolves back to (its own name, if it has a full one)")},
    {"from", 0, IDENTITY, FIRST, MACHINE, 0, FIELD(from), "ADDRESS", option_from,
     HELP(from, "envelope sender, a mailbox that takes mail; <> is the null "
                "sender (postmaster@NAME)")},

    {"nameserver", 0, DNS, MANY, FREE, 0, FIELD(nameservers), "IP[:PORT]", option_nameserver,
     HELP(nameserver, "ask this name server instead of the machine's; may be repeated, 3 at most")},
    {"no-edns", 0, DNS, 0, FREE, 1, FIELD(no_edns), NULL, option_flag,
     HELP(no_edns, "ask without EDNS from the start, for a box on the way that "
                   "drops such questions")},

    {"server", 0, SERVERS, 0, SAME, 0, FIELD(conf.server), "HOST[:PORT]", option_server,
     HELP(server, "ask this mail server instead of the domain's")},
    {"ipv4", '4', SERVERS, 0, MACHINE, QUOTH_FAMILY_V4, FIELD(conf.family), NULL, option_flag,
     HELP(ipv4, "connect over IPv4 alone")},
    {"ipv6", '6', SERVERS, 0, MACHINE, QUOTH_FAMILY_V6, FIELD(conf.family), NULL, option_flag,
     HELP(ipv6, "connect over IPv6 alone")},
    {"allow", 0, SERVERS, MANY, MACHINE, 0, FIELD(allow_n), "CIDR", option_allow,
     HELP(allow, "let it connect to this private or reserved network; may be repeated")},
    {"deny", 0, SERVERS, MANY, MACHINE, 0, FIELD(deny_n), "CIDR", option_deny,
     HELP(deny, "never connect to this network, whatever is allowed; may be repeated")},

    {"tls", 0, TLS, 0, SAME, 0, FIELD(conf.smtp.tls), "try|must|never", option_word,
     HELP(tls, "STARTTLS: if it is offered and works (try), or nothing (must), or never")},
    {"tls-verify", 0, TLS, 0, SAME, 1, FIELD(conf.smtp.tls_verify), NULL, option_flag,
     HELP(tls_verify, "take a certificate that does not check out for a broken handshake")},
    {"ca-file", 0, TLS, 0, MACHINE, 0, FIELD(ca_file), "FILE", option_content,
     HELP(ca_file, "check certificates against FILE (the system's)")},

    {"as", 0, SMTP, ONLY_LINE, FREE, 0, FIELD(smtp_as), "port|25|465|587|2525", option_word,
     HELP(as, "speak and judge as on that port, whatever the port is: 465 begins with TLS")},
    {"relay", 0, SMTP, ONLY_LINE, FREE, 0, FIELD(relay), "ADDRESS", option_relay,
     HELP(relay, "would it take mail for this address of your own at another "
                 "domain? Asked up to RCPT TO, twice")},
    {"relay-all", 0, SMTP, ONLY_LINE, FREE, 1, FIELD(relay_all), NULL, option_flag,
     HELP(relay_all, "and, if not, in shapes such as jane%example.org@HOST?")},

    {"format", 0, OUTPUT, FIRST, SAME, 0, FIELD(format), app_format_words, option_word,
     HELP(format, "how results look: text for people; json, one object a line; "
                  "csv with -f; reacher and the others as those services print "
                  "them")},
    {"calibration", 0, OUTPUT, 0, SAME, 0, FIELD(calibration), "TEXT", option_calibration,
     HELP(calibration,
          "a score as a chance: what `quoth calibrate` has made of your own outcomes")},
    {"explain", 'e', OUTPUT, FIRST, FREE, 1, FIELD(explain), NULL, option_flag,
     HELP(explain, "show every step and the whole conversation (on standard error "
                   "unless the format is text)")},
    {"why", 0, OUTPUT, MAYBE | ONLY_LINE, FREE, 1, FIELD(why), "IP", option_why,
     HELP(why, "refused? what is wrong on our side, and the record to publish; "
               "IP: our address as others see it (one address, text or json)")},
    {"color", 0, OUTPUT, 0, FREE, 0, FIELD(color), "auto|always|never", option_word,
     HELP(color, "colours; auto: on a terminal")},
    {"quiet", 'q', OUTPUT, 0, FREE, 1, FIELD(quiet), NULL, option_flag,
     HELP(quiet, "print no results and no notes: the exit code tells")},
    {"help", 'h', OUTPUT, ONLY_LINE, FREE, 'h', FIELD(action), NULL, option_action,
     HELP(help, "print this help")},
    {"version", 'V', OUTPUT, ONLY_LINE, FREE, 'V', FIELD(action), NULL, option_action,
     HELP(version, "print the version")},

    {"kind", 0, EXTRACT, ONLY_LINE, FREE, 0, FIELD(extract.kind), "auto|text|html|json|sql|mail",
     option_word,
     HELP(kind, "what the files are; auto: by the first 4 KB of each. CSV is "
                "text, XML is html, .eml and mbox are mail")},
    {"unique", 0, EXTRACT, ONLY_LINE, FREE, 1, FIELD(extract.unique), NULL, option_flag,
     HELP(unique, "each address once, where it was first seen")},
    {"fold", 0, EXTRACT, ONLY_LINE, FREE, 1, FIELD(extract.fold), NULL, option_flag,
     HELP(fold, "with --unique: Jane@ and jane@ are the same")},
    {"limit-memory", 0, EXTRACT, ONLY_LINE, FREE, 0, FIELD(extract.memory), "N[k|m|g]",
     option_memory,
     HELP(limit_memory, "with --unique: no more bytes than that for what was seen; when "
                        "they are used up it is forgotten, and an address may come "
                        "twice")},
    {"all", 0, EXTRACT, ONLY_LINE, FREE, 1, FIELD(extract.all), NULL, option_flag,
     HELP(all, "also ids of messages (msgid), and addresses for bounces with "
               "another address in them (verp)")},
    {"atext", 0, EXTRACT, ONLY_LINE, FREE, 1, FIELD(extract.atext), NULL, option_flag,
     HELP(atext, "local parts of every character that an address may have "
                 "without quotes (letters, digits, . _ + -, and ' or & between "
                 "letters)")},
    {"strict", 0, EXTRACT, ONLY_LINE, FREE, 1, FIELD(extract.strict), NULL, option_flag,
     HELP(strict, "local parts of letters, digits and . _ + - of ASCII alone")},
    {"deobfuscate", 0, EXTRACT, ONLY_LINE, FREE, 1, FIELD(extract.deobfuscate), NULL, option_flag,
     HELP(deobfuscate, "also jane [at] example [dot] com and its like, and data-cfemail")},

    {"sandbox", 0, SANDBOX, MAYBE, SAME, 0, FIELD(sandbox), "PORT", option_sandbox,
     HELP(sandbox, "use the servers, names and identity of `quoth sandbox` on "
                   "loopback (port 2525)")},
};
enum { OPTION_ROWS = sizeof app_option_rows / sizeof *app_option_rows };
_Static_assert((int)OPTION_ROWS <= (int)APP_ROWS_MAX,
               "app_options.level has an entry for each row");
const unsigned app_option_count = OPTION_ROWS;

/* ---- finding a row ------------------------------------------------------ */

const struct app_option *app_option_find(const char *name, size_t n)
{
    for (int i = 0; i < OPTION_ROWS; i++)
        if (strlen(app_option_rows[i].name) == n && !memcmp(app_option_rows[i].name, name, n))
            return &app_option_rows[i];
    return NULL;
}

const struct app_option *app_option_letter(char letter)
{
    for (int i = 0; letter && i < OPTION_ROWS; i++)
        if (app_option_rows[i].letter == letter)
            return &app_option_rows[i];
    return NULL;
}

/* Levenshtein distance, of names shorter than 24. */
static unsigned option_distance(const char *from, size_t from_n, const char *to, size_t to_n)
{
    unsigned row[24];
    for (unsigned j = 0; j <= to_n; j++)
        row[j] = j;
    for (size_t i = 1; i <= from_n; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= to_n; j++) {
            unsigned swap = corner + (from[i - 1] != to[j - 1]),
                     least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            corner = row[j];
            row[j] = swap < least ? swap : least;
        }
    }
    return row[to_n];
}

/* The option meant by a name that is none, or NULL: it begins so, or is a slip or two away. */
static const char *option_nearest(const char *name)
{
    const size_t n = strlen(name);
    const char *best = NULL;
    unsigned least = 3;

    if (n < 2 || n > 23)
        return NULL;
    for (int i = 0; i < OPTION_ROWS; i++) {
        const char *other = app_option_rows[i].name;
        unsigned far = 0;
        if (strncmp(other, name, n))
            far = option_distance(name, n, other, strlen(other));
        if (far < least) {
            least = far;
            best = other;
        }
    }
    return best;
}

/* ---- setting it --------------------------------------------------------- */

/* Where this row's field is known by: the first row that shares it. */
static int option_first(const struct app_option *row)
{
    int i = 0;
    while (app_option_rows[i].offset != row->offset)
        i++;
    return i;
}

/* The place that set this row's field; 0 for none. */
static uint8_t *option_level(struct app_options *options, const struct app_option *row)
{
    return &options->level[option_first(row)];
}

uint32_t app_option_given(const struct app_options *options, const struct app_option *row)
{
    return options->given[option_first(row)];
}

static const char *option_take(struct app_options *options, const struct app_option *row,
                               const char *value)
{
    uint32_t *given = &options->given[option_first(row)];
    const char *why = row->take(options, row, value);

    if (!why)
        *given = (uint32_t)quoth_hash(*given, 0, value, strlen(value)) | 1;
    return why;
}

/* Each of several values. */
static const char *option_items(struct app_options *options, const struct app_option *row,
                                const char *value)
{
    char item[300];

    value += strspn(value, ", ");
    if (!*value)
        return row->arg;
    while (*value) {
        const size_t n = strcspn(value, ", ");
        const char *why;
        if (n >= sizeof item)
            return "shorter items";
        memcpy(item, value, n);
        item[n] = 0;
        why = option_take(options, row, item);
        if (why)
            return why;
        value += n;
        value += strspn(value, ", ");
    }
    return NULL;
}

int app_option_set(struct app_options *options, enum app_place place, const char *name,
                   const char *value, struct app_why *why)
{
    const struct app_option *row = app_option_find(name, strlen(name));
    uint8_t *level;

    if (row && place != APP_PLACE_LINE && row->flags & ONLY_LINE) {
        *why = (struct app_why) {APP_WHY_ELSEWHERE, NULL};
        return QUOTH_EINVAL;
    }
    if (!row) {
        *why = (struct app_why) {APP_WHY_UNKNOWN, option_nearest(name)};
        return QUOTH_EINVAL;
    }
    if (!value && (!row->arg || row->flags & MAYBE))
        value = "yes";
    if (!value) {
        *why = (struct app_why) {APP_WHY_MISSING, row->arg};
        return QUOTH_EINVAL;
    }
    level = option_level(options, row);
    if (*level && *level < place)
        return QUOTH_OK;
    if (*level == APP_PLACE_LINE && row->topic == LISTS && row->arg &&
        !(row->flags & (MANY | MAYBE | AGAIN))) {
        *why = (struct app_why) {APP_WHY_VALUE, "to be given once"};
        return QUOTH_EINVAL;
    }
    *level = (uint8_t)place;
    why->kind = APP_WHY_VALUE;
    why->text =
        row->flags & MANY ? option_items(options, row, value) : option_take(options, row, value);
    return why->text ? QUOTH_EINVAL : QUOTH_OK;
}

/* ---- all of them together ----------------------------------------------- */

/* Was this set by a place at least as strong as `place`? */
static int option_is_set(struct app_options *options, const char *name, uint8_t place)
{
    const uint8_t level = *option_level(options, app_option_find(name, strlen(name)));
    return level && level <= place;
}

/* The sandbox's settings stand in for all that a weaker place than --sandbox itself has set. */
static void option_enter_sandbox(struct app_options *options)
{
    static const struct quoth_cidr loopback = {{4, {127}}, 8};
    const uint8_t place = *option_level(options, app_option_find("sandbox", 7));

    if (!option_is_set(options, "helo", place))
        options->helo = APP_SANDBOX_HELO;
    if (!option_is_set(options, "from", place))
        options->from = APP_SANDBOX_FROM;
    if (!option_is_set(options, "nameserver", place)) {
        options->nameservers = 1;
        quoth_ip_parse(&options->nameserver[0].ip, APP_SANDBOX_DNS, sizeof APP_SANDBOX_DNS - 1);
        options->nameserver[0].port = options->sandbox;
    }
    if (!options->conf.port)
        options->conf.port = options->sandbox;
    options->allow[options->allow_n++] = loopback;
    options->names[options->names_n++] = "test";
}

/* The end of an output's name says how it is written, where nobody has said otherwise. */
static void option_format_by_name(struct app_options *options)
{
    static const char ends[][8] = {".csv", ".tsv", ".json", ".ndjson", ".jsonl"};
    const char *dot = strrchr(options->list.output, '.');

    for (unsigned i = 0; dot && i < sizeof ends / sizeof *ends; i++)
        if (!strcasecmp(dot, ends[i]))
            while (strcmp(app_formats[options->format].name, i < 2 ? "csv" : "json"))
                options->format++;
}

const char *app_options_of(const struct app_options *options, enum app_topic topic,
                           const char *are_for)
{
    static char said[160];

    for (int i = 0; i < OPTION_ROWS; i++) {
        if (app_option_rows[i].topic != topic || options->level[i] != APP_PLACE_LINE)
            continue;
        snprintf(said, sizeof said, "--%s is for %s", app_option_rows[i].name, are_for);
        return said;
    }
    return NULL;
}

/* One that results in a row have no use for? */
static int option_of_output(const struct app_options *options)
{
    for (int i = 0; i < OPTION_ROWS; i++)
        if (app_option_rows[i].flags & WHOLE && options->level[i] == APP_PLACE_LINE)
            return 1;
    return 0;
}

/* Two that are about different kinds of list, or one about another than --input says? */
static const char *option_kinds(struct app_options *options)
{
    static const struct {
        char name[14];
        uint8_t kind; /* enum app_input */
    } rows[] = {{"column", APP_INPUT_CSV},
                {"delimiter", APP_INPUT_CSV},
                {"header", APP_INPUT_CSV},
                {"field", APP_INPUT_JSON},
                {"display-names", APP_INPUT_LINES}};
    const uint8_t input =
        options->list.input == APP_INPUT_NDJSON ? APP_INPUT_JSON : options->list.input;
    unsigned kinds = 0;

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (option_is_set(options, rows[i].name, APP_PLACE_LINE))
            kinds |= 1U << rows[i].kind;
    if (input && kinds)
        kinds |= 1U << input;
    return kinds & (kinds - 1)
               ? "--column, --delimiter and --header are for CSV, --field for JSON, "
                 "--display-names for lines, and --input says which: a list is of one kind"
               : NULL;
}

const char *app_options_finish(struct app_options *options, unsigned addresses)
{
    const struct app_list_options *list = &options->list;
    const char *misfit;
    unsigned lists_only;

    if (list->output && !*option_level(options, app_option_find("format", 6)))
        option_format_by_name(options);
    lists_only = app_formats[options->format].flags & APP_FORMAT_LISTS;
    if (options->sandbox)
        option_enter_sandbox(options);
    if (list->follow && !options->file[0])
        options->file[options->files++] = "-";
    misfit = app_options_of(options, EXTRACT, "quoth extract");
    if (misfit)
        return misfit;
    if (!addresses && !options->file[0])
        return "no address given; quoth --help tells more";
    if (lists_only && !options->file[0])
        return "--format csv is for lists: -f FILE";
    if (options->why && (options->file[0] || addresses != 1))
        return "--why is for one address";
    if (options->why && strcmp(app_formats[options->format].name, "text") &&
        strcmp(app_formats[options->format].name, "json"))
        return "--why goes with --format text or json";
    if (!options->file[0])
        misfit = app_options_of(options, LISTS, "lists: -f FILE");
    if (misfit)
        return misfit;
    if (list->output && addresses)
        return "with -o the addresses come from -f FILE alone";
    if (list->with_domain && options->conf.depth == QUOTH_DEPTH_SYNTAX)
        return "--with-domain asks name servers, --syntax-only nobody";
    if (list->resume && !list->output)
        return "--resume needs the file that was being written: -o FILE";
    if ((options->explain || list->follow || addresses) && options->files > 1)
        return "--explain, --follow, and addresses beside -f, take one list";
    if ((options->explain || list->follow || addresses) && options->file[0] &&
        (lists_only || option_of_output(options)))
        return "--explain, --follow, and addresses beside -f, print one result after the other: no "
               "-o, --dry-run, --cache, --only, --shard, --with-domain or csv with them";
    return option_kinds(options);
}
