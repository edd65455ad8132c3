/* prom.h - the text format of Prometheus.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROM_H
#define PROM_H

#include "app.h"

enum prom_name {
    PROM_FINDING,
    PROM_GRADE,
    PROM_SPF_TERMS,
    PROM_SPF_VOIDS,
    PROM_QUERIES,
    PROM_CHECKED,
    PROM_CERT,
    PROM_DOCTOR_FINDING,
    PROM_LISTED,
    PROM_DOCTOR_GRADE,
    PROM_DOCTOR_QUERIES,
    PROM_NAMES
};
struct prom {
    struct app_stream samples[PROM_NAMES]; /* in memory */
    uint32_t series;
};

/* A sample, and what its labels are, with nothing that needs escaping; NULL: it has none, or but
 * one. Of one series the first counts. */
void prom_put(struct prom *prom, enum prom_name name, uint64_t value, const char *first,
              const char *second);
/* Print all of them, or write them to a file that is there as a whole or as it was (NULL: none was
 * named). 0, or an exit code after saying what went wrong. */
int prom_end(struct prom *prom, const char *file);

#endif
