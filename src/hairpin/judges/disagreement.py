"""Keeps a disagreement of the two judges as one file that can be reported: snapshot, flow, both answers."""

import os
import tempfile
import time
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import msgspec

import hairpin
from hairpin.evidence.file import write_stream
from hairpin.evidence.reading import Evidence
from hairpin.judges.agreement import Agreement
from hairpin.network.world import World
from hairpin.replica.run.worker import Judgement
from hairpin.walk.walk import Trace


class Disagreement(msgspec.Struct, frozen=True):
    """What was asked and what each judge said; the snapshot lies beside it."""

    hairpin: str
    kernel: str
    world: World
    trace: Trace
    judgement: Judgement
    agreement: Agreement


def keep(
    evidence: Evidence,
    world: World,
    trace: Trace,
    judgement: Judgement,
    agreement: Agreement,
    folders: tuple[Path, ...],
) -> Path | None:
    """Write the file into the first folder that takes it and return its name; None where none does."""
    found = Disagreement(hairpin.__version__, os.uname().release, world, trace, judgement, agreement)
    stream = BytesIO()
    write_stream(evidence, stream)
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            name = time.strftime("hairpin-disagreement-%Y%m%dT%H%M%SZ-", time.gmtime())
            descriptor, path = tempfile.mkstemp(prefix=name, suffix=".zip", dir=folder)
        except OSError:
            continue
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("snapshot.hairpin", stream.getvalue())
            archive.writestr("disagreement.json", msgspec.json.format(msgspec.json.encode(found), indent=1))
        return Path(path)
    return None


def folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return where such files go: $XDG_STATE_HOME/hairpin, else the temporary directory."""
    stated = environment.get("XDG_STATE_HOME")
    base = Path(stated) if stated else Path(environment.get("HOME", "/nonexistent")) / ".local" / "state"
    return (base / "hairpin", Path(tempfile.gettempdir()))
