"""Policies of IPsec (xfrm): which packets the kernel blocks, encrypts, or expects to have been encrypted.

Source: ip-xfrm(8); net/xfrm/xfrm_policy.c
"""

from typing import Literal

import msgspec

from hairpin.netfilter.address import Prefix

LAST = 1 << 32
"""The priority of the kernel's own default, behind that of every policy."""
Direction = Literal["in", "out", "fwd"]


class XfrmPolicy(msgspec.Struct, frozen=True, tag="xfrm-policy", tag_field="kind"):
    """A policy.  The one with the lowest ``priority`` decides; a default of the kernel is
    the last.  ``protocol``, ``sport``, ``dport``, ``link``: None or
    empty matches all.  ``templates``: whether a packet has to pass IPsec.  ``plain``: whether one that has not passes,
    too (``level use``).  ``known``: whether hairpin understands each word of its selector."""

    direction: Direction
    source: Prefix
    destination: Prefix
    blocks: bool = False
    priority: int = 0
    protocol: int | None = None
    sport: int | None = None
    dport: int | None = None
    link: str = ""
    mark: int = 0
    mask: int = 0
    templates: bool = False
    plain: bool = False
    known: bool = True
    text: str = ""
    evidence: str = ""

    @property
    def is_default(self) -> bool:
        """Whether it is what the kernel does with packets that no policy selects (``ip xfrm policy setdefault``)."""
        return self.priority >= LAST
