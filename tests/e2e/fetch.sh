#!/bin/bash
# Gets the servers of the end-to-end tests without installing them: packages that would replace a
# machine's own mail server, or start one, are only unpacked, into a directory of our own.
#
#   tests/e2e/fetch.sh DIR      DIR/root has what is not on this machine already
#
# apt works out what is missing, downloads it and checks it against the signed index; no root
# needed, nothing is downloaded twice. Without apt, or without a network, whatever is there is used.
# SPDX-License-Identifier: MIT
set -u
dir=$1
servers='postfix exim4-daemon-light sendmail-bin m4 nginx-light haproxy opensmtpd'
servers="$servers apache2-bin prometheus"       # of that promtool alone; 22 MB to download
servers="$servers unbound dnsmasq-base nsd ldnsutils nftables"
done=done-$(echo "$servers" | cksum | cut -d' ' -f1)
[ -e "$dir/$done" ] && exit 0
mkdir -p "$dir/debs/partial" "$dir/root" && dir=$(cd "$dir" && pwd) || exit 1
exec 9> "$dir/lock" && flock 9      # two suites may ask at the same time
[ -e "$dir/$done" ] && exit 0
command -v apt-get > /dev/null || {
    echo "no apt-get here: only servers that are installed can be tested" >&2
    exit 1
}

apt() {
    apt-get -qq -o Debug::NoLocking=1 -o APT::Sandbox::User= \
        -o Dir::Cache::archives="$dir/debs" "${lists[@]}" "$@" \
        > "$dir/log" 2>&1
}
get() { apt install -y --download-only --no-install-recommends "$1"; }
lists=()
missing=0
for p in $servers; do
    get $p && continue
    # the machine's package lists are old or not there: lists of our own
    if [ ${#lists[@]} = 0 ]; then
        mkdir -p "$dir/lists/partial"
        lists=(-o Dir::State::lists="$dir/lists" -o Dir::Cache::pkgcache= \
            -o Dir::Cache::srcpkgcache=)
        apt update && get $p && continue
    fi
    echo "cannot download $p:" >&2
    tail -n 3 "$dir/log" >&2
    missing=1
done
for p in "$dir"/debs/*.deb; do
    [ ! -e "$p" ] || dpkg-deb -x "$p" "$dir/root" || missing=1
done
find "$dir/root" -perm /6000 -exec chmod ug-s {} +      # exim4 is set-uid in its package
[ $missing = 0 ] && touch "$dir/$done"
exit $missing
