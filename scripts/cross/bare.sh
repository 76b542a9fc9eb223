#!/bin/sh
# SPDX-License-Identifier: MIT
# The core without a build system: hosted and freestanding by cc, then for a bare-metal Cortex-M4, with
# sizes per layer; no function of the core may take more than 1 KiB of the stack (BAD-FAULT-14).
# usage: scripts/cross/bare.sh [FOLDER]            default: out/bare; CC, ARM_CC and ARM_SIZE may be set
set -eu
cd "$(dirname "$0")/../.."
out=${1:-out/bare} arm=${ARM_CC:-arm-none-eabi-gcc} size=${ARM_SIZE:-arm-none-eabi-size}
rm -rf "$out"
mkdir -p "$out/hosted" "$out/freestanding" "$out/arm"

# compile FOLDER COMPILER FLAG...: every source into an object named after its layer.
compile() {
    into=$1
    shift
    for f in src/*/*.c; do
        "$@" -Iinclude -Isrc -c "$f" -o "$into/$(echo "${f#src/}" | tr / _).o"
    done
}

compile "$out/hosted" "${CC:-cc}"
echo "hosted, no options: ok"
compile "$out/freestanding" "${CC:-cc}" -std=c11 -O2 -ffreestanding
echo "freestanding: ok"
compile "$out/arm" "$arm" -std=c11 -Os -mcpu=cortex-m4 -mthumb -ffreestanding -ffunction-sections \
    -Wall -Wextra -Werror
echo "Cortex-M4, -Os:"
"$size" "$out"/arm/*.o | awk '
    NR > 1 { n = split($6, path, "/"); sub(/_.*/, "", path[n]); layer = path[n]
             if (!(layer in text)) order[++layers] = layer
             text[layer] += $1; data[layer] += $2; bss[layer] += $3; t += $1; d += $2; b += $3 }
    END { printf "%-8s %8s %8s %8s\n", "layer", "code", "data", "bss"
          for (i = 1; i <= layers; i++) { l = order[i]; printf "%-8s %8d %8d %8d\n", l, text[l], data[l], bss[l] }
          printf "%-8s %8d %8d %8d\n", "all", t, d, b
          exit d + b > 0 }'
# Both word sizes: what the larger frame needs decides.
for f in src/*/*.c; do
    "$arm" -std=c11 -Os -mcpu=cortex-m4 -mthumb -Iinclude -Isrc -Wstack-usage=1024 -c "$f" -o "$out/stack.o"
    "${CC:-cc}" -std=c11 -O2 -Iinclude -Isrc -Wstack-usage=1024 -c "$f" -o "$out/stack.o"
done 2>&1 | grep 'stack usage' | sort -u >"$out/stack.txt" || true
[ ! -s "$out/stack.txt" ] || { cat "$out/stack.txt"; exit 1; }
echo "no function takes more than 1 KiB of stack: ok"
