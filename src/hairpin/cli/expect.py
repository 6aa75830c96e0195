"""``hairpin expect``: what must hold on a host is written down, and the host is held against it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Asked, Shown
from hairpin.errors import UsageError

if TYPE_CHECKING:
    from hairpin.evidence.several import Source
    from hairpin.expect.draft import Edit
    from hairpin.expect.expectation import Expectations
    from hairpin.expect.holding import Holdings
    from hairpin.question.question import Question
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words

_INIT = "init"


@click.command(cls=options.HairpinCommand)
@click.argument("words", metavar="[FILE | init]", nargs=-1)
@options.option("Options", "-o", "--output", metavar="FILE", help="For init: the new file (-: standard output).")
@options.option("Options", "--diff", "as_edits", is_flag=True, help="The edits after which FILE says what is true.")
@options.evidence
@options.world
@options.answer
def expect(words: tuple[str, ...], asked: Asked, shown: Shown, output: str | None, as_edits: bool) -> int:
    """Hold this host against what must be reachable on it, and what must not be, now and after events.

    FILE (/etc/hairpin/expect.toml) is TOML: [[must]] and [[must-not]], each with reach, from and survives
    (docs/expecting.md).  `hairpin expect init` writes a file with what is true now, for you to edit.  --diff says what
    to edit after the host was changed on purpose.  What the Compose files and Quadlets of running containers promise
    is held, too, with or without FILE.

    Exit: 0 all holds (--diff: nothing to edit), 1 something is broken (--diff: something to edit), 2 usage error, 3
    could not decide, 4 a bug in hairpin.
    """
    from hairpin.cli.face.progress import progress
    from hairpin.cli.material import gather, refuse_told
    from hairpin.cli.plans.half_done import with_plans
    from hairpin.expect.file import DEFAULT
    from hairpin.message import message

    refuse_told(asked, "expect")
    is_new = words[:1] == (_INIT,)
    if len(words) > 1 or (is_new and as_edits) or (output is not None and not is_new):
        said = message(
            "write `hairpin expect [FILE]`, `hairpin expect --diff [FILE]` or `hairpin expect init [-o FILE]`"
        )
        raise UsageError(said)
    file = (output if is_new else words[0] if words else None) or DEFAULT
    if is_new:
        _require_no_file(file)
    alone = not (is_new or as_edits or words or Path(DEFAULT).exists())
    expected = None if is_new else no_expectations() if alone else read_expectations(file)
    question = asked.question()
    with progress(shown.lang) as tell:
        tell(message("reading the state of the host"))
        read = with_plans(gather(asked.sources), asked.sources, shown.lang)
        tell(message("following the packets"))
        if expected is None:
            return _write_new(file, question, read, shown)
        from hairpin.expect.holding import hold

        held = hold(expected, read, question)
        if alone and not held.promises:
            read_expectations(file)  # says that there is no such file, and the way out
        found = _edits(held, expected, question, read) if as_edits else None
    return _present(held, found, "" if alone else file, shown)


def _require_no_file(file: str) -> None:
    from hairpin.message import message

    if file != "-" and Path(file).exists():
        raise UsageError(
            message(
                "{file} exists, and `hairpin expect init` replaces no file. `hairpin expect --diff {file}` says what "
                "to edit in it, and -o FILE writes another one",
                file=file,
            )
        )


def no_expectations() -> "Expectations":
    """Return the expectations of a host for which nobody has written any: what its files promise is held alone."""
    from hairpin.expect.expectation import Expectations

    return Expectations(())


def read_expectations(file: str) -> "Expectations":
    """Return the expectations of the file; raise UsageError, which names the way out."""
    from hairpin.expect.file import DEFAULT, parse_expectations
    from hairpin.message import message

    try:
        return parse_expectations(Path(file).read_bytes().decode(), file)
    except FileNotFoundError as error:
        instead = "hairpin expect init" if file == DEFAULT else f"hairpin expect init -o {file}"
        raise UsageError(
            message("there is no file {file}; `{instead}` writes one with what is true now", file=file, instead=instead)
        ) from error
    except OSError as error:
        raise UsageError(message("{file} cannot be read: {reason}", file=file, reason=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise UsageError(message("{file} cannot be read: {reason}", file=file, reason=error)) from error


def _edits(
    held: "Holdings", expected: "Expectations", question: "Question", read: "tuple[Source, ...]"
) -> "tuple[Edit, ...]":
    from hairpin.expect.draft import draft, edits
    from hairpin.expect.holding import with_file_world

    return edits(held, draft(read, with_file_world(question, expected)))


def _write_new(file: str, question: "Question", read: "tuple[Source, ...]", shown: Shown) -> int:
    from hairpin.cli.face.output import complain, words, write
    from hairpin.expect.draft import draft
    from hairpin.message import message
    from hairpin.report.text.expectations import new_file

    found = draft(read, question)
    text = new_file(found.parts, found.publics, words(shown.lang), found.host)
    if file == "-":
        write(text.rstrip("\n"))
        return 0
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(message("{file} cannot be written: {reason}", file=file, reason=error.strerror)) from error
    write(file)
    complain(message("edit {file}: take out what nobody needs, and add what nobody may reach", file=file), shown.lang)
    return 0


def _present(held: "Holdings", found: "tuple[Edit, ...] | None", file: str, shown: Shown) -> int:
    from hairpin.cli.face.output import words, write_json
    from hairpin.cli.face.present import write_text

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.expectations import edits_text, held_text

        if found is not None:
            return edits_text(found, words, paper)
        return held_text(held, words, paper, file=file, verbose=shown.verbose)

    if shown.as_json:
        from hairpin.report.documents.expect_document import expect_document

        write_json(expect_document(held, file, words(shown.lang), found))
    else:
        write_text(shown, text)
    if found is None:
        return held.status
    return 1 if found else 3 if held.status == 3 else 0
