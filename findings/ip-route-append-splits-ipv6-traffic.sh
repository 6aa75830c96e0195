#!/usr/bin/env bash
# ip: `ip route append` gives IPv4 a spare route, and IPv6 a second path that half of the connections take
#
# Version: iproute2 6.1.0 (Debian 12); it is the kernel that decides. Needs root; works in a network namespace of its own.
# Expected: the same command does the same in both families. In IPv4 the appended route stands behind the first one and is
#   used when that is deleted.
# Seen: in IPv6 the second route with a gateway joins the first: one route with two nexthops, and about half of the
#   destinations go to the appended gateway at once. `ip -6 route del PREFIX`, which in IPv4 takes the first route and
#   leaves the spare one, deletes both.
# Whom it hurts: who adds a spare router to a network of containers or a VPN in both families with the same two lines. Half
#   of all IPv6 connections go to a router that has no way on, which looks like a flaky network; the deletion of
#   the "bad" route ends IPv6 altogether.
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
for number in 1 2; do
    "$IP" link add "up$number" type veth peer name "router$number"
    "$IP" link set "router$number" up
    "$IP" link set "up$number" up
    "$IP" address add "192.0.2.$((number * 16 + 1))/28" dev "up$number"
    "$IP" address add "2001:db8:$number::1/64" dev "up$number" nodad
done
told() { # family, prefix of destinations
    for number in $(seq 2 100); do "$IP" "$1" route get "$2$number" 2>&1 | grep -o 'dev up[12]' || echo none; done | sort | uniq -c |
        awk '{print "  " $2, $3, ($1 == 99 ? "all" : "a part")}'
}
"$IP" -4 route add 10.0.0.0/24 via 192.0.2.18
"$IP" -4 route append 10.0.0.0/24 via 192.0.2.34
"$IP" -6 route add 2001:db8:a::/64 via 2001:db8:1::2
"$IP" -6 route append 2001:db8:a::/64 via 2001:db8:2::2
echo "IPv4, appended"; told -4 10.0.0.
echo "IPv6, appended"; told -6 2001:db8:a::
"$IP" -4 route del 10.0.0.0/24
"$IP" -6 route del 2001:db8:a::/64
echo "IPv4, deleted once"; told -4 10.0.0.
echo "IPv6, deleted once"; told -6 2001:db8:a::
END
unshare --net bash -eu inside.sh | tee seen

expected="IPv4, appended
  dev up1 all
IPv6, appended
  dev up1 a part
  dev up2 a part
IPv4, deleted once
  dev up2 all
IPv6, deleted once
  none  all"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
