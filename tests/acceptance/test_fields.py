"""A field of a namespace, a link, a bridge port, a container or a host is known wherever all fields are treated.

Each of these places passes over a field that it does not know, and no type checker sees it.  So a new field fails here
until its place is found, or until a row says why it needs none.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import msgspec
import pytest

import hairpin
from hairpin.causes.bridge import bridge_port_blocked
from hairpin.change.commands.words import link_commands
from hairpin.compare.comparison import network_sides
from hairpin.compare.mixing import with_edits
from hairpin.events.boot._power_off import powered_off
from hairpin.events.course import Course
from hairpin.evidence.reading import HOST
from hairpin.host.host import Host, Namespace
from hairpin.host.link import BridgePort, Link
from hairpin.host.sysctl import Sysctls
from hairpin.network.kinds.kinds import kinds_of
from hairpin.network.network import Network
from hairpin.replica.plan.link_settings import settings
from tests.compare.small_pairs import host, with_namespace
from tests.filled import filled
from tests.many_hosts import COUNT, address, inside, many
from tests.rows import each_row
from tests.small_host import HOST_NETNS

SOURCE = Path(hairpin.__file__).parent
TYPES: Mapping[str, object] = {each.name: each.type for each in msgspec.structs.fields(Namespace)}
PARTS = tuple(name for name in TYPES if name not in ("name", "door"))
"""The fields of a namespace that a host's readings fill."""
_replace = msgspec.structs.replace


# ---- alike containers


def alone(net: Network) -> bool:
    """Return whether the container web-3 is alike to no other container."""
    return 3 not in kinds_of(net).members


@each_row("field", PARTS)
def test_a_difference_inside_a_container_tells_it_apart(field: str) -> None:
    changed = _replace(inside(3), **{field: filled(TYPES[field], "x", 7)})
    net = many().with_namespace(HOST_NETNS.sibling("container:web-3"), changed)
    assert alone(net), f"network/kinds/readings.py: {field} is in none of _ORDERED, _UNORDERED and _ALONE"


NAMES_NO_CONTAINER = {
    "counters": "numbers of packets and entries of the whole host",
    "queues": "numbers of queues that a person chose",
    "now_s": "the moment of the reading",
    "kernel": "the release of the kernel",
    "ruleset": "rules have forms of their own: tests/network/kinds/test_kinds.py",
}
"""Fields of the host's own namespace that have no own values of a container."""


@each_row("field", [each for each in PARTS if each not in NAMES_NO_CONTAINER])
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
}
"""Fields of a host that have no own values of a container, or that other tests ask for."""


@pytest.mark.parametrize("field", [each for each in ASKED_OF_HOSTS if each not in OF_NO_CONTAINER])
def test_a_container_that_a_field_of_the_host_names_is_told_apart(field: str) -> None:
    net = many()
    hint = next(each.type for each in msgspec.structs.fields(Host) if each.name == field)
    named = filled(hint, "container:web-3", address(3))
    assert alone(net.with_host(_replace(net.this, **{field: named}))), f"network/kinds/readings.py: no note of {field}"


def test_the_containers_are_alike_as_they_are() -> None:
    assert set(kinds_of(many()).members) == set(range(COUNT))


# ---- the comparison of two hosts

NOT_COMPARED: Mapping[type[msgspec.Struct], Mapping[str, str]] = {
    Namespace: {
        "sysctls": "only a sysctl that both hosts have is compared",
        "now_s": "the moment of the reading",
        "kernel": "the host has this field, too",
        "netnsids": "numbers that the kernel gives",
        "unread": "the comparison lists it separately",
    },
    Link: {
        **dict.fromkeys(("index", "peer_index", "peer_netnsid", "holder_pid"), "numbers that the kernel gives"),
        "operstate": "it follows from other fields",
        "flags": "only NOARP decides",
        "evidence": "the reading's number",
    },
}
"""Fields in which two hosts may differ without a difference in the list."""


def pair(kind: type[msgspec.Struct], field: str, hint: object) -> Iterator[Host]:
    """Yield two hosts that differ in one field of their namespace or of a link."""
    for text, number in (("x", 7), ("y", 8)):
        value = filled(hint, text, number)
        if kind is Link:
            own, link = host().namespace(HOST), _replace(Link(70, "new0"), **{field: value})
            yield with_namespace(host(), links=(*own.links, link))
        else:
            yield with_namespace(host(), **{field: value})


COMPARED = [
    (kind, each.name, each.type)
    for kind, left_out in NOT_COMPARED.items()
    for each in msgspec.structs.fields(kind)
    if each.name not in left_out and (kind is not Namespace or each.name in PARTS)
]


@each_row(("kind", "field", "hint"), COMPARED, ids=[f"{kind.__name__}.{name}" for kind, name, _ in COMPARED])
def test_a_difference_is_listed_and_can_be_mixed(kind: type[msgspec.Struct], field: str, hint: object) -> None:
    was, now = pair(kind, field, hint)
    sides, differences = network_sides(was, now)
    place = "compare/setting_differences.py: _BESIDE" if kind is Link else "compare/mixing.py: LEARNED"
    assert differences, f"{place}, or another file of compare/, does not know {field}"
    assert network_sides(with_edits(sides, (each.edit for each in differences)).this, now)[1] == ()


# ---- a boot

OUTLASTS_A_BOOT = {
    "queues": "programs start again and read their queues",
    "now_s": "a boot takes no time in the model",
    "netnsids": "no other namespace is left",
    "kernel": "the event kernel-upgrade changes it",
    "unread": "what was not read stays unknown",
}


@each_row("field", [each for each in PARTS if each not in OUTLASTS_A_BOOT])
def test_a_boot_makes_it_anew(field: str) -> None:
    before = filled(TYPES[field], "x", 7)
    net = Network((with_namespace(host(), **{field: before}),))
    after = powered_off(Course(net, net.this.name)).namespace
    assert getattr(after, field) is not before, f"events/boot/_power_off.py: _bare keeps {field} as it was"


# ---- a flag of a bridge port

FLAGS = [each.name for each in msgspec.structs.fields(BridgePort) if isinstance(each.default, bool)]
OF_OTHER_CAUSES = ("hairpin", "isolated")


@each_row("flag", FLAGS)
def test_a_flag_of_a_bridge_port_can_be_set_everywhere(flag: str) -> None:
    usual = BridgePort()
    before = Link(70, "new0", "veth", master="docker0", port=usual)
    after = _replace(before, port=_replace(usual, **{flag: not getattr(usual, flag)}))
    assert any(flag in each for each in link_commands(before, after)), f"change/commands/words.py: _FLAGS lacks {flag}"
    own = host().namespace(HOST)
    lines = settings(_replace(own, links=(*own.links, Link(69, "docker0", "bridge"), after)))
    assert any(flag in line.split() for line in lines), f"replica/plan/link_settings.py: _port_flags lacks {flag}"
    known = (*vars(bridge_port_blocked)["_AS_MADE"], *OF_OTHER_CAUSES)
    assert flag in known, f"causes/bridge/bridge_port_blocked.py: _AS_MADE lacks {flag}"
