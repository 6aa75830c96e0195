"""The outputs of ``firewall-cmd``: firewalld's state, zones and direct rules.

    zone := NAME [" (" STATE ")"] NL (INDENT KEY ":" [" " VALUE])*

A listing shows that firewalld runs: without the daemon ``firewall-cmd`` prints "FirewallD is not running".

Source: firewalld src/firewall/command.py print_zone_info(); firewall-cmd(1)
"""

from hairpin.pasted.form import Found, Fragment, OutputForm, Paste
from hairpin.sought import Sought

_ZONE = Sought(
    r"\s*(?P<name>[A-Za-z0-9_./-]{1,40})(?: \((?P<state>(?:default|active)(?:, (?:default|active))*)\))?\s*$"
)
_KEYS = frozenset((
    "target", "ingress-priority", "egress-priority", "icmp-block-inversion", "interfaces", "sources", "services",
    "ports", "protocols", "forward", "masquerade", "forward-ports", "source-ports", "icmp-blocks",
))  # fmt: skip
_LINE = Sought(r"\s*(?P<key>[a-z-]+|rich rules):(?:\s+(?P<value>\S.*))?\s*$")
_RULE = Sought(
    r"\s*rule (?:priority|family|service|port|protocol|source|destination|forward-port|masquerade|icmp|log|audit)"
)
_FORWARD = Sought(r"\s+(?:port=\d|rule )")
_DIRECT = Sought(r"\s*(?:ipv4|ipv6|eb) (?:filter|nat|mangle|raw|security) \S+ -?\d+ -")
_STATE = Sought(r"\s*(?:running|not running|FirewallD is not running)\s*$")
_WARNING = Sought(r"\s*(?:You're performing an operation|but your connections|You most likely need)")
_LEAST_KEYS = 4
_RUNNING = Fragment("firewalld-state", "running\n", "")


def _zones(paste: Paste, start: int) -> Found | None:
    """Return the zones of ``--list-all`` and ``--list-all-zones``.  Permanent zones become no part, because the reading
    is about run time."""
    first = start
    while (
        first > 0
        and (_WARNING.match(paste.lines[first - 1]) or not paste.lines[first - 1].strip())
        and first - 1 not in paste.commands
    ):
        first -= 1
    command = paste.command_above(first)
    if start + 1 >= len(paste.lines) or not _is_key(paste.lines[start + 1]):
        return None
    lines: list[str] = []
    names: list[str] = []
    at = end = start
    while at < len(paste.lines) and at not in paste.commands:
        zone = _ZONE.match(paste.lines[at])
        after = next((each for each in paste.lines[at + 1 : at + 3] if each.strip()), "")
        if zone is not None and _is_key(after):
            taken = _zone(paste, at)
            if taken is None:
                break
            names.append(zone["name"])
            lines += ["", *taken[0]]
            at = end = taken[1]
        elif paste.lines[at].strip():
            break
        else:
            at += 1
    if not names:
        return None
    told = "firewall-cmd --list-all" if len(names) == 1 else "firewall-cmd --list-all-zones"
    if command.words and command.words[0] != "firewall-cmd":
        return None
    if command.has("--permanent"):
        return Found(end, f"{told} --permanent", (_RUNNING,))
    return Found(end, told, (Fragment("firewalld-zones-text", "\n".join(lines[1:]) + "\n", ""), _RUNNING))


def _is_key(line: str) -> bool:
    match = _LINE.match(line)
    return match is not None and match["key"] in _KEYS


def _zone(paste: Paste, start: int) -> tuple[list[str], int] | None:
    """Return the lines of a zone with the tool's indentation, and the index after them; None if the lines have too few
    keys of a zone."""
    lines = [paste.lines[start].strip()]
    keys: set[str] = set()
    at = end = start + 1
    while at < len(paste.lines) and at not in paste.commands:
        line = paste.lines[at]
        keyed = _LINE.match(line)
        if keyed is not None and (keyed["key"] in _KEYS or keyed["key"] == "rich rules") and keyed["key"] not in keys:
            keys.add(keyed["key"])
            lines.append(f"  {keyed['key']}: {keyed['value'] or ''}".rstrip() + ("" if keyed["value"] else " "))
        elif _RULE.match(line) is not None or _FORWARD.match(line) is not None:
            lines.append("\t" + line.strip())
        elif line.strip() or len(keys) == len(_KEYS) + 1 or "rich rules" in keys:
            break
        at += 1
        end = at if line.strip() else end
    return (lines, end) if len(keys & _KEYS) >= _LEAST_KEYS else None


def _state(paste: Paste, start: int) -> Found | None:
    """Return what ``firewall-cmd --state`` prints.  "FirewallD is not running" is recognised without a command above
    it, too."""
    command = paste.command_above(start)
    text = paste.lines[start].strip()
    is_error = text == "FirewallD is not running"
    if not is_error and not (command.words[:1] == ("firewall-cmd",) and "--state" in command.words):
        return None
    running = text == "running"
    return Found(
        start + 1,
        "firewall-cmd --state",
        (Fragment("firewalld-state", "running\n" if running else "not running\n", ""),),
    )


def _direct(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _DIRECT.match)
    lines = [line.strip() for line in paste.lines[start:end]]
    return Found(
        end,
        "firewall-cmd --direct --get-all-rules",
        (Fragment("firewalld-direct", "\n".join(lines) + "\n", ""), _RUNNING),
    )


_LISTS = (
    "--list-ports", "--list-services", "--get-default-zone", "--get-active-zones", "--list-rich-rules", "--get-zones",
    "--list-interfaces", "--list-sources", "--query-masquerade", "--list-forward-ports", "--get-zone-of-interface",
)  # fmt: skip
_ASKED = Sought(rf".*\bfirewall-cmd .*(?:{'|'.join(_LISTS)})")
_WORDS = Sought(r"\s*(?:[\w.-]+(?:[:/]\S+)?(?:\s+[\w./:-]+)*|[\w ]+: ?\S*.*)\s*$")


def _list(paste: Paste, start: int) -> Found | None:
    """Return one list of a zone, below its command.  Such a list is not enough for a reading of the zone; it only shows
    that firewalld runs."""
    command = paste.commands.get(start)
    asked = next((each for each in command.words[1:] if each.startswith(_LISTS)), "") if command is not None else ""
    if command is None or command.words[0] != "firewall-cmd" or not asked or start + 1 >= len(paste.lines):
        return None
    first = start + 1
    while first < len(paste.lines) and _WARNING.match(paste.lines[first]):
        first += 1
    end = paste.block(first, _WORDS.match, blank=1 if first > start + 1 else 0)
    if end == first or paste.lines[first].strip() == "FirewallD is not running":
        return None
    return Found(end, f"firewall-cmd {asked}", (_RUNNING,))


FORMS = (
    OutputForm(_STATE, _state),
    OutputForm(_DIRECT, _direct),
    OutputForm(_ZONE, _zones),
    OutputForm(_ASKED, _list, ("firewall-cmd",)),
)
