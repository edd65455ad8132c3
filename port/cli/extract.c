/* extract.c - `quoth extract [FILE...]`: the addresses in files, on standard output.
 *
 *   FILE --> its first 4 KB: what is it? --> core/find --> hits --> extract_out.c
 *              `--> PDF, archive ...: named, with the command that makes text of it
 *
 * It reads what it is given and nothing else: no address is made up, none is asked about.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli.h"
#include "extract.h"

enum { EXTRACT_BUFFER = 131072, EXTRACT_LOOK = 4096 };

struct extract {
    struct extract_out out;
    struct quoth_find find;
    const struct app_extract_options *o;
    unsigned options; /* QUOTH_FIND_* */
    uint8_t buffer[EXTRACT_BUFFER];
};

/* Bytes read, up to `cap` of them; at the end of the file fewer than `least`. -1: errno. */
static ssize_t extract_read(int fd, uint8_t *p, size_t least, size_t cap)
{
    size_t n = 0;

    while (n < least) {
        const ssize_t got = read(fd, p + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (!got)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

/* What cannot be searched, and what to do instead. NULL: it can. */
static const char *extract_refusal(enum quoth_find_form form)
{
    switch (form) {
    case QUOTH_FORM_PDF: return "a PDF: pdftotext FILE - | quoth extract";
    case QUOTH_FORM_ZIP:
        return "an archive, or an office document, which is one: unzip -p FILE | quoth extract "
               "--kind html";
    case QUOTH_FORM_GZIP: return "compressed: zcat FILE | quoth extract";
    case QUOTH_FORM_BZIP2: return "compressed: bzcat FILE | quoth extract";
    case QUOTH_FORM_XZ: return "compressed: xzcat FILE | quoth extract";
    case QUOTH_FORM_ZSTD: return "compressed: zstdcat FILE | quoth extract";
    case QUOTH_FORM_OLE:
        return "an office document or a message of Outlook: libreoffice --convert-to txt, or "
               "msgconvert, makes text of it";
    case QUOTH_FORM_OTHER: return "an archive: unpack it first";
    default: return NULL;
    }
}

static int extract_hits(struct extract *extract, const char *name)
{
    struct quoth_hit hit;

    while (quoth_find_next(&extract->find, &hit))
        extract_hit(&extract->out, name, &hit);
    return ferror(extract->out.f) != 0;
}

/* Begin, by the first bytes. 0, or an exit code after saying why it is left out. */
static int extract_begin(struct extract *extract, const char *name, size_t n)
{
    enum quoth_find_kind kind;
    enum quoth_find_encoding encoding;
    const enum quoth_find_form form = quoth_find_look(extract->buffer, n, &kind, &encoding);
    const char *refusal = extract_refusal(form);

    if (refusal && extract->o->kind == APP_KIND_AUTO)
        return app_say(APP_EXIT_NO_INPUT, name, refusal);
    if (form == QUOTH_FORM_BINARY && extract->o->kind == APP_KIND_AUTO)
        app_say(0, name, "has NUL bytes, so it may be no text; it is searched as if it were");
    if (extract->o->kind != APP_KIND_AUTO)
        kind = (enum quoth_find_kind)(extract->o->kind - APP_KIND_TEXT);
    quoth_find_init(&extract->find, kind, encoding,
                    extract->options |
                        (memchr(extract->buffer, '\n', n) ? 0u : (unsigned)QUOTH_FIND_CR));
    return 0;
}

/* A file that is open. 0, or an exit code after saying what is wrong. */
static int extract_stream(struct extract *extract, const char *name, int fd)
{
    struct stat st;
    const int kind = extract->o->kind;
    size_t least = kind == APP_KIND_AUTO || kind == (int)APP_KIND_TEXT + (int)QUOTH_FIND_MAIL
                       ? EXTRACT_LOOK
                       : 4;
    int begun = 0, rc;

    if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
        return app_say(APP_EXIT_NO_INPUT, name,
                       "a directory; name its files: find DIR -type f -exec quoth extract {} +");
    for (;;) {
        const ssize_t n = extract_read(fd, extract->buffer, least, sizeof extract->buffer);
        if (n < 0)
            return app_say_error(APP_EXIT_NO_INPUT, name, errno);
        rc = begun ? 0 : extract_begin(extract, name, (size_t)n);
        if (rc)
            return rc;
        begun = 1;
        if (!n)
            break;
        quoth_find_feed(&extract->find, extract->buffer, (size_t)n);
        if (extract_hits(extract, name))
            return 0; /* extract_close() tells */
        least = 1;
    }
    quoth_find_end(&extract->find);
    extract_hits(extract, name);
    return 0;
}

static int extract_file(struct extract *extract, const char *name)
{
    int fd, rc;

    if (!strcmp(name, "-"))
        return extract_stream(extract, name, STDIN_FILENO);
    fd = open(name, O_RDONLY);
    if (fd < 0)
        return app_say_error(APP_EXIT_NO_INPUT, name, errno);
    rc = extract_stream(extract, name, fd);
    close(fd);
    return rc;
}

/* An option of other commands; NULL: there is none. */
static const char *extract_stranger(const struct app_options *options)
{
    for (unsigned i = 0; i < app_option_count; i++) {
        const struct app_option *row = &app_option_rows[i];
        if (options->level[i] == APP_PLACE_LINE && row->topic != APP_TOPIC_EXTRACT &&
            strcmp(row->name, "format") && strcmp(row->name, "help"))
            return row->name;
    }
    return NULL;
}

static unsigned extract_options(const struct app_options *options)
{
    const struct app_extract_options *e = &options->extract;

    return (e->all ? QUOTH_FIND_ALL : 0u) | (e->atext ? QUOTH_FIND_ATEXT : 0u) |
           (e->strict ? QUOTH_FIND_STRICT : 0u) | (e->deobfuscate ? QUOTH_FIND_OBSCURED : 0u) |
           (options->format ? QUOTH_FIND_LINES : 0u);
}

int cli_extract(int argc, char **argv)
{
    static struct app_options options; /* large, both */
    static struct extract extract;
    struct cli_args args;
    char standard_input[] = "-", *none[] = {standard_input};
    const char *stranger;
    int rc = cli_args_read(&options, &args, argc, argv), closed;

    if (rc)
        return rc;
    if (options.action == 'h')
        return cli_help_topic(stdout, "extract");
    stranger = extract_stranger(&options);
    if (stranger)
        return app_say(APP_EXIT_USAGE, stranger, "extract has no such option; quoth help extract");
    if (options.extract.atext && options.extract.strict)
        return app_say(APP_EXIT_USAGE, "extract", "--atext and --strict are opposites");
    if ((options.extract.fold || options.extract.memory) && !options.extract.unique)
        return app_say(APP_EXIT_USAGE, "extract", "--fold and --limit-memory are for --unique");
    if (!args.addresses) {
        if (isatty(STDIN_FILENO))
            return app_say(APP_EXIT_USAGE, "extract", "which files? quoth help extract tells more");
        args.address = none;
        args.addresses = 1;
    }
    extract.o = &options.extract;
    extract.options = extract_options(&options);
    rc = extract_open(&extract.out, &options);
    if (rc)
        return rc;
    for (unsigned i = 0; i < args.addresses && !ferror(extract.out.f); i++) {
        const int bad = extract_file(&extract, args.address[i]);
        if (bad)
            rc = bad;
    }
    closed = extract_close(&extract.out);
    return closed ? closed : rc;
}
