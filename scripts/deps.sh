#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# Are the packages here that a task needs? Usage: deps.sh SET...   (build run test check bench fuzz ci)
#
# Each line below is: sets, what to look for (a command, a file, or pkg-config:NAME), Debian package.
# What is missing is installed as root; otherwise the script ends with the line to type, exit code 1.
table='
build          cc                                  build-essential
build          python3                             python3
build          meson                               meson
build          ninja                               ninja-build
build          pkg-config                          pkg-config
build          pkg-config:yaml-0.1                 libyaml-dev
build          pkg-config:jansson                  libjansson-dev
build          pkg-config:libpcap                  libpcap-dev
build          /usr/share/javascript/dygraphs      libjs-dygraphs
run,test,bench ip                                  iproute2
run,test       ping                                iputils-ping
run,test       arping                              iputils-arping
run,test       traceroute                          traceroute
run,test       curl                                curl
test           sysctl                              procps
test           mandoc                              mandoc
test           mtr                                 mtr-tiny
test           socat                               socat
test           tcpdump                             tcpdump
test           tshark                              tshark
check          c++                                 build-essential
check          clang-format                        clang-format
check          ctags                               universal-ctags
bench          valgrind                            valgrind
bench          dpkg-source                         dpkg-dev
fuzz,ci        clang                               clang
ci             clang-tidy                          clang-tidy
ci             qemu-s390x                          qemu-user
ci             s390x-linux-gnu-gcc                 gcc-s390x-linux-gnu
ci             /usr/s390x-linux-gnu/include/stdio.h libc6-dev-s390x-cross
ci             i686-linux-gnu-gcc                  gcc-i686-linux-gnu
ci             /usr/i686-linux-gnu/include/stdio.h libc6-dev-i386-cross
ci             arm-none-eabi-gcc                   gcc-arm-none-eabi
ci             /usr/lib/arm-none-eabi/include/string.h libnewlib-arm-none-eabi
'

is_here() {
    case $1 in
    pkg-config:*) pkg-config --exists "${1#pkg-config:}" 2>/dev/null ;;
    /*) [ -e "$1" ] ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
    esac
}

missing=''
for set in "$@"; do
    packages=$(echo "$table" | while read -r sets probe package; do
        case ",$sets," in
        *",$set,"*) is_here "$probe" || echo "$package" ;;
        esac
    done)
    missing="$missing $packages"
done
missing=$(echo "$missing" | xargs -n1 | sort -u | xargs)
[ -n "$missing" ] || exit 0

echo "missing Debian packages: $missing"
if ! command -v apt-get >/dev/null; then
    echo "no apt-get here: install what your system calls these, then try again"
    exit 1
fi
# A fresh system has no lists of packages, and an update may end badly for the sake of a source that is not needed.
install="apt-get install -y --no-install-recommends $missing"
if [ "$(id -u)" != 0 ]; then
    become='su -'
    command -v sudo >/dev/null && become='sudo sh'
    echo "type: $become -c 'apt-get update; $install'"
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive # tshark asks who may capture; its default answer, root, is right.
apt-get -qq update </dev/null || true
if ! $install -qq </dev/null >/dev/null; then
    echo "apt-get could not install them, see above; when that is mended, try again"
    exit 1
fi
echo "installed: $missing"
