"""A difference as an edit of the earlier network.

Unlike the parts of a change, edits can be applied in any selection.  An edit names a rule by its place in the chain of
the earlier or of the later network.  The rule number in an edit stays right even if another edit is left out.
"""

from typing import Literal

import msgspec

from hairpin.change.change import Primitive
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import Dialect, Family


class TableKey(msgspec.Struct, frozen=True):
    """The key of a table of rules in a namespace."""

    netns: Netns
    dialect: Dialect
    family: Family
    name: str


class RuleTaken(msgspec.Struct, frozen=True):
    """A rule that is taken out of a chain or put into it.  ``was``: for a rule that is taken out, its index in the
    earlier chain.  ``now``: for a rule that is put in, its index in the later chain.  Both indexes start at 0 and count
    the rules as iptables or nft writes them; one such rule may be several rules of the IR."""

    table: TableKey
    chain: str
    was: int | None = None
    now: int | None = None


class Edited(msgspec.Struct, frozen=True, tag="edited"):
    """Edit: changes of the kernel's settings, made one after another."""

    parts: tuple[Primitive, ...]


class RulesTaken(msgspec.Struct, frozen=True, tag="rules-taken"):
    """Edit: rules that are taken out and put in together.  A moved rule is taken out in one place and put in at
    another."""

    rules: tuple[RuleTaken, ...]


TableItem = Literal["table", "chain", "policy", "set", "map", "objects"]


class TableTaken(msgspec.Struct, frozen=True, tag="table-taken"):
    """Edit: a part of a table becomes as in the later network.  The part is the whole table, a chain, a policy, a set,
    a map or the objects."""

    table: TableKey
    item: TableItem
    name: str = ""


NamespaceItem = Literal["link", "sysctl", "socket", "ipset", "learned", "field"]


class SpaceTaken(msgspec.Struct, frozen=True, tag="space-taken"):
    """Edit: a part of a namespace becomes as in the later network.

    ``item``: the kind of the part.  The kind ``learned`` means the entries that the kernel learns by itself
    (neighbours, connections, counts).  The kind ``field`` means the whole field ``name`` of the namespace.  ``name``:
    the link, the path of the sysctl, the key of the socket, the ipset or the field."""

    netns: Netns
    item: NamespaceItem
    name: str = ""


class HostTaken(msgspec.Struct, frozen=True, tag="host-taken"):
    """Edit: a part of the host becomes as in the later network.

    The part is a container with its namespace and its links, another namespace, a network of an engine, or the options
    of an engine (``name``: the engine's user).  ``state`` is the state of a container without its namespace.  ``tool``:
    docker or podman."""

    item: Literal["container", "state", "namespace", "network", "engine"]
    name: str
    tool: str = ""


class NotWalked(msgspec.Struct, frozen=True, tag="not-walked"):
    """No edit, because no packet meets the difference.  No packet meets a difference of a version, a file or a unit."""


Edit = Edited | RulesTaken | TableTaken | SpaceTaken | HostTaken | NotWalked


class Block(msgspec.Struct, frozen=True):
    """The rules ``was[first:last]`` of the earlier chain, and the rules ``now[start:end]`` that replace them in the
    later chain.  ``same``: whether both blocks consist of the same rules."""

    same: bool
    first: int
    last: int
    start: int
    end: int


class ChainBlocks(msgspec.Struct, frozen=True):
    """The corresponding rules of one chain, as blocks in order."""

    table: TableKey
    chain: str
    blocks: tuple[Block, ...]
