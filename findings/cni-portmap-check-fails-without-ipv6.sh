#!/usr/bin/env bash
# CNI portmap plugin: CHECK of a container without IPv6 fails right after a successful ADD
#
# Version: containernetworking-plugins 1.1.1 (Debian 12), back end iptables. Needs root; works in network and mount
#   namespaces of its own.
# Expected: CHECK with what ADD was given ends with 0 as long as nobody touched the rules.
# Seen: "could not check ipv6 dnat: chain CNI-DN-… not found in iptables table nat". ADD writes rules only for the
#   families that the container has; CHECK asks for both.
# Whom it hurts: runtimes that CHECK, and people who look for the cause of a dead port: every healthy IPv4 container is
#   told to be broken, in words about IPv6 that send them after ip6tables. A hostIP of IPv4 does not help.
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
ip netns add guest
cni() {
    env LD_LIBRARY_PATH="$LIBRARIES" XTABLES_LIBDIR="$LIBRARIES/xtables" CNI_PATH="$PLUGINS" CNI_COMMAND="$1" \
        CNI_CONTAINERID=guest CNI_NETNS=/run/netns/guest CNI_IFNAME=eth0 "$PLUGINS/portmap"
}
asked() { # a port mapping in JSON
    cat >ports <<JSON
{"cniVersion": "1.0.0", "name": "net", "type": "portmap", "backend": "iptables", "runtimeConfig": {"portMappings": [$1]},
 "prevResult": {"cniVersion": "1.0.0", "interfaces": [{"name": "eth0", "sandbox": "/run/netns/guest"}],
                "ips": [{"address": "10.22.0.2/24", "gateway": "10.22.0.1", "interface": 0}]}}
JSON
    for command in ADD CHECK DEL; do
        status=0
        cni $command <ports >said || status=$?
        echo "$command: status $status $(grep -o '"msg": .*' said | sed 's/CNI-DN-[0-9a-f]*/CNI-DN-…/' || true)"
    done
}
asked '{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}'
echo "with a hostIP of IPv4:"
asked '{"hostPort": 8080, "containerPort": 80, "protocol": "tcp", "hostIP": "0.0.0.0"}'
END
unshare --net --mount bash -eu inside.sh | tee seen

expected='ADD: status 0 
CHECK: status 1 "msg": "could not check ipv6 dnat: chain CNI-DN-… not found in iptables table nat"
DEL: status 0 
with a hostIP of IPv4:
ADD: status 0 
CHECK: status 1 "msg": "could not check ipv6 dnat: chain CNI-DN-… not found in iptables table nat"
DEL: status 0 '
if [ "$(cat seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
