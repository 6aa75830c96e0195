"""The options of the limits whose state the kernel lists: ``connlimit``, ``recent``, ``hashlimit``; and
``time``, whose state is the clock; and the rates of ``limit`` and ``hashlimit``.

Source: iptables extensions/libxt_{connlimit,recent,hashlimit,time,limit}.c
"""

import re
from datetime import UTC, datetime
from typing import Literal

from hairpin.netfilter.address import parse_address
from hairpin.netfilter.iptables.words import Group, Option
from hairpin.netfilter.limit import ConnectionLimit, HashLimit, Limit, Rate, RecentLimit, TimeWindow

_MODES = ("srcip", "srcport", "dstip", "dstport")


def limit_of(group: Group) -> Limit | None:
    """Return the limit that the module's options describe; None if the kernel does not list the limit's state."""
    options = {option.name: option for option in group.options}
    bits = 32 if group.family == "ip" else 128
    match group.name:
        case "connlimit":
            return _connlimit(options, bits)
        case "recent":
            return _recent(options, bits)
        case "hashlimit":
            return _hashlimit(options, bits)
        case "time":
            return _window(options)
        case _:
            return None


def entered_list(group: Group) -> str:
    """Return the list in which ``-m recent --set`` enters the address of each packet."""
    options = {option.name: option for option in group.options}
    return options["--name"].value if "--name" in options else "DEFAULT"


def _connlimit(options: dict[str, Option], bits: int) -> ConnectionLimit | None:
    bound = options.get("--connlimit-above") or options.get("--connlimit-upto")
    if bound is None:
        return None
    over = (bound.name == "--connlimit-above") is not bound.negated
    kept = int(options["--connlimit-mask"].value) if "--connlimit-mask" in options else bits
    return ConnectionLimit(int(bound.value), over, kept, "daddr" if "--connlimit-daddr" in options else "saddr")


def _recent(options: dict[str, Option], bits: int) -> RecentLimit | None:
    asked = options.get("--rcheck") or options.get("--update")
    if asked is None or "--rttl" in options:
        return None
    version, mask = parse_address(options["--mask"].value) if "--mask" in options else (0, (1 << bits) - 1)
    if version not in (0, 4 if bits == 32 else 6):
        return None
    return RecentLimit(
        options["--name"].value if "--name" in options else "DEFAULT",
        int(options["--hitcount"].value) if "--hitcount" in options else 1,
        int(options["--seconds"].value) if "--seconds" in options else None,
        mask.bit_count(),
        over=not asked.negated,
        by="daddr" if "--rdest" in options else "saddr",
    )


def _hashlimit(options: dict[str, Option], bits: int) -> HashLimit | None:
    rate = options.get("--hashlimit-above") or options.get("--hashlimit-upto") or options.get("--hashlimit")
    if rate is None or "b/" in rate.value or "--hashlimit-rate-match" in options or "--hashlimit-name" not in options:
        return None
    mode = tuple(options["--hashlimit-mode"].value.split(",")) if "--hashlimit-mode" in options else ()
    if not set(mode) <= set(_MODES):
        return None
    kept = {side: int(options[name].value) if name in options else bits
            for side, name in (("src", "--hashlimit-srcmask"), ("dst", "--hashlimit-dstmask"))}  # fmt: skip
    over = (rate.name == "--hashlimit-above") is not rate.negated
    return HashLimit(options["--hashlimit-name"].value, over, mode, kept["src"], kept["dst"])


_RATE = re.compile(r"(\d+)([kmg]?b)?/([smhd])[a-z]*")
_UNITS = {"b": "bytes", "kb": "kbytes", "mb": "mbytes", "gb": "gbytes"}


def rate_of(group: Group) -> Rate | None:
    """Return the rate of ``-m limit`` or ``-m hashlimit``; None for any other module."""
    if group.name not in ("limit", "hashlimit"):
        return None
    options = {option.name.removeprefix("--hashlimit-").removeprefix("--"): option.value for option in group.options
               if option.values}  # fmt: skip
    stated = next((options[name] for name in ("limit", "above", "upto", "hashlimit") if name in options), "")
    found = _RATE.fullmatch(stated)
    if found is None:
        return None
    burst = options.get("limit-burst") or options.get("burst") or ("" if found[2] else "5")
    by = tuple(options.get("mode", "").split(",")) if options.get("mode") else ()
    return Rate(
        int(found[1]),
        _UNITS.get(found[2] or "", "packets"),
        _PERIODS[found[3]],
        int(burst) if burst.isdecimal() else None,
        by,
    )


_PERIODS: dict[str, Literal["second", "minute", "hour", "day"]] = {
    "s": "second", "m": "minute", "h": "hour", "d": "day",
}  # fmt: skip
_WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_TIME_OPTIONS = frozenset({
    "--datestart", "--datestop", "--timestart", "--timestop", "--monthdays", "--weekdays", "--contiguous", "--kerneltz",
    "--utc",
})  # fmt: skip


def _window(options: dict[str, Option]) -> TimeWindow | None:
    if not set(options) <= _TIME_OPTIONS:
        return None
    plain = TimeWindow()
    return TimeWindow(
        _date(options["--datestart"].value) if "--datestart" in options else plain.first_s,
        _date(options["--datestop"].value) if "--datestop" in options else plain.last_s,
        _of_day(options["--timestart"].value) if "--timestart" in options else plain.day_start_s,
        _of_day(options["--timestop"].value) if "--timestop" in options else plain.day_stop_s,
        _days(options["--weekdays"], plain.weekdays) if "--weekdays" in options else plain.weekdays,
        _days(options["--monthdays"], plain.month_days) if "--monthdays" in options else plain.month_days,
        "--contiguous" in options,
        "--kerneltz" in options,
    )


def _date(text: str) -> int:
    """Return ``2019-03-01T00:00:00`` in seconds; iptables takes the date for UTC, even with ``--kerneltz``."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _of_day(text: str) -> int:
    hours, minutes, *seconds = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + sum(seconds)


def _days(option: Option, every: frozenset[int]) -> frozenset[int]:
    found = frozenset(map(_day, option.value.split(",")))
    if not found <= every:
        raise ValueError(option.text)
    return every - found if option.negated else found


def _day(word: str) -> int:
    return int(word) if word.isdecimal() else _WEEKDAYS.index(word[:2].lower()) + 1
