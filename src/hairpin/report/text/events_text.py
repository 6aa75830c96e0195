"""The matrix of events for people: first the events that change nothing, then each other event with its effects.

The module also writes the head of an answer about the time after an event.
"""

from hairpin.answer.answer import EventAnswer
from hairpin.answer.matrix import EventCell, EventRow, Matrix, Strike
from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.places import Places, places_of
from hairpin.report.text.summary import count_of_flows
from hairpin.report.unread import as_far_as_read, write_notes, write_unread
from hairpin.report.verdicts import folded, write_flows
from hairpin.report.words import Words
from hairpin.walk.verdicts import Verdict, succeeds


def events_text(found: Matrix, words: Words, paper: Paper, *, verbose: bool = False) -> str:
    """Return the matrix."""
    changing = [each for each in found.rows if each.changes]
    quiet = [each for each in found.rows if not each.changes]
    paper.prose(words(_first_line(found, len(changing))), style="strong")
    if quiet:
        paper.gap()
        stays = _staying(found, ", ".join(event_name(each, found) for each in quiet))
        paper.prose(words(as_far_as_read(stays, found.lacks_reading)))
    places = places_of(found.answer, words)
    for row in changing:
        paper.gap()
        _write_row(found, row, places, words, paper, verbose=verbose)
    if any(each.supposed for each in found.answer.flows):
        from hairpin.report.text.likely_text import write_suppositions

        write_suppositions(found.answer, words, paper)
    write_notes(found.answer, words, paper)
    write_unread(found.undecided, words, paper)
    return paper.text()


def _count_of_undecided(found: Matrix) -> int:
    return sum(each.trace.verdict == "depends" for each in found.answer.flows)


def _staying(found: Matrix, names: str) -> Message:
    undecided, known = _count_of_undecided(found), bool(found.answer.flows) or not found.lacks_reading
    if not undecided and known:
        return message("No flow and no open connection changes after: {events}", events=names)
    if undecided < len(found.answer.flows):
        return message(
            "None of these events changes a flow that hairpin decided, or an open connection: {events}", events=names
        )
    return message("No flow that hairpin knows changes after: {events}", events=names)


def _first_line(found: Matrix, changing: int) -> Message:
    undecided = _count_of_undecided(found)
    if not found.answer.flows and found.lacks_reading:
        return message(
            "{events}: hairpin knows no flow, so it cannot tell what the events break",
            events=_count_of_events(len(found.rows)),
        )
    if undecided and undecided == len(found.answer.flows):
        return message(
            "{flows}, {events}: the flows are undecided now, and also after the events",
            flows=count_of_flows(found.answer.flows),
            events=_count_of_events(len(found.rows)),
        )
    said = _said_of_decided(found, changing)
    if undecided == 1:
        return message("{told}; 1 flow is undecided now", told=said)
    return message("{told}; {count} flows are undecided now", told=said, count=undecided) if undecided else said


def _said_of_decided(found: Matrix, changing: int) -> Message:
    flows, events = count_of_flows(found.answer.flows), _count_of_events(len(found.rows))
    failing = sum(any(cell.breaks and cell.after != "depends" for cell in row.cells) for row in found.rows)
    if not changing:
        said = message("{flows}, {events}: nothing changes", flows=flows, events=events)
        return as_far_as_read(said, found.lacks_reading)
    if not failing:
        said = message("{flows}, {events}: no flow that passes now fails", flows=flows, events=events)
        return as_far_as_read(said, found.lacks_reading)
    return message(
        "{flows}, {events}: after {failing} of these events, a flow that passes now fails",
        flows=flows,
        events=events,
        failing=failing,
    )


def _count_of_events(count: int) -> Message:
    return message("1 event") if count == 1 else message("{count} events", count=count)


def event_name(row: EventRow, found: Matrix) -> str:
    """Return the event's id.  If there are several hosts, add the event's host."""
    return f"{row.event}@{row.host}" if found.answer.has_several_hosts else row.event


def _write_row(found: Matrix, row: EventRow, places: Places, words: Words, paper: Paper, *, verbose: bool) -> None:
    paper.prose(words(message("{event}: {title}", event=event_name(row, found), title=row.title)), style="strong")
    flows = {each.ref: each.trace.flow for each in found.answer.flows}
    every = list(flows.values())
    for verdict, cells in _by_verdict([each for each in row.cells if each.breaks]).items():
        lines = folded([flows[each.flow] for each in cells], words, places, every)
        write_flows(lines, verdict, words, paper, all_=verbose)
    opened = [each for each in row.cells if succeeds(each.after) and not succeeds(each.before)]
    for verdict, cells in _by_verdict(opened).items():
        paper.prose(words(message("these flows do not pass now, and pass after the event:")), indent=2)
        lines = folded([flows[each.flow] for each in cells], words, places, every)
        write_flows(lines, verdict, words, paper, all_=verbose)
    lost = sum(each.established == "lost" for each in row.cells)
    if lost:
        said = message("open connections of {count} flows break", count=lost)
        paper.prose(words(said if lost > 1 else message("the open connections of 1 flow break")), indent=2)
    for alike in _by_title(row.strikes, verbose=verbose).values():
        said = message("{cause}: {title}", cause=alike[0].id, title=alike[0].title)
        others = len({each.title for each in alike}) - 1
        if others:
            said = message("{told}; {count} more of this kind (-v)", told=said, count=others)
        paper.prose(words(said), indent=2)
    write_uncertain(row, words, paper)


def _by_title(strikes: tuple[Strike, ...], *, verbose: bool) -> dict[object, list[Strike]]:
    """Return the causes in groups.

    Causes whose titles differ only in a name are one group.  If ``verbose`` is true, each cause is a group by itself.
    """
    found: dict[object, list[Strike]] = {}
    for each in strikes:
        found.setdefault(each.ref if verbose else (each.id, each.host, each.title.template), []).append(each)
    return found


def _by_verdict(cells: list[EventCell]) -> dict[Verdict, list[EventCell]]:
    found: dict[Verdict, list[EventCell]] = {}
    for each in cells:
        found.setdefault(each.after, []).append(each)
    return found


def write_uncertain(told: EventAnswer | EventRow, words: Words, paper: Paper) -> None:
    """Write the facts that cannot be foreseen, and the units and containers that do not start."""
    for each in told.conditions:
        paper.prose(words(message("if {condition}", condition=each)), indent=2)
    for each in told.failures:
        paper.prose(words(each), indent=2)


def write_event(event: EventAnswer, words: Words, paper: Paper) -> None:
    """Write the event, its assumptions, and the fate of open connections."""
    paper.prose(words(message("After {event} ({title}):", event=event.id, title=event.title)), style="strong")
    write_uncertain(event, words, paper)
    passing = [each for each in event.before if succeeds(each.verdict)]
    lost = sum(each.established == "lost" for each in passing)
    if lost:
        said = message("open connections of {count} of {all} flows break", count=lost, all=len(passing))
        paper.prose(words(said), indent=2)
