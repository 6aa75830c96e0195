#!/usr/bin/env bash
# nft: what `nft -j list ruleset` wrote, `nft -j -f` refuses or loads with losses
#
# Version: nftables 1.0.6 (Debian 12). Needs root; works in a network namespace of its own.
# Expected: the JSON of nft is the same ruleset as its text, so it can be saved, kept in a database and loaded again; what
#   cannot be written as JSON is an error.
# Seen: a map from ports to an address and a port, the usual way to publish ports, is written and then refused with
#   "Invalid map type", and with it the whole ruleset. Without such a map the load ends with 0, but the comments of
#   tables, chains, sets and maps are gone (those of rules stay), and a set has lost auto-merge: the next overlapping
#   element, welcome before, is an error.
# Whom it hurts: people whose backup or configuration tool keeps the JSON. A restore at night gives no ruleset at all, or
#   one without the words that say who made a chain and why; the block list's updates fail days later.
set -euo pipefail
VERSION=1.0.6-2+deb12u2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "nftables=$VERSION" "libnftables1=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$work"/root/usr/lib/*/libnftables.so.1)
export LD_LIBRARY_PATH NFT=$work/root/usr/sbin/nft

cat >inside.sh <<'END'
"$NFT" --version
again() {
    status=0
    "$NFT" -j list ruleset >saved.json
    "$NFT" flush ruleset
    "$NFT" -j -f saved.json >said 2>&1 || status=$?
    echo "loaded again: status $status $(grep -m1 -o 'Invalid.*' said || true)"
}
"$NFT" -f - <<'RULES'
table ip published {
    map ports { type inet_service : ipv4_addr . inet_service; elements = { 8080 : 192.0.2.7 . 80 } }
}
RULES
again
echo "tables afterwards: '$("$NFT" list tables)'"

"$NFT" -f - <<'RULES'
table ip guard {
    comment "words of the table"
    set blocked { type ipv4_addr; flags interval; auto-merge; comment "words of the set"; elements = { 198.51.100.0/24 } }
    map verdicts { type ipv4_addr : verdict; comment "words of the map"; elements = { 192.0.2.1 : drop } }
    chain input {
        comment "words of the chain"
        type filter hook input priority 0; policy accept;
        ip saddr @blocked drop comment "words of the rule"
    }
}
RULES
"$NFT" list ruleset >before
again
"$NFT" list ruleset >after
echo "lost:"
diff before after | grep '^[<>]' | tr -d '\t'
status=0
"$NFT" add element ip guard blocked '{ 198.51.100.7 }' >said 2>&1 || status=$?
echo "one more element: status $status, $(grep -o 'interval overlaps.*' said)"
END
unshare --net bash -eu inside.sh | tee seen

expected="loaded again: status 1 Invalid map type 'ipv4_addr . inet_service'.
tables afterwards: ''
loaded again: status 0 
lost:
< comment \"words of the table\"
< auto-merge
< comment \"words of the set\"
< comment \"words of the map\"
< comment \"words of the chain\"
one more element: status 1, interval overlaps with an existing one"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
