"""``hairpin diff``: the changes between two snapshots, or since a snapshot, and for each flow the changes that decide
it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hairpin.cli.face import completion, options
from hairpin.cli.face.asked import Asked, Given, Shown
from hairpin.errors import CollectError, UsageError
from hairpin.message import message

if TYPE_CHECKING:
    from hairpin.compare.comparison import Comparison
    from hairpin.evidence.reading import Evidence
    from hairpin.question.question import Question
    from hairpin.replica.judgement import Kernel
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words


@click.command(cls=options.HairpinCommand)
@click.argument("words", metavar="[A [B]] [TARGET]...", nargs=-1, shell_complete=completion.snapshots_or_targets)
@options.option(
    "Options", "--last-good", "with_last_good", is_flag=True, help="A is the newest kept one that was well."
)
@options.option("Options", "--alike", is_flag=True, help="What is each host's own does not count.")
@options.origin()
@options.option("Seldom", "--no-replica", is_flag=True, help="Do not repeat deciding changes in namespaces.")
@options.evidence
@options.world
@options.page
@options.answer
def diff(
    asked: Asked, shown: Shown, words: tuple[str, ...], with_last_good: bool, alike: bool, no_replica: bool
) -> int:
    """Say what changed from snapshot A to snapshot B, or to this host now, and which change decides which flow.

    A and B are files of `hairpin snapshot`.  --snapshot and --host also name hosts, in their order.  TARGET and WHERE
    have the same meaning as in `hairpin check`.  Without TARGET, every flow that `hairpin check` walks is compared.
    With TARGET, a change that no packet of TARGET's flows meets is only counted; -v lists it.

    --last-good: A is the newest snapshot of `hairpin snapshot --keep` in which the flows to TARGET passed.

    Exit: 0 equal, 1 different, 2 usage error, 3 could not be read, or equal as far as it was read, 4 a bug in hairpin.
    """
    from hairpin.cli.answering import second_judge
    from hairpin.cli.face.present import present
    from hairpin.cli.face.progress import progress
    from hairpin.cli.material import complain_of_told

    complain_of_told(asked, shown.lang)
    files, targets = ((), words) if with_last_good else snapshots_first(words, named=len(asked.sources))
    given = (*(Given("snapshot", each) for each in files), *asked.sources)
    question = asked._replace(targets=targets).question()
    with progress(shown.lang) as tell:
        tell(message("reading the state of the host"))
        if with_last_good:
            was, now = last_good_and_now(question, given, alike=alike)
        else:
            was, now = read_both(given)
        was, now = said_plans(was, now, given, shown.lang)
        tell(message("comparing"))
        later = given[1] if len(given) == 2 else None
        found = compare_both(question, was, now, None if no_replica else second_judge(), alike=alike, later=later)

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.diff_text import diff_text

        return diff_text(found, words, paper, verbose=shown.verbose)

    def document(words: "Words") -> object:
        from hairpin.report.documents.diff_document import diff_document

        return diff_document(found, words)

    def page(words: "Words") -> str:
        from hairpin.report.page.text_page import diff_page

        return diff_page(found, words)

    present(shown, text, document, page)
    return found.status


def snapshots_first(words: tuple[str, ...], *, named: int = 0) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the snapshots and the targets among the words of the command line.

    The snapshots are the first words that name files, at most two.  The word ``-`` stands for standard input.
    ``named``: the number of hosts that options name.  Raises UsageError if one of the first two words looks like a file
    and names none, or if no host is named and only the second word names a file."""
    count = 0
    while count < min(2, len(words)) and _is_snapshot(words[count]):
        count += 1
    rest = words[count:2]
    lost = next(filter(_looks_like_file, rest), None)
    if count + named == 0 and (lost is not None or any(map(_is_snapshot, rest))):
        lost = rest[0]
    if lost is not None:
        raise UsageError(
            message("file {file} does not exist: A and B are files that `hairpin snapshot` writes", file=lost)
        )
    return words[:count], words[count:]


def _is_snapshot(word: str) -> bool:
    return word == "-" or Path(word).is_file()


def _looks_like_file(word: str) -> bool:
    """Return whether the word can only be a file's name, and this file does not exist."""
    is_path = "/" in word.partition("://")[0].partition("/tcp")[0].partition("/udp")[0] or word.endswith(".hairpin")
    return is_path and not _is_snapshot(word)


def read_both(given: tuple[Given, ...]) -> "tuple[Evidence, Evidence]":
    """Return the evidence of the two named hosts.

    If only one host is named, the second host is this host, read now."""
    from hairpin.cli.material import gather
    from hairpin.evidence.reading import Evidence

    if not given or len(given) > 2:
        raise UsageError(
            message(
                "`hairpin diff` compares two hosts: name one snapshot to compare it with this host now, or name two"
            )
        )
    found = [*gather(given), *(gather(()) if len(given) == 1 else ())]
    for each in found:
        if not isinstance(each, Evidence):
            raise CollectError(message("{host} could not be read: {reason}", host=each.label, reason=each.reason))
    was, now = (each for each in found if isinstance(each, Evidence))
    return was, now


def said_plans(
    was: "Evidence", now: "Evidence", given: tuple[Given, ...], lang: str | None
) -> "tuple[Evidence, Evidence]":
    """Return the evidence of both hosts, and report the unfinished plans of `hairpin fix` on hosts that were read
    now."""
    from hairpin.cli.plans.half_done import with_plans
    from hairpin.evidence.reading import Evidence

    places = given if len(given) == 2 else (*given, None)
    for each, place in zip((was, now), places[-2:], strict=False):
        if place is not None and place.kind == "host":
            with_plans((each,), (place,), lang)
    if len(given) < 2:
        (read,) = with_plans((now,), (), lang)
        assert isinstance(read, Evidence)
        now = read
    return was, now


def last_good_and_now(question: "Question", given: tuple[Given, ...], *, alike: bool) -> "tuple[Evidence, Evidence]":
    """Return the last good kept snapshot of this host, and this host's evidence of now."""
    from hairpin.cli.keeping import last_good
    from hairpin.cli.material import gather
    from hairpin.evidence.reading import Evidence

    if given or alike:
        raise UsageError(message("--last-good compares this host with its own snapshot: name no other host"))
    was = last_good(question)
    (now,) = gather(())
    assert isinstance(now, Evidence)  # if this host could not be read, gather has raised an error
    return was, now


def compare_both(
    question: "Question",
    was: "Evidence",
    now: "Evidence",
    kernel: "Kernel | None",
    *,
    alike: bool,
    later: Given | None = None,
) -> "Comparison":
    """Return the comparison of both hosts.  ``kernel``: the second judge.  ``later``: the option that names the later
    host; None if the later host is this host."""
    from functools import partial

    from hairpin.cli.since import between
    from hairpin.compare.comparison import both_hosts, comparison_of

    hosts = both_hosts(was, now)
    if alike:
        from hairpin.compare.own_facts import with_facts_of

        was = with_facts_of(was, now, *hosts)
        hosts = both_hosts(was, now)
    one, other = hosts
    is_same = not alike and (one.machine_id, was.hostname) == (other.machine_id, now.hostname)
    traces = partial(between, was, now, later) if is_same else None
    return comparison_of(question, one, other, (was, now), kernel, alike=alike, traces=traces)
