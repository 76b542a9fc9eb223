#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands in for sysctl, tc, ip, nstat and the like while a packetdrill script runs against weft: each
# NAME=VALUE among the arguments becomes a line of $WEFT_SETTINGS, which the adapter reads.
case $0 in
*set_sysctls.py) # Scripts end with the restore file that this command is to leave.
    if [ -n "$PACKETDRILL_PID" ]; then
        restore=/tmp/sysctl_restore_$PACKETDRILL_PID.sh
        printf '#!/bin/sh\nrm -f "$0"\n' >"$restore" && chmod +x "$restore"
    fi ;;
*sysctl) ;;
*) exit 0 ;;
esac
for word; do
    case $word in
    *=*)
        name=${word%%=*}
        name=$(printf %s "${name#/proc/sys/}" | tr / .)
        printf '%s=%s\n' "$name" "${word#*=}" >>"${WEFT_SETTINGS:-/dev/null}" ;;
    esac
done
