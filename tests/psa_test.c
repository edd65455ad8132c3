/* psa_test.c - port/static/psa.c against mbedTLS's own psa_crypto.c, call by call.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <psa/crypto.h>
#include "quoth.h"
#include "test.h"

#define psa_crypto_init                 our_crypto_init
#define psa_generate_random             our_generate_random
#define psa_destroy_key                 our_destroy_key
#define psa_get_key_attributes          our_get_key_attributes
#define psa_import_key                  our_import_key
#define psa_generate_key                our_generate_key
#define psa_export_public_key           our_export_public_key
#define psa_raw_key_agreement           our_raw_key_agreement
#define psa_hash_compute                our_hash_compute
#define psa_mac_compute                 our_mac_compute
#define psa_key_derivation_setup        our_key_derivation_setup
#define psa_key_derivation_input_bytes  our_key_derivation_input_bytes
#define psa_key_derivation_output_bytes our_key_derivation_output_bytes
#define psa_key_derivation_abort        our_key_derivation_abort
#define mbedtls_psa_crypto_free         our_psa_crypto_free
#define mbedtls_psa_get_random          our_get_random
static int our_get_random(void *arg, unsigned char *out, size_t n);
#include "../port/static/psa.c"
#undef psa_crypto_init
#undef psa_generate_random
#undef psa_destroy_key
#undef psa_import_key
#undef psa_generate_key
#undef psa_export_public_key
#undef psa_raw_key_agreement
#undef psa_hash_compute
#undef psa_mac_compute
#undef psa_key_derivation_setup
#undef psa_key_derivation_input_bytes
#undef psa_key_derivation_output_bytes
#undef psa_key_derivation_abort
#undef mbedtls_psa_crypto_free

#define CHECK_MEM(a, na, b, nb) CHECK((na) == (nb) && memcmp(a, b, na) == 0)

/* ---- the world: random numbers that are not, and memory that ends ------- */

static int poor;
static long callocs_left = -1;

int quoth_posix_random(void *buf, size_t n)
{
    static unsigned char next;
    unsigned char *p = buf;

    if (poor)
        return QUOTH_ENORANDOM;
    while (n--)
        *p++ = next = (unsigned char)(next * 5 + 17);
    return QUOTH_OK;
}

static int our_get_random(void *arg, unsigned char *out, size_t n)
{
    (void)arg;
    return our_generate_random(out, n) == PSA_SUCCESS ? 0 : MBEDTLS_ERR_ECP_RANDOM_FAILED;
}

int mbedtls_hardware_poll(void *data, unsigned char *out, size_t n, size_t *did);
int mbedtls_hardware_poll(void *data, unsigned char *out, size_t n, size_t *did)
{
    (void)data;
    *did = n;
    return quoth_posix_random(out, n);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
    if (callocs_left == 0)
        return NULL;
    if (callocs_left > 0)
        callocs_left--;
    return __real_calloc(n, size);
}

/* ---- hashes ------------------------------------------------------------- */

static const psa_algorithm_t hashes[] = {PSA_ALG_SHA_256, PSA_ALG_SHA_384};
static uint8_t text[200];

static psa_status_t our_hkdf(psa_algorithm_t alg, const uint8_t *key, size_t nkey,
                             const uint8_t *msg, size_t n, uint8_t *out, size_t nout)
{
    psa_key_derivation_operation_t op = PSA_KEY_DERIVATION_OPERATION_INIT;
    psa_status_t err = our_key_derivation_setup(&op, alg);

    if (!err)
        err = our_key_derivation_input_bytes(&op, PSA_KEY_DERIVATION_INPUT_SALT, key, nkey);
    if (!err)
        err = our_key_derivation_input_bytes(&op, PSA_KEY_DERIVATION_INPUT_SECRET, msg, n);
    if (!err)
        err = our_key_derivation_output_bytes(&op, out, nout);
    CHECK_INT(our_key_derivation_abort(&op), PSA_SUCCESS);
    return err;
}

static psa_status_t their_hkdf(psa_algorithm_t alg, const uint8_t *key, size_t nkey,
                               const uint8_t *msg, size_t n, uint8_t *out, size_t nout)
{
    psa_key_derivation_operation_t op = PSA_KEY_DERIVATION_OPERATION_INIT;
    psa_status_t err = psa_key_derivation_setup(&op, alg);
    int expand = PSA_ALG_IS_HKDF_EXPAND(alg);

    if (!err)
        err = psa_key_derivation_input_bytes(
            &op, expand ? PSA_KEY_DERIVATION_INPUT_SECRET : PSA_KEY_DERIVATION_INPUT_SALT, key,
            nkey);
    if (!err)
        err = psa_key_derivation_input_bytes(
            &op, expand ? PSA_KEY_DERIVATION_INPUT_INFO : PSA_KEY_DERIVATION_INPUT_SECRET, msg, n);
    if (!err)
        err = psa_key_derivation_output_bytes(&op, out, nout);
    psa_key_derivation_abort(&op);
    return err;
}

TEST(E04_hkdf)
{
    uint8_t ours[64], theirs[64];

    for (size_t h = 0; h < 2; h++) {
        size_t size = PSA_HASH_LENGTH(hashes[h]);
        for (size_t n = 0; n < sizeof text; n += 13) {
            CHECK_INT(
                our_hkdf(PSA_ALG_HKDF_EXTRACT(hashes[h]), text + 1, size, text, n, ours, size),
                PSA_SUCCESS);
            CHECK_INT(
                their_hkdf(PSA_ALG_HKDF_EXTRACT(hashes[h]), text + 1, size, text, n, theirs, size),
                PSA_SUCCESS);
            CHECK_MEM(ours, size, theirs, size);
        }
        for (size_t n = 0; n <= size; n++) {
            CHECK_INT(
                our_hkdf(PSA_ALG_HKDF_EXPAND(hashes[h]), text, size, text + 3, n * 2, ours, n),
                PSA_SUCCESS);
            if (n == 0)
                continue;
            CHECK_INT(
                their_hkdf(PSA_ALG_HKDF_EXPAND(hashes[h]), text, size, text + 3, n * 2, theirs, n),
                PSA_SUCCESS);
            CHECK_MEM(ours, n, theirs, n);
        }
        CHECK_INT(our_hkdf(PSA_ALG_HKDF_EXPAND(hashes[h]), text, size, text, 9, ours, size + 1),
                  PSA_ERROR_INSUFFICIENT_DATA);
    }
}

TEST(E04_digests)
{
    static const psa_algorithm_t all[] = {PSA_ALG_SHA_256, PSA_ALG_SHA_384, PSA_ALG_SHA_512};
    uint8_t ours[64], theirs[64];
    size_t n, m;

    for (size_t h = 0; h < 3; h++) {
        size_t size = PSA_HASH_LENGTH(all[h]);
        for (size_t k = 0; k < sizeof text; k += 7) {
            CHECK_INT(our_hash_compute(all[h], text, k, ours, size, &n), PSA_SUCCESS);
            CHECK_INT(psa_hash_compute(all[h], text, k, theirs, size, &m), PSA_SUCCESS);
            CHECK_MEM(ours, n, theirs, m);
        }
        CHECK(our_hash_compute(all[h], text, 1, ours, size - 1, &n) != PSA_SUCCESS);
    }
    CHECK(our_hash_compute(PSA_ALG_MD5, text, 1, ours, sizeof ours, &n) != PSA_SUCCESS);
}

TEST(E04_macs)
{
    psa_key_attributes_t is = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t ours[64], theirs[64];
    psa_key_id_t a = 0, b = 0;
    size_t n, m;

    for (size_t h = 0; h < 2; h++) {
        size_t size = PSA_HASH_LENGTH(hashes[h]);
        psa_set_key_usage_flags(&is, PSA_KEY_USAGE_SIGN_MESSAGE);
        psa_set_key_algorithm(&is, PSA_ALG_HMAC(hashes[h]));
        psa_set_key_type(&is, PSA_KEY_TYPE_HMAC);
        CHECK_INT(our_import_key(&is, text, size, &a), PSA_SUCCESS);
        CHECK_INT(psa_import_key(&is, text, size, &b), PSA_SUCCESS);
        for (size_t k = 0; k < sizeof text; k += 31) {
            CHECK_INT(our_mac_compute(a, PSA_ALG_HMAC(hashes[h]), text, k, ours, size, &n),
                      PSA_SUCCESS);
            CHECK_INT(psa_mac_compute(b, PSA_ALG_HMAC(hashes[h]), text, k, theirs, size, &m),
                      PSA_SUCCESS);
            CHECK_MEM(ours, n, theirs, m);
        }
        CHECK(our_mac_compute(a, PSA_ALG_HMAC(hashes[h]), text, 1, ours, size - 1, &n) !=
              PSA_SUCCESS);
        CHECK_INT(our_destroy_key(a), PSA_SUCCESS);
        CHECK_INT(our_mac_compute(a, PSA_ALG_HMAC(hashes[h]), text, 1, ours, size, &n),
                  PSA_ERROR_INVALID_HANDLE);
        psa_destroy_key(b);
    }
    CHECK_INT(our_import_key(&is, text, sizeof text, &a), PSA_ERROR_NOT_SUPPORTED);
}

/* ---- ecdh --------------------------------------------------------------- */

static psa_key_attributes_t curve(size_t bits)
{
    psa_key_attributes_t is = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_usage_flags(&is, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&is, PSA_ALG_ECDH);
    psa_set_key_type(&is, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&is, bits);
    return is;
}

static void agree(size_t bits)
{
    psa_key_attributes_t is = curve(bits), seen;
    uint8_t mine[97], yours[97], ours[48], theirs[48];
    psa_key_id_t a, b;
    size_t nmine, nyours, n, m, size = bits / 8;

    CHECK_INT(our_generate_key(&is, &a), PSA_SUCCESS);
    CHECK_INT(psa_generate_key(&is, &b), PSA_SUCCESS);
    CHECK_INT(our_get_key_attributes(a, &seen), PSA_SUCCESS);
    CHECK_INT(psa_get_key_bits(&seen), bits);
    CHECK_INT(our_export_public_key(a, mine, sizeof mine, &nmine), PSA_SUCCESS);
    CHECK_INT(psa_export_public_key(b, yours, sizeof yours, &nyours), PSA_SUCCESS);
    CHECK_INT(nmine, nyours);
    CHECK_INT(our_raw_key_agreement(PSA_ALG_ECDH, a, yours, nyours, ours, size, &n), PSA_SUCCESS);
    CHECK_INT(psa_raw_key_agreement(PSA_ALG_ECDH, b, mine, nmine, theirs, size, &m), PSA_SUCCESS);
    CHECK_MEM(ours, n, theirs, m);

    CHECK(our_export_public_key(a, mine, nmine - 1, &n) != PSA_SUCCESS);
    CHECK(our_raw_key_agreement(PSA_ALG_ECDH, a, yours, nyours, ours, size - 1, &n) != PSA_SUCCESS);
    for (size_t k = 0; k < nyours; k++)
        CHECK(our_raw_key_agreement(PSA_ALG_ECDH, a, yours, k, ours, size, &n));
    yours[nyours - 1] ^= 1; /* no longer on the curve */
    CHECK(our_raw_key_agreement(PSA_ALG_ECDH, a, yours, nyours, ours, size, &n) != PSA_SUCCESS);
    yours[0] = 0; /* the point at infinity */
    CHECK(our_raw_key_agreement(PSA_ALG_ECDH, a, yours, 1, ours, size, &n) != PSA_SUCCESS);
    CHECK_INT(our_destroy_key(a), PSA_SUCCESS);
    CHECK_INT(our_raw_key_agreement(PSA_ALG_ECDH, a, mine, nmine, ours, size, &n),
              PSA_ERROR_INVALID_HANDLE);
    psa_destroy_key(b);
}

TEST(E04_ecdh)
{
    agree(256);
    agree(384);
}

/* Without memory, however far it reaches, and without random numbers: an error, and no key left
 * behind. */
TEST(E04_poverty)
{
    psa_key_attributes_t is = curve(256);
    psa_status_t err = PSA_ERROR_GENERIC_ERROR;
    uint8_t point[65], secret[32];
    psa_key_id_t id;
    size_t n;

    poor = 1;
    CHECK(our_generate_key(&is, &id) != PSA_SUCCESS);
    CHECK(our_generate_random(secret, 1) != PSA_SUCCESS);
    poor = 0;
    CHECK(psa_keys == NULL);
    for (long k = 0; k < 10000 && err != PSA_SUCCESS; k++) {
        callocs_left = k;
        id = 0;
        err = our_generate_key(&is, &id);
        if (!err)
            err = our_export_public_key(id, point, sizeof point, &n);
        if (!err)
            err = our_raw_key_agreement(PSA_ALG_ECDH, id, point, n, secret, sizeof secret, &n);
        if (!err)
            err = our_hkdf(PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256), secret, n, text, 1, secret, 1);
        CHECK_INT(our_destroy_key(id), PSA_SUCCESS);
        CHECK(psa_keys == NULL);
    }
    callocs_left = -1;
    CHECK_INT(err, PSA_SUCCESS);
}

/* As many handshakes as there are, at once. */
TEST(E04_crowd)
{
    enum { CROWD = 500 };
    static psa_key_id_t id[CROWD];
    psa_key_attributes_t is = PSA_KEY_ATTRIBUTES_INIT;

    psa_last = (psa_key_id_t)-CROWD / 2; /* the numbers wrap on the way */
    for (size_t k = 0; k < CROWD; k++) {
        CHECK_INT(our_import_key(&is, text + k % 100, 32, &id[k]), PSA_SUCCESS);
        CHECK(id[k] != 0);
    }
    for (size_t k = 0; k < CROWD; k++)
        CHECK_MEM((*psa_find(id[k]))->data, 32, text + k % 100, 32);
    for (size_t k = 0; k < CROWD; k += 2)
        CHECK_INT(our_destroy_key(id[k]), PSA_SUCCESS);
    for (size_t k = 0; k < CROWD; k++)
        CHECK_INT(*psa_find(id[k]) != NULL, k % 2);
    CHECK_INT(our_destroy_key(id[0]), PSA_ERROR_INVALID_HANDLE);
    CHECK_INT(our_destroy_key(0), PSA_SUCCESS);
    our_psa_crypto_free();
    CHECK(psa_keys == NULL);
}

int main(void)
{
    if (psa_crypto_init() != PSA_SUCCESS || our_crypto_init() != PSA_SUCCESS)
        return 1;
    for (size_t k = 0; k < sizeof text; k++)
        text[k] = (uint8_t)(k * k + 3 * k);
    RUN(E04_hkdf);
    RUN(E04_digests);
    RUN(E04_macs);
    RUN(E04_ecdh);
    RUN(E04_poverty);
    RUN(E04_crowd);
    mbedtls_psa_crypto_free();
    return report("psa");
}
