#!/usr/bin/env bash
# pasta: what the host itself sends to a forwarded port comes, for the service, from the network's router
#
# Version: passt 0.0~git20250503 (Debian 13), pasta with its own defaults. Needs root and /dev/net/tun; works in network,
#   mount and process namespaces of its own, pasta as an unprivileged user.
# Expected: pasta keeps the clients' addresses, other than proxies do: a client 192.0.2.77 is seen as 192.0.2.77. The host's
#   own connection to its address 192.0.2.1 is seen as the host's, whichever address that is.
# Seen: it is seen as 192.0.2.254, the gateway of the default route, which has sent nothing (the guest has the host's address itself, so
#   pasta puts the gateway's in its place). By 127.0.0.1 it is seen as 192.0.2.1, which is the guest's own address.
# Whom it hurts: who reads the service's log, or limits and bans by address. A health check or a reverse proxy on the host
#   appears as the router: the ban hits it, or the rule "nothing from the router" cuts off the host, and a capture on
#   the router shows no such packet.
set -euo pipefail
VERSION=0.0~git20250503.587980c-2+deb13u1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
chmod 755 .
umask 022
mkdir -p apt/lists/partial apt/archives/partial root
# shellcheck disable=SC2016
uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | sort -u | head -1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri trixie main" >apt/sources.list
apt=(apt-get -q -o "Dir::State::lists=$work/apt/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$work/apt"
    -o "Dir::Etc::SourceList=$work/apt/sources.list" -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root)
"${apt[@]}" update >/dev/null
"${apt[@]}" download "passt=$VERSION" libc6 >/dev/null
for package in ./*.deb; do dpkg -x "$package" root; done
loader=$(ls "$work"/root/usr/lib/*/ld-linux-*.so.*)
export loader PASTA=$work/root/usr/bin/pasta

cat >server.py <<'END'
import socket
with socket.create_server(("", 8080)) as server:
    while True:
        link, client = server.accept()
        link.sendall(client[0].encode())
        link.close()
END
cat >client.py <<'END'
import socket, sys
with socket.create_connection((sys.argv[2], 8080), 5) as link:
    link.settimeout(5)
    print(f"{sys.argv[1]}, to {sys.argv[2]}: the service sees {link.recv(99).decode()}")
END
cat >inside.sh <<'END'
mount -t tmpfs tmpfs /dev/net
mknod -m 666 /dev/net/tun c 10 200
ip link set lo up
unshare --net sleep 60 &
other=$!
sleep 0.5
ip link add up0 type veth peer name up1 netns "$other"
ip address add 192.0.2.1/24 dev up0
ip link set up0 up
nsenter --target "$other" --net ip address add 192.0.2.77/24 dev up1
nsenter --target "$other" --net ip link set up1 up
ip route add default via 192.0.2.254
setpriv --reuid=65534 --regid=65534 --clear-groups "$loader" --library-path "$(dirname "$loader")" --argv0 pasta "$PASTA" \
    --foreground --config-net --tcp-ports 8080 --udp-ports none --tcp-ns none --udp-ns none -- python3 server.py >log 2>&1 &
for _ in $(seq 50); do [ -n "$(ss -Hltn sport = 8080)" ] && break; sleep 0.1; done
sleep 2
nsenter --target "$other" --net python3 client.py "another machine" 192.0.2.1
python3 client.py "the host" 192.0.2.1
python3 client.py "the host" 127.0.0.1
END
unshare --net --mount --pid --fork --kill-child --mount-proc bash -eu inside.sh | tee seen

expected="another machine, to 192.0.2.1: the service sees 192.0.2.77
the host, to 192.0.2.1: the service sees 192.0.2.254
the host, to 127.0.0.1: the service sees 192.0.2.1"
if [ "$(cat seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
