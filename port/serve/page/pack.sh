#!/bin/sh
# pack.sh - a file that the server gives away to a C header (standard output): its bytes as gzip,
# and the sums that name what is in it.
#
#   pack.sh page FILE.html
#     <style> ... </style>     PAGE_STYLE    sha256-..., for Content-Security-Policy
#     <script> ... </script>   PAGE_SCRIPT
#     the bytes                PAGE_TAG      an ETag; page_gzip[]
#   pack.sh openapi FILE.json
#     the bytes                OPENAPI_TAG, openapi_gzip[]; lines are joined, for no JSON text holds
#     the end of one
#
# More than 14 KB is an error: it is to be one round trip of a fresh connection (ten segments).
#
# SPDX-License-Identifier: MIT
set -e
name=$1 page=$2 most=14336
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

sum() {
    if command -v sha256sum > /dev/null; then
        sha256sum
    else
        shasum -a 256
    fi | cut -d' ' -f1
}

# From one tag to the other, as a browser sums it: the end of the line of the first belongs to it.
inside()
{
    awk -v tag="$1" \
        '$0 == "</" tag ">" { on = 0; ended++ } on; $0 == "<" tag ">" { on = 1; print ""; begun++ }
        END { exit begun != 1 || ended != 1 }' "$page" \
            || { echo "$page: not one <$1> on lines of its own" >&2; exit 1; }
}

base64_of_hex()
{
    awk -v digits=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ '{
        n = split($0, digit, "")
        for (i = 1; i <= n; i++) {
            held = held * 16 + index("0123456789abcdef", digit[i]) - 1
            bits += 4
            if (bits == 12 || (i == n && bits)) {
                for (; bits % 6; bits += 2)
                    held *= 4
                for (; bits; bits -= 6) {
                    low = 2 ^ (bits - 6)
                    out = out substr(digits, int(held / low) + 1, 1)
                    held %= low
                }
            }
        }
        while (length(out) % 4)
            out = out "="
        print out
    }'
}

case $page in
*.html)
    inside style > "$tmp/style"
    inside script > "$tmp/script"
    gzip -9n < "$page" > "$tmp/gz" ;;
*) sed 's/^ *//' "$page" | tr -d '\n' | gzip -9n > "$tmp/gz" ;;
esac
bytes=$(wc -c < "$tmp/gz")
if [ "$bytes" -gt $most ]; then
    echo "$page: $bytes bytes as gzip, at most $most are allowed" >&2
    exit 1
fi
upper=$(echo "$name" | tr a-z A-Z)
echo "/* Generated from $page. */"
if [ -f "$tmp/style" ]; then
    echo "#define ${upper}_STYLE \"sha256-$(sum < "$tmp/style" | base64_of_hex)\""
    echo "#define ${upper}_SCRIPT \"sha256-$(sum < "$tmp/script" | base64_of_hex)\""
fi
echo "#define ${upper}_TAG \"\\\"$(sum < "$tmp/gz" | cut -c1-32)\\\"\""
echo "static const unsigned char ${name}_gzip[] = {"
od -An -v -tu1 "$tmp/gz" | sed 's/^ *//; s/  */,/g; s/$/,/'
echo "};"
