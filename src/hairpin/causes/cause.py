"""What a cause is: a function that looks at the stop of a walk and proposes the change that would remove the fault.

If no packet shows the fault, a cause looks at a host (``of_host``), or at the traces of all asked flows and what events
change in them (``of_flows``).
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
    """One stop of a walk, as a cause sees it: the network, the flow, the branch that failed, and where it stopped."""

    network: Network
    flow: Flow
    branch: Branch
    stop: Stop

    @property
    def namespace(self) -> Namespace:
        """The namespace that the packet stopped in.  It is empty if it is a container's namespace that does not
        exist."""
        there = self.stop.netns in self.network
        return self.network.namespace(self.stop.netns) if there else Namespace(self.stop.netns.name)

    @property
    def host(self) -> Host:
        """The host that the packet stopped on."""
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
        """The socket that takes the packet where it stopped, or None."""
        return find_socket(self.namespace, self.stop.seen.packet, self.stop.link or "").socket

    @property
    def both_hosts(self) -> tuple[Host, ...]:
        """The host on which the packet stopped, and the destination's host if that is another one."""
        asked = self.network.host(self.flow.asked_host or self.flow.host)
        return (self.host, asked) if asked.name != self.host.name else (self.host,)

    @property
    def meant(self) -> str | None:
        """The name of the container that the flow is for, if the packet stopped on the host that has it."""
        asked = self.flow.asked_host or self.flow.host
        return self.flow.container if asked in ("", self.stop.netns.host) else None

    @property
    def container(self) -> Container | None:
        """The container whose namespace the packet stopped in, or None.  If several share it, it is the one that the
        flow is for."""
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
    """A suspicion, not proven yet: after ``change`` the packet goes on.

    ``where`` is exact: the rule, the route, the sysctl … itself (:mod:`hairpin.causes.where`).  ``in_class`` decides
    which of several candidates is tried first (:mod:`hairpin.causes.order`).  ``side_effects``: what else the change
    does.

    The rest is set only where it applies:

    - ``configured``: the file or option that says so, if the cause knows.  The file of a rule or of a sysctl is looked
    up for it. - ``ways``: other repairs, the preferred one first. - ``offered`` False: the change proves the cause and
    is no repair, because it would break a wall that was meant. Then ``ways`` has what a person can do. - ``cuts``: the
    change ends connections that are open now. - ``refused``: why the host would refuse the change as it is now, as the
    reason of a stop.  Causes of that reason are looked for and go first. - ``made_by``: the ids of causes that make
    this one, if they are found with it. - ``goes_first``: while it lasts, no repair of what it makes can succeed. -
    ``of_network``: the change concerns every container of a network, so those that were left unread have to be read.
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
"""How bad a cause is: it fails now, it will after an event, it opens too much, or it is worth knowing."""


Key = tuple[str, str, Places]
"""Cause, host and place."""


class Finding(msgspec.Struct, frozen=True):
    """A cause that is there, or that an event brings: what every way of looking for causes yields.

    - ``host``: the label of the host that it is on.
    - ``flows``: the indexes of the asked flows that it stops, or that pass because of it; ``stop``: where it stops the
      first of them.
    - ``proof``: the walks that prove it.  None: no packet shows it; ``candidate.evidence`` is the reading that does.
    - ``event``: it is there only after this event, and the proof is of that time.
    - ``container``: the name of the container that a state is about; empty: it concerns the whole host.
    - ``line``: the one line in which advice is said.

    Only a search sets the rest: the ``keys`` of the suspects that are this cause; its ``ref`` in the examination; the
    refs, its own included, of the causes that have to go ``together`` before those flows are delivered; other sets of
    refs that would do instead, the ``alternatives``; the refs of its makers, from which it ``follows_from``.

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
    """For what an event brings: what stops the flows after the event."""


class Later(msgspec.Struct, frozen=True):
    """What stops flows after ``event``, under one name.  ``members``: the causes found after the event, each with the
    indexes of the asked flows that it stops.  ``then``: the network after the event."""

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
    """Yield no candidate: the ``find`` of a cause that looks at hosts only."""
    yield from ()


def of_no_host(_: Host) -> Iterator[Finding]:
    """Yield no state: the ``of_host`` of a cause that looks at no host by itself."""
    yield from ()


def of_no_flows(_: AskedFlows) -> Iterator[Finding]:
    """Yield nothing: the ``of_flows`` of a cause that looks at stops or hosts only."""
    yield from ()


class Coming(msgspec.Struct, frozen=True):
    """What will stop a flow after an event.  ``found``: the diagnosis after the event.  ``flow``: as it is asked now.
    ``was`` and ``then``: the network now and after the event on the host ``label``."""

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
    """Return that the cause names nothing that an event would bring."""
    return False


class Cause(msgspec.Struct, frozen=True):
    """One entry of the catalogue.  ``find`` is called for stops of these ``reasons`` first, ``of_host`` for each host
    that was read, ``of_flows`` once a question.  The registry gives a cause the name of its file as its ``id``
    (:func:`id_of`), and that file's functions ``find``, ``of_host``, ``of_flows`` and ``foresees``.  Only what a call
    makes stands in the file's ``CAUSE``.

    ``general``: ``find`` is called for every stop.  It looks at the flow's whole path: at what is missing, or at what
    decided.  Such a cause is named after the kind of element; a special cause with the same change has a better name. A
    cause with no reasons that is not general is asked last, if no other cause explains the flow.

    ``fixed_with``: the fault cannot be changed once its container or network is made (a published port, a subnet), so
    the repair recreates it; empty for all others.

    ``on_purpose``: an administrator or the engine stops these flows on purpose: an engine's isolation, a port that is
    not published, a ban.  A flow that fails by it is not a fault by itself.

    ``aliases``: other ids of the same cause, by which it is found as well.

    ``foresees``: whether this cause names what an event brings, instead of the cause found after the event."""

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
"""Stops at a link that passes nothing."""
NOT_RUNNING: frozenset[Reason] = frozenset(
    {"no-container", "no-listener", "no-neighbour", "never-accepts", "no-carrier", "left-instead", *RULE_STOPS}
)
"""Stops of a packet whose container or engine does not run."""


def id_of(module: str) -> str:
    """Return the id of the cause of a module, by the module's full name."""
    return module.rpartition(".")[2].replace("_", "-")
