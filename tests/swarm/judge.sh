#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# The judge of the swarm: each file in mutants/ is a one-line defect of the core; the swarm must find it.
# usage: judge.sh [--seeds A-B] [--jobs N] [MUTANT...]
# A mutant names a file, the exact line that goes (once in the file) and the line that comes. Everything
# is built in a temporary directory. Exit 1 if a mutant is missed, cannot be applied, or the core itself fails.
here=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-cc}
seeds=1-1000
jobs=2
while [ $# -gt 0 ]; do
    case $1 in
    --seeds) seeds=$2; shift 2 ;;
    --jobs) jobs=$2; shift 2 ;;
    -*) sed -n '4s/^# //p' "$0" >&2; exit 2 ;;
    *) break ;;
    esac
done
[ $# -gt 0 ] || set -- "$here"/mutants/*.mutant
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# The tree as it is now: a file that changes while this runs would spoil the verdicts.
root=$work/tree
mkdir "$root"
(cd "$here/../.." && tar cf - include src sim drv tests/harness tests/swarm) | tar xf - -C "$root"
flags="-std=c11 -O1 -g -D_POSIX_C_SOURCE=200809L -I$root/include -I$root/src -I$root/tests/harness"

# An object a file: only the one that is mutated is compiled again.
mkdir "$work/base"
cd "$root"
sources="$(echo src/*/*.c sim/*.c) drv/pcapng.c tests/swarm/swarm.c tests/harness/t.c"
for f in $sources; do echo "$f"; done |
    xargs -P "$jobs" -I{} sh -c "$cc $flags -c {} -o $work/base/\$(echo {} | tr / _).o"
# shellcheck disable=SC2086
$cc $flags "$work"/base/*.o -o "$work/swarm"
if ! "$work/swarm" --seeds "$seeds" --once --stop >"$work/base.txt" 2>&1; then
    grep '^not ok' "$work/base.txt" >&2
    echo "judge: the core itself fails; a verdict on mutants would mean nothing" >&2
    exit 1
fi
grep '^# .*seeds a minute' "$work/base.txt"

# judge_one MUTANT: prints one line, ends with 1 if the mutant was missed.
cat >"$work/one.sh" <<'INNER'
m=$1
name=$(basename "$m" .mutant)
dir=$work/m-$name
mkdir "$dir"
what=$(sed -n '1s/^# //p' "$m")
file=$(sed -n 's/^file //p' "$m")
n=$(awk 'NR == FNR { if (/^-/) old = substr($0, 2); next } $0 == old { n++ } END { print n + 0 }' "$m" "$root/$file")
if [ "$n" -ne 1 ]; then
    echo "STALE   $name: its line is $n times in $file"
    exit 1
fi
awk 'NR == FNR { if (/^-/) old = substr($0, 2); else if (/^\+/) new = substr($0, 2); next }
     $0 == old { print new; next } { print }' "$m" "$root/$file" >"$dir/mutant.c"
if ! $cc $flags -I"$root/$(dirname "$file")" -w -c "$dir/mutant.c" -o "$dir/mutant.o" 2>"$dir/cc.txt"; then
    echo "STALE   $name: does not compile"
    exit 1
fi
others=$(ls "$work"/base/*.o | grep -v "/$(echo "$file" | tr / _).o\$")
$cc $flags $others "$dir/mutant.o" -o "$dir/swarm"
timeout 300 "$dir/swarm" --seeds "$seeds" --once --stop >"$dir/out.txt" 2>&1 || true
found=$(sed -n 's/^not ok - seed \([0-9]*\): \(.*\)/\1 \2/p' "$dir/out.txt" | head -1)
rm -f "$dir/swarm"
if [ -z "$found" ]; then
    echo "MISSED  $name: $what"
    exit 1
fi
seed=${found%% *}
echo "found   $name after $((seed - ${seeds%-*} + 1)) seeds: $what [${found#* }]"
INNER
export work root cc flags seeds
status=0
printf '%s\n' "$@" | xargs -P "$jobs" -I{} sh "$work/one.sh" {} >"$work/verdicts.txt" || status=1
sort "$work/verdicts.txt"
echo "judge: $(grep -c '^found' "$work/verdicts.txt" || true) of $# mutants found within seeds $seeds"
exit $status
