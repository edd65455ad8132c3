#!/bin/sh
# image.sh - a container image of static commands, in the layout of the Open Container Initiative,
# as one tar file.
#
#   port/image/image.sh OUT.tar ARCH=COMMAND...      ARCH: amd64, arm64, arm/v7, riscv64
#
# From scratch: the command, its license, certificates, and no shell. No docker, no root: a layer is
# a tar file, the rest is JSON and sums. The same commands give the same bytes. Source: OCI
# image-spec 1.0 (image-layout, manifest, config).
# SPDX-License-Identifier: MIT
set -eu
out=$1; shift
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^#define QUOTH_VERSION "\(.*\)"/\1/p' "$here/../../core/quoth.h")
when=1970-01-01T00:00:00Z
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/image/blobs/sha256"

# Names in order, no time, no owner: tar says the same each time.
pack() {
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar -C "$1" -cf "$2" .
}
sum() { sha256sum "$1" | cut -d' ' -f1; }
blob() {        # blob FILE: into the image; its sum and size
    sha=$(sum "$1") size=$(wc -c < "$1" | tr -d ' ')
    mv "$1" "$tmp/image/blobs/sha256/$sha"
}

layer() {       # layer COMMAND
    rm -rf "$tmp/root"
    mkdir -p "$tmp/root/usr/bin" "$tmp/root/usr/share/doc/quoth" "$tmp/root/etc/ssl/certs" \
        "$tmp/root/var/lib/quoth"
    install -m 755 "$1" "$tmp/root/usr/bin/quoth"
    install -m 644 "$here/../../LICENSE" "$tmp/root/usr/share/doc/quoth/copyright"
    [ -z "${CA_FILE-}" ] || install -m 644 "$CA_FILE" "$tmp/root/etc/ssl/certs/ca-certificates.crt"
    printf 'root:x:0:0::/:\nnobody:x:65534:65534::/var/lib/quoth:\n' > "$tmp/root/etc/passwd"
    find "$tmp/root" -type d -exec chmod 755 {} +
    chmod 644 "$tmp/root/etc/passwd"
    # a volume of whoever runs it; there are no owners in the layer
    chmod 1777 "$tmp/root/var/lib/quoth"
    pack "$tmp/root" "$tmp/layer.tar"
    diff_id=$(sum "$tmp/layer.tar")
    gzip -9n "$tmp/layer.tar"
}

manifests=
for pair; do
    arch=${pair%%=*} variant=
    case $arch in */*) variant=",\"variant\":\"${arch#*/}\"" arch=${arch%/*};; esac
    layer "${pair#*=}"
    blob "$tmp/layer.tar.gz"
    layer_sha=$sha layer_size=$size
    printf \
        '{"created":"%s","architecture":"%s"%s,"os":"linux","config":{"User":"65534:65534",'\
'"ExposedPorts":{"8025/tcp":{}},"Entrypoint":["/usr/bin/quoth"],"Cmd":["serve"],"WorkingDir":"/",'\
'"Volumes":{"/var/lib/quoth":{}},"StopSignal":"SIGTERM","Labels":{"org.opencontainers.image.title"'\
':"quoth","org.opencontainers.image.version":"%s","org.opencontainers.image.licenses":"MIT"}},'\
'"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"%s",'\
'"created_by":"port/image/image.sh"}]}' \
        $when "$arch" "$variant" "$version" "$diff_id" $when > "$tmp/config"
    blob "$tmp/config"
    printf \
        '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'\
'"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},'\
'"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s",'\
'"size":%s}]}' \
        "$sha" "$size" "$layer_sha" "$layer_size" > "$tmp/manifest"
    blob "$tmp/manifest"
    manifests="$manifests${manifests:+,}$(printf \
        '{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,'\
'"platform":{"architecture":"%s","os":"linux"%s}}' \
        "$sha" "$size" "$arch" "$variant")"
done
printf \
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' \
    "$manifests" > "$tmp/list"
blob "$tmp/list"
# By a name of its own, for tools that ask for one; of the four machines each takes its own.
printf \
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",'\
'"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:%s",'\
'"size":%s,"annotations":{"org.opencontainers.image.ref.name":"%s"}}]}' \
    "$sha" "$size" "$version" > "$tmp/image/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' > "$tmp/image/oci-layout"
find "$tmp/image" -type d -exec chmod 755 {} +
find "$tmp/image" -type f -exec chmod 644 {} +
pack "$tmp/image" "$out.new"
mv "$out.new" "$out"
