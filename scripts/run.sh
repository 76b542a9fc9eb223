#!/bin/sh -u
# SPDX-License-Identifier: MIT
# `make run` after the build: the lab in virtual time, then a weft host beside the kernel.
# Exit code 0 only if everything that could be tried went well.
build=${BUILD:-build}
weft=$build/tools/weft
report=$build/first-light

mark() { # mark STATUS WHAT DETAIL
    if [ "$1" = 0 ]; then
        printf '  ok      %-12s %s\n' "$2" "$3"
    else
        printf '  FAILED  %-12s %s\n' "$2" "$3"
        failed=1
    fi
}

has() {
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null && return 0
    printf '  skipped %-12s not installed\n' "$1"
    return 1
}

# ---- inside a network namespace of its own: everything in it goes with the last process ----

clean() {
    [ -z "${host:-}" ] || kill "$host" 2>/dev/null
    wait
    rm -rf "$tmp"
}

wire() { # A TAP where /dev/net/tun can be opened, else a veth pair.
    if [ -c /dev/net/tun ] && (: <>/dev/net/tun) 2>/dev/null; then
        echo tap:weft0
    elif ip link add weft0 type veth peer name weft0w && ip link set weft0w up; then
        echo packet:weft0w
    fi 2>/dev/null
}

start_host() {
    link=$(wire)
    if [ -z "$link" ]; then
        echo "  skipped: neither /dev/net/tun nor a veth pair is allowed here"
        exit 0
    fi
    mkdir "$tmp/www"
    head -c 16777216 /dev/urandom >"$tmp/www/random"
    chmod -R a+rX "$tmp/www"
    "$weft" host --name run --control "$tmp/run.ctl" --link "$link" --address 10.77.0.2/24 \
        --serve "echo,http=$tmp/www" >"$tmp/ready" 2>"$tmp/errors" &
    host=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ ! -s "$tmp/ready" ] || break
        sleep 0.1
    done
    if [ ! -s "$tmp/ready" ]; then
        mark 1 "weft host" "$(cat "$tmp/errors")"
        return
    fi
    ip address add 10.77.0.1/24 dev weft0 && ip link set weft0 up && ip link set lo up
    mark $? "weft host" "$link, 10.77.0.2"
}

use_host() {
    if has ping; then
        out=$(timeout 10 ping -n -c 3 -i 0.2 10.77.0.2 2>&1)
        mark $? ping "$(echo "$out" | sed -n 's/.*received, //p;s/^rtt/rtt/p' | paste -sd, -)"
    fi
    if has arping; then
        out=$(timeout 10 arping -c 2 -I weft0 10.77.0.2 2>&1)
        mark $? arping "$(echo "$out" | grep -m1 -i 'reply from')"
    fi
    if has traceroute; then
        out=$(timeout 20 traceroute -n -q 1 10.77.0.2 2>&1)
        echo "$out" | grep -q '^ 1  10.77.0.2 '
        mark $? traceroute "$(echo "$out" | tail -1 | sed 's/^ *//')"
    fi
    if has curl; then
        timeout 30 curl -sS -o "$tmp/got" http://10.77.0.2/random 2>"$tmp/errors" &&
            cmp -s "$tmp/got" "$tmp/www/random"
        mark $? curl "16 MiB $(cat "$tmp/errors")$([ ! -s "$tmp/got" ] || echo compared byte by byte)"
    fi
    out=$("$weft" ping --control "$tmp/run.ctl" -q -c 3 -i 0.2 10.77.0.1 2>&1)
    mark $? "weft ping" "$(echo "$out" | grep -m1 received)"
    out=$("$weft" show --control "$tmp/run.ctl" neighbours 2>&1)
    mark $? "weft show" "$out"
}

# A folder for temporary files that every user can walk to, as the host becomes nobody: TMPDIR may be private.
open_place() {
    for place in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
        d=$(cd "$place" 2>/dev/null && pwd -P) || continue
        while [ "$d" != / ]; do
            case $(stat -c %A "$d") in
            *[xt]) d=$(dirname "$d") ;;
            *) continue 2 ;;
            esac
        done
        echo "$place"
        return
    done
    echo /tmp
}

if [ "${1:-}" = --inside ]; then
    PATH=$PATH:/usr/sbin:/sbin
    failed=0
    umask 022
    tmp=$(mktemp -d -p "$(open_place)")
    chmod 755 "$tmp"
    trap clean EXIT
    trap 'exit 1' INT TERM HUP
    start_host
    [ $failed = 1 ] || use_host
    exit $failed
fi

# ---- outside ----

failed=0
rm -rf "$report"
"$weft" lab run labs/first-light.yaml --out "$report" || failed=1

echo
echo "A weft host beside the kernel of this machine, in a network namespace of its own:"
if unshare -n true 2>/dev/null; then
    unshare -n sh "$0" --inside || failed=1
elif unshare -r -n true 2>/dev/null; then
    unshare -r -n sh "$0" --inside || failed=1
else
    echo "  skipped: network namespaces are not allowed here; as root they are"
fi

echo
[ $failed = 0 ] || echo "Something failed, see above."
echo "The report: $report/index.html"
exit $failed
