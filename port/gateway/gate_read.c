/* gate_read.c - the four protocols' questions. Each question is told by its own first bytes.
 *
 * Source: Postfix' SMTPD_POLICY_README, socketmap_table(5), tcp_table(5); Exim's specification 11.5
 * (readsocket); netstrings as D. J. Bernstein has them.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "gateway.h"

enum { NETSTRING_MAX = 1000 };

static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_name(char c) { return (c >= 'a' && c <= 'z') || c == '_' || is_digit(c); }

/* An address as a key; what cannot be one is "". */
static void question_address(struct gate_question *question, const char *p, size_t n)
{
    question->address[0] = '\0';
    if (n >= sizeof question->address || memchr(p, 0, n))
        return;
    memcpy(question->address, p, n);
    question->address[n] = '\0';
}

/* Bytes of a line with its LF; 0: it does not end yet; -1: it is too long. */
static long line_of(const char *p, size_t n)
{
    const char *lf = memchr(p, '\n', n);

    if ((lf ? (size_t)(lf - p) : n) > GATEWAY_LINE_MAX)
        return -1;
    return lf ? lf - p + 1 : 0;
}

static size_t line_bare(const char *p, size_t n)
{
    n--;
    return n && p[n - 1] == '\r' ? n - 1 : n;
}

/* "25:rcpt jane@example.com," */
static int read_netstring(struct gate_question *question, const char *p, size_t n)
{
    size_t digits = 0, length = 0;
    const char *text, *blank;

    while (digits < n && is_digit(p[digits]) && digits < 5)
        length = length * 10 + (size_t)(p[digits++] - '0');
    if (digits == n)
        return digits > 4 ? -1 : 0;
    if (p[digits] != ':' || length > NETSTRING_MAX || (digits > 1 && *p == '0'))
        return -1;
    if (n < digits + 2 + length)
        return 0;
    text = p + digits + 1;
    blank = memchr(text, ' ', length);
    if (text[length] != ',' || !blank)
        return -1;
    question->used = digits + 2 + length;
    if (blank - text == 4 && !memcmp(text, "rcpt", 4))
        question->form = GATE_RCPT_MAP;
    else if (blank - text == 6 && !memcmp(text, "access", 6))
        question->form = GATE_ACCESS_MAP;
    else if (blank - text == 6 && !memcmp(text, "sender", 6))
        question->form = GATE_SENDER_MAP;
    else
        return -1;
    question_address(question, blank + 1, (size_t)(text + length - blank - 1));
    return 1;
}

/* "get jane%40example.com" */
static int read_tcp(struct gate_question *question, const char *p, size_t n)
{
    const long line = line_of(p, n);
    size_t out = 0, end;

    if (line <= 0)
        return (int)line;
    end = line_bare(p, (size_t)line);
    question->form = GATE_TCP;
    question->used = (size_t)line;
    question->address[0] = '\0';
    for (size_t i = 4; i < end && out + 1 < sizeof question->address; i++) {
        char c = p[i];
        if (c == '%') {
            const int high = i + 2 < end ? app_hex_digit(p[i + 1]) : -1;
            const int low = i + 2 < end ? app_hex_digit(p[i + 2]) : -1;
            if (high < 0 || low < 0 || !(high | low))
                return -1;
            c = (char)(high << 4 | low);
            i += 2;
        }
        question->address[out++] = c;
    }
    question->address[out + 1 < sizeof question->address ? out : 0] = '\0';
    return 1;
}

/* The value of `name` in a line NAME=VALUE; NULL: it is another name. */
static const char *policy_value(const char *line, size_t n, const char *name)
{
    const size_t m = strlen(name);

    return n > m && !memcmp(line, name, m) && line[m] == '=' ? line + m + 1 : NULL;
}

/* Lines NAME=VALUE up to an empty one. Whether it is about the recipient or the sender is said by
 * policy_context, for the protocol's state is RCPT either way. */
static int read_policy(struct gate_question *question, const char *p, size_t n)
{
    const char *name[GATE_SENDER_POLICY + 1] = {
        [GATE_POLICY] = "recipient", [GATE_SENDER_POLICY] = "sender"};
    struct quoth_span address[GATE_SENDER_POLICY + 1] = {
        [GATE_POLICY] = {"", 0}, [GATE_SENDER_POLICY] = {"", 0}};
    size_t at = 0;

    question->form = GATE_POLICY;
    for (unsigned attributes = 0; attributes <= GATEWAY_ATTRIBUTES_MAX; attributes++) {
        const long line = line_of(p + at, n - at);
        const char *value, *end;
        if (line <= 0)
            return (int)line;
        end = p + at + line_bare(p + at, (size_t)line);
        if (end == p + at) {
            question_address(question, address[question->form].p, address[question->form].n);
            question->used = at + (size_t)line;
            return 1;
        }
        if (!memchr(p + at, '=', (size_t)(end - p) - at))
            return -1;
        for (int form = GATE_POLICY; form <= GATE_SENDER_POLICY; form += GATE_SENDER_POLICY) {
            value = policy_value(p + at, (size_t)(end - p) - at, name[form]);
            if (value)
                address[form] = (struct quoth_span) {value, (size_t)(end - value)};
        }
        value = policy_value(p + at, (size_t)(end - p) - at, "policy_context");
        if (value && end - value == 6 && !memcmp(value, "sender", 6))
            question->form = GATE_SENDER_POLICY;
        at += (size_t)line;
    }
    return -1;
}

/* "rcpt jane@example.com", "sender jane@example.com"; its end may be the end of what is said. */
static int read_line(struct gate_question *question, const char *p, size_t n, int over)
{
    const long line = line_of(p, n);
    size_t bare;

    if (line < 0 || (!line && !over))
        return (int)line;
    bare = line ? line_bare(p, (size_t)line) : n;
    question->used = line ? (size_t)line : n;
    question->form = GATE_LINE;
    if (bare > 6 && !memcmp(p, "sender ", 7)) {
        question->form = GATE_SENDER_LINE;
        question_address(question, p + 7, bare - 7);
        return 1;
    }
    if (bare < 5 || memcmp(p, "rcpt ", 5) != 0)
        return -1;
    question_address(question, p + 5, bare - 5);
    return 1;
}

int gate_read(struct gate_question *question, const char *p, size_t n, int over)
{
    size_t name = 0;

    if (!n)
        return over ? -1 : 0;
    if (is_digit(*p))
        return read_netstring(question, p, n);
    if (n < 4 && !memcmp(p, "get ", n) && !over)
        return 0;
    if (n >= 4 && !memcmp(p, "get ", 4))
        return read_tcp(question, p, n);
    while (name < n && name < GATEWAY_LINE_MAX && is_name(p[name]))
        name++;
    if (name == n && !over)
        return n < GATEWAY_LINE_MAX ? 0 : -1;
    if (name && name < n && p[name] == '=')
        return read_policy(question, p, n);
    return read_line(question, p, n, over);
}
