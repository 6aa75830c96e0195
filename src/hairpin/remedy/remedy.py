"""The type of a remedy: the steps that repair now, and the steps that keep the repair."""

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
from hairpin.remedy.effect import Effects
from hairpin.walk.verdicts import Verdict


class PersistFile(msgspec.Struct, frozen=True):
    """A file that keeps the repair.  ``content``: the whole file; ``before``: its present content (None: it does not
    exist, or was not read)."""

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
    """Another effect of a remedy that is not on a single flow."""

    text: Message


class OwnersDecision(msgspec.Struct, frozen=True):
    """A person's decision that a repair would undo.  ``said``: the owner of the decision and its sign; ``ask``: the
    question to the owner."""

    said: Message
    ask: Message


class Remedy(msgspec.Struct, frozen=True):
    """A way to repair a cause: ``steps`` make it now, ``keeping`` keeps it.  ``by_person``: hairpin prints no command,
    because the repair is disruptive, such as recreating a container.  ``cuts``: open connections break, although no
    call shows it.  ``change``: the simulated change; without parts, nothing was simulated.  ``proof``: the asked flow's
    verdict with this remedy and the first repairs of the set's other causes; None if these are the changes of the
    cause's own proof.  ``effects``: the effects on the other flows; None: not simulated."""

    id: str
    steps: tuple[Step, ...]
    keeping: tuple[Step, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()
    advice: tuple[Message, ...] = ()
    by_person: bool = False
    cuts: bool = False
    change: Change = Change(())
    proof: Verdict | None = None
    effects: Effects | None = None
    undoes: OwnersDecision | None = None
    """The decision that it undoes.  Such a remedy is carried out only if a person chooses it."""

    @property
    def disruptive(self) -> bool:
        """Whether it makes a container anew, cuts connections or restarts an engine."""
        return self.by_person or self.cuts or any(isinstance(step, Ask) and disrupts(step.call) for step in self.steps)

    @property
    def harm(self) -> int:
        """The number of its unasked effects: opened, closed and diverted flows."""
        return len(self.effects.unasked) if self.effects is not None else 0

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Its rank among the repairs of a cause: repairs that undo no decision come first, then those that disrupt
        nothing, then those that affect the fewest other flows."""
        return self.undoes is not None, self.disruptive, self.harm

    @property
    def reversible(self) -> bool:
        """Whether every step can be undone."""
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
    """The facts that decide how a change is kept.  ``steps`` make the whole change now; ``lost``: the rules that the
    host's engines lack."""

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
        """Return the configuration file at that path, or None if it was not read."""
        for each in self.host.files:
            if each.path == path:
                return each
        return None
