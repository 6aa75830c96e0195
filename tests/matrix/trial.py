"""One event on one host: foretold, carried out, and each flow tried with real exchanges."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing

import msgspec

from hairpin.errors import HairpinError, LabError
from hairpin.events.aftermath import asked_again, verdict_after
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.fates import fate_of_open
from hairpin.events.happening import course_of
from hairpin.host.host import Host
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.world import World
from hairpin.question.flows import flows_for
from hairpin.question.question import parse_question
from hairpin.walk.walk import walk_flow
from tests.hunt.real.flows import (
    Box,
    Boxes,
    Outcomes,
    Seen,
    asked_as,
    boxes,
    forget_neighbours,
    listening,
    measure,
    origin,
    prepare,
    target,
    ways,
)
from tests.hunt.real.hosts import PAGES
from tests.machine.hairpin import plain, read
from tests.matrix.compare import differences
from tests.matrix.holding import Holding
from tests.score.all_flows import UNPUBLISHED, Way
from tests.score.happening import command_for

IMPOSSIBLE = "cannot happen on this host"
_PASS = ("delivered", "leaves")


class Cell(msgspec.Struct, frozen=True):
    """One flow under the event: what was foretold, and what really became of it.  ``fate``: what was foretold of its
    open connection; ``held``: whether that goes on (None: there was none)."""

    flow: str
    before: bool
    foretold: str
    passes: bool
    fate: str = ""
    held: bool | None = None

    @property
    def keeps_right(self) -> bool:
        """Whether the connection that was open does what was foretold."""
        return self.held is None or self.fate == "depends" or (self.fate == "kept") is self.held

    @property
    def right(self) -> bool:
        """Whether the flow does what was foretold."""
        return self.foretold != "depends" and (self.foretold in _PASS) is self.passes

    @property
    def is_untrue(self) -> bool:
        """Whether the flow was foretold as delivered, and fails."""
        return self.foretold in _PASS and not self.passes

    @property
    def changes(self) -> bool:
        """Whether the event really changes whether the flow passes."""
        return self.before is not self.passes


class Trial(msgspec.Struct, frozen=True):
    """An event on a host.  ``differs``: what of the host's state was not foretold; ``misread``: flows that did not do
    before the event what hairpin said of them; they stand in no cell."""

    host: str
    event: EventId
    cells: tuple[Cell, ...] = ()
    differs: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    trouble: str = ""
    misread: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether each cell that was decided does what was foretold."""
        return all(cell.right or cell.foretold == "depends" for cell in self.cells)


def try_event(name: str, plan: LabPlan, event: EventId) -> Trial:
    """Foretell and carry out the event on a new host of this plan."""
    try:
        with running_lab(msgspec.structs.replace(plan, before_engine=(*PAGES, *plan.before_engine))) as lab:
            return _tried(name, plan, event, lab)
    except LabError as error:
        return Trial(name, event, trouble=str(error).strip()[-300:])


def _tried(name: str, plan: LabPlan, event: EventId, lab: Lab) -> Trial:
    prepare(lab)
    known = boxes(lab, {})
    healthy = plain(read(*lab.hosts))
    if course_of(healthy.network, healthy.network.this.name, event) is None:
        return Trial(name, event, trouble=IMPOSSIBLE)
    asked = ((each.trace.flow.start_text(), each.trace.flow.target_text()) for each in healthy.flows)
    before = measure(lab, ways(lab, plan, asked), known)
    network = plain(read(*lab.hosts)).network
    course = course_of(network, network.this.name, event)
    if course is None:
        return Trial(name, event, trouble=IMPOSSIBLE)
    passing = [way for way, seen in before.items() if seen.passes and not way.port.endswith("/udp")]
    with listening(lab, known), closing(Holding(lab, passing, known)) as holding:
        try:
            lab.host.run(command_for(event, plan))
        except LabError as error:
            return Trial(name, event, trouble=str(error).strip()[-300:])
        time.sleep(0.5)
        live = holding.asked()
    seen = plain(read(*lab.hosts)).network
    now = _in_order(boxes(lab, known), network.this, seen.this)
    forget_neighbours(lab, now.values())
    after = measure(lab, before, now, before)
    tried = tuple(_cells(network, course, before, after, live, known, now))
    cells = tuple(each for each in tried if isinstance(each, Cell))
    return Trial(
        name,
        event,
        cells,
        tuple(differences(course.host, seen.this)),
        tuple(map(str, (*course.conditions, *course.missing))),
        misread=tuple(each for each in tried if isinstance(each, str)),
    )


def _in_order(now: Boxes, was: Host, seen: Host) -> Boxes:
    """Return the boxes whose first address is on the network on which it was before."""
    found: dict[str, Box] = {}
    for name, box in now.items():
        before, after = (host.container(box.name) for host in (was, seen))
        names = [end.network for end in before.endpoints] if before is not None else []
        ends = sorted(after.endpoints if after is not None else (), key=lambda end: _place(names, end.network))
        told = [address_text(value, 4) for end in ends if (value := end.ipv4) is not None]
        rest = [each for each in box.addresses if each not in told]
        found[name] = msgspec.structs.replace(box, addresses=(*told, *rest))
    return found


def _place(names: list[str], name: str) -> int:
    return names.index(name) if name in names else len(names)


def _cells(
    network: Network, course: Course, before: Outcomes, after: Outcomes, live: Mapping[Way, bool], known: Boxes,
    now: Boxes,
) -> Iterator[Cell | str]:  # fmt: skip
    """Yield a cell for each flow; what it is for one that hairpin has misread before the event already."""
    for way in before:
        asked = target(way, known)
        if not asked or way.port == str(UNPUBLISHED) or (way.start.startswith("container:") and way.start not in now):
            continue
        flow = _flow(network, way, known)
        verdict = walk_flow(network, flow).verdict if flow is not None else "none"
        if flow is None or (verdict in _PASS) is not before[way].passes:
            yield f"{way}: {verdict}, {'passes' if before[way].passes else 'fails'}"
            continue
        then = walk_flow(course.network, asked_again(network, course.network, flow))
        after_it, _ = verdict_after(walk_flow(network, flow), then)
        fate = fate_of_open(network, course, flow) if way in live else ""
        yield Cell(
            str(way),
            before[way].passes,
            "depends" if course.missing else after_it,
            _is_served(before[way], after[way]),
            fate,
            live.get(way),
        )


def _is_served(before: Seen, after: Seen) -> bool:
    """Return whether a whole answer comes, of the service that has answered before."""
    return after.passes and (not before.passes or before.by == after.by)


def _flow(network: Network, way: Way, known: Boxes) -> Flow | None:
    try:
        question = parse_question("walk", (asked_as(way, known),), origin(way), (), World())
        return flows_for(network, question.targets, question.origin)[0]
    except HairpinError:
        return None
