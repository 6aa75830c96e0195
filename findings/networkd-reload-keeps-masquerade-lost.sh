#!/usr/bin/env bash
# systemd-networkd: a masquerade that was flushed does not come back by reload, and a stale one does not go by restart
#
# Version: systemd 257.13 (Debian 13). Needs root; works in network, mount and process namespaces of its own, with a
#   message bus of its own.
# Expected: `networkctl reconfigure LINK` sets up again what the link's file says, IPMasquerade=ipv4 included. When the
#   link and its file are gone and networkd has started anew, nothing of them is left.
# Seen: after `nft flush ruleset`, `networkctl reload` and `networkctl reconfigure` end with 0, the log says
#   "Reconfiguring with" the file, and table io.systemd.nat stays away; only a restart of networkd makes it. The other way
#   round: when the daemon has stopped and the link is deleted, the network stays in set masq_saddr; no restart and no
#   reload takes it out, though no file and no link has it.
# Whom it hurts: who loads /etc/nftables.conf, which begins with a flush, beside networkd: containers lose their way out,
#   and the command made for it reports success. And who moved a network away: its packets, now routed for others, still
#   leave with this host's address.
set -euo pipefail
VERSION=257.13-1~deb13u1 NFT_VERSION=1.1.3-1 DBUS_VERSION=1.16.2-2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export root=$work/root
mkdir -p apt/lists/partial apt/archives/partial root/{usr/{lib,lib64,bin,sbin},etc/systemd/network,proc,sys,dev,run,var}
for folder in lib lib64 bin sbin; do ln -s "usr/$folder" "root/$folder"; done
# shellcheck disable=SC2016
uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | sort -u | head -1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri trixie main" >apt/sources.list
apt=(apt-get -q -o "Dir::State::lists=$work/apt/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$work/apt"
    -o "Dir::Etc::SourceList=$work/apt/sources.list" -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root)
"${apt[@]}" update >/dev/null
"${apt[@]}" install --download-only --yes --no-install-recommends \
    "systemd=$VERSION" "nftables=$NFT_VERSION" "dbus=$DBUS_VERSION" >/dev/null
for package in apt/archives/*.deb; do dpkg -x "$package" root; done
printf 'root:x:0:0::/root:/bin/sh\nsystemd-network:x:998:998::/:/bin/false\nmessagebus:x:997:997::/:/bin/false\n' >root/etc/passwd
printf 'root:x:0:\nsystemd-network:x:998:\nmessagebus:x:997:\n' >root/etc/group
cat >root/etc/systemd/network/20-guests.network <<'END'
[Match]
Name=guests0
[Network]
Address=10.7.0.1/24
LinkLocalAddressing=no
IPv6AcceptRA=no
IPMasquerade=ipv4
END

cat >inside.sh <<'END'
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/var"
mount --rbind /dev "$root/dev"
mkdir -p "$root"/run/dbus "$root"/run/systemd/netif/{links,leases,lldp}
chown -R 998:998 "$root/run/systemd/netif"
chroot "$root" /usr/bin/dbus-daemon --system --fork --nosyslog
ip link add guests0 type veth peer name other0
ip link set other0 up

masqueraded() { chroot "$root" /usr/sbin/nft list set ip io.systemd.nat masq_saddr 2>/dev/null | grep -o '[0-9./]*/[0-9]*'; }
told() { echo "$1: $(masqueraded || echo nothing)"; }
start() {
    : >log
    chroot "$root" /usr/lib/systemd/systemd-networkd >log 2>&1 &
    daemon=$!
    for _ in $(seq 50); do chroot "$root" /usr/bin/busctl status org.freedesktop.network1 >/dev/null 2>&1 && break; sleep 0.1; done
    sleep 2
}
stop() { kill "$daemon"; wait "$daemon" || true; }
control() {
    status=0
    SYSTEMD_IGNORE_CHROOT=1 chroot "$root" /usr/bin/networkctl "$@" >said 2>&1 || status=$?
    echo "networkctl $1: status $status, printed: '$(cat said)'"
    sleep 2
}
start
told "masqueraded after the start"
chroot "$root" /usr/sbin/nft flush ruleset
control reload
control reconfigure guests0
grep -o 'Reconfiguring with .*' log
told "masqueraded after flush, reload and reconfigure"
stop
start
told "masqueraded after a restart"
stop
ip link delete guests0
rm "$root/etc/systemd/network/20-guests.network"
start
control reload
told "masqueraded after a restart, without link and file"
stop
END
unshare --net --mount --pid --fork --kill-child bash -eu inside.sh | tee seen

expected="masqueraded after the start: 10.7.0.0/24
networkctl reload: status 0, printed: ''
networkctl reconfigure: status 0, printed: ''
Reconfiguring with /etc/systemd/network/20-guests.network.
masqueraded after flush, reload and reconfigure: nothing
masqueraded after a restart: 10.7.0.0/24
networkctl reload: status 0, printed: ''
masqueraded after a restart, without link and file: 10.7.0.0/24"
if [ "$(cat seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
