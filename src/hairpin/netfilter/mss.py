"""The segment size that a rule writes into a SYN: ``-j TCPMSS``, in nft's words ``tcp option maxseg size set``."""

import re
from typing import Literal

from hairpin.netfilter.ir import NoEffect, Rule

ORDINARY_MSS = 1460
"""The MSS option of an ordinary SYN on Ethernet, in bytes.  Rules that compare the option usually match tiny sizes."""

_NUMBER = re.compile(r"(?:--set-mss|size set) (\d+)")
_TO_PATH = re.compile(r"--clamp-mss-to-pmtu|size set rt mtu")


def mss_set_by(rule: Rule) -> int | Literal["path"] | None:
    """Return the segment size in bytes; ``path`` if the smaller MTU of the routes to both ends decides; None if the
    rule sets no segment size."""
    for part in rule.body:
        if isinstance(part, NoEffect) and part.name in ("TCPMSS", "tcp option maxseg size"):
            number = _NUMBER.search(part.text)
            if number is not None:
                return int(number[1])
            if _TO_PATH.search(part.text):
                return "path"
    return None
