"""The answer of a tool: a text and a document, which are both cut to a size, and an id.  The tool ``more`` gives the
rest for this id."""

import json
from collections import OrderedDict
from typing import Any, NamedTuple

from hairpin.cli.tools.arguments import MoreArguments
from hairpin.cli.tools.running import Ran
from hairpin.errors import UsageError
from hairpin.message import Message, message
from hairpin.report.documents.cut import CutPart, Document, cut, is_array, is_object, part_of
from hairpin.report.words import Words

MOST_TEXT = 12_000
"""The greatest number of characters in an answer's text.  An answer's document has at most twice as many characters.
Together they are about ten thousand tokens.  Clients warn about longer answers, or cut them."""
MOST_DOCUMENT = 2 * MOST_TEXT
_MOST_SAID = 2_000
"""The greatest number of characters that an answer has from a command's standard error."""
_KEPT = 8
"""The number of answers that are kept for ``more``."""
_NAMED = 12
"""The greatest number of causes that the last lines of an answer name."""
_STATUSES: dict[int, Message] = {
    0: message("exit status 0: no asked flow is stopped, or nothing was found"),
    1: message("exit status 1: hairpin found a cause, a failing flow or a difference"),
    3: message("exit status 3: hairpin could not decide the question, or could not read something"),
    4: message("exit status 4: the running kernel disagrees with the model; this is a bug in hairpin"),
}


class ToolResult(NamedTuple):
    """The result of a call.  ``texts``: the parts of the answer's text.  ``document``: the structured answer; None if
    the call failed."""

    texts: tuple[str, ...]
    document: Document | None = None


class _Kept(NamedTuple):
    lines: tuple[str, ...]
    document: Document


class Answers:
    """The last answers, uncut, and the language of their texts."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._count = 0

    def tell(self, ran: Ran) -> ToolResult:
        """Return the result of a command.  If a command has no document, the command has failed.  Its result is then
        the text that it wrote on standard error."""
        said = _ending(ran.said.strip(), _MOST_SAID)
        if not ran.document:
            return ToolResult((said or self._words(message("hairpin ended with status {status}", status=ran.status)),))
        document: Document = json.loads(ran.document)
        name = self._keep(_Kept(tuple(ran.text.splitlines()), document))
        shown, text_left = _lines(ran.text.splitlines(), 0)
        shorter, left = cut(document, MOST_DOCUMENT)
        lost = (*(() if text_left is None else (text_left,)), *left)
        call = {"answer": name, "status": ran.status, "left_out": [each._asdict() for each in lost]}
        return ToolResult(
            tuple(each for each in (shown, said, self._ends(name, ran.status, shorter, lost)) if each),
            shorter | {"call": call},
        )

    def more(self, asked: MoreArguments) -> ToolResult:
        """Return parts of an earlier answer.  Raises UsageError if the answer is not kept, or has no such part."""
        kept = self._kept.get(asked.answer)
        if kept is None:
            names = ", ".join(self._kept) or "-"
            raise UsageError(
                message("answer {name} is not kept; kept answers: {names}", name=asked.answer, names=names)
            )
        parts: Document = {}
        texts: list[str] = []
        lost: list[CutPart] = []
        for each in asked.parts:
            if each == "text":
                shown, left = _lines(kept.lines, asked.start)
                texts.append(shown)
                lost += () if left is None else (left,)
                continue
            found = part_of(kept.document, each)
            if found is None:
                fields = ", ".join(("text", *kept.document))
                raise UsageError(
                    message("answer {name} has no part {part}; it has {fields} and the refs in these",
                            name=asked.answer, part=each, fields=fields)
                )  # fmt: skip
            parts[each] = _from(found, asked.start)
        shorter, left_of_parts = cut(parts, MOST_DOCUMENT)
        lost += left_of_parts
        if parts:
            texts.append(json.dumps(shorter, ensure_ascii=False, indent=1))
        if lost:
            texts.append(self._words(_sentence_about(lost, asked.answer)))
        call = {"answer": asked.answer, "start": asked.start, "left_out": [each._asdict() for each in lost]}
        return ToolResult(tuple(texts), {"parts": shorter, "call": call})

    def _keep(self, kept: _Kept) -> str:
        self._count += 1
        name = f"a{self._count}"
        self._kept[name] = kept
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return name

    def _ends(self, name: str, status: int, document: Document, lost: tuple[CutPart, ...]) -> str:
        """Return the last lines: the answer's id and status, the causes with their evidence, and what was left out."""
        meaning = _STATUSES.get(status, message("exit status {status}", status=status))
        lines = [self._words(message("answer {name}; {meaning}", name=name, meaning=meaning))]
        causes = document.get("causes")
        for each in causes[:_NAMED] if is_array(causes) else ():
            evidence = ", ".join(f"{ref} ({_origin(document, ref)})" for ref in each.get("evidence", ())[:4])
            event = f" ({each['event']})" if each.get("event") else ""
            told = "; ".join(filter(None, (" ".join(each["flows"][:8]), evidence)))
            lines.append(f"{each['ref']} {each['id']}{event}: {told}")
        if lost:
            lines.append(self._words(_sentence_about(lost, name)))
        return "\n".join(lines)


def _sentence_about(lost: "list[CutPart] | tuple[CutPart, ...]", name: str) -> Message:
    """Return the sentence about what was left out."""
    parts = ", ".join(f"{each.part} {each.kept}/{each.whole}" for each in lost if each.part != "texts")
    cut_texts = next((each for each in lost if each.part == "texts"), None)
    if cut_texts is not None:
        cut_said = f"{cut_texts.whole} × >{cut_texts.kept}"
        parts = f"{parts}, texts {cut_said}" if parts else f"texts {cut_said}"
    return message(
        "Parts left out because of their size (kept/whole): {parts}. Ask a narrower question with one target and "
        "`from`, or call the tool `more` with the arguments answer ({name}), parts (such as text, flows, c1 or e17) "
        "and start.",
        parts=parts, name=name,
    )  # fmt: skip


def _lines(lines: "list[str] | tuple[str, ...]", start: int) -> tuple[str, CutPart | None]:
    """Return as many whole lines as fit, from line ``start`` on, and what is left out after these lines."""
    shown: list[str] = []
    room = MOST_TEXT
    for each in lines[start:]:
        line = _ending(each, MOST_TEXT)
        room -= len(line) + 1
        if room < 0 and shown:
            break
        shown.append(line)
    told = start + len(shown)
    return "\n".join(shown), CutPart("text", told, len(lines)) if told < len(lines) else None


def _ending(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _from(value: Any, start: int) -> Any:
    """Return a field's items from item ``start`` on."""
    if is_array(value):
        return value[start:]
    if is_object(value) and start:
        return dict(list(value.items())[start:])
    return value


def _origin(document: Document, ref: str) -> str:
    evidence = document.get("evidence", {}).get(ref)
    return _ending(str(evidence["origin"]), 80) if evidence else "-"
