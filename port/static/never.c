/* never.c - what static builds need not hold, linked in front of the libraries (-z muldefs: the
 * first one counts).
 *
 * mbedTLS: whatever has an RSA private key, which nobody here has; its tables of functions would
 * keep all of it. Should one be called after all, it fails. Of the alternative names in a
 * certificate those of a kind nobody asks for are not taken apart to see whether they could be.
 * musl: locks and a setrlimit() for threads (there is one), a strstr() for long texts, and a clock
 * read without asking the kernel, which means looking through its symbol table first; system calls
 * that mend what old kernels lack, a second reader of addresses, and words for errors that none of
 * our calls has.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "quoth.h"

enum {
    NEVER = -0x4300,
    UNKNOWN = -0x2080
}; /* MBEDTLS_ERR_RSA_PRIVATE_FAILED, _X509_FEATURE_UNAVAILABLE */

/* Their parameters are not looked at; the callers know the true prototypes. */
int mbedtls_rsa_private(void);
int mbedtls_rsa_pkcs1_sign(void);
int mbedtls_rsa_rsassa_pss_sign_no_mode_check(void);
int mbedtls_rsa_pkcs1_decrypt(void);
int mbedtls_rsa_pkcs1_encrypt(void);
int mbedtls_rsa_check_pub_priv(void);
int mbedtls_rsa_deduce_primes(void);
int mbedtls_rsa_deduce_private_exponent(void);

int mbedtls_x509_parse_subject_alt_name(void);

int mbedtls_rsa_private(void) { return NEVER; }
int mbedtls_rsa_pkcs1_sign(void) { return NEVER; }
int mbedtls_rsa_rsassa_pss_sign_no_mode_check(void) { return NEVER; }
int mbedtls_rsa_pkcs1_decrypt(void) { return NEVER; }
int mbedtls_rsa_pkcs1_encrypt(void) { return NEVER; }
int mbedtls_rsa_check_pub_priv(void) { return NEVER; }
int mbedtls_rsa_deduce_primes(void) { return NEVER; }
int mbedtls_rsa_deduce_private_exponent(void) { return NEVER; }
int mbedtls_x509_parse_subject_alt_name(void) { return UNKNOWN; }

/* Words for the errors of files, sockets and memory; others have their number. */
char *strerror(int number)
{
    static const uint16_t numbers[] = {
        EPERM,         ENOENT,      EIO,          EBADF,  ENOMEM,       EACCES, EBUSY,
        EEXIST,        ENODEV,      ENOTDIR,      EISDIR, EINVAL,       ENFILE, EMFILE,
        EFBIG,         ENOSPC,      EROFS,        EPIPE,  ENAMETOOLONG, ELOOP,  EADDRINUSE,
        EADDRNOTAVAIL, ENETUNREACH, ECONNREFUSED, EDQUOT};
    static const char words[] =
        "Operation not permitted\0No such file or directory\0Read or write error\0"
        "Bad file descriptor\0Out of memory\0Permission denied\0"
        "In use\0File exists\0No such device\0Not a directory\0"
        "Is a directory\0Invalid argument\0"
        "Too many open files on the system\0Too many open files\0"
        "File too large\0No space left on device\0Read-only file system\0"
        "Broken pipe\0Name too long\0Too many links\0"
        "Address in use\0Address not available\0Network is unreachable\0"
        "Connection refused\0Quota exceeded";
    static char other[20];
    const char *word = words;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i] == number)
            return (char *)(uintptr_t)word;
        word += strlen(word) + 1;
    }
    snprintf(other, sizeof other, "error %d", number);
    return other;
}

#ifdef __LP64__ /* where long is shorter there are two clocks to choose from */
int __clock_gettime(clockid_t clock, struct timespec *at); /* musl's own name for it */
int __clock_gettime(clockid_t clock, struct timespec *at)
{
    return (int)syscall(SYS_clock_gettime, clock, at);
}

int clock_gettime(clockid_t clock, struct timespec *at) { return __clock_gettime(clock, at); }

int fcntl(int fd, int cmd, ...)
{
    va_list rest;
    long arg;

    va_start(rest, cmd);
    arg = va_arg(rest, long); /* when there is none, the kernel does not look at it */
    va_end(rest);
    return (int)syscall(SYS_fcntl, fd, cmd, arg);
}

int socket(int family, int type, int protocol)
{
    return (int)syscall(SYS_socket, family, type, protocol);
}

int accept4(int fd, struct sockaddr *restrict from, socklen_t *restrict n, int flags)
{
    return (int)syscall(SYS_accept4, fd, from, n, flags);
}

/* One call, not one for each message: the kernel wants the padding clear, and nobody here sends
 * control messages. */
int sendmmsg(int fd, struct mmsghdr *message, unsigned n, unsigned flags)
{
    for (unsigned i = 0; i < n; i++)
        message[i].msg_hdr.__pad1 = message[i].msg_hdr.__pad2 = 0;
    return (int)syscall(SYS_sendmmsg, fd, message, n, flags);
}
#endif

/* musl's locks, by its own names, are for threads. */
void __lock(volatile int *lock);
void __unlock(volatile int *lock);
int __lockfile(FILE *f);
void __unlockfile(FILE *f);
void __lock(volatile int *lock) { (void)lock; }
void __unlock(volatile int *lock) { (void)lock; }
int __lockfile(FILE *f)
{
    (void)f;
    return 0;
}
void __unlockfile(FILE *f) { (void)f; }

#undef putc
#undef putchar
int putc(int c, FILE *f) { return fputc(c, f); }
int putchar(int c) { return fputc(c, stdout); }
int puts(const char *text) { return fputs(text, stdout) < 0 ? EOF : putchar('\n'); }

/* A certificate for an address is compared with the one that was called. */
int inet_pton(int family, const char *restrict text, void *restrict out)
{
    struct quoth_ip ip;

    if (quoth_ip_parse(&ip, text, strlen(text)) < 0 || (ip.len == 4) != (family == AF_INET))
        return 0;
    memcpy(out, ip.b, ip.len);
    return 1;
}

int setrlimit(int resource, const struct rlimit *limit)
{
    return prlimit(0, resource, limit, NULL);
}

char *strstr(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (; strncmp(text, word, n); text++)
        if (!*text)
            return NULL;
    return (char *)text;
}

char *strncpy(char *restrict to, const char *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = *from ? *from++ : 0;
    return to;
}

static void never_swap(char *a, char *b, size_t n)
{
    while (n--) {
        char c = *a;
        *a++ = *b;
        *b++ = c;
    }
}

void qsort(void *base, size_t n, size_t size, int (*order)(const void *, const void *))
{
    char *heap = base;
    size_t root = n / 2; /* the heap is [root, n) */

    while (n > 1) {
        size_t at, child;
        if (root)
            root--;
        else
            never_swap(heap, heap + --n * size, size);
        for (at = root; (child = 2 * at + 1) < n; at = child) {
            if (child + 1 < n && order(heap + child * size, heap + (child + 1) * size) < 0)
                child++;
            if (order(heap + at * size, heap + child * size) >= 0)
                break;
            never_swap(heap + at * size, heap + child * size, size);
        }
    }
}
