#!/bin/sh
# run.sh BOARD IMAGE QUOTH [ADDRESS...] - an image against `quoth sandbox`, in a network of its own;
# without an ADDRESS its console takes them, one a line, until "quit". `quoth sandbox --list` says
# which there are.
#
#   image --10.0.2.15-- QEMU's user network --this namespace-- sandbox on 198.51.100.*
#
# Needs no root where user namespaces are allowed.
# SPDX-License-Identifier: MIT
set -eu
here=$(dirname "$0") net=198.51.100
if [ "${1-}" != --inside ]; then
    for who in '' -r; do
        # shellcheck disable=SC2086
        if unshare $who -n true 2> /dev/null; then exec unshare $who -n sh "$0" --inside "$@"; fi
    done
    echo "run-firmware: no network namespace may be made here" >&2
    exit 69
fi
board=$2 image=$3 quoth=$4
shift 4
ip link set lo up
i=1
while [ $i -lt 255 ]; do echo "address add $net.$i/32 dev lo"; i=$((i + 1)); done | ip -batch -
ready=$(mktemp)
"$quoth" sandbox --net $net --quiet > "$ready" &
sandbox=$!
trap 'kill $sandbox; rm -f "$ready"' EXIT
trap 'exit 130' INT TERM HUP
until grep -q '^ready' "$ready"; do kill -0 $sandbox; sleep 0.05; done
status=0
sh "$here/qemu.sh" "$board" "$image" dns=$net.53:2525 port=2525 allow=$net.0/24 real=test \
    helo=probe.quoth.test \
    from=postmaster@probe.quoth.test "$@" || status=$?
exit $status
