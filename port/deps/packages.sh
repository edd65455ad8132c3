#!/bin/sh
# packages.sh demo|check|browser|clients|coverage|prove - install what Debian packages are missing
# to build and show quoth (demo), or to run every test as well (check: tests/packages.txt, and
# compilers for make size; browser: to test the page with; clients: npm, unless there is one).
# `make coverage` and `make prove` ask for theirs when they are run, as those are large.
#
# Needs root, or sudo; with neither it prints the command to run and fails.
#
# SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
list=$here/../../tests/packages.txt
say() { printf '%s\n' "$*" >&2; }

case ${1-} in
demo)  want="gcc make libc6-dev bzip2" ;;
check) want="gcc g++ make libc6-dev bzip2 xz-utils binutils"
       want="$want gcc-arm-none-eabi libnewlib-arm-none-eabi $(sed 's/#.*//' "$list")" ;;
browser) want="chromium" ;;
clients) want=
         command -v npm > /dev/null || want="npm" ;;
coverage) want="make libc6-dev python3 clang-19 llvm-19 libclang-rt-19-dev" ;;
prove) want="make frama-c-base" ;;
*)     say "usage: packages.sh demo|check|browser|clients|coverage|prove"; exit 2 ;;
esac

if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
    [ "$1" = check ] || { command -v cc > /dev/null && command -v bzip2 > /dev/null; } && exit 0
    say "packages: this is not a Debian system. Needed here, by their Debian names:" $want
    exit 1
fi

missing=
for p in $want; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2> /dev/null)" = installed ] \
        || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

get="env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends$missing"
as=
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo > /dev/null && sudo -n true 2> /dev/null; then as=sudo
    else say "packages: missing:$missing. Please run:" \
        "sudo apt-get update && sudo apt-get install --no-install-recommends$missing"; exit 1; fi
fi
say "packages: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Package lists may be old, or not there at all.
$as $get > "$log" 2>&1 || { $as apt-get update -qq > "$log" 2>&1 && $as $get > "$log" 2>&1; } ||
    { say "packages: cannot install$missing:"; tail -n 5 "$log" >&2; exit 1; }
