"""The trace of this host's guards: what their memory has, as a reading beside the host's other traces."""

import time
from datetime import UTC, datetime
from pathlib import Path

from hairpin.errors import EvidenceError, UsageError
from hairpin.evidence.reading import Evidence, Reading, utc_text, with_further
from hairpin.guard.memory import FILE, FOLDER, Memory
from hairpin.story.guarded import KEY, lines_text
from hairpin.story.timeline import WEEK_S

_MOST_BYTES = 2 * 1024 * 1024
"""The greatest size of the trace.  The oldest rounds are left out of a longer one."""


def with_guard(evidence: Evidence, since_s: float | None) -> Evidence:
    """Return the evidence with the trace of this host's guards, if one has run here and its memory can be read: root
    can.  ``since_s``: from when on, in seconds since the epoch; None for the last week."""
    path = FOLDER / FILE
    text = _trace(path, since_s if since_s is not None else time.time() - WEEK_S)
    if not text:
        return evidence
    at = utc_text(datetime.now(UTC))
    return with_further(evidence, (Reading("", KEY, "", str(path), at, 0, "text", text),))


def _trace(path: Path, since_s: float) -> str:
    if not path.exists():
        return ""
    try:
        with Memory(path, writes=False) as memory:
            return lines_text(memory.lines(since_s, _MOST_BYTES))
    except (EvidenceError, UsageError):  # a story without the guard's part is told all the same
        return ""
