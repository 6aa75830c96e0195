"""Draws of links: their flags, sizes and addresses, the bridges and their ports, queueing disciplines."""

from collections.abc import Callable, Mapping

from tests.hunt.real.place import WRONG_MAC, Place


def link_down(place: Place) -> str:
    return f"ip link set {place.link} down"


def link_down_and_up(place: Place) -> str:
    link = place.link
    return f"ip link set {link} down; ip link set {link} up"


def link_flags(place: Place) -> str:
    flag = place.any(
        "arp off", "multicast off", "promisc on", "allmulticast on", "txqueuelen 1", "carrier off", "protodown on"
    )
    return f"ip link set {place.link} {flag}"


def link_mtu(place: Place) -> str:
    return f"ip link set {place.link} mtu {place.any('68', '576', '1000', '1280', '1400', '9000')}"


def link_mac(place: Place) -> str:
    return f"ip link set {place.link} address {WRONG_MAC}"


def link_deleted(place: Place) -> str:
    return f"ip link del {place.link}"


def link_renamed(place: Place) -> str:
    link = place.link
    return f"ip link set {link} down; ip link set {link} name stray0; ip link set stray0 up"


def port_taken_out(place: Place) -> str:
    port = place.pick(place.ports, "")
    return f"ip link set {port} nomaster" if port else ""


def port_moved(place: Place) -> str:
    port, bridge = place.pick(place.ports, ""), place.pick(place.bridges, "")
    if place.random.random() < 0.5:
        return (
            f"ip link add stray0 type bridge; ip link set stray0 up; ip link set {port} master stray0" if port else ""
        )
    return f"ip link set {port or 'eth0'} master {bridge}" if bridge else ""


def port_flags(place: Place) -> str:
    port = place.pick(place.ports, "")
    flag = place.any(
        "isolated on",
        "hairpin on",
        "hairpin off",
        "learning off",
        "flood off",
        "state 0",
        "state 1",
        "state 2",
        "state 4",
        "neigh_suppress on",
        "guard on",
        "bcast_flood off",
        "mcast_flood off",
        "cost 200",
        "locked on",
    )
    return f"bridge link set dev {port} {flag}" if port else ""


def bridge_options(place: Place) -> str:
    bridge = place.pick(place.bridges, "")
    option = place.any(
        "vlan_filtering 1",
        "stp_state 1 forward_delay 1500",
        "ageing_time 0",
        "nf_call_iptables 1",
        "nf_call_iptables 0",
        "mcast_snooping 0",
        "vlan_default_pvid 0",
        "vlan_filtering 1 vlan_default_pvid 0",
        "group_fwd_mask 8",
        "no_linklocal_learn 1",
    )
    return f"ip link set {bridge} type bridge {option}" if bridge else ""


def bridge_vlan(place: Place) -> str:
    bridge, port = place.pick(place.bridges, ""), place.pick(place.ports, "")
    return (
        f"ip link set {bridge} type bridge vlan_filtering 1; bridge vlan del dev {port} vid 1"
        if bridge and port
        else ""
    )


def queue(place: Place) -> str:
    kind = place.any(
        "pfifo limit 0", "pfifo limit 0", "pfifo limit 5", "bfifo limit 100", "bfifo limit 1600", "noqueue"
    )
    return f"tc qdisc replace dev {place.link} root {kind}"


def tunnel(place: Place) -> str:
    link = place.pick([each["ifname"] for each in place.json("ip -j link show type vxlan")], "")
    option = place.any("ttl 1", "local 198.51.100.99", "learning", "proxy", "l3miss", "id 42", "dstport 4790")
    return f"ip link set {link} type vxlan {option}" if link else ""


DRAWS: Mapping[str, Callable[[Place], str]] = {
    "link down": link_down,
    "link down and up": link_down_and_up,
    "link flag": link_flags,
    "MTU": link_mtu,
    "link address": link_mac,
    "link deleted": link_deleted,
    "link renamed": link_renamed,
    "bridge port taken out": port_taken_out,
    "bridge port moved": port_moved,
    "bridge port flag": port_flags,
    "bridge option": bridge_options,
    "bridge VLAN": bridge_vlan,
    "queueing discipline": queue,
    "tunnel option": tunnel,
}
