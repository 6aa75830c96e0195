"""``--html FILE``: the answer as one self-contained page."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hairpin.cli import completion
from hairpin.cli.options import group_option

if TYPE_CHECKING:
    from hairpin.answer.answer import Answer
    from hairpin.report.words import Words

Command = TypeVar("Command", bound=Callable[..., Any])


def html_option(command: Command) -> Command:
    """Add ``--html``: the command gets ``html``, the file (None: no page)."""
    return group_option(
        "Answer",
        "--html",
        metavar="FILE",
        shell_complete=completion.files,
        help="Also as one page (-: only that, printed).",
    )(command)


def page_words(lang: str | None) -> "Words":
    """Return the words of a page, which is UTF-8 whatever the terminal can show."""
    from hairpin.cli.output import language
    from hairpin.report.words import Words

    return Words(language(lang))


def answer_page_of(answer: "Answer", words: "Words") -> str:
    """Return the page of an answer."""
    from hairpin.report.page.answer_page import answer_page

    return answer_page(answer, words)


def save_page(file: str | None, make: "Callable[[Words], str]", lang: str | None) -> None:
    """Write the page that ``make`` returns; nothing if no file is named, or if it is standard output.

    Raises UsageError if the file cannot be written."""
    from hairpin.errors import UsageError
    from hairpin.message import message

    if file is None or file == "-":
        return
    try:
        Path(file).write_text(make(page_words(lang)), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        said = message("--html {file}: cannot be written: {reason}", file=file, reason=error.strerror or "-")
        raise UsageError(said) from error


def printed_page(file: str | None, make: "Callable[[Words], str]", lang: str | None) -> bool:
    """Write the page to standard output if that is meant; return whether it was."""
    from hairpin.cli.output import write

    if file != "-":
        return False
    write(make(page_words(lang)))
    return True
