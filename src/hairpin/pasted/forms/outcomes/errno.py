"""The errors with which a connection fails, by their numbers and names.

Source: errno(3); asm-generic/errno.h; BSD sys/errno.h; Windows, Winsock error codes; musl src/errno/__strerror.h; Rust
std::io::ErrorKind
"""

from typing import NamedTuple


class Errno(NamedTuple):
    """An error of ``connect`` or of a connection.

    ``error``: its name in ``texts/pattern.py``.  ``name``: the name of the constant.  ``number``: the number on Linux.
    ``others``: the numbers on the BSDs, macOS and Windows.  ``kind``: Rust's name.  ``words``: its texts in English."""

    error: str
    name: str
    number: str
    others: tuple[str, ...]
    kind: str
    words: tuple[str, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of all systems."""
        return (self.number, *self.others)


REFUSED = Errno("refused", "ECONNREFUSED", "111", ("61", "10061"), "ConnectionRefused", ("Connection refused",))
TIMEOUT = Errno(
    "timeout", "ETIMEDOUT", "110", ("60", "10060"), "TimedOut", ("Connection timed out", "Operation timed out")
)
NO_ROUTE = Errno(
    "no_route", "EHOSTUNREACH", "113", ("65", "10065"), "HostUnreachable", ("No route to host", "Host is unreachable")
)
UNREACHABLE = Errno(
    "unreachable", "ENETUNREACH", "101", ("51", "10051"), "NetworkUnreachable",
    ("Network is unreachable", "Network unreachable"),
)  # fmt: skip
RESET = Errno("reset", "ECONNRESET", "104", ("54", "10054"), "ConnectionReset", ("Connection reset by peer",))
NOT_HERE = Errno(
    "not_here", "EADDRNOTAVAIL", "99", ("49", "10049"), "AddrNotAvailable",
    ("Cannot assign requested address", "Can't assign requested address", "Address not available"),
)  # fmt: skip
ERRNOS = (REFUSED, TIMEOUT, NO_ROUTE, UNREACHABLE, RESET, NOT_HERE)
