#!/usr/bin/env bash
# nft --optimize: refuses a rule set that loads without it, and joins what two rules count
#
# Version: nft 1.0.6 (Debian 12); 1.1.3 and 1.1.7 do the same. Needs root; works in a network namespace of its own.
# Expected: `nft --optimize --file` says that it merges rules without a change of their meaning. A rule for one address before
#   the rule for its network, and a port before its range, are the commonest order of all; where they cannot be merged they
#   stay two rules.
# Seen: both pairs are merged into one map, whose intervals then conflict: the whole file is refused ("conflicting intervals
#   specified", with no line of the file), and nothing of it is loaded. Two rules that count are merged into one rule that
#   counts for both: what each of them has met can no longer be told.
# Whom it hurts: who turns the option on in nftables.service: the host comes up without any rule after the next exception
#   that somebody writes. Who reads counters to see which of two rules met a packet sees one number.
set -euo pipefail
VERSION=1.0.6-2+deb12u2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "nftables=$VERSION" "libnftables1=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
NFT=$work/root/usr/sbin/nft
LD_LIBRARY_PATH=$(dirname "$(find "$work/root" -name libnftables.so.1)")
export NFT LD_LIBRARY_PATH

ruleset() { printf 'table ip t {\n\tchain c {\n\t\ttype filter hook input priority 0\n\t\t%s\n\t\t%s\n\t}\n}\n' "$@"; }
ruleset 'ip saddr 192.0.2.1 accept' 'ip saddr 192.0.2.0/24 drop' >address.nft
ruleset 'tcp dport 8080 accept' 'tcp dport 8000-9000 drop' >port.nft
ruleset 'tcp dport 22 counter accept' 'tcp dport 80 counter accept' >counters.nft
cat >inside.sh <<'END'
"$NFT" --version
for each in address port; do
    "$NFT" --file $each.nft && echo "$each: loads as written"
    "$NFT" flush ruleset
    "$NFT" --optimize --file $each.nft >said 2>&1 || echo "$each: refused: $(grep -m1 -o 'conflicting intervals specified' said)"
    echo "$each: rules in the kernel: $("$NFT" list ruleset | grep -cE "saddr|dport")"
done
"$NFT" --optimize --file counters.nft >said 2>&1
"$NFT" list ruleset | grep counter
END
unshare --net bash inside.sh | tee seen
for each in address port; do
    grep -q "^$each: loads as written" seen || { echo "CHANGED: $each is refused as written"; exit 1; }
    grep -q "^$each: refused: conflicting" seen || { echo "CHANGED: $each is optimized"; exit 1; }
    grep -q "^$each: rules in the kernel: 0" seen || { echo "CHANGED: $each is loaded in part"; exit 1; }
done
[ "$(grep -c 'counter packets' seen)" = 1 ] || { echo "CHANGED: two rules keep two counters"; exit 1; }
echo "as stated: --optimize refuses what loads without it, and joins two counters"
