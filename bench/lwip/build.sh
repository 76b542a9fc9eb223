#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# Build lwip_bulk from Debian's source of lwIP in a folder of the build. Usage: build.sh FOLDER
# The last line of the output says why it cannot. Nothing of the system's package lists is changed.
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
if [ lwip_bulk -nt "$here/lwip_bulk.c" ] && [ lwip_bulk -nt "$here/lwipopts.h" ]; then
    exit 0
fi
command -v apt-get >/dev/null || { echo "no apt-get, so no source of lwIP"; exit 1; }
command -v dpkg-source >/dev/null || { echo "no dpkg-source (package dpkg-dev), so no source of lwIP"; exit 1; }
if ! ls -d lwip-*/src >/dev/null 2>&1; then
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb-src [signed-by=$key] http://deb.debian.org/debian $codename main" >sources.list
    mkdir -p lists/partial cache/archives/partial
    set -- -q -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=/nonexistent \
        -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache"
    if ! { timeout 120 apt-get "$@" update && timeout 120 apt-get "$@" source lwip; } >fetch.log 2>&1; then
        echo "Debian's source of lwIP cannot be fetched: $(grep -m1 '^E:' fetch.log || tail -1 fetch.log)"
        exit 1
    fi
fi
lwip=$(ls -d lwip-*/src)
port=$lwip/../port/include # Debian's patch.
"${CC:-cc}" -O2 -w -I"$here" -I"$lwip/include" -I"$port" -o lwip_bulk "$here/lwip_bulk.c" "$lwip"/core/*.c \
    "$lwip"/core/ipv4/*.c >cc.log 2>&1 || { echo "lwIP does not compile: $(grep -m1 error cc.log)"; exit 1; }
