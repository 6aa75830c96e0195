#!/usr/bin/env bash
# netavark: a published port on an internal network makes no rule, no error and no word
#
# Version: netavark 1.4.0 (Debian 12); 1.14.0 (Debian 13) does the same. Needs root; works in network and mount namespaces
#   of its own.
# Expected: "internal" closes the way out. A port that is asked for in the same configuration is either published or
#   refused, or a warning says that it is not.
# Seen: setup ends with 0, its answer is that of any other network, standard error is empty, and no rule names the port.
#   Nothing on the host tells afterwards that a port was ever asked for, apart from the engine's own record of it.
# Whom it hurts: `podman ps` and the inspection of the container show `0.0.0.0:8080->80/tcp`, and the person who looks for
#   the rule that "must have been flushed" finds none to blame: it was never made, and a restart does not make it.
set -euo pipefail
VERSION=1.4.0-3 IPTABLES_VERSION=1.8.9-2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "netavark=$VERSION" "iptables=$IPTABLES_VERSION" "libxtables12=$IPTABLES_VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
mkdir bin
for name in iptables ip6tables iptables-save; do ln -s ../root/usr/sbin/xtables-nft-multi "bin/$name"; done
LD_LIBRARY_PATH=$(dirname "$work"/root/usr/lib/*/libxtables.so.12)
export LD_LIBRARY_PATH XTABLES_LIBDIR="$LD_LIBRARY_PATH/xtables" PATH=$work/bin:$PATH
NETAVARK=$(ls "$work"/root/usr/lib*/podman/netavark)
export NETAVARK

cat >inside.sh <<'END'
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/state
ip link set lo up
ip netns add guest
"$NETAVARK" --version
container=$(printf 'c%.0s' $(seq 64)) network=$(printf '5%.0s' $(seq 64))
netavark() { # a command; true for an internal network
    "$NETAVARK" --config /run/state "$1" /run/netns/guest <<JSON
{"container_id": "$container", "container_name": "web", "networks": {"net": {"static_ips": ["10.89.0.2"], "interface_name": "eth0"}},
 "port_mappings": [{"container_port": 80, "host_ip": "", "host_port": 8080, "protocol": "tcp", "range": 1}],
 "network_info": {"net": {"name": "net", "id": "$network", "driver": "bridge", "network_interface": "podman1",
   "subnets": [{"subnet": "10.89.0.0/24", "gateway": "10.89.0.1"}], "ipv6_enabled": false, "internal": $2,
   "dns_enabled": false, "ipam_options": {"driver": "host-local"}, "options": {}}}}
JSON
}
for internal in false true; do
    status=0
    netavark setup $internal >answer 2>errors || status=$?
    echo "internal $internal: status $status, answered: $(grep -o 'ipnet":"[^"]*' answer), printed: '$(cat errors)'," \
        "rules that name 8080: $(iptables-save -t nat 2>/dev/null | grep -c -- '--dport 8080' || true)"
    netavark teardown $internal
done
END
unshare --net --mount bash -eu inside.sh | tee seen

expected="internal false: status 0, answered: ipnet\":\"10.89.0.2/24, printed: '', rules that name 8080: 4
internal true: status 0, answered: ipnet\":\"10.89.0.2/24, printed: '', rules that name 8080: 0"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
