"""Policies of IPsec from ``ip xfrm policy`` and ``ip xfrm policy getdefault``.

    policy  := "src" PREFIX "dst" PREFIX ["proto" NAME] ["sport" N] ["dport" N] ["dev" LINK] NL
               TAB ("dir" | "socket") DIRECTION ["action" "block"] "priority" N … NL
               (TAB "mark" N "/" N | TAB "tmpl" … | TAB TAB …)*
    default := ("in:" | "fwd:" | "out:") ("block" | "accept")

Source: iproute2 ip/ipxfrm.c xfrm_policy_info_print(), xfrm_selector_print(); ip/xfrm_policy.c
"""

from collections.abc import Iterator, Mapping

from hairpin.errors import MalformedError, ParseError
from hairpin.evidence.reading import Reading
from hairpin.host.xfrm import LAST, Direction, XfrmPolicy
from hairpin.message import message
from hairpin.netfilter.address import Prefix, prefix_of
from hairpin.netfilter.protocols import protocol_number

_SELECTOR = frozenset({"src", "dst", "proto", "sport", "dport", "dev", "type", "code"})
_EVERYTHING = (Prefix(4, 0, 0), Prefix(6, 0, 0))


def policies(reading: Reading) -> tuple[XfrmPolicy, ...]:
    """Return the policies that belong to no single socket, in the order in which the kernel tries them; raise
    ParseError."""
    blocks: list[list[str]] = []
    defaults: list[XfrmPolicy] = []
    for line in reading.text.splitlines():
        words = line.split()
        if line.startswith("src "):
            blocks.append([line])
        elif words[:1] in (["in:"], ["fwd:"], ["out:"]) and words[1:] == ["block"]:
            defaults += _default(words[0].rstrip(":"), reading.id)
        elif line.startswith("\t") and blocks:
            blocks[-1].append(line)
    try:
        found = [policy for block in blocks for policy in _policy(block, reading.id)]
    except (MalformedError, ValueError, IndexError):
        raise ParseError(message("this is no IPsec policy"), source=reading.origin, line=1) from None
    return (*sorted(found, key=lambda each: each.priority), *defaults)


_DIRECTIONS: Mapping[str, Direction] = {"in": "in", "out": "out", "fwd": "fwd"}


def _default(direction: str, evidence: str) -> Iterator[XfrmPolicy]:
    for each in _EVERYTHING:
        text = f"ip xfrm policy setdefault {direction} block"
        yield XfrmPolicy(_DIRECTIONS[direction], each, each, True, LAST, text=text, evidence=evidence)


def _policy(lines: list[str], evidence: str) -> Iterator[XfrmPolicy]:
    words, state = lines[0].split(), lines[1].split()
    direction = _DIRECTIONS.get(state[1]) if state[0] == "dir" else None
    if direction is None:
        return  # a policy of a single socket
    chosen = dict(zip(words[::2], words[1::2], strict=False))
    given = dict(zip(state[::2], state[1::2], strict=False))
    rest = [line.split() for line in lines[2:]]
    mark = next((each[1] for each in rest if each[:1] == ["mark"]), "0/0")
    value, _, mask = mark.partition("/")
    templates = [each for each in rest if each[:1] == ["tmpl"]]
    optional = sum(each[:2] == ["level", "use"] for each in rest)
    number = protocol_number(chosen["proto"]) if "proto" in chosen else None
    known = set(chosen) <= _SELECTOR - {"type", "code"} and not any(each[:1] == ["if_id"] for each in rest)
    yield XfrmPolicy(
        direction, prefix_of(chosen["src"]), prefix_of(chosen["dst"]), given.get("action") == "block",
        int(given.get("priority", "0")), number, _port(chosen, "sport"), _port(chosen, "dport"), chosen.get("dev", ""),
        int(value, 0), int(mask, 0), bool(templates), 0 < len(templates) <= optional,
        known and ("proto" not in chosen or number is not None),
        " ".join((*words, *state[: 4 if given.get("action") == "block" else 2])), evidence,
    )  # fmt: skip


def _port(chosen: dict[str, str], side: str) -> int | None:
    return int(chosen[side]) if side in chosen else None
