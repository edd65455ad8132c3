/* probe.c - does the server that listens there answer? For whoever starts containers and has no
 * program in one to ask with.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "posix.h"
#include "serve.h"

enum { PROBE_S = 5 };

/* It may wait, but not for long. */
static int probe_socket(int family)
{
    const struct timeval most = {.tv_sec = PROBE_S};
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
    }
    return fd;
}

static int probe_connect(int *fd, const char *where)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct quoth_peer peer;

    if (strncmp(where, "unix:", 5) != 0) {
        if (serve_peer(where, &peer))
            return -EINVAL;
        *fd = probe_socket(peer.ip.len == 16 ? AF_INET6 : AF_INET);
        return *fd < 0 ? -errno : quoth_posix_connect(*fd, &peer);
    }
    if (strlen(where + 5) >= sizeof name.sun_path)
        return -EINVAL;
    strcpy(name.sun_path, where + 5);
    *fd = probe_socket(AF_UNIX);
    return *fd >= 0 && !connect(*fd, (const struct sockaddr *)&name, sizeof name) ? 0 : -errno;
}

static int probe_ask(int fd)
{
    static const char ask[] =
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static const char fine[] = "HTTP/1.1 200 ";
    char got[sizeof fine - 1];
    size_t n = 0;
    ssize_t more = 1;

    if (send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) < 0)
        return -errno;
    while (n < sizeof got && (more = recv(fd, got + n, sizeof got - n, 0)) > 0)
        n += (size_t)more;
    if (more < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    return n == sizeof got && !memcmp(got, fine, n) ? 0 : -EPROTO;
}

int serve_probe(const char *where)
{
    int fd = -1, err = probe_connect(&fd, where);

    if (!err)
        err = probe_ask(fd);
    if (fd >= 0)
        close(fd);
    return err ? app_say_error(APP_EXIT_INTERNAL, where, err) : 0;
}
