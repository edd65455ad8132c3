/* semihost.c - what QEMU (or a debugger) does for a program on a bare board: Arm semihosting.
 *
 * The entropy here is the host's. A board of your own has a TRNG: its driver takes the place of
 * semihost_entropy() in lwipopts.h. A part without one has no business asking name servers.
 *
 * SPDX-License-Identifier: MIT */
#include "board.h"

enum {
    SEMI_OPEN = 0x01,
    SEMI_READ = 0x06,
    SEMI_GET_CMDLINE = 0x15,
    SEMI_EXIT_EXTENDED = 0x20,
    SEMI_APP_EXIT = 0x20026
};

static int semi_call(int op, const void *args)
{
    register int r0 __asm("r0") = op;
    register const void *r1 __asm("r1") = args;

    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void semihost_exit(int status)
{
    const uint32_t args[2] = {SEMI_APP_EXIT, (uint32_t)status};

    for (;;)
        semi_call(SEMI_EXIT_EXTENDED, args);
}

int semihost_args(char *buf, size_t cap)
{
    uint32_t args[2] = {(uint32_t)(uintptr_t)buf, (uint32_t)cap};

    return semi_call(SEMI_GET_CMDLINE, args);
}

int semihost_entropy(void *buf, size_t n)
{
    static const char path[] = "/dev/urandom";
    const uint32_t how[3] = {(uint32_t)(uintptr_t)path, 1, sizeof path - 1}; /* "rb" */
    static int handle;
    uint32_t args[3];

    if (handle <= 0)
        handle = semi_call(SEMI_OPEN, how);
    args[0] = (uint32_t)handle;
    args[1] = (uint32_t)(uintptr_t)buf;
    args[2] = (uint32_t)n;
    return handle > 0 && semi_call(SEMI_READ, args) == 0 ? 0 : -1; /* it says how much is missing */
}
