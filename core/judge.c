/* judge.c - what one SMTP reply really says of the mailbox.
 *
 *   "550 5.1.1 <jane@example.com>: Recipient address rejected: User unknown"
 *      |  judge_read    words to ideas ("atoms"), whatever the language; addresses, URLs and
 *      |                numbers fall out
 *      v
 *   recipient address rejected user unknown         x.1.1   550   RCPT
 *      |  judge_holds   rows from the top: atoms in order, close together; code, enhanced code,
 *      |                phase, MX
 *      v
 *   text/user-unknown, user_unknown
 *      |  judge_mean    what that says of the mailbox, and what it must never say
 *      v
 *   not_exists
 *
 * Words and rows are core/data/judge.txt, packed into judge.h when building. The order of the rows
 * is the order of evidence: what is said of us, of the mailbox, the enhanced code (RFC 3463), the
 * basic code (RFC 5321 4.2) last. Each byte is read a bounded number of times: the work is linear
 * in the reply.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "judge.h"

int quoth_holds(const char *text, size_t n, const char *word, size_t m)
{
    for (size_t i = 0; m && i + m <= n; i++)
        if (quoth_same(text + i, m, word, m))
            return 1;
    return 0;
}

/* ---- from text to ideas ------------------------------------------------- */

enum { JUDGE_BYTES = 1024, JUDGE_TOKENS = 256 }; /* of a longer reply the beginning is read */

/* The reply as a row of atoms. `seen` tells at once what a row waits for in vain. */
struct judge_text {
    uint8_t atom[JUDGE_TOKENS];
    uint16_t n;
    uint32_t seen[4], sets;
    uint16_t esc[3];
};

static unsigned judge_sets_of(unsigned atom) { return atom < JUDGE_MASKED ? judge_mask[atom] : 0; }

static void judge_put(struct judge_text *text, unsigned atom)
{
    if (atom == JUDGE_ATOM_SKIP || text->n == JUDGE_TOKENS)
        return;
    text->atom[text->n++] = (uint8_t)atom;
    text->seen[atom >> 5] |= 1u << (atom & 31);
    text->sets |= judge_sets_of(atom);
}

/* One letter at `p` as the words of judge.txt have it: [letters] there says how each script is
 * read. Returns how many bytes of p it takes, 0 for what is no letter or digit; *letters: how many
 * bytes it has in `out`. A letter of no Latin reading is one byte of 128 and above, a Chinese one
 * two. */
static QUOTH_APART size_t judge_fold(const uint8_t *p, size_t n, uint8_t out[2], size_t *letters)
{
    uint32_t code;
    size_t took;

    *letters = 1;
    out[0] = quoth_lower(p[0]);
    out[1] = 0;
    if (p[0] < 0x80)
        return (size_t)quoth_is_alnum(p[0]);
    took = quoth_utf8(&code, (const char *)p, n);
    if (took == 0)
        return 0;
    for (size_t k = 0; k < sizeof judge_script / sizeof judge_script[0]; k++) {
        if (code < judge_script[k].from || code > judge_script[k].to)
            continue;
        code = (code - judge_script[k].from) >> (judge_script[k].at >> JUDGE_SHIFT);
        code += judge_script[k].at & ((1u << JUDGE_SHIFT) - 1);
        out[0] = (uint8_t)judge_letter[code];
        *letters = out[0] != 0;
        return out[0] == '.' ? 0 : took;
    }
    out[0] = 0x80 | (code & 0x7F);
    if (code >= 0x1000) {
        out[1] = out[0];
        out[0] = 0x80 | (code >> 7 & 0x7F);
        *letters = 2;
    }
    return took;
}

/* 25 bits of the stems and more, the lowest first. Compilers make one load of it. */
static uint32_t judge_bits(unsigned at)
{
    const uint8_t *p = &judge_stem[at >> 3];

    return ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24) >>
           (at & 7);
}

/* The longest stem that `p` begins with and its length; a stem without '*' must end where p does. A
 * NUL follows a letter that stands alone.
 * Sorted and front-coded: each stem begins with `shared` letters of the one before.
 * A letter is the low 5 bits of its byte, or 7 of those above 127; no stem mixes the two. */
static unsigned judge_find(const uint8_t *p, size_t n, size_t *len)
{
    unsigned at, end, best = 0, width = JUDGE_LATIN_BITS, mask;
    size_t same = 0; /* letters of p found in the stem before */

    if (n == 0 || p[0] < 'a')
        return 0;
    at = (p[0] - 'a') * 2u + (p[1] >> 2 & 1u);
    if (p[0] >= 0x80) {
        width = JUDGE_OTHER_BITS;
        at = JUDGE_OTHERS + (p[0] >> 3 & 15u);
    }
    mask = (1u << width) - 1;
    end = judge_first[at + 1];
    at = judge_first[at];
    while (at < end) {
        uint32_t head = judge_bits(at);
        unsigned shared = head & 7, more = head >> 3 & 15, tail = at + 15;
        at = tail + more * width;
        if (shared > same)
            continue;
        if (shared < same)
            break; /* this one and all that follow sort behind p */
        for (more += shared; same < more && same < n; same++, tail += width) {
            unsigned letter = judge_bits(tail) & mask, wanted = p[same] & mask;
            if (letter > wanted)
                return best;
            if (letter < wanted || (p[same] ^ p[0]) >> 7)
                break;
        }
        if (same < more || (same < n && !(head & 0x4000)))
            continue;
        best = head >> 7 & 0x7F;
        *len = same;
    }
    return best;
}

/* What stands between spaces and brackets. */
enum judge_run { JUDGE_WORDS, JUDGE_HOST, JUDGE_ADDRESS, JUDGE_IP, JUDGE_ID };

static int judge_is_upper(int c) { return c >= 'A' && c <= 'Z'; }
static int judge_is_lower(int c) { return c >= 'a' && c <= 'z'; }

/* Does the dot at p[i] stand inside a host name (and not between two sentences)? */
static int judge_is_host_dot(const uint8_t *p, size_t i, size_t n)
{
    return i > 0 && i + 1 < n && quoth_is_alnum(p[i - 1]) && judge_is_lower(p[i + 1]);
}

/* Does a run hold what no one would write as words: eight and more letters and digits in a row that
 * mix both, or capitals where no word begins? Queue ids, base64, UUIDs; "RecipNotFound" is words.
 * A row of six goes on in one of six with a dash behind: Exim's ids. */
QUOTH_APART static int judge_is_id(const uint8_t *p, size_t n)
{
    enum { DIGIT = 1, LETTER = 2, BOTH = 3, LONG = 8 };
    unsigned seen = 0, length = 0;
    for (size_t i = 0; i < n; i++) {
        if (!quoth_is_alnum(p[i])) {
            if (length != 6 || n - i < 8 || p[i + 7] != '-')
                seen = length = 0;
            continue;
        }
        seen |= quoth_is_digit(p[i]) ? DIGIT : LETTER;
        if (i && judge_is_upper(p[i]) && judge_is_lower(p[i - 1]) &&
            (i + 1 == n || !judge_is_lower(p[i + 1])))
            seen = BOTH;
        if (++length >= LONG && seen == BOTH)
            return 1;
    }
    return 0;
}

static int judge_in_run(int c)
{
    return quoth_is_alnum(c) || (c > ' ' && !memchr("<>()[]{}\"',;`|", c, 14));
}

QUOTH_APART static size_t judge_run(const uint8_t *p, size_t n, enum judge_run *kind)
{
    size_t i = 0, dots = 0, digits = 0;
    int host = 0, address = 0, url = 0;
    for (; i < n && judge_in_run(p[i]); i++) {
        if (p[i] == ':') {
            if (n - i < 3 || p[i + 1] != '/' || p[i + 2] != '/')
                break;
            url = 1;
        }
        dots += p[i] == '.';
        digits += (size_t)quoth_is_digit(p[i]);
        if (p[i] == '@' && i > 0 && i + 1 < n && quoth_is_alnum(p[i + 1]))
            address = 1;
        if (p[i] == '.' && judge_is_host_dot(p, i, n))
            host = 1;
    }
    if (address && !url)
        *kind = JUDGE_ADDRESS;
    else if (url || (host && !judge_is_id(p, i)))
        *kind = JUDGE_HOST;
    else if (dots >= 3 && i > dots && digits + dots == i)
        *kind = JUDGE_IP;
    else
        *kind = judge_is_id(p, i) ? JUDGE_ID : JUDGE_WORDS;
    return i;
}

/* One word (or one sign between words) of a run. Letters of three bytes are of scripts without
 * spaces: there a word is the stem that begins here, or one letter that is passed over. Elsewhere
 * it goes as far as its letters do. Returns the bytes taken. */
static QUOTH_APART size_t judge_word(struct judge_text *text, const uint8_t *p, size_t n,
                                     enum judge_run kind)
{
    uint8_t word[24], letter[2];
    size_t i = 0, word_n = 0, letters, took, len = 0, each = 0;
    unsigned atom;
    for (; i < n && (took = judge_fold(p + i, n - i, letter, &letters)) > 0; i += took) {
        if (kind == JUDGE_WORDS && i > 0 && judge_is_upper(p[i]) && judge_is_lower(p[i - 1]))
            break;
        if (i == 0 && took == 3 && letter[0] >= 0x80)
            each = letters;
        if (took == 3 && letter[0] >= 0x80 && !each)
            break;
        if (word_n + 2 > sizeof word)
            continue;
        memcpy(word + word_n, letter, 2);
        word_n += letters;
    }
    if (i == 0) { /* a sign: does it end a sentence? */
        if (kind == JUDGE_WORDS && (p[0] == '.' || p[0] == '!' || p[0] == '?') &&
            (n == 1 || !quoth_is_alnum(p[1]) || judge_is_upper(p[1])))
            judge_put(text, JUDGE_ATOM_STOP);
        return 1;
    }
    atom = judge_find(word, word_n, &len);
    if (each && !atom)
        return 3;
    if (kind == JUDGE_HOST && (!atom || atom >= JUDGE_URL_ATOMS || judge_is_id(p, i)))
        return i;
    if (!quoth_is_digit(word[0]))
        judge_put(text, atom);
    return each ? len * 3 / each : i;
}

static int judge_in_code(int c) { return quoth_is_alnum(c) || c == '.' || c == '-'; }

/* An enhanced code in the text, as "(#5.1.1)" of qmail, when the reply did not begin with one. */
static void judge_find_esc(struct judge_text *text, uint16_t code, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i + 4 < n; i++) {
        uint16_t part[3];
        size_t at = i, from;
        int k = 0;
        if (p[i] != '0' + code / 100 || p[i + 1] != '.' || (i > 0 && judge_in_code(p[i - 1])))
            continue;
        do {
            part[k] = 0;
            for (from = at; at < n && at - from < 3 && quoth_is_digit(p[at]); at++)
                part[k] = (uint16_t)(part[k] * 10 + p[at] - '0');
        } while (at > from && ++k < 3 && at < n && p[at++] == '.');
        if (k < 3 || (at < n && (quoth_is_alnum(p[at]) ||
                                 (p[at] == '.' && at + 1 < n && quoth_is_digit(p[at + 1])))))
            continue;
        memcpy(text->esc, part, sizeof part);
        return;
    }
}

static void judge_read(struct judge_text *text, const struct quoth_said *said, const uint8_t *p)
{
    enum judge_run kind = JUDGE_WORDS;
    size_t n = said->n;

    memset(text, 0, sizeof *text);
    memcpy(text->esc, said->esc, sizeof text->esc);
    if (n > JUDGE_BYTES)
        n = JUDGE_BYTES;
    if (text->esc[0] == 0)
        judge_find_esc(text, said->code, p, n);
    judge_put(text, JUDGE_ATOM_START);
    for (size_t i = 0, end = 0; i < n;) {
        if (i >= end)
            end = i + judge_run(p + i, n - i, &kind);
        if (i >= end) { /* between two runs */
            if (p[i++] == ';')
                judge_put(text, JUDGE_ATOM_STOP);
            continue;
        }
        if (kind == JUDGE_IP)
            judge_put(text, JUDGE_ATOM_IP);
        if (kind == JUDGE_ADDRESS && text->n == 1)
            judge_put(text, JUDGE_ATOM_ASKED);
        i = kind == JUDGE_WORDS || kind == JUDGE_HOST ? i + judge_word(text, p + i, end - i, kind)
                                                      : end;
    }
    if (text->atom[text->n - 1] == JUDGE_ATOM_STOP) /* the last sentence ends with the reply */
        text->n--;
    judge_put(text, JUDGE_ATOM_END);
}

/* ---- from ideas to rows ------------------------------------------------- */

/* The language of a row, as pack_judge writes it: an atom or set, or one of these. */
enum { JUDGE_CLEAR = -1000 };

struct judge_case {
    struct judge_text text;
    uint16_t code;
    uint8_t phase;
    const char *mx;
};

static int judge_seen(const struct judge_text *text, unsigned e)
{
    return (int)((e < JUDGE_SET ? text->seen[e >> 5] >> (e & 31) : text->sets >> (e - JUDGE_SET)) &
                 1);
}

static int judge_is(unsigned atom, unsigned e)
{
    return e < JUDGE_SET ? atom == e : (int)(judge_sets_of(atom) >> (e - JUDGE_SET) & 1);
}

/* Do the k elements follow each other, no further apart than their gaps, within a sentence? One
 * pass: last[j] is where the first j + 1 of them were met last. */
static int judge_follows(const struct judge_text *text, const uint8_t *element, const uint8_t *gap,
                         int k)
{
    int last[JUDGE_SEQUENCE];
    for (int j = 0; j < k; j++) {
        if (!judge_seen(text, element[j]))
            return 0;
        last[j] = JUDGE_CLEAR;
    }
    for (int i = 0; i < text->n; i++) {
        for (int j = k - 1; j >= 0; j--) {
            if (text->atom[i] == JUDGE_ATOM_STOP)
                last[j] = JUDGE_CLEAR;
            else if (judge_is(text->atom[i], element[j]) &&
                     (j == 0 || i - last[j - 1] - 1 <= gap[j]))
                last[j] = i;
        }
        if (last[k - 1] >= 0)
            return 1;
    }
    return 0;
}

/* The k-th of names that stand behind one another. */
static const char *judge_nth(const char *name, unsigned k)
{
    for (; k > 0; k--)
        name += strlen(name) + 1;
    return name;
}

/* Is the exchange `mx` under the name that begins at judge_mx's k-th place? */
static int judge_under(const struct judge_case *row, unsigned k)
{
    const char *name = judge_nth(judge_mx, k);
    size_t n = strlen(name), all = row->mx ? strlen(row->mx) : 0;

    if (all < n || !quoth_same(row->mx + all - n, n, name, n))
        return 0;
    return all == n || row->mx[all - n - 1] == '.';
}

/* One guard: 1 it holds, 0 it does not; *op moves behind it. */
static int judge_guard(const struct judge_case *row, const uint8_t **op)
{
    const uint8_t *p = *op;
    switch (p[0]) {
    case JUDGE_ABSENT: *op += 2; return !judge_seen(&row->text, p[1]);
    case JUDGE_CODE: *op += 3; return row->code == p[1] * 100 + p[2];
    case JUDGE_MX: *op += 2; return judge_under(row, p[1]);
    case JUDGE_ESC:
    case JUDGE_ESC_FAR:
        *op += 4;
        return row->text.esc[1] == p[1] &&
               row->text.esc[2] - p[2] - (p[0] == JUDGE_ESC ? 0u : JUDGE_FAR_BASE) <= p[3];
    default:
        *op += 1;
        return row->code / 100 == p[0] - JUDGE_DIGIT || row->phase == p[0] - JUDGE_PHASE;
    }
}

static int judge_holds(const struct judge_case *row, const uint8_t *op, const uint8_t *end)
{
    while (op < end) {
        uint8_t element[JUDGE_SEQUENCE], gap[JUDGE_SEQUENCE];
        int k = 0;
        if (*op > JUDGE_ANYWHERE) {
            if (!judge_guard(row, &op))
                return 0;
            continue;
        }
        memset(gap, 0, sizeof gap);
        for (; op < end && *op < JUDGE_ANYWHERE; op++) {
            if (*op >= JUDGE_GAP)
                gap[k] = (uint8_t)(*op - JUDGE_GAP);
            else
                element[k++] = *op;
        }
        if (!judge_follows(&row->text, element, gap, k))
            return 0;
        if (op < end && *op == JUDGE_ANYWHERE)
            op++;
    }
    return 1;
}

/* ---- from rows to a reading --------------------------------------------- */

static const uint8_t judge_about[] = {
    /* what a reason says of the mailbox, given a 5yz (full: any) */
    [QUOTH_REASON_NONE] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_ACCEPTED] = QUOTH_SAYS_EXISTS,
    [QUOTH_REASON_USER_UNKNOWN] = QUOTH_SAYS_NOT_EXISTS,
    [QUOTH_REASON_MAILBOX_DISABLED] = QUOTH_SAYS_NOT_EXISTS,
    [QUOTH_REASON_MAILBOX_FULL] = QUOTH_SAYS_EXISTS,
    [QUOTH_REASON_RECIPIENT_RESTRICTED] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_RECIPIENT_RATE_LIMITED] = QUOTH_SAYS_EXISTS,
    [QUOTH_REASON_DOMAIN_NOT_ACCEPTED] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_DOMAIN_NOT_FOUND] = QUOTH_SAYS_NOT_EXISTS,
    [QUOTH_REASON_GREYLISTED] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_RATE_LIMITED] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_IP_BLOCKED] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_POLICY_REJECTED] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_AUTH_REQUIRED] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_TLS_REQUIRED] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_SPAM_OR_CONTENT] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_MESSAGE_TOO_BIG] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_RECIPIENT_SYNTAX] = QUOTH_SAYS_NOT_EXISTS,
    [QUOTH_REASON_SERVER_TEMPORARY] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_NOT_VERIFIABLE] = QUOTH_SAYS_CANNOT_TELL,
    [QUOTH_REASON_OTHER] = QUOTH_SAYS_CANNOT_TELL,
};

/* The one place that speaks of the mailbox, and what it must never say. */
static enum quoth_says judge_mean(enum quoth_reason reason, int rcpt, unsigned code)
{
    enum quoth_says says = (enum quoth_says)judge_about[reason];
    if (!rcpt)
        return QUOTH_SAYS_CANNOT_TELL;
    if (says == QUOTH_SAYS_NOT_EXISTS && code / 100 != 5)
        return QUOTH_SAYS_CANNOT_TELL;
    if (says == QUOTH_SAYS_EXISTS && (code / 100 == 2) != (reason == QUOTH_REASON_ACCEPTED))
        return QUOTH_SAYS_CANNOT_TELL;
    return says;
}

static int judge_needs_rcpt(unsigned reason)
{
    return judge_about[reason] != QUOTH_SAYS_CANNOT_TELL && reason != QUOTH_REASON_ACCEPTED;
}

static int judge_next(struct quoth_reading *out, enum quoth_phase phase,
                      const struct quoth_said *said, const char *words, const char *mx)
{
    struct judge_case case_;
    const uint8_t *row = judge_row;
    unsigned from = out->rule ? out->row + 1u : 0, rule = 0;

    judge_read(&case_.text, said, (const uint8_t *)words);
    case_.code = said->code;
    case_.phase = (uint8_t)(phase == QUOTH_PHASE_DECOY ? QUOTH_PHASE_RCPT : phase);
    case_.mx = mx;
    for (unsigned i = 0; i < JUDGE_ROWS; row += row[0] & JUDGE_LENGTH, i++) {
        const uint8_t *op = row + 1;
        unsigned reason;
        int rcpt = case_.phase == QUOTH_PHASE_RCPT;
        if (row[0] & JUDGE_RULE)
            rule = *op++;
        if (i < from || (op[0] < JUDGE_GAP && !judge_seen(&case_.text, op[0])))
            continue; /* most end here */
        reason = judge_reason[rule];
        if ((!rcpt && (row[0] & JUDGE_AT_RCPT || judge_needs_rcpt(reason))) ||
            !judge_holds(&case_, op, row + (row[0] & JUDGE_LENGTH)))
            continue;
        out->reason = (enum quoth_reason)reason;
        out->says = judge_mean(out->reason, rcpt, case_.code);
        out->rule = judge_nth(judge_name, rule);
        out->row = (uint16_t)i;
        return 1;
    }
    return 0;
}

#if QUOTH_JUDGE_NESTED

/* ---- a reply inside a reply ---------------------------------------------
 *
 * "550 5.1.1 <jane@example.com>: undeliverable address: host inner.example.com said: 552 full (in
 * reply to RCPT TO command)": a gateway asked somebody else, and the inner reply is the evidence,
 * if it was given to RCPT for that very address. */

struct judge_inner {
    size_t at, end; /* where its text begins, and where the last "in reply to" ends it */
    uint16_t code;
    uint8_t other; /* it is about another address, or no reply to RCPT */
};

static int judge_has(const char *text, size_t n, const char *word)
{
    return quoth_holds(text, n, word, strlen(word));
}

/* Does the inner reply name another address than the one that the outer reply begins with? */
static int judge_other(const char *text, size_t at, size_t n)
{
    enum judge_run kind = JUDGE_WORDS;
    size_t i = text[0] == '<';
    size_t length = judge_run((const uint8_t *)text + i, at - i, &kind);
    size_t inner = n - at;

    if (kind != JUDGE_ADDRESS || !memchr(text + at, '@', inner))
        return 0;
    for (; inner >= length; at++, inner--)
        if (quoth_same(text + at, length, text + i, length))
            return 0;
    return 1;
}

/* A refusal's code behind a colon: the last one, for replies nest. */
static int judge_find_inner(struct judge_inner *in, const struct quoth_said *said, const char *text)
{
    size_t n = said->n;

    memset(in, 0, sizeof *in);
    for (size_t i = 0; i + 6 < n; i++) {
        const char *p = text + i;
        if (quoth_same(p, 7, "in repl", 7))
            in->end = i;
        if (p[0] != ':' || p[1] != ' ' || (p[2] != '4' && p[2] != '5') || !quoth_is_digit(p[3]) ||
            !quoth_is_digit(p[4]) || (p[5] != ' ' && p[5] != '-'))
            continue;
        in->at = i + 6;
        in->end = n;
        in->code = (uint16_t)((p[2] - '0') * 100 + (p[3] - '0') * 10 + p[4] - '0');
    }
    if (!in->at)
        return 0;
    in->other = judge_has(text, n, "talk to me") || judge_has(text, in->at, "sender") ||
                judge_has(text, in->at, "callback") || judge_has(text, in->at, "your address") ||
                (in->end < n && !judge_has(text, n, "rcpt to")) || judge_other(text, in->at, n);
    return 1;
}

int quoth_judge_next(struct quoth_reading *out, enum quoth_phase phase,
                     const struct quoth_said *said, const char *words, const char *mx)
{
    struct judge_inner in;
    struct quoth_said told;

    if (phase < QUOTH_PHASE_RCPT || said->code < 400 || !judge_find_inner(&in, said, words))
        return judge_next(out, phase, said, words, mx);
    told = (struct quoth_said) {in.code, {0, 0, 0}, (uint16_t)(in.end - in.at)};
    if (!judge_next(out, phase, &told, words + in.at, mx))
        return 0;
    if (in.other || !judge_needs_rcpt(out->reason)) /* the gateway's trouble, and not with us */
        out->reason = QUOTH_REASON_SERVER_TEMPORARY;
    out->says = in.other ? QUOTH_SAYS_CANNOT_TELL : judge_mean(out->reason, 1, in.code);
    if (out->says == QUOTH_SAYS_NOT_EXISTS && said->code < 500)
        out->says = QUOTH_SAYS_CANNOT_TELL;
    return 1;
}

#else

int quoth_judge_next(struct quoth_reading *out, enum quoth_phase phase,
                     const struct quoth_said *said, const char *words, const char *mx)
{
    return judge_next(out, phase, said, words, mx);
}

#endif

const uint8_t *quoth_judge_row(unsigned row)
{
    const uint8_t *p = judge_row;

    while (row--)
        p += p[0] & JUDGE_LENGTH;
    return p;
}

void quoth_judge_reply(struct quoth_reading *out, enum quoth_phase phase,
                       const struct quoth_said *said, const char *words, const char *mx)
{
    out->rule = NULL;
    (void)quoth_judge_next(out, phase, said, words, mx); /* the last row always holds */
}
