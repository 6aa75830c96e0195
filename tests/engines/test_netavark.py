"""Which rules a later netavark has lost.  The rules are those that netavark 1.17.2 makes, for a container with two
published ports on podman's default network."""

import msgspec

from hairpin.engines.netavark import LostRule, lost_rules
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.netfilter.ir import Ruleset
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from tests.podman_host import podman, podmans
from tests.rows import each_row
from tests.small_host import ruleset

SUBNET = "172.17.0.0/16"
OLD = f"""\
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:NETAVARK-1D8721804F16F - [0:0]
:NETAVARK-DN-1D8721804F16F - [0:0]
:NETAVARK-HOSTPORT-DNAT - [0:0]
:NETAVARK-HOSTPORT-MASQ - [0:0]
:NETAVARK-HOSTPORT-SETMARK - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A POSTROUTING -j NETAVARK-HOSTPORT-MASQ
-A POSTROUTING -s {SUBNET} -j NETAVARK-1D8721804F16F
-A NETAVARK-1D8721804F16F -d {SUBNET} -j ACCEPT
-A NETAVARK-1D8721804F16F ! -d 224.0.0.0/4 -j MASQUERADE
-A NETAVARK-DN-1D8721804F16F -s {SUBNET} -p tcp -m tcp --dport 8151 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:80
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 8151 -j NETAVARK-DN-1D8721804F16F
-A NETAVARK-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
-A NETAVARK-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:NETAVARK_FORWARD - [0:0]
:NETAVARK_INPUT - [0:0]
:NETAVARK_ISOLATION_1 - [0:0]
:NETAVARK_ISOLATION_2 - [0:0]
:NETAVARK_ISOLATION_3 - [0:0]
-A INPUT -j NETAVARK_INPUT
-A FORWARD -j NETAVARK_ISOLATION_1
-A FORWARD -j NETAVARK_FORWARD
-A NETAVARK_FORWARD -m conntrack --ctstate INVALID -j DROP
-A NETAVARK_FORWARD -d {SUBNET} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A NETAVARK_FORWARD -s {SUBNET} -j ACCEPT
-A NETAVARK_INPUT -s {SUBNET} -p udp -m udp --dport 53 -j ACCEPT
-A NETAVARK_INPUT -s {SUBNET} -p tcp -m tcp --dport 53 -j ACCEPT
-A NETAVARK_ISOLATION_3 -o podman0 -j DROP
-A NETAVARK_ISOLATION_3 -j NETAVARK_ISOLATION_2
COMMIT
"""
NATIVE = f"""\
table inet netavark {{
    chain INPUT {{
        type filter hook input priority filter; policy accept;
        ip saddr {SUBNET} meta l4proto {{ tcp, udp }} th dport 53 accept
    }}
    chain FORWARD {{
        type filter hook forward priority filter; policy accept;
        ct state invalid drop
        jump NETAVARK-ISOLATION-1
        ip daddr {SUBNET} ct state established,related accept
        ip saddr {SUBNET} accept
    }}
    chain POSTROUTING {{
        type nat hook postrouting priority srcnat; policy accept;
        meta mark & 0x00002000 == 0x00002000 masquerade
        ip saddr {SUBNET} jump nv_2f259bab_172_17_0_0_nm16
    }}
    chain PREROUTING {{
        type nat hook prerouting priority dstnat; policy accept;
        fib daddr type local jump NETAVARK-HOSTPORT-DNAT
    }}
    chain OUTPUT {{
        type nat hook output priority dstnat; policy accept;
        fib daddr type local jump NETAVARK-HOSTPORT-DNAT
    }}
    chain NETAVARK-HOSTPORT-DNAT {{
        tcp dport 8151 jump nv_2f259bab_172_17_0_0_nm16_dnat
    }}
    chain NETAVARK-HOSTPORT-SETMARK {{
        meta mark set meta mark | 0x00002000
    }}
    chain NETAVARK-ISOLATION-1 {{
    }}
    chain nv_2f259bab_172_17_0_0_nm16 {{
        ip daddr {SUBNET} accept
        ip daddr != 224.0.0.0/4 masquerade
    }}
    chain nv_2f259bab_172_17_0_0_nm16_dnat {{
        ip saddr {SUBNET} tcp dport 8151 jump NETAVARK-HOSTPORT-SETMARK
        ip saddr 127.0.0.1 tcp dport 8151 jump NETAVARK-HOSTPORT-SETMARK
        tcp dport 8151 dnat ip to 172.17.0.2:80
    }}
}}
"""


def later(version: str = "1.17.2") -> Engine:
    return msgspec.structs.replace(podman(podmans()), version="5.8.6", network_version=version)


def on(text: str) -> Namespace:
    if text.startswith("*"):
        return Namespace("host", ruleset=ruleset(text))
    return Namespace("host", ruleset=Ruleset(tables_after(text, (), LoadingHost(frozenset()), source="test")))


# words of the lines that are gone, what is lost then
LOST: dict[str, tuple[str, tuple[tuple[str, str, int], ...]]] = {
    "nothing": ("", ()),
    "the masquerading": ("224.0.0.0/4", (("masquerade", "", 0),)),
    "the jump to it": (f"POSTROUTING -s {SUBNET}|ip saddr {SUBNET} jump nv_2f259bab_172_17_0_0_nm16\n",
                       (("masquerade", "", 0),)),
    "what the container sends": (f"NETAVARK_FORWARD -s {SUBNET}|ip saddr {SUBNET} accept\n", (("outgoing", "", 0),)),
    "the answers": ("RELATED|established", (("ct-state", "", 0),)),
    "the translation": ("DNAT --to|dnat ip to", (("dnat", "", 8151),)),
    "the jump for its port": ("HOSTPORT-DNAT -p tcp|tcp dport 8151 jump nv", (("dnat", "", 8151),)),
    "jumps to the published ports": ("addrtype|fib daddr", (("jump", "PREROUTING", 0), ("jump", "OUTPUT", 0))),
}  # fmt: skip


BY_DRIVER = {
    f"{driver}: {name}": (text, *row)
    for driver, text in (("iptables", OLD), ("nftables", NATIVE))
    for name, row in LOST.items()
}


@each_row(("text", "gone", "expected"), BY_DRIVER.values(), ids=BY_DRIVER)
def test_each_rule_that_is_gone_is_named(text: str, gone: str, expected: tuple[tuple[str, str, int], ...]) -> None:
    words = tuple(filter(None, gone.split("|")))
    kept = "".join(line for line in text.splitlines(keepends=True) if not any(word in line for word in words))
    found = lost_rules(later(), on(kept))
    assert [(each.part, each.chain, each.port) for each in found] == list(expected)
    assert all((each.container, each.family) == ("web", "ip") for each in found)


def test_with_iptables_the_jump_to_the_accepting_rules_is_one_of_them() -> None:
    kept = "".join(line for line in OLD.splitlines(keepends=True) if "-A FORWARD -j NETAVARK_FORWARD" not in line)
    assert lost_rules(later(), on(kept)) == (LostRule("web", "ip", "jump", "FORWARD"),)


def test_what_is_known_otherwise_is_left_alone() -> None:
    gone = on(OLD.replace("-j MASQUERADE", "-j ACCEPT"))
    assert lost_rules(later(), gone)
    assert lost_rules(later("1.4.0"), gone) == ()  # its exact rules are known
    assert lost_rules(later(), Namespace("host")) == ()  # all are gone
    assert lost_rules(msgspec.structs.replace(later(), rootless=True), gone) == ()
    idle = msgspec.structs.replace(later(), containers=(podmans("exited"),))
    assert lost_rules(idle, gone) == ()
