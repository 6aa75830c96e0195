"""The list of the outputs that were recognised in texts."""

import msgspec

from hairpin.evidence.reading import PASTED, Evidence
from hairpin.pasted.form import Recognised

CLEANED = "sos clean"
"""The name of an entry that says that a tool has replaced the host's addresses."""


def recognised_in(evidence: Evidence) -> tuple[Recognised, ...]:
    """Return the entries in the order of the texts; no entry for a host that was not read from a text."""
    reading = evidence.find(PASTED, "")
    if reading is None:
        return ()
    return tuple(msgspec.json.decode(line, type=Recognised) for line in reading.text.splitlines())
