#!/usr/bin/env bash
# netavark: when the firewall driver changed, teardown ends with 0 and the old driver's port goes on leading nowhere
#
# Version: netavark 1.14.0 with iptables 1.8.11 and nftables 1.1.3 (Debian 13, whose default driver is nftables; Debian
#   12's was iptables). Needs root; works in network, mount and process namespaces of its own.
# Expected: teardown removes what setup made, whichever driver is chosen now; or it fails and says what it left.
# Seen: setup with iptables and teardown with nftables end with 0 each, and the rules of the old driver stay, with the DNAT
#   to an address that nobody has any more. A program that then listens on the port on the host itself gets no connection,
#   not even by 127.0.0.1, until the rule is gone. The other way round, teardown ends with 1 ("No chain/target/match by that
#   name", about iptables), has removed the bridge, and leaves the rules as well.
# Whom it hurts: who changes `firewall_driver` in containers.conf, or upgrades, while containers run, and then gives the
#   port to a service of the host. It listens, no container has the port, and table inet netavark names no such port; the
#   rule that takes its packets stands in the other world.
set -euo pipefail
VERSION=1.14.0-2 IPTABLES_VERSION=1.8.11-2 NFT_VERSION=1.1.3-1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export root=$work/root
mkdir -p apt/lists/partial apt/archives/partial root/{usr/{lib,lib64,bin,sbin},proc,sys,dev,run}
for folder in lib lib64 bin sbin; do ln -s "usr/$folder" "root/$folder"; done
# shellcheck disable=SC2016
uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | sort -u | head -1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri trixie main" >apt/sources.list
apt=(apt-get -q -o "Dir::State::lists=$work/apt/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$work/apt"
    -o "Dir::Etc::SourceList=$work/apt/sources.list" -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root)
"${apt[@]}" update >/dev/null
"${apt[@]}" install --download-only --yes --no-install-recommends \
    "netavark=$VERSION" "iptables=$IPTABLES_VERSION" "nftables=$NFT_VERSION" >/dev/null
for package in apt/archives/*.deb; do dpkg -x "$package" root; done
for name in iptables ip6tables iptables-save; do ln -s xtables-nft-multi "root/usr/sbin/$name"; done

cat >inside.sh <<'END'
mount --rbind /proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/state
for name in client a b; do ip netns add $name; done
mount --rbind /run "$root/run"
ip link set lo up
ip link add up0 type veth peer name up1 netns client
ip address add 198.51.100.1/24 dev up0
ip link set up0 up
ip -n client address add 198.51.100.2/24 dev up1
ip -n client link set up1 up
network=$(printf '5%.0s' $(seq 64))
netavark() { # driver, command, a container's name (a letter), its address
    status=0
    NETAVARK_FW=$1 chroot "$root" /usr/lib/podman/netavark --config /run/state "$2" "/run/netns/$3" >said 2>&1 <<JSON || status=$?
{"container_id": "$(printf "$3%.0s" $(seq 64))", "container_name": "$3",
 "networks": {"net": {"static_ips": ["$4"], "interface_name": "eth0"}},
 "port_mappings": [{"container_port": 80, "host_ip": "", "host_port": 8080, "protocol": "tcp", "range": 1}],
 "network_info": {"net": {"name": "net", "id": "$network", "driver": "bridge", "network_interface": "podman1",
   "subnets": [{"subnet": "10.89.0.0/24", "gateway": "10.89.0.1"}], "ipv6_enabled": false, "internal": false,
   "dns_enabled": false, "ipam_options": {"driver": "host-local"}, "options": {}}}}
JSON
    echo "$2 with $1: status $status $(grep -o 'No chain.*name' said || true)"
}
tool() { chroot "$root" "/usr/sbin/$1" "${@:2}"; }
leads() { tool nft list ruleset 2>/dev/null | grep -o 'tcp dport 8080 .*dnat.* to .*' | sed 's/counter packets [0-9]* bytes [0-9]* //; s/^/  rule: /'; }
told() {
    "$@" python3 -c '
import socket, sys
try:
    with socket.create_connection((sys.argv[1], 8080), 4) as link: print("  answer:", link.recv(9).decode())
except OSError:
    print("  no connection")' "$where"
}
netavark iptables setup a 10.89.0.2
netavark nftables teardown a 10.89.0.2
leads
python3 -c '
import socket
with socket.create_server(("", 8080)) as server:
    while True:
        server.accept()[0].send(b"host")' &
server=$!
for _ in $(seq 50); do ss -Hltn sport = 8080 | grep -q 8080 && break; sleep 0.1; done
echo "host's own service, from the host by 127.0.0.1:"; where=127.0.0.1 told env
echo "host's own service, from a client:"; where=198.51.100.1 told ip netns exec client
tool iptables -t nat -F
echo "from a client, without the rules of iptables:"; where=198.51.100.1 told ip netns exec client

tool nft flush ruleset
netavark nftables setup b 10.89.0.3
netavark iptables teardown b 10.89.0.3
leads
ip link show podman1 >/dev/null 2>&1 || echo "  the bridge is gone"
kill "$server"
END
unshare --net --mount --pid --fork --kill-child bash -eu inside.sh | tee seen

expected="setup with iptables: status 0 
teardown with nftables: status 0 
  rule: tcp dport 8080 dnat to 10.89.0.2:80
host's own service, from the host by 127.0.0.1:
  no connection
host's own service, from a client:
  no connection
from a client, without the rules of iptables:
  answer: host
setup with nftables: status 0 
teardown with iptables: status 1 No chain/target/match by that name
  rule: tcp dport 8080 dnat ip to 10.89.0.3:80
  the bridge is gone"
if [ "$(cat seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
