"""The kinds of network managers that a host can have, and how each event is carried out there."""

from collections.abc import Mapping

import msgspec

from hairpin.events.event import Event, EventId
from hairpin.events.registry import all_events

_NETWORKD = "systemctl disable -q --now networking; ip addr flush dev eth0; ip addr flush dev eth1"
_START_NETWORKD = "systemctl enable -q systemd-networkd; systemctl start systemd-networkd; sleep 3"
_STATIC = """mkdir -p /etc/systemd/network
cat >/etc/systemd/network/10-eth0.network <<END
[Match]
Name=eth0
[Network]
Address=198.51.100.11/24
Gateway=198.51.100.1
END
cat >/etc/systemd/network/20-eth1.network <<END
[Match]
Name=eth1
[Network]
Address=198.18.0.11/24
END"""
_START_MANAGER = """systemctl disable -q --now networking; echo >/etc/network/interfaces
ip addr flush dev eth0; ip addr flush dev eth1; chmod 600 /etc/NetworkManager/system-connections/*
systemctl enable -q NetworkManager; systemctl start NetworkManager; nm-online -s -q -t 120; sleep 3"""
_PROFILES = """cat >/etc/NetworkManager/system-connections/wired.nmconnection <<END
[connection]
id=wired
uuid=27afa607-ee36-43f0-b8c3-9d245cdc4bb3
type=ethernet
interface-name=eth0
[ipv4]
method=manual
address1=198.51.100.11/24,198.51.100.1
route1=10.7.0.0/16,198.51.100.2,50
[ipv6]
method=disabled
END
cat >/etc/NetworkManager/system-connections/second.nmconnection <<END
[connection]
id=second
uuid=27afa607-ee36-43f0-b8c3-9d245cdc4bb4
type=ethernet
interface-name=eth1
[ethernet]
mtu=1400
[ipv4]
method=manual
addresses=198.18.0.11/24
route1=0.0.0.0/0,198.18.0.1
route1_options=table=200
routing-rule1=priority 500 from 198.18.0.11 table 200
[ipv6]
method=ignore
END"""
_BY_HAND = """ip addr add 198.51.100.77/24 dev eth0
ip addr add 203.0.113.5/32 dev eth0
ip route add 10.9.0.0/16 via 198.51.100.2
ip route add 10.8.0.0/16 via 198.18.0.1 table 100
ip rule add from 198.18.0.11 table 100
ip route add blackhole 10.66.0.0/16
[ "$(cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6)" = 1 ] || ip -6 addr add 2001:db8:2::11/64 dev eth0 nodad
sysctl -qw net.ipv4.conf.eth0.forwarding=0"""


_ALL_ETHER = "printf '[Match]\\nType=ether\\n[Network]\\nDHCP=no\\n' >/etc/systemd/network/90-all.network"
_ALL_NAMES = "printf '[Match]\\nName=*\\n[Network]\\nDHCP=ipv4\\n' >/etc/systemd/network/90-all.network"


class Kind(msgspec.Struct, frozen=True):
    """A host: the commands that make it, the events that are tried on it, one after another, and the commands after
    its containers have started.  ``undo``: the commands after which the host is again as before these."""

    setup: tuple[str, ...]
    events: tuple[EventId, ...]
    late: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "ifupdown": Kind((), ("network-restart",)),
    "ifupdown, by hand": Kind((_BY_HAND,), ("network-restart",)),
    "ifupdown, commands": Kind(
        (
            """cat >/etc/network/interfaces <<END
auto lo eth0 br5
iface lo inet loopback
iface eth0 inet static
    address 198.51.100.11/24
    gateway 198.51.100.1
    up ip route add 10.9.0.0/16 via 198.51.100.2
    up ip rule add from 198.51.100.11 table 100 pref 1000 || true
    up ip route add default via 198.51.100.1 table 100
    post-up iptables -t nat -A POSTROUTING -s 10.0.3.0/24 -o eth0 -j MASQUERADE
    post-up sysctl -qw net.ipv4.conf.eth0.rp_filter=2
    up echo 1 > /proc/sys/net/ipv4/conf/eth0/log_martians
    down iptables -t nat -D POSTROUTING -s 10.0.3.0/24 -o eth0 -j MASQUERADE
iface eth0 inet6 static
    address 2001:db8:2::11/64
    gateway 2001:db8:2::1
iface br5 inet manual
    pre-up ip link show br5 >/dev/null 2>&1 || ip link add br5 type bridge
allow-hotplug eth1
iface eth1 inet static
    address 198.18.0.11
    netmask 255.255.255.0
    mtu 1400
    up ip rule add from 198.18.0.11 table 101
    up ip route add default via 198.18.0.1 table 101
END
systemctl restart networking; sleep 1""",
        ),
        ("network-restart", "network-restart"),
    ),
    "daemons": Kind(
        ("systemctl enable -q --now nftables", "systemctl enable -q --now firewalld; sleep 5"),
        ("docker-restart", "firewalld-reload", "firewalld-restart", "nftables-reload", "nftables-restart"),
    ),
    "networkd": Kind((_NETWORKD, _STATIC, _START_NETWORKD), ("networkd-restart",)),
    "networkd, by hand": Kind((_NETWORKD, _STATIC, _START_NETWORKD, _BY_HAND), ("networkd-restart",)),
    "networkd, foreign kept": Kind(
        (
            _NETWORKD,
            _STATIC,
            """mkdir -p /etc/systemd/networkd.conf.d
printf '[Network]\\nManageForeignRoutes=no\\nManageForeignRoutingPolicyRules=no\\n' \
>/etc/systemd/networkd.conf.d/a.conf
sed -i 's/^Gateway/IPForward=yes\\nGateway/' /etc/systemd/network/10-eth0.network
cat >>/etc/systemd/network/20-eth1.network <<END
KeepConfiguration=static
[Link]
MTUBytes=1400
[Route]
Destination=10.7.0.0/16
Gateway=198.18.0.1
Metric=50
[RoutingPolicyRule]
From=198.18.0.11
Table=200
Priority=500
END""",
            _START_NETWORKD,
            _BY_HAND,
            "ip addr add 198.18.0.99/24 dev eth1; sysctl -qw net.ipv4.ip_forward=0",
        ),
        ("networkd-restart",),
    ),
    "networkd, all ether": Kind((_NETWORKD, _STATIC, _ALL_ETHER, _START_NETWORKD), ("networkd-restart",)),
    "networkd, all ether later": Kind((_NETWORKD, _STATIC, _START_NETWORKD), ("networkd-restart",), (_ALL_ETHER,)),
    "networkd, all names later": Kind((_NETWORKD, _STATIC, _START_NETWORKD), ("networkd-restart",), (_ALL_NAMES,)),
    "networkd, all names": Kind((_NETWORKD, _STATIC, _ALL_NAMES, _START_NETWORKD), ("networkd-restart",)),
    "networkd, DHCP": Kind(
        (
            _NETWORKD,
            _STATIC,
            "sed -i '/^Address/d; s/^Gateway.*/DHCP=ipv4/' /etc/systemd/network/10-eth0.network",
            _START_NETWORKD,
            "sleep 5; ip addr show eth0 | grep -q 198.51.100.11",
        ),
        ("networkd-restart",),
        (_BY_HAND,),
    ),
    "NetworkManager, DHCP": Kind(
        (
            _PROFILES,
            "cd /etc/NetworkManager/system-connections; sed -i '/^address1/d; s/=manual/=auto/' wired.nmconnection",
            _START_MANAGER,
            "ip addr show eth0 | grep -q 198.51.100.11",
        ),
        ("networkmanager-restart",),
    ),
    "NetworkManager": Kind((_PROFILES, _START_MANAGER), ("networkmanager-restart",)),
    "NetworkManager, by hand": Kind((_PROFILES, _START_MANAGER, _BY_HAND), ("networkmanager-restart",)),
}
_SETTLE_S: Mapping[str, int] = {
    "network-restart": 3, "networkd-restart": 6, "networkmanager-restart": 8, "docker-restart": 3,
    "firewalld-restart": 3,
}  # fmt: skip
"""How long what a command has started goes on."""


def _settled(event: Event) -> str:
    wait = _SETTLE_S.get(event.id)
    return event.command if wait is None else f"{event.command}; sleep {wait}"


COMMANDS: Mapping[str, str] = {each.id: _settled(each) for each in all_events() if each.command}
"""Each event in the words of sh, in the host."""
