/* pack_judge.c - host tool: judge.txt (standard input) to judge.h (standard output).
 *
 * Plan: read four sections. [letters] become ranges of code points and the letters they are read
 * as; [words] one sorted, front-coded list of stems with an index by how they begin; [sets] a bit
 * mask an atom; [rules] one byte string, a row after the other, in the order of the file.
 * Everything is checked here, so that judge.c need not. See judge.txt for the language.
 *
 *   a stem   3 bits letters shared with the one before, 4 bits letters of its own, 7 bits atom,
 *            1 bit prefix, and its own letters: the low 5 bits of a to z, 7 bits of all others
 *   a row    its length (and RULE: the number of its rule follows, else it is that of the row
 *            before; and AT_RCPT), then words, sets, gaps and guards
 *
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATOMS = 128, STEMS = 2000, SETS = 16, RULES = 128, ROWS = 1000, MXS = 64, STEM = 48 };
enum {
    SET = 0x80,
    GAP = 0xE0,
    NEAR = 0xE2,
    FAR = 0xE8,
    ANYWHERE = 0xEF,
    ABSENT = 0xF0,
    CODE,
    DIGIT = 0xF0, /* and the digit, 2 to 5 */
    PHASE = 0xF4, /* and the phase, 2 to 6 */
    MX = 0xFC,
    ESC,    /* subject, detail, and how many details more */
    ESC_FAR /* the same, counted from FAR_BASE */
};
enum { RULE = 0x80, AT_RCPT = 0x40, LENGTH = 0x3F, FAR_BASE = 500, LAST = 255, SEQUENCE = 8 };
enum {
    SCRIPTS = 32,
    LETTERS = 512,
    SHIFT = 9, /* above the place among so many letters */
    LATIN_BITS = 5,
    OTHER_BITS = 7,
    OTHERS = 26 * 2,
    FIRSTS = OTHERS + 16
};

struct stem {
    char text[STEM]; /* as written, and as judge.c sees it */
    unsigned char letter[STEM];
    int n, atom, prefix;
};
struct script {
    unsigned from, to, at, shift;
};
struct row {
    int rule, at, n, rcpt;
    char pattern[200], source[120];
};

static struct script script[SCRIPTS];
static int scripts;
static char letters[LETTERS];
static int letters_n;
static char atom[ATOMS][24];
static int atoms = 1, url_atoms;
static char set[SETS][24];
static int sets;
static unsigned long set_mask[ATOMS];
static int masked; /* atoms below it may be of a set */
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

/* "0100-017F LETTERS": one letter for each, or for two of them, or for all */
static void letters_line(char *line)
{
    struct script *new_script = &script[scripts];
    char text[300];
    int n;
    if (++scripts == SCRIPTS ||
        sscanf(line, "%x-%x %299s", &new_script->from, &new_script->to, text) != 3)
        die("not FROM-TO LETTERS, or too many");
    n = (int)strlen(text);
    if (n != 1 && n != (int)(new_script->to - new_script->from + 1) &&
        2 * n != (int)(new_script->to - new_script->from + 1))
        die("%d letters for %u", n, new_script->to - new_script->from + 1);
    new_script->shift = n == 1 ? 16 : 2 * n == (int)(new_script->to - new_script->from + 1);
    text[n] = 0;
    char *same = letters_n ? strstr(letters, text) : NULL;
    new_script->at = same ? (unsigned)(same - letters) : (unsigned)letters_n;
    if (same)
        return;
    if (letters_n + n >= LETTERS)
        die("too many letters");
    memcpy(letters + letters_n, text, (size_t)n + 1);
    letters_n += n;
}

/* The letters of a stem, as judge_fold() of judge.c reads them. */
static void fold(struct stem *stem)
{
    for (const unsigned char *p = (const unsigned char *)stem->text; *p;) {
        unsigned c = *p++;
        int more = (c >= 0x80) + (c >= 0xE0), k;
        if (more)
            c &= more == 1 ? 31 : 15;
        while (more--)
            c = c << 6 | (*p++ & 63);
        for (k = 0; k < scripts && (c < script[k].from || c > script[k].to); k++) {
        }
        if (k < scripts)
            c = (unsigned char)letters[script[k].at + ((c - script[k].from) >> script[k].shift)];
        if (c == '.' || (c < 0x80 && c != '-' && !islower((int)c) && !isdigit((int)c)))
            die("no letter in %s", stem->text);
        if (c == '-')
            continue;
        if (c >= 0x1000)
            stem->letter[stem->n++] = (unsigned char)(0x80 | (c >> 7 & 0x7F));
        stem->letter[stem->n++] = (unsigned char)(c < 0x80 ? c : 0x80 | (c & 0x7F));
        if (stem->n > 15)
            die("longer than 15 letters: %s", stem->text);
        if (stem->letter[stem->n - 1] >> 7 != stem->letter[0] >> 7)
            die("of two scripts: %s", stem->text);
    }
}

static void words_line(char *line)
{
    char *colon = strchr(line, ':');
    if (!colon)
        die("no ':'");
    *colon = 0;
    int which = find_atom(line);
    if (!which) {
        if (atoms == ATOMS)
            die("too many atoms");
        copy(atom[which = atoms++], sizeof atom[0], line);
    }
    for (char *word = strtok(colon + 1, " \t"); word; word = strtok(NULL, " \t")) {
        if (*word == '.')
            continue; /* judge.c makes this one */
        struct stem *new_stem = &stem[stems];
        size_t n = strlen(word);
        if (++stems == STEMS)
            die("too many stems");
        if (n > 1 && word[n - 1] == '*') {
            new_stem->prefix = 1;
            word[--n] = 0;
        }
        copy(new_stem->text, sizeof new_stem->text, word);
        fold(new_stem);
        new_stem->prefix |=
            new_stem->letter[0] >= 0x80 && (unsigned char)new_stem->text[0] >= 0xE0; /* no spaces */
        new_stem->atom = which;
    }
}

static void sets_line(char *line)
{
    char *eq = strchr(line, '=');
    if (!eq || sets == SETS)
        die("no '=', or too many sets");
    *eq = 0;
    for (char *word = strtok(eq + 1, " \t"); word; word = strtok(NULL, " \t")) {
        int which = find_atom(word), i;
        if (which) {
            set_mask[which] |= 1ul << sets;
            continue;
        }
        for (i = 0; i < sets && strcmp(set[i], word); i++) {
        }
        if (i == sets)
            die("unknown word: %s", word);
        for (which = 1; which < atoms; which++)
            if (set_mask[which] >> i & 1)
                set_mask[which] |= 1ul << sets;
    }
    strtok(line, " \t");
    copy(set[sets++], sizeof set[0], line);
}

/* Atoms of some set first, so that the masks of all others need not be kept; those that URLs may
 * hold stay before them. */
static void sort_atoms(void)
{
    char name[ATOMS][sizeof atom[0]];
    unsigned long mask[ATOMS];
    int to[ATOMS] = {0};

    masked = url_atoms;
    for (int in_set = 1, n = url_atoms; in_set >= 0; in_set--)
        for (int i = url_atoms; i < atoms; i++)
            if ((set_mask[i] != 0) == in_set) {
                to[i] = n++;
                masked += in_set;
            }
    memcpy(name, atom, sizeof name);
    memcpy(mask, set_mask, sizeof mask);
    for (int i = url_atoms; i < atoms; i++) {
        copy(atom[to[i]], sizeof atom[0], name[i]);
        set_mask[to[i]] = mask[i];
    }
    for (int i = 0; i < stems; i++)
        if (stem[i].atom >= url_atoms)
            stem[i].atom = to[stem[i].atom];
}

static void put(int b) { code[codes++] = (unsigned char)b; }

static void put_word(const char *word)
{
    int which = find_atom(word);
    if (which) {
        put(which);
        return;
    }
    for (int i = 0; i < sets; i++)
        if (!strcmp(set[i], word)) {
            put(SET + i);
            return;
        }
    die("neither a word nor a set: %s", word);
}

/* "x.1.2", "x.1.2-5", "x.1.*": an enhanced status code, or a run of them. */
static void put_status(const char *guard)
{
    int class = 0, detail = 0, last;
    char more[8] = "";

    if (sscanf(guard, "x.%d.%d-%d", &class, &detail, &last) != 3) {
        if (sscanf(guard, "x.%d.%7s", &class, more) != 2)
            die("bad guard: %s", guard);
        detail = more[0] == '*' ? 0 : atoi(more);
        last = more[0] == '*' ? LAST : detail;
    }
    int base = detail < FAR_BASE ? 0 : FAR_BASE;
    if (class < 1 || class > 7 || detail - base > LAST || last < detail || last - detail > LAST)
        die("a status that has no byte: %s", guard);
    put(base ? ESC_FAR : ESC);
    put(class);
    put(detail - base);
    put(last - detail);
}

/* {5yz} {550} {x.1.1} {x.7.*} {mail} {mx:suffix} */
static void put_guard(char *guard)
{
    static const char *const phase[] = {"", "", "connect", "banner", "ehlo", "starttls", "mail"};
    int i;
    if (guard[0] >= '2' && guard[0] <= '5' && !strcmp(guard + 1, "yz")) {
        put(DIGIT + guard[0] - '0');
        return;
    }
    if (isdigit((unsigned char)guard[0])) {
        put(CODE);
        put(guard[0] - '0');
        put(atoi(guard + 1));
        return;
    }
    if (!strncmp(guard, "x.", 2)) {
        put_status(guard);
        return;
    }
    if (!strncmp(guard, "mx:", 3)) {
        for (i = 0; i < mxs && strcmp(mx[i], guard + 3); i++) {
        }
        if (i == MXS)
            die("too many hosts");
        if (i == mxs)
            copy(mx[mxs++], sizeof mx[0], guard + 3);
        put(MX);
        put(i);
        return;
    }
    for (i = 2; i < 7; i++)
        if (!strcmp(phase[i], guard)) {
            put(PHASE + i);
            return;
        }
    die("bad guard: %s", guard);
}

/* A guard, a joint or a word of a row. `joined`: nothing is to stand between what comes next and
 * what was before. 1: it is a word of the sequence. */
static int row_word(char *word, int *joined)
{
    const char *joint = word[1] ? NULL : strchr("+~&", *word);

    if (*word == '{') {
        word[strlen(word) - 1] = 0;
        if (!strcmp(word, "{rcpt"))
            row[rows - 1].rcpt = AT_RCPT;
        else
            put_guard(word + 1);
        return 0;
    }
    if (*word == '!') {
        put(ABSENT);
        put_word(word + 1);
        return 0;
    }
    if (joint) { /* '+' goes without saying */
        if (*joint == '&' && *joined)
            die("a joint behind no word");
        if (*joint != '+')
            put(*joint == '~' ? FAR : ANYWHERE);
        *joined = 1;
        return 0;
    }
    if (!*joined)
        put(NEAR);
    put_word(word);
    *joined = 0;
    return 1;
}

static void row_line(char *line)
{
    struct row *new_row = &row[rows];
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
    copy(new_row->source, sizeof new_row->source, semi);
    for (size_t n = strlen(line); n && isspace((unsigned char)line[n - 1]);)
        line[--n] = 0;
    line += strspn(line, " \t");
    copy(new_row->pattern, sizeof new_row->pattern, line);
    new_row->rule = now;
    new_row->at = codes;
    for (char *word = strtok(line, " \t"); word; word = strtok(NULL, " \t"))
        if (row_word(word, &joined) && ++words > SEQUENCE)
            die("more than %d words in a row", SEQUENCE);
    if (words && joined)
        die("a row that ends in a joint");
    new_row->n = codes - new_row->at;
    if (new_row->n > 60)
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

/* Its place in the index: by its first letter and, of a to z, by the bit of its second that parts
 * them best. */
static int first_of(const struct stem *stem)
{
    if (stem->letter[0] >= 0x80)
        return OTHERS + (stem->letter[0] >> 3 & 15);
    if (stem->n == 1 && stem->prefix)
        die("one letter is no beginning: %s", stem->text);
    return (stem->letter[0] - 'a') * 2 + (stem->n > 1 ? stem->letter[1] >> 2 & 1 : 0);
}

/* In the order of the index, then of their letters: digits are among a to z, as their low bits
 * are. */
static int by_letters(const void *one, const void *other)
{
    const struct stem *left = one, *right = other;
    if (first_of(left) != first_of(right))
        return first_of(left) - first_of(right);
    for (int i = 0; i < left->n && i < right->n; i++) {
        int left_letter = left->letter[i] < 0x80 && i ? left->letter[i] & 31 : left->letter[i];
        int right_letter = right->letter[i] < 0x80 && i ? right->letter[i] & 31 : right->letter[i];
        if (left_letter != right_letter)
            return left_letter - right_letter;
    }
    return left->n - right->n;
}

static void bytes(const char *name, const unsigned char *p, int n)
{
    printf("static const uint8_t %s[%d] = {", name, n);
    for (int i = 0; i < n; i++)
        printf("%s%d,", i % 24 ? "" : "\n    ", p[i]);
    printf("\n};\n");
}

static int begins(const struct stem *stem, const struct stem *with)
{
    return stem->n >= with->n && !memcmp(stem->letter, with->letter, (size_t)with->n);
}

/* Is stem `a`* the longest of the first n stems that `b` begins with? */
static int covers(const struct stem *a, const struct stem *b, int n)
{
    if (!begins(b, a))
        return 0;
    for (int i = 0; i < n; i++)
        if (stem[i].prefix && stem[i].n > a->n && begins(b, &stem[i]))
            return 0;
    return 1;
}

static void put_bits(unsigned char *to, int *at, unsigned value, int n)
{
    for (int i = 0; i < n; i++, ++*at)
        to[*at >> 3] = (unsigned char)(to[*at >> 3] | (value >> i & 1) << (*at & 7));
}

static void put_stem(unsigned char *out, int *at, const struct stem *stem, int shared)
{
    int bits = stem->letter[0] < 0x80 ? LATIN_BITS : OTHER_BITS;

    if (shared > 7)
        die("shares more than 7 letters with the one before: %s", stem->text);
    put_bits(out, at, (unsigned)shared, 3);
    put_bits(out, at, (unsigned)(stem->n - shared), 4);
    put_bits(out, at, (unsigned)stem->atom, 7);
    put_bits(out, at, (unsigned)stem->prefix, 1);
    for (int i = shared; i < stem->n; i++)
        put_bits(out, at, stem->letter[i] & ((1u << bits) - 1), bits);
}

static void print_stems(void)
{
    static unsigned char out[32768];
    int at = 0, first[FIRSTS + 1], next = 0;
    qsort(stem, (size_t)stems, sizeof stem[0], by_letters);
    for (int i = 0; i < stems; i++) {
        const struct stem *this_stem = &stem[i],
                          *before = i && first_of(&stem[i - 1]) == first_of(this_stem)
                                        ? this_stem - 1
                                        : NULL;
        int shared = 0;
        line_number = 0;
        if (!isalpha(this_stem->letter[0]) && this_stem->letter[0] < 0x80)
            die("begins with no letter: %s", this_stem->text);
        if (i && !by_letters(this_stem, this_stem - 1))
            die("stem twice: %s and %s", this_stem->text, this_stem[-1].text);
        for (int j = 0; j < i; j++)
            if (stem[j].prefix && stem[j].atom == this_stem->atom && covers(&stem[j], this_stem, i))
                die("%s: %s* says so", this_stem->text, stem[j].text);
        while (before && shared < this_stem->n && shared < before->n &&
               before->letter[shared] == this_stem->letter[shared])
            shared++;
        while (next <= first_of(this_stem))
            first[next++] = at;
        put_stem(out, &at, this_stem, shared);
    }
    while (next <= FIRSTS)
        first[next++] = at;
    if (at > 0xFFFF)
        die("the stems are too many for their index");
    bytes("judge_stem", out, at / 8 + 4); /* judge_bits() reads four bytes */
    printf("static const uint16_t judge_first[] = {");
    for (int i = 0; i <= FIRSTS; i++)
        printf("%s%d,", i % 20 ? "" : "\n    ", first[i]);
    printf("\n};\n");
}

static void print_letters(void)
{
    printf("static const char judge_letter[] =");
    for (int i = 0; i < letters_n; i++) {
        if (i % 64 == 0)
            printf("%s\n    \"", i ? "\"" : "");
        if (letters[i] == '-')
            printf("\\000"); /* not seen: a word of one letter ends with it */
        else
            putchar(letters[i]);
    }
    printf("\"");
    printf(";\nstatic const struct { uint16_t from, to, at; } judge_script[] = {\n");
    for (int i = 0; i < scripts; i++)
        printf("    {0x%X, 0x%X, %u},\n", script[i].from, script[i].to,
               script[i].at | script[i].shift << SHIFT);
    printf("};\n");
}

/* QUOTH_REASON_NAME between two texts. */
static void print_reason(const char *before, const char *name, const char *after)
{
    printf("%sQUOTH_REASON_", before);
    for (; *name; name++)
        putchar(toupper((unsigned char)*name));
    fputs(after, stdout);
}

static void print_rules(void)
{
    unsigned char out[20000];
    int n = 0;
    for (int i = 0; i < rows; i++) {
        int named = i == 0 || row[i - 1].rule != row[i].rule;
        out[n++] = (unsigned char)(row[i].n + 1 + named + (named ? RULE : 0) + row[i].rcpt);
        if (named)
            out[n++] = (unsigned char)row[i].rule;
        memcpy(out + n, code + row[i].at, (size_t)row[i].n);
        n += row[i].n;
    }
    bytes("judge_row", out, n);
    printf("static const char judge_name[] =");
    for (int i = 0; i < rules; i++)
        printf("\n    \"%s\\0\"", rule[i].name);
    printf(";\nstatic const uint8_t judge_reason[%d] = {\n", rules);
    for (int i = 0; i < rules; i++)
        print_reason("    ", rule[i].reason, ",\n");
    printf("};\n");
    for (int i = 0; i < rules; i++)
        if (i == 0 || strcmp(rule[i].reason, rule[i - 1].reason) != 0)
            print_reason("_Static_assert(", rule[i].reason,
                         " <= QUOTH_REASON_OTHER, \"a reason from a reply\");\n");
    printf("static const uint16_t judge_mask[%d] = {", masked);
    for (int i = 0; i < masked; i++)
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
        const char *source = row[i].source[0] == '"' ? "wording" : row[i].source;
        const char *from = strcmp(source, "the same") && strcmp(source, above) ? source : "";
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

/* Standard input, section by section. */
static void read_all(void)
{
    char line[600];
    enum { NONE, IN_LETTERS, WORDS, IN_SETS, IN_RULES } section = NONE;
    while (fgets(line, sizeof line, stdin)) {
        line_number++;
        line[strcspn(line, "\n")] = 0;
        char *p = line + strspn(line, " \t");
        if (!*p || *p == '#')
            continue;
        if (!strcmp(p, "[letters]"))
            section = IN_LETTERS;
        else if (!strcmp(p, "[words]"))
            section = WORDS;
        else if (!strcmp(p, "[text]"))
            url_atoms = atoms;
        else if (!strcmp(p, "[sets]"))
            section = IN_SETS;
        else if (!strcmp(p, "[rules]")) {
            section = IN_RULES;
            sort_atoms();
        } else if (section == IN_LETTERS)
            letters_line(p);
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
}

static void print_numbers(void)
{
    printf(
        "enum { JUDGE_URL_ATOMS = %d, JUDGE_ROWS = %d, JUDGE_ATOM_IP = %d, JUDGE_ATOM_STOP = %d, "
        "JUDGE_ATOM_ASKED = %d, JUDGE_ATOM_SKIP = %d, JUDGE_ATOM_START = %d, JUDGE_ATOM_END = %d "
        "};\n",
        url_atoms, rows, find_atom("ipaddr"), find_atom("stop"), find_atom("asked"),
        find_atom("skip"), find_atom("start"), find_atom("end"));
    printf(
        "enum { JUDGE_ATOMS = %d, JUDGE_MASKED = %d, JUDGE_SET = %d, JUDGE_GAP = %d, JUDGE_NEAR = "
        "%d,\n"
        "       JUDGE_FAR = %d, JUDGE_ANYWHERE = %d, JUDGE_ABSENT = %d, JUDGE_PHASE = %d, "
        "JUDGE_DIGIT = %d,\n"
        "       JUDGE_CODE = %d, JUDGE_MX = %d, JUDGE_ESC = %d,\n"
        "       JUDGE_ESC_FAR = %d, JUDGE_FAR_BASE = %d, JUDGE_LAST = %d, JUDGE_SEQUENCE = %d };\n",
        atoms, masked, SET, GAP, NEAR, FAR, ANYWHERE, ABSENT, PHASE, DIGIT, CODE, MX, ESC, ESC_FAR,
        FAR_BASE, LAST, SEQUENCE);
    printf("enum { JUDGE_RULE = %d, JUDGE_AT_RCPT = %d, JUDGE_LENGTH = %d, JUDGE_LATIN_BITS = %d, "
           "JUDGE_OTHER_BITS = %d,\n"
           "       JUDGE_OTHERS = %d, JUDGE_SHIFT = %d };\n",
           RULE, AT_RCPT, LENGTH, LATIN_BITS, OTHER_BITS, OTHERS, SHIFT);
}

int main(void)
{
    read_all();
    printf("/* Generated from core/data/judge.txt by pack_judge. */\n");
    print_numbers();
    print_letters();
    print_stems();
    print_rules();
    print_source();
    return 0;
}
