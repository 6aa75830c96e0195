"""Keeps the disagreements of an answer as files that can be reported: snapshots, flow, both judges' results."""

import hashlib
import os
from io import BytesIO
from pathlib import Path

import msgspec

from hairpin.answer.answer import Answer
from hairpin.evidence.file import write_stream
from hairpin.evidence.reading import Evidence
from hairpin.judges.disagreement import Disagreement


def keeping_disputes(answer: Answer, folders: tuple[Path, ...]) -> Answer:
    """Write each disagreement of the answer to a file; return the answer with the files' paths."""
    disputes = tuple(
        msgspec.structs.replace(each, file=str(path) if path is not None else None)
        for each in answer.disputes
        for path in (keep(each.disagreement, answer.evidence, folders),)
    )
    return msgspec.structs.replace(answer, disputes=disputes)


def keep(disagreement: Disagreement, evidence: tuple[Evidence, ...], folders: tuple[Path, ...]) -> Path | None:
    """Write the disagreement into the first writable folder; return the file's path, or None if none is writable.

    The same disagreement about the same hosts has one file, however often it is met."""
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


def _digest(disagreement: Disagreement, evidence: tuple[Evidence, ...]) -> str:
    """Return what the disagreement is about, as a short word: the hosts, the flow, and what the judges say of it."""
    flow = disagreement.trace.flow
    what = (
        [each.hostname for each in evidence],
        (flow.start_text(with_host=True), flow.target_text(), disagreement.changed),
        (disagreement.trace.verdict, disagreement.judgement.verdict),
    )
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:12]
