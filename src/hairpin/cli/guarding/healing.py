"""Heals what broke: makes the plan that ``hairpin fix`` or ``hairpin restore`` would make, and carries it out.

The host is healed between its reading and the round that tells of it, because the causes of all expectations take
longer to find than the repair.  ``heal_plan`` makes the plan.

One heal is one plan: verified, with its undo in the journal, and taken back by its switch if this process dies.  What
the heal itself changes is told to the guard as any other change, with its maker.
"""

import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hairpin.apply.program.outpost import here
from hairpin.apply.program.plan_book import PlanBook
from hairpin.cli.face.asked import Shown
from hairpin.cli.face.output import complain
from hairpin.cli.guarding.heal_plan import carried_out, heal_plan, names_of_writers
from hairpin.cli.plans.half_done import plans_here
from hairpin.cli.plans.settling import settle_interrupted
from hairpin.errors import HairpinError
from hairpin.evidence.several import Source
from hairpin.expect.expectation import Expectation, Expectations
from hairpin.expect.holding import Holding, hold
from hairpin.guard.change import Culprit, SeenChange
from hairpin.guard.heal.attempts import HOUR_S, Attempts, culprit_word
from hairpin.guard.heal.heal import Healed, NotHealed
from hairpin.guard.heal.person import is_known, is_persons, somebody_types
from hairpin.guard.record import without_secret
from hairpin.guard.round import Round
from hairpin.guard.rounds import Burst
from hairpin.guard.warm.reading import EVERYTHING, KeptReading
from hairpin.message import Message, message
from hairpin.question.question import Question

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 300.0
"""A heal that was refused or undone is tried again after so long, at first and at last."""
_MOST_PARENTS = 6
"""A culprit has the names of so many parents at most."""
_WORDS = ("guard", "heal")
"""The first words of a heal in the journal.  The culprits' words follow, each as ``by=WORD``, and the repairs."""
_BY = "by="


class Healer:
    """The heals of one guard."""

    def __init__(self, expected: Expectations, question: Question, shown: Shown, kept: KeptReading) -> None:
        """``kept``: reads the host."""
        each = tuple(one for one in expected.each if one.on_break == "heal")
        now = tuple(msgspec.structs.replace(one, survives=()) for one in each)
        self._expected = msgspec.structs.replace(expected, each=now)
        self._question, self._shown = question, shown
        self._attempts = Attempts(expected.heal.most_per_hour, _known_heals() if each else ())
        self._changes: tuple[SeenChange, ...] = ()
        self._broken_by: dict[object, tuple[tuple[Culprit, ...], bool]] = {}
        self._healed: list[Healed] = []
        self._not_healed: list[NotHealed] = []
        self._said: frozenset[object] = frozenset()
        self._own_names: frozenset[str] = frozenset()
        self._kept = kept
        self._again_s, self._wait_s = 0.0, _FIRST_WAIT_S
        self._chain = _chain()

    def settle(self) -> None:
        """Finish or take back what an earlier guard has left half done."""
        if not self._expected.each:
            return
        try:
            settle_interrupted((), self._shown)
        except HairpinError as error:
            complain(error.said, self._shown.lang)
            self._later()  # a child of a killed guard may still be at work

    def hearing(self, burst: Burst) -> Burst:
        """Return the burst, before which a heal is tried again that could not be made."""

        def heard(patience_s: float) -> tuple[SeenChange, ...]:
            if self._again_s and time.monotonic() > self._again_s:
                self._try_again()
            return burst(patience_s)

        return heard

    def act(self, sources: tuple[Source, ...], changes: tuple[SeenChange, ...]) -> None:
        """Heal the host as it was read.  The round tells of what was read.  ``changes``: the burst of this round."""
        self._changes = changes
        if self._expected.each:
            self._heal_safely(sources)

    def read(self) -> tuple[Source, ...]:
        """Read the host: at first all of it, and then what may have changed.  Raises CollectError."""
        if self._kept.last(EVERYTHING) is None:
            self._kept.read(EVERYTHING)  # a part stands from its second reading on
        self._kept.drain()
        return (self._kept.read(EVERYTHING),)

    def _try_again(self) -> None:
        """Heal what could not be healed before, although nothing has changed since.  What a killed process has left
        half done stops a heal, so it is settled first.  The next round tells what became of it."""
        self._again_s, self._changes = 0.0, ()  # nobody is blamed for what an older round has told
        try:
            if plans_here():
                self.settle()
            self._heal_safely(self.read())
        except HairpinError:  # a host that cannot be read is told by the next round
            self._later()

    def _heal_safely(self, sources: tuple[Source, ...]) -> None:
        self._not_healed, self._again_s = [], 0.0
        try:
            self._heal(sources)
        except HairpinError as error:
            self._leave(self._expected.each, error.said)
            self._later()

    def _later(self) -> None:
        """Try again in a while, each time after twice the time."""
        self._again_s = time.monotonic() + self._wait_s
        self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)

    def telling(self, found: Round) -> Round:
        """Return the round with what became of the heals.  What is left broken is told when it changes."""
        later = tuple(each for each in found.held.each if _breaks_later(each)) if found.held is not None else ()
        left = list(self._not_healed)
        if later:
            said = message("it holds now, and only a file keeps it: `hairpin fix --latent --persist` says which")
            left.append(NotHealed(tuple(each.expectation for each in later), said))
        before, self._said = self._said, frozenset((each.expectations, str(each.reason)) for each in left)
        new = tuple(each for each in left if (each.expectations, str(each.reason)) not in before)
        healed, self._healed = tuple(self._healed), []
        new = tuple(each._replace(culprits=tuple(map(without_secret, each.culprits))) for each in new)
        own = tuple(
            each
            for each in found.culprits
            if self._is_own(each) or (not found.broke and not is_known(each) and each.name in self._own_names)
        )
        return found._replace(healed=healed, not_healed=new, own=own)

    def _heal(self, sources: tuple[Source, ...]) -> None:
        began = time.monotonic()
        held = hold(self._expected, sources, self._question, depth="flows")
        broken = [each for each in held.each if each.state == "broken"]
        self._note_culprits(broken)
        mine = [each for each in broken if not self._is_left_to_person(each)]
        if not mine:
            return
        culprits = tuple(dict.fromkeys(one for each in mine for one in self._broken_by[each.expectation.key][0]))
        plan, left = heal_plan(held, mine, sources, self._expected.heal)
        self._not_healed += (each._replace(culprits=culprits) for each in left)
        if plan is None:
            return
        names = tuple(each.id for each in plan.repairs)
        expectations = tuple(each.expectation for each in mine)
        fighters = self._attempts.fighters(culprits, names)
        if fighters:
            said = message("{count} heals within an hour did not last: {culprits} and hairpin change {elements} in "
                           "turn, so hairpin has stopped", count=self._expected.heal.most_per_hour,
                           culprits=_names(fighters), elements=", ".join(names))  # fmt: skip
            self._not_healed.append(NotHealed(expectations, said, names, fighters, is_fight=True))
            return
        self._own_names = names_of_writers(plan)
        try:
            words = (*_WORDS, *(f"{_BY}{culprit_word(each)}" for each in culprits), *names)
            outcome = carried_out(plan, words, self._kept)
        except HairpinError as error:  # nothing was done, so it counts as no heal
            self._leave(expectations, error.said, names, culprits)
            self._later()
            return
        self._attempts.add(culprits, names)
        if outcome.complaint is not None:
            said = message("the repair was undone: {why}", why=outcome.complaint)
            self._leave(expectations, said, names, culprits)
            self._later()
            return
        self._wait_s = _FIRST_WAIT_S
        told = tuple(each.title for each in plan.repairs)
        self._healed.append(Healed(outcome.plans[0], names, told, expectations, time.monotonic() - began))

    def _note_culprits(self, broken: Iterable[Holding]) -> None:
        """Keep who broke each expectation until it holds again."""
        culprits = tuple(
            dict.fromkeys(
                each.culprit for each in self._changes if each.culprit is not None and not self._is_own(each.culprit)
            )
        )
        is_unknown = not culprits or not all(map(is_known, culprits))
        fresh = culprits, is_unknown and bool(broken) and somebody_types()
        self._broken_by = {each.expectation.key: self._broken_by.get(each.expectation.key, fresh) for each in broken}

    def _is_left_to_person(self, holding: Holding) -> bool:
        culprits, may_be_persons = self._broken_by[holding.expectation.key]
        persons = tuple(each for each in culprits if is_persons(each))
        if persons:
            said = message("{culprits} did it in somebody's login session", culprits=_names(persons))
        elif may_be_persons:
            said = message("who did it is not known, and somebody types at a terminal of this host")
        else:
            return False
        self._leave((holding.expectation,), said, culprits=persons or culprits)
        return True

    def _leave(
        self,
        expectations: tuple[Expectation, ...],
        said: Message,
        names: tuple[str, ...] = (),
        culprits: tuple[Culprit, ...] = (),
    ) -> None:
        self._not_healed.append(NotHealed(expectations, said, names, culprits))

    def _is_own(self, culprit: Culprit) -> bool:
        """Return whether a child of this process made the change."""
        parents, own = culprit.parents, self._chain
        if len(parents) < _MOST_PARENTS:
            return parents[-len(own) :] == own
        return any(parents[at:] == own[: len(parents) - at] for at in range(len(parents)))


def _chain() -> tuple[str, ...]:
    """Return the names of this process and of its parents, the next one first; the first process is left out."""
    found: list[str] = []
    number = os.getpid()
    while number > 1:
        text = Path(f"/proc/{number}/stat").read_text("utf-8", "replace")
        name, rest = text.partition("(")[2].rpartition(")")[::2]
        found.append(name)
        number = int(rest.split()[1])
    return tuple(found)


def _known_heals() -> Iterator[tuple[str, str, float]]:
    """Yield the heals of the last hour from the journal: the culprit's word, the repair, and when."""
    now = time.time()
    try:
        plans = PlanBook(here()).all()
    except HairpinError:  # what cannot be read is said when the first heal is refused
        return
    for each in plans:
        try:
            at_s = datetime.fromisoformat(each.begun_at).astimezone(UTC).timestamp()
        except ValueError:
            continue
        if each.question[:2] != _WORDS or now - at_s > HOUR_S:
            continue
        culprits = [word.removeprefix(_BY) for word in each.question[2:] if word.startswith(_BY)] or [""]
        names = [word for word in each.question[2:] if not word.startswith(_BY)]
        yield from ((culprit, name, at_s) for culprit in culprits for name in names)


def _breaks_later(holding: Holding) -> bool:
    """Return whether the expectation is to be healed and is broken by an event that has not happened yet."""
    wants = holding.expectation.on_break == "heal" and holding.state == "broken"
    return wants and all(each.event for each in holding.breaches)


def _names(culprits: Iterable[Culprit]) -> str:
    return ", ".join(dict.fromkeys(each.name or "somebody unknown" for each in culprits))
