/* cost.c - run a command and tell what it cost: cpu=SECONDS rss_mb=PEAK status=N, on standard
 * output.
 *
 *   cost COMMAND [ARGUMENT...]          the command's own output goes to standard error
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

int main(int argc, char **argv)
{
    struct rusage use;
    int status;
    pid_t pid;

    if (argc < 2) {
        fprintf(stderr, "usage: cost COMMAND [ARGUMENT...]\n");
        return 64;
    }
    pid = fork();
    if (pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &use) != pid || !WIFEXITED(status))
        return 70;
    printf("cpu=%.2f rss_mb=%.1f status=%d\n", seconds(use.ru_utime) + seconds(use.ru_stime),
           (double)use.ru_maxrss / 1024, WEXITSTATUS(status));
    return 0;
}
