/* cc.h - what lwIP asks of compiler and platform: nothing is printed, a failed assertion
 * (LWIP_NOASSERT leaves them out of an image) traps.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_ARCH_CC_H
#define QUOTH_ARCH_CC_H

#define LWIP_PLATFORM_DIAG(x) \
    do { \
    } while (0)
#define LWIP_PLATFORM_ASSERT(x) __builtin_trap()
#define LWIP_NO_CTYPE_H         1
#define LWIP_NO_UNISTD_H        1
#define LWIP_NO_INTTYPES_H      1
#define X8_F                    "x"
#define U16_F                   "u"
#define S16_F                   "d"
#define X16_F                   "x"
#define U32_F                   "u"
#define S32_F                   "d"
#define X32_F                   "x"
#define SZT_F                   "u"

#endif
