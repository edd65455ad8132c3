#!/bin/bash
# check.sh - the image is what the specification says: each sum and size, the layer as it unpacks,
# and the command in it runs with nothing around it. Twice the same bytes.
#
#   port/image/check.sh IMAGE.tar ARCH=COMMAND...     what image.sh was given
#
# Last line: "image: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
image=$1; shift
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

check() {       # NAME COMMAND...
    local name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name"; head -n 5 "$tmp/log"; fi
}
# What a descriptor names has that sum and size: FILE, the jq path of the descriptor.
descriptor() {
    local digest size
    digest=$(jq -r "$2.digest" "$1") size=$(jq -r "$2.size" "$1")
    blob=$tmp/image/blobs/sha256/${digest#sha256:}
    echo "${digest#sha256:}  $blob" \
        | sha256sum -c --quiet - && [ "$(stat -c %s "$blob")" = "$size" ]
}

mkdir "$tmp/image"
check 'it is a tar file' tar -C "$tmp/image" -xf "$image"
check 'the layout has a version' jq -e '.imageLayoutVersion == "1.0.0"' "$tmp/image/oci-layout"
check 'the list of machines' descriptor "$tmp/image/index.json" '.manifests[0]'
list=$blob
check 'a reference' jq -e \
    '.manifests[0].annotations["org.opencontainers.image.ref.name"] | length > 0' \
    "$tmp/image/index.json"
check 'a machine each' [ "$(jq '.manifests | length' "$list")" = $# ]
named=3         # blobs: the list, and three a machine
i=0
for pair; do
    arch=${pair%%=*}
    check "$arch: its manifest" descriptor "$list" ".manifests[$i]"
    manifest=$blob
    check "$arch: its platform" [ "$(jq -r \
        ".manifests[$i].platform | [.architecture, .variant // empty] | join(\"/\")" "$list")" = \
        "$arch" ]
    check "$arch: its config" descriptor "$manifest" .config
    config=$blob
    check "$arch: nobody runs it" jq -e \
        '.config.User == "65534:65534" and .config.Entrypoint == ["/usr/bin/quoth"]' "$config"
    check "$arch: its layer" descriptor "$manifest" '.layers[0]'
    check "$arch: the layer's sum unpacked" [ "sha256:$(gzip -dc "$blob" | sha256sum \
        | cut -d' ' -f1)" = "$(jq -r '.rootfs.diff_ids[0]' "$config")" ]
    rm -rf "$tmp/root" && mkdir "$tmp/root"
    check "$arch: it unpacks" tar -C "$tmp/root" -xzf "$blob"
    check "$arch: the command" cmp "$tmp/root/usr/bin/quoth" "${pair#*=}"
    check "$arch: no shell, nothing set-uid" [ -z "$(find "$tmp/root" -name sh -o -perm /6000 \
        -type f)" ]
    [ "$arch" != amd64 ] || native=$tmp/native
    [ "$arch" != amd64 ] || cp -r "$tmp/root" "$tmp/native"
    i=$((i + 1)) named=$((named + 3))
done
check 'nothing else is in it' [ "$(find "$tmp/image/blobs" -type f | wc -l)" -le $((named - 2)) ]

# The command alone in its root: no files of this machine, no network but a loopback of its own.
alone() { unshare -Urn chroot "$native" /usr/bin/quoth "$@"; }
if [ "$(uname -m)" = x86_64 ] && [ -n "${native-}" ] && unshare -Urn true 2> /dev/null; then
    check 'alone: it runs' sh -c \
        "unshare -Urn chroot '$native' /usr/bin/quoth --version | grep -q '^quoth '"
    alone --syntax-only jane@@example.com > "$tmp/log" 2>&1
    check 'alone: it judges' [ $? = 1 ]
    check 'alone: it serves' env native="$native" tmp="$tmp" unshare -Urn bash -c '
        ip link set lo up || exit 1
        chroot "$native" /usr/bin/quoth serve --sandbox --state-dir /var/lib/quoth \
            --listen 127.0.0.1:8025 > "$tmp/serve" 2>&1 < /dev/null &
        for _ in {1..600}; do
            exec 3<> /dev/tcp/127.0.0.1/8025 && break
            sleep 0.1
        done 2> /dev/null
        printf "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" >&3
        grep -q "^ok" <&3 && kill $! && wait $! && [ -s "$native/var/lib/quoth/manners" ]'
else
    echo 'SKIPPED the command alone: it needs an x86_64 machine and user namespaces'
fi
check 'made again: the same bytes' sh "$here/image.sh" "$tmp/again.tar" "$@"
check 'made again: the same sum' cmp "$image" "$tmp/again.tar"
echo "image: $passed passed, $failed failed"
[ $failed = 0 ]
