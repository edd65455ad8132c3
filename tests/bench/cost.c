/* cost.c - run a command and tell what it cost: wall=SECONDS cpu=SECONDS rss_mb=PEAK status=N, on
 * standard output.
 *
 *   cost COMMAND [ARGUMENT...]          the command's own output goes to standard error
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

int main(int argc, char **argv)
{
    struct timespec began, ended;
    struct rusage use;
    int status;
    pid_t pid;

    if (argc < 2) {
        fprintf(stderr, "usage: cost COMMAND [ARGUMENT...]\n");
        return 64;
    }
    clock_gettime(CLOCK_MONOTONIC, &began);
    pid = fork();
    if (pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &use) != pid || !WIFEXITED(status))
        return 70;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("wall=%.3f cpu=%.3f rss_mb=%.1f status=%d\n",
           (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9,
           seconds(use.ru_utime) + seconds(use.ru_stime), (double)use.ru_maxrss / 1024,
           WEXITSTATUS(status));
    return 0;
}
