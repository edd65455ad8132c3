/* dkim.c - any bytes as the key of a DKIM record, in base64 and DER.
 *
 *   "RSA key" ------> what a strict reader takes for a key (below: all lengths agree) is fine, with
 *                     the same bits, also with blanks in its base64; what lacks its end is not
 *   any bytes ------> no key is found where its object identifier is not, nor one longer than they
 *   Ed25519 --------> 32 bytes, neither more nor less (RFC 8463 4.2)
 *
 * Input: the first byte says what the rest is (modulo 4): 0 DER, 1 an RSA key
 * made of it here, 2 an Ed25519 key, 3 a whole record.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth_domain.h"

enum { DER_MAX = 700, TEXT_MAX = 64 + DER_MAX * 4 };

struct der {
    uint8_t p[DER_MAX];
    size_t n;
};

static const uint8_t rsa_encryption[] = {0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1};

/* ---- a strict reader, of bytes that are all there (X.690 10.1) ---------------- */

/* The element at the front of p[0..n): its content; *rest bytes follow. NULL: none of this tag. */
static const uint8_t *element(const uint8_t *p, size_t n, unsigned tag, size_t *content,
                              size_t *rest)
{
    size_t head = 2;

    if (n < 2 || p[0] != tag)
        return NULL;
    *content = p[1];
    if (p[1] == 0x81 && n > 2 && p[2] >= 0x80) {
        *content = p[2];
        head = 3;
    } else if (p[1] == 0x82 && n > 3 && p[2]) {
        *content = (size_t)p[2] << 8 | p[3];
        head = 4;
    } else if (p[1] >= 0x80) {
        return NULL;
    }
    if (*content > n - head)
        return NULL;
    *rest = n - head - *content;
    return p + head;
}

/* A positive INTEGER: its bits, else 0. */
static unsigned positive(const uint8_t *p, size_t n)
{
    unsigned bits;

    if (n && !p[0] && (n == 1 || p[1] >= 0x80))
        p++, n--;
    else if (n && p[0] >= 0x80)
        return 0;
    if (!n || !p[0])
        return 0;
    bits = (unsigned)n * 8;
    for (unsigned top = p[0]; top < 0x80; top <<= 1)
        bits--;
    return bits;
}

/* RSAPublicKey, and nothing behind it: the bits of its modulus, else 0. */
static unsigned strict_rsa(const uint8_t *p, size_t n)
{
    const uint8_t *modulus, *exponent;
    size_t m, e, rest;

    if (!(p = element(p, n, 0x30, &n, &rest)) || rest)
        return 0;
    if (!(modulus = element(p, n, 0x02, &m, &rest)))
        return 0;
    if (!(exponent = element(modulus + m, rest, 0x02, &e, &rest)) || rest || !positive(exponent, e))
        return 0;
    return positive(modulus, m);
}

/* SubjectPublicKeyInfo of an RSA key, likewise. */
static unsigned strict_wrapped(const uint8_t *p, size_t n)
{
    const uint8_t *algorithm, *key;
    size_t a, k, rest;

    if (!(p = element(p, n, 0x30, &n, &rest)) || rest)
        return 0;
    if (!(algorithm = element(p, n, 0x30, &a, &rest)) || a < sizeof rsa_encryption ||
        memcmp(algorithm, rsa_encryption, sizeof rsa_encryption))
        return 0;
    if (!(key = element(algorithm + a, rest, 0x03, &k, &rest)) || rest || k < 2 || key[0])
        return 0;
    return strict_rsa(key + 1, k - 1);
}

/* ---- a record of bytes ---------------------------------------------------------- */

/* Base64 of `der` behind `head`; `blanks` of them are spread over it. */
static size_t record(char *text, const char *head, const struct der *der, unsigned blanks)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = strlen(head);

    memcpy(text, head, n);
    for (size_t bit = 0; bit < der->n * 8; bit += 6) {
        const size_t at = bit / 8;
        const unsigned two = der->p[at] * 256u + (at + 1 < der->n ? der->p[at + 1] : 0u);
        text[n++] = digits[two >> (10 - bit % 8) & 63];
        if (blanks && n % (7 + blanks) == 0)
            text[n++] = ' ';
    }
    return n;
}

static void read_der(struct quoth_dkim_key *key, const struct der *der, unsigned blanks)
{
    static char text[TEXT_MAX];
    const size_t n = record(text, "v=DKIM1; p=", der, blanks);

    require(quoth_dkim_read(key, text, n) == !key->fault);
}

/* ---- what must hold --------------------------------------------------------------- */

/* What has no room for its bits, or no identifier in front, is no key. */
static void any_bytes(const struct der *der)
{
    struct quoth_dkim_key key;
    const unsigned wrapped = strict_wrapped(der->p, der->n), bare = strict_rsa(der->p, der->n);
    int named = 0;

    read_der(&key, der, 0);
    require(!wrapped || (!key.fault && key.bits == wrapped));
    require(!bare || key.fault == QUOTH_DKIM_BARE);
    for (size_t i = 0; i + sizeof rsa_encryption <= der->n; i++)
        named |= !memcmp(der->p + i, rsa_encryption, sizeof rsa_encryption);
    if (!der->n)
        require(key.flags & QUOTH_DKIM_REVOKED);
    else if (!key.fault)
        require(named && key.bits && key.bits <= 8 * der->n);
    else
        require(key.fault == QUOTH_DKIM_CUT || key.fault == QUOTH_DKIM_BARE);
}

/* What stands in der->p gets a head in front. */
static void wrap(struct der *der, unsigned tag)
{
    const size_t n = der->n, head = n < 0x80 ? 2 : n < 0x100 ? 3 : 4;

    memmove(der->p + head, der->p, n);
    der->p[0] = (uint8_t)tag;
    der->p[1] = (uint8_t)(head == 2 ? n : 0x7e + head);
    if (head == 4)
        der->p[2] = (uint8_t)(n >> 8);
    if (head > 2)
        der->p[head - 1] = (uint8_t)n;
    der->n += head;
}

static void put(struct der *der, const void *p, size_t n)
{
    memcpy(der->p + der->n, p, n);
    der->n += n;
}

/* SubjectPublicKeyInfo with a modulus of p[1..], whose parameters and exponent p[0] chooses. One
 * that has another element in place of its exponent is no key. */
static void made(const uint8_t *p, size_t n)
{
    static const uint8_t exponent[] = {0x02, 3, 1, 0, 1, 0x02, 1, 3}, null[] = {0x05, 0};
    static struct der key, whole;
    struct quoth_dkim_key a, b;
    unsigned bits;

    if (!p[1])
        return;
    key.n = whole.n = 0;
    if (p[1] >= 0x80)
        put(&key, "", 1);
    put(&key, p + 1, n - 1);
    bits = positive(key.p, key.n);
    wrap(&key, 0x02);
    if (p[0] & 4)
        put(&key, null, sizeof null);
    else
        put(&key, exponent + (p[0] & 1 ? 5 : 0), p[0] & 1 ? 3 : 5);
    wrap(&key, 0x30);
    memmove(key.p + 1, key.p, key.n++);
    key.p[0] = 0;
    wrap(&key, 0x03);
    put(&whole, rsa_encryption, sizeof rsa_encryption);
    put(&whole, null, p[0] & 2 ? 0 : sizeof null);
    wrap(&whole, 0x30);
    put(&whole, key.p, key.n);
    wrap(&whole, 0x30);
    any_bytes(&whole);
    if (p[0] & 4) {
        require(!strict_wrapped(whole.p, whole.n));
        read_der(&a, &whole, 0);
        require(a.fault == QUOTH_DKIM_CUT);
        return;
    }
    require(strict_wrapped(whole.p, whole.n) == bits);
    read_der(&a, &whole, 0);
    read_der(&b, &whole, 1 + p[0] % 16);
    require(!a.fault && a.bits == bits);
    require(a.fault == b.fault && a.bits == b.bits);
    whole.n -= 1 + p[0] * 256u % whole.n;
    read_der(&b, &whole, 0);
    require(b.fault == QUOTH_DKIM_CUT || (!whole.n && b.flags & QUOTH_DKIM_REVOKED));
}

static void ed25519(const struct der *der)
{
    static char text[TEXT_MAX];
    struct quoth_dkim_key key;
    const size_t n = record(text, "k=ed25519;p=", der, 0);

    quoth_dkim_read(&key, text, n);
    require(key.ed25519 && !key.bits);
    require(!der->n ? key.flags & QUOTH_DKIM_REVOKED && !key.fault : !key.fault == (der->n == 32));
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    static struct der der;
    struct quoth_dkim_key key;

    if (n < 3 || n > DER_MAX / 2)
        return 0;
    der.n = n - 1;
    memcpy(der.p, in + 1, der.n);
    if (in[0] % 4 == 0)
        any_bytes(&der);
    else if (in[0] % 4 == 1)
        made(in + 1, n - 1);
    else if (in[0] % 4 == 2)
        ed25519(&der);
    else
        require(quoth_dkim_read(&key, (const char *)in + 1, n - 1) == !key.fault && key.at < n);
    return 0;
}
