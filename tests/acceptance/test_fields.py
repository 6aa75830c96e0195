"""A field of a host's state is treated as it says (``hairpin/field.py``): two hosts that differ in it alone differ in
their alike containers, in ``hairpin diff`` and in the plan of a replica as the field says.

Each value is drawn.  A new field fails here until the parts that treat all fields know it, or until it says that they
need not.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, TypeVar, cast

import msgspec
import pytest

import hairpin
from hairpin.change.commands.words import link_commands
from hairpin.compare.comparison import network_sides
from hairpin.compare.mixing import with_edits
from hairpin.events.boot._power_off import powered_off
from hairpin.events.course import Course
from hairpin.events.engines._containers import ended
from hairpin.evidence.reading import HOST
from hairpin.field import FieldFacts, facts_of
from hairpin.host.docker import Container, Endpoint, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.link import PORT_FLAGS, Address, BridgeInfo, BridgePort, Link, Tunnel
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, FdbEntry, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.socket import Relay, Socket
from hairpin.host.sysctl import Sysctls
from hairpin.network.kinds.kinds import kinds_of
from hairpin.network.network import Network
from hairpin.replica.plan.plan import blueprint
from tests.compare.small_pairs import host, with_namespace
from tests.filled import filled
from tests.many_hosts import COUNT, address, many
from tests.small_host import HOST_NETNS, published

Kind = type[msgspec.Struct]
Chain = tuple[FieldFacts, ...]
"""The descriptions of the fields in which a value is, the outermost first."""
Reasons = dict[tuple[Kind, str], str]
"""Why a field is left out, by type and field."""
V = TypeVar("V")
SOURCE = Path(hairpin.__file__).parent
TYPES: Mapping[str, object] = {each.name: each.type for each in msgspec.structs.fields(Namespace)}
PARTS = tuple(name for name in TYPES if name not in ("name", "door"))
"""The fields of a namespace that a host's readings fill."""
_replace = msgspec.structs.replace


def held_in(value: object, chain: Chain = ()) -> Iterator[tuple[msgspec.Struct, Chain]]:
    """Yield each structure in the value, with the descriptions of the fields in which it is."""
    if isinstance(value, msgspec.Struct):
        yield value, chain
        for name, facts in facts_of(type(value)).items():
            yield from held_in(getattr(value, name), (*chain, facts))
    elif isinstance(value, tuple):
        for each in cast("tuple[object, ...]", value):
            yield from held_in(each, chain)


def exchanged(value: V, old: object, new: object) -> V:
    """Return the value in which ``new`` stands for ``old``."""
    whole: Any = value
    if whole is old:
        return cast("V", new)
    if isinstance(whole, tuple):
        parts = cast("tuple[object, ...]", whole)
        members = tuple(exchanged(each, old, new) for each in parts)
        return cast("V", members) if any(one is not two for one, two in zip(parts, members, strict=True)) else value
    if isinstance(whole, msgspec.Struct):
        made = {name: exchanged(getattr(whole, name), old, new) for name in whole.__struct_fields__}
        changed = {name: now for name, now in made.items() if now is not getattr(whole, name)}
        return cast("V", _replace(whole, **changed)) if changed else value
    return value


def drawn_by(name: str) -> Random:
    return Random(name)  # noqa: S311 - the same values in each run


def with_drawn(value: msgspec.Struct, field: str, random: Random) -> msgspec.Struct:
    """Return the value with another value of the field."""
    hint = next(each.type for each in msgspec.structs.fields(type(value)) if each.name == field)
    while True:
        number = random.randrange(2, 30)
        made = _replace(value, **{field: filled(hint, f"x{number}", number)})
        if made != value:
            return made


def rows(*kinds: Kind, without: Reasons | None = None) -> pytest.MarkDecorator:
    """Return the mark for each field of the types."""
    found = [(kind, field) for kind in kinds for field in facts_of(kind) if (kind, field) not in (without or {})]
    return pytest.mark.parametrize(("kind", "field"), found, ids=[f"{kind.__name__}.{name}" for kind, name in found])


# ---- alike containers


def crowd() -> Host:
    """Return a host of alike containers.  Each has an entry of each kind in its namespace."""
    net = many()
    for number in range(COUNT):
        netns = HOST_NETNS.sibling(f"container:web-{number}")
        inside = _replace(
            net.namespace(netns),
            rules=(PolicyRule(4, 100, table=7),),
            neighbours=(Neighbour("eth0", 4, 0xC6336407, 0x020000000007, "PERMANENT"),),
            fdb=(FdbEntry(None, "eth0", 0x020000000009, state="permanent"),),
        )
        net = net.with_namespace(netns, inside)
    return net.this


CROWD = crowd()
OWN = CROWD.namespace(HOST)
WEB3 = next(each for each in CROWD.containers() if each.name == "web-3")
INSIDE = CROWD.namespace("container:web-3")
READINGS = (WEB3, INSIDE, OWN.link("veth3a"), next(each for each in OWN.sockets if each.port == 20003))
OF_WEB3 = [each for one in READINGS for each in held_in(one)]
"""All that belongs to the container web-3 alone."""
OF_WEB4 = {
    "name": "web-4", "id": f"{4:064x}", "netns": "container:web-4", "netnsid": 5, "link": "veth4a", "index": 204,
    "inner-index": 104, "mac": 0x9A0000000000 + 7919 * 4, "address": address(4), "port": 20004,
}  # fmt: skip
"""A value of the container web-4 in each role."""
NOT_OF_KINDS: Reasons = {
    (Socket, "is_late"): "it is read of a socket whose process is not known",
    (Namespace, "door"): "no reading fills it",
    (Namespace, "name"): "the container has it, too",
}


def apart(changed: Host) -> bool:
    """Return whether the container web-3 is not alike to the container web-0."""
    members = kinds_of(Network((changed,))).members
    return 3 not in members or members[3][0] != members[0][0]


@rows(
    Namespace, Link, BridgePort, Address, Route, NextHop, PolicyRule, Neighbour, FdbEntry, Socket, Relay, Container,
    Endpoint, PortBinding, without=NOT_OF_KINDS,
)  # fmt: skip
def test_a_container_is_told_apart_by_what_a_walk_reads(kind: Kind, field: str) -> None:
    """A field with a role gets a value of another container."""
    random, facts = drawn_by(f"{kind.__name__}.{field}"), facts_of(kind)[field]
    value, chain = random.choice([(value, chain) for value, chain in OF_WEB3 if type(value) is kind])
    inside = any(value is each for each, _ in held_in(INSIDE))
    role = facts.role_within(inside=inside)
    changed = with_drawn(value, field, random)
    if role is not None:
        other = OF_WEB4[role]
        changed = _replace(value, **{field: (other,) if isinstance(getattr(value, field), tuple) else other})
    walked = facts.walked and all(each.walked for each in chain)
    assert apart(exchanged(CROWD, value, changed)) is walked


NAMES_NO_CONTAINER = {
    "counters": "numbers of packets and entries of the whole host",
    "queues": "numbers of queues that a person chose",
    "now_s": "the moment of the reading",
    "kernel": "the release of the kernel",
    "ruleset": "rules have forms of their own: tests/network/kinds/test_kinds.py",
}
"""Fields of the host's own namespace that have no own values of a container."""


def alone(net: Network) -> bool:
    """Return whether the container web-3 is alike to no other container."""
    return 3 not in kinds_of(net).members


@pytest.mark.parametrize("field", [each for each in PARTS if each not in NAMES_NO_CONTAINER])
def test_a_container_that_the_host_names_is_told_apart(field: str) -> None:
    net = many()
    own = net.namespace(HOST_NETNS)
    veth = next(each.name for each in own.links if each.name.startswith("veth3"))
    named = [added(own, field, text, number) for text, number in ((veth, 7), ("x", address(3)))]
    assert any(alone(net.with_namespace(HOST_NETNS, _replace(own, **{field: each}))) for each in named), (
        f"network/kinds/readings.py: _read_outer looks for no container's own values in {field}"
    )


def added(own: Namespace, field: str, text: str, number: int) -> object:
    """Return the field's value with one part more."""
    more, held = filled(TYPES[field], text, number), getattr(own, field)
    if isinstance(held, tuple) and isinstance(more, tuple):
        return cast("tuple[object, ...]", held) + cast("tuple[object, ...]", more)
    if isinstance(held, Sysctls) and isinstance(more, Sysctls):
        return Sysctls({**held.values, **more.values})
    return more


ASKED_OF_HOSTS = sorted(
    {
        field
        for folder in ("walk", "network")
        for file in (SOURCE / folder).rglob("*.py")
        for field in re.findall(r"\bhost\.(\w+)\b(?!\()", file.read_text("utf-8"))
        if field in Host.__struct_fields__
    }
)
"""The fields of a host that a walk asks."""
OF_NO_CONTAINER = {
    "name": "the host's own",
    "kernel": "the release of the kernel",
    "cloud": "a name of a cloud",
    "hypervisor": "a name of a hypervisor",
    "namespaces": "the tests above ask for each of their fields",
    "engines": "tests/network/kinds/test_kinds.py asks for containers and networks",
    "files": "the words of two files are noted: tests/network/kinds/test_kinds.py",
    "versions": "versions of programs, which no walk reads",
    "beside": "the processes, users and sockets of engines that were not asked",
}
"""Fields of a host that have no own values of a container, or that other tests ask for."""


@pytest.mark.parametrize("field", [each for each in ASKED_OF_HOSTS if each not in OF_NO_CONTAINER])
def test_a_container_that_a_field_of_the_host_names_is_told_apart(field: str) -> None:
    net = many()
    hint = next(each.type for each in msgspec.structs.fields(Host) if each.name == field)
    named = filled(hint, "container:web-3", address(3))
    assert alone(net.with_host(_replace(net.this, **{field: named}))), f"network/kinds/readings.py: no note of {field}"


def test_the_containers_are_alike_as_they_are() -> None:
    assert set(kinds_of(Network((CROWD,))).members) == set(range(COUNT))


# ---- the comparison of two hosts, and the replica of a host


def whole() -> Host:
    """Return a host whose own namespace has an entry of each kind."""
    own = host().namespace(HOST)
    links = (
        Link(72, "new2", "bridge", bridge=BridgeInfo(vlan_filtering=True)),
        Link(70, "new0", "veth", master="new2", port=BridgePort(vlans=((1, 1, True),))),
        Link(73, "new3", "vlan", lower="eth0", vlan_id=7),
        Link(74, "new4", "vxlan", tunnel=Tunnel("vxlan", key=7, port=4789, remote=0xC6336408, underlay="eth0")),
        Link(75, "new5", "vrf", vrf_table=9),
    )
    hops = (NextHop("new2", 0xC0000202, weight=2), NextHop("eth0"))
    return with_namespace(
        host(),
        links=(*own.links, *links),
        addresses=(*own.addresses, Address("new2", 4, 0xC0000201, 24)),
        routes=(
            *own.routes,
            Route(4, 0xC0000200, 24, next_hops=(NextHop("new2"),), protocol="kernel", scope="link"),
            Route(4, 0xCB007100, 24, next_hops=hops, protocol="static"),
        ),
        rules=(
            PolicyRule(4, 0, table=TABLE_LOCAL),
            PolicyRule(4, 32766, table=TABLE_MAIN),
            PolicyRule(4, 100, table=7, tos=4),
        ),
        neighbours=(Neighbour("new2", 4, 0xC0000205, 0x020000000007, "PERMANENT"),),
        fdb=(
            FdbEntry(None, "new4", 0x02000000000A, state="permanent", remote=0xC6336408),
            FdbEntry("new2", "new0", 0x020000000009, state="static"),
        ),
    )


WHOLE = whole()
HELD: dict[Kind, list[tuple[msgspec.Struct, Chain]]] = defaultdict(list)
"""The values of each type in the host's own namespace."""
for _each, _chain in held_in(WHOLE.own):
    HELD[type(_each)].append((_each, _chain))
FLOWS = (published(),)
PLAN = blueprint(Network((WHOLE,)), FLOWS)
OF_ENTRIES = (Link, BridgePort, BridgeInfo, Address, Route, NextHop, PolicyRule, Neighbour, FdbEntry, Socket)
OWN_WORDS: Reasons = {
    **dict.fromkeys(
        ((Socket, each) for each in ("backlog", "queued", "received", "receive_buffer")), "a full queue is compared"
    ),
    (Address, "dynamic"): "addresses of DHCP are compared apart",
    (BridgePort, "state"): "no state has a drawn name: tests/change/commands/test_words.py",
    (Link, "carrier"): "of a physical link: tests/compare/test_setting_differences.py",
    (Link, "mac"): "of a physical link: tests/compare/test_setting_differences.py",
    **dict.fromkeys(((NextHop, each) for each in ("gateway", "gateway_version")), "a drawn gateway is in no network"),
    (Link, "flags"): "only NOARP decides",
    (Link, "tunnel"): "a tunnel gets another end, and no other kind",
}
"""Fields of which the comparison has code of its own."""


@rows(*OF_ENTRIES, without=OWN_WORDS)
def test_a_difference_is_listed_as_the_field_says(kind: Kind, field: str) -> None:
    value, chain = HELD[kind][-1]
    now = exchanged(WHOLE, value, with_drawn(value, field, drawn_by(f"{kind.__name__}.{field}")))
    found, facts = network_sides(WHOLE, now)[1], facts_of(kind)[field]
    if facts.diff == "never":
        assert all(each.part == "learned" for each in found)
    else:
        assert found
        assert any(each.listed for each in found) or any(each.diff == "learned" for each in chain)


OWN_PLANS: Reasons = {
    **dict.fromkeys(
        ((Socket, each) for each in ("backlog", "queued", "received", "receive_buffer")), "a full queue is planned"
    ),
    **dict.fromkeys(((Link, each) for each in ("macvlan_mode", "ipvlan_flag")), "of a container's link"),
    **dict.fromkeys(((BridgeInfo, each) for each in ("mcast_snooping", "mcast_querier")), "both together flood"),
    (BridgeInfo, "pvid"): "beside VLANs",
    (BridgePort, "state"): "no state has a drawn name",
    (Link, "flags"): "only NOARP decides",
    (Link, "group"): "a group has a number",
    (Link, "peer_netnsid"): "of a pair whose ends were both read",
    (Link, "qdiscs"): "a queueing discipline that drops long packets",
    (NextHop, "onlink"): "beside a gateway",
    (PolicyRule, "goto"): "beside its action",
    (PolicyRule, "whole_dscp"): "beside a whole byte",
    (Route, "nexthop_id"): "the next hops are planned",
}
"""Fields that a plan has only beside others: tests/replica/plan/ has them."""


@rows(*OF_ENTRIES, without=OWN_PLANS)
def test_a_replica_has_what_the_field_says(kind: Kind, field: str) -> None:
    """Some fields matter only for some kinds of links, or beside others."""
    random = drawn_by(f"{kind.__name__}.{field}")
    changed = ((value, with_drawn(value, field, random)) for value, _ in HELD[kind][-8:] for _ in range(2))
    plans = (blueprint(Network((exchanged(WHOLE, value, now),)), FLOWS) for value, now in changed)
    assert any(each != PLAN for each in plans) is facts_of(kind)[field].rebuilt


def pair(kind: Kind, field: str, hint: object) -> Iterator[Host]:
    """Yield two hosts that differ in one field of their namespace or of a new link."""
    for text, number in (("x", 7), ("y", 8)):
        value = filled(hint, text, number)
        if kind is Link:
            own, link = host().namespace(HOST), _replace(Link(70, "new0"), **{field: value})
            yield with_namespace(host(), links=(*own.links, link))
        else:
            yield with_namespace(host(), **{field: value})


COMPARED = [
    (kind, each.name, each.type)
    for kind in (Namespace, Link)
    for each in msgspec.structs.fields(kind)
    if facts_of(kind)[each.name].diff != "never" and (kind, each.name) != (Link, "flags")
    if kind is Link or each.name in {*PARTS} - {"sysctls"}  # only a sysctl that both hosts have is compared
]


@pytest.mark.parametrize(
    ("kind", "field", "hint"), COMPARED, ids=[f"{kind.__name__}.{name}" for kind, name, _ in COMPARED]
)
def test_a_difference_can_be_mixed(kind: Kind, field: str, hint: object) -> None:
    was, now = pair(kind, field, hint)
    sides, differences = network_sides(was, now)
    assert differences
    assert network_sides(with_edits(sides, (each.edit for each in differences)).this, now)[1] == ()


@pytest.mark.parametrize("flag", PORT_FLAGS)
def test_a_flag_of_a_bridge_port_can_be_set(flag: str) -> None:
    usual = BridgePort()
    before = Link(70, "new0", "veth", master="docker0", port=usual)
    after = _replace(before, port=_replace(usual, **{flag: not getattr(usual, flag)}))
    assert any(flag in each for each in link_commands(before, after))


# ---- a boot, and the end of a container

OUTLASTS_A_BOOT = {
    "queues": "programs start again and read their queues",
    "now_s": "a boot takes no time in the model",
    "netnsids": "no other namespace is left",
    "kernel": "the event kernel-upgrade changes it",
    "unread": "what was not read stays unknown",
}


@pytest.mark.parametrize("field", [each for each in PARTS if each not in OUTLASTS_A_BOOT])
def test_a_boot_makes_it_anew(field: str) -> None:
    before = filled(TYPES[field], "x", 7)
    net = Network((with_namespace(host(), **{field: before}),))
    after = getattr(powered_off(Course(net, net.this.name)).namespace, field)
    assert after is not before
    assert facts_of(Namespace)[field].lasts or after == getattr(Namespace(""), field)


@pytest.mark.parametrize("field", [each for each in facts_of(Container) if each not in ("status", "bindings")])
def test_a_container_that_ends_loses_what_does_not_last(field: str) -> None:
    before = cast("Container", with_drawn(Container("1", "web", "running"), field, drawn_by(field)))
    kept = _replace(before, endpoints=()) if field == "endpoints" else before
    after = ended(kept)
    wanted = kept if facts_of(Container)[field].lasts else Container("", "", "")
    assert field == "hosts_entries" or getattr(after, field) == getattr(wanted, field)
