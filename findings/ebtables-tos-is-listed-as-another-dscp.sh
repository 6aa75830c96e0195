#!/usr/bin/env bash
# ebtables, nft: `--ip-tos 0x10` is translated and listed as `ip dscp 0x10`, which is TOS 0x40
#
# Version: ebtables of iptables 1.8.9 and nftables 1.0.6 (Debian 12). Needs root; works in a network namespace of its own.
# Expected: the DSCP is the upper six bits of the TOS byte: 0x10 becomes `ip dscp 0x04`, or the rule stays `xt match "ip"`.
# Seen: ebtables-translate, and `nft list ruleset`, which asks the same extension, write the byte as it is: `ip dscp 0x10`;
#   for `--ip6-tclass 0x10` likewise `ip6 dscp 0x10`. The kernel still matches TOS 0x10. When the list is loaded again
#   (`nft list ruleset` into a file, a reboot), it matches TOS 0x40 to 0x43 (the mask leaves the two ECN bits out).
# Whom it hurts: who reads a bridge's rules for voice or management traffic with nft, or keeps them by it: the list speaks of
#   another class than the rule, and after the next boot the rule does as the list said.
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
tool ebtables --version
tool ebtables-translate -A FORWARD -p IPv4 --ip-tos 0x10 -j DROP | grep -o 'ip dscp [0-9a-fx]*'
tool ebtables-translate -A FORWARD -p IPv6 --ip6-tclass 0x10 -j DROP | grep -o 'ip6 dscp [0-9a-fx]*'
tool ebtables -A FORWARD -p IPv4 --ip-tos 0x10 -j DROP
echo "saved by ebtables: $(tool ebtables-save | grep -o -- '--ip-tos [0-9A-Fa-fx]*')"
"$SBIN/nft" list ruleset 2>/dev/null >listed
echo "listed by nft: $(grep -o 'ip dscp [0-9a-fx]*' listed)"
"$SBIN/nft" flush ruleset
"$SBIN/nft" -f listed
echo "loaded again, the byte compared:$("$SBIN/nft" --debug=netlink list ruleset | grep -A 2 'network header + 1' | tail -n 2 | grep -o '0x000000[0-9a-f]*' | sed -n '1s/^/ mask /p; $s/^/ value /p' | tr -d '\n')"
END
unshare --net bash -eu inside.sh | tee seen

expected="ip dscp 0x10
ip6 dscp 0x10
saved by ebtables: --ip-tos 0x10
listed by nft: ip dscp 0x10
loaded again, the byte compared: mask 0x000000fc value 0x00000040"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
