/* delay.c - a wire of a given length: runs a server in one network namespace and a client in
 * another, with MS milliseconds each way between them.
 *
 *   delay MS -- SERVER ARGS... -- CLIENT ARGS...
 *
 * The server's address is 10.77.0.1, the client's 10.77.0.2. Two TUN devices, one in each
 * namespace, and this process between them, holding every packet back for MS. It ends when the
 * client does, with its status, and ends the server. Needs root or user namespaces, and
 * /dev/net/tun.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 65536, PACKET = 1600 };

struct wire {
    int from, to;
    uint32_t head, tail;
    struct {
        uint64_t due;
        uint16_t n;
        uint8_t p[PACKET];
    } * slot;
};

static void fail(const char *what)
{
    fprintf(stderr, "delay: %s: %s\n", what, strerror(errno));
    exit(75);
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        fail(path);
    close(fd);
}

static void up(const char *name, uint32_t address)
{
    struct ifreq r;
    struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&r, 0, sizeof r);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    if (address) {
        a->sin_family = AF_INET;
        a->sin_addr.s_addr = htonl(address);
        if (ioctl(s, SIOCSIFADDR, &r) < 0)
            fail("address");
        a->sin_addr.s_addr = htonl(0xffffff00u);
        if (ioctl(s, SIOCSIFNETMASK, &r) < 0)
            fail("netmask");
        r.ifr_qlen = 20000;
        (void)ioctl(s, SIOCSIFTXQLEN, &r);
    }
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(s, SIOCSIFFLAGS, &r) < 0)
        fail("up");
    close(s);
}

/* A new namespace for this process, with one end of the wire in it. */
static int namespace(uint32_t address)
{
    struct ifreq r;
    if (unshare(CLONE_NEWNET) < 0)
        fail("network namespace");
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        fail("/dev/net/tun");
    memset(&r, 0, sizeof r);
    r.ifr_flags = IFF_TUN | IFF_NO_PI;
    snprintf(r.ifr_name, sizeof r.ifr_name, "wire");
    if (ioctl(fd, TUNSETIFF, &r) < 0)
        fail("tun");
    up("lo", 0);
    up("wire", address);
    return fd;
}

static pid_t start(char **argv)
{
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execvp(argv[0], argv);
    fail(argv[0]);
    return 0;
}

static void take(struct wire *w, uint64_t due)
{
    for (;;) {
        uint32_t i = w->tail % SLOTS;
        if (w->tail - w->head == SLOTS)
            return;
        ssize_t n = read(w->from, w->slot[i].p, PACKET);
        if (n <= 0)
            return;
        w->slot[i].n = (uint16_t)n;
        w->slot[i].due = due;
        w->tail++;
    }
}

static void give(struct wire *w, uint64_t now)
{
    for (; w->head != w->tail && w->slot[w->head % SLOTS].due <= now; w->head++) {
        ssize_t r = write(w->to, w->slot[w->head % SLOTS].p, w->slot[w->head % SLOTS].n);
        if (r < 0 && errno == EAGAIN)
            return;
    }
}

int main(int argc, char **argv)
{
    int cut = 0, status;
    unsigned ms = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    for (int i = 3; i < argc && !cut; i++)
        if (!strcmp(argv[i], "--")) {
            cut = i;
            argv[i] = NULL;
        }
    if (!cut || cut + 1 >= argc || strcmp(argv[2], "--")) {
        fprintf(stderr, "usage: delay MS -- SERVER ARGS... -- CLIENT ARGS...\n");
        return 64;
    }
    if (geteuid() != 0) {
        char map[64];
        unsigned uid = geteuid(), gid = getegid();
        if (unshare(CLONE_NEWUSER) < 0)
            fail("user namespace");
        put("/proc/self/setgroups", "deny");
        snprintf(map, sizeof map, "0 %u 1", uid);
        put("/proc/self/uid_map", map);
        snprintf(map, sizeof map, "0 %u 1", gid);
        put("/proc/self/gid_map", map);
    }
    struct wire w[2] = {{.from = namespace(0x0a4d0001u)}, {.from = -1}};
    pid_t server = start(argv + 3);
    w[1].from = namespace(0x0a4d0002u);
    usleep(300000); /* let the server bind */
    pid_t client = start(argv + cut + 1);
    for (int i = 0; i < 2; i++) {
        w[i].to = w[1 - i].from;
        w[i].slot = calloc(SLOTS, sizeof *w[i].slot);
        if (!w[i].slot)
            fail("memory");
    }
    while (waitpid(client, &status, WNOHANG) == 0) {
        struct pollfd f[2] = {{w[0].from, POLLIN, 0}, {w[1].from, POLLIN, 0}};
        uint64_t now = now_us(), next = now + 20000;
        for (int i = 0; i < 2; i++)
            if (w[i].head != w[i].tail && w[i].slot[w[i].head % SLOTS].due < next)
                next = w[i].slot[w[i].head % SLOTS].due;
        struct timespec t = {0, next > now ? (long)(next - now) * 1000 : 0};
        ppoll(f, 2, &t, NULL);
        now = now_us();
        for (int i = 0; i < 2; i++) {
            take(&w[i], now + ms * 1000u);
            give(&w[i], now);
        }
    }
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 70;
}
