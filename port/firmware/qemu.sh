#!/bin/sh
# qemu.sh BOARD IMAGE WORD... - run an image under QEMU, console on stdin and stdout, WORDs as its
# arguments
# (settings and addresses, see main.c). Exit status: the image's. QEMU_MORE holds more options for
# QEMU.
#
# A word holds no blank: type such an address at the console instead.
# SPDX-License-Identifier: MIT
set -eu
board=$1 image=$2
shift 2
semi=enable=on,target=native,arg=firmware
for word; do
    semi=$semi,arg=$(printf '%s' "$word" | sed 's/,/,,/g')
done
# shellcheck disable=SC2086 # options are meant to part
exec qemu-system-arm -M "$board" -kernel "$image" -nic user,id=cable -display none -serial stdio \
    -monitor none -semihosting-config "$semi" ${QEMU_MORE-}
