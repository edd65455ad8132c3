# shellcheck shell=sh
# firmware_size.sh - the rows of size.sh for the images: sourced by it, uses its limit().
#
#   own code    core, the lwIP port and the driver, as the linker left them in the image without
#   TLS: they are
#               compiled as one, so in the map they are one file (*.ltrans.o)
#   images      text (code and constants, with what .data starts as), RAM (all of it: stack and TLS
#   arena too)
#   one address the slot and the link on lwIP, in the small limits; ourselves, the machine of
#   QUOTH_HEALTH
#
# SPDX-License-Identifier: MIT
OWN_MAX=22528 OWN_JUDGE_MAX=34816 OWN_BSS_MAX=16 ARENA_MAX=49152 RAM_MAX=65536 CLEAR_RAM_MAX=24576
IMAGE_MAX=133120 CLEAR_IMAGE_MAX=63488 HEALTH_IMAGE_MAX=73728

# Sizes in the map of the sections of one file, summed up by kind: code, constants, tables of judge,
# data, bss.
firmware_own() {
    awk '/^Linker script and memory map/ { on = 1 }
        on && $1 ~ /^\.[a-z]/ { section = $1 }
        on && /ltrans/ && $(NF - 1) ~ /^0x/ {
            kind = "code"
            if (section ~ /^\.rodata/) kind = "const"
            if (section ~ /^\.rodata\.(judge_|latin)/) kind = "judge"
            if (section ~ /^\.data/) kind = "data"
            if (section ~ /^\.bss/) kind = "bss"
            print kind, $(NF - 1)
        }' "$1" | { code=0 const=0 judge=0 data=0 bss=0
            while read -r kind hex; do eval "$kind=\$(($kind + hex))"; done
            echo $code $const $judge $data $bss; }
}

firmware_symbol() {
    echo $((0x$(arm-none-eabi-nm -S "$1" | awk -v s="$2" '$4 == s { print $2 }')))
}

firmware_image() {      # NAME, most text, most RAM
    # shellcheck disable=SC2046
    set -- "$@" $(arm-none-eabi-size "$B/firmware/$1.elf" \
        | awk 'NR == 2 { print $1 + $2, $2 + $3 }')
    printf '  %-18s %6d text %6d RAM\n' "$1" "$4" "$5"
    limit "text of $1" "$4" "$2"
    limit "RAM of $1" "$5" "$3"
}

firmware_rows() {
    "${MAKE:-make}" --no-print-directory firmware-all > /dev/null
    echo "firmware, thumb:"
    # shellcheck disable=SC2046
    set -- $(firmware_own "$B/firmware/mps2-an385-clear.map")
    echo \
        "  own code (core, lwIP port, driver): $1 code, $2 const, $3 tables of judge, $4 data, $5 "\
"bss"
    limit "own code without the tables of judge" $(($1 + $2)) $OWN_MAX
    limit "own code" $(($1 + $2 + $3)) $OWN_JUDGE_MAX
    limit "own code, data" "$4" 0
    limit "own code, bss" "$5" $OWN_BSS_MAX
    [ "$1" -gt 10000 ] || limit "own code that the map does not show" 1 0
    firmware_image mps2-an385 $IMAGE_MAX $((2 * RAM_MAX))
    firmware_image lm3s6965evb $IMAGE_MAX $RAM_MAX
    firmware_image mps2-an385-clear $CLEAR_IMAGE_MAX $CLEAR_RAM_MAX
    firmware_image lm3s6965evb-clear $CLEAR_IMAGE_MAX $CLEAR_RAM_MAX
    firmware_image mps2-an385-health $HEALTH_IMAGE_MAX $CLEAR_RAM_MAX
    firmware_image lm3s6965evb-health $HEALTH_IMAGE_MAX $CLEAR_RAM_MAX
    limit "TLS arena of mps2-an385" "$(firmware_symbol "$B/firmware/mps2-an385.elf" fw_arena)" \
        $ARENA_MAX
    printf \
        '#include "lwip_raw.h"\nchar slot_and_link[sizeof(struct quoth_slot) + sizeof(struct '\
'quoth_link)];\n' \
        |
        arm-none-eabi-gcc -mthumb -mcpu=cortex-m3 -Icore -Iport -Iport/lwip \
            -DQUOTH_CONFIG='"firmware/small.h"' \
            -c -o "$B/size/slot.o" -x c -
    echo '#include "quoth_domain.h"
        char ourselves[sizeof(struct quoth_identity)];' |
        arm-none-eabi-gcc -mthumb -mcpu=cortex-m3 -Icore -Icore/domain -Iport \
            -DQUOTH_CONFIG='"firmware/small.h"' \
            -DQUOTH_HEALTH=1 -c -o "$B/size/health.o" -x c -
    set -- "$(firmware_symbol "$B/size/health.o" ourselves)"
    echo "  our own address, QUOTH_HEALTH: $1 RAM"
    limit "our own address on a board" "$1" 3584
    set -- "$(firmware_symbol "$B/size/slot.o" slot_and_link)"
    echo "  one address: $1 RAM, with driver and link"
    limit "one address on a board" "$1" "$SMALL_MAX"
}
