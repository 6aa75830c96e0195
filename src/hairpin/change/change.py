"""The kinds of change, closed: what a remedy, an event or a counterfactual does to a network.

``netns`` is the namespace that a part changes, ``host`` the label of the host.

``simulate.py`` says what each makes of a network, ``commands.py`` what carries it out on the host.
"""

from typing import Literal

import msgspec

from hairpin.host.docker import Container
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Dialect, Family, Rule
from hairpin.network.world import World


class SetSysctl(msgspec.Struct, frozen=True, tag="set-sysctl"):
    """One value under /proc/sys in one namespace (with the kernel's side effects: ip_forward rewrites every
    interface)."""

    netns: Netns
    path: Path
    value: str


class AddChain(msgspec.Struct, frozen=True, tag="add-chain"):
    """An empty user chain; its table comes into being too when it is not there."""

    netns: Netns
    dialect: Dialect
    family: Family
    table: str
    chain: str


class InsertRule(msgspec.Struct, frozen=True, tag="insert-rule"):
    """A rule at ``position`` (from 1; None: at the end).  ``rule.text`` is in the dialect's words (``-A CHAIN …``)."""

    netns: Netns
    dialect: Dialect
    family: Family
    table: str
    chain: str
    rule: Rule
    position: int | None = None


class DeleteRule(msgspec.Struct, frozen=True, tag="delete-rule"):
    """The rule at that place."""

    netns: Netns
    place: Place


class SetPolicy(msgspec.Struct, frozen=True, tag="set-policy"):
    """A base chain's policy; ``place`` is the chain's (number 0)."""

    netns: Netns
    place: Place
    policy: Literal["accept", "drop"]


class AddRoute(msgspec.Struct, frozen=True, tag="add-route"):
    """A route."""

    netns: Netns
    route: Route


class DeleteRoute(msgspec.Struct, frozen=True, tag="delete-route"):
    """A route away."""

    netns: Netns
    route: Route


class AddAddress(msgspec.Struct, frozen=True, tag="add-address"):
    """An address on a link, with the routes that the kernel makes for it."""

    netns: Netns
    address: Address


class DeletePolicyRule(msgspec.Struct, frozen=True, tag="delete-policy-rule"):
    """An ``ip rule`` away."""

    netns: Netns
    rule: PolicyRule


class AddNeighbour(msgspec.Struct, frozen=True, tag="add-neighbour"):
    """A neighbour entry made by hand (state PERMANENT, or a proxy entry)."""

    netns: Netns
    neighbour: Neighbour


class DeleteNeighbour(msgspec.Struct, frozen=True, tag="delete-neighbour"):
    """A neighbour entry away; who has the address is then asked on the link."""

    netns: Netns
    neighbour: Neighbour


class AddFdbEntry(msgspec.Struct, frozen=True, tag="add-fdb-entry"):
    """A forwarding entry of a bridge or a VXLAN made by hand."""

    netns: Netns
    entry: FdbEntry


class DeleteFdbEntry(msgspec.Struct, frozen=True, tag="delete-fdb-entry"):
    """A forwarding entry away."""

    netns: Netns
    entry: FdbEntry


class SetLink(msgspec.Struct, frozen=True, tag="set-link"):
    """A link replaced by one with other properties (up, master, port flags); ``argv`` carries it out (empty: no command
    does)."""

    netns: Netns
    link: Link
    argv: tuple[str, ...]


class AddSocket(msgspec.Struct, frozen=True, tag="add-socket"):
    """Something listens.  How it is brought to listen is not hairpin's to say: ``advice`` is for a person."""

    netns: Netns
    socket: Socket
    advice: Message


class ContinueProcess(msgspec.Struct, frozen=True, tag="continue-process"):
    """A process that a signal stopped goes on; ``pid`` as the sockets of the snapshot name it."""

    host: str
    pid: int


class AddNamespace(msgspec.Struct, frozen=True, tag="add-namespace"):
    """A container's namespace comes into being: the namespace, the host's end of its wire, the container as it then
    is."""

    host: str
    namespace: Namespace
    host_link: Link
    container: Container


class SetContainer(msgspec.Struct, frozen=True, tag="set-container"):
    """What the engine says of a container (unpaused, for example)."""

    host: str
    container: Container


class ChangeWorld(msgspec.Struct, frozen=True, tag="change-world"):
    """Something outside of the host: a gateway, a peer, a client's address plan."""

    world: World
    advice: Message


class DropConnection(msgspec.Struct, frozen=True, tag="drop-connection"):
    """A live conntrack entry away (``conntrack -D``)."""

    netns: Netns
    evidence: str


Primitive = (
    SetSysctl | AddChain | InsertRule | DeleteRule | SetPolicy | AddAddress | AddRoute | DeleteRoute | DeletePolicyRule
    | AddNeighbour | DeleteNeighbour | AddFdbEntry | DeleteFdbEntry | SetLink | AddSocket | ContinueProcess
    | AddNamespace | SetContainer | ChangeWorld | DropConnection
)  # fmt: skip


class Change(msgspec.Struct, frozen=True):
    """Primitives made together, in order.  ``commands`` says how a person makes the whole of it where that is not the
    sum of the primitives' own commands (``docker start web``)."""

    parts: tuple[Primitive, ...]
    commands: tuple[str, ...] = ()

    @property
    def host(self) -> str | None:
        """The label of the host that the first part is made on; None where only the world outside changes."""
        return next((host for part in self.parts if (host := host_of(part)) is not None), None)


def host_of(part: Primitive) -> str | None:
    """Return the label of the host that the part is made on; None for the world outside."""
    if isinstance(part, ChangeWorld):
        return None
    if isinstance(part, ContinueProcess | AddNamespace | SetContainer):
        return part.host
    return part.netns.host


def one(part: Primitive, *commands: str) -> Change:
    """Return the change of one primitive."""
    return Change((part,), commands)
