/* option_told.c - the value of an option as a text, to be compared with another run's and told.
 *
 *   flag: yes, no | word: one of them | words: a b | number | text, as it is
 *   a file: a sum of what it says     | anything else: a sum of the values that were given
 *
 * A value that is the default's is told like the default, so that whoever writes it out the next
 * time is not refused.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/stat.h>
#include "option_read.h"

/* The place-th of words parted by '|'. */
static void told_word(const char *words, uint32_t place, char *buf)
{
    size_t n;

    while (place-- && *words) {
        words += strcspn(words, "|");
        words += *words == '|';
    }
    n = strcspn(words, "|");
    snprintf(buf, APP_TOLD_MAX, "%.*s", (int)n, words);
}

static void told_words(const char *words, uint32_t bits, char *buf)
{
    size_t used = 0;

    for (uint32_t place = 0; bits >> place; place++) {
        if (!(bits >> place & 1))
            continue;
        if (used)
            buf[used++] = ' ';
        told_word(words, place, buf + used);
        used += strlen(buf + used);
    }
}

/* Only of a file that can be read twice: of a pipe the name is all that can be told. */
static uint64_t told_sum(const char *path)
{
    struct stat st;
    char chunk[4096];
    uint64_t sum = 0;
    size_t n;
    FILE *file = !stat(path, &st) && S_ISREG(st.st_mode) ? fopen(path, "rb") : NULL;

    if (!file)
        return quoth_hash(0, 0, path, strlen(path));
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        sum = quoth_hash(sum, 1, chunk, n);
    fclose(file);
    return sum;
}

static void told_content(const struct app_option *row, const struct app_listed *listed,
                         const char *path, char *buf)
{
    const size_t lists = offsetof(struct app_options, listed),
                 kind = (row->offset - lists) / sizeof path;
    const uint64_t sum = listed && row->offset >= lists && kind < APP_LISTED_KINDS
                             ? listed->own[kind].sum
                             : told_sum(path);
    snprintf(buf, APP_TOLD_MAX, "%016llx", (unsigned long long)sum);
}

void app_option_told(const struct app_options *options, const struct app_option *row,
                     const struct app_listed *listed, char buf[APP_TOLD_MAX])
{
    const char *text = NULL;
    const uint32_t given = app_option_given(options, row);

    *buf = 0;
    if (row->take == option_flag)
        strcpy(buf, option_get(options, row) == row->mark ? "yes" : "no");
    else if (row->take == option_word)
        told_word(row->arg, option_get(options, row), buf);
    else if (row->take == option_words)
        told_words(row->arg, option_get(options, row), buf);
    else if (row->take == option_number || row->take == option_sandbox)
        snprintf(buf, APP_TOLD_MAX, "%u", option_get(options, row));
    else if (row->take == option_text || row->take == option_content || row->take == option_helo ||
             row->take == option_from)
        memcpy(&text, (const char *)options + row->offset, sizeof text);
    else if (given)
        snprintf(buf, APP_TOLD_MAX, "%08x", given);
    if (text && row->take == option_content)
        told_content(row, listed, text, buf);
    else if (text)
        snprintf(buf, APP_TOLD_MAX, "%s", text);
}
