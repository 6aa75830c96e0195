"""``bridge link``, ``bridge fdb`` and ``bridge vlan``, and ``brctl show``.

``brctl show`` lists each bridge with its ports, without their states.  Its output becomes no reading, because hairpin
assumes a port for each container on the bridge of the container's network anyway.

Source: iproute2 bridge/link.c, fdb.c, vlan.c; bridge-utils brctl/brctl_cmd.c br_cmd_show()
"""

from itertools import pairwise

from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.sought import Sought

_MAC = r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
_LINK = Sought(
    r"\s*\d+: [^\s:]+: <[A-Z0-9_,-]*> mtu \d+ (?:.* )?master \S+ (?:.* )?"
    r"state (?:forwarding|disabled|blocking|listening|learning)\b"
)
_OLD_LINK = Sought(r"\s*\d+: \S+ state \S+ (?:@\S+)?: <[A-Z0-9_,-]*> mtu \d+ (?:.* )?master \S+ state [a-z]+\b")
_LINK_DETAIL = Sought(r"\s+(?:hairpin (?:on|off)|neigh_suppress|mcast_|vlan_tunnel|locked|isolated|flood)\b")
_FDB = Sought(
    rf"\s*{_MAC} dev \S+(?: (?:dst|vlan|via|port|vni|src_vni|nhid) \S+| self| permanent| static| stale| offload"
    r"| extern_learn| sticky| router| master(?: \S+)?)*\s*$"
)
_VLAN_HEAD = Sought(r"\s*port\s+vlan(?:-id|\s+ids?)\b.*$")
_VLAN = Sought(r"(?:\S+)?\s+\d+(?:-\d+)?(?:\s+(?:PVID|Egress|Untagged))*\s*$|\S+\s+None\s*$")
_BRCTL_HEAD = Sought(r"\s*bridge name\s+bridge id\s+STP enabled\s+interfaces\s*$")
_BRCTL = Sought(r"\s*[\w.-]{1,15}\s+[0-9a-f]{4}\.[0-9a-f]{12}\s+(?:yes|no)(?:\s+[\w.@-]+)?\s*$")
_BRCTL_PORT = Sought(r"\s+[\w.@-]{1,15}\s*$")


def _links(paste: Paste, start: int) -> Found | None:
    if _OLD_LINK.match(paste.lines[start]):
        # iproute2 before 4.19 prints the state of the link before its flags.
        end = paste.block(start, lambda line: _OLD_LINK.match(line) or _LINK_DETAIL.match(line))
        return Found(end, "bridge link")
    end = paste.block(start, lambda line: _LINK.match(line) or _LINK_DETAIL.match(line))
    lines = [("    " if _LINK_DETAIL.match(line) else "") + line.strip() for line in paste.lines[start:end]]
    return Found(
        end, "bridge link", (Fragment("bridge-link-text", joined_lines(lines), paste.command_above(start).netns),)
    )


def _fdb(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _FDB.match)
    lines = [line.strip() for line in paste.lines[start:end]]
    command = paste.command_above(start)
    words = command.words
    bridge = next((after for word, after in pairwise(words) if word in ("br", "brport")), "")
    if bridge:
        # Asked about one bridge, the tool leaves out its name.
        lines = [line if " master " in line or " self" in line else f"{line} master {bridge}" for line in lines]
    return Found(end, "bridge fdb", (Fragment("bridge-fdb-text", joined_lines(lines), command.netns),))


def _vlans(paste: Paste, start: int) -> Found | None:
    end = paste.block(start + 1, _VLAN.match, blank=1)
    lines = [line.rstrip() for line in paste.lines[start + 1 : end]]
    netns = paste.command_above(start).netns
    parts = (Fragment("bridge-vlan-text", joined_lines(lines), netns),) if any(line.strip() for line in lines) else ()
    return Found(end, "bridge vlan", parts)


def _brctl(paste: Paste, start: int) -> Found | None:
    end = paste.block(start + 1, lambda line: _BRCTL.match(line) or _BRCTL_PORT.match(line))
    return Found(end, "brctl show")


FORMS = (
    OutputForm(_LINK, _links),
    OutputForm(_OLD_LINK, _links),
    OutputForm(_FDB, _fdb),
    OutputForm(_VLAN_HEAD, _vlans),
    OutputForm(_BRCTL_HEAD, _brctl),
)
