"""The port is published on the packet's destination address, and no link of the host has this address.

Users see: ``bind: cannot assign requested address`` when the container starts.  Or the host's address was changed, and
since then clients time out.

Proof: the port is published on an address that no link of the host has.  With the address the packet is accepted.
Now: publish the port on an address that the host has.  Or make sure that no other machine has the published address,
and add it to the host.  If a network file names the address as this host's own: ``ip address add``.
Lasting: put the address into the host's network configuration, and start dockerd after the address exists.
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfAddress, View, message
from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry, Change
from hairpin.host.boot.configured_address import names_as_own
from hairpin.host.link import Address
from hairpin.network.flow import Lan, Outside
from hairpin.network.lost_address import floating_elsewhere
from hairpin.network.network import addresses_of, is_held, is_uplink
from hairpin.network.prefix import address_text, width
from hairpin.wanted import state_public


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a port is published on the packet's destination address, and no read host has this
    address.

    Only a port that is published on an address shows that the address was meant for this host (docs/adr/0016).  Another
    machine may have the address now, so a command adds the address only if a network file gives the address to this
    host.
    """
    packet, flow = view.stop.seen.packet, view.flow
    asked = isinstance(flow.start, (Outside, Lan)) and packet.daddr == flow.daddr and view.on_host and not view.in_reply
    if not asked or is_held(view.network, packet.version, packet.daddr):
        return
    published = view.host.publishes_on(flow.version, packet.daddr, flow.dport, flow.protocol)
    place = _place(view)
    if not published or place is None:
        return
    if floating_elsewhere(view.network, packet.version, packet.daddr) is not None:
        return
    text = address_text(packet.daddr, packet.version)
    is_own = names_as_own(view.host, packet.version, packet.daddr)
    own = ", ".join(
        address_text(each.value, each.version)
        for each in addresses_of(view.host_namespace, place.link, packet.version)
        if each.scope == "global"
    )
    yield Candidate(
        title=message("{address} is not an address of this host", address=text),
        detail=message(
            "Port {port} is published on {address}, but no link has this address ({link} has {own}). The host does not "
            "answer for the address, and treats a packet to it as another machine's packet.",
            port=flow.dport,
            address=text,
            link=place.link,
            own=own or "none",
        ),
        change=Change((AddEntry(view.host_netns, place),), () if is_own else (ByPerson(_by_person(place)),)),
        where=OfAddress(address=text, link=place.link),
        in_class="address-not-on-host",
        advice=(
            *(
                (message("use an address that the host has, or add this address to the host's network configuration"),)
                if is_own
                else ()
            ),
            message("if a gateway maps the address to this host, say so: {statement}", statement=state_public(text)),
        ),
    )


def _by_person(place: Address) -> Message:
    """Return the advice to a person.

    The repair needs a person because no reading of this host shows whether another machine has the address."""
    return message(
        "publish the port on an address that this host has. Or give {link} the address {address} in the configuration "
        "of its network. First make sure that no other machine has the address: `ping -c 1 -I {link} {address}; ip "
        "neigh show {address} dev {link}` then shows no reply and no hardware address (lladdr)",
        address=address_text(place.value, place.version),
        link=place.link,
    )


def _place(view: View) -> Address | None:
    """Return the missing address, placed on the link by which the packet came in, or else on another uplink.  Return
    None if the host has no uplink."""
    packet = view.stop.seen.packet
    links = [link for link in view.host_namespace.links if is_uplink(view.network, view.host_netns, link)]
    for link in sorted(links, key=lambda each: each.name != view.stop.seen.iif):
        for each in addresses_of(view.host_namespace, link.name, packet.version):
            if each.holds(packet.daddr, packet.version):
                return Address(link.name, packet.version, packet.daddr, each.prefix_length)
    return Address(links[0].name, packet.version, packet.daddr, width(packet.version)) if links else None


CAUSE = Cause(
    title=message("The published address is on no link of the host"),
    source="ip-address(8); moby: cmd/docker-proxy, bind(2) EADDRNOTAVAIL",
    shown_by=("ip addr", message("no line has the address")),
    reasons=frozenset({"forwarding-off", "no-route", "rp-filter", "address-lost", *RULE_STOPS}),
    shown_to="engine",
)
