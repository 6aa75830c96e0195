"""Policies of IPsec (xfrm): which packets the kernel blocks, encrypts, or expects to have been encrypted.

Source: ip-xfrm(8); net/xfrm/xfrm_policy.c
"""

from typing import Annotated, Literal

import msgspec

from hairpin.field import of
from hairpin.netfilter.address import Prefix

LAST = 1 << 32
"""The priority of the kernel's default action, which follows all policies."""
Direction = Literal["in", "out", "fwd"]


class XfrmPolicy(msgspec.Struct, frozen=True, tag="xfrm-policy", tag_field="kind"):
    """A policy of IPsec.

    If several policies select a packet, the policy with the lowest ``priority`` decides.  The kernel's default comes
    last.  ``protocol``, ``sport``, ``dport`` and ``link``: None or empty if the policy accepts any value.
    ``templates``: whether IPsec has to protect a packet.  ``plain``: whether an unprotected packet is accepted, too
    (``level use``).  ``known``: whether hairpin understands each word of the policy's selector.
    """

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
    text: Annotated[str, of(diff="never")] = ""
    evidence: str = ""

    @property
    def is_default(self) -> bool:
        """Whether the policy is the kernel's default for packets that no policy selects (``ip xfrm policy
        setdefault``)."""
        return self.priority >= LAST
