"""Makes a change inside a replica, with the same steps that would carry out the change on a host.

No command makes a listening service, a running container, a part of the world, or another VNI of a tunnel device.
Changes of these things are built into the replica from the simulated network instead: see :func:`parts_of`.
"""

import msgspec

from hairpin.carry.run import carry_out
from hairpin.change.change import AddEntry, Change, DeleteEntry, InKernel, Primitive, SetLink
from hairpin.change.commands.argv import setting_argv
from hairpin.change.commands.carrying import carrying
from hairpin.change.step import LoadRules, RunCommands, Step, for_replica
from hairpin.change.steps import steps
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import Route
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.network.prefix import prefix_text
from hairpin.replica.run.build import Built
from hairpin.replica.run.netns import HeldNetns
from hairpin.replica.run.tool import run_quietly

_replace = msgspec.structs.replace


def parts_of(change: Change, network: Network) -> tuple[Change, Change]:
    """Return two changes: the parts of the change that have to be built into the replica, and the parts that commands
    can carry out afterwards.  All parts before the last built-in part are built in, too.
    """
    at = max((number for number, part in enumerate(change.parts, 1) if not _has_command(part, network)), default=0)
    return Change(change.parts[:at]), Change(change.parts[at:])


def _has_command(part: Primitive, network: Network) -> bool:
    if not isinstance(part, SetLink) or part.netns not in network:
        return isinstance(part, InKernel)
    namespace = network.namespace(part.netns)
    before = namespace.link(part.link.name)
    if before is not None and (before.qdiscs, before.filters) != (part.link.qdiscs, part.link.filters):
        return False  # a replica has no traffic control
    return bool(setting_argv(part, namespace)) or namespace.link(part.link.name) == part.link


def make(change: Change, network: Network, changed: Network, built: Built) -> tuple[Message, ...]:
    """Make the change in the rebuilt namespaces; return the tools' complaints.  ``changed``: the network after the
    change."""
    parts, network = tuple(map(_without_object, change.parts)), _without_owners(network)
    made = tuple(said for step in steps(Change(parts), network) if (said := _make(step, built)) is not None)
    for part in change.parts:
        if isinstance(part, DeleteEntry) and isinstance(part.entry, Address) and part.netns in built.netns:
            _without_route(part.entry, changed.namespace(part.netns), built.netns[part.netns])
    return made


def _without_owners(network: Network) -> Network:
    """Return the network in which no table has an owner, because the replica's own nft made the tables there."""
    for netns, namespace in network.namespaces():
        if any(each.owned for each in namespace.ruleset.tables):
            tables = tuple(_replace(each, owned=False) for each in namespace.ruleset.tables)
            changed = _replace(namespace, ruleset=_replace(namespace.ruleset, tables=tables))
            network = network.with_namespace(netns, changed)
    return network


def _without_object(part: Primitive) -> Primitive:
    """Return the change of a route without the route's next hop object.  A replica has no next hop objects."""
    if isinstance(part, AddEntry | DeleteEntry) and isinstance(part.entry, Route) and part.entry.nexthop_id is not None:
        return _replace(part, entry=_replace(part.entry, nexthop_id=None))
    return part


def _without_route(gone: Address, after: Namespace, netns: HeldNetns) -> None:
    """Delete the connected route of an address that a change has deleted.

    The kernel does not delete this route, because a replica's routes are not tied to its addresses
    (plan/addresses.py)."""
    network = gone.prefix.first
    wanted = (gone.version, network, gone.prefix_length)
    for each in after.routes:
        on_link = all((hop.link, hop.gateway) == (gone.link, None) for hop in each.next_hops)
        if (each.version, each.destination, each.prefix_length) == wanted and on_link:
            return
    netns.enter()
    prefix = prefix_text(network, gone.prefix_length, gone.version)
    run_quietly(("ip", f"-{gone.version}", "route", "del", prefix, "dev", gone.link))


def _make(step: Step, built: Built) -> Message | None:
    if not isinstance(step, RunCommands | LoadRules):
        return None  # the step has no commands: no command sets a link's carrier
    netns = built.netns.get(step.netns)
    if netns is None:
        return message("the test copy of the network (replica) lacks {netns}", netns=step.netns.name)
    netns.enter()
    return carry_out(carrying(for_replica(step)))
