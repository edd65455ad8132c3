/* pack_judge.c - host tool: judge.txt (standard input) to judge.h (standard output).
 *
 * Plan: read three sections. [words] become one sorted, front-coded list of stems with an index by
 * first byte; [sets] a bit mask an atom; [rules] one byte string, a row after the other, in the
 * order of the file. Everything is checked here, so that judge.c need not. See judge.txt for the
 * language.
 *
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATOMS = 128, STEMS = 2000, SETS = 16, RULES = 128, ROWS = 1000, MXS = 64, STEM = 24 };
enum {
    SET = 0x80,
    GAP = 0xE0,
    NEXT = 0xE2,
    ANYWHERE = 0xEF,
    ABSENT = 0xF0,
    DIGIT,
    CODE,
    ESC,
    PHASE,
    MX
};

struct stem {
    unsigned char text[STEM];
    int atom, prefix;
};
struct row {
    int rule, at, n;
    char pattern[200], source[120];
};

static char atom[ATOMS][24];
static int atoms = 1, url_atoms;
static char set[SETS][24];
static int sets;
static unsigned long set_mask[ATOMS];
static struct stem stem[STEMS];
static int stems;
static struct {
    char name[40], reason[40];
} rule[RULES];
static int rules, now;
static struct row row[ROWS];
static int rows;
static char mx[MXS][48];
static int mxs;
static unsigned char code[16384];
static int codes;
static int line_number;

static void die(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fprintf(stderr, "judge.txt:%d: ", line_number);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static void copy(char *to, size_t cap, const char *from)
{
    if (strlen(from) >= cap)
        die("too long: %s", from);
    strcpy(to, from);
}

static int find_atom(const char *name)
{
    for (int i = 1; i < atoms; i++)
        if (!strcmp(atom[i], name))
            return i;
    return 0;
}

static void words_line(char *line)
{
    char *colon = strchr(line, ':');
    if (!colon)
        die("no ':'");
    *colon = 0;
    int a = find_atom(line);
    if (!a) {
        if (atoms == ATOMS)
            die("too many atoms");
        copy(atom[a = atoms++], sizeof atom[0], line);
    }
    for (char *w = strtok(colon + 1, " \t"); w; w = strtok(NULL, " \t")) {
        if (*w == '.')
            continue; /* judge.c makes this one */
        struct stem *s = &stem[stems];
        size_t n = strlen(w);
        if (++stems == STEMS)
            die("too many stems");
        if (n > 1 && w[n - 1] == '*') {
            s->prefix = 1;
            w[--n] = 0;
        }
        if (n > 15)
            die("longer than 15 bytes: %s", w);
        memcpy(s->text, w, n + 1);
        s->atom = a;
    }
}

static void sets_line(char *line)
{
    char *eq = strchr(line, '=');
    if (!eq || sets == SETS)
        die("no '=', or too many sets");
    *eq = 0;
    for (char *w = strtok(eq + 1, " \t"); w; w = strtok(NULL, " \t")) {
        int a = find_atom(w), i;
        if (a) {
            set_mask[a] |= 1ul << sets;
            continue;
        }
        for (i = 0; i < sets && strcmp(set[i], w); i++) {
        }
        if (i == sets)
            die("unknown word: %s", w);
        for (a = 1; a < atoms; a++)
            if (set_mask[a] >> i & 1)
                set_mask[a] |= 1ul << sets;
    }
    strtok(line, " \t");
    copy(set[sets++], sizeof set[0], line);
}

static void put(int b) { code[codes++] = (unsigned char)b; }

static void put_word(const char *w)
{
    int a = find_atom(w);
    if (a) {
        put(a);
        return;
    }
    for (int i = 0; i < sets; i++)
        if (!strcmp(set[i], w)) {
            put(SET + i);
            return;
        }
    die("neither a word nor a set: %s", w);
}

/* {5yz} {550} {x.1.1} {x.7.*} {rcpt} {mx:suffix} */
static void put_guard(char *g)
{
    static const char *const phase[] = {"",     "",         "connect", "banner",
                                        "ehlo", "starttls", "mail",    "rcpt"};
    int i, b = 0, c = 0;
    char more[8] = "";
    if (isdigit((unsigned char)g[0]) && !strcmp(g + 1, "yz")) {
        put(DIGIT);
        put(g[0] - '0');
        return;
    }
    if (isdigit((unsigned char)g[0])) {
        put(CODE);
        put(g[0] - '0');
        put(atoi(g + 1));
        return;
    }
    if (!strncmp(g, "x.", 2)) {
        if (sscanf(g, "x.%d.%d-%d", &b, &c, &i) == 3) {
            put(ESC);
            put(b);
            put(c >> 8), put(c & 255), put(i >> 8), put(i & 255);
            return;
        }
        if (sscanf(g, "x.%d.%7s", &b, more) != 2)
            die("bad guard: %s", g);
        c = more[0] == '*' ? 0 : atoi(more);
        i = more[0] == '*' ? 999 : c;
        put(ESC);
        put(b);
        put(c >> 8), put(c & 255), put(i >> 8), put(i & 255);
        return;
    }
    if (!strncmp(g, "mx:", 3)) {
        for (i = 0; i < mxs && strcmp(mx[i], g + 3); i++) {
        }
        if (i == MXS)
            die("too many hosts");
        if (i == mxs)
            copy(mx[mxs++], sizeof mx[0], g + 3);
        put(MX);
        put(i);
        return;
    }
    for (i = 2; i < 8; i++)
        if (!strcmp(phase[i], g)) {
            put(PHASE);
            put(i);
            return;
        }
    die("bad guard: %s", g);
}

static void row_line(char *line)
{
    struct row *r = &row[rows];
    char *semi = strchr(line, ';');
    int words = 0, joined = 1;
    if (!rules)
        die("a row before the first rule");
    if (!semi || !semi[1])
        die("a row without a source");
    if (++rows == ROWS)
        die("too many rows");
    *semi++ = 0;
    semi += strspn(semi, " \t");
    copy(r->source, sizeof r->source, semi);
    for (size_t n = strlen(line); n && isspace((unsigned char)line[n - 1]);)
        line[--n] = 0;
    line += strspn(line, " \t");
    copy(r->pattern, sizeof r->pattern, line);
    r->rule = now;
    r->at = codes;
    for (char *w = strtok(line, " \t"); w; w = strtok(NULL, " \t")) {
        if (*w == '{') {
            w[strlen(w) - 1] = 0;
            put_guard(w + 1);
            continue;
        }
        if (*w == '!') {
            put(ABSENT);
            put_word(w + 1);
            continue;
        }
        if (!strcmp(w, "+")) {
            put(GAP);
            joined = 1;
            continue;
        }
        if (!strcmp(w, "~")) {
            joined = 1;
            continue;
        } /* the gap that goes without saying */
        if (!strcmp(w, "&")) {
            put(ANYWHERE);
            joined = 1;
            continue;
        }
        if (!joined)
            put(NEXT);
        put_word(w);
        words++;
        joined = 0;
    }
    if (words && joined)
        die("a row that ends in a joint");
    r->n = codes - r->at;
    if (r->n > 60)
        die("row too long");
}

static void rule_line(char *line)
{
    char name[40], reason[40];
    if (sscanf(line, "= %39s %39s", name, reason) != 2)
        die("bad rule");
    for (now = 0; now < rules; now++)
        if (!strcmp(rule[now].name, name) && !strcmp(rule[now].reason, reason))
            return;
    if (rules == RULES)
        die("too many rules");
    copy(rule[rules].name, sizeof name, name);
    copy(rule[rules++].reason, sizeof reason, reason);
}

static int by_text(const void *a, const void *b)
{
    return strcmp((const char *)((const struct stem *)a)->text,
                  (const char *)((const struct stem *)b)->text);
}

static void bytes(const char *name, const unsigned char *p, int n)
{
    printf("static const uint8_t %s[%d] = {", name, n);
    for (int i = 0; i < n; i++)
        printf("%s%d,", i % 24 ? "" : "\n    ", p[i]);
    printf("\n};\n");
}

/* Is stem `a`* the longest of the first n stems that `b` begins with? */
static int covers(const struct stem *a, const struct stem *b, int n)
{
    size_t len = strlen((const char *)a->text);
    if (strncmp((const char *)a->text, (const char *)b->text, len))
        return 0;
    for (int i = 0; i < n; i++) {
        size_t more = strlen((const char *)stem[i].text);
        if (stem[i].prefix && more > len &&
            !strncmp((const char *)stem[i].text, (const char *)b->text, more))
            return 0;
    }
    return 1;
}

/* Stems: per stem one byte (shared << 4 | suffix length), the
 * suffix, and atom | 0x80 for a prefix. */
static void print_stems(void)
{
    static unsigned char out[32768];
    int n = 0, first[257], next = 0;
    qsort(stem, (size_t)stems, sizeof stem[0], by_text);
    for (int i = 0; i < stems; i++) {
        const struct stem *s = &stem[i],
                          *before = i && stem[i - 1].text[0] == s->text[0] ? &stem[i - 1] : NULL;
        int len = (int)strlen((const char *)s->text), shared = 0;
        line_number = 0;
        if (i && !strcmp((const char *)stem[i - 1].text, (const char *)s->text))
            die("stem twice: %s", s->text);
        for (int j = 0; j < i; j++)
            if (stem[j].prefix && stem[j].atom == s->atom && covers(&stem[j], s, i))
                die("%s: %s* says so", s->text, stem[j].text);
        if (before)
            while (shared < len && before->text[shared] == s->text[shared])
                shared++;
        while (next <= s->text[0])
            first[next++] = n;
        out[n++] = (unsigned char)(shared << 4 | (len - shared));
        for (int j = shared; j < len; j++)
            out[n++] = s->text[j];
        out[n++] = (unsigned char)(s->atom | (s->prefix ? 0x80 : 0));
    }
    while (next <= 256)
        first[next++] = n;
    bytes("judge_stem", out, n);
    printf("enum { JUDGE_FIRST = 'a', JUDGE_LAST = %d };\n", stem[stems - 1].text[0]);
    printf("static const uint16_t judge_first[] = {");
    for (int i = 'a'; i <= stem[stems - 1].text[0] + 1; i++)
        printf("%s%d,", (i - 'a') % 20 ? "" : "\n    ", first[i]);
    printf("\n};\n");
}

static void print_rules(void)
{
    unsigned char out[20000];
    int n = 0, pool = 0, at[RULES];
    for (int i = 0; i < rows; i++) {
        out[n++] = (unsigned char)(row[i].n + 2);
        out[n++] = (unsigned char)row[i].rule;
        memcpy(out + n, code + row[i].at, (size_t)row[i].n);
        n += row[i].n;
    }
    bytes("judge_row", out, n);
    printf("static const char judge_name[] =");
    for (int i = 0; i < rules; i++) {
        at[i] = pool;
        for (int j = 0; j < i; j++)
            if (!strcmp(rule[i].name, rule[j].name)) {
                at[i] = at[j];
                break;
            }
        if (at[i] != pool)
            continue;
        pool += (int)strlen(rule[i].name) + 1;
        printf("\n    \"%s\\0\"", rule[i].name);
    }
    printf(";\nstatic const struct { uint16_t name; uint8_t reason; } judge_rule[%d] = {\n", rules);
    for (int i = 0; i < rules; i++) {
        printf("    {%d, QUOTH_REASON_", at[i]);
        for (const char *p = rule[i].reason; *p; p++)
            putchar(toupper((unsigned char)*p));
        printf("},\n");
    }
    printf("};\nstatic const uint16_t judge_mask[%d] = {", atoms);
    for (int i = 0; i < atoms; i++)
        printf("%s0x%lx,", i % 8 ? "" : "\n    ", set_mask[i]);
    printf("\n};\nstatic const char judge_mx[] =");
    for (int i = 0; i < mxs; i++)
        printf("\n    \"%s\\0\"", mx[i]);
    printf("%s;\n", mxs ? "" : " \"\"");
}

static void print_text(const char *before, const char *p, const char *after)
{
    printf("%s\"", before);
    for (; *p; p++)
        printf(*p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
    printf("\"%s", after);
}

/* Byte pair encoding (Gage 1994): of all pairs of neighbours the commonest becomes one byte of 128
 * and above, 128 times. Strings stay apart, for NUL takes no part. Returns the bytes left of n. */
static int pair_up(unsigned char *p, int n)
{
    printf("static const uint8_t judge_pair[128][2] = {");
    for (int byte = 0x80; byte < 0x100; byte++) {
        static int count[0x10000];
        int best = 0, to = 0;
        memset(count, 0, sizeof count);
        for (int i = 0; i + 1 < n; i++)
            if (p[i] && p[i + 1] && ++count[p[i] << 8 | p[i + 1]] > count[best])
                best = p[i] << 8 | p[i + 1];
        for (int i = 0; i < n; i++) {
            int pair = i + 1 < n ? p[i] << 8 | p[i + 1] : 0;
            p[to++] = (unsigned char)(best && pair == best ? byte : p[i]);
            i += best && pair == best;
        }
        n = to;
        printf("%s{%d,%d},", byte % 12 ? "" : "\n    ", best >> 8, best & 255);
    }
    printf("\n};\n");
    return n;
}

/* For `judge --explain`: how atoms and then sets are called, and where each row is from ("": where
 * the one above is), strings behind one another, the latter in pairs. For the tests: the rows and
 * words as they were written. */
static void print_source(void)
{
    static unsigned char out[ROWS * sizeof row[0].source];
    const char *above = "the same";
    int n = 0;
    printf("#ifdef QUOTH_JUDGE_SOURCE\nstatic const char judge_called[] =\n    \"\\0\"");
    for (int i = 1; i < atoms; i++)
        printf("%s\"%s\\0\"", i % 8 ? " " : "\n    ", atom[i]);
    for (int i = 0; i < sets; i++)
        printf("\n    \"%s\\0\"", set[i]);
    printf(";\n");
    for (int i = 0; i < rows; i++) {
        const char *from =
            strcmp(row[i].source, "the same") && strcmp(row[i].source, above) ? row[i].source : "";
        for (const char *p = from; *p; p++)
            if (*p & 0x80)
                die("a source that is not ASCII: %s", from);
        memcpy(out + n, from, strlen(from) + 1);
        n += (int)strlen(from) + 1;
        if (*from)
            above = from;
    }
    n = pair_up(out, n);
    bytes("judge_from", out, n);
    printf("static const struct { const char *rule, *pattern; } judge_source[%d] = {\n", rows);
    for (int i = 0; i < rows; i++) {
        print_text("    {", rule[row[i].rule].name, ", ");
        print_text("", row[i].pattern, "},\n");
    }
    printf(
        "};\nstatic const struct { const char *stem; uint8_t atom, prefix; } judge_words[%d] = {\n",
        stems);
    for (int i = 0; i < stems; i++)
        printf("    {\"%s\", %d, %d},\n", stem[i].text, stem[i].atom, stem[i].prefix);
    printf("};\nstatic const char *const judge_atoms[%d] = {\n    \"\",\n", atoms);
    for (int i = 1; i < atoms; i++)
        printf("    \"%s\",\n", atom[i]);
    printf("};\nstatic const char *const judge_sets[%d] = {\n", sets);
    for (int i = 0; i < sets; i++)
        printf("    \"%s\",\n", set[i]);
    printf("};\n#endif\n");
}

int main(void)
{
    char line[600];
    enum { NONE, WORDS, IN_SETS, IN_RULES } section = NONE;
    while (fgets(line, sizeof line, stdin)) {
        line_number++;
        line[strcspn(line, "\n")] = 0;
        char *p = line + strspn(line, " \t");
        if (!*p || *p == '#')
            continue;
        if (!strcmp(p, "[words]"))
            section = WORDS;
        else if (!strcmp(p, "[text]"))
            url_atoms = atoms;
        else if (!strcmp(p, "[sets]"))
            section = IN_SETS;
        else if (!strcmp(p, "[rules]"))
            section = IN_RULES;
        else if (section == WORDS)
            words_line(p);
        else if (section == IN_SETS)
            sets_line(p);
        else if (section == IN_RULES && *p == '=')
            rule_line(p);
        else if (section == IN_RULES)
            row_line(p);
        else
            die("outside a section");
    }
    if (!rows || !stems)
        die("nothing read");
    printf("/* Generated from core/data/judge.txt by pack_judge. */\n");
    printf(
        "enum { JUDGE_URL_ATOMS = %d, JUDGE_ROWS = %d, JUDGE_ATOM_IP = %d, JUDGE_ATOM_STOP = %d, "
        "JUDGE_ATOM_ASKED = %d, JUDGE_ATOM_SKIP = %d, JUDGE_ATOM_START = %d, JUDGE_ATOM_END = %d "
        "};\n",
        url_atoms, rows, find_atom("ipaddr"), find_atom("stop"), find_atom("asked"),
        find_atom("skip"), find_atom("start"), find_atom("end"));
    printf(
        "enum { JUDGE_ATOMS = %d, JUDGE_SET = %d, JUDGE_GAP = %d, JUDGE_NEXT = %d, JUDGE_ANYWHERE "
        "= %d, "
        "JUDGE_ABSENT = %d,\n       JUDGE_DIGIT, JUDGE_CODE, JUDGE_ESC, JUDGE_PHASE, JUDGE_MX };\n",
        atoms, SET, GAP, NEXT, ANYWHERE, ABSENT);
    print_stems();
    print_rules();
    print_source();
    return 0;
}
