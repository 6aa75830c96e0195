"""What a remedy is: the steps that repair now, and the steps that keep the repair."""

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
    """A file that keeps the repair.  ``content``: the whole file; ``before``: what it holds now (None: it does not
    exist, or was not read)."""

    file: str
    content: str
    before: str | None = None


class Lasting(msgspec.Struct, frozen=True):
    """What keeps a change: files, calls to the host's own manager, and what a person should know."""

    files: tuple[WriteFile, ...] = ()
    calls: tuple[Call, ...] = ()
    side_effects: tuple[Message, ...] = ()
    advice: tuple[Message, ...] = ()


class SideEffect(msgspec.Struct, frozen=True):
    """What else a remedy does, on no single flow."""

    text: Message


class OwnersDecision(msgspec.Struct, frozen=True):
    """Something that somebody decided and a repair would undo.  ``said``: whose decision it is, and what shows that;
    ``ask``: what to ask them."""

    said: Message
    ask: Message


class Remedy(msgspec.Struct, frozen=True):
    """A way to repair a cause: ``steps`` make it now, ``keeping`` keeps it.  ``by_person``: hairpin prints no command
    for what disrupts, such as making a container anew.

    ``cuts``: open connections break, though no call says so.  ``change``: what was simulated; without parts, nothing
    was.  ``proof``: the asked flow's verdict with it and with the first repairs of the other causes of the set; None
    where these are the changes of the cause's own proof.  ``effects``: what becomes of the other flows; None: that was
    not simulated."""

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
    """The decision that it undoes: such a remedy is carried out only if a person chooses it."""

    @property
    def disruptive(self) -> bool:
        """Whether it makes a container anew, cuts connections or restarts an engine."""
        return self.by_person or self.cuts or any(isinstance(step, Ask) and disrupts(step.call) for step in self.steps)

    @property
    def harm(self) -> int:
        """How many flows it opens, closes or diverts that nobody asked for."""
        return len(self.effects.unasked) if self.effects is not None else 0

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Its place among the repairs of a cause: what undoes nobody's decision comes first, then what disrupts
        nothing, then what touches the fewest other flows."""
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
    """What decides how a change is kept.  ``steps`` make the whole change now; ``lost``: the rules that the host's
    engines lack."""

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
        """Return the configuration file at that path, as far as it was read."""
        for each in self.host.files:
            if each.path == path:
                return each
        return None
