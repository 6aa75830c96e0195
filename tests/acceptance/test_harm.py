"""What judges hairpin on hosts with decisions and accidents fires where it must, and is silent where it must be."""

from collections.abc import Mapping

import msgspec
import pytest

from hairpin.lab.probe import Outcome
from tests.harm.case import Case, Form, case_of
from tests.harm.draw import INBOUND, OTHERS, Draw
from tests.harm.elements import ELEMENTS
from tests.harm.foretold import key_of, key_told
from tests.harm.hairpin import Said
from tests.harm.judge import Seen, is_void, misses
from tests.hunt.real.flows import Seen as Exchange
from tests.rows import each_row
from tests.score.all_flows import Way

_DB, _ADMIN = OTHERS
_OUT = Way("container:web", "203.0.113.80", "443")
_WAYS = (INBOUND, _DB, _ADMIN, _OUT)
_ALL = (*_WAYS,)
_CLOSED = (_OUT,)
_RULE = "iptables -D DOCKER-USER -i eth0 -j DROP"
_DRAW = Draw("a rule", (_RULE,), ask=("8151", "--from", "192.0.2.10"), stays_out=OTHERS, named=("only office",))
_WALL = msgspec.structs.replace(_DRAW, wall=True)
_NAMES = {"left_out": [{"id": "delete-rule", "why": "policy", "undoes": {"said": "only office", "ask": "whom"}}]}
_REFUSED = Said("fix", 1, {"applied": False, "plan": [], **_NAMES})
_DONE = Said("fix", 0, {"applied": True, "plan": [{"commands": [_RULE]}], "left_out": []})
_CHECK = Said("check", 1, {"causes": []})


def passing(*ways: Way) -> Mapping[Way, Exchange]:
    return {way: Exchange(Outcome.DELIVERED if way in ways else Outcome.TIMEOUT) for way in _WAYS}


def seen(healthy: tuple[Way, ...], faulty: tuple[Way, ...], fixed: tuple[Way, ...]) -> Seen:
    return Seen(passing(*healthy), passing(*faulty), passing(*fixed), passing(*faulty))


_EXCEPTION = Said(
    "fix", 0, {"applied": True, "plan": [{"commands": ["iptables -I"], "decision": {"said": "only office"}}]}
)


def foretold(**told: list[object]) -> Said:
    return Said("fix", 0, {"applied": True, "plan": [{"commands": [_RULE]}], "left_out": [], "opens": [], **told})


_BACK: list[object] = [
    {"from": "192.0.2.10", "to": "198.51.100.11:5432/tcp"},
    {"from": "192.0.2.10", "to": "198.51.100.11:9100/tcp"},
]
JUDGED: dict[str, tuple[Form, Seen, Said, tuple[str, ...]]] = {
    "a decision that is named and left alone": ("decision", seen(_ALL, _CLOSED, _CLOSED), _REFUSED, ()),
    "a decision of which nothing is said": (
        "decision", seen(_ALL, _CLOSED, _CLOSED), Said("fix", 0, {"plan": []}), ("status", "not named", "no undoes"),
    ),
    "a decision that was deleted": (
        "decision", seen(_ALL, _CLOSED, _ALL), _DONE,
        ("opened", "carried out", "status", "not named", "no undoes"),
    ),
    "an exception in a decision opens what was asked, and is still carried out": (
        "decision", seen(_ALL, _CLOSED, (*_CLOSED, INBOUND)), _DONE,
        ("carried out", "status", "not named", "no undoes"),
    ),
    "an accident whose repair brings back what worked": ("accident", seen(_ALL, _CLOSED, _ALL), _DONE, ()),
    "an accident whose repair opens what never was": (
        "accident", seen((INBOUND, _OUT), _CLOSED, _ALL), _DONE, ("opened",),
    ),
    "an accident whose repair closes something": (
        "accident", seen(_ALL, _CLOSED, (INBOUND, _DB, _ADMIN)), _DONE, ("closed",),
    ),
    "an accident that stays": ("accident", seen(_ALL, _CLOSED, _CLOSED), _REFUSED, ("not repaired",)),
    "what comes back is foretold": ("accident", seen(_ALL, _CLOSED, _ALL), foretold(restores=_BACK), ()),
    "what comes back is not foretold": ("accident", seen(_ALL, _CLOSED, _ALL), foretold(restores=[]), ("unsaid",)),
    "a closing that is foretold and does not happen": (
        "accident", seen(_ALL, _CLOSED, (*_CLOSED, INBOUND)), foretold(closes=_BACK[:1]), ("untrue",),
    ),
    "an internal error": (
        "accident", seen(_ALL, _CLOSED, _ALL), Said("fix", 4, _DONE.document), ("exit 4",),
    ),
}  # fmt: skip


@each_row(("form", "exchanged", "fix", "expected"), JUDGED.values(), ids=JUDGED)
def test_judged(form: Form, exchanged: Seen, fix: Said, expected: tuple[str, ...]) -> None:
    case = Case("x0", form, "a rule", "docker", _DRAW)
    assert tuple(each.what for each in misses(case, exchanged, _CHECK, fix)) == expected


EXCEPTIONS: dict[str, tuple[Draw, Seen, Said, tuple[str, ...]]] = {
    "in a wall for everybody, and whose it is": (_WALL, seen(_ALL, _CLOSED, (*_CLOSED, INBOUND)), _EXCEPTION, ()),
    "in a wall for everybody, and nothing is said": (
        _WALL, seen(_ALL, _CLOSED, (*_CLOSED, INBOUND)), _DONE, ("carried out", "status", "not named", "no undoes"),
    ),
    "in what is for this very flow": (
        _DRAW, seen(_ALL, _CLOSED, (*_CLOSED, INBOUND)), _EXCEPTION, ("carried out", "status"),
    ),
    "one that is too wide": (_WALL, seen(_ALL, _CLOSED, (*_CLOSED, INBOUND, _DB)), _EXCEPTION, ("opened",)),
}  # fmt: skip


@pytest.mark.parametrize(("draw", "exchanged", "fix", "expected"), EXCEPTIONS.values(), ids=EXCEPTIONS)
def test_an_exception_is_judged(draw: Draw, exchanged: Seen, fix: Said, expected: tuple[str, ...]) -> None:
    case = Case("d0", "decision", "a rule", "docker", draw)
    assert tuple(each.what for each in misses(case, exchanged, _CHECK, fix)) == expected


KEYS: dict[str, tuple[Way, str, str]] = {
    "a published port": (INBOUND, "192.0.2.10", "198.51.100.11:8151/tcp"),
    "from the LAN": (Way("neighbour", "198.51.100.11", "80"), "lan (198.51.100.250)", "198.51.100.11:80/tcp"),
    "a container's own port": (Way("container:web", "container:db", "80"), "container:cache", "172.17.0.3:80/tcp"),
    "a port that nobody publishes": (Way("host", "container:db", "7999"), "host", "172.17.0.3:80/tcp"),
    "the Internet": (_OUT, "container:web", "203.0.113.80:443/tcp"),
    "a name server": (Way("container:web", "192.0.2.53", "53/udp"), "container:web", "203.0.113.80:4000/udp"),
    "the LAN": (Way("container:db", "198.51.100.20", "9001"), "container:db", "198.51.100.250:80/tcp"),
}


@each_row(("way", "origin", "to"), KEYS.values(), ids=KEYS)
def test_what_is_measured_and_what_is_foretold_are_the_same_flow(way: Way, origin: str, to: str) -> None:
    told = key_told({"from": origin, "to": to}, {"172.17.0.3": "container:db"})
    assert key_of(way) == told is not None


def test_a_listener_that_is_there_only_while_flows_are_tried_is_held_against_nothing() -> None:
    assert key_of(Way("client", "198.51.100.11", "7999")) is None


VOID: dict[str, tuple[tuple[Way, ...], tuple[Way, ...], bool]] = {
    "closed by it, and the others too": (_ALL, _CLOSED, False),
    "the asked flow passes all the same": (_ALL, (INBOUND,), True),
    "the asked flow did not pass before": (_CLOSED, _CLOSED, True),
    "who should stay out gets in": (_ALL, (_DB,), True),
}


@pytest.mark.parametrize(("healthy", "faulty", "void"), VOID.values(), ids=VOID)
def test_a_case_is_what_it_says(healthy: tuple[Way, ...], faulty: tuple[Way, ...], void: bool) -> None:
    case = Case("d0", "decision", "a rule", "docker", _DRAW)
    assert bool(is_void(case, passing(*healthy), passing(*faulty))) is void


def test_a_case_is_drawn_from_its_number_and_seed() -> None:
    numbers = range(2 * len(ELEMENTS))
    once, again, other = (
        [case_of(number, "decision", seed).draw.commands for number in numbers] for seed in (47, 47, 48)
    )
    assert once == again != other


@each_row("number", range(2 * len(ELEMENTS)))
def test_twins_are_the_same_element_on_the_same_kind_of_host(number: int) -> None:
    decision, accident = (case_of(number, form, 47) for form in ("decision", "accident"))
    assert (decision.element, decision.kind) == (accident.element, accident.kind)
    assert decision.draw.named
    assert not accident.draw.named
    assert decision.draw.commands != accident.draw.commands
