/* pack_lists.c - the lists named as arguments to lists.h (standard output), on the building
 * machine. Files joined by commas are one list, called as the first of them.
 *
 * A list is text: one name a line, "#" begins a comment. FREQUENT keeps its order and is stored as
 * strings with their NUL. The others are stored for one scan from the end of a name: each name is
 * reversed, the names are sorted, and each becomes one byte, 32 * shared + more, and the `more`
 * bytes in which it differs from the one before; a byte 0 ends the list.
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 2000, LONG = 64 };
static char name[NAMES][LONG];
static int names;
static uint32_t hash = 2166136261u;
static unsigned long total;

static void die(const char *file, int line, const char *why)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, why);
    exit(1);
}

static void reverse(char *s)
{
    for (size_t i = 0, j = strlen(s); i + 1 < j; i++) {
        char c = s[i];
        s[i] = s[--j];
        s[j] = c;
    }
}

static int compare(const void *a, const void *b) { return strcmp(a, b); }

static void read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];
    if (!file)
        die(path, 0, "cannot be read");
    for (int at = 1; fgets(line, sizeof line, file); at++) {
        line[strcspn(line, "\r\n")] = 0;
        if (!*line || *line == '#')
            continue;
        if (line[strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789.-_")])
            die(path, at, "not a lower-case name");
        if (strlen(line) >= LONG)
            die(path, at, "too long");
        if (names == NAMES)
            die(path, at, "too many names");
        strcpy(name[names++], line);
        for (char *p = line;; p++) {
            hash = (hash ^ (uint8_t)*p) * 16777619u;
            if (!*p)
                break;
        }
    }
    fclose(file);
}

static void read_list(const char *files)
{
    char path[1024];
    names = 0;
    for (size_t n; *files; files += n + (files[n] == ',')) {
        n = strcspn(files, ",");
        snprintf(path, sizeof path, "%.*s", (int)n, files);
        read_file(path);
    }
    if (!names)
        die(path, 0, "empty");
}

/* Behind the last '/' of the first file. */
static const char *base_name(const char *files)
{
    const char *base = files;
    for (const char *p = files; *p && *p != ','; p++)
        if (*p == '/')
            base = p + 1;
    return base;
}

static void print_packed(const char *file)
{
    const char *last = "";
    for (int i = 0; i < names; i++)
        reverse(name[i]);
    qsort(name, (size_t)names, LONG, compare);
    for (int i = 0; i < names; i++) {
        size_t shared = 0, n = strlen(name[i]);
        if (!strcmp(name[i], last)) {
            reverse(name[i]);
            die(file, 0, name[i]);
        }
        while (shared < 7 && last[shared] && last[shared] == name[i][shared])
            shared++;
        if (n - shared > 31)
            die(file, 0, "a name with more than 31 new letters");
        printf("\n    %u,", (unsigned)(shared << 5 | (n - shared)));
        for (size_t k = shared; k < n; k++)
            printf("'%c',", name[i][k]);
        last = name[i];
    }
    printf("\n    0\n};\n");
}

/* Where the large lists are built in they hold these short ones; the others stand beside them. */
static const char *condition(const char *name)
{
    static const char *const when[][2] = {
        {"backend", "> 1"},
        {"parked", "> 1"},
        {"disposable", "< 2"},
        {"free", "< 2"},
    };
    for (size_t i = 0; i < sizeof when / sizeof *when; i++)
        if (!strncmp(name, when[i][0], strlen(when[i][0])) && name[strlen(when[i][0])] == '.')
            return when[i][1];
    return NULL;
}

int main(int argc, char **argv)
{
    printf("/* Made from core/data/lists; do not edit. */\n");
    for (int i = 1; i < argc; i++) {
        const char *base = base_name(argv[i]);
        read_list(argv[i]);
        total += (unsigned long)names;
        int as_text = !strcmp(base, "frequent.txt");
        const char *when = condition(base);
        if (when)
            printf("#if QUOTH_LISTS %s\n", when);
        printf("static const %s lists_%.*s[] = %s", as_text ? "char" : "uint8_t",
               (int)strcspn(base, "."), base, as_text ? "" : "{");
        if (!as_text) {
            print_packed(argv[i]);
            if (when)
                printf("#endif\n");
            continue;
        }
        for (int k = 0; k < names; k++)
            printf("\n    \"%s\\0\"", name[k]);
        printf(";\n");
    }
    printf("#define LISTS_VERSION \"%lu names, %08lx\"\n", total, (unsigned long)hash);
    return 0;
}
