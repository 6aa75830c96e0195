#!/usr/bin/env bash
# conntrack: `-F -f ipv6` empties the entries of IPv4 too
#
# Version: conntrack 1.4.7 (Debian 12). Needs root; works in a network namespace of its own.
# Expected: `-f` names the family for every command. `conntrack -L -f ipv6` lists only IPv6 and `conntrack -D -f ipv6`
#   deletes only IPv6, so `conntrack -F -f ipv6` empties only IPv6; or the option is refused.
# Seen: the whole table is empty, with status 0; the words "connection tracking table has been emptied" come without `-f`
#   as well. `-D -f ipv6` is what keeps to the family.
# Whom it hurts: who changed IPv6's NAT on a live host and wants its old entries forgotten. Every forwarded IPv4
#   connection with NAT loses its translation at once: long sessions of containers hang or get a reset.
set -euo pipefail
VERSION=1:1.4.7-1+b2 LIBRARY=1.0.9-3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "conntrack=$VERSION" "libnetfilter-conntrack3=$LIBRARY" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$work"/root/usr/lib/*/libnetfilter_conntrack.so.3)
export LD_LIBRARY_PATH CONNTRACK=$work/root/usr/sbin/conntrack

cat >inside.sh <<'END'
"$CONNTRACK" --version
fill() {
    "$CONNTRACK" -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1024 --dport 53 -t 100
    "$CONNTRACK" -I -p udp -s 2001:db8::1 -d 2001:db8::2 --sport 1024 --dport 53 -t 100
} >/dev/null 2>&1
left() { for family in ipv4 ipv6; do echo "$family: $("$CONNTRACK" -L -f $family 2>/dev/null | wc -l)"; done | paste -sd ' '; }
fill
echo "made:          $(left)"
"$CONNTRACK" -D -f ipv6 >/dev/null 2>&1
echo "-D -f ipv6:    $(left)"
fill || true
status=0
"$CONNTRACK" -F -f ipv6 >/dev/null 2>&1 || status=$?
echo "-F -f ipv6:    $(left), status $status"
END
unshare --net bash -eu inside.sh | tee seen

expected="made:          ipv4: 1 ipv6: 1
-D -f ipv6:    ipv4: 1 ipv6: 0
-F -f ipv6:    ipv4: 0 ipv6: 0, status 0"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
