#!/bin/sh
# How C is laid out and named, as far as a program can say it:
#   as .clang-format says, and no line over 100 columns, drawings and comments included. Tables
#     between "clang-format off" and "clang-format on" have a row a line, however long it is
#   a function fits a screen: 48 lines, and 72 in tests, rows of tables and RUN() not counted
#   a function has at most five parameters; a buffer and its length are one, and what the C library
#     or PSA prescribes is not ours to count
#   one decision a line: no conditional expression is an arm of another, and no if assigns (a loop
#     may fetch what it looks at)
#   a structure has a word for its name where a function is longer than ten lines (not yet in tests)
#   a file begins with its name and its subject, and says its licence
#   a fault is a negative int in port as in core
#   makefiles and scripts of the shell and of Python keep to 100 columns too
#   nothing that a build or an interpreter made is part of the tree
#   the nearest page above a file of core or port, and above any header, names it
# Last line: "style: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
FORMAT_VERSION=14       # Debian 12's; others lay some lines out in another way
passed=0 failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

try() {         # try NAME COMMAND...: what it prints is what is wrong
    name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name"; head -n 40 "$tmp/log"; fi
}
not() { ! "$@"; }

wide() {        # wide FILE...: its lines over 100 columns; a character is one, whatever its bytes
    LC_ALL=C awk '
        FNR == 1 || /clang-format on/ { table = 0 }
        /clang-format off/ { table = 1 }
        { gsub(/[\200-\277]/, "") }
        !table && length($0) > 100 { print FILENAME ":" FNR ": " length($0) " columns"; bad = 1 }
        END { exit bad }' "$@"
}

# functions MOST TEN FILE...: those of more than MOST lines, and structures of one letter in those
# of more than TEN. A function begins behind the last line that stands at the margin, and ends with
# a brace there.
functions() {
    most=$1 ten=$2; shift 2
    LC_ALL=C awk -v most="$most" -v ten="$ten" '
        function tell(what) { print FILENAME ":" head ": " what; bad = 1 }
        FNR == 1 { inside = table = 0; head = 1; letters = "" }
        !inside && /^[A-Za-z].*\(/ { head = FNR; letters = "" }
        /^\{/ { inside = 1; lines = FNR - head; table = 0 }
        {
            if (match($0, /(struct|union) [a-z_0-9]+ (\*+(const )?)?[a-oq-z]( |\[|,|;|\)|=)/) \
                && !/^[^"]*\/\*.*(struct|union)/)
                letters = letters " " substr($0, RSTART, RLENGTH - 1) ";"
        }
        inside && !table && !/^ *RUN\(/ { lines++ }
        inside && /(\] = |^    \} [a-z_]*\[\] = )\{/ && !/;$/ { table = 1 }
        table && /\};$/ { table = 0 }
        inside && /^\}/ {
            if (lines > most) tell(lines " lines")
            if (lines > ten && letters != "") tell("one letter for a structure:" letters)
            inside = 0; letters = ""
        }
        END { exit bad }' "$@"
}

# decisions FIVE FILE...: conditional expressions in a row, ifs that assign, and functions of more
# than FIVE parameters. Brackets are counted in what is left of a file without comments and texts;
# asks[depth] is how many question marks an expression has there.
decisions() {
    five=$1; shift
    LC_ALL=C awk -v five="$five" '
        function tell(what) { print FILENAME ":" FNR ": " what; bad = 1 }
        function code(line,     out, at, token) {
            for (;;) {
                if (comment) {
                    at = index(line, "*/")
                    if (!at) return out
                    line = substr(line, at + 2)
                    comment = 0
                }
                if (!match(line, /"([^"\\]|\\.)*"|\047(\\[^\047]*|[^\047\\])\047|\/\*|\/\//))
                    return out line
                token = substr(line, RSTART, 2)
                out = out substr(line, 1, RSTART - 1)
                if (token == "//") return out
                comment = token == "/*"
                line = substr(line, RSTART + (comment ? 2 : RLENGTH))
                if (!comment) out = out "0"
            }
        }
        function parameters(text,       p, n, i, count) {
            n = split(text, p, ",")
            for (i = 1; i <= n; i++)
                count += !(p[i] ~ /\.\.\./ || (p[i] ~ /^ *size_t / && p[i - 1] ~ /[*[]/))
            if (count > five) tell(count " parameters")
        }
        FNR == 1 { depth = comment = assigns = head = macro = 0; asks[0] = 0 }
        /^#/ || macro { macro = /\\$/; next }
        {
            line = code($0)
            for (i = 1; i <= length(line); i++) {
                c = substr(line, i, 1)
                if (c ~ /[({[]/) {
                    if (c == "(" && !depth) { head = 1; text = "" }
                    if (c == "(" && substr(line, 1, i) ~ /(^|[^a-z_])if \($/) assigns = depth + 1
                    asks[++depth] = 0
                    continue
                }
                if (c ~ /[]})]/) {
                    if (assigns == depth) assigns = 0
                    depth--
                    if (!depth && head) { parameters(text); head = 0 }
                }
                if (head && depth == 1) text = text c
                if (c ~ /[},;]/) asks[depth] = 0
                if (c == "?" && ++asks[depth] == 2) tell("a conditional within a conditional")
                if (c == "=" && assigns && substr(line, i + 1, 1) != "=" \
                    && substr(line, i - 1, 1) !~ /[=!<>]/)
                    tell("an if that assigns")
            }
        }
        END { exit bad }' "$@"
}

openings() {    # openings FILE...: those that do not begin with name and subject, or say no licence
    bad=0
    for file in "$@"; do
        base=${file##*/}
        read -r first < "$file"
        case $first in "/* $base - "* | "/* Made by "*) ;; *) echo "$file: $first"; bad=1 ;; esac
    done
    grep -L 'SPDX-License-Identifier: MIT' "$@" | sed 's/$/: no SPDX line/' | grep . && bad=1
    return $bad
}

unnamed() {     # unnamed FILE...: those that the nearest README.md above does not name
    gone=0
    for file in "$@"; do
        page=$file
        while page=${page%/*}; do
            [ -f "$page/README.md" ] && break
            case $page in */*) ;; *) break ;; esac
        done
        [ "${pages:-}" = "$page" ] || { pages=$page; text=$(cat "$page/README.md"); }
        case $text in *"${file##*/}"*) ;; *)
            echo "$page/README.md: ${file##*/} is missing"
            gone=1 ;;
        esac
    done
    return $gone
}

# positive FILE...: a fault is negative, as port/README.md says; errno as it is never leaves a function
positive() { grep -nE 'return (.*[?:] )?(errno|EIO|E[A-Z]{3,})\b *[;:]' "$@"; }

files() { find "$@" -name '*.[ch]' | sort; }

# The checks themselves, on files that are just good and just bad.
row() { printf '/* %*s */\n' "$1" x; }
row 94 | sed 's/x/ü/' > "$tmp/good.c"
{ echo '/* clang-format off */'; row 120; echo '/* clang-format on */'; } >> "$tmp/good.c"
row 95 > "$tmp/bad.c"
try "100 columns, and any number in a table" wide "$tmp/good.c"
try "101 columns are seen" not wide "$tmp/bad.c"
body() {        # body LINES: a function of that many
    printf 'static int f(%s)\n{\n' "${2:-void}"
    yes '    g();' | head -n $(($1 - 3))
    echo '}'
}
{
    body 48
    body 10 'struct quoth_ip *a'
    body 11 'struct quoth_ip *ip, uint8_t *p'
} > "$tmp/good.c"
try "48 lines, and a letter in ten" functions 48 10 "$tmp/good.c"
body 49 > "$tmp/bad.c"
try "49 lines are seen" not functions 48 10 "$tmp/bad.c"
body 11 'const struct quoth_ip *a' > "$tmp/bad.c"
try "a letter in eleven lines is seen" not functions 48 10 "$tmp/bad.c"
{
    echo "int f(int a, const char *p, size_t n, char b, struct c (*d)(int, int, int), int e);"
    echo '/* a ? b : c ? d : e, if (a = b) */ '"const char *t = \"? \\\" ?\", u = '?', v = '\\'';"
    echo 'int g(void)'
    echo '{ if (a <= b && c == d(e ? 1 : 2, f ? 3 : 4)) { while ((a = b) != 0) c = d; } }'
} > "$tmp/good.c"
try "one decision a line, five parameters" decisions 5 "$tmp/good.c"
for line in 'int f(int a, int n, size_t b, int c, int d, int e);' 'int a = b ? c : d ? e : f;' \
    'int f(int a) { if (a && (b = c)) return d; }' 'int f(int a) { if (a += b) return d; }'; do
    printf '%s\n' "$line" > "$tmp/bad.c"
    try "seen: $line" not decisions 5 "$tmp/bad.c"
done
echo 'return fd < 0 ? -errno : full ? -ENOMEM : 0;' > "$tmp/good.c"
echo 'return full ? ENOMEM : 0;' > "$tmp/bad.c"
try "a fault is negative" not positive "$tmp/good.c"
try "one that is not is seen" positive "$tmp/bad.c"
mkdir "$tmp/of" && echo good.c > "$tmp/of/README.md" && touch "$tmp/of/good.c" "$tmp/of/bad.c"
try "a page that names a file" unnamed "$tmp/of/good.c"
try "a page that does not is seen" not unnamed "$tmp/of/bad.c"

# shellcheck disable=SC2046 # no file has a space in its name
{
    try "no line over 100 columns" wide $(files core port fuzz tests)
    try "nor in a makefile" wide $(find Makefile core port fuzz tests -name Makefile -o -name \
        '*.mk')
    try "nor in a script" wide tests/run .ci/run \
        $(find core port fuzz tests -name '*.sh' -o -name '*.py')
    try "functions of core and port" functions 48 10 $(files core port)
    # shellcheck disable=SC2086
    try "decisions and parameters of core and port" \
        decisions 5 $(files core port | grep -v '^port/static/psa\.c$')
    try "functions of tests" functions 72 1000 $(files fuzz tests)
    try "no errno is returned as it is" not positive $(files port)
    try "files begin with their subject" openings $(files core port fuzz tests)
    try "nothing built is part of the tree" sh -c \
        '! git ls-files 2> /dev/null | grep -E "(^|/)(build[^/]*|__pycache__)/|\.(o|a|pyc)$"'
    try "pages name files" unnamed $(files core port) $(find fuzz tests -name '*.h' | sort)
}

have=$(clang-format --version 2> /dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "${have:-0}" = $FORMAT_VERSION ]; then
    # shellcheck disable=SC2046
    try "laid out as .clang-format says" clang-format --dry-run \
        -Werror $(files core port fuzz tests)
    sed 's/^    return/  return/' port/posix/loop.c > "$tmp/loop.c" && cp .clang-format "$tmp"
    try "another layout is seen" not clang-format --dry-run -Werror "$tmp/loop.c"
else
    echo \
        "SKIPPED layout of C: clang-format is ${have:-not installed}, its rules are those of "\
"$FORMAT_VERSION"
fi

echo "style: $passed passed, $failed failed"
[ $failed = 0 ]
