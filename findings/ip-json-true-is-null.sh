#!/usr/bin/env bash
# ip: `ip -j` writes what is so as `null`: an inverted rule has `"not": null`
#
# Version: iproute2 6.1 (Debian 12). Needs root; works in a network namespace of its own.
# Expected: a flag that is set is `true` in JSON. `rule.get("not")` and jq's `select(.not)` find the inverted rules.
# Seen: `not from 10.0.0.0/8` gives `"not": null` beside `"src": "10.0.0.0"`; a proxy neighbour gives `"proxy": null`. The
#   key's presence is the answer, its value says the opposite to every language that takes null for false.
# Whom it hurts: who reads policy routing by a program. WireGuard's and many VPNs' rule is `not fwmark …`: the program
#   sees the same rule without `not`, and tells that marked packets, of all packets, take the tunnel's table.
set -euo pipefail
VERSION=6.1.0-3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "iproute2=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
for place in "$work"/root/bin/ip "$work"/root/usr/bin/ip; do [ ! -x "$place" ] || export IP=$place; done

cat >inside.sh <<'END'
"$IP" -Version
"$IP" link add up0 type veth peer name up1
"$IP" link set up0 up
"$IP" rule add not from 10.0.0.0/8 fwmark 0x51 table 100 priority 50
"$IP" rule show priority 50
"$IP" -j rule show priority 50
"$IP" neighbour add proxy 192.0.2.1 dev up0
"$IP" -j neighbour show proxy
"$IP" -j rule | python3 -c '
import json, sys
rules = json.load(sys.stdin)
print("inverted, by truth:", sum(bool(rule.get("not")) for rule in rules), "by presence:", sum("not" in rule for rule in rules))'
END
unshare --net bash -eu inside.sh | tee seen

expected='50:not from 10.0.0.0/8 fwmark 0x51 lookup 100
[{"priority":50,"not":null,"src":"10.0.0.0","srclen":8,"fwmark":"0x51","table":"100"}]
[{"dst":"192.0.2.1","dev":"up0","proxy":null}]
inverted, by truth: 0 by presence: 1'
if [ "$(tail -n +2 seen | tr -d '\t' | sed 's/ *$//')" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
