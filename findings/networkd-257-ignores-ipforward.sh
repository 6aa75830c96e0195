#!/usr/bin/env bash
# systemd-networkd: `IPForward=yes` of a .network file forwards on 252 and forwards nothing on 257
#
# Version: systemd 252.39 (Debian 12) beside 257.13 (Debian 13). Needs root; works in network, mount and process namespaces
#   of its own, without systemd as their first process.
# Expected: a deprecated setting goes on working, or its file is refused. IPForward=yes is what the guides of ten years
#   say, and on Debian 12 it sets the sysctl `net.ipv4.ip_forward`.
# Seen: networkd 257 reads the file, sets the link's address and writes one line, "IPForward= setting is deprecated".
#   Forwarding stays 0 globally, for new links and on the link itself. The link is configured, nothing has failed.
# Whom it hurts: routers and container hosts after the upgrade from Debian 12 to 13. All interfaces look right, local
#   connections work, and only what passes through is dropped; the one line lies in the journal of the boot.
set -euo pipefail
OLD=252.39-1~deb12u2 NEW=257.13-1~deb13u1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck disable=SC2016
uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | sort -u | head -1)
unpacked() { # a suite, its packages: they and what they need lie in the folder of the suite's name
    mkdir -p "$1"/{apt/lists/partial,apt/archives/partial,usr/lib,usr/lib64,usr/bin,usr/sbin,etc/systemd/network,proc,sys,dev,run,var}
    if [ "$1" != bookworm ]; then for folder in lib lib64 bin sbin; do ln -s "usr/$folder" "$1/$folder"; done; fi
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $1 main" >"$1/apt/sources.list"
    local apt=(apt-get -q -o "Dir::State::lists=$work/$1/apt/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$work/$1/apt"
        -o "Dir::Etc::SourceList=$work/$1/apt/sources.list" -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root)
    "${apt[@]}" update >/dev/null
    "${apt[@]}" install --download-only --yes --no-install-recommends "${@:2}" >/dev/null
    for package in "$1"/apt/archives/*.deb; do dpkg -x "$package" "$1"; done
    printf 'root:x:0:0::/root:/bin/sh\nsystemd-network:x:998:998::/:/bin/false\n' >"$1/etc/passwd"
    printf 'root:x:0:\nsystemd-network:x:998:\n' >"$1/etc/group"
    cat >"$1/etc/systemd/network/20-guests.network" <<'END'
[Match]
Name=guests0
[Network]
Address=10.7.0.1/24
LinkLocalAddressing=no
IPv6AcceptRA=no
IPForward=yes
END
}
unpacked bookworm "systemd=$OLD"
unpacked trixie "systemd=$NEW"

cat >inside.sh <<'END'
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/var"
mount --rbind /dev "$root/dev"
mkdir -p "$root"/run/systemd/netif/{links,leases,lldp}
chown -R 998:998 "$root/run/systemd/netif"
mount -t proc proc /proc
sysctl -qw net.ipv4.ip_forward=0
ip link add guests0 type veth peer name other0
ip link set other0 up
chroot "$root" "$networkd" --version | head -1 | cut -d . -f 1
chroot "$root" "$networkd" >log 2>&1 &
daemon=$!
for _ in $(seq 100); do ip address show dev guests0 | grep -q 'inet 10.7.0.1/24' && break; sleep 0.1; done
sleep 1
ip -brief address show dev guests0 | awk '{print "address:", $3}'
for link in all default guests0; do echo "forwarding of $link: $(cat "/proc/sys/net/ipv4/conf/$link/forwarding")"; done
grep -o 'IPForward= setting is deprecated' log || true
kill "$daemon"
wait "$daemon" && echo "the daemon ended with 0" || echo "the daemon ended with $?"
END
for one in bookworm:/lib trixie:/usr/lib; do
    root=$work/${one%:*} networkd=${one#*:}/systemd/systemd-networkd \
        unshare --net --mount --pid --fork --kill-child bash -eu inside.sh
done | tee seen

expected='systemd 252 (252
address: 10.7.0.1/24
forwarding of all: 1
forwarding of default: 1
forwarding of guests0: 1
the daemon ended with 0
systemd 257 (257
address: 10.7.0.1/24
forwarding of all: 0
forwarding of default: 0
forwarding of guests0: 0
IPForward= setting is deprecated
the daemon ended with 0'
if [ "$(cat seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
