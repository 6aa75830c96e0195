"""The container does not have the address that its engine gave it.

Users see: since a program inside the container changed the container's address, the port times out.

Proof: no link in the container has the address that the engine gave to the container.  With the address the packet
arrives.
Now: ``nsenter -t PID -n ip address add ADDRESS/LENGTH dev LINK``.
Lasting: the engine adds the address when it starts the container.  Find the program in the image that removes the
address.
"""

from hairpin.causes.container._engine_gateway import containers_of_flow, default_route
from hairpin.causes.kit import Candidate, Cause, Iterator, Namespace, Netns, OfContainer, View, message
from hairpin.change.change import AddEntry, Change, SetSysctl
from hairpin.host.docker import Container, Endpoint
from hairpin.host.link import Address
from hairpin.host.sysctl import dotted
from hairpin.network.network import addresses_of, owns_address
from hairpin.network.prefix import Version, address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each address that an endpoint of the container has and no link in the container has.

    The container is the packet's destination, or the container in which the packet stopped.
    """
    for container, netns in containers_of_flow(view):
        yield from _in(view, container, netns)


def _in(view: View, container: Container, netns: Netns) -> Iterator[Candidate]:
    version = view.stop.seen.packet.version
    namespace = view.network.namespace(netns)
    endpoints = view.host.engine_of(container).endpoints_of(container)
    for endpoint in endpoints:
        value = endpoint.ipv4 if version == 4 else endpoint.ipv6
        length = endpoint.ipv4_prefix_length if version == 4 else endpoint.ipv6_prefix_length
        if value is None or owns_address(namespace, version, value):
            continue
        inner = _without_address(endpoints, namespace, version)
        if inner is None:
            continue
        text = address_text(value, version)
        gateway = endpoint.gateway4 if version == 4 else endpoint.gateway6
        routes = tuple(default_route(netns, namespace, version, inner, gateway))
        switch = ("net", "ipv6", "conf", inner, "disable_ipv6")
        is_off = version == 6 and namespace.sysctl(*switch) == 1
        facts = {
            "name": container.name,
            "address": text,
            "engine": view.host.engine_of(container).title,
            "key": dotted(switch),
        }
        yield Candidate(
            title=message("IPv6 is off inside container {name}: {key} is 1", **facts)
            if is_off
            else message("Container {name} does not have its address {address}", **facts),
            detail=message(
                "The kernel has removed the container's IPv6 addresses and routes, among them {address}, which "
                "{engine} gave it.",
                **facts,
            )
            if is_off
            else message("No link inside the container has {address}, which {engine} gave it.", **facts),
            change=Change(
                (
                    *((SetSysctl(netns, switch, "0"),) if is_off else ()),
                    AddEntry(netns, Address(inner, version, value, length)),
                    *routes,
                )
            ),
            where=OfContainer(container=container.name, address=f"{text}/{length}"),
            in_class="container-address-lost",
            evidence=(container.evidence,),
        )


def _without_address(endpoints: tuple[Endpoint, ...], namespace: Namespace, version: Version) -> str | None:
    """Return the container's veth that has none of the addresses of the endpoints, or None."""
    given = {each.ipv4 if version == 4 else each.ipv6 for each in endpoints}
    for link in namespace.links:
        if link.kind == "veth" and not any(
            each.value in given for each in addresses_of(namespace, link.name, version) if each.scope == "global"
        ):
            return link.name
    return None


CAUSE = Cause(
    title=message("The container has lost its address"),
    source="Docker Engine API: NetworkSettings",
    reasons=frozenset({"no-neighbour", "no-route", "no-source-address"}),
)
