"""A network of libvirt, lxc-net or Incus is not started, so the host has no bridge and no route to its guests.

Users see: since a reboot or an installation, no address of the virtual machines or system containers answers, and the
host sends packets for them to its default router.

Proof: a file of the program names the network and its address, no link of the host has that address, and the packet is
for this network.  With the network's bridge and a guest behind it, the packet arrives.
Now: ``virsh net-start NETWORK`` (libvirt), ``systemctl start lxc-net`` (LXC), ``systemctl start incus`` (Incus).  Then
start the guest.
Lasting: ``virsh net-autostart NETWORK``, ``systemctl enable lxc-net``, ``systemctl enable incus``.
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfLink, View, Way, message
from hairpin.change.change import AddEntry, Change, Primitive, SetLink, SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.repair.starting import held_again
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.docker import DockerNetwork, PortBinding, Subnet
from hairpin.host.link import Address, Link
from hairpin.host.managers import GuestNetwork, Unit
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.flow import FromHost
from hairpin.network.prefix import address_text, network_of
from hairpin.network.unmade import unmade_network

_UNITS = {"libvirt": ("libvirtd", "virtnetworkd"), "LXC": ("lxc-net",), "Incus": ("incus",)}
_FORWARDING = ("net", "ipv4", "ip_forward")


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the packet is for a network of guests that is not started."""
    packet = view.stop.seen.packet
    told = unmade_network(view.network, view.host_netns, packet.version, packet.daddr) if view.on_host else None
    if told is None or view.in_reply or packet.version != 4 or packet.protocol not in (TCP, UDP):
        return
    change = _with_guest(view, told)
    if change is None:
        return
    asked = address_text(packet.daddr, 4)
    facts = {"program": told.program, "name": told.name, "bridge": told.bridge, "file": told.file, "address": asked}
    yield Candidate(
        title=message("{program}'s network {name} is not started", **facts),
        detail=message(
            "{file} names the network, to which {address} belongs. Its bridge {bridge} with the host's address is not "
            "there, so the kernel sends the packet to the default router. {state}",
            state=_state(view, told),
            **facts,
        ),
        change=change,
        where=OfLink(link=told.bridge, state="gone", network=told.name),
        in_class="switched-off",
        evidence=(told.evidence,),
        ways=(Way(Change(()), (*_commands(view, told), *_notes(view, told))),),
        offered=False,
    )


def _with_guest(view: View, told: GuestNetwork) -> Change | None:
    """Return the change that makes the network, and a guest with the asked address and service."""
    packet, netns = view.stop.seen.packet, view.host_netns
    index = 100 + max((link.index for each in view.host.namespaces for link in each.links), default=0)
    made: list[Primitive] = [
        SetLink(netns, Link(index, told.bridge, "bridge", flags=("BROADCAST", "MULTICAST", "UP"))),
        *(AddEntry(netns, Address(told.bridge, *held)) for held in told.addresses),
        SetSysctl(netns, _FORWARDING, "1"),
    ]
    after = simulate(Change(tuple(made)), view.network).host(view.host.name)
    subnets = tuple(
        Subnet(version, network_of(value, length, version), length, value) for version, value, length in told.addresses
    )
    joined = DockerNetwork("", told.name, "bridge", bridge=told.bridge, subnets=subnets)
    port = packet.dport or view.flow.dport
    binding = PortBinding("udp" if packet.protocol == UDP else "tcp", port, port, None, 4)
    guest = held_again(after, packet.daddr, joined, binding)
    return Change((*made, *guest.parts)) if guest is not None else None


def _unit(view: View, told: GuestNetwork) -> Unit | None:
    """Return the unit that makes the network; None if hairpin did not read it."""
    return next((found for name in _UNITS[told.program] if (found := unit(view.host, name)) is not None), None)


def _state(view: View, told: GuestNetwork) -> Message:
    """Return the sentence why the network is not started, as far as the files and units tell."""
    by = _unit(view, told)
    facts = {
        "file": told.file,
        "unit": by.name if by is not None else "-",
        "state": by.active if by is not None else "-",
    }
    if told.program == "LXC" and told.starts is False:
        return message('USE_LXC_BRIDGE is not "true" in {file}, so lxc-net makes no bridge.', **facts)
    if told.program == "libvirt" and told.starts is False:
        return message("The network is not marked for autostart, so a start of libvirt does not start it.", **facts)
    if by is not None and by.active != "active":
        return message("{unit}, which starts the network, is {state}.", **facts)
    return message("Nothing that hairpin read tells who stopped it.")


def _commands(view: View, told: GuestNetwork) -> Iterator[Message]:
    """Yield the commands of the network's own program that start it, now and at each boot."""
    by = _unit(view, told)
    runs = by is not None and by.active == "active"
    name = by.name if by is not None else f"{_UNITS[told.program][0]}.service"
    facts = {"name": told.name, "unit": name, "file": told.file}
    if told.program == "libvirt":
        if by is not None and not runs:
            yield message("start libvirt: `systemctl enable --now {unit}`", **facts)
        if runs or not told.starts:
            yield message("start the network: `virsh net-start {name}`", **facts)
        if not told.starts:
            yield message("let libvirt start it at each boot: `virsh net-autostart {name}`", **facts)
        return
    if told.program == "LXC" and told.starts is False:
        yield message('set USE_LXC_BRIDGE="true" in {file}', **facts)
    verb = "enable --now" if not runs else "restart"
    yield message("let the network's unit make the bridge: `{command}`", command=f"systemctl {verb} {name}")
    if by is not None and by.active == "failed":
        yield message("if the unit fails again, `{log}` tells why", log=f"journalctl -u {name}")


def _notes(view: View, told: GuestNetwork) -> Iterator[Message]:
    yield message("then start the guest that has the address, if it does not run")
    yield message("if another machine has this address, this host needs a route to that machine")
    if told.program == "libvirt" and told.mode == "nat" and not isinstance(view.flow.start, FromHost):
        yield message(
            "libvirt rejects what comes from outside to a network with `<forward mode='nat'/>`, so a client outside "
            "needs a rule of its own, or mode `route` or `open`"
        )


CAUSE = Cause(
    title=message("A network of virtual machines or system containers is not started"),
    source="libvirt formatnetwork.html; lxc-net; Incus internal/server/network/driver_bridge.go",
    reasons=frozenset({"left-instead", "no-route", "no-source-address", "no-neighbour", "forwarding-off",
                       "route-type", *RULE_STOPS}),
)  # fmt: skip
