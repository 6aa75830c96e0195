"""Shows an answer as text or as one JSON document, and, if wanted, as one self-contained page."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hairpin.cli.face.asked import Shown
from hairpin.cli.face.output import language, paper, words, write, write_document, write_json

if TYPE_CHECKING:
    from hairpin.answer.answer import Answer
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words


def present(
    shown: Shown,
    text: "Callable[[Words, Paper], str] | None",
    document: "Callable[[Words], object]",
    page: "Callable[[Words], str]",
) -> None:
    """Write the answer in the wanted forms.

    Only the functions of the wanted forms are called, because each function imports its own modules.  ``text`` is None
    if the text was written before.  Raises UsageError if the page cannot be written.  The text or JSON is then
    already on standard output."""
    if shown.html == "-":
        write(page(_page_words(shown)))
        return
    if shown.as_json:
        write_json(document(words(shown.lang)))
    elif text is not None:
        write_text(shown, text)
    if shown.document_fd is not None:
        write_document(document(words(shown.lang)), shown.document_fd)
    if shown.html is not None:
        _save(page(_page_words(shown)), shown.html)


def write_text(shown: Shown, text: "Callable[[Words, Paper], str]") -> None:
    """Write the text in the reader's language and form."""
    write(text(words(shown.lang), paper(shown.color)))


def present_answer(
    answer: "Answer", shown: Shown, text: "Callable[[Words, Paper], str]", document: "Callable[[Words], object]"
) -> int:
    """Show the answer to a question, and return the exit status.

    All commands have the same page for the answer to a question."""
    from hairpin.answer.decisive import exit_status

    def page(words: "Words") -> str:
        from hairpin.report.page.answer_page import answer_page

        return answer_page(answer, words)

    present(shown, text, document, page)
    return exit_status(answer)


def _page_words(shown: Shown) -> "Words":
    """Return the words for a page.  A page is written in UTF-8, whatever the terminal's encoding is."""
    from hairpin.report.words import Words

    return Words(language(shown.lang))


def _save(page: str, file: str) -> None:
    from hairpin.errors import UsageError
    from hairpin.message import message

    try:
        Path(file).write_text(page, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        said = message("--html {file}: cannot be written: {reason}", file=file, reason=error.strerror or "-")
        raise UsageError(said) from error
