"""Writes the file of metrics that node_exporter's textfile collector reads."""

import os
import stat
import tempfile
from pathlib import Path


def replace_metrics(metrics: str, path: Path) -> bool:
    """Write the metrics into the file, and return whether it is one: a device or a pipe is left alone.

    The file is complete at any time, because a new file replaces it.  Every user may read the file, because the
    collector runs as another user.  Raises OSError."""
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        return False
    # the collector reads files whose names end with .prom only
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(metrics)
            written.flush()
            os.fchmod(written.fileno(), 0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return True
