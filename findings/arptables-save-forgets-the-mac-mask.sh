#!/usr/bin/env bash
# arptables: a rule with a masked hardware address is saved without its condition, and restored for every ARP message
#
# Version: arptables of iptables 1.8.9 (Debian 12). Needs root; works in a network namespace of its own.
# Expected: `--source-mac 02:00:00:00:00:01/ff:ff:ff:00:00:00` is saved and listed with its address and mask, as
#   `--source-mac` without a mask is.
# Seen: the kernel has the condition (nft shows `saddr ether 02:00:00:00:00:00/24`), but arptables-save and `arptables -L`
#   print `-j DROP` alone; arptables-restore of that makes a rule that drops every ARP message.
# Whom it hurts: who keeps guests' addresses apart by their vendor's prefix and saves the rules for the next boot: after it
#   the host answers no ARP at all, on the link over which one would repair it. The listing misleads before that.
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
in_kernel() { "$SBIN/nft" list chain arp filter INPUT | grep drop | sed 's/.*plen 4 //; s/^[[:space:]]*//; s/ packets 0 bytes 0//'; }
tool arptables --version
tool arptables -A INPUT --source-mac 02:00:00:00:00:01/ff:ff:ff:00:00:00 -j DROP
tool arptables -A INPUT --source-mac 02:00:00:00:00:01 -j DROP
echo "in the kernel:"; in_kernel
tool arptables-save >saved
echo "saved:"; grep '^-A' saved
"$SBIN/nft" flush ruleset
tool arptables-restore <saved
echo "in the kernel, restored:"; in_kernel
END
unshare --net bash -eu inside.sh | tee seen

expected="in the kernel:
arp saddr ether 02:00:00:00:00:00/24 counter drop
arp saddr ether 02:00:00:00:00:01 counter drop
saved:
-A INPUT -j DROP
-A INPUT -j DROP --src-mac 02:00:00:00:00:01
in the kernel, restored:
counter drop
arp saddr ether 02:00:00:00:00:01 counter drop"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
