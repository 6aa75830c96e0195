"""Networks that the owner of a container's VPN has excluded from the VPN.

The answers to all other clients leave by the VPN, as the owner wants.
"""

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.diagnose.examination import examination
from hairpin.diagnose.suspect import Diagnosis
from hairpin.host.netns import Netns
from hairpin.host.route import Route
from hairpin.message import few_of, message
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text
from hairpin.network.tunnel.inner import inner_tunnel, listed_routes
from hairpin.walk.deciders import Lookup, deciders
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import ask_from


def observe(inquiry: Inquiry) -> Inquiry:
    """Leave out the flows of clients whose answers a container's VPN takes, if another client of the same port gets its
    answers past this VPN by a route to the client's network."""
    found = inquiry.walked
    taken = {number: into for number, each in enumerate(found.diagnoses) if (into := _into_vpn(found.network, each))}
    kept: list[Diagnosis] = []
    left: set[int] = set()
    for each in found.diagnoses:
        mine = [
            number for number, into in taken.items() if _passes_vpn(found.network, each, found.diagnoses[number], into)
        ]
        left.update(mine)
        question = _is_excepted(found.network, each, taken[mine[0]]) if mine else None
        kept.append(each if question is None else msgspec.structs.replace(each, trace=each.trace.asking(question)))
    if not left:
        return inquiry
    there = tuple(each for number, each in enumerate(kept) if number not in left)
    return inquiry.examined(examination(found.network, there))


def _into_vpn(network: Network, diagnosis: Diagnosis) -> Lookup | None:
    """Return the lookup by which a container's VPN takes the answers to a client; None if something else stops the
    flow."""
    trace, flow = diagnosis.trace, diagnosis.trace.flow
    if trace.succeeds or trace.verdict == "depends" or isinstance(flow.start, FromContainer):
        return None
    stop = trace.usual.stop
    if stop is None or not trace.usual.reply or stop.reason == "no-listener":
        return None
    return _lookup_into_vpn(network, flow, stop.netns)


def _lookup_into_vpn(network: Network, flow: Flow, netns: Netns) -> Lookup | None:
    for each in deciders(network, flow).lookups:
        if each.netns == netns and each.found.route is not None and inner_tunnel(network, netns, each.found.route):
            return each
    return None


def _passes_vpn(network: Network, passing: Diagnosis, failing: Diagnosis, into: Lookup) -> bool:
    """Return whether the passing flow is of another client of the same port, and gets its answers by a route to a
    listed network."""
    if not passing.trace.succeeds or isinstance(passing.trace.flow.start, FromContainer):
        return False
    here, there = passing.trace.flow, failing.trace.flow
    if (here.dport, here.protocol, here.version, here.host) != (there.dport, there.protocol, there.version, there.host):
        return False
    listed = tuple(listed_routes(network, into.netns, here.version))
    return any(each.netns == into.netns and each.found.route in listed for each in deciders(network, here).lookups)


def _is_excepted(network: Network, passing: Diagnosis, into: Lookup) -> OpenQuestion:
    flow, route = passing.trace.flow, into.found.route
    assert isinstance(route, Route)
    named = [str(each.prefix) for each in listed_routes(network, into.netns, flow.version)]
    container = network.container_of(into.netns)
    return OpenQuestion(
        text=message(
            "The VPN of {name} takes the answers to all clients outside of {listed}. Are the clients of {target} in "
            "{listed}?",
            target=flow.target_text(),
            listed=few_of(named),
            name=container.name if container is not None else into.netns.name,
        ),
        if_yes=message(
            "The answers to the clients leave through the container's gateway, and the verdict above stands"
        ),
        if_no=message("The answers go into the tunnel, as intended: `{route}`", route=route_text(route)),
        wanted=(ask_from(address_text(into.query.daddr, flow.version)),),
        breaks_if="no",
    )
