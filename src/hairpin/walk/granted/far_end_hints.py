"""Hints in this host's readings that a tunnel's far end, which was not read, does not take the outer packets.

Both ends of a vxlan or geneve tunnel send from other ports than they listen on, so the outer packets of each direction
have a conntrack entry of their own, which never gets an answer.

Source: drivers/net/vxlan/vxlan_core.c vxlan_xmit_one() (source port), vxlan_get_port(), module parameter
udp_port (8472); RFC 7348 section 8 (4789); moby libnetwork/netutils GenerateMACFromIP()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Tunnel
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.ir import STATUS_SEEN_REPLY
from hairpin.netfilter.packet import TCP, UDP, Connection, Packet
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import address_text
from hairpin.network.tunnel.tunnels import entries_of, tunnel_devices
from hairpin.network.uplinks import holder_of_addresses, home_of
from hairpin.walk.granted.capture import filter_of
from hairpin.walk.granted.silence import are_unanswered, entries_to, split_by
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import read_host, watch_packets

_KERNELS_PORT, _IANA_PORT = 8472, 4789
_AGENTS = ("flannel", "cilium")
"""The first letters of the names of tunnel devices whose agents use the kernel's port on all nodes."""
_DOCKERS_MAC = 0x0242
"""The first two bytes of a hardware address that Docker makes from a container's IPv4 address.  The IPv4 address is in
the other four bytes."""
_HEARD = ("REACHABLE", "STALE", "DELAY", "PROBE")


class _Sent(msgspec.Struct, frozen=True):
    """An outer packet that left.  ``device``: the name of the tunnel device.  ``frame``: the frame inside.  ``inner``:
    the namespace of the tunnel device.  ``outer``: the namespace of the outer packet.  ``link``: the link by which the
    outer packet left."""

    packet: Packet
    link: str
    netns: Netns
    device: str
    tunnel: Tunnel
    frame: Packet
    inner: Namespace
    outer: Namespace

    @property
    def facts(self) -> dict[str, str]:
        """The values for the placeholders of the messages."""
        return {
            "far": address_text(self.packet.daddr, self.packet.version),
            "device": self.device,
            "link": self.link,
            "outer": filter_of(self.packet),
            "port": f"{self.packet.dport or ''}",
        }


def far_end_takes(network: Network, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the tunnel's far end takes the outer packet that left; none if no reading hints that
    the far end does not take it."""
    carried = left.carried
    device = next((each.link for each in reversed(left.history.steps) if each.stage == "tunnel"), None)
    if carried is None or device is None or carried.frame.netns not in network:
        return ()
    sent = _Sent(
        left.packet, left.oif, left.netns, device, carried.tunnel, carried.frame.packet,
        network.namespace(carried.frame.netns), network.namespace(left.netns),
    )  # fmt: skip
    asked = _of_former_container(sent) or _of_shared_address(sent)
    silent = _is_silent(sent)
    if asked is None and (silent or not _was_heard(sent)):
        asked = _of_other_port(network, sent) or _of_settings(network, sent)
        asked = _of_silence(sent) if asked is None and silent else asked
    return (asked,) if asked is not None else ()


def _was_heard(sent: _Sent) -> bool:
    """Return whether a reading shows that packets of the far end came out of the tunnel."""
    link, far = sent.inner.link(sent.device), sent.packet.daddr
    entries = entries_of(sent.inner, link) if link is not None and link.tunnel is not None else ()
    if any(each.remote == far and each.state not in ("permanent", "static") for each in entries):
        return True
    near = (each for each in sent.inner.neighbours if each.link == sent.device and each.state in _HEARD)
    if not sent.tunnel.proxy and any(each.value == sent.frame.daddr for each in near):
        return True
    return bool(_traffic(sent)[1])


def _is_silent(sent: _Sent) -> bool:
    """Return whether an outer packet left for the far end after the last outer packet that came from it."""
    return are_unanswered(sent.outer, *_traffic(sent), named=True, alternating=True)


def _traffic(sent: _Sent) -> tuple[list[Connection], list[Connection]]:
    """Return two lists of connections: outer packets to the far end without an answer, and outer packets that it
    answered or sent."""
    silent, answered = split_by(entries_to(sent.outer, sent.packet), STATUS_SEEN_REPLY)
    if sent.packet.protocol == UDP:
        answered += [each for each in _from_far_end(sent) if each.original.dport == sent.packet.dport]
    return silent, answered


def _from_far_end(sent: _Sent) -> Iterator[Connection]:
    """Yield the UDP connections that the far end began."""
    for each in sent.outer.connections:
        sender = (each.version, each.original.protocol, each.original.saddr)
        if sender == (sent.packet.version, UDP, sent.packet.daddr) and not each.status & STATUS_SEEN_REPLY:
            yield each


def _of_former_container(sent: _Sent) -> OpenQuestion | None:
    """Return the question about a permanent neighbour entry whose hardware address Docker makes from another
    container's address in the same network."""
    address = sent.frame.daddr
    entry = next(
        (
            each
            for each in sent.inner.neighbours
            if (each.link, each.version, each.value) == (sent.device, 4, address) and each.static
        ),
        None,
    )
    if entry is None or entry.mac is None or entry.mac >> 32 != _DOCKERS_MAC or sent.frame.version != 4:
        return None
    other = entry.mac & 0xFFFFFFFF
    near = (each for each in addresses_of(sent.inner, None, 4) if each.holds(address, 4))
    if other == address or not any(each.holds(other, 4) for each in near):
        return None
    facts = {
        **sent.facts,
        "address": address_text(address, 4),
        "other": address_text(other, 4),
        "mac": write_mac(entry.mac),
    }
    return _of_permanent_entry(
        facts,
        text=message(
            "Does {address} have the hardware address {mac}? {device} has a permanent neighbour entry that says so, "
            "but Docker gives this hardware address to the container {other}",
            **facts,
        ),
        if_no=message(
            "The frames reach {far}, but no container there accepts them: the entry belongs to a former container. In "
            "the namespace of {device}, `ip neigh replace {address} lladdr MAC dev {device} nud permanent` sets the "
            "address that `docker network inspect` shows on {far}",
            **facts,
        ),
    )


def _of_shared_address(sent: _Sent) -> OpenQuestion | None:
    """Return the question about a permanent neighbour entry whose hardware address another entry of the device has,
    too."""
    near = [each for each in sent.inner.neighbours if each.link == sent.device and each.version == sent.frame.version]
    entry = next((each for each in near if each.static and each.value == sent.frame.daddr), None)
    same = [each for each in near if entry is not None and each.mac == entry.mac and each.value != entry.value]
    if entry is None or entry.mac is None or not any(each.static for each in same):
        return None
    facts = {
        **sent.facts,
        "address": address_text(entry.value, entry.version),
        "other": address_text(next(each.value for each in same if each.static), entry.version),
        "mac": write_mac(entry.mac),
    }
    return _of_permanent_entry(
        facts,
        text=message(
            "Does {address} have the hardware address {mac}? {device} has permanent neighbour entries with this "
            "hardware address for {address} and for {other}. Both entries are right only if one machine has both "
            "addresses",
            **facts,
        ),
        if_no=message(
            "The frames for {address} reach {far}, but the wrong container or none accepts them. In the namespace of "
            "{device}, `ip neigh replace {address} lladdr MAC dev {device} nud permanent` sets the address that "
            "`docker network inspect` shows on {far}",
            **facts,
        ),
    )


def _of_permanent_entry(facts: dict[str, str], *, text: Message, if_no: Message) -> OpenQuestion:
    return OpenQuestion(
        text=text,
        if_yes=message("The verdict above stands: {far} has the container with this hardware address", **facts),
        if_no=if_no,
        wanted=(read_host(facts["far"]),),
        breaks_if="no",
    )


def _of_other_port(network: Network, sent: _Sent) -> OpenQuestion | None:
    """Return the question about a far end that sends to a UDP port on which no socket of this host listens."""
    if sent.packet.protocol != UDP or sent.tunnel.port is None:
        return None
    taken = {each.port for each in sent.outer.sockets if each.protocol == "udp"}
    taken |= {link.tunnel.port or 0 for _, link in tunnel_devices(network, sent.netns) if link.tunnel is not None}
    ports = {each.original.dport for each in _from_far_end(sent)} - taken
    port = next((each for each in (_IANA_PORT, _KERNELS_PORT) if each in ports), None)
    if port is None:
        return None
    facts = {**sent.facts, "other": f"{port}"}
    return _question(
        sent,
        message(
            "Does {far} accept outer packets at UDP port {port}? {far} sends its own outer packets to port {other}, on "
            "which nothing here listens, and {device} uses port {port}",
            **facts,
        ),
        message(
            "Each end drops the packets of the other end. Give both ends the same port. The kernel cannot change the "
            "port of {device}, so recreate the device with dstport {other}",
            **facts,
        ),
    )


def _of_settings(network: Network, sent: _Sent) -> OpenQuestion | None:
    """Return the question about a setting with which the outer packets may be lost, or None."""
    host, facts = network.host(sent.netns.host), sent.facts
    if host.cloud == "azure" and sent.packet.protocol not in (TCP, UDP):
        facts["kind"] = sent.tunnel.kind
        return _question(
            sent,
            message("Does azure's network carry the outer packets of {device} ({kind}) to {far}?", **facts),
            message(
                "The packets are lost behind this host: azure carries TCP, UDP and ICMP, but not {kind}. Use vxlan, or "
                "azure's own routes",
                **facts,
            ),
        )
    apart = _lies_apart(network, sent)
    if apart is not None:
        return _question(
            sent,
            apart,
            message(
                "The outer packets go to an address at which no far end listens. Tell the agent of that node which "
                "card to use (flannel: --iface, swarm: --data-path-addr)",
                **facts,
            ),
        )
    if sent.tunnel.kind == "vxlan" and sent.packet.dport == _KERNELS_PORT and not sent.device.startswith(_AGENTS):
        return _question(
            sent,
            message(
                "Does {far} also use UDP port {port} for this tunnel? The port is the kernel's default for a vxlan "
                "that was made without dstport; the registered port is 4789",
                **facts,
            ),
            message(
                "{far} drops the outer packets. Give both ends the same port. The kernel cannot change the port of "
                "{device}, so recreate the device with dstport",
                **facts,
            ),
        )
    if host.hypervisor == "vmware" and sent.packet.dport in (_IANA_PORT, _KERNELS_PORT):
        return _question(
            sent,
            message(
                "Does the network under this virtual machine carry UDP port {port} to {far}? VMware NSX uses this port "
                "itself and drops such packets of its virtual machines",
                **facts,
            ),
            message(
                "The outer packets are lost behind this host: use another port on all nodes (docker swarm init "
                "--data-path-port, flannel's Port)",
                **facts,
            ),
        )
    return _of_handshake(sent)


def _of_handshake(sent: _Sent) -> OpenQuestion | None:
    """Return the question about a WireGuard peer with which there was no handshake yet, or None."""
    link = sent.inner.link(sent.device)
    peers = link.wireguard.peers if link is not None and link.wireguard is not None else ()
    endpoint = (sent.packet.version, sent.packet.daddr, sent.packet.dport)
    for each in peers:
        at = each.endpoint
        if at is not None and (at.version, at.address, at.port) == endpoint and not each.handshake:
            return _question(
                sent,
                message("Does {far} answer at UDP port {port}? {device} has had no handshake with {far}", **sent.facts),
                message(
                    "Nothing gets through {device} before a handshake: the endpoint or a key is wrong, or a firewall "
                    "on the way to {far} drops UDP port {port}",
                    **sent.facts,
                ),
            )
    return None


def _lies_apart(network: Network, sent: _Sent) -> Message | None:
    """Return the question about a far end in another network than the tunnel's other ends, or about an outer packet
    that leaves by another link than the link of its source address; None in all other cases."""
    version, facts = sent.packet.version, sent.facts
    own = next((each for each in addresses_of(sent.outer, None, version) if each.value == sent.packet.saddr), None)
    link = sent.inner.link(sent.device)
    if own is None or link is None or link.tunnel is None:
        return None
    facts |= {"own": address_text(own.value, version), "home": own.link}
    if home_of(network, sent.netns, version, own.value, holder_of_addresses(sent.outer, sent.link)) is not None:
        return message(
            "Is {far} the address at which the far end listens? {device} sends to {far} through {link} from {own}, "
            "which is the address of {home}",
            **facts,
        )
    others = {each.remote for each in entries_of(sent.inner, link)} - {sent.packet.daddr, None}
    near = [own.holds(each, version) for each in (sent.packet.daddr, *filter(None, others))]
    if near[0] or len(near) == 1 or not all(near[1:]):
        return None
    return message(
        "Is {far} the address at which the far end listens? All other far ends of {device} are in the network of {own}",
        **facts,
    )


def _of_silence(sent: _Sent) -> OpenQuestion:
    """Return the question about a far end from which no outer packet came after the last outer packet that left for
    it."""
    return _question(
        sent,
        message(
            "Does {far} accept the outer packets of {device}? Some of these packets left through {link} for {far}, but "
            "conntrack has seen none from {far}",
            **sent.facts,
        ),
        message(
            "The packets are lost behind this host: a network or a firewall on the way drops `{outer}`, {far} is not "
            "the address of the far end, or the far tunnel device has another key or port",
            **sent.facts,
        ),
    )


def _question(sent: _Sent, text: Message, if_no: Message) -> OpenQuestion:
    return OpenQuestion(
        text=text,
        if_yes=message("The verdict above stands: {far} unpacks the packets that {device} sends", **sent.facts),
        if_no=if_no,
        wanted=(watch_packets(sent.link, filter_of(sent.packet)), read_host(sent.facts["far"])),
        breaks_if="no",
    )
