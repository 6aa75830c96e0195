"""Groups of flows that fail alike, and the lines that report flows.  Many successful flows share a line."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.host.name_order import name_order
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.network.prefix import Version, address_text
from hairpin.report.paper import Paper, Style
from hairpin.report.places import NO_HOSTS, Places
from hairpin.report.words import Words
from hairpin.walk.state import Stop
from hairpin.walk.verdicts import VERDICTS, Verdict

KEPT_OUT = message("kept out")
"""The word for clients that a rule keeps out on purpose."""
FEW = 6
"""The greatest number of lines of one kind that are shown.  Further lines are only counted."""
_MARKS: dict[Verdict, tuple[str, Style]] = {
    "delivered": ("✓", "good"),
    "leaves": ("✓", "good"),
    "depends": ("?", "unsure"),
}


class Group(msgspec.Struct, frozen=True):
    """Flows that fail in the same way: with the same verdict and the same causes.  ``numbers``: the flows' positions in
    the report."""

    verdict: Verdict
    causes: tuple[str, ...]
    numbers: tuple[int, ...]


def groups(flows: Sequence[FlowAnswer]) -> tuple[Group, ...]:
    """Return the failing flows in groups: groups with a cause come first, undecided groups last."""
    found: dict[tuple[Verdict, tuple[str, ...], str], list[int]] = {}
    for number, flow in enumerate(flows):
        if not flow.succeeds:
            alike = "" if flow.causes else _without_cause(flow)
            found.setdefault((flow.verdict, flow.causes, alike), []).append(number)
    made = [Group(verdict, causes, tuple(numbers)) for (verdict, causes, _), numbers in found.items()]
    return tuple(sorted(made, key=lambda each: (not each.causes, each.verdict == "depends", each.numbers)))


def _without_cause(flow: FlowAnswer) -> str:
    """Return a text that is the same for flows which stop at the same place for the same reason, or which leave the
    same questions open."""
    if flow.stop is not None:
        return f"{flow.stop.netns.host} {flow.stop.netns} {flow.stop.reason}"
    return "; ".join(str(each.text) for each in flow.trace.questions if each.undecided)


def cause_of_stop(answer: Answer, stop: Stop | None) -> CauseAnswer | None:
    """Return the blocking cause that stops other asked flows at the same place; None if there is none.

    The search proves a cause for the flows that pass without it.  Flows that fail without it for another reason stop
    here all the same."""
    blocking = (each for each in answer.causes if each.severity == "blocking" and each.flows)
    return next((each for each in blocking if each.stop and stop and same_place(each.stop, stop)), None)


def same_place(one: Stop, other: Stop) -> bool:
    """Return whether one thing stops the packets, at one place."""
    return (one.netns, one.stage, one.link, one.reason, one.decided_by) == (
        other.netns, other.stage, other.link, other.reason, other.decided_by
    )  # fmt: skip


def flow_text(flow: Flow, places: Places = NO_HOSTS) -> str:
    """Return the flow in one line, such as ``192.0.2.10 → 198.51.100.2:8151/tcp (web)``; with several hosts, the text
    ends with the host: ``(web@node2)``."""
    origin, name = places.client(flow), places.container(flow)
    named = name and f"container:{name}" != origin
    return f"{origin} → {places.target(flow)}" + (f" ({name})" if named else "")


class _Port(NamedTuple):
    """A published port or an asked address of a container; ``version``: None for the flows of both IP versions."""

    name: str
    port: str
    version: Version | None


def folded(
    flows: Sequence[Flow],
    words: Words,
    places: Places = NO_HOSTS,
    others: Sequence[Flow] = (),
    *,
    each_port: bool = False,
) -> list[str]:
    """Return a line for each published port or asked address, and a line for all containers that send to the same
    destinations.  Many ports with the same clients share a line, except with ``each_port``.  ``others``: all flows of
    the answer.  A line names its IP version if ``others`` has flows of the other IP version that do not belong to the
    line, and if clients reach a published port over IPv6 alone."""
    into: dict[_Port, list[str]] = {}
    out: dict[str, list[str]] = {}
    alone = _of_one_version(flows, others, places)
    servers = {(each.version, each.daddr) for each in flows if each.purpose == "dns" and each.protocol == "udp"}
    for flow in flows:
        if flow.purpose == "dns" and flow.protocol == "tcp" and (flow.version, flow.daddr) in servers:
            continue  # one container of a network also queries over TCP, and this flow shares a line with the UDP flow
        origin, to = places.client(flow), places.target(flow)
        if flow.purpose in ("egress", "dns"):
            out.setdefault(origin, []).append(to)
        else:
            asked, client = _asked(flow, places), places.client_name(flow)
            version = flow.version if (*asked, client) in alone else None
            into.setdefault(_Port(*asked, version), []).append(client)
    alike: dict[str, list[str]] = {}
    for origin, targets in out.items():
        alike.setdefault(_joined(targets), []).append(origin)
    together: dict[object, list[_Port]] = {}
    for port, origins in into.items():
        key = (_joined(origins), port.version if len(into) > FEW and not each_port else port)
        together.setdefault(key, []).append(port)
    ports = (
        words(message("{ports} from {origins}", ports=_ports(each, words), origins=_joined(into[each[0]])))
        for each in together.values()
    )
    return [*ports, *(f"{_few(origins, words)} → {targets}" for targets, origins in alike.items())]


def _asked(flow: Flow, places: Places) -> tuple[str, str]:
    """Return the flow's container, and the port or address of the flow's destination."""
    to = places.target(flow)
    name = places.container(flow) or places.names.get(address_text(flow.daddr, flow.version), "")
    return name, to if flow.purpose == "asked" else to.rpartition(":")[2]


def _of_one_version(flows: Sequence[Flow], others: Sequence[Flow], places: Places) -> frozenset[tuple[str, str, str]]:
    """Return the ports and clients for which ``flows`` lacks an IP version that ``others`` has, and the published ports
    for which both have only IPv6."""
    here: dict[tuple[str, str, str], set[int]] = {}
    everywhere: dict[tuple[str, str, str], set[int]] = {}
    published = {_asked(flow, places) for flow in others or flows if flow.purpose == "published" and flow.version == 4}
    for found, each in ((here, flows), (everywhere, others)):
        for flow in each:
            found.setdefault((*_asked(flow, places), places.client_name(flow)), set()).add(flow.version)
    shown = {_asked(flow, places) for flow in flows if flow.purpose == "published"} - published
    return frozenset(
        asked for asked, versions in here.items() if versions != everywhere.get(asked, versions) or asked[:2] in shown
    )


def _ports(ports: Sequence[_Port], words: Words) -> str:
    """Return the ports of one line, such as ``8151/tcp (web) over IPv6`` or ``42 ports (8151/tcp, 8152/tcp, … and 37
    more)``."""
    if len(ports) > 1:
        many = {"count": len(ports), "names": _few([each.port for each in ports], words), "version": ports[0].version}
        if ports[0].version is None:
            return words(message("{count} ports ({names})", **many))
        return words(message("{count} ports ({names}) over IPv{version}", **many))
    (port,) = ports
    facts = {"port": port.port, "name": port.name or "-", "version": port.version}
    if port.version is None:
        return words(message("{port} ({name})", **facts))
    return words(message("{port} ({name}) over IPv{version}", **facts))


def _few(texts: Sequence[str], words: Words) -> str:
    """Return the texts as a list.

    If there are many texts, return the first texts (``web-2`` before ``web-10``) and the number of the remaining texts.
    """
    if len(texts) <= FEW:
        return _joined(texts)
    first = sorted(texts, key=name_order)[: FEW - 1]
    return words(message("{names} and {count} more", names=_joined(first), count=len(texts) - len(first)))


def _joined(texts: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def write_flows(
    lines: list[str], verdict: Verdict, words: Words, paper: Paper, *, all_: bool, questioned: bool = False
) -> None:
    """Write the lines about flows.  If there are many lines, write only the first lines, except with ``all_``.
    ``questioned``: whether the answer to an open question can change the verdict."""
    shown = lines if all_ or len(lines) <= FEW else lines[: FEW - 1]
    for line in shown:
        verdict_line(verdict, line, words, paper, questioned=questioned)
    if len(shown) < len(lines):
        more = words(message("and {count} more (-v lists them)", count=len(lines) - len(shown)))
        verdict_line(verdict, more, words, paper, questioned=questioned)


def mark_of(verdict: Verdict) -> tuple[str, Style]:
    """Return the sign and style of a verdict."""
    return _MARKS.get(verdict, ("✗", "bad"))


def verdict_line(verdict: Verdict, text: str, words: Words, paper: Paper, *, questioned: bool = False) -> None:
    """Write the verdict and the text in one line, such as ``✓ delivered  TEXT``."""
    mark, style = mark_of("depends" if questioned else verdict)
    said = VERDICTS[verdict]
    if questioned:
        said = message("{verdict} (see the question)", verdict=said)
    paper.prose(text, first=f"{mark} {words(said)}  ", first_style=style)
