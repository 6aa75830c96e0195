"""Two lists that are empty on most hosts: ``tc qdisc`` and ``ip xfrm policy``.

Source: iproute2 tc/tc_qdisc.c print_qdisc(), ip/xfrm_policy.c, ip/ipxfrm.c
"""

from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.sought import Sought

_QDISC = Sought(r"\s*qdisc \w+ [0-9a-f]+: (?:dev \S+ )?(?:root|parent|ingress|clsact)\b")
_OPTIONS = Sought(r"\s+\S")
_SELECTOR = Sought(r"src \S+ dst \S+(?: .*)?$")
_DIRECTION = Sought(r"\s+dir (?:in|out|fwd) ")


def _qdiscs(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, lambda line: _QDISC.match(line) or _OPTIONS.match(line))
    lines = [line.strip() if _QDISC.match(line) else line for line in paste.lines[start:end]]
    # `tc qdisc show dev LINK` leaves the link out of its lines
    if not all(" dev " in line for line in lines if line.startswith("qdisc")):
        return None
    return Found(end, "tc qdisc", (Fragment("tc-qdisc-text", joined_lines(lines), paste.command_above(start).netns),))


def _policies(paste: Paste, start: int) -> Found | None:
    if start + 1 >= len(paste.lines) or _DIRECTION.match(paste.lines[start + 1]) is None:
        return None
    end = paste.block(start, lambda line: _SELECTOR.match(line) or _OPTIONS.match(line))
    text = joined_lines([line if _SELECTOR.match(line) else f"\t{line.strip()}" for line in paste.lines[start:end]])
    return Found(end, "ip xfrm policy", (Fragment("xfrm-policy", text, paste.command_above(start).netns),))


FORMS = (OutputForm(_QDISC, _qdiscs), OutputForm(_SELECTOR, _policies))
