/* list_file.c - the bytes of a list: from a file, a pipe, UTF-16, or lines quoted as a whole.
 *
 *   file ----------------------------> fd --+--> window    64 KB, read in order
 *   the others --> unlinked copy ----> fd --'--> blocks      in any order: of a list up to 8 MB
 *                                                            all, of a longer one 768 of 4 KB
 *
 * Results come back in the order of the mail servers, and each wants its row again: a system call a
 * row costs more than reading it. The rows of one conversation stand anywhere in the list, so
 * blocks that are nearly enough for it would be read again all the time. With every read the file's
 * size and time are looked at. A list that was rewritten must not have its verdicts printed beside
 * other addresses.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "list.h"

enum { FILE_CHUNK = 1 << 16, FILE_PEEK = 4096 };

/* ---- reading ------------------------------------------------------------ */

/* Of n bytes from `at` on, as many as stand before `end`. */
static size_t file_until(uint64_t at, size_t n, uint64_t end)
{
    if (at >= end)
        return 0;
    return end - at < n ? (size_t)(end - at) : n;
}

/* As many of n bytes as there are; -1: errno says why. */
static ssize_t file_read(const struct list_file *file, char *buf, size_t n, uint64_t at)
{
    size_t done = 0;

    n = file_until(at, n, file->end);
    if (n == 0)
        return 0;
    while (done < n) {
        ssize_t got = pread(file->fd, buf + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (!got)
            break;
        done += (size_t)got;
    }
    if (list_file_changed(file)) {
        errno = ESTALE;
        return -1;
    }
    return (ssize_t)done;
}

int list_room(char **buf, size_t *cap, size_t want)
{
    char *more = want > *cap ? app_resized(*buf, want) : *buf;

    if (!more)
        return 0;
    *buf = more;
    *cap = want > *cap ? want : *cap;
    return 1;
}

static const char *file_window(struct list_file *file, uint64_t at, size_t n, size_t *got)
{
    size_t want = n < FILE_CHUNK ? FILE_CHUNK : n;
    ssize_t have;

    file->window_n = 0;
    if (!list_room(&file->window, &file->window_cap, want))
        return NULL;
    file->window_at = at;
    have = file_read(file, file->window, want, at);
    if (have < 0)
        return NULL;
    file->window_n = (size_t)have;
    *got = file->window_n < n ? file->window_n : n;
    return file->window;
}

/* How long blocks are and how many are kept is known once the list is. 0: no memory. */
static int file_blocks(struct list_file *file)
{
    const int whole = file->end <= LIST_WHOLE;

    if (file->block)
        return 1;
    file->each = whole ? FILE_CHUNK : LIST_BLOCK;
    file->blocks = whole ? (uint32_t)(file->end / FILE_CHUNK) + 1 : LIST_BLOCKS;
    if (!file->tag)
        file->tag = app_zeroed(file->blocks, sizeof *file->tag);
    if (!file->tag)
        return 0;
    file->block = app_resized(NULL, (size_t)file->blocks * file->each);
    return file->block != NULL;
}

/* Block i; *n: how much of it there is. */
static const char *file_block(struct list_file *file, uint32_t i, size_t *n)
{
    const size_t slot = i % file->blocks;
    const uint64_t at = (uint64_t)i * file->each;
    char *block = file->block + slot * file->each;

    *n = file_until(at, file->each, file->end);
    if (file->tag[slot] == i + 1)
        return block;
    file->tag[slot] = 0;
    if (file_read(file, block, file->each, at) != (ssize_t)*n)
        return NULL;
    file->tag[slot] = i + 1;
    return block;
}

/* Bytes of several blocks, one behind the other. */
static const char *file_join(struct list_file *file, uint64_t at, size_t n, size_t *got)
{
    if (!list_room(&file->joined, &file->joined_cap, n + 1))
        return NULL;
    for (*got = 0; *got < n;) {
        const uint64_t here = at + *got;
        const size_t skip = (size_t)(here % file->each);
        size_t have, take;
        const char *block = file_block(file, (uint32_t)(here / file->each), &have);
        if (!block)
            return NULL;
        if (have <= skip)
            break;
        take = have - skip < n - *got ? have - skip : n - *got;
        memcpy(file->joined + *got, block + skip, take);
        *got += take;
    }
    return file->joined;
}

const char *list_file_bytes(struct list_file *file, uint64_t at, size_t n, int ahead, size_t *got)
{
    const char *block;
    size_t skip;

    *got = 0;
    if (file->window_n && at >= file->window_at && at + n <= file->window_at + file->window_n) {
        *got = n;
        return file->window + (at - file->window_at);
    }
    if (ahead || n > FILE_CHUNK || at / LIST_BLOCK >= UINT32_MAX - 64)
        return file_window(file, at, n, got);
    if (!file_blocks(file))
        return NULL;
    skip = (size_t)(at % file->each);
    if (skip + n > file->each)
        return file_join(file, at, n, got);
    block = file_block(file, (uint32_t)(at / file->each), got);
    if (!block)
        return NULL;
    *got = file_until(skip, n, *got);
    return block + skip;
}

void list_file_rest(struct list_file *file)
{
    free(file->window);
    file->window = NULL;
    file->window_cap = file->window_n = 0;
}

int list_file_changed(const struct list_file *file)
{
    struct stat st;
    return file->size != UINT64_MAX &&
           (fstat(file->fd, &st) || (uint64_t)st.st_size != file->size ||
            st.st_mtim.tv_sec != file->changed.tv_sec ||
            st.st_mtim.tv_nsec != file->changed.tv_nsec);
}

/* ---- copies ------------------------------------------------------------- */

int list_temporary(void)
{
    const char *dir = getenv("TMPDIR");
    char name[512];
    int fd;

    if (!dir || !*dir)
        dir = P_tmpdir;
    if ((size_t)snprintf(name, sizeof name, "%s/quoth-XXXXXX", dir) >= sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkstemp(name);
    if (fd >= 0) {
        unlink(name);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

int list_write_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put ? -errno : -ENOSPC;
        at += put;
        n -= (size_t)put;
    }
    return 0;
}

int list_read_all(int fd, void *p, size_t n, uint64_t at)
{
    char *to = p;
    while (n) {
        ssize_t got = pread(fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? -errno : -EIO;
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return 0;
}

/* The copy takes the place of what it was made from. */
static void file_replace(struct list_file *file, int fd)
{
    if (file->fd > STDIN_FILENO)
        close(file->fd);
    file->fd = fd;
    file->begin = 0;
    file->end = (uint64_t)lseek(fd, 0, SEEK_CUR);
    file->size = UINT64_MAX; /* nobody else knows it */
}

static int file_spool(struct list_file *file, const volatile sig_atomic_t *stop)
{
    char *buf = app_resized(NULL, FILE_CHUNK);
    int fd = list_temporary(), err = fd < 0 ? -errno : 0;

    if (!err && !buf)
        err = -ENOMEM;
    while (!err && !*stop) {
        ssize_t n = read(file->fd, buf, FILE_CHUNK);
        if (n < 0 && errno != EINTR)
            err = -errno;
        if (n == 0)
            break;
        if (n > 0)
            err = list_write_all(fd, buf, (size_t)n);
    }
    free(buf);
    if (fd >= 0)
        file_replace(file, fd);
    return err;
}

/* ---- UTF-16 ------------------------------------------------------------- */

/* With a byte order mark, or where every other byte is zero, as Latin letters are. */
static uint8_t file_encoding(const uint8_t *p, size_t n)
{
    size_t zero[2] = {0, 0}, pairs = n / 2;

    if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
        return p[0] == 0xff ? LIST_UTF16_LE : LIST_UTF16_BE;
    for (size_t i = 0; i < pairs * 2; i++)
        zero[i & 1] += !p[i];
    if (pairs >= 2 && zero[1] * 2 > pairs && zero[0] * 10 <= zero[1])
        return LIST_UTF16_LE;
    return pairs >= 2 && zero[0] * 2 > pairs && zero[1] * 10 <= zero[0] ? LIST_UTF16_BE : LIST_UTF8;
}

/* n units of UTF-16 as UTF-8; a half of a pair waits in *high, or becomes U+FFFD. */
static size_t file_recode(const uint8_t *p, size_t n, int big, uint32_t *high, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i + 1 < n; i += 2) {
        uint32_t unit = big ? (uint32_t)p[i] << 8 | p[i + 1] : (uint32_t)p[i + 1] << 8 | p[i];
        const int low = unit >= 0xdc00 && unit < 0xe000;
        if (low && *high) {
            len += list_put_utf8(0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00), out + len);
            *high = 0;
            continue;
        }
        if (*high)
            len += list_put_utf8(0xfffd, out + len);
        *high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
        if (!*high)
            len += list_put_utf8(low ? 0xfffd : unit, out + len);
    }
    return len;
}

/* UTF-16 as UTF-8, or UTF-8 without the quotes around each line. */
static int file_convert(struct list_file *file, const volatile sig_atomic_t *stop)
{
    struct list_wrap wrap = {0};
    char *buf = app_resized(NULL, FILE_CHUNK), *out = app_resized(NULL, FILE_CHUNK * 2);
    int fd = list_temporary(), err = fd < 0 ? -errno : 0;
    uint32_t high = 0;
    ssize_t n = 0;

    if (!err && (!buf || !out))
        err = -ENOMEM;
    for (uint64_t at = file->begin; !err && !*stop; at += (uint64_t)n) {
        n = file_read(file, buf, FILE_CHUNK, at);
        if (n <= 0)
            break;
        size_t len = file->wrapped ? list_unwrap(&wrap, buf, (size_t)n, out)
                                   : file_recode((const uint8_t *)buf, (size_t)n,
                                                 file->encoding == LIST_UTF16_BE, &high, out);
        if (high && at + (uint64_t)n >= file->end)
            len += list_put_utf8(0xfffd, out + len);
        if ((size_t)n & 1 && !file->wrapped)
            len += list_put_utf8(0xfffd, out + len);
        err = list_write_all(fd, out, len);
    }
    if (!err && n < 0)
        err = -errno;
    free(buf);
    free(out);
    if (fd >= 0)
        file_replace(file, fd);
    return err;
}

/* ---- opening ------------------------------------------------------------ */

int list_file_open(struct list_file *file, const char *path, const volatile sig_atomic_t *stop)
{
    uint8_t peek[FILE_PEEK];
    struct stat st;
    off_t at = 0;
    ssize_t n;
    int err = 0;

    memset(file, 0, sizeof *file);
    file->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (file->fd < 0 || fstat(file->fd, &st))
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    file->size = UINT64_MAX;
    if (S_ISREG(st.st_mode)) {
        if (file->fd == STDIN_FILENO)
            at = lseek(file->fd, 0, SEEK_CUR);
        file->begin = at > 0 ? (uint64_t)at : 0;
        file->end = (uint64_t)st.st_size;
        file->size = file->end;
        file->changed = st.st_mtim;
    } else {
        file->copying = 1;
        err = file_spool(file, stop);
    }
    if (err || *stop)
        return err;
    file->copying = 0;
    n = file_read(file, (char *)peek, sizeof peek, file->begin);
    if (n < 0)
        return -errno;
    file->encoding = file_encoding(peek, (size_t)n);
    file->copying = file->encoding != LIST_UTF8;
    if (file->copying)
        err = file_convert(file, stop);
    if (err)
        return err;
    file->copying = 0;
    n = file_read(file, (char *)peek, sizeof peek, file->begin);
    if (n < 0)
        return -errno;
    file->wrapped = (uint8_t)list_is_wrapped((char *)peek, (size_t)n);
    file->copying = file->wrapped;
    return file->copying ? file_convert(file, stop) : 0;
}

void list_file_close(struct list_file *file)
{
    if (file->fd > STDIN_FILENO)
        close(file->fd);
    free(file->window);
    free(file->block);
    free(file->tag);
    free(file->joined);
}
