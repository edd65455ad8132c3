/* token.c - who may ask: a file of lines NAME:TOKEN.
 *
 * Only a sum of each token is kept, and it is sums that are compared, in a time that does not tell
 * how much of a guess was right.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "serve.h"

enum { TOKEN_FILE_MAX = 16384, TOKEN_MIN = 16 };

static void token_sum(const struct serve *serve, const char *text, size_t n, uint64_t sum[2])
{
    uint64_t k[2];

    memcpy(k, serve->key, sizeof k);
    sum[0] = quoth_hash(k[0], k[1], text, n);
    sum[1] = quoth_hash(k[1], ~k[0], text, n);
}

/* One line. NULL, or what is wrong with it. */
static const char *token_line(const struct serve *serve, const char *line, size_t n,
                              struct serve_token *token)
{
    const char *colon = memchr(line, ':', n);
    const size_t name_n = colon ? (size_t)(colon - line) : 0;

    if (!name_n || name_n >= sizeof token->name)
        return "a line is NAME:TOKEN";
    if (n - name_n - 1 < TOKEN_MIN)
        return "a token has at least 16 characters";
    if (app_plain(line, n) != n || memchr(line, ' ', n))
        return "a token is printable ASCII without blanks";
    memset(token, 0, sizeof *token);
    memcpy(token->name, line, name_n);
    token_sum(serve, colon + 1, n - name_n - 1, token->sum);
    return NULL;
}

static int token_lines(const struct serve *serve, const char *text, struct serve_token *token,
                       unsigned *tokens)
{
    char where[600];

    for (unsigned line = 1; *text; line++) {
        const size_t n = strcspn(text, "\n");
        const char *why = NULL;
        if (n && *text != '#')
            why = *tokens < SERVE_TOKENS ? token_line(serve, text, n, &token[*tokens])
                                         : "there are more than 64 tokens";
        if (why) {
            snprintf(where, sizeof where, "%s:%u", serve->token_file, line);
            return app_say(APP_EXIT_USAGE, where, why);
        }
        *tokens += n && *text != '#';
        text += n + (text[n] == '\n');
    }
    return *tokens ? 0 : app_say(APP_EXIT_USAGE, serve->token_file, "it holds no token");
}

static int token_text(const struct serve *serve, char text[TOKEN_FILE_MAX + 1])
{
    const int fd = open(serve->token_file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    ssize_t n;

    if (fd < 0 || fstat(fd, &st)) {
        const int err = errno;
        if (fd >= 0)
            close(fd);
        return app_say_error(APP_EXIT_NO_INPUT, serve->token_file, err);
    }
    n = read(fd, text, TOKEN_FILE_MAX + 1);
    close(fd);
    if (S_ISREG(st.st_mode) && st.st_mode & 027)
        return app_say(APP_EXIT_USAGE, serve->token_file,
                       "others may read or write it: chmod 0640, or less");
    if (n < 0 || n > TOKEN_FILE_MAX)
        return app_say(APP_EXIT_NO_INPUT, serve->token_file, "it cannot be read, or is over 16 KB");
    text[n] = '\0';
    return strlen(text) == (size_t)n ? 0
                                     : app_say(APP_EXIT_USAGE, serve->token_file, "it has a NUL");
}

static struct serve_token *token_of(struct serve *serve, const uint64_t sum[2])
{
    struct serve_token *found = NULL;

    for (unsigned i = 0; i < serve->tokens; i++)
        if (((serve->token[i].sum[0] ^ sum[0]) | (serve->token[i].sum[1] ^ sum[1])) == 0)
            found = &serve->token[i];
    return found;
}

struct serve_token *token_find(struct serve *serve, const char *text, size_t n)
{
    uint64_t sum[2];

    token_sum(serve, text, n, sum);
    return token_of(serve, sum);
}

struct serve_token *token_now(struct serve *serve, const struct serve_token *copy)
{
    struct serve_token *token = *copy->name ? token_of(serve, copy->sum) : NULL;

    return token && !strcmp(token->name, copy->name) ? token : NULL;
}

int token_read(struct serve *serve)
{
    char text[TOKEN_FILE_MAX + 1];
    struct serve_token *token;
    unsigned tokens = 0;
    int rc;

    if (!serve->token_file)
        return 0;
    rc = token_text(serve, text);
    token = rc ? NULL : calloc(SERVE_TOKENS, sizeof *token);
    if (!rc && !token)
        rc = app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    if (!rc)
        rc = token_lines(serve, text, token, &tokens);
    memset(text, 0, sizeof text);
    if (rc) {
        free(token);
        return rc;
    }
    for (unsigned i = 0; i < tokens; i++) {
        const struct serve_token *before = token_now(serve, &token[i]);
        token[i].minute = before ? before->minute : 0;
        token[i].used = before ? before->used : 0;
    }
    free(serve->token);
    serve->token = token;
    serve->tokens = tokens;
    return 0;
}
