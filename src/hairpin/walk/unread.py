"""The end of a walk in a namespace whose links or routes could not be read: what happens there is not known."""

import msgspec

from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.network.network import Network
from hairpin.walk.state import Assumed, End, State, stopped

_ROUTED = ("input-route", "output-route")


def unread_end(network: Network, state: State) -> End | None:
    """Return the packet's end if the links, or at a lookup the routes, of its namespace were not read."""
    namespace, version = network.namespace(state.netns), state.packet.version
    if "ip-addr" in namespace.unread and not namespace.links:
        said = message("the links and addresses of {netns} let it pass", netns=network.netns_text(state.netns))
    elif (
        state.stage in _ROUTED
        and f"ip-route{version}" in namespace.unread
        and not any(each.version == version for each in namespace.routes)
    ):
        said = message("the routes of {netns} lead it on", netns=network.netns_text(state.netns))
    else:
        return None
    at = state.given(Condition(said, holds=True))
    end = stopped(at, "namespace-unread", link=state.oif or state.iif, decided_by=Assumed(said))
    return msgspec.structs.replace(end, kind="unknown")
