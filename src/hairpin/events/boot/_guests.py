"""Programs that make rules for their own networks or guests make them again when they start: libvirt, LXC, Incus,
networkd, NetworkManager.  Their guests start again, too.

hairpin does not read their databases, so what they had before the boot counts as what they make, on the condition that
they start.  Each switches forwarding on, too.

Source: libvirt src/network/bridge_driver_linux.c networkAddFirewallRules(), lxc-net, Incus
internal/server/network/driver_bridge.go setup(), systemd src/network/networkd-address.c; measured: a reboot of trixie
with libvirt 11.3, LXC 6.0, Incus 6.0 and systemd 257
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import Primitive, ReplaceTable, SetSysctl
from hairpin.events.boot._namespaces import with_namespaces
from hairpin.events.course import Course
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.netfilter.ir import Chain, Jump, Rule, Table
from hairpin.programs import KnownProgram, having_role
from hairpin.question.namespaces import guest_in

_FORWARDING = (("net", "ipv4", "ip_forward"), ("net", "ipv4", "conf", "all", "forwarding"),
               ("net", "ipv6", "conf", "all", "forwarding"))  # fmt: skip


def with_guests_again(course: Course, was: Host) -> Course:
    """Return the course after the programs of the host's guests have made their rules again, and have started the
    guests, with a condition for each program."""
    network = course.network.with_host(was)
    inside = [each for each in was.namespaces if guest_in(network, was.netns.sibling(each.name)) is not None]
    if inside:
        names = ", ".join(sorted({each.name for each in was.named_guests}))
        course = with_namespaces(course, was, inside).provided(
            message("the guests start at boot: {names}", names=names)
        )
    for program in having_role("virtual-machines", "links"):
        parts = tuple(_rules_of(course, was, program))
        if parts:
            said = message("{program} starts at boot and makes its rules again", program=program.name)
            course = course.made(*parts, *_forwarding_again(course, was)).provided(said)
    return course


def _rules_of(course: Course, was: Host, program: KnownProgram) -> Iterator[Primitive]:
    for table in was.namespace(was.netns.name).ruleset.tables:
        if table.dialect == "nft":
            own = table if program.makes_table(table.name) else None
        else:
            own = _own_part(table, program)
        if own is None:
            continue
        held = course.namespace.ruleset.table(table.family, table.name, table.dialect)
        merged = own if held is None else _together(own, held)
        yield ReplaceTable(was.netns, table.dialect, table.family, table.name, merged)


def _own_part(table: Table, program: KnownProgram) -> Table | None:
    """Return the program's chains of a table of iptables, and the rules that lead to them; None if it has none."""
    own = {each.name for each in table.chains if program.makes_chain(each.name)}
    if not own:
        return None
    chains = (each if each.name in own else _leading_to(own, each) for each in table.chains)
    return msgspec.structs.replace(table, chains=tuple(each for each in chains if each.name in own or each.rules))


def _leading_to(own: set[str], chain: Chain) -> Chain:
    policy = "accept" if chain.policy is not None else None
    return msgspec.structs.replace(chain, rules=tuple(each for each in chain.rules if _leads(own, each)), policy=policy)


def _leads(own: set[str], rule: Rule) -> bool:
    return any(isinstance(each, Jump) and each.chain in own for each in rule.body)


def _together(own: Table, held: Table) -> Table:
    """Return the table with the program's chains, and in its other chains the program's rules before those that are
    there."""
    chains = {each.name: each for each in held.chains}
    for each in own.chains:
        there = chains.get(each.name)
        rules = each.rules if there is None else (*each.rules, *there.rules)
        numbered = tuple(msgspec.structs.replace(rule, number=number) for number, rule in enumerate(rules, 1))
        chains[each.name] = msgspec.structs.replace(there or each, rules=numbered)
    return msgspec.structs.replace(held, chains=tuple(chains.values()))


def _forwarding_again(course: Course, was: Host) -> Iterator[Primitive]:
    old = was.namespace(was.netns.name).sysctls
    for path in _FORWARDING:
        if old.text(*path) == "1" != course.namespace.sysctls.text(*path):
            yield SetSysctl(was.netns, path, "1")
