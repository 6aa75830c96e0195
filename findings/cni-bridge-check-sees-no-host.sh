#!/usr/bin/env bash
# CNI bridge plugin: CHECK is content when the host's half of the network is gone
#
# Version: containernetworking-plugins 1.1.1 (Debian 12). Needs root; works in network and mount namespaces of its own.
# Expected: CHECK, by the specification, answers with an error when what ADD made is no longer there. ADD made the bridge's
#   address, turned on forwarding (isGateway) and wrote the masquerade rules (ipMasq).
# Seen: CHECK with ADD's own result ends with 0 and prints nothing after each of: NAT rules flushed, bridge down, bridge
#   without its address, net.ipv4.ip_forward 0; and after all of them together. Inside of the container it does look: the
#   address lost there is an error.
# Whom it hurts: runtimes and health checks that ask CHECK before they decide on a repair, and the person who runs it by
#   hand: "the network plugin says all is well" while no container reaches anything.
set -euo pipefail
VERSION=1.1.1+ds1-3+b5 IPTABLES_VERSION=1.8.9-2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "containernetworking-plugins=$VERSION" "iptables=$IPTABLES_VERSION" "libxtables12=$IPTABLES_VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
mkdir bin
for name in iptables ip6tables; do ln -s ../root/usr/sbin/xtables-nft-multi "bin/$name"; done
LIBRARIES=$(dirname "$work"/root/usr/lib/*/libxtables.so.12)
export LIBRARIES PLUGINS=$work/root/usr/lib/cni PATH=$work/bin:$PATH

cat >inside.sh <<'END'
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip link set lo up
ip netns add guest
cni() {
    env LD_LIBRARY_PATH="$LIBRARIES" XTABLES_LIBDIR="$LIBRARIES/xtables" CNI_PATH="$PLUGINS" CNI_COMMAND="$1" \
        CNI_CONTAINERID=guest CNI_NETNS=/run/netns/guest CNI_IFNAME=eth0 "$PLUGINS/bridge"
}
network='"cniVersion": "1.0.0", "name": "net", "type": "bridge", "bridge": "br-check", "isGateway": true, "ipMasq": true,
    "ipam": {"type": "host-local", "subnet": "10.22.0.0/24", "dataDir": "/run/addresses"}'
echo "{$network}" | cni ADD >result
echo "{$network, \"prevResult\": $(cat result)}" >check
asked() {
    status=0
    cni CHECK <check >said || status=$?
    echo "CHECK $1: status $status $(grep -o '"msg": .*' said || true)"
}
asked "after ADD"
LD_LIBRARY_PATH=$LIBRARIES XTABLES_LIBDIR=$LIBRARIES/xtables iptables -t nat -F
asked "without NAT rules"
ip address flush dev br-check
asked "without the gateway's address"
ip link set br-check down
asked "with the bridge down"
sysctl -qw net.ipv4.ip_forward=0
asked "without forwarding"
ip -n guest address flush dev eth0
asked "without the container's address"
END
unshare --net --mount bash -eu inside.sh | tee seen

expected='CHECK after ADD: status 0 
CHECK without NAT rules: status 0 
CHECK without the gateway'"'"'s address: status 0 
CHECK with the bridge down: status 0 
CHECK without forwarding: status 0 
CHECK without the container'"'"'s address: status 1 "msg": "Failed to match addr 10.22.0.2/24 on interface eth0"'
if [ "$(cat seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
