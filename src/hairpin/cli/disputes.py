"""Keeps the disagreements of an answer as files that can be reported: snapshots, flow, both judges' results."""

import os
import time
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
    """Write the disagreement into the first writable folder; return the file's path, or None if none is writable."""
    import tempfile
    import zipfile

    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            name = time.strftime("hairpin-disagreement-%Y%m%dT%H%M%SZ-", time.gmtime())
            descriptor, path = tempfile.mkstemp(prefix=name, suffix=".zip", dir=folder)
        except OSError:
            continue
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, each in enumerate(evidence, 1):
                stream = BytesIO()
                write_stream(each, stream)
                archive.writestr(f"snapshot{number if number > 1 else ''}.hairpin", stream.getvalue())
            archive.writestr("disagreement.json", msgspec.json.format(msgspec.json.encode(disagreement), indent=1))
        return Path(path)
    return None
