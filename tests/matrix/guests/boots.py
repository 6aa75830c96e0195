"""Hosts that are rebooted: what each has been given, half of them with something that only the boot shows."""

from collections.abc import Mapping

from hairpin.events.event import EventId
from tests.matrix.guests.kinds import KINDS, Kind

_SAVED = """cat >/etc/iptables/rules.v4 <<END
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 9999 -j DROP
-A FORWARD -d 172.18.0.0/16 -p tcp -m tcp --dport 80 -j DROP
COMMIT
END
systemctl enable -q netfilter-persistent"""
_UNSAVED = "systemctl disable -q netfilter-persistent; rm /etc/iptables/rules.v4"
_NFT = """cat >/etc/nftables.conf <<END
flush ruleset
table inet own {
    chain input {
        type filter hook input priority filter; policy accept;
        tcp dport 9999 drop
    }
    chain forward {
        type filter hook forward priority filter; policy accept;
        ip daddr 172.18.0.0/16 tcp dport 80 drop
    }
}
END
systemctl enable -q nftables"""
_HARDENED = "printf 'net.ipv4.ip_forward = 0\\nnet.ipv4.conf.all.rp_filter = 1\\n' >/etc/sysctl.d/60-hardening.conf"
_FORWARDS = "echo net.ipv4.ip_forward=1 >/etc/sysctl.d/60-forward.conf"
_LINK = "echo net.ipv4.conf.eth0.forwarding=0 >/etc/sysctl.d/60-link.conf"
_OWN_UNIT = """cat >/etc/systemd/system/own-rules.service <<END
[Unit]
After=docker.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/iptables -I FORWARD -p tcp --dport 80 -j DROP
[Install]
WantedBy=multi-user.target
END
systemctl enable -q own-rules"""
_LOCAL = (
    """printf '#!/bin/sh\\niptables -P FORWARD DROP\\niptables -t nat -F\\n' >/etc/rc.local; chmod 755 /etc/rc.local"""
)
_BY_HAND = """iptables -I DOCKER-USER -s 192.0.2.0/24 -j DROP
iptables -A INPUT -p tcp --dport 9998 -j DROP
ip route add 10.9.0.0/16 via 198.51.100.2
ip addr add 198.51.100.77/24 dev eth0
sysctl -qw net.ipv4.conf.eth1.forwarding=0"""
_BOOT: tuple[EventId, ...] = ("reboot",)
_ALWAYS = "docker update --restart always web shop; docker start web shop; sleep 3"

BOOTS: Mapping[str, Kind] = {
    "boot: plain": Kind((), _BOOT),
    "boot: by hand": Kind((), _BOOT, (_BY_HAND,)),
    "boot: saved rules": Kind((), _BOOT, (_SAVED,), (_UNSAVED,)),
    "boot: nftables": Kind((), _BOOT, (_NFT,), ("systemctl disable -q nftables",)),
    "boot: nftables by hand": Kind((), _BOOT, ("nft flush ruleset",)),
    "boot: ufw": Kind(("ufw --force enable", "ufw allow 8151/tcp"), _BOOT),
    "boot: firewalld": Kind(("systemctl enable -q --now firewalld; sleep 5; systemctl restart docker",), _BOOT),
    "boot: hardened": Kind((), _BOOT, (_HARDENED,), ("rm /etc/sysctl.d/60-hardening.conf",)),
    "boot: forwards": Kind((_FORWARDS,), _BOOT, (_LINK,)),
    "boot: own unit": Kind((), _BOOT, (_OWN_UNIT,), ("systemctl disable -q own-rules",)),
    "boot: rc.local": Kind((), _BOOT, (_LOCAL,), ("rm /etc/rc.local",)),
    "boot: no policy": Kind((), _BOOT, (
        "docker update --restart no web; docker update --restart on-failure shop",), (_ALWAYS,)),
    "boot: no dockerd": Kind((), _BOOT, ("systemctl disable -q docker docker.socket",), (
        f"systemctl enable -q docker docker.socket; systemctl start docker; {_ALWAYS}",)),
    "boot: live-restore": Kind((), _BOOT, (
        "mkdir -p /etc/docker; echo '{\"live-restore\": true}' >/etc/docker/daemon.json; systemctl reload docker",), (
        "rm /etc/docker/daemon.json; systemctl reload docker",)),
    "boot: engine rules saved": Kind((), _BOOT, (
        "iptables-save >/etc/iptables/rules.v4; systemctl enable -q netfilter-persistent; docker network create a",), (
        f"{_UNSAVED}; docker network rm a",)),
    "boot: networkd": Kind(KINDS["networkd"].setup, _BOOT),
    "boot: NetworkManager": Kind(KINDS["NetworkManager"].setup, _BOOT),
    "boot: ifupdown, commands": Kind(KINDS["ifupdown, commands"].setup, _BOOT),
}  # fmt: skip
