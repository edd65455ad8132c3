/* small.h - the limits of a small device: -DQUOTH_CONFIG='"small.h"' -Icore.
 * Everything for one address then fits 1.6 KB (make size says how much it is).
 *
 * SPDX-License-Identifier: MIT */
#define QUOTH_DNS_MAX     512
#define QUOTH_SERVERS_MAX 2
#define QUOTH_MX_MAX      3
#define QUOTH_MX_BYTES    256
#define QUOTH_IPS_MAX     2
#define QUOTH_SAID_MAX    64
#define QUOTH_OUT_MAX     352
#define QUOTH_LISTS       0
