"""The interface of causes.  A cause's ``find`` looks at the stop of a walk and proposes the change that would remove
the fault.  If no packet shows the fault, the cause's ``of_host`` looks at a host instead, or its ``of_flows`` looks at
all asked flows and at the effects of events on them.
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
from hairpin.walk.decided import RuleDecided
from hairpin.walk.sockets import find_socket
from hairpin.walk.state import Reason, Stop
from hairpin.walk.trace import Branch, Trace


class View(msgspec.Struct, frozen=True):
    """The input of a cause: one stop of a walk, with the network, the flow and the branch that failed."""

    network: Network
    flow: Flow
    branch: Branch
    stop: Stop

    @property
    def namespace(self) -> Namespace:
        """The namespace in which the packet stopped.

        If the container whose packet stopped has no namespace, the value is an empty namespace."""
        there = self.stop.netns in self.network
        return self.network.namespace(self.stop.netns) if there else Namespace(self.stop.netns.name)

    @property
    def host(self) -> Host:
        """The host on which the packet stopped."""
        return self.network.host(self.stop.netns.host)

    @property
    def host_netns(self) -> Netns:
        """The network namespace of the host on which the packet stopped, or of the user's dockerd there: it keeps the
        bridges and the rules of its containers in a namespace of its own."""
        return self.stop.netns if self.stop.netns.is_rootless_dockerds else self.stop.netns.of_host

    @property
    def host_namespace(self) -> Namespace:
        """The links, addresses, routes and rules in the network namespace of the host on which the packet stopped."""
        return self.network.namespace(self.host_netns)

    @property
    def on_host(self) -> bool:
        """Whether the packet stopped in the host's own network namespace or in that of a user's dockerd, and not in a
        container's."""
        return self.stop.netns == self.host_netns

    @property
    def in_reply(self) -> bool:
        """Whether the reply stopped, and not the request.  If no socket listens for a request, the request counts as
        stopped."""
        fails = self.branch.verdict in ("unanswered", "depends")
        return fails and bool(self.branch.reply) and self.stop.reason != "no-listener"

    @property
    def looked_up(self) -> int:
        """The address whose route lookup stopped the packet.

        For the reverse-path check, the looked-up address is the packet's source.  For any other lookup, the looked-up
        address is the packet's destination."""
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
        """The host on which the packet stopped, and the destination's host if the destination is on another host."""
        asked = self.network.host(self.flow.asked_host or self.flow.host)
        return (self.host, asked) if asked.name != self.host.name else (self.host,)

    @property
    def meant(self) -> str | None:
        """The name of the flow's container, if the packet stopped on that container's host."""
        asked = self.flow.asked_host or self.flow.host
        return self.flow.container if asked in ("", self.stop.netns.host) else None

    @property
    def container(self) -> Container | None:
        """The container in whose namespace the packet stopped, or None.  If several containers share the namespace, the
        value is the container that the flow asks."""
        named = self.host.container(self.meant) if self.meant and not self.on_host else None
        if named is not None and named.netns == self.stop.netns.name:
            return named
        return self.network.container_of(self.stop.netns)


class Way(msgspec.Struct, frozen=True):
    """Another way to repair the fault.

    A ``change`` without parts means that hairpin has no model of the repair.  If ``change`` has no parts, ``said``
    tells a person what to do.  ``by_person``: whether the repair recreates a container or a network, or restarts an
    engine.
    ``typed``: the commands that a person types behind ``said``, if ``change`` has no parts.  Candidates of one cause
    that differ in some of these commands are merged, so that the commands are for all of its flows.
    ``past_decision``: whether the way is offered only if an administrator decided to stop the flow."""

    change: Change
    said: tuple[Message, ...] = ()
    by_person: bool = False
    past_decision: bool = False
    typed: tuple[str, ...] = ()


class Candidate(msgspec.Struct, frozen=True):
    """An unproven suspicion that the packet would get further after ``change``.

    ``where`` names the faulty thing exactly: a rule, a route, a sysctl … (:mod:`hairpin.causes.where`).  ``in_class``
    decides which of several candidates is tried first (:mod:`hairpin.causes.order`).  ``side_effects`` names the
    change's other effects.  The following fields are set only if they apply:

    - ``configured``: the file or option with the faulty setting, if the cause knows this file or option.  For a rule or
      a sysctl, hairpin looks up the file later.
    - ``ways``: other repairs, the preferred repair first.
    - ``offered``: False if the change only proves the cause.  A change that only proves the cause is no repair, because
      such a change would break an intended isolation.  If ``offered`` is False, ``ways`` says what a person can do.
    - ``cuts``: whether the change ends connections that are open now.
    - ``refused``: the stop reason (such as ``start-refused``) for which the host would refuse the change now.  hairpin
      then searches the causes of that reason, which must be repaired first.
    - ``made_by``: the ids of other causes that may have produced this fault.  A cause in ``made_by`` counts only if it
      is found on the host.
    - ``goes_first``: whether this cause must be repaired before the causes that follow from this cause.
    - ``of_network``: whether the change concerns every container of a network.  For a change of a whole network,
      hairpin has to read all containers of the network.
    - ``logs``: the names of the containers whose own log may tell why the fault is there.
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
    logs: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    """The ids of the causes that this one leaves behind.  A candidate with ``leaves`` is named only beside such a cause
    on the same host: the fault of a program's version that fits no cause is none of this host."""
    joins: str = ""
    """Candidates of one cause that have the same value of ``joins`` are merged, even if they are in different places:
    for example both directions of an isolation rule, or all docker-proxies of a daemon."""


Reader = Literal["root", "engine", "everybody"]
"""Who may read what a cause rests on.  ``everybody``: any user of the host.  ``engine``: a user who may ask the engine,
such as a member of the group docker.  ``root``: root alone."""
Severity = Literal["blocking", "latent", "exposure", "advice"]
"""How bad a cause is.  ``blocking``: a flow fails now.  ``latent``: a flow will fail after an event.  ``exposure``: a
port is too open.  ``advice``: the cause is only worth knowing."""


Key = tuple[str, str, Places]
"""A suspect is identified by the cause's id, the host's label and the place."""


class Finding(msgspec.Struct, frozen=True):
    """A cause that exists now, or that an event will bring.  Every search for causes yields findings.

    - ``host``: the label of the host that has the cause.
    - ``flows``: the indexes of the asked flows that the cause stops, or that pass because of the cause.
    - ``stop``: the stop of the first of these flows.
    - ``proof``: the walks that prove the cause, or None if no packet shows the cause.  If ``proof`` is None,
      ``candidate.evidence`` is the reading that shows the cause.
    - ``event``: the event that brings the cause, or None if the cause exists now.  The proof holds after the event.
    - ``container``: the name of the container whose state is the cause; empty if the cause concerns the whole host.
    - ``line``: the advice of the finding, in one line.

    Only a search sets the other fields.  ``keys``: the keys of the suspects that turned out to be this cause.  ``ref``:
    the reference of this finding in the examination.  ``together``: the refs of all causes, this one included, that
    must be removed before ``flows`` are delivered.  ``alternatives``: other sets of refs whose removal also delivers
    the flows.  ``follows_from``: the refs of the causes that produced this one.

    The functions of a cause leave ``id`` and ``host`` empty, and their caller sets both."""

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
    """The causes that stop the flows after the event, if an event brings this cause; else None."""


class Later(msgspec.Struct, frozen=True):
    """The causes that stop flows after ``event``, under one name.  ``members``: the causes found after the event, each
    with the indexes of the asked flows that it stops.  ``then``: the network after the event."""

    event: EventId
    members: tuple[Finding, ...]
    then: Network


class AskedFlows(msgspec.Struct, frozen=True):
    """The ``traces`` of the asked flows on the hosts of ``network`` as they are now, in the order of the questions."""

    network: Network
    traces: tuple[Trace, ...]

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The asked flows, in the order of the questions."""
        return tuple(each.flow for each in self.traces)


def at_no_stop(_: View) -> Iterator[Candidate]:
    """Yield no candidate.  A cause that has only ``of_host`` or ``of_flows`` gets this function as its ``find``."""
    yield from ()


def of_no_host(_: Host) -> Iterator[Finding]:
    """Yield no finding.  A cause that does not look at hosts gets this function as its ``of_host``."""
    yield from ()


def of_no_flows(_: AskedFlows) -> Iterator[Finding]:
    """Yield no finding.  A cause that looks only at stops or hosts gets this function as its ``of_flows``."""
    yield from ()


class Coming(msgspec.Struct, frozen=True):
    """A fault that will stop a flow after an event.

    ``found``: the cause that is found after the event.  ``flow``: the flow in its form before the event.  ``label``:
    the host on which the event happens.  ``was``: the network now.  ``then``: the network after the event."""

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
        """The host on which the event happens, as it is after the event."""
        return self.then.host(self.label)


def of_nothing_coming(_: Coming) -> bool:
    """Return False.  A cause that no event brings gets this function as its ``foresees``."""
    return False


class Cause(msgspec.Struct, frozen=True):
    """One entry of the catalogue.  hairpin calls ``find`` first for stops whose reason is in ``reasons``, ``of_host``
    for each host that was read, and ``of_flows`` once for each question.  The registry sets ``id`` from the name of the
    cause's file (:func:`id_of`), and sets ``find``, ``of_host``, ``of_flows`` and ``foresees`` from the functions that
    the file defines.  A file passes a function to its ``CAUSE`` only if a call returns that function.

    ``general``: whether ``find`` is called for every stop.  The ``find`` of a general cause searches the flow's whole
    path for elements that are missing or that decide the flow.  A general cause is named after the kind of element that
    it searches.  If a special cause proposes the same change, the special cause's name is used.  A cause that has no
    reasons and is not general is asked last, and only if no other cause explains the flow.

    ``fixed_with``: ``container`` or ``network`` if the faulty property (a published port, a subnet) cannot be changed
    after the container or network is created.  The repair recreates this container or network.  If the property can be
    changed, the value is empty.

    ``on_purpose``: whether an administrator or the engine stops the flows on purpose, for example by an engine's
    isolation rules, an unpublished port or a ban.  The failure of a flow that is stopped on purpose is no fault by
    itself.

    ``aliases``: other ids by which users can name the cause.

    ``shown_by``: the read-only command that decides whether the cause is true, and its output if it is; None if no text
    names the cause.  The question's port, protocol and container replace ``{port}``, ``{protocol}``, ``{container}``
    and ``{name}``.  A hint about something more specific has a command or an output of its own.

    ``shown_to``: who may read what the cause rests on.  If a user without root has read a host, hairpin supposes what
    this user may not read, and names only causes that rest on nothing of it (docs/without-root.md).

    ``foresees``: a function that returns whether an event's fault should have the name of this cause, and not the name
    of the cause that is found after the event."""

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
    shown_to: Reader = "root"
    shown_by: tuple[str, Message] | None = None


RULE_STOPS: frozenset[Reason] = frozenset({"rule", "policy", "reject"})
"""Stops at a rule or a policy."""
LINK_STOPS: frozenset[Reason] = frozenset({"link-down", "bridge-down", "no-carrier"})
"""Stops at a link that passes no packet."""
NOT_RUNNING: frozenset[Reason] = frozenset(
    {"no-container", "no-listener", "no-neighbour", "never-accepts", "no-carrier", "left-instead", *RULE_STOPS}
)
"""Stops of a packet for a container that does not run, or whose engine does not run."""


def id_of(module: str) -> str:
    """Return the id of the cause whose module has this full name."""
    return module.rpartition(".")[2].replace("_", "-")
