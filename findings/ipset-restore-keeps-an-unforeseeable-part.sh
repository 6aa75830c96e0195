#!/usr/bin/env bash
# ipset: what `ipset restore` keeps of a file with a bad line depends on who refuses the line
#
# Version: ipset 7.17 (Debian 12). Needs root; works in a network namespace of its own.
# Expected: either all or nothing, as iptables-restore and `nft -f` do; or else everything before the line that is named.
# Seen: an element that the kernel refuses (it is in the set already) leaves all that stood before it. An element that the
#   tool itself cannot read takes along the elements before it, which were good and had not been sent yet: the set is made,
#   and empty. Both end with 1 and name line 4.
# Whom it hurts: scripts of block lists and allow lists that load a downloaded file. A rule that drops what is *not* in the
#   set then drops everybody, a rule that drops what is in it drops nobody; who repairs "line 4" and adds the rest by hand
#   has lost lines 2 and 3.
set -euo pipefail
VERSION=7.17-1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "ipset=$VERSION" "libipset13=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$work"/root/usr/lib/*/libipset.so.13)
export LD_LIBRARY_PATH IPSET=$work/root/usr/sbin/ipset

cat >inside.sh <<'END'
"$IPSET" --version | head -1
for bad in 10.0.0.1 10.0.0.300; do
    status=0
    printf 'create list hash:ip\nadd list 10.0.0.1\nadd list 10.0.0.2\nadd list %s\nadd list 10.0.0.3\n' "$bad" >file
    "$IPSET" restore <file 2>errors || status=$?
    echo "line 4 is 'add list $bad': status $status, $(grep -o 'Error in line [0-9]*' errors)," \
        "in the set: $("$IPSET" save list | awk '/^add/ {print $3}' | sort | xargs)"
    "$IPSET" destroy
done
END
unshare --net bash -eu inside.sh | tee seen

expected="line 4 is 'add list 10.0.0.1': status 1, Error in line 4, in the set: 10.0.0.1 10.0.0.2
line 4 is 'add list 10.0.0.300': status 1, Error in line 4, in the set: "
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
