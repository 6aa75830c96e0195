"""The type of a remedy: the steps that repair now, and the steps that keep the repair."""

from typing import TYPE_CHECKING

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.change.calls import Call, disrupts
from hairpin.change.change import Change, WriteFile
from hairpin.change.commands.text import all_shown
from hairpin.change.step import Ask, ReplaceFile, Step, nature
from hairpin.engines.missing import Missing
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.message import Message
from hairpin.network.network import Network
from hairpin.walk.verdicts import Verdict

if TYPE_CHECKING:
    from hairpin.remedy.effect import Effects


class PersistFile(msgspec.Struct, frozen=True):
    """A file that keeps the repair.

    ``content``: the whole new file.  ``before``: the file's present content; None if the file does not exist, or was
    not read."""

    file: str
    content: str
    before: str | None = None


class Lasting(msgspec.Struct, frozen=True):
    """The way in which a change is kept: files, calls to the host's own manager, and advice for a person."""

    files: tuple[WriteFile, ...] = ()
    calls: tuple[Call, ...] = ()
    side_effects: tuple[Message, ...] = ()
    advice: tuple[Message, ...] = ()


class SideEffect(msgspec.Struct, frozen=True):
    """A side effect of a remedy that does not concern a single flow."""

    text: Message


class OwnersDecision(msgspec.Struct, frozen=True):
    """A person's decision that a repair would undo.

    ``said``: the sentence that names the decision's owner and its sign.  ``ask``: the question to the owner.  ``sure``:
    False if the sign may also come from an accident, so that nobody may be told that a person decided."""

    said: Message
    ask: Message
    sure: bool = True


class Remedy(msgspec.Struct, frozen=True):
    """A way to repair a cause.

    ``steps``: the steps that make the repair now.  ``keeping``: the steps that keep the repair after a reboot.
    ``by_person``: whether a person has to make the repair, because the repair is disruptive, for example because a
    container is created again.  If ``by_person`` is true, hairpin prints no command.  ``cuts``: whether open
    connections break, although no call of the repair shows it.  ``change``: the simulated change.  If the change has no
    parts, the remedy was not simulated.  ``typed``: the commands that a person types for a repair by hand.  ``advice``
    contains these commands after its first sentence.  ``proof``: the asked flow's verdict with this remedy and with the
    first repairs of the other causes in the set; None if the proof of the cause made the same changes.  ``effects``:
    the effects on the other flows; None if they were not simulated."""

    id: str
    steps: tuple[Step, ...]
    keeping: tuple[Step, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()
    advice: tuple[Message, ...] = ()
    by_person: bool = False
    cuts: bool = False
    change: Change = Change(())
    proof: Verdict | None = None
    effects: "Effects | None" = None
    undoes: OwnersDecision | None = None
    """The decision that the remedy undoes.  A remedy that undoes a decision is carried out only if a person chooses
    it."""
    typed: tuple[str, ...] = ()

    @property
    def disruptive(self) -> bool:
        """Whether the remedy creates a container again, cuts connections or restarts an engine."""
        return self.by_person or self.cuts or any(isinstance(step, Ask) and disrupts(step.call) for step in self.steps)

    @property
    def harm(self) -> int:
        """The number of the remedy's unasked effects: opened, closed and diverted flows."""
        return len(self.effects.unasked) if self.effects is not None else 0

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """The remedy's rank among the remedies of a cause.

        Three criteria are compared in this order: whether a remedy undoes no decision, whether a remedy is not
        disruptive, and how few other flows a remedy affects."""
        return self.undoes is not None, self.disruptive, self.harm

    @property
    def reversible(self) -> bool:
        """Whether every step of the remedy can be undone."""
        return all(nature(step) == "reversible" for step in (*self.steps, *self.keeping))

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that repair now."""
        return all_shown(self.steps)

    @property
    def persist(self) -> tuple[PersistFile, ...]:
        """The files that keep the repair."""
        return tuple(
            PersistFile(step.path, step.after.content, step.before.content if step.before is not None else None)
            for step in self.keeping
            if isinstance(step, ReplaceFile) and step.after is not None
        )

    @property
    def persist_commands(self) -> tuple[str, ...]:
        """The commands by which the host's own manager keeps the repair."""
        return all_shown(step for step in self.keeping if not isinstance(step, ReplaceFile))


class Situation(msgspec.Struct, frozen=True):
    """The facts that decide how a change is made lasting.

    ``steps``: the steps that make the whole change now.  ``lost``: the missing rules of the host's engines."""

    network: Network
    cause: str
    candidate: Candidate
    steps: tuple[Step, ...]
    lost: tuple[Missing, ...] = ()

    @property
    def host(self) -> Host:
        """The host that is repaired."""
        return self.network.this

    def file(self, path: str) -> ConfigFile | None:
        """Return the configuration file with the path; None if it was not read."""
        for each in self.host.files:
            if each.path == path:
                return each
        return None
