"""Finds the outputs of a text that are of another moment, or of another host, than the fault.

*After the repair*: a client fails, a command changes the host, and the same client gets an answer.  Outputs below that
command are about the repaired host, so they show nothing of the fault.

*Working and broken*: headings say of two outputs of one command that one is of a working moment or host ("normally",
"before the reboot", "on the working host"), and one of a broken one.  The broken one is the evidence.  What differs
between the two is a candidate (:class:`Difference`).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hairpin.evidence.told import Outcome
from hairpin.pasted.commands import changes
from hairpin.pasted.form import Fragment, Paste
from hairpin.pasted.joining import OF_PLACE, Output
from hairpin.sought import Sought

_REPAIRED = 2
"""The number of the moment after the repair."""
_OUTCOME = "outcome"


def before_repair(paste: Paste, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """Return the outputs.  The outputs from after the repair keep only the parts that a repair leaves as they are."""
    repaired = _line_of_repair(paste, outputs)
    if repaired is None:
        return outputs
    return tuple(each if each.recognised.line < repaired else _of_later_moment(each) for each in outputs)


def _of_later_moment(output: Output) -> Output:
    taken = msgspec.structs.replace(output.recognised, moment=_REPAIRED)
    kept = tuple(each for each in output.parts if each.key != _OUTCOME and not each.key.startswith(OF_PLACE))
    return msgspec.structs.replace(output, recognised=taken, parts=kept)


def _line_of_repair(paste: Paste, outputs: tuple[Output, ...]) -> int | None:
    """Return the line of the first command that changes the host between a client's failure and its answer."""
    seen = [one for each in outputs for part in each.parts if part.key == _OUTCOME for one in _outcomes(part)]
    for failed in (each for each in seen if each.failed):
        later = (each.line for each in seen if not each.failed and each.line > failed.line and _is_same(each, failed))
        answered = next(later, None)
        changed = (paste.numbers[index] for index, each in sorted(paste.commands.items()) if changes(each))
        found = next((line for line in changed if answered is not None and failed.line < line < answered), None)
        if found is not None:
            return found
    return None


class Difference(NamedTuple):
    """A difference between the outputs of a working and of a broken moment.  ``command``: prints the output.
    ``line``: the number of the first line of the broken output.  ``working`` and ``broken``: the lines that only this
    one has."""

    command: str
    line: int
    working: tuple[str, ...]
    broken: tuple[str, ...]


def of_broken_moment(paste: Paste, outputs: tuple[Output, ...]) -> tuple[tuple[Output, ...], tuple[Difference, ...]]:
    """Return the outputs and the differences between both moments.  Outputs of the working moment keep only the parts
    that no trouble changes.  If headings do not tell two moments of one output apart, all outputs count."""
    labels = tuple(_labels(paste, outputs))
    seen: dict[str, dict[tuple[str, str], tuple[Output, Fragment]]] = {"works": {}, "broken": {}}
    for output, label in zip(outputs, labels, strict=True):
        for part in output.parts if label else ():
            if part.key.startswith(OF_PLACE):
                seen[label].setdefault((part.key, part.netns), (output, part))
    both = seen["works"].keys() & seen["broken"].keys()
    if not both:
        return outputs, ()
    kept = tuple(
        _of_later_moment(each) if label == "works" else each for each, label in zip(outputs, labels, strict=True)
    )
    found = (_difference(seen["works"][each][1], *seen["broken"][each]) for each in sorted(both))
    return kept, tuple(each for each in found if each.working or each.broken)


def _labels(paste: Paste, outputs: tuple[Output, ...]) -> Iterator[str]:
    """Yield for each output ``works``, ``broken``, or an empty text if no heading above says which."""
    places = {number: index for index, number in reversed(tuple(enumerate(paste.numbers)))}
    label, behind = "", 0
    for each in outputs:
        start = places.get(each.recognised.line, behind)
        for index in range(behind, start):
            label = (_label_of(paste.lines[index]) if index not in paste.commands else "") or label
        behind = max(behind, places.get(each.recognised.until, start) + 1)
        yield label


def _label_of(line: str) -> str:
    if len(line) > _LONGEST_HEADING or not line.strip():
        return ""
    template = _OF_TEMPLATE.match(line)
    if template is not None:
        return "works" if template["expected"] or template["wanted"] else "broken"
    broken, rest = _BROKEN.search(line) is not None, _BROKEN.sub("", line)
    works = _WORKS.search(rest) is not None
    if broken != works:
        return "works" if works else "broken"
    before, after = _BEFORE.search(line) is not None, _AFTER.search(line) is not None
    if broken or before == after:
        return ""
    is_of_repair = _REPAIR.search(line) is not None
    return "works" if before != is_of_repair else "broken"


_LONGEST_HEADING = 160
_OF_TEMPLATE = Sought(
    r"\W*(?:(?P<expected>expected)|actual|current|observed)(?: (?:behaviou?rs?|results?|outputs?|outcomes?))?\W*$"
    r"|\W*(?:(?P<wanted>预期|期望)|实际)(?:行为|结果|输出|效果)\W*$",
    re.IGNORECASE,
)
"""Matches the headings of a tracker's form for an issue."""
_BROKEN = Sought(
    r"\b(?:broken|faulty|bad|failing|fails?|failed|failure|wrong|not work\w*|(?:does|do|did)(?:n't| not) work"
    r"|unreachable|stops? working|no longer works?)\b|故障|异常|不正常|失败|无法|不通|出错|坏的",
    re.IGNORECASE | re.ASCII,
)
_WORKS = Sought(
    r"\b(?:work(?:s|ed|ing)?|normal(?:ly)?|good|healthy|fine|correct|ok)\b|正常|好的|可用", re.IGNORECASE | re.ASCII
)
_EVENT = (
    r"(?:the |a |an |my |each |every )?(?:re-?boot\w*|restart\w*|upgrad\w*|updat\w*|reload\w*|fix\w*|repair\w*|change"
    r"|migration)"
)
_BEFORE = Sought(rf"\bbefore {_EVENT}|(?:重启|升级|更新|重载|修复)(?:之|以)?前", re.IGNORECASE)
_AFTER = Sought(rf"\b(?:after|since) {_EVENT}|(?:重启|升级|更新|重载|修复)(?:之|以)?后", re.IGNORECASE)
_REPAIR = Sought(r"\bfix|\brepair|修复", re.IGNORECASE)


def _difference(working: Fragment, output: Output, broken: Fragment) -> Difference:
    one, other = _telling_lines(working.text), _telling_lines(broken.text)
    return Difference(
        output.recognised.as_,
        output.recognised.line,
        tuple(each for each in one if each not in other)[:_MOST_LINES],
        tuple(each for each in other if each not in one)[:_MOST_LINES],
    )


_MOST_LINES = 8
_COUNTED = Sought(r"\[\d+:\d+\]|\b(?:valid_lft|preferred_lft|expires) \w+")
"""Matches what changes by itself."""
_AT_RANDOM = Sought(r"\bveth[0-9a-f]{6,8}\b")
"""Matches the name that an engine gives to a container's link at random."""


def _telling_lines(text: str) -> tuple[str, ...]:
    lines = (_as_printed(_AT_RANDOM.sub("veth", _COUNTED.sub("", each)).strip()) for each in text.splitlines())
    return tuple(dict.fromkeys(each for each in lines if each and each[0] not in "#*" and each != "COMMIT"))


def _as_printed(line: str) -> str:
    """Return the line as the command prints it, not as the reading has it."""
    switch = _SWITCH.fullmatch(line)
    return f"{switch['path'].replace('/', '.')} = {switch['value']}" if switch is not None else line


_SWITCH = Sought(r"/proc/sys/(?P<path>[^:]+):(?P<value>.*)")


def _is_same(one: Outcome, other: Outcome) -> bool:
    return (one.host, one.port, one.protocol, one.origin) == (other.host, other.port, other.protocol, other.origin)


def _outcomes(part: Fragment) -> Iterator[Outcome]:
    return (msgspec.json.decode(line, type=Outcome) for line in part.text.splitlines())
