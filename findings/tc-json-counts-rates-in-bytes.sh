#!/usr/bin/env bash
# tc: `tc -j` gives a rate of 1Mbit as 125000, and classes not as JSON at all
#
# Version: iproute2 6.1.0 (Debian 12). Needs root; works in a network namespace of its own.
# Expected: JSON holds the numbers of the text: a rate in bits a second, a latency in the unit that is named. What has no
#   JSON is an error.
# Seen: the text says `rate 1Mbit … lat 400ms`, the JSON of the same qdisc `"rate":125000, "lat":400000`: bytes a second and
#   microseconds, without a unit in the key. `tc -j class show` prints the plain text of HTB's classes and ends with 0.
# Whom it hurts: who reads the limits of containers by a program (the CNI bandwidth plugin makes such qdiscs): the limit
#   seems eight times smaller than it is, so a slow container is put down to it; graphs of rate against limit show
#   800 percent. A reader of classes gets no JSON where `tc -j qdisc` just worked.
set -euo pipefail
VERSION=6.1.0-3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "iproute2=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
for place in "$work"/root/sbin/tc "$work"/root/usr/sbin/tc; do [ ! -x "$place" ] || export TC=$place; done

cat >inside.sh <<'END'
"$TC" -Version
ip link add up0 type veth peer name up1
"$TC" qdisc add dev up0 root handle 1: tbf rate 1mbit burst 4kb latency 400ms
"$TC" qdisc show dev up0
"$TC" -j qdisc show dev up0
"$TC" qdisc replace dev up0 root handle 2: htb default 10
"$TC" class add dev up0 parent 2: classid 2:10 htb rate 8mbit
status=0
"$TC" -j class show dev up0 || status=$?
echo "tc -j class show: status $status"
END
unshare --net bash -eu inside.sh | tee seen

expected='qdisc tbf 1: root rate 1Mbit burst 4Kb lat 400ms
[{"kind":"tbf","handle":"1:","root":true,"options":{"rate":125000,"burst":4096,"lat":400000}}]
class htb 2:10 root prio 0 rate 8Mbit ceil 8Mbit burst 1600b cburst 1600b
tc -j class show: status 0'
if [ "$(tail -n +2 seen | sed 's/ refcnt [0-9]*//; s/"refcnt":[0-9]*,//; s/ *$//; /^$/d')" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
