"""The lines of a host, and the table of all."""

from collections.abc import Iterator, Sequence

from tests.machine.columns import percent, row
from tests.today.trial import Result

HEAD = row("host", ("flows", "pass", "rootless", "wrong", "undecided", "alarms", "seconds"), first=40)


def told(result: Result) -> Iterator[str]:
    """Yield the host's line, and one for each thing that is not right."""
    if result.trouble:
        yield f"{result.host}: {result.trouble}"
    if result.trouble and not result.flows:
        return
    cells = (result.flows, result.passing, result.rootless, len(result.wrong), len(result.undecided),
             len(result.alarms), f"{result.seconds:.0f}")  # fmt: skip
    yield row(result.host, cells, first=40)
    yield from (f"    healthy, but: {each}" for each in result.alarms)
    yield from (f"    wrong: {each}" for each in result.wrong)
    yield from (f"    undecided: {each}" for each in result.undecided)
    yield from (f"    {each}" for each in result.lost)
    for event in result.events:
        yield f"    {event.event}: {event.cells} foretold, {len(event.wrong)} wrong, {len(event.undecided)} undecided"
        yield from (f"        wrong: {each}" for each in event.wrong)
        yield from (f"        undecided: {each}" for each in event.undecided)


def table(results: Sequence[Result]) -> Iterator[str]:
    """Yield the sums."""
    flows, undecided = (sum(each) for each in zip(*((one.flows, len(one.undecided)) for one in results), strict=True))
    rootless = sum(each.rootless for each in results)
    wrong = sum(len(each.wrong) for each in results)
    events = [each for one in results for each in one.events]
    cells, failed = sum(each.cells for each in events), sum(len(each.wrong) for each in events)
    if events:
        yield f"{len(events)} events, {cells} cells: {failed} contradictions ({percent(failed, cells)})"
    yield (
        f"{len(results)} hosts, {flows} flows ({rootless} of rootless containers): {wrong} contradictions,"
        f" {undecided} undecided ({percent(undecided, flows)})"
    )


def status(result: Result) -> int:
    """Return the exit status: 2 if the host could not be made, 1 if something is wrong about it."""
    return (
        2
        if result.trouble
        else int(bool(result.wrong or result.alarms or result.lost or any(each.wrong for each in result.events)))
    )
