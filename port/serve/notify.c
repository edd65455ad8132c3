/* notify.c - systemd without its library: a datagram for each state (sd_notify(3)), and descriptors
 * from 3 on that are open when we begin (sd_listen_fds(3)).
 *
 * SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "notify.h"

enum { NOTIFY_FIRST = 3 };

void notify_say(const char *state)
{
    const char *where = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const size_t n = where ? strlen(where) : 0;
    int fd;

    if (!n || n >= sizeof to.sun_path || (*where != '/' && *where != '@'))
        return;
    memcpy(to.sun_path, where, n);
    if (*where == '@')
        to.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                 (const struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
    close(fd);
}

/* A variable that is a number and, if `pid` names one, meant for this process. */
static uint32_t notify_number(const char *name, const char *pid)
{
    const char *text = getenv(name), *whose = getenv(pid);
    uint32_t n = 0, id = 0;

    if (!text || !app_number(text, &n) || (whose && !app_number(whose, &id)))
        return 0;
    return !whose || id == (uint32_t)getpid() ? n : 0;
}

/* Half of what it waits. */
uint32_t notify_pulse_ms(void) { return notify_number("WATCHDOG_USEC", "WATCHDOG_PID") / 2000; }

int notify_socket(unsigned i, char name[64])
{
    const char *names = getenv("LISTEN_FDNAMES");
    size_t n;

    if (!getenv("LISTEN_PID") || i >= notify_number("LISTEN_FDS", "LISTEN_PID"))
        return -1;
    for (unsigned skip = i; names && skip; skip--) {
        names = strchr(names, ':');
        names = names ? names + 1 : NULL;
    }
    n = names ? strcspn(names, ":") : 0;
    n = n < 63 ? n : 63;
    if (n)
        memcpy(name, names, n);
    name[n] = '\0';
    return NOTIFY_FIRST + (int)i;
}
