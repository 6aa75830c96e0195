"""Frames that leave by an uplink with another hardware address than the uplink's: frames of a macvlan on the uplink, or
of a container on a bridge that has the uplink as a port.

A switch takes frames with a foreign hardware address.  Clouds and hypervisors drop frames from hardware addresses that
they did not give to the machine, unless an administrator allows these frames.  An access point takes only frames of the
stations that it knows.  An ipvlan has the hardware address of its parent link, but a cloud drops the ipvlan's packets
because of their IP address.

Source: drivers/net/macvlan.c; VMware "Forged transmits", VirtualBox "Promiscuous Mode", Hyper-V's spoofing option
"""

import msgspec

from hairpin.host.host import Host
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network
from hairpin.network.stacked import lower_of
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import watch_frames


class _Foreign(msgspec.Struct, frozen=True):
    """A frame of ``owner`` that leaves by the uplink.  ``mac``: the frame's hardware address; None if it is the
    uplink's."""

    owner: Netns
    uplink: Link
    mac: int | None


def frames_taken(network: Network, left: State) -> tuple[tuple[OpenQuestion, ...], tuple[Message, ...]]:
    """Return the question whether the network outside takes the frame that left the hosts, or the assumption that it
    takes the frame.  Both tuples are empty for a frame of the uplink itself, and for an ipvlan's frame if no reading
    hints that a network drops it."""
    found = _foreign(network, left)
    if found is None:
        return (), ()
    facts = {
        "owner": network.netns_text(found.owner),
        "link": found.uplink.name,
        "mac": write_mac(found.mac) if found.mac is not None else "",
    }
    where = _filters(network.host(left.netns.host), found)
    if where is not None:
        return (_are_taken(facts, *where),), ()
    if found.mac is None:
        return (), ()
    said = message("the network behind {link} accepts frames from {mac}, the hardware address of {owner}", **facts)
    return (), (said,)


def _foreign(network: Network, left: State) -> _Foreign | None:
    namespace = network.namespace(left.netns)
    link = namespace.link(left.oif)
    if link is None or left.carried is not None:
        return None
    if not left.netns.is_host:
        lower = lower_of(network, left.netns, link)
        parent = network.namespace(lower.netns).link(lower.link) if lower is not None else None
        if parent is None:
            return None
        return _Foreign(left.netns, parent, link.mac if link.mac != parent.mac else None)
    bridge = namespace.link(link.master or "")
    sender = left.packet.smac
    if bridge is None or bridge.kind != "bridge" or sender is None or sender in (link.mac, bridge.mac):
        return None
    owner = next(
        (
            netns
            for netns, each in network.namespaces()
            if netns.host == left.netns.host and not netns.is_host and any(one.mac == sender for one in each.links)
        ),
        None,
    )
    return _Foreign(owner, link, sender) if owner is not None else None


def _filters(host: Host, found: _Foreign) -> tuple[Message, Message] | None:
    """Return the network that may drop the frame, as a reading hints, and the remedy there; None if no reading hints at
    such a network."""
    if host.cloud is not None:
        return (
            message("{cloud}'s network", cloud=host.cloud),
            message("publish the ports of a container on a bridge network instead"),
        )
    if found.mac is None:
        return None
    if found.uplink.name.startswith("wl"):
        return message("the Wi-Fi"), message("use an ipvlan, which has the uplink's own address")
    told = {
        "vmware": message("allow forged transmits and promiscuous mode in the port group"),
        "virtualbox": message("set the adapter's promiscuous mode to Allow All"),
        "hyper-v": message(
            "let the adapter send from any hardware address: `Set-VMNetworkAdapter -MacAddressSpoofing On`"
        ),
    }
    advice = told.get(host.hypervisor or "")
    return None if advice is None else (message("{hypervisor}'s switch", hypervisor=host.hypervisor or ""), advice)


def _are_taken(facts: dict[str, str], where: Message, advice: Message) -> OpenQuestion:
    of_frame = bool(facts["mac"])
    return OpenQuestion(
        text=message(
            "Does {where} accept frames from {mac}, the hardware address of {owner} behind {link}?",
            where=where,
            **facts,
        )
        if of_frame
        else message("Does {where} accept packets from the IP address of {owner} behind {link}?", where=where, **facts),
        if_yes=message("The verdict above stands: frames for {owner} come back through {link}", **facts),
        if_no=message("{owner} and the machines outside do not reach each other: {advice}", advice=advice, **facts),
        wanted=(watch_frames(facts["link"], facts["mac"]),) if of_frame else (),
        breaks_if="no",
    )
