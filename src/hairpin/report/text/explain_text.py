"""The meaning of texts for people: the quoted text, its meaning, whether it is true here and why, and the repair."""

from datetime import UTC, datetime

from hairpin.answer.decisive import undecided_readings
from hairpin.answer.texts.explain import Explanation, TextAnswer
from hairpin.answer.texts.here import Here, TextHere
from hairpin.answer.texts.sender import TextSender
from hairpin.explain.named import question_about
from hairpin.explain.nearest import shown_pattern
from hairpin.explain.understand import TextFound
from hairpin.message import Message, message
from hairpin.report.pages import page_ids
from hairpin.report.paper import Paper, Style, shortened
from hairpin.report.places import places_of
from hairpin.report.text.remedy_text import write_remedy
from hairpin.report.unread import NOTE, as_far_as_read, refused_without_root, write_unread
from hairpin.report.verdicts import FEW, flow_text
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS

_LINES = 3
"""The greatest number of lines of a quoted text that are shown."""
_PASTE = message(
    "Paste the whole line in which the engine (`docker start`, `docker compose up`, `journalctl -u docker`) or the "
    "client (`curl -v`) names the error. `hairpin check --text FILE` reads the outputs of commands."
)
_HERE: dict[Here, tuple[Message, Style]] = {
    "true": (message("true here:"), "bad"),
    "false": (message("not true here now:"), "good"),
    "unknown": (message("true here? unknown:"), "unsure"),
}


def explain_text(explained: Explanation, words: Words, paper: Paper, *, verbose: bool = False) -> str:
    """Return the explanation."""
    writer = _Writer(explained, words, paper, verbose=verbose)
    for number, each in enumerate(explained.found):
        if number:
            paper.gap()
        writer.found(each)
    writer.harmless()
    writer.unknown()
    writer.source()
    return paper.text()


class _Writer:
    """Writes the texts, and each cause's repair only once."""

    def __init__(self, explained: Explanation, words: Words, paper: Paper, *, verbose: bool) -> None:
        self._explained = explained
        self._words = words
        self._paper = paper
        self._verbose = verbose
        self._repaired: set[str] = set()
        self._noted: set[Message] = set()

    def _prose(self, said: Message, *, indent: int = 2, style: Style = "plain") -> None:
        self._paper.prose(self._words(said), indent=indent, style=style)

    def found(self, each: TextAnswer) -> None:
        """Write one text that hairpin knows, with its meaning."""
        words, paper = self._words, self._paper
        self._quote(each.text)
        paper.prose(words(each.text.entry.meaning), indent=2)
        printed = _printed_by(each.here.sender)
        if printed is not None:
            self._prose(printed, style="faint")
        heading, style = _HERE[each.here.here]
        paper.prose(self._why(each.here), indent=2, first=f"{words(heading)} ", first_style=style)
        if each.here.cause is not None:
            self._proven(each.here)
            return
        if each.here.here == "unknown":
            for target in each.text.targets[:FEW]:
                paper.line("    ", (question_about(target, each.here.sender.start), "command"))
        pages = [id_ for id_ in each.here.cause_ids if id_ in page_ids()]
        if pages and each.here.here == "unknown":
            shown = pages if self._verbose else pages[:FEW]
            said = message("it may be: {causes} (hairpin explain ID)", causes=", ".join(shown))
            paper.prose(words(said), indent=2, style="faint")

    def _quote(self, text: TextFound) -> None:
        """Write the quoted text, how often it occurs, and when."""
        self._paper.prose(
            _with_both_ends(text.quote, _LINES * (self._paper.width - 4)),
            first="│ ",
            first_style="faint",
            style="strong",
        )
        self._counted(text)

    def _counted(self, text: TextFound) -> None:
        first, last = text.first_at, text.last_at
        if text.count > 1 and first is not None and last is not None:
            said = message(
                "{count} times, from {first} to {last}", count=text.count, first=_time(first), last=_time(last)
            )
        elif text.count > 1:
            said = message("{count} times", count=text.count)
        elif first is not None:
            said = message("at {first}", first=_time(first))
        else:
            return
        self._prose(said, style="faint")

    def _why(self, here: TextHere) -> str:
        if here.cause is None:
            return self._words(here.why)
        host = here.answer is not None and here.answer.has_several_hosts
        name = f"{here.cause.id}@{here.cause.host}" if host else here.cause.id
        return f"{name}: {self._words(here.cause.candidate.title)}"

    def _proven(self, here: TextHere) -> None:
        """Write the proof of a text, and the repair of its cause."""
        words, paper, cause = self._words, self._paper, here.cause
        assert cause is not None
        assert here.answer is not None
        proof = f"{words(message('proof:'))} "
        if here.flow is not None and cause.proof is not None:
            before, after = (words(VERDICTS[each]) for each in (cause.proof.without_change, cause.proof.with_change))
            flow = flow_text(here.flow.trace.flow, places_of(here.answer, words))
            said = message("{flow}: {before} now, {after} without this cause", flow=flow, before=before, after=after)
            paper.prose(words(said), indent=2, first=proof, first_style="strong")
        else:
            paper.prose(words(cause.candidate.detail), indent=2, first=proof, first_style="strong")
        if cause.id not in self._repaired:
            host = cause.host if here.answer.has_several_hosts else None
            for number, remedy in enumerate(cause.remedies if self._verbose else cause.remedies[:1]):
                write_remedy(remedy, words, paper, self._noted, host, instead=number > 0, guarded=self._verbose)
        else:
            self._prose(message("the repair above also removes this cause"))
        self._repaired.add(cause.id)
        if cause.id in page_ids():
            self._prose(message("more: hairpin explain {id}", id=cause.id), style="faint")

    def harmless(self) -> None:
        """Write the harmless texts: in full if no other text has a meaning, otherwise in one line each."""
        alone = not self._explained.found
        shown = self._explained.harmless if alone or self._verbose else self._explained.harmless[:FEW]
        if not self._explained.harmless:
            return
        self._paper.gap()
        if not alone:
            heading = message(
                "Healthy hosts also log these lines, and nothing on this host makes them a sign of a fault:"
            )
            self._prose(as_far_as_read(heading, self._explained.lacks_reading), indent=0)
        for each in shown:
            if alone:
                self._quote(each)
                self._prose(each.entry.meaning)
                harmless = message("By itself, this is not a fault.")
                self._prose(as_far_as_read(harmless, self._explained.lacks_reading), style="good")
            else:
                said = f"{shortened(each.quote, 2 * self._paper.width)} ({each.count})"
                self._paper.prose(said, indent=2, first="· ", style="faint")
        if len(shown) < len(self._explained.harmless):
            self._prose(message("and {count} more (-v lists them)", count=len(self._explained.harmless) - len(shown)))

    def unknown(self) -> None:
        """Write the lines that hairpin does not know, and the ports and addresses that they name."""
        explained, paper = self._explained, self._paper
        if not explained.unknown:
            return
        paper.gap()
        others = sum(each.count for each in explained.unknown) + explained.rest
        if explained.found or explained.harmless:
            said = (
                message("hairpin does not know the meaning of 1 other line.")
                if others == 1
                else message("hairpin does not know the meaning of {count} other lines.", count=others)
            )
        elif others == 1:
            said = message("hairpin does not know the meaning of this text.")
        else:
            said = message("hairpin does not know the meaning of these {count} lines.", count=others)
        self._prose(said, indent=0)
        if self._verbose or not (explained.found or explained.harmless):
            for each in explained.unknown if self._verbose else explained.unknown[:FEW]:
                text = shortened(each.quote, 2 * paper.width)
                paper.prose(f"{text} ({each.count})" if each.count > 1 else text, indent=2, first="· ", style="faint")
        if not (explained.found or explained.harmless):
            self._what_to_paste()
        if explained.targets and not explained.found:
            self._prose(message("hairpin can check what the text names:"), indent=0)
            for target in explained.targets[:FEW]:
                paper.line("    ", (question_about(target), "command"))

    def _what_to_paste(self) -> None:
        """Write which text to paste instead, and the nearest known texts."""
        self._prose(_PASTE, indent=0)
        if not self._explained.nearest:
            return
        self._prose(message("hairpin does not know this text. These known texts share words with it:"), indent=0)
        for each in self._explained.nearest:
            program = f"{each.program}: " if each.program else ""
            self._paper.prose(f"{program}{shown_pattern(each)}", indent=2, first="? ", style="faint")
            self._prose(each.meaning, indent=4)

    def source(self) -> None:
        """Write which readings are missing, and when the hosts were read."""
        answer = self._explained.answer
        if answer is None:
            return
        self._paper.gap()
        if self._explained.lacks_reading:
            write_unread(undecided_readings(answer), self._words, self._paper)
        elif any(refused_without_root(each) for each in answer.missing):
            said = message("Not all of the host could be read: run hairpin as root.")
            self._paper.prose(self._words(said), first=f"{self._words(NOTE)} ", style="unsure")
        read = (host for host in answer.network.hosts if host.was_read)
        hosts = ", ".join(f"{host.name or '-'} ({host.taken_at or '-'})" for host in read)
        self._prose(message("Read on {hosts}; simulated.", hosts=hosts), indent=0, style="faint")


def _printed_by(sender: TextSender) -> Message | None:
    """Return the sentence that says which sender printed the text.

    Return None if neither the user nor the line names the sender."""
    if sender.told_by not in ("option", "line"):
        return None
    name = sender.name or sender.host
    match sender.kind:
        case "container":
            return message("printed by container {name}", name=name)
        case "host" if sender.told_by == "line":
            return message("printed by {name} on {host}", name=sender.name or "-", host=sender.host)
        case "host":
            return message("printed on the host")
        case "elsewhere":
            return message("printed on {name}", name=sender.host or sender.name)
        case "address" | "lan" if sender.told_by == "option":
            return message("printed by a client")
        case _:
            return None


def _with_both_ends(text: str, room: int) -> str:
    """Return the text, without its middle if it is too long: the end of an error message has the reason."""
    if len(text) <= room:
        return text
    return f"{text[: room // 3].rstrip()} … {text[len(text) - room * 2 // 3 + 3 :].lstrip()}"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
