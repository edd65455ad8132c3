/* posix.c - clock, entropy and sockets of a POSIX system.
 *
 *   random port     1024..65535, drawn again while it is taken
 *   socket          does not block, closes on exec, raises no SIGPIPE
 *   many datagrams  one call on Linux, one call each elsewhere
 *
 * Whatever a system has beyond POSIX.1-2008 is behind POSIX_LINUX, here and nowhere else.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "posix.h"

#if defined __linux__ && defined _GNU_SOURCE
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#define POSIX_LINUX 1
#else
#define POSIX_LINUX 0
#endif

enum { POSIX_PORT_MIN = 1024, POSIX_BIND_TRIES = 32, POSIX_MANY = 64 };

union posix_addr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* ---- clock and entropy -------------------------------------------------- */

uint64_t quoth_posix_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* At most 256 bytes, as getentropy(3): 0, or -1. */
#if POSIX_LINUX
static int posix_entropy(void *buf, size_t n) { return getentropy(buf, n); }
#else
static int posix_entropy(void *buf, size_t n)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    size_t have = 0;

    if (fd < 0)
        return -1;
    while (have < n) {
        ssize_t got = read(fd, (uint8_t *)buf + have, n - have);
        if (got > 0)
            have += (size_t)got;
        else if (got == 0 || errno != EINTR)
            break;
    }
    close(fd);
    return have == n ? 0 : -1;
}
#endif

int quoth_posix_random(void *buf, size_t n)
{
    for (uint8_t *p = buf; n > 0;) {
        size_t k = n < 256 ? n : 256;
        if (posix_entropy(p, k) != 0)
            return QUOTH_ENORANDOM;
        p += k;
        n -= k;
    }
    return QUOTH_OK;
}

/* Where mbedTLS, built with mbedtls_config.h, takes its entropy: the kernel. */
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen);
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen)
{
    (void)data;
    *olen = 0;
    if (quoth_posix_random(output, len) != QUOTH_OK)
        return -0x003C; /* MBEDTLS_ERR_ENTROPY_SOURCE_FAILED */
    *olen = len;
    return 0;
}

/* ---- sockets ------------------------------------------------------------ */

int quoth_posix_error(int err)
{
    switch (err) {
    case ECONNREFUSED: return QUOTH_EREFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
#ifdef EHOSTDOWN
    case EHOSTDOWN:
#endif
    case EAFNOSUPPORT:
#ifdef EPFNOSUPPORT
    case EPFNOSUPPORT:
#endif
    case EPROTONOSUPPORT:
    case EACCES:
    case EPERM: return QUOTH_EUNREACH;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case EAGAIN: return QUOTH_ESPACE;
    case ETIMEDOUT: return QUOTH_ETIME;
    default: return QUOTH_EIO;
    }
}

/* `ip` NULL: any address of the family of `like`. */
static socklen_t posix_address(union posix_addr *addr, const struct quoth_ip *like,
                               const struct quoth_ip *ip, uint16_t port)
{
    memset(addr, 0, sizeof *addr);
    if (like->len == 16) {
        addr->v6.sin6_family = AF_INET6;
        addr->v6.sin6_port = htons(port);
        if (ip)
            memcpy(&addr->v6.sin6_addr, ip->b, 16);
        /* Link-local: the second and third byte say by which interface, see resolvconf.h. */
        if (ip && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80) {
            addr->v6.sin6_scope_id = (uint32_t)ip->b[2] << 8 | ip->b[3];
            memset(addr->v6.sin6_addr.s6_addr + 2, 0, 2);
        }
        return sizeof addr->v6;
    }
    addr->v4.sin_family = AF_INET;
    addr->v4.sin_port = htons(port);
    if (ip)
        memcpy(&addr->v4.sin_addr, ip->b, 4);
    return sizeof addr->v4;
}

int quoth_posix_tame(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC))
        return -errno;
    return 0;
}

#if POSIX_LINUX
static int posix_socket(int family, int type)
{
    return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
#else
static int posix_socket(int family, int type)
{
    int fd = socket(family, type, 0), err;

    if (fd < 0)
        return fd;
    err = quoth_posix_tame(fd);
#ifdef SO_NOSIGPIPE
    if (!err && setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int) {1}, sizeof(int)))
        err = -errno;
#endif
    if (!err)
        return fd;
    close(fd);
    errno = -err;
    return -1;
}
#endif

int quoth_posix_socket(const struct quoth_ip *like, int type)
{
    return posix_socket(like->len == 16 ? AF_INET6 : AF_INET, type);
}

int quoth_posix_bind(int fd, const struct quoth_ip *like)
{
    int err = EADDRINUSE;

    for (int i = 0; i < POSIX_BIND_TRIES; i++) {
        union posix_addr addr;
        uint16_t port;
        if (quoth_posix_random(&port, sizeof port) != QUOTH_OK)
            return QUOTH_ENORANDOM;
        if (port < POSIX_PORT_MIN)
            continue;
        if (bind(fd, &addr.any, posix_address(&addr, like, NULL, port)) == 0)
            return QUOTH_OK;
        err = errno;
        if (err != EADDRINUSE && err != EACCES)
            break;
    }
    return quoth_posix_error(err);
}

#if POSIX_LINUX
static unsigned posix_own_add(struct quoth_cidr *own, unsigned n, unsigned cap,
                              const uint8_t *bytes, uint8_t len)
{
    if (n == cap)
        return n;
    memset(&own[n], 0, sizeof own[n]);
    own[n].ip.len = len;
    memcpy(own[n].ip.b, bytes, len);
    own[n].bits = (uint8_t)(len * 8);
    return n + 1;
}

/* By ioctl and /proc, as every Linux has them: getifaddrs(3) goes by netlink, whose messages some
 * emulators hand over in the wrong byte order, and then it never returns. */
static unsigned posix_own_v4(struct quoth_cidr *own, unsigned n, unsigned cap)
{
    struct ifreq request[POSIX_MANY];
    struct ifconf all = {.ifc_len = (int)sizeof request};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    size_t count = 0;

    all.ifc_req = request;
    if (fd >= 0 && ioctl(fd, SIOCGIFCONF, &all) == 0)
        count = (size_t)all.ifc_len / sizeof request[0];
    if (fd >= 0)
        close(fd);
    for (size_t i = 0; i < count; i++) {
        union posix_addr addr;
        memcpy(&addr, &request[i].ifr_addr, sizeof addr.v4);
        if (addr.any.sa_family == AF_INET)
            n = posix_own_add(own, n, cap, (const uint8_t *)&addr.v4.sin_addr, 4);
    }
    return n;
}

static unsigned posix_own_v6(struct quoth_cidr *own, unsigned n, unsigned cap)
{
    FILE *file = fopen("/proc/net/if_inet6", "r");
    char line[128];

    while (file != NULL && fgets(line, sizeof line, file)) {
        static const char digits[] = "0123456789abcdef";
        uint8_t bytes[16] = {0};
        int i = 0;
        for (const char *at; i < 32 && line[i] && (at = strchr(digits, line[i])) != NULL; i++)
            bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | (at - digits));
        if (i == 32)
            n = posix_own_add(own, n, cap, bytes, 16);
    }
    if (file != NULL)
        fclose(file);
    return n;
}

unsigned quoth_posix_own(struct quoth_cidr *own, unsigned cap)
{
    return posix_own_v6(own, posix_own_v4(own, 0, cap), cap);
}
#else
unsigned quoth_posix_own(struct quoth_cidr *own, unsigned cap)
{
    (void)own;
    (void)cap;
    return 0;
}
#endif

/* UDP has ports of its own: what it cannot call either has no address of ours to be called from. */
static int posix_no_source(const union posix_addr *addr, socklen_t n)
{
    int fd = posix_socket(addr->any.sa_family, SOCK_DGRAM);
    int none = fd >= 0 && connect(fd, &addr->any, n) != 0 && errno == EADDRNOTAVAIL;

    if (fd >= 0)
        close(fd);
    return none;
}

int quoth_posix_connect(int fd, const struct quoth_peer *to)
{
    union posix_addr addr;
    socklen_t n = posix_address(&addr, &to->ip, &to->ip, to->port);
    int err = connect(fd, &addr.any, n) == 0 ? 0 : -errno;

    return err == -EADDRNOTAVAIL && posix_no_source(&addr, n) ? -ENETUNREACH : err;
}

int quoth_posix_source(uint8_t len, struct quoth_ip *ip)
{
    /* addresses of root name servers: a route to them is one to the Internet */
    static const struct quoth_ip far[] = {{4, {198, 41, 0, 4}},
                                          {16, {0x20, 1, 5, 3, 0xba, 0x3e, [14] = 0, [15] = 0x30}}};
    union posix_addr addr;
    socklen_t n = posix_address(&addr, &far[len == 16], &far[len == 16], 53), bound = sizeof addr;
    const int fd = posix_socket(addr.any.sa_family, SOCK_DGRAM);
    int err = 0;

    memset(ip, 0, sizeof *ip);
    if (fd < 0 || connect(fd, &addr.any, n) || getsockname(fd, &addr.any, &bound))
        err = -errno;
    if (fd >= 0)
        close(fd);
    if (err)
        return err;
    ip->len = len;
    memcpy(ip->b, len == 16 ? (const void *)&addr.v6.sin6_addr : (const void *)&addr.v4.sin_addr,
           len);
    return 0;
}

void quoth_posix_no_delay(int fd)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

#if POSIX_LINUX
void quoth_posix_ack(int fd)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

size_t quoth_posix_unread(int fd)
{
    int n = 0;

    return ioctl(fd, TIOCOUTQ, &n) == 0 && n > 0 ? (size_t)n : 0;
}
#else
void quoth_posix_ack(int fd) { (void)fd; }

size_t quoth_posix_unread(int fd)
{
    (void)fd;
    return 0;
}
#endif

/* ---- many datagrams ----------------------------------------------------- */

#if POSIX_LINUX
static unsigned posix_headers(struct mmsghdr *header, const struct iovec *v, unsigned n)
{
    n = n < POSIX_MANY ? n : POSIX_MANY;
    for (unsigned i = 0; i < n; i++)
        header[i].msg_hdr =
            (struct msghdr) {.msg_iov = (struct iovec *)(uintptr_t)&v[i], .msg_iovlen = 1};
    return n;
}

int quoth_posix_send_many(int fd, const struct iovec *out, unsigned n)
{
    struct mmsghdr header[POSIX_MANY];

    n = posix_headers(header, out, n);
    return sendmmsg(fd, header, n, MSG_NOSIGNAL);
}

int quoth_posix_recv_many(int fd, struct iovec *in, unsigned n)
{
    struct mmsghdr header[POSIX_MANY];
    int got;

    n = posix_headers(header, in, n);
    got = recvmmsg(fd, header, n, 0, NULL);
    for (int i = 0; i < got; i++)
        in[i].iov_len = header[i].msg_len;
    return got;
}
#else
int quoth_posix_send_many(int fd, const struct iovec *out, unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++)
        if (send(fd, out[i].iov_base, out[i].iov_len, MSG_NOSIGNAL) < 0)
            break;
    return i ? (int)i : -1;
}

int quoth_posix_recv_many(int fd, struct iovec *in, unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        ssize_t got = recv(fd, in[i].iov_base, in[i].iov_len, 0);
        if (got < 0)
            break;
        in[i].iov_len = (size_t)got;
    }
    return i ? (int)i : -1;
}
#endif
