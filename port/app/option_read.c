/* option_read.c - the readers of options: one value as text to a field of struct app_options.
 *
 *   "0.5"        --> conf.total_ms = 500        "192.0.2.0/24" --> allow[allow_n++]
 *   "try"        --> conf.smtp.tls = 0          "2/8"          --> list.shard, list.shards
 *
 * A reader says what would have been right, in words that follow "it wants".
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "option_read.h"
#include "resolvconf.h"

/* ---- fields ------------------------------------------------------------- */

static const char *option_store(struct app_options *options, const char *text, const char **out)
{
    size_t n = strlen(text) + 1;
    if (n > APP_STORE - options->stored)
        return "less text: the settings are too long together";
    *out = memcpy(options->store + options->stored, text, n);
    options->stored += n;
    return NULL;
}

static void *option_field(struct app_options *options, const struct app_option *row)
{
    return (uint8_t *)options + row->offset;
}

uint32_t option_get(const struct app_options *options, const struct app_option *row)
{
    const uint8_t *field = (const uint8_t *)options + row->offset;
    uint16_t half;
    uint32_t full;

    if (row->size == 1)
        return *field;
    if (row->size == 2) {
        memcpy(&half, field, sizeof half);
        return half;
    }
    memcpy(&full, field, sizeof full);
    return full;
}

static void option_put(struct app_options *options, const struct app_option *row, uint32_t value)
{
    const uint8_t byte = (uint8_t)value;
    const uint16_t half = (uint16_t)value;

    if (row->size == 1)
        memcpy(option_field(options, row), &byte, sizeof byte);
    else if (row->size == 2)
        memcpy(option_field(options, row), &half, sizeof half);
    else
        memcpy(option_field(options, row), &value, sizeof value);
}

/* ---- of any field of the right type ------------------------------------- */

/* 1 yes, 0 no, -1 neither. */
static int option_yes(const char *value)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(value, words[i]))
            return i & 1;
    return -1;
}

OPTION_READER(option_flag)
{
    const int yes = option_yes(value);

    if (yes < 0)
        return "yes or no";
    if (yes)
        option_put(options, row, row->mark);
    else if (option_get(options, row) == row->mark)
        option_put(options, row, 0);
    return NULL;
}

/* The place of a word among words parted by '|'; -1: it is none of them. */
static int option_place(const char *words, const char *value)
{
    const size_t n = strlen(value);

    for (int place = 0;; place++, words++) {
        const size_t len = strcspn(words, "|");
        if (len == n && !memcmp(words, value, n))
            return place;
        words += len;
        if (!*words)
            return -1;
    }
}

OPTION_READER(option_word)
{
    const int place = option_place(row->arg, value);

    if (place < 0)
        return row->arg;
    option_put(options, row, (uint32_t)place);
    return NULL;
}

OPTION_READER(option_words)
{
    const int place = option_place(row->arg, value);

    if (place < 0)
        return row->arg;
    option_put(options, row, option_get(options, row) | 1u << place);
    return NULL;
}

OPTION_READER(option_number)
{
    static const struct {
        uint32_t least, most;
        const char *want;
    } range[] = {
        [1] = {0, 3, "a whole number from 0 to 3"},
        [2] = {1, 10000, "a whole number from 1 to 10000"},
        [4] = {1, 3600000, "a whole number from 1 to 3600000"},
    };
    uint32_t number;
    const size_t n = app_number(value, &number);

    if (!n || n > 7 || value[n])
        return range[row->size].want;
    if (number < range[row->size].least || number > range[row->size].most)
        return range[row->size].want;
    option_put(options, row, number);
    return NULL;
}

OPTION_READER(option_decoys)
{
    if (strcmp(value, "1") != 0 && strcmp(value, "2") != 0)
        return "1 or 2";
    option_put(options, row, *value == '2' ? 2 : 0); /* 1 is what it is without */
    return NULL;
}

OPTION_READER(option_text)
{
    return *value ? option_store(options, value, option_field(options, row)) : "a file name";
}

OPTION_READER(option_content) { return option_text(options, row, value); }

OPTION_READER(option_file)
{
    (void)row;
    if (!*value)
        return "a file name";
    return options->files == APP_FILES_MAX
               ? "fewer lists"
               : option_store(options, value, &options->file[options->files++]);
}

/* ---- of one field each -------------------------------------------------- */

OPTION_READER(option_calibration)
{
    (void)row;
    return app_calibration_read(&options->calibration, value) ? "what quoth calibrate has written"
                                                              : NULL;
}

OPTION_READER(option_helo)
{
    if (!quoth_helo_valid(value))
        return "a host name with a dot (this machine's own), or an address in brackets";
    return option_store(options, value, &options->helo);
}

/* Yes, no, or our address as others see it. */
OPTION_READER(option_why)
{
    const int yes = option_yes(value);

    options->why = yes != 0;
    if (yes >= 0 || quoth_ip_parse(&options->why_ip, value, strlen(value)) == QUOTH_OK)
        return NULL;
    return "our address as others see it, such as 203.0.113.5";
}

OPTION_READER(option_from)
{
    if (!strcmp(value, "<>"))
        value = "";
    if (!quoth_from_valid(value))
        return "an address, or <> for the null sender";
    return option_store(options, value, &options->from);
}

OPTION_READER(option_relay)
{
    struct quoth_addr addr;

    if (quoth_addr_parse(&addr, value, strlen(value)) != QUOTH_OK)
        return "an address of your own";
    return option_store(options, value, &options->relay);
}

static int option_port(const char *text, uint16_t *port)
{
    uint32_t value;
    size_t n = app_number(text, &value);
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
    colon = strchr(text, ':');
    if (!colon)
        return 1;
    *colon = 0;
    return option_port(colon + 1, port);
}

int app_host_port(char *text, char **host, uint16_t *port)
{
    struct quoth_name name;
    struct quoth_ip ip;
    size_t n;

    if (!option_host_port(text, host, port))
        return 0;
    n = strlen(*host);
    return quoth_ip_parse(&ip, *host, n) == QUOTH_OK ||
           (!quoth_name_parse(&name, *host, n) && quoth_name_is_host(&name));
}

OPTION_READER(option_server)
{
    const char *copy, *why = option_store(options, value, &copy);
    char *host;

    if (why)
        return why;
    if (!app_host_port(options->store + (copy - options->store), &host, &options->conf.port))
        return "HOST[:PORT]: a dotted host name or an address, [V6]:PORT for IPv6";
    options->conf.server = host;
    return NULL;
}

OPTION_READER(option_nameserver)
{
    static const char want[] = "IP[:PORT], [V6]:PORT for IPv6";
    struct quoth_peer *peer = &options->nameserver[options->nameservers];
    char text[80], *host;

    if (options->nameservers == QUOTH_SERVERS_MAX)
        return "fewer name servers: no more are ever asked";
    peer->port = 0;
    if (quoth_resolvconf_server(&peer->ip, value, strlen(value)) != QUOTH_OK &&
        ((size_t)snprintf(text, sizeof text, "%s", value) >= sizeof text ||
         !option_host_port(text, &host, &peer->port) ||
         quoth_ip_parse(&peer->ip, host, strlen(host))))
        return want;
    options->nameservers++;
    return NULL;
}

static const char *option_cidr(struct quoth_cidr *list, uint8_t *n, const char *value)
{
    if (*n == APP_LIST_MAX)
        return "fewer networks";
    if (quoth_cidr_parse(&list[*n], value, strlen(value)) != QUOTH_OK)
        return "a network such as 192.0.2.0/24 or 2001:db8::/32, or an address";
    ++*n;
    return NULL;
}

OPTION_READER(option_allow) { return option_cidr(options->allow, &options->allow_n, value); }

OPTION_READER(option_deny) { return option_cidr(options->deny, &options->deny_n, value); }

OPTION_READER(option_allow_name)
{
    struct quoth_name name;
    char text[256];
    const char *why;

    if (*value == '.')
        value++;
    if (options->names_n == APP_LIST_MAX)
        return "fewer names";
    if (!*value || quoth_name_parse(&name, value, strlen(value)) ||
        quoth_name_text(&name, text, sizeof text) < 1 || strchr(text, '\\'))
        return "a domain such as test or corp.example";
    why = option_store(options, text, &options->names[options->names_n]);
    if (!why)
        options->names_n++;
    return why;
}

/* Seconds with up to three decimals. */
OPTION_READER(option_timeout)
{
    static const char want[] = "seconds, from 0.1 to 3600";
    uint32_t ms, unit = 100;
    size_t whole = app_number(value, &ms), part = 0;

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
    options->conf.total_ms = ms;
    return NULL;
}

/* A number of seconds, minutes, hours or days. */
OPTION_READER(option_max_time)
{
    static const struct {
        char letter;
        uint32_t seconds;
    } unit[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const uint32_t most = 40u * 86400; /* in ms it fits 32 bits */
    uint32_t number;
    size_t n = app_number(value, &number);

    for (size_t i = 0; n && number && i < sizeof unit / sizeof *unit; i++) {
        if (value[n] != unit[i].letter || (value[n] && value[n + 1]) ||
            number > most / unit[i].seconds)
            continue;
        options->list.limits.run_ms = number * unit[i].seconds * 1000;
        return NULL;
    }
    return "a time such as 90s, 30m, 12h or 2d, up to 40d";
}

OPTION_READER(option_memory)
{
    static const char unit[] = "kmg";
    uint32_t number;
    const size_t n = app_number(value, &number);
    const char *at = value[n] ? strchr(unit, value[n] | 0x20) : NULL;
    const unsigned shift = at ? 10u * (unsigned)(at - unit + 1) : 0;

    if (!n || !number || (value[n] && (!at || value[n + 1])) || number > UINT32_MAX >> shift)
        return "bytes, such as 64m or 2g, below 4g";
    option_put(options, row, number << shift);
    return NULL;
}

OPTION_READER(option_sandbox)
{
    const int yes = option_yes(value);

    if (option_port(value, &options->sandbox))
        return NULL;
    if (yes < 0 || !strcmp(value, "0"))
        return "a port";
    options->sandbox = yes ? APP_SANDBOX_PORT : 0;
    return NULL;
}

/* None at all and "the default" are both 0 to the engine. */
OPTION_READER(option_passes)
{
    const char *why = option_number(options, row, value);
    if (!why && !options->list.limits.passes)
        options->list.limits.no_wait = 1;
    return why;
}

OPTION_READER(option_delimiter)
{
    if (!strcmp(value, "tab") || !strcmp(value, "\\t"))
        value = "\t";
    if (!*value || value[1] || strchr("\"\r\n", *value))
        return "one character, or tab";
    options->list.delimiter = *value;
    return NULL;
}

OPTION_READER(option_resume)
{
    if (!strcmp(value, "no")) {
        options->list.resume = NULL;
        return NULL;
    }
    return option_store(options, strcmp(value, "yes") ? value : "", &options->list.resume);
}

/* Providers that say in public that they do not want to be asked in this way, by their mail
 * exchangers. */
static const char *const option_providers[] = {
    "olc.protection.outlook.com", /* Outlook.com, postmaster policies: "namespace mining" */
};

OPTION_READER(option_skip_providers)
{
    static const char want[] = "yes, no, or names of mail exchangers such as mx.example.net";
    struct app_list_options *list = &options->list;
    struct quoth_name name;
    char text[256];
    const char *why = NULL;

    if (!strcmp(value, "no")) {
        list->skips = 0;
        list->skip[0] = NULL;
        return NULL;
    }
    if (list->skips + sizeof option_providers / sizeof *option_providers > APP_LIST_MAX)
        return "fewer names";
    if (!strcmp(value, "yes")) {
        for (size_t i = 0; i < sizeof option_providers / sizeof *option_providers; i++)
            list->skip[list->skips++] = option_providers[i];
        return NULL;
    }
    if (quoth_name_parse(&name, value, strlen(value)) || !quoth_name_is_host(&name) ||
        quoth_name_text(&name, text, sizeof text) < 1)
        return want;
    why = option_store(options, text, &list->skip[list->skips]);
    if (!why)
        list->skips++;
    return why;
}

/* I/N, counted from 1. */
OPTION_READER(option_shard)
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
    options->list.shard = shard;
    options->list.shards = shards;
    return NULL;
}

OPTION_READER(option_action)
{
    options->action = row->mark;
    return NULL;
}
