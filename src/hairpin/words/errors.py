"""The errors of the C library with which a connection or a call fails: numbers, names, and the texts in English and
Chinese.

Source: errno(3); asm-generic/errno.h; BSD sys/errno.h; Windows, Winsock error codes; glibc, po/{zh_CN,zh_TW}.po; musl
src/errno/__strerror.h; Go; Rust std::io::ErrorKind
"""

from functools import cache
from typing import NamedTuple

from hairpin.words.rows import rows_of


class Errno(NamedTuple):
    """An error.

    ``error``: its name in patterns (``{refused}``).  ``name``: the name of the constant.  ``number``: the number on
    Linux.  ``others``: the numbers on the BSDs, macOS and Windows.  ``kind``: Rust's name.  ``words``: its texts in
    English.  ``texts``: its texts in all languages.  Only an error of a connection has a name, numbers and a kind."""

    error: str
    name: str
    number: str
    others: tuple[str, ...]
    kind: str
    words: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of all systems."""
        return (self.number, *self.others)


@cache
def errors() -> dict[str, Errno]:
    """Return the errors by their names in patterns."""
    found: dict[str, Errno] = {}
    for row in rows_of("errors.words"):
        number, *others = row.listed("number") or ("",)
        texts = row.all_of("text")
        found[row.name] = Errno(
            row.name, row.one("errno"), number, tuple(others), row.one("kind"),
            tuple(filter(str.isascii, texts)), texts,
        )  # fmt: skip
    return found


@cache
def errnos() -> tuple[Errno, ...]:
    """Return the errors of connections."""
    return tuple(each for each in errors().values() if each.number)
