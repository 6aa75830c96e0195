"""What Podman's files of settings say about networks.  The last of several lines with the same key counts.

Source: containers.conf(5); measured with Podman 5.4.2: root's Podman reads root's own file, too"""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from hairpin.field import of

ConfKey = Literal["network.firewall_driver", "containers.netns"]
"""A key behind the name of its table.  The collector passes no other key: ``CONTAINERS_CONF`` in collect.sh.
The firewall driver is also ``Engine.firewall_backend``."""


class ConfLine(msgspec.Struct, frozen=True):
    """A line of a file.  ``number`` counts from 1."""

    path: str
    number: int
    key: str
    value: str
    evidence: Annotated[str, of(walked=False, diff="never", rebuilt=False)] = ""


def line_of(conf: Iterable[ConfLine], key: ConfKey) -> ConfLine | None:
    """Return the line that decides the key; None if no file sets it."""
    return next((each for each in reversed(tuple(conf)) if each.key == key), None)
