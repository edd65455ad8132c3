/* pack_target.c - target.csv (standard input) to target.h (standard output), on the building
 * machine.
 *
 * A row becomes: prefix length; 4 or 16, plus 128 for "embed"; the bytes of the prefix. 255 ends.
 * A malformed row is an error with its line number.
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned line_no;

static void die(const char *why)
{
    fprintf(stderr, "target.csv:%u: %s\n", line_no, why);
    exit(1);
}

/* Bits behind the prefix must be 0, or the row does not say what it seems to. */
static void row(char *block, const char *action, const char *name, const char *rfc)
{
    unsigned char bytes[16];
    char *slash = strchr(block, '/'), *end;
    if (!slash)
        die("no prefix length");
    *slash = 0;
    int len = strchr(block, ':') ? 16 : 4;
    if (inet_pton(len == 16 ? AF_INET6 : AF_INET, block, bytes) != 1)
        die("bad address");
    long bits = strtol(slash + 1, &end, 10);
    if (*end || end == slash + 1 || bits < 0 || bits > len * 8)
        die("bad prefix length");
    for (long i = bits; i < len * 8; i++)
        if (bytes[i / 8] >> (7 - i % 8) & 1)
            die("bits set behind the prefix");
    int embed = !strcmp(action, "embed");
    if (!embed && strcmp(action, "deny"))
        die("action is neither deny nor embed");
    if (embed && (len != 16 || bits != 96))
        die("embed wants a /96");
    printf("    %ld, %d,", bits, len | embed << 7);
    for (long i = 0; i < (bits + 7) / 8; i++)
        printf(" 0x%02x,", bytes[i]);
    printf("  /* %s: %s */\n", name, rfc);
}

int main(void)
{
    char line[256];
    int rows = 0;
    printf("/* Made from core/data/target.csv; do not edit. */\nstatic const uint8_t "
           "target_table[] = {\n");
    while (fgets(line, sizeof line, stdin)) {
        line_no++;
        line[strcspn(line, "\r\n")] = 0;
        if (!*line || *line == '#' || !strcmp(line, "block,action,name,rfc"))
            continue;
        char *action = strchr(line, ','), *name = action ? strchr(action + 1, ',') : NULL;
        char *rfc = name ? strchr(name + 1, ',') : NULL;
        if (!rfc || strchr(rfc + 1, ','))
            die("want four columns");
        *action = *name = *rfc = 0;
        row(line, action + 1, name + 1, rfc + 1);
        rows++;
    }
    if (!rows)
        die("no rows");
    printf("    255\n};\n");
    return 0;
}
