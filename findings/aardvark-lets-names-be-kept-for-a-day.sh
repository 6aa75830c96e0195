#!/usr/bin/env bash
# aardvark-dns: a container's address may be kept for a day, though the next restart changes it
#
# Version: aardvark-dns 1.4.0 (Debian 12; later versions say 60 and then 0 seconds). Needs root; works in network and
#   process namespaces of its own.
# Expected: a server whose names change with every start of a container allows seconds, or forbids to keep them.
# Seen: every answer about a container has a TTL of 86400 seconds. The server itself gives the new address right after the
#   signal with which netavark tells it; whoever kept the old one as allowed does not ask before tomorrow.
# Whom it hurts: proxies and runtimes that keep to the TTL (a resolver of its own in the proxy, a cache in the container).
#   After `podman restart` or an update they talk to the dead address, or to the container that got it since; `getent` and
#   `dig` show the right one, and a restart of the client "repairs" it.
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
import socket
name = b"\3web\0"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    link.settimeout(5)
    link.sendto(b"\0\7\1\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1", ("10.89.0.1", 53))
    record = link.recv(4096)[-10:]  # seconds, two bytes of length, an address
print(f"web: {socket.inet_ntoa(record[6:])}, may be kept {int.from_bytes(record[:4], 'big')} seconds")
END
cat >inside.sh <<'END'
mkdir names
ip link set lo up
ip address add 10.89.0.1/24 dev lo
"$AARDVARK" --version 2>/dev/null
printf '10.89.0.1\n%064d 10.89.0.2  web\n' 1 >names/net
"$AARDVARK" --config "$PWD/names" --port 53 run >/dev/null 2>&1 &
for _ in $(seq 50); do [ -n "$(ss -Hlun sport = 53)" ] && break; sleep 0.1; done
python3 client.py
printf '10.89.0.1\n%064d 10.89.0.3  web\n' 2 >names/net
kill -HUP "$(cat names/aardvark.pid)"
sleep 1
python3 client.py
END
unshare --net --pid --fork --kill-child bash -eu inside.sh | tee seen

expected="web: 10.89.0.2, may be kept 86400 seconds
web: 10.89.0.3, may be kept 86400 seconds"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
