"""Observers and choices enter a walk by its door, and by nothing else."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from hairpin.door import CLOSED, ArpRequest, Door, Limits, Observation, Usual
from hairpin.host.host import SysctlRead
from hairpin.netfilter.evaluate.observation import ChainDecided, MatchAnswered
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.routing import TableAsked
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.sockets import SocketScored
from hairpin.walk.state import End
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import CLIENT, DOCKER_RULES, HOST_ADDRESS, WEB, host_namespace, network
from tests.walk.standing import at

PUBLISHED = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)
FIRST = "-A POSTROUTING -s 172.17.0.0/16"
DRAWN = "-A POSTROUTING -p tcp -j MASQUERADE --to-ports 5000-5009 --random"
MASQUERADED = DOCKER_RULES.replace(FIRST, f"{DRAWN}\n{FIRST}")


class Notes:
    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def observe(self, observation: Observation) -> None:
        self.seen.append(observation)


class LastPort(Usual, frozen=True):
    def port(self, first: int, last: int, is_free: Callable[[int], bool]) -> int:
        return last if is_free(last) else first


def ended(net: Network) -> End:
    (end,) = walk_packet(net, at("device-in"))
    return end


def test_no_network_that_is_read_has_an_open_door() -> None:
    assert all(each.door is CLOSED for each in network().this.namespaces)


def test_an_observer_learns_what_the_walk_asks() -> None:
    notes = Notes()
    trace = walk_flow(network().through(Door(observer=notes)), PUBLISHED)
    assert {type(each) for each in notes.seen} == {ChainDecided, MatchAnswered, SysctlRead, SocketScored, TableAsked}
    assert trace == walk_flow(network(), PUBLISHED)


def test_an_observed_packet_keeps_the_rules_that_it_satisfied() -> None:
    watched = ended(network().through(Door(observer=Notes()))).state
    rules = [place.text for each in watched.history.passed for place in each.decision.trail]
    assert any("-j DNAT" in text for text in rules)
    assert {each.netns.name for each in watched.history.passed} <= {"host", "container:web"}
    assert ended(network()).state.history.passed == ()


def test_a_choice_decides_the_port_that_nat_draws() -> None:
    net = network(host_namespace(MASQUERADED))
    ports = [ended(each).state.packet.sport for each in (net, net.through(Door(choices=LastPort())))]
    assert ports == [5000, 5009]


@pytest.mark.parametrize(("hops", "kind"), ((24, "arrived"), (4, "looped")))
def test_a_limit_ends_the_walk(hops: int, kind: str) -> None:
    travelled = msgspec.structs.replace(at("device-in"), hops=5)
    (end,) = walk_packet(network().through(Door(limits=Limits(hops=hops))), travelled)
    assert end.kind == kind


def test_the_usual_choices_are_the_first_free_port_and_the_packets_own_request() -> None:
    assert Usual().port(1024, 65535, lambda port: port > 1030) == 1031
    assert Usual().port(5, 6, lambda _: False) == 5
    assert Usual().arp_sender(ArpRequest("h", "host", "docker0", WEB, HOST_ADDRESS)) == HOST_ADDRESS


# --- nothing else reaches in -----------------------------------------------------------------------------------------

TESTS = Path(__file__).resolve().parent
CLOSED_TO_TESTS = ("hairpin.netfilter.evaluate", "hairpin.network", "hairpin.walk", "hairpin.host.sysctl")
REPLACERS = {"setattr", "delattr", "setitem", "delitem", "patch", "object", "dict", "multiple"}
"""Functions of pytest's MonkeyPatch and of unittest.mock, and the built-in ones, that replace what they are given."""


REACHES = re.compile(rf"\b(?:{'|'.join(sorted(REPLACERS))})\(|[\w\])]\s*[-+*/|&]?=(?!=)|\bdel ")
"""What the text of a file that replaces something has: a call of these functions, or an assignment."""


def is_closed(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in CLOSED_TO_TESTS)


def reaching_in(text: str) -> Iterator[int]:
    """Yield the lines that replace something of those modules: an attribute, or what a patching function is given."""
    if not any(each.rpartition(".")[2] in text for each in CLOSED_TO_TESTS) or not REACHES.search(text):
        return
    tree = ast.parse(text)
    names = set(imported(tree))
    if not names and not any(each in text for each in CLOSED_TO_TESTS):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in REPLACERS:
                given = first.value if isinstance(first, ast.Constant) else None
                if (isinstance(given, str) and is_closed(given)) or rooted(first) in names:
                    yield node.lineno
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                if rooted(node) in names:
                    yield node.lineno
            case _:
                pass


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a file gives to those modules, and to what it imports of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                if is_closed(node.module) or is_closed(f"{node.module}.{alias.name}"):
                    yield alias.asname or alias.name
        elif isinstance(node, ast.Import):
            yield from (alias.asname or "hairpin" for alias in node.names if is_closed(alias.name))


def rooted(node: ast.expr) -> str:
    """Return the name that an expression begins with: ``a`` of ``a.b``, ``a[0].b`` and ``vars(a)``."""
    while not isinstance(node, ast.Name):
        match node:
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Call(args=[inner, *_]):
                node = inner
            case _:
                return ""
    return node.id


def test_no_test_replaces_anything_of_evaluation_routing_or_walk() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        for line in reaching_in(path.read_text("utf-8"))
    ]
    assert found == [], "an observer, a choice or a limit enters by hairpin.door"


REACHING = {
    "a constant": "from hairpin.netfilter.evaluate import index\nindex.INDEX_FROM = 0",
    "a function, by mock": "from hairpin.walk.hooks import nat\nwith patch.object(nat, 'set_up', mine):\n    pass",
    "a method": "from hairpin.host.sysctl import Sysctls\nmonkeypatch.setattr(Sysctls, 'number', mine)",
    "by its name": "patch('hairpin.walk.link.bridge.calls_iptables', mine)",
    "by vars": "import hairpin.walk.state as s\nvars(s)['State'] = 1",
    "of a module's module": "import hairpin.walk.state\nhairpin.walk.state.State = 1",
}


@each_row("text", REACHING.values(), ids=REACHING)
def test_reaching_in_is_seen(text: str) -> None:
    assert list(reaching_in(text)) == [2 if "\n" in text else 1]


def test_what_a_test_makes_itself_is_its_own() -> None:
    text = "from hairpin.network.network import Network\nfound = {}\nfound[CLIENT] = Network(host)\npatch('os.name', 1)"
    assert list(reaching_in(text)) == []
