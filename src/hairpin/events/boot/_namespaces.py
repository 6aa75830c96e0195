"""Namespaces that no engine lists, after a boot: the guests' namespaces, those that ``ip netns add`` made, and pods.

The kernel loses each of them.  A script or unit that hairpin read may make such a namespace again.  If none does,
hairpin cannot tell whether it comes back: a person may have made it for once, and a program may make it at each boot.

Programs that make rules for their own networks or guests make them again when they start: libvirt, LXC, Incus,
networkd, NetworkManager.  Their guests start again, too.  hairpin does not read their databases, so what they had
before the boot counts as what they make, on the condition that they start.  Each switches forwarding on, too.

Source: libvirt src/network/bridge_driver_linux.c networkAddFirewallRules(), lxc-net, Incus
internal/server/network/driver_bridge.go setup(), systemd src/network/networkd-address.c; measured: a reboot of trixie
with libvirt 11.3, LXC 6.0, Incus 6.0 and systemd 257
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from hairpin.change.change import Primitive, ReplaceTable, SetSysctl
from hairpin.events.boot._power_off import comes_back, with_own
from hairpin.events.course import Course, Rival
from hairpin.host.host import Host, Namespace
from hairpin.host.managers import ScriptLine
from hairpin.host.netns import NAMED
from hairpin.message import message
from hairpin.netfilter.ir import Chain, Jump, Rule, Table
from hairpin.programs import CNI, KnownProgram, having_role
from hairpin.question.namespaces import guest_in, links_towards

_ADDS = r"\bip\s+(?:-\S+\s+)*netns\s+(?:add|attach)\s+[\"']?{name}(?![\w.-])"


def with_named_namespaces_again(course: Course, was: Host, lines: Iterable[ScriptLine]) -> Course:
    """Return the course with the namespaces of ``was`` that no engine lists and that are no guest's.

    ``lines``: the commands that run at boot.  A namespace that none of them makes is there by assumption: the rival of
    the course lacks it."""
    known, assumed = list[Namespace](), list[Namespace]()
    texts = [*(each.text for each in lines), *_hooks_of_interfaces(was)]
    for each in _namespaces_without_engine(course, was):
        made = any(re.search(_ADDS.format(name=re.escape(each.name.removeprefix(NAMED))), text) for text in texts)
        (known if made else assumed).append(each)
    if known:
        course = _with_ports(with_namespaces(course, was, [_with_sockets_of_boot(each) for each in known]), was)
    if not assumed:
        return course
    names = ", ".join(sorted(each.name.removeprefix(NAMED) for each in assumed)[:5])
    said = message("something makes these namespaces again at boot, and starts what runs there: {names}", names=names)
    again = _with_ports(with_namespaces(course, was, assumed), was)
    return msgspec.structs.replace(again, rivals=(*again.rivals, Rival(course.network, said)))


def _namespaces_without_engine(course: Course, was: Host) -> Iterator[Namespace]:
    """Yield the namespaces of the host before the boot that no engine lists and that no guest has."""
    network = course.network.with_host(was)
    for each in was.namespaces:
        netns = was.netns.sibling(each.name)
        if netns.is_named and not netns.is_dockerds and not netns.is_rootless and guest_in(network, netns) is None:
            yield each


def _with_ports(course: Course, was: Host) -> Course:
    """Return the course with the rules that CNI plug-ins had made for the namespaces, unless they made them for
    Podman's containers."""
    if any(engine.network_backend == "cni" for engine in was.engines):
        return course
    return course.made(*rules_of(course, was, CNI))


def _hooks_of_interfaces(was: Host) -> Iterator[str]:
    """Yield the texts whose commands ifupdown runs when it configures a link."""
    return (each.text for each in was.files if each.path.startswith("/etc/network/interfaces"))


def _with_sockets_of_boot(namespace: Namespace) -> Namespace:
    return msgspec.structs.replace(namespace, sockets=tuple(filter(comes_back, namespace.sockets)))


def with_namespaces(course: Course, was: Host, inside: list[Namespace]) -> Course:
    """Return the course with these namespaces, and with the host's links to them as they were."""
    if not inside:
        return course
    network, own = course.network.with_host(was), course.namespace
    joined = {link for each in inside for link in links_towards(network, was.netns, was.netns.sibling(each.name))}
    old = was.namespace(was.netns.name)
    bridges = {each.name for each in own.links if each.kind == "bridge"}
    again = msgspec.structs.replace(
        own,
        links=(*(each for each in own.links if each.name not in joined),
               *(each for each in old.links if each.name in joined)),
        addresses=(*(each for each in own.addresses if each.link not in joined),
                   *(each for each in old.addresses if each.link in joined)),
        routes=(*own.routes, *(each for each in old.routes if each not in own.routes
                               and {hop.link for hop in each.next_hops} & (joined - bridges))),
    )  # fmt: skip
    host = with_own(course.host, again)
    return course.with_host(msgspec.structs.replace(host, namespaces=(*host.namespaces, *inside)))


def rules_of(course: Course, was: Host, program: KnownProgram) -> Iterator[Primitive]:
    """Yield the parts that make again what the program had made: its tables, or its chains and the rules that lead
    there."""
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
        parts = tuple(rules_of(course, was, program))
        if parts:
            said = message("{program} starts at boot and makes its rules again", program=program.name)
            course = course.made(*parts, *_forwarding_again(course, was)).provided(said)
    return course


def _forwarding_again(course: Course, was: Host) -> Iterator[Primitive]:
    old = was.namespace(was.netns.name).sysctls
    for path in _FORWARDING:
        if old.text(*path) == "1" != course.namespace.sysctls.text(*path):
            yield SetSysctl(was.netns, path, "1")
