"""The command of ufw with which a person made a rule, from the comment by which ufw remembers the rule.

Source: ufw/backend_iptables.py _write_rules() and _read_rules(); ufw(8), RULE SYNTAX
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.change.ufw import tuple_above
from hairpin.host.boot.configured import Configured
from hairpin.host.host import Host

_TUPLE = re.compile(
    r"### tuple ### (?P<routed>route:)?(?P<action>[a-z]+)(?:_(?P<log>[a-z-]+))? (?P<protocol>\S+) (?P<port>\S+) "
    r"(?P<target>\S+) (?P<sport>\S+) (?P<source>\S+) (?:(?P<app>\S+) (?P<sapp>\S+) )?(?P<way>\S+)"
    r"(?: comment=(?P<comment>(?:[0-9a-fA-F]{2})*))?\s*"
)
_ANY = ("any", "0.0.0.0/0", "::/0")


class Typed(msgspec.Struct, frozen=True):
    """The command that makes the rule, in the shortest form that ufw(8) accepts, and the person's comment."""

    words: str
    comment: str = ""


def typed_for(found: Configured | None, host: Host) -> Typed | None:
    """Return the command for the rule at the place in a file of ufw; None if the file has no comment above the
    rule."""
    text = next((each.text for each in host.files if found and each.path == found.file), "")
    told = _TUPLE.fullmatch(tuple_above(text, found.line) if found is not None else "")
    if told is None:
        return None
    comment = bytes.fromhex(told["comment"] or "").decode("utf-8", "replace")
    return Typed(" ".join(_words(told)), comment)


def _words(told: re.Match[str]) -> Iterator[str]:
    yield "ufw route" if told["routed"] else "ufw"
    yield told["action"]
    links = [each.split("_", 1) for each in told["way"].split("!")]
    named = [each for each in links if len(each) == 2]
    if named:
        yield from (f"{way} on {link}" for way, link in named)
    elif told["way"] == "out":
        yield "out"
    if told["log"]:
        yield told["log"]
    app = (told["app"] or "-").replace("%20", " ")
    port = app if app != "-" else told["port"] if told["port"] != "any" else ""
    sapp = (told["sapp"] or "-").replace("%20", " ")
    sport = sapp if sapp != "-" else told["sport"] if told["sport"] != "any" else ""
    proto = told["protocol"] if told["protocol"] != "any" and (app, sapp) == ("-", "-") else ""
    if port and not (sport or named) and told["source"] in _ANY and told["target"] in _ANY:
        quoted = f"'{port}'" if " " in port else port
        yield f"{quoted}/{proto}" if proto else quoted
        return
    source, target = (told[each] if told[each] not in _ANY else "any" for each in ("source", "target"))
    if source != "any" or sport:
        yield f"from {source}"
        yield from _of_port(sport, sapp)
    if target != "any" or port:
        yield f"to {target}"
        yield from _of_port(port, app)
    if proto:
        yield f"proto {proto}"


def _of_port(port: str, app: str) -> Iterator[str]:
    if port:
        word = "app" if app != "-" else "port"
        yield f"{word} '{port}'" if " " in port else f"{word} {port}"
