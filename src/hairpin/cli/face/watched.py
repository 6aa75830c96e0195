"""Writes answers for a monitor: one line (``--brief``, ``--nagios``), and metrics (``--prom``).  A monitor gets an
answer even if the call fails."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hairpin.cli.face.asked import Asked, Shown
from hairpin.cli.face.metrics_file import replace_metrics
from hairpin.cli.face.output import language, write
from hairpin.errors import UsageError
from hairpin.message import Message, message
from hairpin.report.brief import NUMBERS, Brief, brief_of, brief_of_events
from hairpin.report.prometheus import Run, check_metrics, events_metrics, failed_metrics
from hairpin.report.words import Words

if TYPE_CHECKING:
    from hairpin.answer.answer import Answer
    from hairpin.answer.matrix import Matrix
    from hairpin.report.paper import Paper

Text = Callable[[Words, "Paper"], str]
Document = Callable[[Words], object]


class _Watched(NamedTuple):
    """An answer as a monitor reads it.  ``status``: hairpin's exit status."""

    status: int
    brief: Callable[[Words], Brief]
    metrics: Callable[[], str]


def present_watched(answer: "Answer", asked: Asked, shown: Shown, text: Text, document: Document) -> int:
    """Show the answer of ``hairpin check`` to a monitor, and return the exit status."""
    from hairpin.answer.decisive import exit_status
    from hairpin.cli.face.present import present_answer
    from hairpin.report.documents.document import report_document

    status = exit_status(answer)

    def metrics() -> str:
        report = report_document(answer, Words("en"))
        return check_metrics(report, run_of("check", asked, status, report.host.taken_at))

    watched = _Watched(status, partial(brief_of, answer), metrics)
    present_answer(answer, shown, _text(shown, text, watched), document)
    return _end(shown, watched)


def present_watched_events(
    found: "Matrix", asked: Asked, shown: Shown, text: Text, others: tuple[Document, Callable[[Words], str]]
) -> int:
    """Show the answer of ``hairpin events`` to a monitor, and return the exit status.  ``others``: the document and the
    page."""
    from hairpin.cli.face.present import present
    from hairpin.report.documents.events_document import events_document

    def metrics() -> str:
        document = events_document(found, Words("en"))
        return events_metrics(document, run_of("events", asked, found.status, document.host.taken_at))

    watched = _Watched(found.status, partial(brief_of_events, found), metrics)
    present(shown, _text(shown, text, watched), *others)
    return _end(shown, watched)


def run_of(command: str, asked: Asked, status: int, taken_at: str | None = None) -> Run:
    """Return the facts about a call for the metrics.  ``taken_at``: when the host was read; None means now."""
    after = () if asked.after is None else ("--after", asked.after)
    read_at = datetime.fromisoformat(taken_at).timestamp() if taken_at else time.time()
    return Run(command, " ".join((*asked.words(), *after)), status, read_at)


def _text(shown: Shown, text: Text, watched: _Watched) -> Text:
    """Return the text for standard output: the answer, its one line, or its metrics.

    Raises UsageError if the options ask for several of these on standard output."""
    if sum((shown.as_json, shown.is_brief, shown.prom == "-")) > 1:
        raise UsageError(message("--json, --brief and `--prom -` each print the answer: give one of them"))
    if shown.prom == "-":
        return lambda _words, _paper: watched.metrics()
    return (lambda words, _paper: watched.brief(words).line()) if shown.is_brief else text


def _end(shown: Shown, watched: _Watched) -> int:
    """Write the file of ``--prom``, and return the exit status: hairpin's own, or with ``--nagios`` the plugin's.

    Raises UsageError if the file cannot be written."""
    if shown.prom is not None and shown.prom != "-":
        save_metrics(watched.metrics(), shown.prom)
    return NUMBERS[watched.brief(Words("en")).state] if shown.nagios else watched.status


def tell_failure(command: str, asked: Asked, shown: Shown, said: Message, status: int) -> int:
    """Tell a monitor that the call ended without an answer, and return the exit status.

    The line of ``--brief`` is then UNKNOWN.  The file of ``--prom`` then has ``hairpin_up 0`` and no verdict.  If the
    older file stayed, it would still say that the flows are delivered."""
    if shown.is_brief:
        _write_at_best(Brief("UNKNOWN", Words(language(shown.lang))(said)).line())
    metrics = failed_metrics(run_of(command, asked, status))
    if shown.prom == "-":
        _write_at_best(metrics)
    elif shown.prom is not None:
        with suppress(UsageError):  # the failure itself is reported already
            save_metrics(metrics, shown.prom)
    return NUMBERS["UNKNOWN"] if shown.nagios else status


def _write_at_best(text: str) -> None:
    if sys.stdout is not None:
        with suppress(UsageError, SystemExit):
            write(text)


def save_metrics(metrics: str, file: str) -> None:
    """Write the metrics into the file.

    The file is complete at any time, because a new file replaces it.  Every user may read the file, because the
    collector runs as another user.  Raises UsageError if the file cannot be written."""
    try:
        if not replace_metrics(metrics, Path(file)):
            raise UsageError(message("--prom {file}: this is no file; `--prom -` prints the metrics", file=file))
    except OSError as error:
        said = message("--prom {file}: cannot be written: {reason}", file=file, reason=error.strerror or "-")
        raise UsageError(said) from error
