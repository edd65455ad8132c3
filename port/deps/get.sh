#!/bin/sh
# get.sh PACKAGE DIR - the locked source of PACKAGE, unpacked in DIR/PACKAGE.
#
#   DIR/PACKAGE/.sum is a locked sum?    nothing to do
#   DIR/PACKAGE_*.orig.tar.* is there?   check its sum, unpack: no network
#   else                                 ask the machine's own Debian mirror for it, then the same
#
# A package whose lock line says "built" has its C only in the built package
# (DIR/PACKAGE_*_all.deb), made there from another language; what it installs below /usr/share is
# then the source.
#
# The mirror is read from the machine's apt sources; nothing of the machine's apt state is
# touched, so any user may run this. A sum that is not in the lock file stops it.
#
# SPDX-License-Identifier: MIT
set -eu
pkg=$1 dir=$2
here=$(cd "$(dirname "$0")" && pwd)
lock=$here/lock
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

say() { printf '%s\n' "$*" >&2; }
die() { say "port/deps: $pkg: $1"; shift; for line; do say "    $line"; done; exit 1; }
locked() { grep -q "^source $pkg [^ ]* $1\$" "$lock"; }
by_hand() { die "$1" \
    "Any one of these helps:" \
    "- put one of the files listed in port/deps/lock into $dir, as ${pkg}_VERSION$kind (then no "\
"network is needed);" \
    "- for node-llhttp: build without the server with SERVE=0;" \
    "- for mbedtls: install your system's own (Debian: libmbedtls-dev) and build with "\
"MBEDTLS=system;" \
    "- for mbedtls: build without TLS with MBEDTLS=none."; }

# $(SITE) of each apt source that is a Debian archive, the best known first.
mirrors() {
    apt-get indextargets --format '$(LABEL)|$(SITE)' 2>/dev/null | sort -u | awk -F'|' '
        $1 == "Debian" { known[$2] }
        $2 ~ /debian(\.list)?\/?$/ { like[$2] }
        END { for (s in known) print s; for (s in like) if (!(s in known)) print s }'
}

apt() {     # apt-get with a state of its own in $tmp
    apt-get -qq -o Dir::Etc::sourcelist="$tmp/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$tmp/lists" -o Dir::Cache="$tmp/cache" -o Dir::Cache::pkgcache= \
        -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any \
        -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# Fetch from one suite of one mirror; leaves the tarball in $tmp and sets `file`. Says why not.
fetch() {
    rm -rf "$tmp/lists" "$tmp/cache"
    mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial"
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    printf '%s %s %s %s main\n' "$line" "$([ ! -r $keys ] \
        || echo "[signed-by=$keys]")" "$1" "$2" > "$tmp/sources.list"
    if ! apt update > "$tmp/log" 2>&1; then
        say "port/deps: no index of $2 at $1:"; tail -n 3 "$tmp/log" >&2; return 1
    fi
    # shellcheck disable=SC2086 # two words
    apt --print-uris $verb "$pkg" 2>> "$tmp/log" > "$tmp/uris" ||
        { say "port/deps: $2 has no $pkg"; return 1; }
    file=$(awk "/$mark/ { print \$2 }" "$tmp/uris")
    sum=$(sed -n "s/.*$mark.* SHA256:\([0-9a-f]*\).*/\1/p" "$tmp/uris")
    if ! locked "$sum"; then
        unknown="$unknown $2:$file,sha256:$sum"; return 1
    fi
    say "port/deps: getting $file ($2)"
    # shellcheck disable=SC2086
    (cd "$tmp" && apt --download-only $verb "$pkg" >> "$tmp/log" 2>&1) ||
        { say "port/deps: cannot download $file:"; tail -n 3 "$tmp/log" >&2; return 1; }
}

fetch_any() {
    command -v apt-get > /dev/null \
        || by_hand "this is not a Debian system, so there is no package source to get it from"
    sites=$(mirrors)
    [ -n "$sites" ] || by_hand "the apt sources of this machine name no Debian archive"
    for suite in $(sed -n "s/^suites $pkg //p" "$lock"); do
        for site in $sites; do
            if fetch "$site" "$suite"; then mv "$tmp/$file" "$dir/"; return; fi
        done
    done
    for u in $unknown; do
        say "port/deps: not in port/deps/lock (${u%%:*}): $(echo "${u#*:}" | tr ',:' '  ')"
        say "    If it is a release you trust, add the line: source $pkg VERSION SHA256"
    done
    by_hand "no suite has a tarball that is in the lock file"
}

if grep -q "^built $pkg\$" "$lock"; then kind=_all.deb line=deb verb=download mark='_all\.deb'
else kind='.orig.tar.*' line=deb-src verb='--tar-only source' mark='\.orig\.tar'; fi
[ -n "$(sed -n "s/^suites $pkg //p" "$lock")" ] || die "not in port/deps/lock"
if [ -f "$dir/$pkg/.sum" ] && locked "$(cat "$dir/$pkg/.sum")"; then exit 0; fi

unknown=
tmp=$(mktemp -d "$dir/get.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT PIPE TERM

# shellcheck disable=SC2086 # $kind has the star
tarball() { for t in "$dir/${pkg}_"*$kind; do [ ! -f "$t" ] || { echo "$t"; return; }; done; }
unpack() {
    case $1 in
    *.deb) dpkg-deb --fsys-tarfile "$1" > "$tmp/fs" \
        && tar -xf "$tmp/fs" -C "$tmp/tree" --strip-components=3 --no-same-owner ./usr/share ;;
    *)     tar -xf "$1" -C "$tmp/tree" --strip-components=1 --no-same-owner ;;
    esac
}
t=$(tarball)
[ -n "$t" ] || { fetch_any; t=$(tarball); }
sum=$(sha256sum "$t" | cut -d' ' -f1)
locked "$sum" || die "the sum of $t is not in port/deps/lock:" "sha256 $sum" \
    "Remove the file to have it fetched again, or, if it is a release you trust, add it to the "\
"lock file."
mkdir "$tmp/tree"
unpack "$t" || die "cannot unpack $t (are bzip2 and xz installed?)"
echo "$sum" > "$tmp/tree/.sum"
rm -rf "${dir:?}/$pkg"
mv "$tmp/tree" "$dir/$pkg"
