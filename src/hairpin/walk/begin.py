"""Where a flow's first packet starts, or enters the snapshot."""

from hairpin.host.netns import Netns
from hairpin.network.attachment import entered_netns, sender_netns
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.walk.outside import asked_by_sender, enters_by
from hairpin.walk.state import End, Sender, State, stopped
from hairpin.walk.unread import unread_end
from hairpin.walk.user_stack import sent_in


def begin(network: Network, flow: Flow) -> State | End:
    """Return the flow's first packet where it starts or enters the snapshot, or the packet's end there."""
    match flow.start:
        case FromHost(address=address):
            return _local(flow, network.host_netns(flow.host), address or 0)
        case FromContainer():
            netns = sender_netns(network, flow.start)
            if netns not in network:
                packet = flow.packet(0)
                return stopped(State("output-route", netns, packet), "no-container")
            return _local(flow, netns, 0)
        case Outside(address=address) | Lan(address=address):
            at = State("device-in", entered_netns(network, flow), flow.packet(address))
            if at.netns not in network:
                return stopped(at, "no-container")
            sent = sent_in(network, flow)
            if sent is not None:
                return sent if isinstance(sent, End) else unread_end(network, sent) or sent
            started = unread_end(network, at) or enters_by(network, flow)
            return started if isinstance(started, End) else asked_by_sender(network, flow, started)


def _local(flow: Flow, netns: Netns, saddr: int) -> State:
    return State("output-route", netns, flow.packet(saddr), sender=Sender(uid=0))
