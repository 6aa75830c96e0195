"""Expectations for people: which of them a host keeps, a new file of them, and the edits of a file."""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.answer.decisive import undecided_readings
from hairpin.expect.draft import DraftPart, Edit
from hairpin.expect.expectation import Expectation
from hairpin.expect.file import MUST, MUST_NOT
from hairpin.expect.holding import Breach, Holding, Holdings
from hairpin.expect.promise import Promise
from hairpin.message import Message, message, verbatim
from hairpin.network.prefix import address_text
from hairpin.network.world import PublicAddress
from hairpin.report.paper import Paper
from hairpin.report.text.cause_text import SEVERITIES
from hairpin.report.unread import write_unread
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS

_FEW = 3
"""The most causes of one expectation that are named."""


def held_text(held: Holdings, words: Words, paper: Paper, *, file: str, verbose: bool) -> str:
    """Return what the hosts keep and what they do not: first the broken expectations, then the undecided ones.  What
    fails alike from several places is one entry."""
    broken = [each for each in held.each if each.is_broken]
    stale = [each for each in held.each if each.is_gone and not each.is_broken]
    open_ = [each for each in held.each if each.state == "undecided"]
    if file:
        paper.prose(words(_first_line(held, len(broken), len(open_))), style="strong")
    write_alike((*broken, *open_, *stale), words, paper)
    write_promises(held.promises, words, paper)
    if verbose:
        paper.gap()
        for one in held.each:
            if one.state == "held":
                paper.prose(words(expectation_text(one.expectation)), first="✓ ", first_style="good")
    paper.gap()
    if any(each.is_gone for each in held.each):
        paper.prose(words(message("`hairpin expect --diff {file}` says what to take out of the file", file=file)))
    if any(each.causes for holding in broken for each in holding.breaches):
        paper.prose(words(message("`hairpin check` proves these causes, and says the repairs")))
    write_unread(undecided_readings(held.answer), words, paper)
    return paper.text()


def write_alike(some: Iterable[Holding], words: Words, paper: Paper) -> None:
    """Write the expectations with what contradicts them."""
    for each in _alike(some):
        paper.gap()
        _write(each, words, paper)


def write_promises(promises: tuple[Promise, ...], words: Words, paper: Paper) -> None:
    """Write what Compose files and Quadlets promise and the containers lack, each with the owner's command."""
    lost, pending, unknown = (
        [each for each in promises if each.state == state] for state in ("lost", "pending", "unknown")
    )
    kept = len(promises) - len(lost) - len(pending) - len(unknown)
    if kept and not lost:
        paper.prose(
            words(message("{count} promises of Compose files and Quadlets are kept", count=kept)), style="strong"
        )
    elif lost:
        paper.prose(words(message("{lost} of {count} promises of Compose files and Quadlets are broken",
                                  lost=len(lost), count=len(promises) - len(unknown))), style="strong")  # fmt: skip
    for each in (*lost, *pending):
        paper.gap()
        write_promise(each, words, paper)
    for name in dict.fromkeys(each.project for each in unknown):
        paper.gap()
        said = message("the Compose file of the project {project} was not read: nothing is known of its promises",
                       project=name)  # fmt: skip
        paper.prose(words(said), first="? ", first_style="unsure")


def write_promise(promise: Promise, words: Words, paper: Paper) -> None:
    """Write one promise that is not kept, what is there instead, and the owner's command."""
    if promise.state == "lost":
        paper.prose(words(_promise_text(promise)), first="✗ ", first_style="bad")
    else:
        paper.prose(words(_promise_text(promise)), first="… ", first_style="unsure")
    if promise.there is not None:
        paper.prose(words(message("instead, {there}", there=promise.there)), indent=2)
    paper.line("  ", (promise.command, "command"))


def again_text(promise: Promise) -> Message:
    """Return that the container has again what its file promises."""
    return message("{container} has again what {file} promises: {promised}", container=promise.container,
                   file=promise.by or "-", promised=promise.promised)  # fmt: skip


def _promise_text(promise: Promise) -> Message:
    names = {"container": promise.container, "promised": promise.promised, "file": promise.by}
    if promise.state == "pending":
        return message("{container} is older than {file}, which wants it {promised}", **names)
    if not promise.by:
        return message("{container} was made {promised}", **names)
    return message("{file} promises {container} {promised}", **names)


def _alike(some: Iterable[Holding]) -> Iterator[list[Holding]]:
    """Yield the expectations in groups that differ only in who asks."""
    found: dict[object, list[Holding]] = {}
    for each in some:
        breaches = tuple((one.event, one.verdict, tuple(cause.ref for cause in one.causes)) for one in each.breaches)
        key = (each.expectation.must, each.expectation.what, each.state, breaches, each.reason)
        found.setdefault(key, []).append(each)
    yield from found.values()


def _first_line(held: Holdings, broken: int, undecided: int) -> Message:
    count = len(held.each)
    if not count:
        return message("the file expects nothing")
    if broken:
        return message("{broken} of {count} expectations are broken", broken=broken, count=count)
    if undecided:
        return message("{undecided} of {count} expectations are undecided, and none is broken",
                       undecided=undecided, count=count)  # fmt: skip
    return message("{count} expectations hold", count=count) if count > 1 else message("the expectation holds")


def _write(alike: list[Holding], words: Words, paper: Paper) -> None:
    first = alike[0]
    origins = ", ".join(each.expectation.origin for each in alike)
    said = expectation_text(msgspec.structs.replace(first.expectation, origin=origins, survives=()))
    if first.is_broken:
        paper.prose(words(said), first="✗ ", first_style="bad")
    else:
        paper.prose(words(said), first="? ", first_style="unsure")
    if first.reason is not None:
        paper.prose(words(first.reason), indent=2)
    for each in first.breaches:
        paper.prose(words(_of_breach(each)), indent=2)
        for cause in each.causes[:_FEW]:
            label = f"{words(SEVERITIES[cause.severity])}[{cause.id}]: "
            paper.prose(words(cause.candidate.title), indent=2, first=label, first_style="bad")


def _of_breach(breach: Breach) -> Message:
    said = VERDICTS[breach.verdict]
    flows = [each.trace.flow for each in breach.flows]
    asked = message("{flow}: {said}", said=said,
                    flow=f"{flows[0].start_text()} → {flows[0].target_text()}") if flows else said  # fmt: skip
    if len(flows) > 1:
        asked = message("{said} ({count} more)", said=asked, count=len(flows) - 1)
    return message("after {event}, {said}", event=breach.event, said=asked) if breach.event else asked


def expectation_text(expectation: Expectation) -> Message:
    """Return the expectation in one line."""
    said = reach_said(expectation.what, expectation.origin, must=expectation.must)
    if not expectation.survives:
        return said
    return message("{said}, also after {events}", said=said, events=", ".join(expectation.survives))


def reach_said(what: str, origin: str, *, must: bool) -> Message:
    """Return what must, or must not, be reached, and by whom."""
    if must:
        return message("{what} must be reachable from {origin}", what=what, origin=origin)
    return message("{what} must not be reachable from {origin}", what=what, origin=origin)


def new_file(parts: Iterable[DraftPart], publics: tuple[PublicAddress, ...], words: Words, host: str) -> str:
    """Return the text of a file with these parts, with comments for the person who edits the file."""
    head = (
        message("What must hold on {host}: `hairpin expect` compares the host with this file.", host=host),
        message("Each address, port or name in `reach` is expected from each place in `from`, and after each event in "
                "`survives`."),
        message("Take out what nobody needs. Write [[must-not]] for what nobody may reach."),
        message("`on-break` says what a guard does when it breaks: observe, alert or heal. A guard repairs nothing "
                "else."),
        verbatim('[heal]: never = ["DOCKER-USER"], most-per-hour = 3'),
    )  # fmt: skip
    found = ["\n".join(f"# {words(each)}" for each in head)]
    found += [_public(each) for each in publics]
    for part in parts:
        lines = [f"# {words(each)}" for each in part.remarks]
        found.append("\n".join((*lines, *(_table(part.expected) if part.expected else ()))))
    return "\n\n".join(found) + "\n"


def _public(public: PublicAddress) -> str:
    address, private = (address_text(each, public.version) for each in (public.public, public.private))
    return f'[[public]]\naddress = "{address}"\nprivate = "{private}"\nhairpins = {str(public.hairpins).lower()}'


def _table(expected: tuple[Expectation, ...]) -> Iterator[str]:
    first = expected[0]
    yield f"[[{MUST if first.must else MUST_NOT}]]"
    yield f"reach = {_list(each.what for each in expected)}"
    yield f"from = {_list(each.origin for each in expected)}"
    if first.survives:
        yield f"survives = {_list(first.survives)}"


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{each}"' for each in dict.fromkeys(values)) + "]"


def edits_text(edits: tuple[Edit, ...], words: Words, paper: Paper) -> str:
    """Return the edits: what to take out of the file with its reason, and what to add."""
    if not edits:
        paper.prose(words(message("The file says what is true now.")))
    for each in edits:
        mark = "+" if each.adds else "-"
        paper.line((f"{mark} {_in_one_line(each.expectation)}", "good" if each.adds else "bad"))
        if each.reason is not None:
            paper.prose(words(each.reason), indent=4)
    return paper.text()


def _in_one_line(expectation: Expectation) -> str:
    """Return the expectation in one line of TOML, as a table in a list would have it."""
    return f"{MUST if expectation.must else MUST_NOT}: " + ", ".join([*_table((expectation,))][1:])
