"""Filters with their matches and actions, from ``tc -j -d filter show``.

A filter of a kind, a key or an action that hairpin does not model is kept as a filter that may match.  Text that is not
JSON is left unread, because iproute2 prints some kinds of filters as such text.
"""

import ipaddress
import json
from collections.abc import Iterator
from typing import Any

from hairpin.host.traffic_control import (
    BitsMatch,
    Filter,
    FilterAction,
    FilterMatch,
    HeaderMatch,
    ProgramMatch,
    UnknownMatch,
)
from hairpin.netfilter.evaluate.bytecode import Program

Options = dict[str, Any]
_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58, "sctp": 132}
_GACT: dict[str, FilterAction] = {
    "drop": "drop",
    "stolen": "drop",
    "pass": "pass",
    "ok": "pass",
    "continue": "continue",
}


def parsed(text: str, place: Any, evidence: str) -> tuple[Filter, ...] | None:
    """Return the filters in the kernel's order; None if the text is not JSON or has an unknown form."""
    try:
        found = json.loads(text, object_pairs_hook=_with_all_matches)
        told = {each["pref"] for each in found if isinstance(each.get("options"), dict)}
        return tuple(_filter(each, place, evidence) for each in found if _is_filter(each, told))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _with_all_matches(pairs: list[tuple[str, Any]]) -> Options:
    """Return the JSON object with all of its matches in one list.  For u32, tc prints each match as a separate member
    named ``match``."""
    found = dict(pairs)
    matches = [value for key, value in pairs if key == "match"]
    return {**found, "match": matches} if matches else found


def _is_filter(each: Options, told: set[int]) -> bool:
    """Return whether the object is a filter.  tc also prints an object for each preference, and an object for each hash
    table of u32.

    ``told``: the preferences for which an object with options is printed.  If a kind that hairpin does not model prints
    no options, the object of the preference stands for its filters."""
    options = each.get("options")
    if not isinstance(options, dict):
        return each["kind"] not in _READ and each["pref"] not in told
    return "ht_divisor" not in options


def _filter(each: Options, place: Any, evidence: str) -> Filter:
    options: Options = each.get("options") or {}
    kind, chain = each["kind"], each.get("chain", 0)
    read = _bpf if kind == "bpf" else _READ.get(kind)
    matches = tuple(read(options)) if read is not None and not chain else (UnknownMatch(),)
    actions: list[Options] = options.get("actions") or []
    action, to_link, to_ingress = _action(actions)
    if "direct-action" in options or (not options and kind not in _READ):
        action = "unknown"  # the result of the BPF program decides: net/sched/cls_bpf.c cls_bpf_classify()
    program = _program(options) if "direct-action" in options else ()
    words = tuple(_words(kind, options, action, to_link, to_ingress=to_ingress))
    known = UnknownMatch() not in matches and (action != "unknown" or bool(program))
    handle = str(options.get("fh" if kind == "u32" else "handle", ""))
    return Filter(
        place, kind, each["pref"], each["protocol"], handle, matches, action, to_link, _class(options),
        words if known else None, evidence, program, any(each.get("kind") == "police" for each in actions),
    )  # fmt: skip


def _program(options: Options) -> Program:
    """Return the program of classic BPF that tc lists; empty if the program is of another kind."""
    insns: list[dict[str, int]] = _inner(options, "bytecode").get("insns") or []
    return tuple((int(each["code"]), int(each["jt"]), int(each["jf"]), int(each["k"])) for each in insns)


def _bpf(options: Options) -> Iterator[FilterMatch]:
    program = _program(options)
    if not program:
        yield UnknownMatch()
    elif "direct-action" not in options:
        yield ProgramMatch(program)


def _class(options: Options) -> str:
    return str(options.get("flowid") or options.get("classid") or "")


def _inner(options: Options, name: str) -> Options:
    """Return the member object with this name; empty if there is none."""
    found: Options = options.get(name) or {}
    return found


def _action(actions: list[Options]) -> tuple[FilterAction, str, bool]:
    """Return the result of the actions.  If the result is a redirect, also return its target link, and whether the
    packet goes to the ingress side of that link.  The first action that does not ``pipe`` decides."""
    for each in actions:
        kind, control = each.get("kind"), _inner(each, "control_action").get("type", "")
        if kind == "mirred":
            if each.get("mirred_action") == "redirect":
                return "redirect", str(each.get("to_dev", "")), each.get("direction") == "ingress"
            if control == "pipe":
                continue
        elif kind == "police":  # police acts only on packets above a rate
            continue
        elif kind == "gact" and _inner(each, "prob").get("random_type", "none") == "none":
            if control == "pipe":
                continue
            return _GACT.get(control, "unknown"), "", False
        return "unknown", "", False
    return "pass", "", False


def _u32(options: Options) -> Iterator[FilterMatch]:
    if "link" in options or "hash" in options:
        yield UnknownMatch()
    for each in options.get("match", []):
        if each.get("offmask") or int(each["off"]) < 0:
            yield UnknownMatch()
            continue
        yield BitsMatch(int(each["off"]), int(each["mask"], 16), int(each["value"], 16))


def _flower(options: Options) -> Iterator[FilterMatch]:
    for key, value in _inner(options, "keys").items():
        match key:
            case "eth_type":
                if value not in ("ipv4", "ipv6"):
                    yield UnknownMatch()
            case "ip_proto":
                number = _NUMBERS.get(str(value), -1)
                yield HeaderMatch("protocol", number, number)
            case "src_ip" | "dst_ip":
                network = ipaddress.ip_network(str(value), strict=False)
                first, last = int(network.network_address), int(network.broadcast_address)
                yield HeaderMatch("saddr" if key == "src_ip" else "daddr", first, last)
            case "src_port" | "dst_port":
                first, last = _range(value)
                yield HeaderMatch("sport" if key == "src_port" else "dport", first, last)
            case "icmp_type" | "icmp_code":
                yield HeaderMatch("icmp-type" if key == "icmp_type" else "icmp-code", int(value), int(value))
            case _:
                yield UnknownMatch()
    if any(key not in _FLOWER_OPTIONS for key in options):
        yield UnknownMatch()


_FLOWER_OPTIONS = ("handle", "keys", "not_in_hw", "in_hw", "skip_hw", "skip_sw", "actions", "in_hw_count", "classid")


def _range(value: Any) -> tuple[int, int]:
    match value:
        case {"start": first, "end": last}:
            return int(first), int(last)
        case _:
            return int(value), int(value)


def _matchall(_: Options) -> Iterator[FilterMatch]:
    return iter(())


_READ = {"u32": _u32, "flower": _flower, "matchall": _matchall}
_WORDS = {"icmp_type": "type", "icmp_code": "code"}


def _words(kind: str, options: Options, action: FilterAction, to_link: str, *, to_ingress: bool) -> Iterator[str]:
    """Yield the words of the filter's matches and action in tc's syntax."""
    for each in options.get("match", []) if kind == "u32" else ():
        yield from ("match", "u32", f"0x{each['value']}", f"0x{each['mask']}", "at", str(each["off"]))
    if kind == "bpf" and (program := _program(options)):
        lines = (" ".join(map(str, each)) for each in program)
        yield from ("bytecode", f"{len(program)},{','.join(lines)}")
        yield from ("direct-action",) if "direct-action" in options else ()
    for key, value in _inner(options, "keys").items():
        if key != "eth_type":
            first, last = _range(value) if isinstance(value, dict) else (value, value)
            yield from (_WORDS.get(key, key), f"{first}-{last}" if first != last else str(first))
    if "flowid" in options:
        yield from ("flowid", str(options["flowid"]))
    if action == "redirect":
        yield from ("action", "mirred", "ingress" if to_ingress else "egress", "redirect", "dev", to_link)
    elif options.get("actions"):
        yield from ("action", action)
