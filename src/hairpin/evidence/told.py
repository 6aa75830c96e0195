"""The parts of a host that a pasted text shows, or that a user without root can read.  hairpin supposes that every
other part is as on an ordinary host."""

from typing import Literal, NamedTuple

import msgspec

Path = tuple[str, ...]
"""The parts of a sysctl's path, as in ``host/sysctl.py``."""
UNNAMED = "host"
"""The name of a host if no text tells its name."""
Result = Literal["answered", "refused", "timeout", "unreachable", "prohibited", "reset", "empty", "no-name", "not-here",
                 "failed"]  # fmt: skip
"""What a client saw: an answer, a refused connection, no answer within the time limit, "no route to host",
"prohibited", a connection that was reset or that was closed without an answer, a name without an address, a client
without an address of its own for this target.  ``failed``: the text says in its own words that something does not
work."""


class Outcome(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """The outcome that a client saw, as a text tells it.

    ``tool``: the program.  ``target``: its target as typed.  ``host``: the target's address or name.  ``port``: the
    target's port; None if the tool uses no port.  ``origin``: ``host``, ``container:NAME``, or empty if the text does
    not tell where the client ran.  ``line``: the line in the text, from 1.  ``source``: the source address of a
    captured packet; empty if no capture shows it.  ``by``: the address that sent the ICMP error."""

    tool: str
    target: str
    result: Result
    host: str = ""
    port: int | None = None
    protocol: Literal["tcp", "udp", "icmp"] = "tcp"
    origin: str = ""
    line: int = 0
    source: str = ""
    by: str = ""

    @property
    def failed(self) -> bool:
        """Whether the client got no answer."""
        return self.result != "answered"


class Listener(msgspec.Struct, frozen=True):
    """A port on which a program listens, as the program's log or a person says.  ``address``: the address on which the
    program listens; empty for all addresses, or if the text names no address.  ``line``: the line in the text, from
    1; 0 for an argument of the program.  ``container``: the container or service of Compose whose log has the line;
    empty if the text does not show it.  ``printed``: whether a program wrote the line.  ``named``: whether the line has
    ``localhost`` instead of a number: many programs print this name, whatever their address is."""

    port: int
    address: str = ""
    line: int = 0
    container: str = ""
    printed: bool = False
    named: bool = False


class ToldTable(NamedTuple):
    """A table of rules that the text lists.  ``family``: ``ip`` or ``ip6``."""

    family: str
    name: str


class OmittedRules(NamedTuple):
    """Rules that the text leaves out at the end of a base chain.  ``hook``: the chain's hook."""

    family: str
    table: str
    hook: str


class ToldParts(msgspec.Struct, frozen=True):
    """The parts of a host that a text tells.

    ``parts``: pairs of a namespace and a field of :class:`Namespace`.  Routes and policy rules have a pair for each IP
    version (``routes4``).  ``sysctls``: the sysctls of the host's own namespace.  ``tables``: the tables of iptables in
    the host's own namespace.  ``natives``: whether the text has the tables of nftables, too.  ``containers``: the
    containers that an output of the engine describes; a container that only a typed command names is not in
    ``containers``.  ``files``: the configuration files whose content the text has.  ``mapped``: whether a tool has
    written other addresses for the host's own."""

    parts: frozenset[tuple[str, str]] = frozenset()
    sysctls: frozenset[Path] = frozenset()
    tables: frozenset[ToldTable] = frozenset()
    natives: bool = False
    containers: frozenset[str] = frozenset()
    outcomes: tuple[Outcome, ...] = ()
    files: frozenset[str] = frozenset()
    mapped: bool = False
    typed: frozenset[str] = frozenset()
    """The containers that only a typed command or a compose file names."""
    plain: frozenset[str] = frozenset()
    """The containers whose typed command or compose file gives the program no port, address or configuration."""
    placed: frozenset[str] = frozenset()
    """The containers whose networks the text tells."""
    listeners: tuple[Listener, ...] = ()
    captured: frozenset[str] = frozenset()
    """The links on which somebody captured packets, as the text tells."""
    doubtful: frozenset[tuple[str, str]] = frozenset()
    """The incomplete parts: the text has lost some of their lines.  Beside parts, the set has families of iptables
    (``ip``, ``ip6``) and ``natives``."""
    left_out: frozenset[OmittedRules] = frozenset()
    """The rules that the text leaves out, and of which hairpin supposes that they stop nothing."""
    of_text: bool = True
    """Whether a text describes the host.  False if hairpin has read the host itself, as a user who may not read all
    parts of the host.  The parts are then from the readings."""

    def proves(self, netns: str, field: str) -> bool:
        """Return whether the text has this field of the namespace completely, as far as hairpin can see."""
        return (netns, field) in self.parts and (netns, field) not in self.doubtful

    @property
    def tells_anything(self) -> bool:
        """Whether the text has any output or outcome."""
        lists = (self.parts, self.sysctls, self.tables, self.containers, self.typed, self.outcomes, self.files)
        return self.natives or any(lists)
