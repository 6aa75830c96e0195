"""The closed list of changes that a remedy, an event or a counterfactual makes to a network.  Most kinds have an
opposite, because events need both directions.  ``simulation/simulate.py`` computes the network after a change;
``steps.py`` makes the steps that carry it out on a host.  ``netns`` is the namespace that a part changes.  ``host`` is
the label of the host that a part changes.
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
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Dialect, Family, Rule, Ruleset, Table
from hairpin.netfilter.packet import Connection, Tuple
from hairpin.network.world import World


class SetSysctl(msgspec.Struct, frozen=True, tag="set-sysctl"):
    """Sets one value under /proc/sys in one namespace, with the kernel's side effects: ip_forward is copied to every
    interface."""

    netns: Netns
    path: Path
    value: str


class ReplaceSysctls(msgspec.Struct, frozen=True, tag="replace-sysctls"):
    """Writes sysctl values one after another, as ``sysctl --system`` does.  Sysctls that are not in the list keep their
    values."""

    netns: Netns
    values: tuple[tuple[Path, str], ...]


class AddChain(msgspec.Struct, frozen=True, tag="add-chain"):
    """Adds an empty user chain, and the chain's table if the table does not exist."""

    netns: Netns
    dialect: Dialect
    family: Family
    table: str
    chain: str


class DeleteChain(msgspec.Struct, frozen=True, tag="delete-chain"):
    """Deletes an empty user chain."""

    netns: Netns
    dialect: Dialect
    family: Family
    table: str
    chain: str


class InsertRule(msgspec.Struct, frozen=True, tag="insert-rule"):
    """Inserts a rule at ``position``, which counts from 1.

    If ``position`` is None, the rule is added at the chain's end.  ``rule.text`` is in the dialect's syntax (``-A CHAIN
    …``).  ``also``: further IR rules that come from the same text."""

    netns: Netns
    dialect: Dialect
    family: Family
    table: str
    chain: str
    rule: Rule
    position: int | None = None
    also: tuple[Rule, ...] = ()


class DeleteRule(msgspec.Struct, frozen=True, tag="delete-rule"):
    """Deletes the rule at ``place``."""

    netns: Netns
    place: Place


class SetPolicy(msgspec.Struct, frozen=True, tag="set-policy"):
    """Sets a base chain's policy.  ``place`` names the chain and has the number 0."""

    netns: Netns
    place: Place
    policy: Literal["accept", "drop"]


class ReplaceTable(msgspec.Struct, frozen=True, tag="replace-table"):
    """Replaces a whole table.

    If ``table`` is None, the table is deleted.  The built-in chains of a deleted iptables table stay.  After the
    deletion, the built-in chains are empty, and their policy is ACCEPT."""

    netns: Netns
    dialect: Dialect
    family: Family
    name: str
    table: Table | None


class ReplaceRuleset(msgspec.Struct, frozen=True, tag="replace-ruleset"):
    """Replaces all tables of a namespace; ipsets stay as they are."""

    netns: Netns
    ruleset: Ruleset


Replaceable = Route | FdbEntry
Entry = Replaceable | Address | PolicyRule | Neighbour | XfrmPolicy
"""An entry of one of a namespace's tables; ``table_of`` of ``entries.py`` returns the entry's table."""


class AddEntry(msgspec.Struct, frozen=True, tag="add-entry"):
    """Adds an entry.  An address is added with the routes that the kernel makes for it.  A neighbour entry has the
    state PERMANENT or is a proxy entry, and replaces an existing neighbour entry with the same address."""

    netns: Netns
    entry: Entry


class DeleteEntry(msgspec.Struct, frozen=True, tag="delete-entry"):
    """Deletes an entry.  An address is deleted together with the routes that the kernel deletes with it."""

    netns: Netns
    entry: Entry


class ReplaceEntry(msgspec.Struct, frozen=True, tag="replace-entry"):
    """Replaces an entry in one call.  The table is never without the entry.  The entry is a route with the same table,
    prefix, metric and TOS, or the remote of a VXLAN for a hardware address."""

    netns: Netns
    before: Replaceable
    entry: Replaceable


class SetLink(msgspec.Struct, frozen=True, tag="set-link"):
    """Sets a link's properties: up, master, MTU, flags of a bridge port, carrier."""

    netns: Netns
    link: Link


class SetDormant(msgspec.Struct, frozen=True, tag="set-dormant"):
    """Sets or removes nft's flag ``dormant`` of a table.  The kernel runs no chain of a dormant table."""

    netns: Netns
    dialect: Dialect
    family: Family
    table: str
    dormant: bool


class RenameLink(msgspec.Struct, frozen=True, tag="rename-link"):
    """Gives a link another name.

    The link keeps its addresses and routes.  A kernel before 6.2 renames only a link that is down."""

    netns: Netns
    link: str
    name: str


class AddSocket(msgspec.Struct, frozen=True, tag="add-socket"):
    """Adds a socket on which a process listens.  hairpin cannot make a process listen, so ``advice`` tells a person
    what to do."""

    netns: Netns
    socket: Socket
    advice: Message


class DeleteSocket(msgspec.Struct, frozen=True, tag="delete-socket"):
    """Closes the socket.  No process then listens on the socket's address and port."""

    netns: Netns
    socket: Socket


class ContinueProcess(msgspec.Struct, frozen=True, tag="continue-process"):
    """Continues a process that a signal stopped.  ``pid`` is the process id in the snapshot's sockets."""

    host: str
    pid: int


class HaltProcess(msgspec.Struct, frozen=True, tag="halt-process"):
    """Stops a process by a signal."""

    host: str
    pid: int


class AddNamespace(msgspec.Struct, frozen=True, tag="add-namespace"):
    """Adds a container's namespace.

    ``host_link`` is the host's end of the container's veth pair; None if the container's link is stacked on a link of
    the host.  ``container`` is the container's state after the change."""

    host: str
    namespace: Namespace
    host_link: Link | None
    container: Container
    sysctls: tuple[tuple[Path, str], ...] = ()
    """Sysctl values that override the sysctl values of ``namespace``."""


class DeleteNamespace(msgspec.Struct, frozen=True, tag="delete-namespace"):
    """Deletes a namespace with its links and the other ends of its veth pairs."""

    netns: Netns


class DeleteLink(msgspec.Struct, frozen=True, tag="delete-link"):
    """Deletes a link with its addresses, routes and values under /proc/sys, and the other end of a veth pair.  A
    bridge's ports stay, without a bridge."""

    netns: Netns
    link: str


class SetContainer(msgspec.Struct, frozen=True, tag="set-container"):
    """Replaces the engine's view of a container, for example after it was unpaused."""

    host: str
    container: Container


class ChangeWorld(msgspec.Struct, frozen=True, tag="change-world"):
    """Changes something outside of the host: a gateway, a peer, a client's addresses."""

    world: World
    advice: Message


class SetUnit(msgspec.Struct, frozen=True, tag="set-unit"):
    """Makes a systemd unit enabled and active as ``unit`` says (``enabled``/``disabled``, ``active``/``inactive``)."""

    host: str
    unit: Unit


class WriteFile(msgspec.Struct, frozen=True, tag="write-file"):
    """Writes a configuration file.  If ``text`` is None, the file is deleted."""

    host: str
    path: str
    text: str | None


class LoadModule(msgspec.Struct, frozen=True, tag="load-module"):
    """Loads a kernel module.  hairpin never unloads a module, because another program may use the module later."""

    host: str
    name: str


class DropConnection(msgspec.Struct, frozen=True, tag="drop-connection"):
    """Deletes conntrack entries by their original tuple (``conntrack -D``).  A ``saddr`` of 0 matches any source, a
    ``sport`` of 0 any source port."""

    netns: Netns
    version: Literal[4, 6]
    original: Tuple

    def means(self, entry: Connection) -> bool:
        """Return whether the conntrack entry is one of the entries to delete."""
        wanted = self.original
        if not wanted.sport:
            wanted = msgspec.structs.replace(wanted, sport=entry.original.sport)
        if not wanted.saddr:
            wanted = msgspec.structs.replace(wanted, saddr=entry.original.saddr)
        return (entry.version, entry.original) == (self.version, wanted)


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """Deletes all conntrack entries, all neighbour entries that the kernel has resolved, or all redirects that it has
    accepted."""

    netns: Netns
    what: Literal["connections", "neighbours", "redirects"]


RuleEdit = AddChain | DeleteChain | InsertRule | DeleteRule | SetPolicy | ReplaceTable
"""Edits that one atomic load of rules can make."""
Setting = (
    SetSysctl | ReplaceSysctls | AddEntry | DeleteEntry | ReplaceEntry | SetLink | RenameLink | DeleteLink | SetDormant
)
InKernel = RuleEdit | ReplaceRuleset | Setting
"""Changes of the kernel's state in one namespace.  Commands make each such change, and other commands undo it."""
Forgotten = DropConnection | Forget
"""Deletions of entries that no command can restore.

The kernel either learns a deleted entry again by itself, or the entry is lost."""
OfHost = ContinueProcess | HaltProcess | SetUnit | WriteFile | LoadModule
"""Changes of a host that a command makes and that concern no network state: processes, units, files, modules."""
Beyond = AddSocket | DeleteSocket | AddNamespace | DeleteNamespace | SetContainer | ChangeWorld
"""Changes that no command of hairpin makes, because only an engine or a person can make them."""
Primitive = InKernel | Forgotten | OfHost | Beyond


class Change(msgspec.Struct, frozen=True):
    """Primitives that are made together, in order.

    ``calls``: calls to an owner (an engine, firewalld), such as ``docker start web``.  The calls make the whole change,
    on the host of the first part."""

    parts: tuple[Primitive, ...]
    calls: tuple[Call, ...] = ()

    @property
    def host(self) -> str | None:
        """The label of the host that the first part is made on; None if the change is only about the world outside."""
        return next((host for part in self.parts if (host := label_of(part)) is not None), None)


def label_of(part: Primitive) -> str | None:
    """Return the label of the host that the part is made on; None for the world outside."""
    if isinstance(part, ChangeWorld):
        return None
    if isinstance(part, OfHost | AddNamespace | SetContainer):
        return part.host
    return part.netns.host


def added(change: Change) -> tuple[Entry, ...]:
    """Return the entries that the change adds."""
    return tuple(part.entry for part in change.parts if isinstance(part, AddEntry))


def one(part: Primitive, *calls: Call) -> Change:
    """Return the change that consists of one primitive and its calls."""
    return Change((part,), calls)
