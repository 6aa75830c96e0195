#!/usr/bin/env bash
# bridge: a `static` forwarding entry moves to the port where its address is heard; `sticky` and `local` ones stay
#
# Version: iproute2 6.1.0 (Debian 12); the behaviour is the kernel's (seen on Linux 6.18). Needs root; works in network and
#   mount namespaces of its own.
# Expected: `bridge fdb replace ADDRESS dev PORT master static` binds the address to the port until somebody deletes it, as
#   a static entry of a switch or a permanent neighbour does. The listing goes on to say "static".
# Seen: static means that the entry does not age. The first frame from that address that comes in by another port moves the
#   entry there, and it is still listed as static. With `sticky` beside it, or with `local`, it stays.
# Whom it hurts: who pins a guest's or a container's address to its port and clones the guest later, or starts a second one
#   with the same address: the pinned one loses its traffic, and the entry shows what nobody wrote.
set -euo pipefail
VERSION=6.1.0-3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "iproute2=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
IP=$(find "$work/root" -type f -name ip -path "*bin/ip")
BRIDGE=$(find "$work/root" -type f -name bridge -path "*bin/bridge")
export IP BRIDGE

cat >inside.sh <<'END'
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
"$BRIDGE" -V
for kind in static 'static sticky' local; do
    "$IP" link add br0 type bridge
    for number in 1 2; do
        "$IP" netns add guest$number
        "$IP" link add port$number type veth peer name eth0 netns guest$number
        "$IP" link set port$number master br0 up
        "$IP" -n guest$number link set eth0 up
    done
    "$IP" link set br0 up
    # shellcheck disable=SC2086
    "$BRIDGE" fdb replace 02:00:00:00:00:aa dev port1 master $kind
    # The second guest has the address now; it asks who has 10.9.0.99.
    "$IP" -n guest2 link set eth0 down
    "$IP" -n guest2 link set eth0 address 02:00:00:00:00:aa up
    "$IP" -n guest2 address add 10.9.0.3/24 dev eth0
    for _ in 1 2 3; do
        "$IP" netns exec guest2 bash -c 'echo >/dev/udp/10.9.0.99/9' || true
        sleep 0.5
    done
    echo "$kind on port1, heard on port2: $("$BRIDGE" fdb show br br0 | sed -n 's/^02:00:00:00:00:aa dev \(port.\) /\1, listed as /p' | xargs)"
    "$IP" link delete br0
    for number in 1 2; do
        "$IP" link delete port$number
        "$IP" netns delete guest$number
    done
done
END
unshare --net --mount bash -eu inside.sh | tee seen

expected="static on port1, heard on port2: port2, listed as master br0 static
static sticky on port1, heard on port2: port1, listed as sticky master br0 static
local on port1, heard on port2: port1, listed as master br0 permanent"
if [ "$(tail -n +2 seen | sed 's/ *$//')" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
