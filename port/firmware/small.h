/* small.h - the limits of quoth on a board: those of core/small.h, and no lists of domains, which
 * are 5 KB of advice ("a role", "did you mean") beside the verdict.
 *
 * SPDX-License-Identifier: MIT */
#include "../../core/small.h"
#define QUOTH_LISTS        0
#define QUOTH_CONNECTS_MAX 3
#define QUOTH_LWIP_DGRAMS  2
#define QUOTH_APART        __attribute__((noinline)) /* the images are compiled as one */
