"""The list of what was recognised in the texts of an evidence."""

import msgspec

from hairpin.evidence.reading import PASTED, Evidence
from hairpin.pasted.form import Recognised

CLEANED = "sos clean"
"""What an entry is called that says that a tool has written other addresses for the host's own."""


def recognised_in(evidence: Evidence) -> tuple[Recognised, ...]:
    """Return the entries, in the order of the texts; none for a host that was read itself."""
    reading = evidence.find(PASTED, "")
    if reading is None:
        return ()
    return tuple(msgspec.json.decode(line, type=Recognised) for line in reading.text.splitlines())
