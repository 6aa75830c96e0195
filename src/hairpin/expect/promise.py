"""What a Compose file or a Quadlet promises about a container, and what is there instead."""

from typing import Literal

import msgspec

from hairpin.message import Message

Kind = Literal["network", "alias", "address", "port", "restart", "network-mode", "depends-on", "file"]
PromiseState = Literal["kept", "lost", "pending", "unknown"]


class Promise(msgspec.Struct, frozen=True):
    """One promise about a container.

    ``state``: ``lost`` if the container was made after the file said so, or if its own configuration says so, and does
    not have it; ``pending`` if the file was changed after the container was made, so that the next ``up`` changes the
    container; ``unknown`` if the file could not be read.  ``container``: its name, or that of its service if it has no
    container.  ``by``: the file.  ``promised``: an infinitive, "to be on the network shop_back".  ``there``: a sentence
    about the container; None if the promise is kept.  ``command``: what the owner would do; hairpin never does it."""

    host: str
    project: str
    service: str
    container: str
    kind: Kind
    promised: Message
    state: PromiseState
    by: str = ""
    there: Message | None = None
    command: str = ""
    evidence: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two promises about the same thing.  ``promised`` is compared in English."""
        return self.host, self.container, self.kind, str(self.promised)
