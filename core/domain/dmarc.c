/* dmarc.c - DMARC (RFC 9989): the record, the policy that results, and the walk up the tree.
 *
 *   v=DMARC1; p=reject; sp=none   quoth_dmarc_read: a tag at fault is as good as none (4.8)
 *        |                        quoth_dmarc_policy: what it comes to for whom (4.10.1, t=)
 *
 *   mail.example.com --> example.com --> com     quoth_dmarc_walk_*: eight names at most (4.10);
 *                            `-- the organizational domain (4.10.2), no list of public suffixes
 *
 * All of it is pure: who walks asks the questions.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "quoth_domain.h"
#include "words.h"

static const char dmarc_policies[] = "none\0quarantine\0reject\0invalid\0";

const char *quoth_dmarc_policy_name(enum quoth_dmarc_policy policy)
{
    return policy ? quoth_word_at(dmarc_policies, policy - QUOTH_DMARC_NONE) : "";
}

/* ---- the record --------------------------------------------------------- */

static uint8_t dmarc_policy(struct quoth_span value)
{
    for (uint8_t i = QUOTH_DMARC_NONE; i <= QUOTH_DMARC_REJECT; i++)
        if (quoth_word_is(value, quoth_dmarc_policy_name((enum quoth_dmarc_policy)i)))
            return i;
    return QUOTH_DMARC_INVALID;
}

/* One letter of `letters`, in lower case. 0: another value. */
static char dmarc_letter(struct quoth_span value, const char *letters)
{
    const char c = value.n == 1 ? (char)quoth_lower((uint8_t)*value.p) : 0;

    return c && memchr(letters, c, strlen(letters)) ? c : 0;
}

/* 0, 1, d and s, parted by colons (RFC 9989 4.7), and nothing else. */
static char dmarc_options(struct quoth_span value)
{
    while (value.n && memchr(":01ds \t", quoth_lower((uint8_t)value.p[value.n - 1]), 7))
        value.n--;
    return !value.n;
}

static void dmarc_mark(struct quoth_dmarc *dmarc, unsigned flag, size_t at)
{
    dmarc->flags |= (uint16_t)flag;
    if (!dmarc->at)
        dmarc->at = (uint16_t)at;
}

/* Can a report go to one of these? */
static int dmarc_has_address(const struct quoth_span *rua)
{
    struct quoth_dmarc_uri uri;

    for (size_t at = 0; quoth_dmarc_uri(rua, &at, &uri);)
        if (uri.kind <= QUOTH_DMARC_URI_OTHER)
            return 1;
    return 0;
}

static const char dmarc_tags[] = "v\0p\0sp\0np\0psd\0t\0adkim\0aspf\0rua\0ruf\0fo\0pct\0rf\0ri\0";
enum {
    DMARC_V,
    DMARC_P,
    DMARC_SP,
    DMARC_NP,
    DMARC_PSD,
    DMARC_T,
    DMARC_ADKIM,
    DMARC_ASPF,
    DMARC_RUA,
    DMARC_RUF,
    DMARC_FO,
    DMARC_PCT,
    DMARC_TAGS = 14
};

static void dmarc_take(struct quoth_dmarc *dmarc, unsigned tag, struct quoth_span value, size_t at)
{
    char c = 'u';

    switch (tag) {
    case DMARC_P: dmarc->p = dmarc_policy(value); break;
    case DMARC_SP: dmarc->sp = dmarc_policy(value); break;
    case DMARC_NP: dmarc->np = dmarc_policy(value); break;
    case DMARC_RUA: dmarc->rua = value; break;
    case DMARC_RUF: dmarc->ruf = value; break;
    case DMARC_PSD:
        c = dmarc_letter(value, "ynu");
        dmarc->psd = c ? c : 'u';
        break;
    case DMARC_T:
        c = dmarc_letter(value, "yn");
        if (c == 'y')
            dmarc->flags |= QUOTH_DMARC_TESTING;
        break;
    case DMARC_ADKIM:
    case DMARC_ASPF:
        c = dmarc_letter(value, "rs");
        if (c == 's')
            dmarc->flags |= tag == DMARC_ASPF ? QUOTH_DMARC_STRICT_SPF : QUOTH_DMARC_STRICT_DKIM;
        break;
    case DMARC_FO: c = dmarc_options(value); break;
    case DMARC_V: break;
    default:
        if (tag == DMARC_PCT && !quoth_word_is(value, "100"))
            dmarc->flags |= QUOTH_DMARC_PART;
        dmarc_mark(dmarc, QUOTH_DMARC_REMOVED, at);
    }
    if (!c)
        dmarc_mark(dmarc, QUOTH_DMARC_VALUE, at);
}

int quoth_dmarc_read(struct quoth_dmarc *dmarc, const char *text, size_t n)
{
    struct quoth_tag tag;
    size_t at = 0, from;
    unsigned seen = 0, which;
    int rc;

    memset(dmarc, 0, sizeof *dmarc);
    dmarc->psd = 'u';
    if (!quoth_tags_begin(text, n, "DMARC1"))
        return QUOTH_EPROTO;
    while ((rc = quoth_tag_next(&tag, text, n, &at)) != 0) {
        if (rc < 0) { /* a tag that is none: on with the next one */
            dmarc_mark(dmarc, QUOTH_DMARC_SYNTAX, at);
            while (at < n && text[at] != ';')
                at++;
            at += at < n;
            continue;
        }
        from = (size_t)(tag.name.p - text);
        for (which = 0;
             which < DMARC_TAGS && !quoth_word_is(tag.name, quoth_word_at(dmarc_tags, which));)
            which++;
        if (which == DMARC_TAGS) {
            dmarc->flags |= QUOTH_DMARC_STRANGER;
        } else if (seen >> which & 1) {
            dmarc_mark(dmarc, QUOTH_DMARC_DUPLICATE, from);
        } else {
            dmarc_take(dmarc, which, tag.value, from);
        }
        seen |= 1u << which;
    }
    if (dmarc_has_address(&dmarc->rua))
        dmarc->flags |= QUOTH_DMARC_RUA;
    return QUOTH_OK;
}

enum quoth_dmarc_policy quoth_dmarc_policy(const struct quoth_dmarc *dmarc,
                                           enum quoth_dmarc_whom whom)
{
    uint8_t policy = dmarc->p;

    if ((dmarc->p | dmarc->sp | dmarc->np) & QUOTH_DMARC_INVALID)
        return dmarc->flags & QUOTH_DMARC_RUA ? QUOTH_DMARC_NONE : QUOTH_DMARC_UNSET;
    if (whom != QUOTH_DMARC_SELF && dmarc->sp)
        policy = dmarc->sp;
    if (whom == QUOTH_DMARC_NOWHERE && dmarc->np)
        policy = dmarc->np;
    if (policy > QUOTH_DMARC_NONE && dmarc->flags & QUOTH_DMARC_TESTING)
        policy--;
    return policy ? (enum quoth_dmarc_policy)policy : QUOTH_DMARC_NONE;
}

/* ---- where reports go --------------------------------------------------- */

/* The limit in bytes that RFC 7489 6.2 had: "!10m". 0: there is none. */
static size_t dmarc_size(struct quoth_span uri)
{
    const char *mark = memchr(uri.p, '!', uri.n);

    return mark ? uri.n - (size_t)(mark - uri.p) : 0;
}

/* A character that no URI has (RFC 3986 2): a blank between two, a quotation mark left over. */
static int dmarc_is_odd(struct quoth_span uri)
{
    while (uri.n && !memchr(" \"<>\\", uri.p[uri.n - 1], 5))
        uri.n--;
    return uri.n != 0;
}

static enum quoth_dmarc_uri_kind dmarc_kind(struct quoth_span uri, struct quoth_span *host)
{
    const char *colon = memchr(uri.p, ':', uri.n), *at = memchr(uri.p, '@', uri.n), *end;

    *host = (struct quoth_span) {uri.p, 0};
    if (!colon)
        return at ? QUOTH_DMARC_URI_BARE : QUOTH_DMARC_URI_INVALID;
    if (colon == uri.p || colon + 1 == uri.p + uri.n)
        return QUOTH_DMARC_URI_INVALID;
    for (const char *p = uri.p; p < colon; p++)
        if (!quoth_is_alnum((uint8_t)*p) && !memchr("+-.", *p, 3))
            return QUOTH_DMARC_URI_INVALID;
    if (!quoth_word_is((struct quoth_span) {uri.p, (size_t)(colon - uri.p)}, "mailto"))
        return QUOTH_DMARC_URI_OTHER;
    if (!at || at == colon + 1 || colon[1] == '/')
        return QUOTH_DMARC_URI_INVALID;
    for (end = ++at; end < uri.p + uri.n && *end != '?';)
        end++;
    *host = (struct quoth_span) {at, (size_t)(end - at)};
    return host->n && !memchr(at, '@', host->n) && !dmarc_is_odd(uri) ? QUOTH_DMARC_URI_MAIL
                                                                      : QUOTH_DMARC_URI_INVALID;
}

int quoth_dmarc_uri(const struct quoth_span *list, size_t *at, struct quoth_dmarc_uri *uri)
{
    if (*at >= list->n || !quoth_word_next(list, ',', at, &uri->text))
        return 0;
    uri->sized = dmarc_size(uri->text) != 0;
    uri->text.n -= dmarc_size(uri->text);
    uri->kind = dmarc_kind(uri->text, &uri->host);
    return 1;
}

/* ---- the walk ----------------------------------------------------------- */

static unsigned dmarc_labels(const struct quoth_name *name)
{
    unsigned labels = 0;

    for (size_t at = 0; name->b[at]; at += 1u + name->b[at])
        labels++;
    return labels;
}

void quoth_name_tail(const struct quoth_name *name, unsigned labels, struct quoth_name *out)
{
    const unsigned all = dmarc_labels(name);
    size_t at = 0;

    for (unsigned i = labels; i < all; i++)
        at += 1u + name->b[at];
    out->n = (uint8_t)(name->n - at);
    memmove(out->b, name->b + at, out->n);
}

void quoth_dmarc_walk_start(struct quoth_dmarc_walk *walk, const struct quoth_name *name)
{
    memset(walk, 0, sizeof *walk);
    walk->name = *name;
    walk->labels = walk->now = (uint8_t)dmarc_labels(name);
}

int quoth_dmarc_walk_next(const struct quoth_dmarc_walk *walk, struct quoth_name *ask)
{
    if (!walk->now)
        return 0;
    quoth_name_tail(&walk->name, walk->now, ask);
    return 1;
}

void quoth_dmarc_walk_take(struct quoth_dmarc_walk *walk, char psd)
{
    if (!walk->now)
        return;
    if (psd)
        walk->fewest = walk->now;
    if (psd == 'y' || psd == 'n') {
        walk->own = psd == 'n';
        if (walk->own || walk->now < walk->labels)
            walk->psd = walk->now;
        walk->now = 0;
        return;
    }
    walk->now = walk->now >= QUOTH_DMARC_STEPS ? QUOTH_DMARC_STEPS - 1 : (uint8_t)(walk->now - 1);
}

unsigned quoth_dmarc_walk_org(const struct quoth_dmarc_walk *walk)
{
    if (walk->psd)
        return walk->psd + (walk->own ? 0u : 1u);
    return walk->fewest ? walk->fewest : walk->labels;
}
