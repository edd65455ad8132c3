/* lwipopts.h - lwIP for tests/lwip_test.c: on a host, over its own loopback, with every assertion,
 * all memory from the C library (so that ASan sees each pcb, segment and pbuf), and allocations
 * that can be made to fail.
 *
 * SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
struct pbuf;
struct netif;
void *test_malloc(size_t n);
void *test_calloc(size_t n, size_t m);
void test_free(void *p);
int test_shape(struct pbuf *p, struct netif *netif);

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET          0
#define LWIP_NETCONN         0
#define LWIP_IPV6            1
#define LWIP_IPV6_REASS      0 /* of 2.2.1, traps on 64-bit machines */
#define LWIP_DNS             0
#define LWIP_RAW             0
#define LWIP_HAVE_LOOPIF     1
#define LWIP_NETIF_LOOPBACK  1
#define LWIP_STATS           0

#define MEM_LIBC_MALLOC      0
#define MEMP_MEM_MALLOC      1
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC    test_malloc
#define MEM_CUSTOM_CALLOC    test_calloc
#define MEM_CUSTOM_FREE      test_free
#define MEM_ALIGNMENT        8

#define TCP_MSS          536
#define TCP_WND          (4 * TCP_MSS)
#define TCP_SND_BUF      (2 * TCP_MSS)
#define MEMP_NUM_TCP_SEG TCP_SND_QUEUELEN
#define TCP_MSL          1000

/* Each packet passes here first: it may be lost, or come in other pieces. */
#define LWIP_HOOK_IP4_INPUT(p, netif) test_shape(p, netif)

#define LWIP_RAND()   quoth_lwip_rand()
#define QUOTH_ENTROPY test_entropy
uint32_t quoth_lwip_rand(void);
