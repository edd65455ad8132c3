/* lwipopts.h - lwIP for one verification at a time: IPv4, ARP, UDP, TCP as a client, no threads.
 *
 * About 11 KB of RAM. The window is four segments, and the pool holds it whole with room for what
 * else comes; a segment is 536 bytes, so that a lost one costs little.
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>

/* Numbers nobody can guess: ports, sequence numbers, and all that quoth draws. */
uint32_t quoth_lwip_rand(void);
#define QUOTH_ENTROPY                                             semihost_entropy
#define LWIP_RAND()                                               quoth_lwip_rand()
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) quoth_lwip_rand()

/* A super-loop */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET          0
#define LWIP_NETCONN         0
#define LWIP_NOASSERT        1
#define LWIP_STATS           0
#define LWIP_SINGLE_NETIF    1

/* Only what is needed */
#define LWIP_DNS                  0
#define LWIP_DHCP                 0
#define LWIP_ACD                  0
#define LWIP_RAW                  0
#define LWIP_ICMP                 1
#define IP_REASSEMBLY             0
#define IP_FRAG                   0
#define IP_FORWARD                0
#define ARP_QUEUEING              0
#define ARP_TABLE_SIZE            4
#define TCP_QUEUE_OOSEQ           0
#define TCP_OVERSIZE              0
#define LWIP_TCP_RTO_TIME         1000 /* RFC 6298 2.1 */
#define LWIP_TCP_PCB_NUM_EXT_ARGS 0

/* Memory */
#define MEM_ALIGNMENT           4
#define MEM_SIZE                3072
#define TCP_MSS                 536
#define TCP_WND                 (4 * TCP_MSS)
#define TCP_SND_BUF             (2 * TCP_MSS)
#define TCP_SND_QUEUELEN        8
#define MEMP_NUM_TCP_SEG        8
#define MEMP_NUM_TCP_PCB        4
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_UDP_PCB        2
#define MEMP_NUM_PBUF           4
#define PBUF_POOL_SIZE          8
#define PBUF_POOL_BUFSIZE       608 /* a segment with its headers */
