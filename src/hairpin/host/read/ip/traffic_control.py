"""Traffic control of links: queueing disciplines, and filters, which may drop or redirect packets before netfilter.

Only the queueing disciplines that may drop every packet, or every packet above some length, are kept.  ``u32``,
``flower`` and ``matchall`` filters are read with their matches and action.  For other filters (mostly eBPF), hairpin
records only that they exist.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, cast

import msgspec

from hairpin.evidence.reading import Reading
from hairpin.host.link import Link
from hairpin.host.read.readings import later
from hairpin.host.traffic_control import Filter, Qdisc

Place = Literal["ingress", "egress", "root"]


class Filtered(NamedTuple):
    """The filters at one place of a link.  ``filters``: None if they could not be read."""

    link: str
    place: Place
    filters: tuple[Filter, ...] | None = None


def filtered(reading: Reading) -> Filtered | None:
    """Return the filters that ``tc filter show dev LINK [ingress|egress|root]`` found, or None if tc found no filter.

    The filters of a queueing discipline (``root``, or no word at the end of the command) see outgoing packets.
    """
    if reading.text.strip() in ("", "[]", "[ ]"):
        return None
    words = reading.origin.split()
    if "dev" not in words[:-1]:
        return None
    last = words[-1]
    place: Place = "ingress" if last == "ingress" else "egress" if last == "egress" else "root"
    parsed = later("ip.tc_filters.parsed")
    return Filtered(words[words.index("dev") + 1], place, parsed(reading.text, place, reading.id))


def qdiscs(reading: Reading) -> tuple[tuple[str, Qdisc], ...]:
    """Return the queueing disciplines in ``tc [-j] qdisc show`` that may drop every packet, or every packet above some
    length, each with its link."""
    return tuple(
        _of_json(reading.text, reading.id)
        if reading.text.lstrip().startswith("[")
        else _of_words(reading.text, reading.id)
    )


def _of_json(text: str, evidence: str) -> Iterator[tuple[str, Qdisc]]:
    try:
        found = json.loads(_OPTIONS_AS_TEXT.sub(_as_json, text))
    except ValueError:
        return
    for each in found:
        read: Any = each.get("options") or {}
        if each.get("kind") not in _KEPT or not isinstance(read, dict):
            continue
        options = cast(dict[str, Any], read)
        random: dict[str, Any] = options.get("loss-random") or {}
        loss = random.get("loss", 0.0)
        limit, burst = options.get("limit"), options.get("burst")
        if each["kind"] == "tbf":  # the smaller of burst and minburst limits the frame (sch_tbf.c tbf_change())
            burst = min((one for one in (burst, options.get("minburst")) if one), default=None)
        yield each.get("dev", ""), Qdisc(
            each["kind"], each.get("handle", ""), "" if each.get("root") else each.get("parent", ""), limit, burst,
            float(loss), _minor(options.get("default")), tuple(options.get("priomap") or ()),
            tuple(_json_words(each["kind"], options)), evidence,
        )  # fmt: skip


_OPTIONS_AS_TEXT = re.compile(r'"options":\{([^"{}]+)\}')
"""iproute2 6.1 prints some options (of hfsc) as text that is not JSON: tc/q_hfsc.c hfsc_print_opt()"""


def _as_json(options: re.Match[str]) -> str:
    default = re.search(r"\bdefault (?:0x)?([0-9a-f]+)", options[1])
    return f'"options":{{"default":"{default[1]}"}}' if default is not None else '"options":{}'


def _json_words(kind: str, options: dict[str, Any]) -> Iterator[str]:
    """Yield the words of the queueing discipline's options in tc's syntax."""
    if kind == "tbf":
        yield from ("rate", f"{options.get('rate', 0) * 8}bit", "burst", str(options.get("burst", 0)))
        yield from ("limit", str(options["limit"])) if "limit" in options else ("latency", f"{options.get('lat', 0)}us")
        return
    if "limit" in options:
        yield from ("limit", str(options["limit"]))
    if "delay" in options:
        yield from ("delay", f"{options['delay'].get('delay', 0) * 1000:g}ms")
    if "loss-random" in options:
        yield from ("loss", f"{options['loss-random'].get('loss', 0) * 100:g}%")


_OF_CLASSES = frozenset({"htb", "prio", "ets", "mq", "mqprio", "multiq", "cbq", "dsmark"})
"""Disciplines that drop nothing themselves, and have classes with disciplines of their own."""
_DROPPING = frozenset({"hfsc", "blackhole", "pfifo", "bfifo", "pfifo_head_drop", "tbf", "netem", "drr", "qfq"})
_KEPT = _OF_CLASSES | _DROPPING


def _minor(default: object) -> int | None:
    """Return the default class's minor number, which tc prints in hexadecimal."""
    return int(default, 16) if isinstance(default, str) else default if isinstance(default, int) else None


def _text_classes(kind: str, options: str) -> tuple[int | None, tuple[int, ...]]:
    default, priomap = re.search(r"\bdefault (\S+)", options), re.search(r"\bpriomap ((?: ?\d+)+)", options)
    minor = _minor(default[1]) if default is not None and kind in ("htb", "hfsc") else None
    return minor, tuple(map(int, priomap[1].split())) if priomap is not None else ()


_LINE = re.compile(r"^qdisc (\S+) (\S+) dev (\S+) (?:root|parent (\S+))(?: refcnt \d+)? ?(.*)$", re.MULTILINE)
_PACKETS, _LATENCY = re.compile(r"\b(limit \d+)[pb]\b"), re.compile(r"\blat\b")
_UNITS = {"": 1, "p": 1, "b": 1, "Kb": 1024, "Mb": 1024 * 1024}


def _of_words(text: str, evidence: str) -> Iterator[tuple[str, Qdisc]]:
    for kind, handle, dev, parent, options in _LINE.findall(text):
        if kind not in _KEPT:
            continue
        loss = re.search(r"\bloss ([\d.]+)%", options)
        limit, burst = _number(options, "limit"), _number(options, "burst")
        minburst = _number(options, "minburst")
        yield dev, Qdisc(
            kind, handle, parent, limit, min((each for each in (burst, minburst) if each), default=None),
            float(loss[1]) / 100 if loss is not None else 0.0, *_text_classes(kind, options),
            words=tuple(_LATENCY.sub("latency", _PACKETS.sub(r"\1", options)).split()), evidence=evidence,
        )  # fmt: skip


def _number(options: str, name: str) -> int | None:
    found = re.search(rf"(?<!\S){name} (\d+)(p|b|Kb|Mb)?(?=\s|/|$)", options)
    return int(found[1]) * _UNITS[found[2] or ""] if found is not None else None


def with_filters(links: tuple[Link, ...], found: tuple[Filtered, ...]) -> tuple[Link, ...]:
    """Return the links with their filters; ``tc_ingress`` or ``tc_egress`` marks a link with filters that could not be
    read."""
    if not found:
        return links
    return tuple(_with(link, [each for each in found if each.link == link.name]) for link in links)


def _with(link: Link, found: list[Filtered]) -> Link:
    if not found:
        return link
    unread = [each.place for each in found if each.filters is None]
    return msgspec.structs.replace(
        link,
        filters=tuple(filter_ for each in found for filter_ in each.filters or ()),
        tc_ingress="ingress" in unread,
        tc_egress="egress" in unread or "root" in unread,
    )


def with_qdiscs(links: tuple[Link, ...], found: Iterable[tuple[str, Qdisc]]) -> tuple[Link, ...]:
    """Return the links with their queueing disciplines."""
    by_link: dict[str, tuple[Qdisc, ...]] = {}
    for name, each in found:
        by_link[name] = (*by_link.get(name, ()), each)
    # Classes matter only if the discipline of one of them may drop packets.
    by_link = {name: each for name, each in by_link.items() if any(one.kind in _DROPPING for one in each)}
    if not by_link:
        return links
    return tuple(
        msgspec.structs.replace(link, qdiscs=by_link[link.name]) if link.name in by_link else link for link in links
    )
