"""The type of a dated fact: what some versions of a program do to published ports or to the networks of containers."""

from typing import Literal, NamedTuple

import msgspec

from hairpin.facts.version import ProgramVersion, has_revision, is_between
from hairpin.message import Message, message

Product = Literal[
    "aardvark-dns", "compose", "docker", "firewalld", "iptables", "kernel", "netavark", "nftables", "passt", "podman",
    "runc", "systemd",
]  # fmt: skip
Failing = Literal["published", "direct", "between", "outgoing", "names", "start", "daemon", "swarm"]
"""What fails: a published port, a client that asks a container's own address, one container that asks another, a
container that asks the outside, the look-up of a name, the start of a container, the start of the engine, a service of
a swarm."""
Since = Literal["always", "upgrade", "reboot", "restart", "reload"]
"""When it begins to fail: always, after an upgrade, after a reboot, when a container or a daemon is started anew, after
a firewall or the network's configuration was loaded again."""


class Span(NamedTuple):
    """The versions of a product from ``first`` on that are older than ``before``.  An empty ``first``: all older ones.
    An empty ``before``: no source names a version that ends it."""

    product: Product
    first: str = ""
    before: str = ""

    def holds(self, version: ProgramVersion) -> bool:
        """Return whether the version is one of these."""
        return is_between(version, self.first, self.before)


class Fact(msgspec.Struct, frozen=True):
    """One fact of the catalogue.

    ``of``: the versions with the behaviour. ``beside``: the versions of another program without which the behaviour
    does not show. ``legacy``: whether the behaviour shows only with iptables-legacy. ``mended``: builds of a
    distribution that lack the behaviour although their version is one of ``of``. ``builds``: if only some builds have
    the behaviour, letters of which the version's text must have one (``.el10``).
    ``does``: the behaviour.  ``fails``: what it makes fail.  ``since``: when it begins to fail.  ``test``: a read-only
    command, and ``shows``: its output if the behaviour is there; ``{container}``, ``{port}`` and ``{protocol}`` are
    those of the question.
    ``says``: patterns of the words with which people tell of this behaviour; a text that lacks one of them does not
    mean it. Empty if words cannot tell it from other faults.  ``leaves``: ids of the causes that the behaviour leaves
    on a host; none if it shows only with a setting that hairpin reads, because that setting's own cause then tells it.
    ``way``: what to do, if it is not only to update the program.
    ``sources``: the addresses of the pages that tell it.  ``day``: the day of the first of these, as in ISO 8601."""

    id: str
    of: Span
    day: str
    does: Message
    fails: tuple[Failing, ...]
    since: Since
    test: str
    shows: Message
    sources: tuple[str, ...]
    says: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    way: Message | None = None
    beside: Span | None = None
    legacy: bool = False
    mended: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()

    @property
    def product(self) -> Product:
        """The program with the behaviour."""
        return self.of.product

    def affects(self, version: ProgramVersion) -> bool:
        """Return whether this version of the product has the behaviour."""
        return (
            self.of.holds(version)
            and (not self.builds or any(each in version.text for each in self.builds))
            and not any(has_revision(version, each) for each in self.mended)
        )

    @property
    def typed_test(self) -> str:
        """The test with words in the places of the question's container, port and protocol."""
        places = {"{container}": "CONTAINER", "{port}": "PORT", "{protocol}": "PROTOCOL"}
        typed = self.test
        for place, word in places.items():
            typed = typed.replace(place, word)
        return typed

    @property
    def advice(self) -> Message:
        """What to do."""
        if self.way is not None:
            return self.way
        if self.of.before:
            return message("update {product} to {version} or later", product=self.product, version=self.fixed)
        return message("no version without it is known to hairpin; see {source}", source=self.sources[0])

    @property
    def fixed(self) -> str:
        """The first version without the behaviour, and the mended builds; empty if none is known."""
        return ", ".join(each for each in (*self.mended, self.of.before) if each)


def prints(words: str) -> Message:
    """Return the output of a test: the words that it contains."""
    return message("the output has `{words}`", words=words)
