/* psa.c - of the PSA Crypto API what mbedTLS's TLS 1.3 asks for, in place of its psa_crypto.c
 * (11 KB).
 *
 * TLS 1.3 makes a key pair for its ClientHello and agrees on a secret with it; the key schedule is
 * HKDF, Finished an HMAC (RFC 5869, RFC 8446 7.1, 4.4.4). The arithmetic is mbedTLS's own; here are
 * keys known by number, and the calls taken apart. There is no policy to a key and no thread: one
 * derivation goes on at a time, and none waits for the net.
 *
 *   ecdh      psa_generate_key -> psa_export_public_key -> psa_raw_key_agreement -> psa_destroy_key
 *   finished  psa_import_key -> psa_mac_compute -> psa_destroy_key
 *   hkdf      psa_key_derivation_setup -> input_bytes (a key) -> input_bytes (a message)
 *             -> output_bytes -> abort
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <mbedtls/ecdh.h>
#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/psa_util.h>
#include <psa/crypto.h>
#include "posix.h"
#include "quoth.h"

/* Of an elliptic curve the private number, most significant byte first; of HMAC the key. */
struct psa_key {
    struct psa_key *next;
    psa_key_id_t id;
    psa_key_attributes_t is;
    size_t n;
    uint8_t data[64];
};

static struct psa_key *psa_keys; /* one for each handshake that is under way */
static psa_key_id_t psa_last;
static struct {
    mbedtls_md_context_t md;
    psa_algorithm_t alg;
    int keyed;
} psa_kdf;

static psa_status_t psa_status(int err)
{
    switch (err) {
    case 0: return PSA_SUCCESS;
    case MBEDTLS_ERR_MPI_ALLOC_FAILED:
    case MBEDTLS_ERR_MD_ALLOC_FAILED: return PSA_ERROR_INSUFFICIENT_MEMORY;
    default: return PSA_ERROR_GENERIC_ERROR;
    }
}

static const mbedtls_md_info_t *psa_md(psa_algorithm_t alg)
{
    return mbedtls_md_info_from_type(mbedtls_md_type_from_psa_alg(alg & PSA_ALG_HASH_MASK));
}

psa_status_t psa_crypto_init(void) { return PSA_SUCCESS; }

/* mbedtls_psa_get_random() is made of it. */
psa_status_t psa_generate_random(uint8_t *out, size_t n)
{
    return quoth_posix_random(out, n) == QUOTH_OK ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

/* ---- keys --------------------------------------------------------------- */

/* Where the key is hung up: that is where it is taken off. What it points to is NULL: there is no
 * such key. */
static struct psa_key **psa_find(psa_key_id_t id)
{
    struct psa_key **at = &psa_keys;

    while (*at && (*at)->id != id)
        at = &(*at)->next;
    return at;
}

static struct psa_key *psa_new(const psa_key_attributes_t *is, psa_key_id_t *id)
{
    struct psa_key *key = calloc(1, sizeof *key);

    if (!key)
        return NULL;
    while (!++psa_last || *psa_find(psa_last))
        ;
    *id = key->id = psa_last;
    key->is = *is;
    key->next = psa_keys;
    return psa_keys = key;
}

psa_status_t psa_destroy_key(psa_key_id_t id)
{
    struct psa_key **at = psa_find(id), *k = *at;

    if (!k)
        return id ? PSA_ERROR_INVALID_HANDLE : PSA_SUCCESS;
    *at = k->next;
    mbedtls_platform_zeroize(k, sizeof *k);
    free(k);
    return PSA_SUCCESS;
}

void mbedtls_psa_crypto_free(void)
{
    while (psa_keys)
        psa_destroy_key(psa_keys->id);
}

psa_status_t psa_get_key_attributes(psa_key_id_t id, psa_key_attributes_t *is)
{
    const struct psa_key *key = *psa_find(id);

    if (!key)
        return PSA_ERROR_INVALID_HANDLE;
    *is = key->is;
    return PSA_SUCCESS;
}

psa_status_t psa_import_key(const psa_key_attributes_t *is, const uint8_t *data, size_t n,
                            psa_key_id_t *id)
{
    struct psa_key *key;

    if (n > sizeof key->data)
        return PSA_ERROR_NOT_SUPPORTED;
    key = psa_new(is, id);
    if (!key)
        return PSA_ERROR_INSUFFICIENT_MEMORY;
    memcpy(key->data, data, key->n = n);
    return PSA_SUCCESS;
}

/* ---- ecdh --------------------------------------------------------------- */

struct psa_pair {
    mbedtls_ecp_group grp;
    mbedtls_ecp_point q;
    mbedtls_mpi d, z;
};

static int psa_pair_init(struct psa_pair *p, const psa_key_attributes_t *is)
{
    mbedtls_ecp_group_init(&p->grp);
    mbedtls_ecp_point_init(&p->q);
    mbedtls_mpi_init(&p->d);
    mbedtls_mpi_init(&p->z);
    return mbedtls_ecp_group_load(
        &p->grp, mbedtls_ecc_group_from_psa(PSA_KEY_TYPE_ECC_GET_FAMILY(psa_get_key_type(is)),
                                            psa_get_key_bits(is)));
}

static psa_status_t psa_pair_free(struct psa_pair *p, int err)
{
    mbedtls_ecp_group_free(&p->grp);
    mbedtls_ecp_point_free(&p->q);
    mbedtls_mpi_free(&p->d);
    mbedtls_mpi_free(&p->z);
    return psa_status(err);
}

psa_status_t psa_generate_key(const psa_key_attributes_t *is, psa_key_id_t *id)
{
    struct psa_key *key = psa_new(is, id);
    struct psa_pair p;
    int err;

    if (!key)
        return PSA_ERROR_INSUFFICIENT_MEMORY;
    key->n = PSA_BITS_TO_BYTES(psa_get_key_bits(is));
    err = psa_pair_init(&p, is);
    if (!err)
        err = mbedtls_ecp_gen_privkey(&p.grp, &p.d, mbedtls_psa_get_random, NULL);
    if (!err)
        err = mbedtls_mpi_write_binary(&p.d, key->data, key->n);
    if (err) {
        psa_destroy_key(*id);
        *id = 0;
    }
    return psa_pair_free(&p, err);
}

psa_status_t psa_export_public_key(psa_key_id_t id, uint8_t *out, size_t cap, size_t *n)
{
    const struct psa_key *key = *psa_find(id);
    struct psa_pair p;
    int err;

    if (!key)
        return PSA_ERROR_INVALID_HANDLE;
    err = psa_pair_init(&p, &key->is);
    if (!err)
        err = mbedtls_mpi_read_binary(&p.d, key->data, key->n);
    if (!err)
        err = mbedtls_ecp_mul(&p.grp, &p.q, &p.d, &p.grp.G, mbedtls_psa_get_random, NULL);
    if (!err)
        err =
            mbedtls_ecp_point_write_binary(&p.grp, &p.q, MBEDTLS_ECP_PF_UNCOMPRESSED, n, out, cap);
    return psa_pair_free(&p, err);
}

/* That the other's point is on the curve is seen to by the multiplication itself. */
psa_status_t psa_raw_key_agreement(psa_algorithm_t alg, psa_key_id_t id, const uint8_t *peer,
                                   size_t npeer, uint8_t *out, size_t cap, size_t *n)
{
    const struct psa_key *key = *psa_find(id);
    struct psa_pair p;
    int err;

    (void)alg;
    if (!key)
        return PSA_ERROR_INVALID_HANDLE;
    if (cap < key->n)
        return PSA_ERROR_BUFFER_TOO_SMALL;
    err = psa_pair_init(&p, &key->is);
    if (!err)
        err = mbedtls_mpi_read_binary(&p.d, key->data, key->n);
    if (!err)
        err = mbedtls_ecp_point_read_binary(&p.grp, &p.q, peer, npeer);
    if (!err)
        err = mbedtls_ecdh_compute_shared(&p.grp, &p.z, &p.q, &p.d, mbedtls_psa_get_random, NULL);
    if (!err)
        err = mbedtls_mpi_write_binary(&p.z, out, *n = key->n);
    return psa_pair_free(&p, err);
}

/* ---- hashes ------------------------------------------------------------- */

psa_status_t psa_hash_compute(psa_algorithm_t alg, const uint8_t *in, size_t nin, uint8_t *out,
                              size_t cap, size_t *n)
{
    const mbedtls_md_info_t *md = psa_md(alg);

    *n = mbedtls_md_get_size(md);
    if (!*n || *n > cap)
        return PSA_ERROR_NOT_SUPPORTED;
    return psa_status(mbedtls_md(md, in, nin, out));
}

psa_status_t psa_mac_compute(psa_key_id_t id, psa_algorithm_t alg, const uint8_t *in, size_t nin,
                             uint8_t *out, size_t cap, size_t *n)
{
    const struct psa_key *key = *psa_find(id);
    const mbedtls_md_info_t *md = psa_md(alg);

    if (!key)
        return PSA_ERROR_INVALID_HANDLE;
    *n = mbedtls_md_get_size(md);
    if (!*n || *n > cap)
        return PSA_ERROR_NOT_SUPPORTED;
    return psa_status(mbedtls_md_hmac(md, key->data, key->n, in, nin, out));
}

/* HKDF-Extract is HMAC(salt, secret), HKDF-Expand as far as
 * one hash reaches HMAC(secret, info 01). */
psa_status_t psa_key_derivation_setup(psa_key_derivation_operation_t *op, psa_algorithm_t alg)
{
    (void)op;
    mbedtls_md_init(&psa_kdf.md);
    psa_kdf.alg = alg;
    psa_kdf.keyed = 0;
    return psa_status(mbedtls_md_setup(&psa_kdf.md, psa_md(alg), 1));
}

psa_status_t psa_key_derivation_input_bytes(psa_key_derivation_operation_t *op,
                                            psa_key_derivation_step_t step, const uint8_t *data,
                                            size_t n)
{
    (void)op;
    (void)step;
    if (psa_kdf.keyed)
        return psa_status(mbedtls_md_hmac_update(&psa_kdf.md, data, n));
    psa_kdf.keyed = 1;
    return psa_status(mbedtls_md_hmac_starts(&psa_kdf.md, data, n));
}

psa_status_t psa_key_derivation_output_bytes(psa_key_derivation_operation_t *op, uint8_t *out,
                                             size_t n)
{
    uint8_t mac[MBEDTLS_MD_MAX_SIZE];
    int err = 0;

    (void)op;
    if (n > mbedtls_md_get_size(psa_md(psa_kdf.alg)))
        return PSA_ERROR_INSUFFICIENT_DATA;
    if (PSA_ALG_IS_HKDF_EXPAND(psa_kdf.alg))
        err = mbedtls_md_hmac_update(&psa_kdf.md, (const uint8_t *)"\1", 1);
    if (!err)
        err = mbedtls_md_hmac_finish(&psa_kdf.md, mac);
    if (!err)
        memcpy(out, mac, n);
    mbedtls_platform_zeroize(mac, sizeof mac);
    return psa_status(err);
}

psa_status_t psa_key_derivation_abort(psa_key_derivation_operation_t *op)
{
    (void)op;
    mbedtls_md_free(&psa_kdf.md);
    return PSA_SUCCESS;
}
