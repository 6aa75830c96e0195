"""The differences of two hosts, for people: first the flows with the changes that decide their verdicts, then all
changes, grouped by part of the host."""

from hairpin.compare.comparison import Comparison, DecidedFlow
from hairpin.compare.listed_difference import PARTS, ListedDifference, PartOfHost
from hairpin.message import Message, message
from hairpin.report.documents.diff_document import text_of
from hairpin.report.paper import Paper, Style
from hairpin.report.places import Places
from hairpin.report.text.blame_text import blame_text
from hairpin.report.unread import NOTE, as_far_as_read
from hairpin.report.verdicts import flow_text
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS

_FEW_LINES, _FEW_CHANGES, _FEW_FLOWS = 6, 30, 12
"""Without ``-v``, at most this many lines of one change, changes of one part of the host, and flows of one deciding set
are shown."""
_TITLES: dict[PartOfHost, Message] = {
    "host": message("Host"),
    "engines": message("Container engines"),
    "containers": message("Containers"),
    "networks": message("Networks of the engines"),
    "links": message("Links"),
    "addresses": message("Addresses"),
    "routes": message("Routes"),
    "policy-rules": message("Routing rules"),
    "neighbours": message("Neighbour entries"),
    "forwarding": message("Forwarding entries of bridges"),
    "sysctls": message("Kernel settings"),
    "rules": message("Firewall rules"),
    "sets": message("Sets of the firewall"),
    "sockets": message("Listening sockets"),
    "managers": message("Managers of the firewall"),
    "units": message("Units of systemd"),
    "files": message("Files"),
    "versions": message("Versions"),
    "learned": message("Learned by the kernel"),
}


def diff_text(found: Comparison, words: Words, paper: Paper, *, verbose: bool = False) -> str:
    """Return the text of the comparison."""
    paper.prose(words(_first_line(found)), style="strong")
    known = {each.ref: each for each in found.differences}
    groups: dict[tuple[str, ...], list[DecidedFlow]] = {}
    for flow in found.flows:
        groups.setdefault(flow.changes, []).append(flow)
    for refs, flows in groups.items():
        paper.gap()
        _write_group([known[ref] for ref in refs], flows, words, paper, verbose=verbose)
    met = [each for each in found.differences if found.met is None or each.ref in found.met]
    _write_parts(met, words, paper, verbose=verbose)
    others = [each for each in found.differences if found.met is not None and each.ref not in found.met]
    if others:
        paper.gap()
        paper.prose(words(_others_text(len(others), verbose=verbose)), style="strong" if verbose else "faint")
        if verbose:
            _write_parts(others, words, paper, verbose=verbose)
    for note in found.notes:
        paper.gap()
        paper.prose(words(note), first=f"{words(NOTE)} ")
    if found.undecided:
        keys = ", ".join(dict.fromkeys(each.key for each in found.undecided))
        paper.gap()
        paper.prose(
            words(message("not compared, because hairpin could not read it: {what}", what=keys)), style="unsure"
        )
    return paper.text()


def _write_parts(changes: list[ListedDifference], words: Words, paper: Paper, *, verbose: bool) -> None:
    """Write the changes, grouped by part of the host."""
    for part in PARTS:
        of_part = [each for each in changes if each.part == part]
        if of_part:
            paper.gap()
            paper.prose(words(_TITLES[part]), style="strong")
            shown = of_part if verbose or len(of_part) <= _FEW_CHANGES else of_part[:_FEW_CHANGES]
            for each in shown:
                _write_change(each, words, paper, verbose=verbose)
            if len(shown) < len(of_part):
                more = message("and {count} more (-v lists them)", count=len(of_part) - len(shown))
                paper.prose(words(more), indent=2)


def _others_text(count: int, *, verbose: bool) -> Message:
    """Return the line about changes that do not affect the asked flows."""
    if verbose:
        return message("Changes that affect no packet of these flows:")
    if count == 1:
        return message("1 other change, which affects no packet of these flows (-v lists it)")
    return message("{count} other changes, which affect no packet of these flows (-v lists them)", count=count)


def _first_line(found: Comparison) -> Message:
    names = {"one": _named(found, first=True), "other": _named(found, first=False)}
    if found.is_equal:
        return as_far_as_read(message("{one} and {other}: nothing differs", **names), found.undecided)
    changes = len(found.differences)
    counted = message("1 change") if changes == 1 else message("{count} changes", count=changes)
    if not found.flows:
        said = message("{one} and {other}: {changes}; no flow has a different outcome", changes=counted, **names)
        return as_far_as_read(said, found.undecided)
    flows = len(found.flows)
    return message(
        "{one} and {other}: {changes}; {flows}",
        changes=counted,
        flows=message("1 flow has a different outcome")
        if flows == 1
        else message("{count} flows have a different outcome", count=flows),
        **names,
    )


def _named(found: Comparison, *, first: bool) -> str:
    host = found.was if first else found.now
    return f"{host.name} {host.taken_at}" if found.was.name == found.now.name and host.taken_at else host.name


def _write_group(
    changes: list[ListedDifference], flows: list[DecidedFlow], words: Words, paper: Paper, *, verbose: bool
) -> None:
    """Write a set of deciding changes, and the flows whose verdicts it decides."""
    if not changes:
        unexplained = message("The listed changes do not explain the different outcome of these flows:")
        paper.prose(words(unexplained), style="unsure")
    elif len(changes) == 1:
        paper.prose(words(message("This change alone decides:")), style="strong")
    else:
        paper.prose(words(message("These {count} changes decide together:", count=len(changes))), style="strong")
    for each in changes:
        _write_change(each, words, paper, verbose=verbose)
    places = Places(words=words)
    shown = flows if verbose or len(flows) <= _FEW_FLOWS else flows[:_FEW_FLOWS]
    for flow in shown:
        became = f"{words(VERDICTS[flow.before.verdict])} → {words(VERDICTS[flow.after.verdict])}"
        style: Style = "good" if flow.after.succeeds else "bad"
        paper.line("  ", (became, style), f"  {flow_text(flow.after.flow, places)}")
    if len(shown) < len(flows):
        paper.prose(words(message("and {count} more (-v lists them)", count=len(flows) - len(shown))), indent=2)
    first = flows[0]
    if all(each.judge == "replicated" for each in flows):
        paper.prose(words(message("The kernel confirms this in throw-away namespaces.")), indent=2)
    if first.instead:
        others = "; ".join(" ".join(refs) for refs in first.instead)
        paper.prose(words(message("Each of these has the same effect: {others}", others=others)), indent=2)
    if changes and set(first.undoing) != set(first.changes):
        paper.prose(words(_undoing(first)), indent=2)


def _undoing(flow: DecidedFlow) -> Message:
    """Return the sentence about the changes that must be undone on the later host to get the earlier verdict back."""
    refs = " ".join(flow.undoing)
    if not refs:
        return message("undoing only this change does not restore the earlier outcome")
    if set(flow.undoing) < set(flow.changes):
        return message("undoing {refs} is enough to restore the earlier outcome", refs=refs)
    return message("all of these have to be undone together: {refs}", refs=refs)


def _write_change(each: ListedDifference, words: Words, paper: Paper, *, verbose: bool) -> None:
    at = "" if each.netns.is_host else f" ({each.netns.name})"
    paper.prose(f"{text_of(each.where, words)}{at}", first=f"  {each.ref}  ")
    for sign, text in (("-", each.before), ("+", each.after)):
        if not text:
            continue
        lines = text_of(text, words).split("\n")
        shown = lines if verbose or len(lines) <= _FEW_LINES else lines[:_FEW_LINES]
        for line in shown:
            paper.line("      ", (f"{sign} {line}", "bad" if sign == "-" else "good"))
        if len(shown) < len(lines):
            paper.line("      ", (f"{sign} …", "faint"))
    if each.blame is not None:
        since, entries = next(blame_text(each.blame)), each.blame.entries
        said = message("{since}: {what}", since=since, what=entries[0].what) if len(entries) == 1 else since
        paper.prose(words(said), indent=6)
