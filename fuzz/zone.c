/* zone.c - any bytes as a master file.
 *
 * Oracle: a fault is on a line of the file. Rows lie within their memory, their owners and the
 * names in them are names. What is written of the rows is read as the same rows, and is written the
 * same again (of one file in eight). Whatever a row says, the message that answers for it is read
 * without fault.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "zone.h"

enum { LONGEST = 1024, WRITTEN = 1 << 18 };

static uint32_t lines(const uint8_t *p, size_t n)
{
    uint32_t k = 1;

    for (size_t i = 0; i < n; i++)
        k += p[i] == '\n';
    return k;
}

/* A fault may be told of the line that the file ends with. */
static int read_rows(struct app_zone *z, const char *text, size_t n)
{
    static const struct quoth_name origin = {3, {1, 'o', 0}};
    struct app_zone_fault fault = {0, NULL};
    int rc;

    z->rows = z->used = 0; /* its memory is kept from run to run */
    rc = app_zone_read(z, text, n, &origin, &fault);
    require(rc == QUOTH_OK ? !fault.why : rc == QUOTH_EPROTO && fault.why && *fault.why);
    require(fault.line >= 1 && fault.line <= lines((const uint8_t *)text, n) + 1);
    return rc;
}

static size_t write_rows(const struct app_zone *z, char *text)
{
    FILE *f = fmemopen(text, WRITTEN, "w");
    long n;

    require(f);
    for (uint32_t i = 0; i < z->rows; i++)
        app_zone_print(f, z, &z->row[i]);
    n = ftell(f);
    fclose(f);
    return n > 0 ? (size_t)n : 0;
}

static void row(const struct app_zone *z, const struct app_zone_row *r)
{
    static uint8_t out[APP_ZONE_MESSAGE];
    struct quoth_name name;
    struct quoth_dns m;
    struct quoth_rr rr;
    enum quoth_answer what;
    uint8_t query[288];
    size_t n;
    int rc;

    require(r->owner + r->owner_n <= z->used && r->data + r->n <= z->used);
    require(quoth_name_read(&name, z->bytes + r->owner, r->owner_n) == r->owner_n);
    rc = quoth_dns_query(query, sizeof query, 7, &name, r->type, 0);
    query[3] = (uint8_t)(r->cd ? QUOTH_ASK_CD : 0); /* it is for such questions alone */
    n = app_zone_answer(z, query, (size_t)rc, out, &what);
    require(what != QUOTH_ANSWER_NONE || n);
    if (!n || quoth_dns_open(&m, out, n, 7, &name, r->type) != QUOTH_OK || m.tc ||
        what == QUOTH_ANSWER_MALFORMED)
        return;
    while ((rc = quoth_dns_next(&m, &rr)) == 1)
        require(rr.usable);
    require(rc == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct app_zone z, again;
    static char text[WRITTEN], twice[WRITTEN];
    size_t k, sum = n;

    if (n > LONGEST || read_rows(&z, (const char *)p, n) != QUOTH_OK || !z.rows)
        return 0;
    for (uint32_t i = 0; i < z.rows; i++)
        row(&z, &z.row[i]);
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    if (sum % 8) /* stdio costs ten times what is tested here */
        return 0;
    k = write_rows(&z, text);
    require(read_rows(&again, text, k) == QUOTH_OK && again.rows == z.rows);
    require(write_rows(&again, twice) == k && !memcmp(text, twice, k));
    return 0;
}
