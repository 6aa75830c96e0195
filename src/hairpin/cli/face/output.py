"""Writes results to standard output and errors to standard error, in the reader's language and form."""

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TextIO

from hairpin.cli.face.environment import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from click import ClickException

    from hairpin.errors import Mark
    from hairpin.message import Message
    from hairpin.report.paper import Paper
    from hairpin.report.words import Language, Words

PIPE_BROKEN = 141
"""The exit status that a shell reports for a program that SIGPIPE ended: 128 + SIGPIPE."""


def write(text: str) -> None:
    """Write the text to standard output, and flush it.  If the reader has closed the pipe, exit with the status
    PIPE_BROKEN and without a message.

    Raises UsageError if standard output cannot be written."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # io.StringIO has none
    if reconfigure is not None:
        # a name in the text may contain characters that the terminal's encoding lacks
        reconfigure(errors="backslashreplace")
    with _writable():
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()


def write_bytes(fill: "Callable[[BinaryIO], None]") -> None:
    """Let ``fill`` write to standard output, as :func:`write` does."""
    with _writable():
        fill(sys.stdout.buffer)
        sys.stdout.buffer.flush()


def write_json(document: object) -> None:
    """Write one JSON document, indented."""
    write(json_text(document))


def json_text(document: object) -> str:
    """Return one JSON document, indented."""
    import msgspec

    from hairpin.report.printable import printable_json

    return printable_json(msgspec.json.format(msgspec.json.encode(document), indent=1).decode())


def write_document(document: object, descriptor: int) -> None:
    """Write one JSON document to an open file descriptor.

    Raises UsageError if the descriptor cannot be written."""
    from hairpin.errors import UsageError
    from hairpin.message import message

    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(json_text(document))
    except OSError as error:
        said = message("file descriptor {number} cannot be written: {reason}", number=descriptor, reason=error.strerror)
        raise UsageError(said) from error


@contextmanager
def _writable() -> "Generator[None]":
    from hairpin.errors import UsageError
    from hairpin.message import message

    try:
        yield
    except BrokenPipeError:
        _redirect()
        raise SystemExit(PIPE_BROKEN) from None
    except OSError as error:
        _redirect()
        raise UsageError(message("standard output cannot be written: {reason}", reason=error.strerror)) from error


def drop_output() -> bool:
    """Return whether standard output cannot be written.

    If standard output cannot be written, make sure that the interpreter's own flush does not fail, too."""
    try:
        descriptor = sys.stdout.fileno()
    except ValueError:  # io.StringIO has none
        return False
    try:
        sys.stdout.flush()
        os.write(descriptor, b"")  # the flush may succeed, because click discards output that it could not write
    except OSError:
        _redirect()
        return True
    return False


def _redirect(stream: TextIO | None = None) -> None:
    # The interpreter flushes both streams when it ends.  If this flush failed, too, the interpreter would exit with
    # status 120.
    os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stdout if stream is None else stream).fileno())


def complain(said: "Message", lang: str | None, mark: "Mark | None" = None) -> None:
    """Write the message to standard error, in the reader's language.  All lines except the first are indented.

    ``mark``: the wrong part of the user's input.  The input is written last, with carets under the wrong part."""
    from hairpin.report.paper import cells
    from hairpin.report.printable import printable

    first, *others = words(lang, sys.stderr)(said).split("\n")
    whisper("".join((f"hairpin: {printable(first)}\n", *(f"    {printable(line.strip())}\n" for line in others))))
    if mark is not None:
        before, wrong = (printable(each) for each in (mark.line[: mark.column], _marked(mark)))
        whisper(f"    {printable(mark.line)}\n    {' ' * cells(before)}{'^' * max(cells(wrong), 1)}\n")


def _marked(mark: "Mark") -> str:
    return mark.line[mark.column : mark.column + mark.length]


def whisper(text: str) -> None:
    """Write the text to standard error.  If standard error is closed or full, the text is lost and no error is
    raised."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _redirect(sys.stderr)


def complain_of_usage(error: "ClickException", lang: str | None) -> None:
    """Write the command's usage and click's error text to standard error, without translation."""
    from click import NoSuchOption
    from click import UsageError as WrongUsage

    from hairpin.message import message, verbatim

    if isinstance(error, NoSuchOption) and error.ctx is not None and error.possibilities:
        later = {name for each in error.ctx.command.params if getattr(each, "hidden", False) for name in each.opts}
        near = [each for each in error.possibilities if each not in later]
        error = NoSuchOption(error.option_name, possibilities=near, ctx=error.ctx)
    said = error.format_message()
    # if a command group is called without a command, the error's text is the group's help
    if said.startswith("Usage: "):
        whisper(f"{said}\n")
        return
    if isinstance(error, WrongUsage) and error.ctx is not None:
        hint = message("Try '{command} --help' for help.", command=error.ctx.command_path)
        whisper(f"{error.ctx.get_usage()}\n{words(lang, sys.stderr)(hint)}\n\n")
    complain(verbatim(said), lang)


def words(lang: str | None, stream: TextIO | None = None) -> "Words":
    """Return the words of the language ``lang``.  If ``lang`` is None, return the words of the locale's language.

    The language is English if the encoding of the stream (default: standard output) lacks the language's
    characters."""
    from hairpin.report.words import PROBES, Words

    wanted = language(lang)
    return Words(wanted if _can_show(PROBES[wanted], stream or sys.stdout) else "en")


def language(lang: str | None) -> "Language":
    """Return the language ``lang``, or the locale's language if ``lang`` is None."""
    from hairpin.report.words import language_of

    return language_of(environment().locale if lang is None else lang)


def _can_show(text: str, stream: TextIO | None) -> bool:
    try:
        text.encode((stream.encoding if stream is not None else None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def paper(color: str) -> "Paper":
    """Return the paper for the report.

    The paper is as wide as the terminal, and coloured if ``color`` and the terminal allow colours."""
    from hairpin.report.paper import Paper

    around = environment()
    terminal = sys.stdout.isatty() and not around.plain_terminal
    coloured = color == "always" or (color == "auto" and terminal and not around.no_colour)
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    ascii_only = encoding != "utf8" or around.ascii_locale
    return Paper(width=_columns(), coloured=coloured, ascii_only=ascii_only)


def _columns() -> int:
    """Return the width of the output in columns: the value of COLUMNS if it is set, or the width of the terminal.

    Without a terminal and without COLUMNS, return 80."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return 80
    import shutil

    return shutil.get_terminal_size((80, 24)).columns
