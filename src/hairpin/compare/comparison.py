"""Compares two hosts, or one host at two times.

The module is the entry of the folder ``compare``.  Readings that both hosts have in common are parsed once, and equal
chains are one object.
"""

from collections.abc import Callable, Iterator

import msgspec

from hairpin.answer.answer import Judge, ref_of
from hairpin.answer.begin import begin_answer
from hairpin.answer.decisive import decisive
from hairpin.compare.concerning import met_differences
from hairpin.compare.container_differences import ends_of, made_anew, socket_differences
from hairpin.compare.corresponding import renamed_as
from hairpin.compare.deciding import Decided, DecidingClaim, FlowPair, Mixer, Search, confirmed_claims
from hairpin.compare.edit import ChainBlocks, SpaceTaken
from hairpin.compare.host_differences import host_differences
from hairpin.compare.listed_difference import PARTS, ListedDifference, comparable
from hairpin.compare.makers import Between, lost_jumps, with_makers
from hairpin.compare.mixing import LEARNED, Sides, addresses_of_containers
from hairpin.compare.ruleset_differences import ruleset_differences
from hairpin.compare.setting_differences import setting_differences
from hairpin.errors import UsageError
from hairpin.events.aftermath import asked_again
from hairpin.evidence.reading import Evidence, is_trace
from hairpin.evidence.renewal import changed_places, renewed
from hairpin.host.host import Host, Unread
from hairpin.host.netns import Netns
from hairpin.host.read.parse import of_readings, parsed
from hairpin.host.read.readings import Readings
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.question.question import Question
from hairpin.replica.judgement import Kernel
from hairpin.walk.trace import Trace
from hairpin.walk.walked import walked

_replace = msgspec.structs.replace


class DecidedFlow(msgspec.Struct, frozen=True):
    """A flow whose outcome differs, and the differences that decide it.

    ``changes``: the references of the smallest set of differences with which the earlier network gives the later
    outcome; empty if the listed differences do not explain the outcome.  ``instead``: other sets of the same size that
    explain the outcome.  ``undoing``: the set of differences without which the later network gives the earlier outcome.
    """

    ref: str
    before: Trace
    after: Trace
    changes: tuple[str, ...]
    instead: tuple[tuple[str, ...], ...] = ()
    undoing: tuple[str, ...] = ()
    judge: Judge = "simulated"


class Comparison(msgspec.Struct, frozen=True):
    """The differences between two hosts, or between one host at two times.

    ``was`` and ``now``: both hosts as they were read.  ``differences``: the differences in the order of ``PARTS``.
    ``flows``: the flows whose outcome differs.  ``walked``: the number of flows that were walked.  ``unread``: the
    readings that one of the hosts lacks.  ``traces``: the traces that show who made the differences.  ``met``: the
    references of the differences that the asked flows meet; None if the user asked about no particular flow."""

    was: Host
    now: Host
    differences: tuple[ListedDifference, ...]
    flows: tuple[DecidedFlow, ...]
    walked: int
    unread: tuple[Unread, ...] = ()
    notes: tuple[Message, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    traces: Evidence | None = None
    met: frozenset[str] | None = None

    @property
    def is_equal(self) -> bool:
        """Whether the comparison has no difference and no flow with another outcome."""
        return not self.differences and not self.flows

    @property
    def status(self) -> int:
        """The exit status: 0 if the hosts are equal, 1 if they differ, 3 if a reading is missing and all compared parts
        are equal."""
        if not self.is_equal:
            return 1
        return 3 if self.undecided else 0

    @property
    def undecided(self) -> tuple[Unread, ...]:
        """The readings that one of the hosts lacks and that would have been compared."""
        return decisive(self.unread, "diff")


def network_sides(was: Host, now: Host, *, alike: bool = False) -> tuple[Sides, tuple[ListedDifference, ...]]:
    """Return both networks with the same names for the same things, and their differences.  A difference between
    entries that the kernel has learned by itself has ``listed`` False."""
    earlier, later = Network((renamed_as(was, now),)), Network((now,))
    found = list(host_differences(earlier.this, now, alike=alike))
    blocks: list[ChainBlocks] = []
    names = made_anew(earlier.this, now)
    spaces = {each.netns for host in (earlier.this, now) for each in host.containers() if each.name in names}
    ends = ends_of(earlier.this, names) | ends_of(now, names)
    addresses = addresses_of_containers(earlier.this, names) | addresses_of_containers(now, names)
    network = earlier
    for netns, space in later.namespaces():
        if netns not in network or (netns.name in spaces and not netns.is_host):
            continue
        rules = ruleset_differences(netns, network.namespace(netns), space)
        settings = setting_differences(network, later, netns, ends if netns.is_host else frozenset())
        found += [*settings.found, *rules.found]
        found += socket_differences(netns, network.namespace(netns), space, addresses)
        found += _learned(netns, earlier, later)
        blocks += rules.blocks
        network = settings.network
    found = comparable(found, was, now)
    found.sort(key=lambda each: (not each.listed, PARTS.index(each.part), not each.netns.is_host, each.netns.name))
    return Sides(earlier, later, tuple(blocks)), tuple(
        _replace(each, ref=f"d{number}") for number, each in enumerate(found, 1)
    )


def _learned(netns: Netns, was: Network, now: Network) -> Iterator[ListedDifference]:
    """Yield one difference for all entries that the kernel has learned (neighbours, connections, limits).  The report
    lists this difference only if the difference decides a flow."""
    one, other = was.namespace(netns), now.namespace(netns)
    if any(getattr(one, field) != getattr(other, field) for field in LEARNED):
        where = message("facts that the kernel has learned: neighbours, connections, limits")
        was_text, now_text = (
            message("{count} connections, {neighbours} neighbours", count=len(each.connections),
                    neighbours=len(each.neighbours))
            for each in (one, other)
        )  # fmt: skip
        edit = SpaceTaken(netns, "learned")
        yield ListedDifference("learned", netns, where, was_text, now_text, edit, listed=False, fields=LEARNED)


# --- flows -----------------------------------------------------------------------------------------------------------


def comparison_of(
    question: Question,
    was: Host,
    now: Host,
    evidence: tuple[Evidence, ...],
    kernel: Kernel | None = None,
    *,
    alike: bool = False,
    traces: Callable[[], Between | None] | None = None,
) -> Comparison:
    """Return the differences, and for each flow the differences that decide it.

    ``evidence``: the evidence of both hosts.  ``kernel``: the second judge.  ``traces`` reads the story between the two
    readings, and is called only if there is a difference.  Raises UsageError if the question makes no sense for either
    host."""
    sides, differences = network_sides(was, now, alike=alike)
    sides, asked = _asked(question, sides)
    mixer = Mixer(sides, differences)
    search = Search(mixer)
    pairs = tuple(_pairs(sides, *asked))
    unread = tuple(dict.fromkeys(each for host in (was, now) for each in host.unread if not is_trace(each.key)))
    unknown = 0
    found: list[DecidedFlow] = []
    claims: list[DecidingClaim] = []
    for number, pair in enumerate(pairs):
        before, after = walked(sides.was, pair.was), walked(sides.now, pair.now)
        if before.verdict != after.verdict:
            decided = search.decided(pair, before, after)
            if not decided.changes and decisive(unread, "diff"):
                # the differing thing was not read on one of the hosts, so the deciding difference is not in the list
                unknown += 1
                continue
            found.append(_decided_flow(ref_of(number), before, after, decided, differences))
            claims.append(DecidingClaim(pair, before, decided.changes))
    proven: frozenset[int] = frozenset()
    if kernel is not None and evidence:
        proven = confirmed_claims(tuple(claims), mixer, evidence[0], kernel)
    flows = tuple(_replace(each, judge="replicated") if number in proven else each for number, each in enumerate(found))
    told = {ref for each in flows for ref in (*each.changes, *each.undoing)}
    listed = tuple(each for each in differences if each.listed or each.ref in told)
    between = traces() if traces is not None and listed else None
    if between is not None:
        listed = with_makers(listed, mixer, between, lambda one, other: network_sides(one.this, other.this))
    notes = (*lost_jumps(sides, listed), *_notes(was, now, flows, unknown, alike=alike))
    read = between.evidence if between is not None else None
    met = None
    if question.targets or question.origin is not None:
        decide = {ref for each in flows for refs in (each.changes, each.undoing, *each.instead) for ref in refs}
        met = met_differences(sides, pairs, listed) | decide
    return Comparison(was, now, listed, flows, len(pairs), unread, notes, evidence, read, met)


def _asked(question: Question, sides: Sides) -> tuple[Sides, tuple[tuple[Flow, ...], tuple[Flow, ...]]]:
    """Return both networks in the stated world, and the flows that the question means in each network.  A question may
    make sense for one network only, for example if only this network has the container."""
    errors: list[UsageError] = []
    networks: list[Network] = []
    flows: list[tuple[Flow, ...]] = []
    for network in (sides.was, sides.now):
        try:
            start, found = begin_answer(question, (), network)
        except UsageError as error:
            errors.append(error)
            networks.append(network)
            flows.append(())
        else:
            networks.append(start.network)
            flows.append(found)
    if len(errors) == 2:
        raise errors[1]
    was, now = networks
    return _replace(sides, was=was, now=now), (flows[0], flows[1])


def _pairs(sides: Sides, before: tuple[Flow, ...], after: tuple[Flow, ...]) -> Iterator[FlowPair]:
    """Yield each flow in two forms: for the earlier and for the later network.  The later network's flows come
    first."""
    met: set[Flow] = set()
    for flow in after:
        other = _replace(asked_again(sides.now, sides.was, flow), sport=flow.sport)
        met.add(_same(other))
        if _starts_in(sides.was, other):
            yield FlowPair(other, flow)
    for flow in before:
        if _same(flow) in met:
            continue
        other = asked_again(sides.was, sides.now, flow)
        if _starts_in(sides.now, other):
            yield FlowPair(flow, other)


def _same(flow: Flow) -> Flow:
    return _replace(flow, sport=0, container=None, asked_host="", host="", stand_ins=())


def _starts_in(network: Network, flow: Flow) -> bool:
    return not isinstance(flow.start, FromContainer) or flow.start.netns in network


def _decided_flow(
    ref: str, before: Trace, after: Trace, decided: Decided, differences: tuple[ListedDifference, ...]
) -> DecidedFlow:
    def refs(chosen: frozenset[int]) -> tuple[str, ...]:
        return tuple(differences[number].ref for number in sorted(chosen))

    instead = tuple(map(refs, decided.instead))
    return DecidedFlow(ref, before, after, refs(decided.changes), instead, refs(decided.undoing))


def _notes(was: Host, now: Host, flows: tuple[DecidedFlow, ...], unknown: int, *, alike: bool) -> Iterator[Message]:
    if not alike and None not in (was.machine_id, now.machine_id) and was.machine_id != now.machine_id:
        yield message(
            "these are two machines, {one} and {other}: with --alike, their own names and addresses are not listed as "
            "differences",
            one=was.name, other=now.name,
        )  # fmt: skip
    if any(not each.changes for each in flows):
        yield message("the listed changes do not explain why some flows have another outcome")
    if unknown == 1:
        yield message("1 flow has an outcome on one side only, because the other side was not read completely")
    elif unknown:
        yield message(
            "{count} flows have an outcome on one side only, because the other side was not read completely",
            count=unknown,
        )


def both_hosts(was: Evidence, now: Evidence) -> tuple[Host, Host]:
    """Return the earlier and the later host.  The later host shares the unchanged parts of the earlier host."""
    earlier = parsed(was)
    places = {(each.key, each.netns) for each in now.readings}
    gone = frozenset((each.key, each.netns) for each in was.readings) - places
    with_ids = renewed(was, now, gone)
    readings = Readings(with_ids, earlier.parts, changed_places(was, with_ids))
    later = of_readings(with_ids, readings).host
    return earlier.host, msgspec.structs.replace(later, name=now.name, snapshot_id=now.snapshot_id)
