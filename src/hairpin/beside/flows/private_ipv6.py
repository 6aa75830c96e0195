"""Ways out over IPv6 that no program takes: containers whose only IPv6 addresses are unique local ones, of a dockerd
that makes no rules of IPv6.

No host outside has a route back to such an address.  A program that finds both families of a name asks by IPv4, because
the label of a unique local address differs from the label of every address outside.  Before Docker 27 this is how each
network with IPv6 is made, so it is no fault of the host.

Source: RFC 6724, section 2.1 and rule 5 of section 6; getaddrinfo(3)
"""

from collections.abc import Iterable

from hairpin.beside.inquiry import Inquiry
from hairpin.engines.docker.options import keeps_no_ipv6_rules
from hairpin.message import Message, few_of, message
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import is_private
from hairpin.walk.walked import walked


def observe(inquiry: Inquiry) -> Inquiry:
    """Leave out the ways out over IPv6 that no program takes, and say so."""
    left_out = ways_left_out(inquiry.network, inquiry.flows)
    return inquiry.without(left_out).saying(told_of_private_ipv6(left_out))


def ways_left_out(network: Network, flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return the containers' own flows to the outside over IPv6 that fail because nothing masquerades their unique
    local addresses, if the same container's way out over IPv4 passes."""
    return tuple(each for each in flows if _is_unused(network, each, flows))


def told_of_private_ipv6(flows: Iterable[Flow]) -> tuple[Message, ...]:
    """Return the note about the flows that were left out."""
    names = tuple(dict.fromkeys(each.start.name for each in flows if isinstance(each.start, FromContainer)))
    if not names:
        return ()
    return (
        message(
            "not checked over IPv6: the way out of {names}. The IPv6 addresses there are unique local ones, which "
            "dockerd masquerades only with its option ip6tables, so programs take IPv4 (`hairpin check ADDRESS:PORT "
            "--from container:{first}` asks for an IPv6 address, too)",
            names=few_of(names),
            first=names[0],
        ),
    )


def _is_unused(network: Network, flow: Flow, flows: tuple[Flow, ...]) -> bool:
    start = flow.start
    if flow.purpose != "egress" or flow.version != 6 or not isinstance(start, FromContainer):
        return False
    host, trace = network.host(start.netns.host), walked(network, flow)
    container, stop = host.container(start.name), trace.usual.stop if not trace.succeeds else None
    if container is None or stop is None or stop.reason != "source-not-translated":
        return False
    own = [each for each in addresses_of(network.namespace(start.netns), None, 6) if each.scope == "global"]
    if not keeps_no_ipv6_rules(host.engine_of(container)) or not all(is_private(each.value, 6) for each in own):
        return False
    over_ipv4 = [each for each in flows if (each.start, each.purpose, each.version) == (start, "egress", 4)]
    return bool(over_ipv4) and all(walked(network, each).succeeds for each in over_ipv4)
