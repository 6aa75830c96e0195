"""Answers a command's question and shows the progress.  If walk and replica disagree, the snapshots, the flow and both
results are kept in a file that the user can report.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.answer import Answer, Depth, Further
from hairpin.answer.ask import ask
from hairpin.cli.face.asked import Asked
from hairpin.cli.face.environment import environment
from hairpin.cli.face.progress import progress
from hairpin.cli.material import gather, this_host
from hairpin.cli.plans.half_done import with_plans
from hairpin.errors import UsageError
from hairpin.evidence.file import write_stream
from hairpin.evidence.reading import HOST, Evidence, is_terse, utc_text
from hairpin.evidence.several import Source
from hairpin.message import message
from hairpin.question.question import Question, needed_containers

if TYPE_CHECKING:
    from hairpin.judges.disagreement import Disagreement
    from hairpin.replica.judgement import Kernel


def answer_question(
    question: Question,
    asked: Asked,
    lang: str | None,
    kernel: "Kernel | None" = None,
    depth: Depth = "events",
    further: Callable[[], Further] | None = None,
) -> Answer:
    """Return the answer to the question that was made from ``asked``.

    On this machine, only the containers that the question needs are read, except with ``--all`` and for a question
    about an event.  ``kernel``: the second judge.  The judge's disagreements with the walk are kept as files.
    ``depth``: how far ``check`` goes.  ``further``: returns what can be read if the answer has a cause.  Raises the
    same errors as ``gather`` and ``ask``."""
    sources, needed = asked.sources, not (asked.whole or asked.sources or question.after is not None)
    only = needed_containers(question) if needed else ()
    with progress(lang) as tell:
        tell(message("reading the state of the host"))
        read = _read_of_this(question, only) if needed else gather(sources)
        read = with_plans(read, sources, lang)
        tell(message("following the packets"))
        rest = partial(_read_of_all, question) if only else None
        return keeping_disputes(ask(question, read, kernel, rest, further, depth=depth), environment().folders)


def _read_of_all(question: Question) -> tuple[Source, ...]:
    return with_plans(_read_of_this(question, ()), (), None, saying=False)


def _read_of_this(question: Question, only: tuple[str, ...]) -> tuple[Source, ...]:
    """Return the readings of this machine that the question needs.

    A set that is too long to be listed is not read: the kernel is asked whether it contains the addresses that the
    question's packets can have.  If the kernel does not answer this question, the set is listed."""
    read = gather((), only=only, asks_sets=True)
    (evidence,) = read
    if not isinstance(evidence, Evidence) or not any(is_terse(each) for each in evidence.all("nft-table", HOST)):
        return read
    from hairpin.answer.asked_elements import to_ask, with_answers
    from hairpin.live.set_elements import holds

    try:
        sets = to_ask(question, evidence)
        answers = tuple((one, tuple(holds(one.family, one.table, one.name, one.keys))) for one in sets)
    except UsageError:
        return read  # `ask` raises this error again, after it may have read more containers
    except OSError:
        return gather((), only=only)
    return (with_answers(evidence, answers, utc_text(datetime.now(UTC))),)


def second_judge() -> "Kernel | None":
    """Return this machine's kernel as a judge, or None if no replica can be built on this machine."""
    from hairpin.replica.judge import RunningKernel, may_replicate

    return RunningKernel() if may_replicate() else None


def keeping_disputes(answer: Answer, folders: tuple[Path, ...]) -> Answer:
    """Write each disagreement of the answer to a file; return the answer with the files' paths.

    Raises OSError in a process that keeps no files for its user."""
    if answer.disputes and not this_host.keeps_files:
        raise PermissionError("a disagreement is kept by the process that the user has started")
    disputes = tuple(
        msgspec.structs.replace(each, file=str(path) if path is not None else None)
        for each in answer.disputes
        for path in (keep(each.disagreement, answer.evidence, folders),)
    )
    return msgspec.structs.replace(answer, disputes=disputes)


def keep(disagreement: "Disagreement", evidence: tuple[Evidence, ...], folders: tuple[Path, ...]) -> Path | None:
    """Write the disagreement into the first writable folder; return the file's path, or None if no folder is writable.

    The same disagreement about the same hosts always has the same file."""
    import zipfile

    name = f"hairpin-disagreement-{_digest(disagreement, evidence)}.zip"
    for folder in folders:
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            if path.is_file():
                return path
            continue
        except OSError:
            continue
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, each in enumerate(evidence, 1):
                stream = BytesIO()
                write_stream(each, stream)
                archive.writestr(f"snapshot{number if number > 1 else ''}.hairpin", stream.getvalue())
            archive.writestr("disagreement.json", msgspec.json.format(msgspec.json.encode(disagreement), indent=1))
        return path
    return None


def _digest(disagreement: "Disagreement", evidence: tuple[Evidence, ...]) -> str:
    """Return a digest of the disagreement: the hosts, the flow, and both judges' verdicts."""
    flow = disagreement.trace.flow
    what = (
        [each.hostname for each in evidence],
        (flow.start_text(with_host=True), flow.target_text(), disagreement.changed),
        (disagreement.trace.verdict, disagreement.judgement.verdict),
    )
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:12]
