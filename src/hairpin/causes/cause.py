"""The interface of causes.  A cause looks at the stop of a walk and proposes the change that would remove the fault
(``find``).  If no packet shows the fault, the cause looks at a host (``of_host``), or at all asked flows and the
effects of events on them (``of_flows``).
"""

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from hairpin.causes.order import Class
from hairpin.causes.proof import Proof
from hairpin.causes.where import Places, Where
from hairpin.change.change import Change
from hairpin.events.event import EventId
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.sockets import find_socket
from hairpin.walk.state import Reason, RuleDecided, Stop
from hairpin.walk.trace import Branch, Trace


class View(msgspec.Struct, frozen=True):
    """The input of a cause: one stop of a walk, with the network, the flow and the branch that failed."""

    network: Network
    flow: Flow
    branch: Branch
    stop: Stop

    @property
    def namespace(self) -> Namespace:
        """The namespace in which the packet stopped.  If that is a container's namespace that does not exist, the value
        is an empty one."""
        there = self.stop.netns in self.network
        return self.network.namespace(self.stop.netns) if there else Namespace(self.stop.netns.name)

    @property
    def host(self) -> Host:
        """The host on which the packet stopped."""
        return self.network.host(self.stop.netns.host)

    @property
    def host_netns(self) -> Netns:
        """The namespace that is examined as that host."""
        return self.stop.netns.of_host

    @property
    def host_namespace(self) -> Namespace:
        """The host's own namespace, as it was read."""
        return self.network.namespace(self.host_netns)

    @property
    def on_host(self) -> bool:
        """Whether the packet stopped in the host's namespace."""
        return self.stop.netns.is_host

    @property
    def in_reply(self) -> bool:
        """Whether the reply stopped, and not the request.  A request that met no listener counts as stopped itself."""
        return self.branch.verdict == "unanswered" and bool(self.branch.reply) and self.stop.reason != "no-listener"

    @property
    def looked_up(self) -> int:
        """The address whose lookup stopped the packet: its source for the reverse-path check, else its destination."""
        packet = self.stop.seen.packet
        return packet.saddr if self.stop.reason == "rp-filter" else packet.daddr

    @property
    def place(self) -> Place | None:
        """The rule or policy that stopped the packet, or None."""
        decided = self.stop.decided_by
        return decided.place if isinstance(decided, RuleDecided) else None

    @property
    def socket(self) -> Socket | None:
        """The socket that received the packet where it stopped, or None."""
        return find_socket(self.namespace, self.stop.seen.packet, self.stop.link or "").socket

    @property
    def both_hosts(self) -> tuple[Host, ...]:
        """The host on which the packet stopped, and the destination's host if that is another one."""
        asked = self.network.host(self.flow.asked_host or self.flow.host)
        return (self.host, asked) if asked.name != self.host.name else (self.host,)

    @property
    def meant(self) -> str | None:
        """The name of the flow's container, if the packet stopped on that container's host."""
        asked = self.flow.asked_host or self.flow.host
        return self.flow.container if asked in ("", self.stop.netns.host) else None

    @property
    def container(self) -> Container | None:
        """The container in whose namespace the packet stopped, or None.  If several containers share the namespace, it
        is the flow's."""
        named = self.host.container(self.meant) if self.meant and not self.on_host else None
        if named is not None and named.netns == self.stop.netns.name:
            return named
        return self.network.container_of(self.stop.netns)


class Way(msgspec.Struct, frozen=True):
    """Another way to repair the fault.  ``change`` without parts: no model of the repair exists, and ``said`` tells a
    person what to do.  ``by_person``: the repair recreates a container or a network, or restarts an engine.
    ``past_decision``: the way is offered only if somebody decided to stop the flow."""

    change: Change
    said: tuple[Message, ...] = ()
    by_person: bool = False
    past_decision: bool = False


class Candidate(msgspec.Struct, frozen=True):
    """An unproven suspicion: after ``change`` the packet would get further.

    ``where`` is exact: the rule, the route, the sysctl … itself (:mod:`hairpin.causes.where`).  ``in_class`` decides
    which of several candidates is tried first (:mod:`hairpin.causes.order`).  ``side_effects``: the change's other
    effects.  The following fields are set only if they apply:

    - ``configured``: the file or option with the faulty setting, if the cause knows it.  For a rule or a sysctl it is
      looked up later. - ``ways``: other repairs, the preferred one first. - ``offered`` False: the change proves the
      cause and is no repair, because it would break an intended isolation.  ``ways`` then says what a person can do. -
      ``cuts``: the change ends connections that are open now. - ``refused``: the reason, as that of a stop, why the
      host would refuse the change now.  Causes of that reason are searched and go first. - ``made_by``: the ids of
      causes that make this one, if they are found with it. - ``goes_first``: while this cause lasts, repairs of the
      causes that follow from it fail. - ``of_network``: the change concerns every container of a network, so unread
      ones have to be read.
    """

    title: Message
    detail: Message
    change: Change
    where: Where
    in_class: Class
    evidence: tuple[str, ...] = ()
    side_effects: tuple[Message, ...] = ()
    advice: tuple[Message, ...] = ()
    configured: Configured | None = None
    ways: tuple[Way, ...] = ()
    offered: bool = True
    cuts: bool = False
    refused: Reason | None = None
    made_by: tuple[str, ...] = ()
    goes_first: bool = False
    of_network: bool = False
    joins: str = ""
    """Candidates of one cause that have this value are merged, wherever they are: both directions of a wall, or all
    docker-proxies of a daemon."""


Severity = Literal["blocking", "latent", "exposure", "advice"]
"""How bad a cause is: a flow fails now, a flow will fail after an event, a port is too open, or the cause is only worth
knowing."""


Key = tuple[str, str, Places]
"""Cause, host and place."""


class Finding(msgspec.Struct, frozen=True):
    """A cause that exists, or that an event brings: the result of every search for causes.

    - ``host``: the label of the host that it is on.
    - ``flows``: the indexes of the asked flows that it stops, or that pass because of it; ``stop``: the first flow's
      stop.
    - ``proof``: the walks that prove it.  None: no packet shows it, and ``candidate.evidence`` is the reading that
      shows it.
    - ``event``: the cause exists only after this event, and the proof holds after it.
    - ``container``: the name of the container that a state is about; empty: it concerns the whole host.
    - ``line``: advice, in one line.

    Only a search sets the other fields.  ``keys``: the keys of the suspects that are this cause; ``ref``: its reference
    in the examination; ``together``: the refs of all causes, itself included, that have to go before those flows are
    delivered; ``alternatives``: other sets of refs that would do instead; ``follows_from``: the refs of the causes that
    made it.

    The caller of a cause fills in ``id`` and ``host``; the cause's own functions leave them empty."""

    candidate: Candidate
    severity: Severity
    id: str = ""
    host: str = ""
    flows: tuple[int, ...] = ()
    stop: Stop | None = None
    proof: Proof | None = None
    event: str | None = None
    container: str = ""
    line: Message | None = None
    keys: tuple[Key, ...] = ()
    ref: str = ""
    together: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    follows_from: tuple[str, ...] = ()
    later: "Later | None" = None
    """If an event brings the cause: the causes that stop the flows after the event."""


class Later(msgspec.Struct, frozen=True):
    """The causes that stop flows after ``event``, under one name.  ``members``: the causes found after the event, each
    with the indexes of the asked flows that it stops.  ``then``: the network after the event."""

    event: EventId
    members: tuple[Finding, ...]
    then: Network


class AskedFlows(msgspec.Struct, frozen=True):
    """The asked flows as they are now: ``traces``, in the order asked, on the hosts of ``network``."""

    network: Network
    traces: tuple[Trace, ...]

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The flows, in the order asked."""
        return tuple(each.flow for each in self.traces)


def at_no_stop(_: View) -> Iterator[Candidate]:
    """Yield no candidate: the ``find`` of a cause that only has ``of_host`` or ``of_flows``."""
    yield from ()


def of_no_host(_: Host) -> Iterator[Finding]:
    """Yield no state: the ``of_host`` of a cause that does not look at hosts."""
    yield from ()


def of_no_flows(_: AskedFlows) -> Iterator[Finding]:
    """Yield nothing: the ``of_flows`` of a cause that only looks at stops or hosts."""
    yield from ()


class Coming(msgspec.Struct, frozen=True):
    """A fault that will stop a flow after an event.  ``found``: its diagnosis after the event.  ``flow``: as it is
    asked now.  ``was`` and ``then``: the network now and after the event on the host ``label``."""

    event: str
    label: str
    was: Network
    then: Network
    flow: Flow
    found: Finding

    @property
    def host(self) -> Host:
        """The host on which the event happens, as it is now."""
        return self.was.host(self.label)

    @property
    def host_then(self) -> Host:
        """The same host after the event."""
        return self.then.host(self.label)


def of_nothing_coming(_: Coming) -> bool:
    """Return False: the ``foresees`` of a cause that no event brings."""
    return False


class Cause(msgspec.Struct, frozen=True):
    """One entry of the catalogue.  ``find`` is called for stops of these ``reasons`` first, ``of_host`` for each host
    that was read, ``of_flows`` once a question.  The registry gives a cause the name of its file as its ``id``
    (:func:`id_of`), and that file's functions ``find``, ``of_host``, ``of_flows`` and ``foresees``.  The file's
    ``CAUSE`` itself contains a function only if a call makes that function.

    ``general``: ``find`` is called for every stop.  It looks at the flow's whole path, for missing or deciding
    elements.  Such a cause is named after the kind of element; a special cause with the same change has a better name.
    A cause with no reasons that is not general is asked last, if no other cause explains the flow.

    ``fixed_with``: ``container`` or ``network`` if the faulty property is fixed once that is created (a published port,
    a subnet), so the repair recreates it; else empty.

    ``on_purpose``: an administrator or the engine stops these flows on purpose: an engine's isolation, a port that is
    not published, a ban.  Such a failing flow is not a fault by itself.

    ``aliases``: other ids of the same cause, by which it is found as well.

    ``foresees``: whether this cause is the better name for a fault that an event brings than the cause found after the
    event."""

    title: Message
    source: str
    id: str = ""
    reasons: frozenset[Reason] = frozenset()
    general: bool = False
    fixed_with: Literal["", "container", "network"] = ""
    find: Callable[[View], Iterator[Candidate]] = at_no_stop
    of_host: Callable[[Host], Iterator[Finding]] = of_no_host
    of_flows: Callable[[AskedFlows], Iterator[Finding]] = of_no_flows
    foresees: Callable[[Coming], bool] = of_nothing_coming
    on_purpose: bool = False
    aliases: tuple[str, ...] = ()


RULE_STOPS: frozenset[Reason] = frozenset({"rule", "policy", "reject"})
"""Stops at a rule or a policy."""
LINK_STOPS: frozenset[Reason] = frozenset({"link-down", "bridge-down", "no-carrier"})
"""Stops at a link that passes no packet."""
NOT_RUNNING: frozenset[Reason] = frozenset(
    {"no-container", "no-listener", "no-neighbour", "never-accepts", "no-carrier", "left-instead", *RULE_STOPS}
)
"""Stops of a packet whose container or engine does not run."""


def id_of(module: str) -> str:
    """Return the id of the cause of a module, by the module's full name."""
    return module.rpartition(".")[2].replace("_", "-")
