"""``hairpin explain``: the meaning of a text on this host, the page of a cause, or the known faults of a version."""

import re
from typing import TYPE_CHECKING

import click

from hairpin.cli.face import completion, options
from hairpin.cli.face.asked import Asked, Given, Shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hairpin.answer.texts.explain import Explanation
    from hairpin.explain.understand import Understood
    from hairpin.report.known_faults import AskedVersion
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words


@click.command(cls=options.HairpinCommand)
@click.argument("texts", metavar="[TEXT|-|CAUSE-ID|PRODUCT VERSION]", nargs=-1, shell_complete=completion.causes)
@options.option(
    "Options",
    "--from",
    "origin",
    metavar="WHERE",
    shell_complete=completion.origins,
    help="Where it was printed: host, container:NAME, netns:NAME, lan, or a client's address.",
)
@options.fresh
@options.evidence
@options.page
@options.answer
def explain(asked: Asked, shown: Shown, texts: tuple[str, ...]) -> int:
    """Say what an error or a log means, whether it is true on this host now, and what to do.

    TEXT is an error message or log lines.  Without TEXT, or with -, the lines are read from standard input: `journalctl
    -u docker | hairpin explain`.  Without TEXT and with --text FILE, the lines of that file are explained.  If TEXT is
    the id of a cause, as `hairpin check` names it, the cause's page is printed and no host is read.  PRODUCT VERSION,
    as in `hairpin explain iptables 1.8.11`, prints what hairpin's list of known faults has of that version.

    Whether a text is true here depends on where it was printed.  A log's line names its host, and the prefix of `docker
    compose logs` its container.  For any other text, name the place with --from.  Without --from, hairpin says how this
    host treats the things that the text names, and prints no repair.

    Exit: 0 nothing found, 1 something found, 2 usage error, 3 nothing found as far as the host could be read.
    """
    from hairpin.cli.face.present import present
    from hairpin.report.known_faults import asked_version
    from hairpin.report.pages import has_page

    if len(texts) == 1 and has_page(texts[0]):
        return _present_cause(texts[0], shown)
    version = asked_version(texts)
    if version is not None:
        return _present_faults(version, shown)
    understood = _understood(texts, asked.sources)
    if not understood.found and len(texts) == 1 and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", texts[0]):
        _refuse_id(texts[0])
    explained = _explained(understood, asked, shown.lang)

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.explain_text import explain_text

        return explain_text(explained, words, paper, verbose=shown.verbose)

    def document(words: "Words") -> object:
        from hairpin.report.documents.explain_document import explain_document

        return explain_document(explained, words)

    def page(words: "Words") -> str:
        from hairpin.report.page.text_page import explain_page

        return explain_page(explained, words)

    present(shown, text, document, page)
    return explained.status


def _present_cause(cause: str, shown: Shown) -> int:
    from hairpin.cli.face.present import present
    from hairpin.report.pages import SCHEMA, PageDocument, page, write_page

    def text(words: "Words", paper: "Paper") -> str:
        write_page(page(cause, words), words, paper)
        return paper.text()

    def document(words: "Words") -> object:
        return PageDocument(SCHEMA, page(cause, words))

    def file(words: "Words") -> str:
        from hairpin.report.page.cause_page import cause_page

        return cause_page(page(cause, words), words)

    present(shown, text, document, file)
    return 0


def _present_faults(asked: "AskedVersion", shown: Shown) -> int:
    from hairpin.cli.face.present import present
    from hairpin.report.known_faults import faults_document, write_faults

    def text(words: "Words", paper: "Paper") -> str:
        write_faults(faults_document(asked, words), words, paper)
        return paper.text()

    def document(words: "Words") -> object:
        return faults_document(asked, words)

    def file(words: "Words") -> str:
        from hairpin.report.page.cause_page import faults_page

        return faults_page(faults_document(asked, words), words)

    present(shown, text, document, file)
    return 0


def _refuse_id(text: str) -> None:
    from hairpin.errors import UsageError
    from hairpin.message import message
    from hairpin.question.suggest import word_list
    from hairpin.report.pages import page_ids

    near = word_list(text, page_ids())
    raise UsageError(message("no cause has the id {name!r}; the nearest are {near}", name=text, near=near))


def _understood(texts: tuple[str, ...], sources: tuple[Given, ...]) -> "Understood":
    """Return the meanings of the lines; raise UsageError if there are no lines."""
    from datetime import UTC, datetime

    from hairpin.errors import UsageError
    from hairpin.explain.line import Clock
    from hairpin.explain.understand import understand
    from hairpin.message import message

    now = datetime.now(UTC).astimezone()
    understood = understand(_lines(texts, sources), Clock(now, now.tzinfo or UTC))
    if not understood.lines:
        raise UsageError(message("the text is empty; give an error or log lines as TEXT or on standard input"))
    return understood


def _lines(texts: tuple[str, ...], sources: tuple[Given, ...]) -> "Iterator[bytes]":
    """Yield the lines of the arguments, of the pasted texts, or of standard input.  A long line is cut into pieces of
    bounded length."""
    import sys

    from hairpin.errors import UsageError
    from hairpin.explain.line import LONGEST
    from hairpin.message import message

    if texts and texts != ("-",):
        yield from " ".join(texts).encode("utf-8", "surrogateescape").splitlines()
        return
    pasted = tuple(each.text for each in sources if each.kind == "text")
    if pasted and not texts:
        from hairpin.pasted.text import lines_in_files

        yield from lines_in_files(pasted)
        return
    if any(each.kind == "snapshot" and each.text.rpartition("=")[2] == "-" for each in sources):
        raise UsageError(message("standard input is already used for the snapshot; give the text as TEXT"))
    if sys.stdin is None or (not texts and sys.stdin.isatty()):
        raise UsageError(
            message("no text; write `hairpin explain TEXT`, `journalctl -u docker | hairpin explain`, or a cause's id")
        )
    read = sys.stdin.buffer
    yield from (each.rstrip(b"\r\n") for each in iter(lambda: read.readline(LONGEST), b""))


def _explained(understood: "Understood", asked: Asked, lang: str | None) -> "Explanation":
    """Return the explanation.  The hosts are read only if a text may report a fault.  If this host cannot be read, the
    explanation says so and still contains the texts' meanings.  An error about named hosts is raised."""
    from hairpin.answer.texts.explain import explain_texts, is_to_be_asked
    from hairpin.cli.face.progress import progress
    from hairpin.cli.material import gather
    from hairpin.cli.plans.half_done import with_plans
    from hairpin.errors import CollectError, UsageError
    from hairpin.message import message
    from hairpin.question.target import parse_origin

    where = parse_origin(asked.origin) if asked.origin is not None else None
    if not is_to_be_asked(understood):
        return explain_texts(understood, (), None)
    with progress(lang) as tell:
        tell(message("reading the state of the host"))
        try:
            read = with_plans(gather(asked.sources), asked.sources, lang)
        except (CollectError, UsageError) as error:
            if asked.sources:
                raise
            return explain_texts(understood, (), error.said)
        tell(message("following the packets"))
        return explain_texts(understood, read, None, where)
