/* board_stub.c - a board that is not there, to link and to run bare.c with: a name server and a
 * mail server of a few lines, one step of its clock each time it is asked. Replace each function
 * with your board's.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "board.h"

enum {
    STUB_STEP = 7,
    STUB_SHARE = 5
}; /* ms of a call; bytes of a read, to show that pieces never matter */

static const char *const stub_address[] = {"jane@stub.org", "nobody@stub.org", "jane@@stub.org"};
static unsigned stub_next;
static uint64_t stub_clock;
static uint8_t stub_answer[512]; /* what the peer has said and we have not read */

char board_said[256]; /* what was told: "verdict reason\n" ... */
size_t board_said_n;

uint64_t board_now(void) { return stub_clock += STUB_STEP; }

/* Worthless: a board without a source of entropy returns QUOTH_ENORANDOM, and then nothing is
 * asked. */
int board_random(void *buf, size_t n)
{
    uint8_t *p = buf;
    while (n--)
        *p++ = (uint8_t)((stub_clock += STUB_STEP) * 0x9e3779b1u >> 24);
    return QUOTH_OK;
}

/* Each name has an MX of preference 0 that is the name itself, and an address the target policy
 * allows. */
int board_dgram(struct quoth_link *link, const struct quoth_peer *to, const void *p, size_t n)
{
    static const uint8_t exchange[] = {0xc0, 12, 0, QUOTH_DNS_MX, 0, 1, 0, 0, 0, 60, 0,
                                       4,    0,  0, 0xc0,         12};
    static const uint8_t address[] = {0xc0, 12, 0, QUOTH_DNS_A, 0, 1, 0, 0,
                                      0,    60, 0, 4,           8, 8, 0, 25};
    size_t end = 12;

    if (n > sizeof stub_answer - sizeof exchange)
        return QUOTH_ESPACE;
    memcpy(stub_answer, p, n);
    while (end < n && stub_answer[end])
        end += stub_answer[end] + 1u;
    end += 5;
    stub_answer[2] |= 0x80; /* it is a response */
    stub_answer[7] = 1;     /* with one answer, and no OPT */
    stub_answer[11] = 0;
    memcpy(stub_answer + end, stub_answer[end - 3] == QUOTH_DNS_MX ? exchange : address,
           sizeof exchange);
    link->peer = *to;
    link->got = (uint16_t)(end + sizeof exchange);
    link->at = 0;
    link->up = 0;
    return QUOTH_OK;
}

static void stub_say(struct quoth_link *link, const char *text)
{
    size_t n = strlen(text);
    if (link->got + n > sizeof stub_answer)
        return;
    memcpy(stub_answer + link->got, text, n);
    link->got = (uint16_t)(link->got + n);
}

int board_open(struct quoth_link *link, const struct quoth_peer *to)
{
    link->peer = *to;
    link->got = link->at = 0;
    link->up = 1;
    stub_say(link, "220 stub\r\n");
    return QUOTH_OK;
}

/* Commands come as whole lines; each has its reply. */
int board_send(struct quoth_link *link, const void *p, size_t n)
{
    static const struct {
        const char *command, *reply;
    } talk[] = {{"EHLO", "250-stub\r\n250 ENHANCEDSTATUSCODES\r\n"},
                {"RCPT TO:<jane@", "250 2.1.5 fine\r\n"},
                {"RCPT", "550 5.1.1 no such user here\r\n"},
                {"QUIT", "221 2.0.0 bye\r\n"},
                {"", "250 2.0.0 fine\r\n"}};
    const char *line = p, *end = line + n;

    link->got = (uint16_t)(link->got - link->at);
    memmove(stub_answer, stub_answer + link->at, link->got);
    link->at = 0;
    while (line < end) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        size_t i = 0, k;
        if (!lf)
            break;
        while ((k = strlen(talk[i].command)) > (size_t)(lf - line) ||
               memcmp(line, talk[i].command, k))
            i++;
        stub_say(link, talk[i].reply);
        line = lf + 1;
    }
    return (int)n;
}

int board_recv(struct quoth_link *link, void *p, size_t cap, struct quoth_peer *from)
{
    size_t n = (size_t)(link->got - link->at);

    if (n == 0)
        return QUOTH_AGAIN;
    if (link->up && n > STUB_SHARE)
        n = STUB_SHARE;
    if (n > cap)
        n = cap;
    memcpy(p, stub_answer + link->at, n);
    link->at = (uint16_t)(link->at + n);
    *from = link->peer;
    return (int)n;
}

void board_close(struct quoth_link *link) { memset(link, 0, sizeof *link); }

int board_address(char *buf, size_t cap)
{
    size_t n;

    if (stub_next == sizeof stub_address / sizeof *stub_address)
        return -1;
    n = strlen(stub_address[stub_next]);
    if (n > cap)
        return 0;
    memcpy(buf, stub_address[stub_next++], n);
    return (int)n;
}

static void stub_note(const char *text, char end)
{
    size_t n = strlen(text);
    if (board_said_n + n + 1 > sizeof board_said)
        return;
    memcpy(board_said + board_said_n, text, n);
    board_said_n += n;
    board_said[board_said_n++] = end;
}

void board_told(const char *verdict, const char *reason, const char *said, size_t n)
{
    (void)said;
    (void)n;
    stub_note(verdict, ' ');
    stub_note(reason, '\n');
}

void board_sleep(uint64_t until)
{
    if (until != QUOTH_NEVER && stub_clock < until)
        stub_clock += STUB_STEP;
}
