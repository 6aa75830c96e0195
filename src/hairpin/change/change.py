"""The kinds of change, closed: what a remedy, an event or a counterfactual does to a network.

Each kind exists in both directions, because the world makes changes, too.  ``simulate.py`` says what each makes of a
network, ``steps.py`` by which steps it is made on a host.  ``netns`` is the namespace that a part changes, ``host`` the
label of the host.
"""

from typing import Literal

import msgspec

from hairpin.change.calls import Call
from hairpin.host.docker import Container
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.managers import Unit
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Dialect, Family, Rule, Ruleset, Table
from hairpin.network.world import World


class SetSysctl(msgspec.Struct, frozen=True, tag="set-sysctl"):
    """One value under /proc/sys in one namespace (with the kernel's side effects: ip_forward rewrites every
    interface)."""

    netns: Netns
    path: Path
    value: str


class ReplaceSysctls(msgspec.Struct, frozen=True, tag="replace-sysctls"):
    """Values written one after another, as ``sysctl --system`` does; what they do not name stays."""

    netns: Netns
    values: tuple[tuple[Path, str], ...]


class AddChain(msgspec.Struct, frozen=True, tag="add-chain"):
    """An empty user chain; its table comes into being too when it is not there."""

    netns: Netns
    dialect: Dialect
    family: Family
    table: str
    chain: str


class DeleteChain(msgspec.Struct, frozen=True, tag="delete-chain"):
    """An empty user chain away."""

    netns: Netns
    dialect: Dialect
    family: Family
    table: str
    chain: str


class InsertRule(msgspec.Struct, frozen=True, tag="insert-rule"):
    """A rule at ``position`` (from 1; None: at the end).  ``rule.text`` is in the dialect's words (``-A CHAIN …``);
    ``also``: further rules of the IR that these words mean."""

    netns: Netns
    dialect: Dialect
    family: Family
    table: str
    chain: str
    rule: Rule
    position: int | None = None
    also: tuple[Rule, ...] = ()


class DeleteRule(msgspec.Struct, frozen=True, tag="delete-rule"):
    """The rule at that place."""

    netns: Netns
    place: Place


class SetPolicy(msgspec.Struct, frozen=True, tag="set-policy"):
    """A base chain's policy; ``place`` is the chain's (number 0)."""

    netns: Netns
    place: Place
    policy: Literal["accept", "drop"]


class ReplaceTable(msgspec.Struct, frozen=True, tag="replace-table"):
    """A whole table as it will be; None: the table goes (iptables' built-in chains stay, empty, and accept)."""

    netns: Netns
    dialect: Dialect
    family: Family
    name: str
    table: Table | None


class ReplaceRuleset(msgspec.Struct, frozen=True, tag="replace-ruleset"):
    """All tables of a namespace as they will be; ipsets stay as they are."""

    netns: Netns
    ruleset: Ruleset


class AddRoute(msgspec.Struct, frozen=True, tag="add-route"):
    """A route."""

    netns: Netns
    route: Route


class DeleteRoute(msgspec.Struct, frozen=True, tag="delete-route"):
    """A route away."""

    netns: Netns
    route: Route


class ReplaceRoute(msgspec.Struct, frozen=True, tag="replace-route"):
    """A route in place of the only one of its table, prefix, metric and TOS: at no moment there is none."""

    netns: Netns
    before: Route
    route: Route


class AddAddress(msgspec.Struct, frozen=True, tag="add-address"):
    """An address on a link, with the routes that the kernel makes for it."""

    netns: Netns
    address: Address


class DeleteAddress(msgspec.Struct, frozen=True, tag="delete-address"):
    """An address away, with what the kernel takes away with it."""

    netns: Netns
    address: Address


class AddPolicyRule(msgspec.Struct, frozen=True, tag="add-policy-rule"):
    """An ``ip rule``."""

    netns: Netns
    rule: PolicyRule


class DeletePolicyRule(msgspec.Struct, frozen=True, tag="delete-policy-rule"):
    """An ``ip rule`` away."""

    netns: Netns
    rule: PolicyRule


class AddNeighbour(msgspec.Struct, frozen=True, tag="add-neighbour"):
    """A neighbour entry made by hand (state PERMANENT, or a proxy entry), in place of the one of its address."""

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


class ReplaceFdbEntry(msgspec.Struct, frozen=True, tag="replace-fdb-entry"):
    """A forwarding entry of a VXLAN with another remote, in place of the only one of its hardware address."""

    netns: Netns
    before: FdbEntry
    entry: FdbEntry


class SetLink(msgspec.Struct, frozen=True, tag="set-link"):
    """A link replaced by one with other properties: up, master, MTU, flags of a bridge port, carrier."""

    netns: Netns
    link: Link


class AddSocket(msgspec.Struct, frozen=True, tag="add-socket"):
    """Something listens.  How it is brought to listen is not hairpin's to say: ``advice`` is for a person."""

    netns: Netns
    socket: Socket
    advice: Message


class DeleteSocket(msgspec.Struct, frozen=True, tag="delete-socket"):
    """Nothing listens there any more: its process has ended."""

    netns: Netns
    socket: Socket


class ContinueProcess(msgspec.Struct, frozen=True, tag="continue-process"):
    """A process that a signal stopped goes on; ``pid`` as the sockets of the snapshot name it."""

    host: str
    pid: int


class HaltProcess(msgspec.Struct, frozen=True, tag="halt-process"):
    """A signal stops a process."""

    host: str
    pid: int


class AddNamespace(msgspec.Struct, frozen=True, tag="add-namespace"):
    """A container's namespace comes into being: the namespace, the host's end of its wire, the container as it then
    is."""

    host: str
    namespace: Namespace
    host_link: Link
    container: Container
    sysctls: tuple[tuple[Path, str], ...] = ()
    """Of the new namespace."""


class DeleteNamespace(msgspec.Struct, frozen=True, tag="delete-namespace"):
    """A namespace goes, with its links and the other ends of its wires."""

    netns: Netns


class SetContainer(msgspec.Struct, frozen=True, tag="set-container"):
    """What the engine says of a container (unpaused, for example)."""

    host: str
    container: Container


class ChangeWorld(msgspec.Struct, frozen=True, tag="change-world"):
    """Something outside of the host: a gateway, a peer, a client's address plan."""

    world: World
    advice: Message


class SetUnit(msgspec.Struct, frozen=True, tag="set-unit"):
    """A systemd unit, enabled and active as it says (``enabled``/``disabled``, ``active``/``inactive``)."""

    host: str
    unit: Unit


class WriteFile(msgspec.Struct, frozen=True, tag="write-file"):
    """A configuration file with this text; None: the file goes."""

    host: str
    path: str
    text: str | None


class LoadModule(msgspec.Struct, frozen=True, tag="load-module"):
    """A kernel module loaded; hairpin never unloads one, since others may use it by then."""

    host: str
    name: str


class DropConnection(msgspec.Struct, frozen=True, tag="drop-connection"):
    """A live conntrack entry away (``conntrack -D``)."""

    netns: Netns
    evidence: str


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """All conntrack entries away, or all neighbour entries that the kernel has learned."""

    netns: Netns
    what: Literal["connections", "neighbours"]


RuleEdit = AddChain | DeleteChain | InsertRule | DeleteRule | SetPolicy | ReplaceTable
"""What one atomic load of rules can make."""
Setting = (
    SetSysctl | ReplaceSysctls | AddAddress | DeleteAddress | AddRoute | DeleteRoute | ReplaceRoute | AddPolicyRule
    | DeletePolicyRule | AddNeighbour | DeleteNeighbour | AddFdbEntry | DeleteFdbEntry | ReplaceFdbEntry | SetLink
)  # fmt: skip
InKernel = RuleEdit | ReplaceRuleset | Setting
"""What a command sets in the kernel, in one namespace, and another command sets back."""
Forgotten = DropConnection | Forget
"""What the kernel learns again by itself, or never: no command brings it back."""
OfHost = ContinueProcess | HaltProcess | SetUnit | WriteFile | LoadModule
"""What a command changes on a host beside its network."""
Beyond = AddSocket | DeleteSocket | AddNamespace | DeleteNamespace | SetContainer | ChangeWorld
"""What no command of hairpin's makes: an engine does, or a person."""
Primitive = InKernel | Forgotten | OfHost | Beyond


class Change(msgspec.Struct, frozen=True):
    """Primitives made together, in order.  ``calls``: what the owner of that part of the host (an engine, firewalld) is
    asked to do, on the host of the first part, where its one call makes the whole (``docker start web``)."""

    parts: tuple[Primitive, ...]
    calls: tuple[Call, ...] = ()

    @property
    def host(self) -> str | None:
        """The label of the host that the first part is made on; None where only the world outside changes."""
        return next((host for part in self.parts if (host := label_of(part)) is not None), None)


def label_of(part: Primitive) -> str | None:
    """Return the label of the host that the part is made on; None for the world outside."""
    if isinstance(part, ChangeWorld):
        return None
    if isinstance(part, OfHost | AddNamespace | SetContainer):
        return part.host
    return part.netns.host


def one(part: Primitive, *calls: Call) -> Change:
    """Return the change of one primitive."""
    return Change((part,), calls)
