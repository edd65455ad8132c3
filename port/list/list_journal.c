/* list_journal.c - what a journal begins with: whose it is, and whether its run has ended.
 *
 *   magic | key | the end: bytes and sum of the output, results | length of identity | sum | it
 *
 * While a run goes on, entries of the rows follow (list_sink.c). Once all are answered, a journal
 * with `finished` takes the place of that one, so that a finished output has a proof beside it
 * rather than nothing.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "list.h"
#include "sock.h"

enum { JOURNAL_CHUNK = 1 << 14 };
static const char journal_magic[9] = "qthjrnl5";

int list_file_add(int fd, uint64_t n, struct list_summing *sum)
{
    char chunk[JOURNAL_CHUNK];
    int err = 0;

    for (uint64_t at = 0; at < n && !err;) {
        const size_t part = n - at < sizeof chunk ? (size_t)(n - at) : sizeof chunk;
        err = list_read_all(fd, chunk, part, at);
        if (!err)
            list_sum_add(sum, chunk, part);
        at += part;
    }
    return err;
}

int list_file_is(int fd, uint64_t size, const struct list_journal_head *head)
{
    struct list_summing sum;

    list_sum_begin(&sum, head->key);
    return size == head->length && !list_file_add(fd, size, &sum) &&
           list_sum_end(&sum) == head->sum;
}

static uint32_t journal_check(const struct list_journal_head *head, const char *identity)
{
    struct list_journal_head all = *head;
    all.check = 0;
    return (uint32_t)(list_sum(head->key, &all, sizeof all) ^
                      list_sum(head->key, identity, head->n));
}

int list_journal_key(struct list_journal_head *head)
{
    memset(head, 0, sizeof *head);
    memcpy(head->magic, journal_magic, sizeof head->magic);
    return quoth_sock_port.random(&head->key, sizeof head->key) ? -EIO : 0;
}

int list_journal_write(int fd, struct list_journal_head *head, const char *identity)
{
    int err;

    head->n = (uint32_t)strlen(identity);
    head->check = journal_check(head, identity);
    err = list_write_all(fd, head, sizeof *head);
    return err ? err : list_write_all(fd, identity, head->n);
}

enum list_journal_state list_journal_read(int fd, struct list_journal_head *head,
                                          char identity[LIST_IDENTITY_MAX])
{
    struct stat st;

    if (!fstat(fd, &st) && !st.st_size)
        return LIST_JOURNAL_EMPTY;
    if (list_read_all(fd, head->magic, sizeof head->magic, 0) ||
        memcmp(head->magic, journal_magic, 7))
        return LIST_JOURNAL_FOREIGN;
    if (head->magic[7] != journal_magic[7])
        return LIST_JOURNAL_OLD;
    if (list_read_all(fd, head, sizeof *head, 0) || head->n >= LIST_IDENTITY_MAX ||
        list_read_all(fd, identity, head->n, sizeof *head))
        return LIST_JOURNAL_DAMAGED;
    identity[head->n] = 0;
    return head->check == journal_check(head, identity) ? LIST_JOURNAL_FINE : LIST_JOURNAL_DAMAGED;
}

int list_journal_say(enum list_journal_state state, const char *path)
{
    static const char *const why[] = {
        [LIST_JOURNAL_EMPTY] = "it is empty; --force begins anew",
        [LIST_JOURNAL_FOREIGN] = "this is no journal of quoth",
        [LIST_JOURNAL_OLD] = "an older quoth has written it, so nothing can go on with it; --force "
                             "begins anew",
        [LIST_JOURNAL_DAMAGED] = "it is damaged, so nothing can go on with it; --force begins anew",
    };
    return app_say(APP_EXIT_USAGE, path, why[state]);
}
