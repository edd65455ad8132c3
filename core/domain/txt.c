/* txt.c - the small records: tag lists, and what MTA-STS, TLS-RPT, BIMI and DKIM make of them.
 *
 *   v=STSv1; id=20260101    quoth_tag_next: name, value, name, value ... (RFC 6376 3.2)
 *     |
 *     +-- tags_read    version first, no tag twice; a row of tags_kinds says which values do
 *     `-- quoth_dkim_read --> p= --> base64 --> DER, a byte after the other: no buffer
 *
 * All of it is pure. An offset is that of the byte or tag at fault.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "quoth_domain.h"
#include "words.h"

/* ---- tag lists ---------------------------------------------------------- */

static int tags_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static size_t tags_skip(const char *text, size_t n, size_t at)
{
    while (at < n && tags_blank(text[at]))
        at++;
    return at;
}

/* Where the name that starts at `at` ends. */
static size_t tags_name(const char *text, size_t n, size_t at)
{
    const size_t from = at;

    while (at < n && (quoth_is_alpha((uint8_t)text[at]) ||
                      (at > from && (quoth_is_digit(text[at]) || text[at] == '_'))))
        at++;
    return at;
}

int quoth_tag_next(struct quoth_tag *tag, const char *text, size_t n, size_t *at)
{
    size_t from = *at = tags_skip(text, n, *at), end;

    if (from == n)
        return 0;
    *at = end = tags_name(text, n, from);
    tag->name = (struct quoth_span) {text + from, end - from};
    *at = end = tags_skip(text, n, end);
    if (!tag->name.n || end == n || text[end] != '=')
        return QUOTH_EPROTO;
    *at = from = end = tags_skip(text, n, end + 1);
    for (; *at < n && text[*at] != ';'; ++*at) {
        const uint8_t c = (uint8_t)text[*at];
        if ((c < ' ' || c > '~') && !tags_blank((char)c))
            return QUOTH_EPROTO;
        if (!tags_blank((char)c))
            end = *at + 1;
    }
    tag->value = (struct quoth_span) {text + from, end - from};
    *at += *at < n;
    return 1;
}

static int tags_is(struct quoth_span span, const char *text)
{
    return span.n == strlen(text) && !memcmp(span.p, text, span.n);
}

int quoth_tags_begin(const char *text, size_t n, const char *version)
{
    struct quoth_tag tag;
    size_t at = 0;

    return quoth_tag_next(&tag, text, n, &at) == 1 && tag.name.p == text &&
           quoth_word_is(tag.name, "v") && tags_is(tag.value, version);
}

/* Does a tag of this name stand in front of it? Only the first ones are compared, so that a text of
 * nothing but tags costs linear time. */
enum { TAGS_COMPARED = 32 };
static int tags_before(const char *text, struct quoth_span name)
{
    const size_t n = (size_t)(name.p - text);
    struct quoth_tag tag;
    size_t at = 0;

    for (int i = 0; i < TAGS_COMPARED && quoth_tag_next(&tag, text, n, &at) == 1; i++)
        if (tag.name.n == name.n && quoth_holds(tag.name.p, name.n, name.p, name.n))
            return 1;
    return 0;
}

/* ---- values ------------------------------------------------------------- */

static int tags_begins(struct quoth_span value, const char *with)
{
    return value.n > strlen(with) &&
           quoth_word_is((struct quoth_span) {value.p, strlen(with)}, with);
}

int quoth_word_next(const struct quoth_span *list, char sign, size_t *at, struct quoth_span *word)
{
    size_t from = *at, end;

    if (from > list->n)
        return 0;
    from = end = tags_skip(list->p, list->n, from);
    while (end < list->n && list->p[end] != sign)
        end++;
    *at = end + 1;
    while (end > from && tags_blank(list->p[end - 1]))
        end--;
    *word = (struct quoth_span) {list->p + from, end - from};
    return 1;
}

static int tags_sts_id(struct quoth_span value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!quoth_is_alnum((uint8_t)value.p[i]))
            return 0;
    return value.n >= 1 && value.n <= 32;
}

/* mailto:jane@example.org */
static int tags_mails(struct quoth_span uri)
{
    return tags_begins(uri, "mailto:") && uri.p[7] != '/' && memchr(uri.p + 8, '@', uri.n - 8);
}

/* One or more, parted by commas, each https: or mailto: with an address (RFC 8460 3). */
static int tags_rpt_rua(struct quoth_span value)
{
    struct quoth_span one;

    for (size_t at = 0; quoth_word_next(&value, ',', &at, &one);)
        if (!tags_begins(one, "https:") && !tags_mails(one))
            return 0;
    return 1;
}

static int tags_https(struct quoth_span value)
{
    return !value.n || tags_begins(value, "https://");
}

static const struct tags_kind {
    char version[9], name[4], other[2]; /* a tag that must be there; one that may */
    uint8_t again;                      /* the tag may stand there more than once */
    int (*fits)(struct quoth_span value);
} tags_kinds[] = {
    [QUOTH_TAGS_STS] = {"STSv1", "id", "", 0, tags_sts_id},
    [QUOTH_TAGS_RPT] = {"TLSRPTv1", "rua", "", 1, tags_rpt_rua},
    [QUOTH_TAGS_BIMI] = {"BIMI1", "l", "a", 0, tags_https},
    [QUOTH_TAGS_DMARC] = {"DMARC1", "p", "", 0, NULL},
};

int quoth_tags_meant(enum quoth_tags_kind kind, const char *text, size_t n)
{
    const struct tags_kind *row = &tags_kinds[kind];
    struct quoth_tag tag;
    size_t at = 0;

    if (quoth_holds(text, n < 12 ? n : 12, row->version, 3))
        return 1;
    while (at < n && !quoth_is_alpha((uint8_t)text[at]))
        at++;
    return quoth_tag_next(&tag, text, n, &at) == 1 && quoth_word_is(tag.name, row->name);
}

enum quoth_tags_fault quoth_tags_read(enum quoth_tags_kind which, const char *text, size_t n,
                                      uint16_t *fault_at)
{
    const struct tags_kind *kind = &tags_kinds[which];
    const int tight = which < QUOTH_TAGS_BIMI; /* RFC 8461 3.1, RFC 8460 3 */
    enum quoth_tags_fault fault = QUOTH_TAGS_MISSING;
    struct quoth_tag tag;
    size_t at = 0;
    int rc;

    *fault_at = 0;
    if (!quoth_tags_begin(text, n, kind->version) || (tight && *text != 'v'))
        return QUOTH_TAGS_VERSION;
    while ((rc = quoth_tag_next(&tag, text, n, &at)) == 1) {
        const int known = tags_is(tag.name, kind->name);
        *fault_at = (uint16_t)(tag.name.p - text);
        if (tags_before(text, tag.name) && (!known || !kind->again))
            return QUOTH_TAGS_DUPLICATE;
        if (tight && tag.value.p != tag.name.p + tag.name.n + 1) /* a blank beside its '=' */
            return *fault_at ? QUOTH_TAGS_SYNTAX : QUOTH_TAGS_VERSION;
        if ((known || tags_is(tag.name, kind->other)) && !kind->fits(tag.value))
            return QUOTH_TAGS_VALUE;
        if (known)
            fault = QUOTH_TAGS_FINE;
    }
    *fault_at = (uint16_t)at;
    return rc < 0 ? QUOTH_TAGS_SYNTAX : fault;
}

/* ---- DKIM: base64, and the DER of a key in it --------------------------- */

struct dkim_bytes { /* of the base64 text, one after the other */
    const char *p, *end;
    uint32_t bits;
    uint8_t held, over; /* bits held; over: there was no byte left */
};

static int dkim_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

static unsigned dkim_byte(struct dkim_bytes *bytes)
{
    while (bytes->held < 8) {
        int digit = -1;
        while (bytes->p < bytes->end && (digit = dkim_digit(*bytes->p++)) < 0) {
        }
        if (digit < 0) {
            bytes->over = 1;
            return 0;
        }
        bytes->bits = bytes->bits << 6 | (uint32_t)digit;
        bytes->held = (uint8_t)(bytes->held + 6);
    }
    bytes->held = (uint8_t)(bytes->held - 8);
    return bytes->bits >> bytes->held & 0xff;
}

/* The length of an element with this tag (X.690 8.1.3), or 0: it is not there. */
static unsigned dkim_element(struct dkim_bytes *bytes, unsigned tag)
{
    unsigned n = 0, more;

    if (dkim_byte(bytes) != tag)
        return 0;
    more = dkim_byte(bytes);
    if (more < 0x80)
        return more;
    for (more &= 0x7f; more && n < 0x100; more--)
        n = n << 8 | dkim_byte(bytes);
    return more || bytes->over ? 0 : n;
}

/* Take `n` bytes. */
static void dkim_pass(struct dkim_bytes *bytes, unsigned n)
{
    while (n-- && !bytes->over)
        dkim_byte(bytes);
}

/* RSAPublicKey (RFC 8017 A.1.1): the bits of the modulus; 0: it is none, or is cut off. */
static unsigned dkim_rsa(struct dkim_bytes *bytes)
{
    unsigned n, top, bits;

    if (!dkim_element(bytes, 0x30))
        return 0;
    n = dkim_element(bytes, 0x02);
    if (!n)
        return 0;
    top = dkim_byte(bytes);
    if (top == 0 && --n)
        top = dkim_byte(bytes);
    if (!n || !top)
        return 0;
    for (bits = n * 8; !(top & 0x80); top <<= 1)
        bits--;
    dkim_pass(bytes, n - 1);
    n = dkim_element(bytes, 0x02); /* the exponent */
    dkim_pass(bytes, n);
    return !n || bytes->over ? 0 : bits;
}

/* SubjectPublicKeyInfo with rsaEncryption (RFC 3279 2.3.1). */
static unsigned dkim_wrapped(struct dkim_bytes *bytes)
{
    static const uint8_t algorithm[] = {0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1};
    unsigned n;

    if (!dkim_element(bytes, 0x30))
        return 0;
    n = dkim_element(bytes, 0x30);
    if (n < sizeof algorithm)
        return 0;
    for (unsigned i = 0; i < sizeof algorithm; i++)
        if (dkim_byte(bytes) != algorithm[i])
            return 0;
    dkim_pass(bytes, n - (unsigned)sizeof algorithm);
    if (dkim_element(bytes, 0x03) < 2 || dkim_byte(bytes) != 0)
        return 0;
    return dkim_rsa(bytes);
}

/* ---- DKIM: the record --------------------------------------------------- */

/* Is `word` one of those that colons part? */
static int dkim_has(struct quoth_span list, const char *word)
{
    struct quoth_span one;

    for (size_t at = 0; quoth_word_next(&list, ':', &at, &one);)
        if (quoth_word_is(one, word))
            return 1;
    return 0;
}

/* Where base64 stops being it: blanks may stand anywhere, '=' only at the end. */
static size_t dkim_base64(struct quoth_span value)
{
    size_t i = 0;

    while (i < value.n && (tags_blank(value.p[i]) || dkim_digit(value.p[i]) >= 0))
        i++;
    while (i < value.n && (tags_blank(value.p[i]) || value.p[i] == '='))
        i++;
    return i;
}

/* The first fault is the one that is told. */
static void dkim_fault(struct quoth_dkim_key *key, enum quoth_dkim_fault fault, size_t at)
{
    if (key->fault)
        return;
    key->fault = (uint8_t)fault;
    key->at = (uint16_t)at;
}

static void dkim_key(struct quoth_dkim_key *key, struct quoth_span p, size_t at)
{
    struct dkim_bytes bytes = {p.p, p.p + p.n, 0, 0, 0}, bare = bytes;
    const size_t bad = dkim_base64(p);

    if (!p.n) {
        key->flags |= QUOTH_DKIM_REVOKED;
    } else if (bad < p.n) {
        dkim_fault(key, QUOTH_DKIM_BASE64, at + bad);
    } else if (key->ed25519) {
        dkim_pass(&bytes, 32);
        if (bytes.over || (dkim_byte(&bytes), !bytes.over))
            dkim_fault(key, QUOTH_DKIM_CUT, at);
    } else {
        key->bits = (uint16_t)dkim_wrapped(&bytes);
        if (!key->bits)
            dkim_fault(key, dkim_rsa(&bare) ? QUOTH_DKIM_BARE : QUOTH_DKIM_CUT, at);
    }
}

static void dkim_tag(struct quoth_dkim_key *key, const struct quoth_tag *tag, size_t at)
{
    if (tags_is(tag->name, "v") && (at || !tags_is(tag->value, "DKIM1")))
        dkim_fault(key, QUOTH_DKIM_VERSION, at);
    if (tags_is(tag->name, "k")) {
        key->ed25519 = (uint8_t)tags_is(tag->value, "ed25519");
        if (!key->ed25519 && !tags_is(tag->value, "rsa"))
            dkim_fault(key, QUOTH_DKIM_KIND, at);
    }
    if (tags_is(tag->name, "s") && !dkim_has(tag->value, "*") && !dkim_has(tag->value, "email"))
        dkim_fault(key, QUOTH_DKIM_SERVICE, at);
    if (tags_is(tag->name, "h") && !dkim_has(tag->value, "sha256"))
        dkim_fault(key, QUOTH_DKIM_HASH, at);
    if (tags_is(tag->name, "t") && dkim_has(tag->value, "y"))
        key->flags |= QUOTH_DKIM_TESTING;
    if (tags_is(tag->name, "t") && dkim_has(tag->value, "s"))
        key->flags |= QUOTH_DKIM_STRICT;
}

int quoth_dkim_read(struct quoth_dkim_key *key, const char *text, size_t n)
{
    struct quoth_span p = {NULL, 0};
    struct quoth_tag tag;
    size_t at = 0, from;
    int rc;

    memset(key, 0, sizeof *key);
    while ((rc = quoth_tag_next(&tag, text, n, &at)) == 1) {
        from = (size_t)(tag.name.p - text);
        if (tags_before(text, tag.name))
            dkim_fault(key, QUOTH_DKIM_DUPLICATE, from);
        else if (tags_is(tag.name, "p"))
            p = tag.value;
        else
            dkim_tag(key, &tag, from == tags_skip(text, n, 0) ? 0 : from);
    }
    if (rc < 0)
        dkim_fault(key, QUOTH_DKIM_SYNTAX, at);
    if (!p.p)
        dkim_fault(key, QUOTH_DKIM_NO_KEY, at);
    else if (key->fault != QUOTH_DKIM_KIND)
        dkim_key(key, p, (size_t)(p.p - text));
    return !key->fault;
}
