#!/usr/bin/env bash
# aardvark-dns: `web` resolves and `web.dns.podman` does not exist, for the same container in the same moment
#
# Version: aardvark-dns 1.4.0 (Debian 12; 1.14.0 answers both alike). Needs root; works in network and process namespaces
#   of its own.
# Expected: a container in two networks resolves its neighbours of both, and the full name, which ends in the search domain
#   that its resolv.conf has, gives what the short name gives.
# Seen: a neighbour of the other network is NXDOMAIN by its full name and found by the short one. A name that stands in both
#   networks has all addresses by the short name and one of them by the full name. The network is that of the server's
#   address that was asked; the resolv.conf has both addresses, but the first one's NXDOMAIN is final.
# Whom it hurts: a reverse proxy in several networks with full names in its configuration. `getent hosts web` in the
#   container works (libc tries the full name, then the short one), so the person on call takes the name for good
#   and looks for the fault in the proxy, which does not try twice.
set -euo pipefail
VERSION=1.4.0-3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "aardvark-dns=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
AARDVARK=$(ls "$work"/root/usr/lib*/podman/aardvark-dns)
export AARDVARK

cat >client.py <<'END'
import socket, sys
source, server, name = sys.argv[1:]
labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    link.settimeout(5)
    link.bind((source, 0))
    link.sendto(b"\0\7\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1", (server, 53))
    answer = link.recv(4096)
tail, found = answer[12 + len(labels) + 5:], []
for _ in range(answer[7]):  # a name (whole or a pointer), ten bytes, an address
    tail = tail[2:] if tail[0] >= 192 else tail[tail.index(b"\0") + 1:]
    found.append(socket.inet_ntoa(tail[10:14]))
    tail = tail[14:]
print(f"{name}: {' '.join(sorted(found)) or ('NXDOMAIN' if answer[3] & 15 == 3 else 'nothing')}")
END
cat >inside.sh <<'END'
mkdir names
ip link set lo up
for address in 10.89.0.1 10.89.1.1 10.89.0.2; do ip address add "$address/32" dev lo; done
proxy=$(printf '%064d' 1) first=$(printf '%064d' 2) second=$(printf '%064d' 3)
printf '%s\n' 10.89.0.1 "$proxy 10.89.0.2  proxy" "$first 10.89.0.3  near,both" >names/front
printf '%s\n' 10.89.1.1 "$proxy 10.89.1.2  proxy" "$second 10.89.1.4  far,both" >names/back
"$AARDVARK" --version 2>/dev/null
"$AARDVARK" --config "$PWD/names" --port 53 run >/dev/null 2>&1 &
for _ in $(seq 50); do [ "$(ss -Hlun sport = 53 | wc -l)" -ge 2 ] && break; sleep 0.1; done
for server in 10.89.0.1 10.89.1.1; do
    echo "the proxy, from 10.89.0.2, asks $server:"
    for name in near far both; do
        python3 client.py 10.89.0.2 $server $name
        python3 client.py 10.89.0.2 $server $name.dns.podman
    done
done
END
unshare --net --pid --fork --kill-child bash -eu inside.sh | tee seen

expected="the proxy, from 10.89.0.2, asks 10.89.0.1:
near: 10.89.0.3
near.dns.podman: 10.89.0.3
far: 10.89.1.4
far.dns.podman: NXDOMAIN
both: 10.89.0.3 10.89.1.4
both.dns.podman: 10.89.0.3
the proxy, from 10.89.0.2, asks 10.89.1.1:
near: 10.89.0.3
near.dns.podman: NXDOMAIN
far: 10.89.1.4
far.dns.podman: 10.89.1.4
both: 10.89.0.3 10.89.1.4
both.dns.podman: 10.89.1.4"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
