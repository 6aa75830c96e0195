"""What a remedy is, and how each kind of it says what keeps it after a reboot."""

from collections.abc import Callable

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.change.change import Primitive
from hairpin.engines.missing import Missing
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.message import Message
from hairpin.network.network import Network


class PersistFile(msgspec.Struct, frozen=True):
    """A file that keeps the repair: ``content`` is the whole of it.  ``before`` is what it holds now; None: it is not
    there yet, or was not read."""

    file: str
    content: str
    before: str | None = None


class Lasting(msgspec.Struct, frozen=True):
    """What keeps a change: files, commands that have the host's own manager keep it, and what a person should know."""

    files: tuple[PersistFile, ...] = ()
    commands: tuple[str, ...] = ()
    side_effects: tuple[Message, ...] = ()
    advice: tuple[Message, ...] = ()


class Remedy(msgspec.Struct, frozen=True):
    """A cause's change, as commands for now and as files and commands for good."""

    id: str
    commands: tuple[str, ...]
    persist: tuple[PersistFile, ...] = ()
    persist_commands: tuple[str, ...] = ()
    side_effects: tuple[Message, ...] = ()
    advice: tuple[Message, ...] = ()


class Situation(msgspec.Struct, frozen=True):
    """What a kind of remedy looks at.  ``commands`` are those that carry the whole change out now; ``lost`` is what the
    host's engines lack."""

    network: Network
    cause: str
    candidate: Candidate
    commands: tuple[str, ...]
    lost: tuple[Missing, ...] = ()

    @property
    def host(self) -> Host:
        """The host."""
        return self.network.this

    def file(self, path: str) -> ConfigFile | None:
        """Return the configuration file at that path, as far as it was read."""
        for each in self.host.files:
            if each.path == path:
                return each
        return None


class RemedyKind(msgspec.Struct, frozen=True):
    """One kind of remedy.  ``order``: of several kinds that handle parts of one change, the lowest names the remedy.
    ``by_person``: the change shows the effect, but no command of hairpin's makes it; ``advice`` says what does."""

    id: str
    order: int
    handles: Callable[[Primitive, Situation], bool]
    lasting: Callable[[tuple[Primitive, ...], Situation], Lasting]
    by_person: bool = False
