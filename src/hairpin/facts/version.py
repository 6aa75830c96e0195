"""Versions as programs, packages and people write them: ``v1.8.11 (nf_tables)``, ``1.8.11-2``, ``5:28.5.2-1~debian``.

Pure.  The digits before the first other letter are compared; a part that a text leaves out (``29.1``) may have any
value.  A revision of a distribution's package is compared only with a revision of the same form.

Source: deb-version(7), rpm-version(7)
"""

import re
from typing import NamedTuple

_PARTS = 3
_HIGHEST = 10**9
_VERSION = re.compile(
    r"(?<![\w.])(?:\d+:)?v?(?P<upstream>\d+(?:\.\d+)*)(?:\^|[~+]git)?(?P<day>20\d{6})?(?P<rest>[-~+.^]?[\w.+~^-]*)",
    re.ASCII,
)
_DAY = re.compile(r"\b(20\d\d)_(\d\d)_(\d\d)(?!\d)", re.ASCII)
"""A day as pasta writes it: 2025_04_15."""
_DEBIANS = re.compile(r"-(?P<revision>\d+)(?:[+~]\S*|ubuntu\S*|build\S*|deb\S*)?")


class ProgramVersion(NamedTuple):
    """A version.  ``upstream``: its numbers, the greatest unit first; a day such as 20250415 if the program counts
    days.  ``text``: the version as it was written, without an epoch.  ``revision``: the number of a Debian revision;
    None for any other form."""

    upstream: tuple[int, ...]
    text: str
    revision: int | None = None


def version_of(text: str) -> ProgramVersion | None:
    """Return the first version in the text; None if the text has no number."""
    found = _VERSION.search(_DAY.sub(r"\1\2\3", text))
    if found is None:
        return None
    numbers = tuple(int(each) for each in found["upstream"].split("."))
    if found["day"] is not None:
        numbers = (int(found["day"]),)
    elif numbers[0] > 20_000_000:
        numbers = numbers[:1]
    of_debian = _DEBIANS.fullmatch(found["rest"])
    return ProgramVersion(
        numbers, found[0].rpartition(":")[2].removeprefix("v"), int(of_debian["revision"]) if of_debian else None
    )


def is_between(version: ProgramVersion, first: str, before: str) -> bool:
    """Return whether the version, with any value for the parts that it leaves out, is ``first`` or later, and older
    than ``before``.  An empty bound bounds nothing."""
    lowest, highest = _with_all_parts(version.upstream, 0), _with_all_parts(version.upstream, _HIGHEST)
    return (not first or lowest >= _numbers_of(first)) and (not before or highest < _numbers_of(before))


def has_revision(version: ProgramVersion, mended: str) -> bool:
    """Return whether a Debian package has the revision ``mended`` of the same upstream version, or a later one."""
    wanted = version_of(mended)
    if wanted is None or wanted.revision is None or version.revision is None:
        return False
    return version.upstream == wanted.upstream and version.revision >= wanted.revision


def _numbers_of(text: str) -> tuple[int, ...]:
    found = version_of(text)
    assert found is not None, text
    return _with_all_parts(found.upstream, 0)


def _with_all_parts(numbers: tuple[int, ...], value: int) -> tuple[int, ...]:
    return (*numbers, *(value,) * (_PARTS - len(numbers)))
