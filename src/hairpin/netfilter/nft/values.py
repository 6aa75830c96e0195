"""Reads constants of nft's JSON as numbers, and writes constants of the IR in nft's words, by data type
(data_types.py).

A constant is a number, a symbol (``"established"``, ``"echo-request"``), an address, a prefix, a range, or a list of
flags.  The number of a symbol that depends on files of the examined host (services, users, rt_marks) is unknown: None.
"""

from datetime import UTC, datetime, time

from hairpin.errors import ChangeError
from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.limit import TimeWindow
from hairpin.netfilter.nft.data_types import ICMP_TYPES, NAMES, symbol, type_of
from hairpin.netfilter.nft.syntax import Json, element_value


def number(value: Json, kind: str) -> int | None:
    """Return a single constant as a number, with a list of flags combined; None for an unknown symbol."""
    if isinstance(value, int):
        if kind == "ip_version":
            return ir.NFPROTO.get(value)
        return int(value) if value >= 0 else None
    if isinstance(value, str):
        return symbol(value, kind)
    if isinstance(value, dict) and "|" in value:
        value = value["|"]
    if isinstance(value, list) and value:
        flags = [number(flag, kind) for flag in value]
        return _combined([flag for flag in flags if flag is not None]) if None not in flags else None
    return None


def _combined(flags: list[int]) -> int:
    result = 0
    for flag in flags:
        result |= flag
    return result


def interval(value: Json, kind: str) -> tuple[int, int] | None:
    """Return a constant, a prefix or a range as an inclusive range of numbers; None for an unknown form."""
    if isinstance(value, dict) and len(value) == 1:
        if "range" in value:
            ends = value["range"]
            if not isinstance(ends, list) or len(ends) != 2:
                return None
            first, last = number(ends[0], kind), number(ends[1], kind)
            return None if first is None or last is None or first > last else (first, last)
        if "prefix" in value:
            return _prefix(value["prefix"], kind)
        if "elem" in value:
            return interval(element_value(value), kind) if element_value(value) is not value else None
    single = number(value, kind)
    return None if single is None else (single, single)


def _prefix(value: Json, kind: str) -> tuple[int, int] | None:
    if not isinstance(value, dict):
        return None
    first, length = number(value.get("addr"), kind), value.get("len")
    width = type_of(kind).bits
    if first is None or not isinstance(length, int) or not 0 <= length <= width:
        return None
    host = (1 << (width - length)) - 1
    if first & host and kind not in ("ipv4_addr", "ipv6_addr"):
        return None  # how nft lists ``meta mark & 0xfffffffc == 1``; no mark satisfies it
    return first & ~host, first | host


def intervals(values: list[Json], kind: str) -> ir.Ranges | None:
    """Return the sorted ranges of all constants, with adjacent ranges joined; None if a constant is unknown."""
    found: list[tuple[int, int]] = []
    for value in values:
        single = interval(value, kind)
        if single is None:
            return None
        found.append(single)
    found.sort()
    joined: list[tuple[int, int]] = []
    for first, last in found:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def interface(value: Json, kind: str) -> str | None:
    """Return the IR's pattern of an interface's name, in which ``eth*`` is a prefix.

    If no interface has an index, nft prints the index as a number.  Index 0 becomes the empty name, because a hook
    without such an interface has index 0.  Any other index becomes a name that no interface can have.
    """
    value = element_value(value)
    if isinstance(value, int) and kind == "iface_index":
        value = str(value)
    if not isinstance(value, str):
        return None
    if kind == "iface_index" and value.isdigit():
        return "" if int(value) == 0 else f"index:{value}"
    return value


def key(value: Json, kind: str) -> ir.Key | None:
    """Return one dimension of a set's element; None if its value is unknown."""
    if kind in NAMES:
        name = interface(value, kind)
        return None if name is None else ir.NameKey(name)
    found = interval(value, kind)
    if found is None:
        return None
    if kind in ICMP_TYPES:
        return ir.NumberKey(found[0] << 8, found[1] << 8 | 0xFF)
    return ir.NumberKey(*found)


# --- in words ---------------------------------------------------------------------------------------------------------


def refuse(what: ir.Node | Message | str, why: Message | None = None) -> ChangeError:
    """Return the error for a part that nft cannot express.  A part of a rule is named by its own words, if it has any,
    or else by its kind."""
    words = what.text if isinstance(what, ir.OpaqueMatch | ir.StatefulMatch | ir.Outside | ir.NoEffect) else ""
    kind = what.__struct_config__.tag if isinstance(what, ir.Node) else what
    return ChangeError(
        message(
            "cannot write {what} for nftables: {why}; leave it to the tool that made it",
            what=words or kind,
            why=why or message("nft has no syntax for this"),
        )
    )


def range_text(first: int, last: int, kind: str) -> str:
    """Return the text of a range: ``80`` for a single value, else ``80-90``."""
    ends = dict.fromkeys((type_of(kind).write(first), type_of(kind).write(last)))
    return "-".join(ends)


def ranges_text(ranges: ir.Ranges, kind: str) -> str:
    """Return the text of ranges: ``80``, ``80-90`` or ``{ 80, 90-99 }``."""
    texts = [range_text(first, last, kind) for first, last in ranges]
    return texts[0] if len(texts) == 1 else f"{{ {', '.join(texts)} }}"


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LAST_S = {"time": 0xFFFFFFFF, "hour": 86399}


def time_window(key: str, operator: str, right: Json) -> TimeWindow | None:
    """Return the window of ``meta time``, ``meta hour`` or ``meta day``; None if one window cannot express it.

    nft prints a time and an hour in the time zone of the host, and the kernel takes a day in its own zone.  No reading
    shows these zones.  Source: nftables src/meta.c {date,hour}_type_print(); net/netfilter/nft_meta.c
    nft_meta_weekday()"""
    if key == "day":
        return _window_of_days(operator, right)
    ends = _seconds_of(key, right)
    last = _LAST_S[key]
    if ends is None:
        return None
    first, stop = ends
    match operator:
        case "==" | "":
            pass
        case "<":
            first, stop = 0, first - 1
        case "<=":
            first, stop = 0, first
        case ">":
            first, stop = first + 1, last
        case ">=":
            stop = last
        case "!=" if key == "hour":
            first, stop = (stop + 1) % (last + 1), (first - 1) % (last + 1)
        case _:
            return None
    if first == stop or min(first, stop) < 0 or max(first, stop) > last:
        return None
    if key == "hour":
        return TimeWindow(day_start_s=first, day_stop_s=stop, in_kernels_zone=True)
    return TimeWindow(first, stop, in_kernels_zone=True)


def _seconds_of(key: str, right: Json) -> tuple[int, int] | None:
    """Return the first and the last second of the value: since 1970 for ``time``, of the day for ``hour``."""
    ends = right["range"] if isinstance(right, dict) and set(right) == {"range"} else [right, right]
    if not isinstance(ends, list) or len(ends) != 2:
        return None
    found = [_moment(key, each) for each in ends if isinstance(each, str)]
    known = [each for each in found if each is not None]
    return (known[0], known[1]) if len(known) == 2 else None


def _moment(key: str, text: str) -> int | None:
    try:
        if key == "time":
            return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
        moment = time.fromisoformat(text)
    except ValueError:
        return None
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _window_of_days(operator: str, right: Json) -> TimeWindow | None:
    inner = right["set"] if isinstance(right, dict) and set(right) == {"set"} else [right]
    names = [str(each).lower() for each in inner] if isinstance(inner, list) else []
    if operator not in ("==", "", "!=") or not names or not all(each in _DAYS for each in names):
        return None
    days = frozenset(_DAYS.index(each) + 1 for each in names)
    return TimeWindow(weekdays=TimeWindow().weekdays - days if operator == "!=" else days, in_kernels_zone=True)


def name_text(name: str) -> str:
    """Return an interface name in quotes."""
    return f'"{name}"'


def key_text(key: tuple[ir.Key, ...], kinds: tuple[str, ...]) -> str:
    """Return the text of the key of a set's or map's element; ``*`` for a map's default element."""
    if not key:
        return "*"
    if len(key) != len(kinds):
        raise refuse(
            message("an element"),
            message("the key has another number of dimensions than {type}", type=" . ".join(kinds)),
        )
    return " . ".join(_part(part, kind) for part, kind in zip(key, kinds, strict=True))


def _part(part: ir.Key, kind: str) -> str:
    match part:
        case ir.NumberKey(first=first, last=last):
            return range_text(first, last, kind)
        case ir.NameKey(name=name):
            return name_text(name)
