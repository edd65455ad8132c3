/* replay.c - runs a harness without libFuzzer. It reads each file that is named, and each file of
 * each directory that is named, once, into a block of exactly its size. Prints how many there were;
 * none is a failure.
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include "harness.h"

static unsigned long replayed;

static void replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    long size = -1;
    uint8_t *p;
    if (f && !fseek(f, 0, SEEK_END))
        size = ftell(f);
    if (size < 0 || fseek(f, 0, SEEK_SET) || !(p = malloc(size ? (size_t)size : 1)) ||
        fread(p, 1, (size_t)size, f) != (size_t)size) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    fclose(f);
    LLVMFuzzerTestOneInput(p, (size_t)size);
    free(p);
    replayed++;
}

int main(int argc, char **argv)
{
    char path[4096];
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        const struct dirent *e;
        if (!d) {
            replay_file(argv[i]);
            continue;
        }
        while ((e = readdir(d))) {
            if (e->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            replay_file(path);
        }
        closedir(d);
    }
    printf("%s: %lu inputs replayed\n", argv[0], replayed);
    return replayed == 0;
}
