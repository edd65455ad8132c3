/* judge_cmd.c - `quoth judge`: what servers said, read by the function that judges live replies.
 *
 *   quoth judge [--explain] [--mx HOST] [--helo NAME] [--from ADDRESS] [--rcpt ADDRESS] < REPLIES
 *
 * Each line of standard input is STAGE<TAB>REPLY; the lines of a longer reply are joined by "\n"
 * written as two characters. For each, one line: reason<TAB>exists|not_exists|cannot_tell<TAB>rule.
 * With --explain, under it every row of core/data/judge.txt that holds, the deciding one first, and
 * where it is from. Who asked about whom (--helo, --from, --rcpt) is what a live check knows too: a
 * reply that names the one who asks, and not the address, says nothing of the mailbox.
 *
 * SPDX-License-Identifier: MIT */
#define QUOTH_JUDGE_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cli.h"
#include "help.h"
#include "judge.h"

enum { JUDGE_CMD_LINE = 65536 };

struct judge_cmd {
    const char *mx, *rcpt;     /* NULL: not known */
    struct quoth_smtp_conf us; /* helo and from; "" when not known */
    uint8_t explain;
};

static const char *judge_cmd_why(const struct quoth_reading *reading, enum quoth_phase phase,
                                 uint16_t code)
{
    if (reading->says == QUOTH_SAYS_NOT_EXISTS)
        return "a 5yz to RCPT, and the row speaks of the mailbox";
    if (reading->says == QUOTH_SAYS_EXISTS)
        return code < 300 ? "a 2yz to RCPT" : "refused for now, and so it is there";
    if (phase < QUOTH_PHASE_RCPT)
        return "only a reply to RCPT speaks of the mailbox";
    if (code >= 400 && code < 500)
        return "a 4yz never says that there is no mailbox";
    return "the row does not speak of the mailbox";
}

/* The n-th of strings that stand behind one another. */
static const char *judge_cmd_nth(const char *list, unsigned n)
{
    while (n--)
        list += strlen(list) + 1;
    return list;
}

static const char *judge_cmd_called(uint8_t word)
{
    return judge_cmd_nth(judge_called, word < JUDGE_SET ? word : JUDGE_ATOMS + word - JUDGE_SET);
}

/* What is not about the order of words. Returns its bytes. */
static unsigned judge_cmd_guard(const uint8_t *op)
{
    unsigned base = 0;

    switch (op[0]) {
    case JUDGE_ABSENT: printf("!%s ", judge_cmd_called(op[1])); return 2;
    case JUDGE_CODE: printf("{%u%02u} ", op[1], op[2]); return 3;
    case JUDGE_MX: printf("{mx:%s} ", judge_cmd_nth(judge_mx, op[1])); return 2;
    case JUDGE_ESC: break;
    case JUDGE_ESC_FAR: base = JUDGE_FAR_BASE; break;
    default:
        if (op[0] - JUDGE_DIGIT <= 5)
            printf("{%dyz} ", op[0] - JUDGE_DIGIT);
        else
            printf("{%s} ", quoth_phase_name((enum quoth_phase)(op[0] - JUDGE_PHASE)));
        return 1;
    }
    if (op[3] == JUDGE_LAST)
        printf("{x.%u.*} ", op[1]);
    else if (op[3])
        printf("{x.%u.%u-%u} ", op[1], base + op[2], base + op[2] + op[3]);
    else
        printf("{x.%u.%u} ", op[1], base + op[2]);
    return 4;
}

/* A row, as judge.txt writes it. */
static void judge_cmd_pattern(unsigned row)
{
    const uint8_t *op = quoth_judge_row(row), *end = op + (op[0] & JUDGE_LENGTH);
    int joined = 1;

    if (op[0] & JUDGE_AT_RCPT)
        printf("{rcpt} ");
    for (op += op[0] & JUDGE_RULE ? 2 : 1; op < end;) {
        if (*op > JUDGE_ANYWHERE) {
            op += judge_cmd_guard(op);
        } else if (*op < JUDGE_GAP) {
            printf("%s%s ", joined ? "" : "+ ", judge_cmd_called(*op++));
            joined = 0;
        } else {
            if (*op != JUDGE_NEAR)
                fputs(*op == JUDGE_FAR ? "~ " : "& ", stdout);
            op++;
            joined = 1;
        }
    }
}

/* A byte of 128 and above stands for two others, and so may they. */
static void judge_cmd_unpack(uint8_t c)
{
    const uint8_t *two = c < 0x80 ? NULL : judge_pair[c - 0x80];

    if (!two) {
        putchar(c);
        return;
    }
    judge_cmd_unpack(two[0]);
    judge_cmd_unpack(two[1]);
}

/* Where a row is from. */
static void judge_cmd_from(unsigned row)
{
    const uint8_t *p = judge_from, *from = p;

    for (;; p += strlen((const char *)p) + 1) {
        if (*p)
            from = p;
        if (!row--)
            break;
    }
    while (*from)
        judge_cmd_unpack(*from++);
}

static void judge_cmd_explain(enum quoth_phase phase, const struct quoth_reply *reply,
                              const char *mx)
{
    struct quoth_reading row = {.rule = NULL}, first = row;

    while (quoth_judge_next(&row, phase, &reply->said, reply->words, mx)) {
        printf("  %s %-24s %-20s ", first.rule ? "    also" : "decides:", row.rule,
               quoth_reason_name(row.reason));
        judge_cmd_pattern(row.row);
        fputs("  [", stdout);
        judge_cmd_from(row.row);
        puts("]");
        if (!first.rule)
            first = row;
    }
    if (first.rule)
        printf("  because: it is the first row that holds; %s\n",
               judge_cmd_why(&first, phase, reply->said.code));
}

/* Does the reply begin with an address that stands for a domain? One of ours is asked for too, by
 * those who check whether a sender is to be complained to. */
static int judge_cmd_of_domain(const char *words)
{
    words += *words == '<';
    return !strncasecmp(words, "postmaster@", 11) || !strncasecmp(words, "abuse@", 6);
}

/* Who is named decides. */
static void judge_cmd_names(const struct judge_cmd *cmd, const struct quoth_reply *reply,
                            struct quoth_reading *reading)
{
    struct quoth_evidence evidence;

    memset(&evidence, 0, sizeof evidence);
    if (cmd->rcpt &&
        quoth_intake_address(&evidence, cmd->rcpt, strlen(cmd->rcpt)) != QUOTH_REASON_NONE)
        return;
    evidence.phase = QUOTH_PHASE_RCPT;
    evidence.said = reply->said;
    memcpy(evidence.words, reply->words, reply->said.n);
    quoth_evidence_names(&evidence, &cmd->us);
    if (!cmd->rcpt && judge_cmd_of_domain(reply->words))
        evidence.flags |= QUOTH_EVID_NAMES_US;
    quoth_judge(&evidence, cmd->mx, reading);
}

/* One line. Returns 0, or the exit code for a line that is not STAGE<TAB>REPLY. */
static int judge_cmd_line(const struct judge_cmd *cmd, const char *line, unsigned long number)
{
    const char *tab = strchr(line, '\t');
    int stage = tab ? app_stage(line, (size_t)(tab - line)) : -1;
    struct quoth_reply reply;
    struct quoth_reading got;
    char where[40];

    if (stage < 0 || !app_hear(&reply, tab + 1)) {
        snprintf(where, sizeof where, "judge: line %lu", number);
        app_say(0, where,
                stage < 0 ? "must be STAGE<TAB>REPLY, STAGE one of CONNECT EHLO STARTTLS MAIL RCPT"
                          : "this is not an SMTP reply");
        puts("other\tcannot_tell\tinput/bad");
        return APP_EXIT_USAGE;
    }
    quoth_judge_reply(&got, (enum quoth_phase)stage, &reply.said, reply.words, cmd->mx);
    if (stage == QUOTH_PHASE_RCPT && got.says == QUOTH_SAYS_NOT_EXISTS)
        judge_cmd_names(cmd, &reply, &got);
    printf("%s\t%s\t%s\n", quoth_reason_name(got.reason), quoth_says_name(got.says), got.rule);
    if (cmd->explain)
        judge_cmd_explain((enum quoth_phase)stage, &reply, cmd->mx);
    return 0;
}

/* ---- options ------------------------------------------------------------ */

static const char *judge_set_mx(void *to, const char *value)
{
    ((struct judge_cmd *)to)->mx = value;
    return NULL;
}

static const char *judge_set_rcpt(void *to, const char *value)
{
    ((struct judge_cmd *)to)->rcpt = value;
    return NULL;
}

static const char *judge_set_helo(void *to, const char *value)
{
    ((struct judge_cmd *)to)->us.helo = value;
    return quoth_helo_valid(value) ? NULL : "it wants what was said in EHLO";
}

static const char *judge_set_from(void *to, const char *value)
{
    ((struct judge_cmd *)to)->us.from = value;
    return quoth_from_valid(value) ? NULL : "it wants a sender, without its < and >";
}

static const char *judge_set_explain(void *to, const char *none)
{
    ((struct judge_cmd *)to)->explain = 1;
    return none;
}

static const struct cli_option judge_options[] = {
    {"--explain", NULL, "all rows that hold, the one that decides first", judge_set_explain},
    {"--mx", "HOST", "who said so; some hosts have wordings of their own", judge_set_mx},
    {"--rcpt", "ADDRESS", "whom was it asked about?", judge_set_rcpt},
    {"--helo", "NAME", "who asked? A reply may name us, and not the address", judge_set_helo},
    {"--from", "ADDRESS", "our MAIL FROM, likewise", judge_set_from},
};
enum { JUDGE_OPTIONS = sizeof judge_options / sizeof *judge_options };
static const char *const judge_common[] = {"help", NULL};

static int judge_cmd_help(const struct cli_takes *takes)
{
    return cli_help_takes(takes, HELP_use_judge, NULL);
}

int cli_judge(int argc, char **argv)
{
    static char line[JUDGE_CMD_LINE];
    static struct app_options options; /* large */
    struct judge_cmd cmd = {.us = {.helo = "", .from = ""}};
    const struct cli_own own[] = {{judge_options, JUDGE_OPTIONS, &cmd}, {NULL, 0, NULL}};
    const struct cli_takes takes = {"judge", own, judge_common};
    struct cli_args args;
    unsigned long number = 0;
    int status = cli_args_take(&takes, &options, &args, argc, argv);

    if (status)
        return status;
    if (options.action == 'h')
        return judge_cmd_help(&takes);
    if (args.addresses)
        return app_say(APP_EXIT_USAGE, args.address[0], "judge reads replies, and no arguments");
    while (fgets(line, sizeof line, stdin)) {
        int bad;
        line[strcspn(line, "\r\n")] = 0;
        bad = judge_cmd_line(&cmd, line, ++number);
        if (bad)
            status = bad;
    }
    if (ferror(stdin))
        status = app_say_error(APP_EXIT_NO_INPUT, "standard input", errno);
    return app_end(status);
}
