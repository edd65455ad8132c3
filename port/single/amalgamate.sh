#!/bin/sh
# amalgamate.sh DIRS KEEP FILE... - the files one after the other, with every local header put in
# where it is first included and left out after that; KEEP is a header to go on including.
# The output depends on the files alone: no dates, no paths of the machine.
#
# SPDX-License-Identifier: MIT
set -eu
dirs=$1 keep=$2; shift 2
awk -v dirs="$dirs" -v keep="$keep" '
    function found(name,    i, n, d, line) {
        n = split(dirs, d, " ")
        for (i = 1; i <= n; i++)
            if ((getline line < (d[i] "/" name)) >= 0) {
                close(d[i] "/" name)
                return d[i] "/" name
            }
        print "amalgamate: no " name " in " dirs > "/dev/stderr"; failed = 1; exit 1
    }
    function put(file,    line, name) {
        name = file; sub(/.*\//, "", name); printf "/* ==== %s ==== */\n", name
        while ((getline line < file) > 0)
            if (line ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
                name = line; sub(/^[^"]*"/, "", name); sub(/".*/, "", name)
                if (!(name in seen)) {
                    seen[name]
                    if (name == keep) print line; else put(found(name))
                }
            } else print line
        close(file)
    }
    BEGIN {
        print "/* quoth - generated from core/ by `make single`; see the project for the sources."
        print " * SPDX-License-Identifier: MIT */"
        if (keep != "") print "#ifdef __cplusplus\n#define _Static_assert static_assert\n#endif"
        for (i = 1; i < ARGC; i++) put(ARGV[i])
        exit failed
    }' "$@"
