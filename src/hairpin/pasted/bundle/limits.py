"""The limits for reading a bundle.  A bundle may be hostile.  With these limits, reading any bundle ends and fits into
memory."""

from hairpin.errors import EvidenceError
from hairpin.message import Message, message

MOST_BYTES = 2 << 30
"""The greatest size of a bundle's content after decompression.  Reports with all logs have a few hundred MiB."""
MOST_FILES = 300_000
"""The greatest number of a bundle's entries: reports of sos with a folder for each process have 100,000."""
MOST_KEPT_BYTES = 128 << 20
"""The greatest size of all files together that are kept in memory."""
MOST_KEPT_FILES = 20_000
MOST_OF_FILE = 16 << 20
"""The greatest size of one file that is kept."""
MOST_OF_SINGLE = 64 << 20
"""The greatest size of a bundle that is a single file and no archive."""
MOST_OF_NAME = 64 << 10
"""The greatest size of the part of an archive that contains one file's name."""
MOST_DEPTH = 40
"""The greatest number of folders above a file."""
MOST_XZ_MEMORY = 192 << 20
"""The greatest amount of memory for the decompression of xz.  Files made by ``xz -9`` need 65 MiB."""
MOST_DIRECTORY = 24 << 20
"""The greatest size of a zip file's directory."""


def too_much(path: str, what: Message) -> EvidenceError:
    """Return the error that a bundle exceeds the limits."""
    return EvidenceError(message("{path}: {what}; refused", path=path, what=what))


def damage_in(path: str) -> EvidenceError:
    """Return the error that an archive is incomplete or damaged."""
    return EvidenceError(message("{path}: the archive is cut or damaged", path=path))
