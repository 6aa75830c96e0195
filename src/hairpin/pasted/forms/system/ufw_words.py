"""Reads the output of ``ufw status``.

    status := "Status: " ("active" | "inactive") ["Logging: " …] ["Default: " …] ["New profiles: " …] [head rule*]

Source: ufw src/backend_iptables.py get_status(), backend.py _get_default_policy()
"""

from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.sought import Sought

_STATUS = Sought(r"\s*(?:Status|\u72b6\u6001)\s?[:\uff1a] ?(?P<state>active|inactive)\s*$")
_HEAD = Sought(r"\s*(?:Logging|Default|New profiles): \S")
_RULE = Sought(r"\s*(?:\[ ?\d+\] )?\S.*?\s(?:ALLOW|DENY|REJECT|LIMIT)(?: (?:IN|OUT|FWD))?\s+\S")
_TITLE = Sought(r"\s*(?:To\s+Action\s+From|--\s+------\s+----|\[?\s*--)\s*$")


def _status(paste: Paste, start: int) -> Found | None:
    """Return the status.  The status keeps its lines unchanged.  The host's reader reads the state and the default
    policies from these lines."""
    command = paste.command_above(start)
    end = paste.block(start + 1, lambda line: _HEAD.match(line) or _RULE.match(line) or _TITLE.match(line), blank=2)
    end = max(end, start + 1)
    lines = [line.strip() for line in paste.lines[start:end] if line.strip()]
    has_more = any(_HEAD.match(line) or _TITLE.match(line) for line in lines)
    if command.words[:1] != ("ufw",) and not (
        has_more or (not command.words and end == start + 1 and _alone(paste, start))
    ):
        return None
    state = _STATUS.match(paste.lines[start])
    assert state is not None
    parts = [Fragment("ufw-status", joined_lines([f"Status: {state['state']}", *lines[1:]]), "")]
    if any("disabled (routed)" in line for line in lines):  # ufw asks the sysctl
        parts.append(Fragment("sysctl", "/proc/sys/net/ipv4/ip_forward:0\n"))
    return Found(end, "ufw status", tuple(parts))


def _alone(paste: Paste, start: int) -> bool:
    """Return whether the line before names ufw: other programs print ``Status: inactive``, too."""
    return any("ufw" in line.lower() for line in paste.lines[max(0, start - 2) : start])


FORMS = (OutputForm(_STATUS, _status),)
