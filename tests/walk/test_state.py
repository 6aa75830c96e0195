import ast
from pathlib import Path

import msgspec
import pytest

from hairpin.netfilter.packet import ICMP, ICMP6, Packet
from hairpin.walk import state
from hairpin.walk.state import Fragments, Frame, History, Sender, State, Track, stopped
from tests.rows import each_row
from tests.small_host import HOST_NETNS
from tests.walk.standing import FROM_CLIENT, at

STATE = msgspec.structs.replace(at("forward", oif="docker0"), sender=Sender(uid=0)).with_frame(physin="veth1")


def test_rules_see_the_packet_and_its_interfaces() -> None:
    seen = STATE.seen()
    assert (seen.packet, seen.iif, seen.oif, seen.physin, seen.uid) == (FROM_CLIENT, "eth0", "docker0", "veth1", 0)


def test_a_step_keeps_the_packet_as_it_was() -> None:
    first = STATE.noted("forward", "eth0", note="reverse path")
    second = msgspec.structs.replace(first, packet=msgspec.structs.replace(FROM_CLIENT, ttl=63)).noted("output", "x")
    assert [(step.stage, step.link, step.packet.ttl) for step in second.history.steps] == [
        ("forward", "eth0", 64),
        ("output", "x", 63),
    ]


def test_the_state_at_another_stage() -> None:
    moved = STATE.to("postrouting", iif="")
    assert (moved.stage, moved.iif, moved.oif) == ("postrouting", "", "docker0")


ENDS = {"nobody is told": (None, "dropped"), "the sender is told": ("icmp-port-unreachable", "rejected")}


@pytest.mark.parametrize(("reject", "kind"), ENDS.values(), ids=ENDS)
def test_stopped(reject: str | None, kind: str) -> None:
    end = stopped(STATE, "rule", link="eth0", reject=reject)
    assert end.stop is not None
    assert (end.kind, end.stop.reason, end.stop.stage, end.stop.netns) == (kind, "rule", "forward", HOST_NETNS)
    assert end.state.history.steps[-1].note == "rule"
    elsewhere = stopped(STATE, "ttl", stage="input-route").stop
    assert elsewhere is not None
    assert elsewhere.stage == "input-route"
    assert isinstance(end.state, State)


# type, protocol, whether an error answers it
ICMP_KINDS: dict[str, tuple[int, int, bool]] = {
    "echo": (8, ICMP, True),
    "timestamp": (13, ICMP, True),
    "unreachable": (3, ICMP, False),
    "advertisement": (9, ICMP, False),
    "of no known type": (19, ICMP, False),
    "echo of IPv6": (128, ICMP6, True),
    "neighbour solicitation": (135, ICMP6, True),
    "packet too big": (2, ICMP6, False),
}


@each_row(("kind", "protocol", "answered"), ICMP_KINDS.values(), ids=ICMP_KINDS)
def test_no_error_answers_an_error(kind: int, protocol: int, answered: bool) -> None:
    packet = Packet(4 if protocol == ICMP else 6, 1, 2, protocol, icmp=kind << 8)
    assert stopped(at("forward", packet), "ttl", reject="x").kind == ("rejected" if answered else "dropped")


PARTS = {"to": State, "with_frame": Frame, "with_track": Track, "with_fragments": Fragments, "with_history": History}


def test_every_change_of_a_state_names_a_field_of_it() -> None:
    """The type checkers do not see it: the changes are keyword arguments of any name."""
    unknown = [
        f"{path.name}:{call.lineno} {keyword.arg}"
        for path in sorted(Path(state.__file__ or "").parent.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in PARTS
        for keyword in call.keywords
        if keyword.arg not in (None, *PARTS[call.func.attr].__struct_fields__)
    ]
    assert unknown == []
