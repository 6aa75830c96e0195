"""Variables of a shell script that hold the name of a tool: ``IPT=/sbin/iptables``, then ``$IPT -F FORWARD``."""

import re
from collections.abc import Iterable

import msgspec

from hairpin.host.managers import ScriptLine

_VALUE = re.compile(
    r"(?:(?:export|readonly|local|declare)\s+)?(?P<name>[A-Za-z_]\w*)="
    r"[\"'`$(]*(?:(?:which|command -v)\s+)?"
    r"(?P<tool>(?:[^\s\"'`()]*/s?bin/)?(?:ip6?tables(?:-nft|-legacy)?|ipset|nft|ebtables|sysctl|ufw|firewall-cmd)"
    r"(?: +-[\w-]+)*)"
    r"[\"'`)]*\s*(?:;|&&|$)"
)
_USE = re.compile(r"\$\{?(\w+)\}?")


def with_variables_replaced(lines: Iterable[ScriptLine]) -> tuple[ScriptLine, ...]:
    """Return the lines with the tools in place of these variables, without the lines that only set such a variable.

    ``lines``: the lines of each script in their order.  A variable keeps its value within its script."""
    held: dict[tuple[str, str], dict[str, str]] = {}
    found: list[ScriptLine] = []
    for line in lines:
        own = held.setdefault((line.unit, line.path), {})
        text = line.text
        while (value := _VALUE.match(text)) is not None:
            own[value["name"]] = value["tool"]
            text = text[value.end() :].strip()
        if text:
            for use in reversed(tuple(_USE.finditer(text))):
                tool = own.get(use[1], use[0])
                text = f"{text[: use.start()]}{tool}{text[use.end() :]}"
            found.append(line if text == line.text else msgspec.structs.replace(line, text=text))
    return tuple(found)
