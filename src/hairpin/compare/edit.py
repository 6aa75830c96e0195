"""A difference as an edit of the earlier network.  Unlike the parts of a plain change, edits can be applied in any
selection: an edit names a rule by its place in the chain of the earlier or of the later network, so no number moves if
another edit is left out.
"""

from typing import Literal

import msgspec

from hairpin.change.change import Primitive
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import Dialect, Family


class TableKey(msgspec.Struct, frozen=True):
    """A table of rules in a namespace."""

    netns: Netns
    dialect: Dialect
    family: Family
    name: str


class RuleTaken(msgspec.Struct, frozen=True):
    """A rule of one chain that is taken out or put in.  ``was``: its index in the earlier chain, if it is taken out;
    ``now``: its index in the later chain, if it is put in.  Both count the tool's rules, from 0."""

    table: TableKey
    chain: str
    was: int | None = None
    now: int | None = None


class Edited(msgspec.Struct, frozen=True, tag="edited"):
    """Settings of the kernel, made one after another."""

    parts: tuple[Primitive, ...]


class RulesTaken(msgspec.Struct, frozen=True, tag="rules-taken"):
    """Rules taken out and put in together: a moved rule is one of each."""

    rules: tuple[RuleTaken, ...]


TableItem = Literal["table", "chain", "policy", "set", "map", "objects"]


class TableTaken(msgspec.Struct, frozen=True, tag="table-taken"):
    """A part of a table as the later network has it: the whole table, a chain, a policy, a set, a map, the objects."""

    table: TableKey
    item: TableItem
    name: str = ""


NamespaceItem = Literal["link", "sysctl", "socket", "ipset", "learned", "field"]


class SpaceTaken(msgspec.Struct, frozen=True, tag="space-taken"):
    """A part of a namespace as the later network has it.  ``name``: the link, the path of the sysctl, the key of the
    socket, the ipset; ``learned``: what the kernel learns by itself (neighbours, connections, counts); ``field``: the
    whole field of that name."""

    netns: Netns
    item: NamespaceItem
    name: str = ""


class HostTaken(msgspec.Struct, frozen=True, tag="host-taken"):
    """A part of the host as the later network has it: a container with its namespace and its links, another
    namespace, a network of an engine, the options of an engine (``name``: docker or podman), the state of a container
    (``state``) without its namespace."""

    item: Literal["container", "state", "namespace", "network", "engine"]
    name: str
    tool: str = ""


class NotWalked(msgspec.Struct, frozen=True, tag="not-walked"):
    """A difference that no packet meets: a version, a file, a unit."""


Edit = Edited | RulesTaken | TableTaken | SpaceTaken | HostTaken | NotWalked


class Block(msgspec.Struct, frozen=True):
    """Rules ``was[first:last]`` of the earlier chain stand where ``now[start:end]`` stand in the later one; ``same``:
    they are the same rules."""

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
