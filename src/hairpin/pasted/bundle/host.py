"""Reads a support bundle as one host.  If the bundle is or contains hairpin's own collection, this collection is read
instead."""

from io import BytesIO
from pathlib import Path

from hairpin.collect.by_hand import evidence_in
from hairpin.collect.frames import begins
from hairpin.collect.snapshot import load
from hairpin.errors import EvidenceError
from hairpin.evidence.reading import Evidence
from hairpin.message import message
from hairpin.pasted.bundle.read import open_bundle

_BEGINNING = 1 << 16
_SNAPSHOT = b'{"schema":"hairpin.evidence/'


def evidence_in_bundle(path: str) -> Evidence:
    """Return the evidence of the host that the bundle describes.

    Raises EvidenceError if the bundle cannot be read, or CollectError if it contains an incomplete collection."""
    bundle = open_bundle(path)
    own = [name for name, data in bundle.files.items() if begins(data[:_BEGINNING])]
    if len(own) > 1:
        raise EvidenceError(
            message(
                "{path} holds {count} reports; give each of them with its own --bundle: {names}",
                path=path, count=len(own), names=", ".join(own[:5]),
            )
        )  # fmt: skip
    if own:
        return evidence_in(BytesIO(bundle.files[own[0]]), source=f"{path}: {own[0]}")
    if len(bundle.files) == 1 and next(iter(bundle.files.values())).startswith(_SNAPSHOT) and Path(path).is_file():
        return load(Path(path))
    return bundle.evidence()
