/* pack_pairs.h - texts of ASCII in half their room: the pair of bytes that is most frequent becomes
 * a byte that no text has, and so on. For host tools, which have a die(what, text).
 *
 * SPDX-License-Identifier: MIT */
enum { TEXTS = 60000, PAIRS = 160, DEEP = 15, LEAST = 4 };

static unsigned char texts[TEXTS], pair[PAIRS + 1][2];
static size_t texts_n;
static int pairs;

static void keep(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p < ' ' || *p > '~')
            die("no letter of ASCII", text);
    if (texts_n + strlen(text) + 1 > TEXTS)
        die("too many texts", text);
    memcpy(texts + texts_n, text, strlen(text) + 1);
    texts_n += strlen(text) + 1;
}

/* The byte that stands for a pair: what no text has, 1 to 31 and then 127 to 255. */
static unsigned char code(int n) { return (unsigned char)(n < 32 ? n : n + 95); }

/* So many bytes wait at once while it is unpacked: the right one while the left one is. */
static int deep(unsigned char c)
{
    const int n = c < 32 ? c : c - 95;
    int left, right;

    if (c >= ' ' && c <= '~')
        return 1;
    left = 1 + deep(pair[n][0]);
    right = deep(pair[n][1]);
    return left > right ? left : right;
}

static void join(unsigned char first, unsigned char second, unsigned char by)
{
    size_t n = 0;

    for (size_t i = 0; i < texts_n; i++) {
        const int both = i + 1 < texts_n && texts[i] == first && texts[i + 1] == second;
        texts[n++] = both ? by : texts[i];
        i += (size_t)both;
    }
    texts_n = n;
}

static void pack(void)
{
    static unsigned count[256][256];

    for (int n = 1; n < PAIRS; n++) {
        int first = 0, second = 0;
        memset(count, 0, sizeof count);
        for (size_t i = 0; i + 1 < texts_n; i++)
            if (texts[i] && texts[i + 1])
                count[texts[i]][texts[i + 1]]++;
        for (int left = 1; left < 256; left++)
            for (int right = 1; right < 256; right++)
                if (count[left][right] > count[first][second]) {
                    pair[n][0] = (unsigned char)left;
                    pair[n][1] = (unsigned char)right;
                    if (deep(code(n)) > DEEP)
                        continue;
                    first = left;
                    second = right;
                }
        if (count[first][second] < LEAST)
            return;
        pair[n][0] = (unsigned char)first;
        pair[n][1] = (unsigned char)second;
        join((unsigned char)first, (unsigned char)second, code(n));
        pairs = n;
    }
}

static void print_pairs(const char *name, const char *upper)
{
    printf("enum { %s_DEEP = %d };\nstatic const uint8_t %s_pair[][2] = {{0, 0}", upper, DEEP,
           name);
    for (int n = 1; n <= pairs; n++)
        printf(",%s{%d, %d}", n % 8 ? " " : "\n    ", pair[n][0], pair[n][1]);
    printf("};\n/* Longer than a string may be. */\nstatic const uint8_t %s_text[] = {", name);
    for (size_t i = 0; i < texts_n; i++)
        printf("%s%d,", i % 24 ? "" : "\n    ", texts[i]);
    printf("\n};\n");
}
