#!/usr/bin/env bash
# ebtables: `-L` says "policy: RETURN" of every chain of one's own, also of those that end in ACCEPT or DROP
#
# Version: ebtables of iptables 1.8.9 (Debian 12). Needs root; works in a network namespace of its own.
# Expected: the policy in the list is the chain's. (Who knows iptables expects RETURN of a new chain, and finds it here.)
# Seen: a new chain has policy ACCEPT, as ebtables' manual says: the kernel has a last rule `accept` in it, and
#   ebtables-save writes `:GUEST ACCEPT`. `ebtables -L` prints RETURN for it, and the same after `-P GUEST DROP`, for
#   which the kernel's last rule is `drop`. That last rule is in no list of ebtables and is not counted in "entries".
# Whom it hurts: who looks why a frame is dropped, or passes: a frame that reaches the chain's end never comes back to
#   FORWARD, and the list says that it does. The rules below the jump, right as they are, never see it.
set -euo pipefail
VERSION=1.8.9-2 NFT_VERSION=1.0.6-2+deb12u2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "iptables=$VERSION" "libxtables12=$VERSION" "nftables=$NFT_VERSION" "libnftables1=$NFT_VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$work"/root/usr/lib/*/libxtables.so.12)
export LD_LIBRARY_PATH XTABLES_LIBDIR="$LD_LIBRARY_PATH/xtables" SBIN="$work/root/usr/sbin"

cat >inside.sh <<'END'
tool() { "$SBIN/xtables-nft-multi" "$@"; }
told() {
    echo "$1:"
    tool ebtables -L GUEST | grep 'chain: GUEST'
    tool ebtables-save | grep '^:GUEST'
    echo "kernel: $("$SBIN/nft" list chain bridge filter GUEST | grep counter | sed 's/^[[:space:]]*//; s/counter packets 0 bytes 0 //' | paste -sd ';')"
}
tool ebtables --version
tool ebtables -N GUEST
tool ebtables -A GUEST -p ARP -j RETURN
told "a new chain"
tool ebtables -P GUEST DROP
told "after -P GUEST DROP"
tool ebtables -P GUEST RETURN
told "after -P GUEST RETURN"
END
unshare --net bash -eu inside.sh | tee seen

expected="a new chain:
Bridge chain: GUEST, entries: 1, policy: RETURN
:GUEST ACCEPT
kernel: ether type arp return;accept
after -P GUEST DROP:
Bridge chain: GUEST, entries: 1, policy: RETURN
:GUEST DROP
kernel: ether type arp return;drop
after -P GUEST RETURN:
Bridge chain: GUEST, entries: 1, policy: RETURN
:GUEST RETURN
kernel: ether type arp return"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
