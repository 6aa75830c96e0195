from typing import Literal

from hairpin.netfilter.packet import ACK, FIN, PSH, RST, SYN, URG, Tcp
from hairpin.walk.hooks.tcp_tracking import Direction, first_state, next_state, possible
from tests.rows import each_row

# the connection, direction, flags of its next packet, what becomes of it
STEPS: dict[str, tuple[Tcp, Direction, int, Tcp | Literal["invalid", "anew"]]] = {
    "SYN again": (Tcp("SYN_SENT"), 0, SYN, Tcp("SYN_SENT")),
    "answered": (Tcp("SYN_SENT"), 1, SYN | ACK, Tcp("SYN_RECV")),
    "who asked does not answer itself": (Tcp("SYN_SENT"), 0, SYN | ACK, "invalid"),
    "both ask at once": (Tcp("SYN_SENT"), 1, SYN, Tcp("SYN_SENT2")),
    "and one answers": (Tcp("SYN_SENT2"), 0, SYN | ACK, Tcp("SYN_RECV")),
    "data before the answer": (Tcp("SYN_SENT"), 0, ACK | PSH, "invalid"),
    "the challenge of a half-open one": (Tcp("SYN_SENT"), 1, ACK, Tcp("SYN_SENT")),
    "the end before the answer": (Tcp("SYN_SENT"), 1, FIN | ACK, "invalid"),
    "data": (Tcp("SYN_RECV"), 0, ACK | PSH, Tcp("ESTABLISHED")),
    "the other side's data first": (Tcp("SYN_RECV"), 1, ACK | PSH, Tcp("SYN_RECV")),
    "SYN within, let through": (Tcp("ESTABLISHED"), 0, SYN, Tcp("ESTABLISHED")),
    "SYN of the other side": (Tcp("ESTABLISHED"), 1, SYN, "invalid"),
    "a late SYN-ACK": (Tcp("ESTABLISHED"), 1, SYN | ACK, Tcp("ESTABLISHED")),
    "a SYN-ACK of the wrong side": (Tcp("ESTABLISHED"), 0, SYN | ACK, "invalid"),
    "first FIN": (Tcp("ESTABLISHED"), 1, FIN | ACK, Tcp("FIN_WAIT", closing=True)),
    "its ACK": (Tcp("FIN_WAIT", closing=True), 0, ACK, Tcp("CLOSE_WAIT", closing=True)),
    "second FIN": (Tcp("CLOSE_WAIT", closing=True), 0, FIN | ACK, Tcp("LAST_ACK", closing=True)),
    "last ACK": (Tcp("LAST_ACK", closing=True), 1, ACK, Tcp("TIME_WAIT", closing=True)),
    "asked anew before it": (Tcp("LAST_ACK", closing=True), 0, SYN, Tcp("LAST_ACK", closing=True, challenged=True)),
    "which is answered": (Tcp("LAST_ACK", closing=True, challenged=True), 1, ACK, Tcp("LAST_ACK", closing=True)),
    "or ends all the same": (Tcp("LAST_ACK", closing=True, challenged=True), 0, ACK, Tcp("TIME_WAIT", closing=True)),
    "or has a FIN again": (Tcp("LAST_ACK", closing=True, challenged=True), 1, FIN | ACK, Tcp("LAST_ACK", closing=True)),
    "asked anew behind the end": (Tcp("TIME_WAIT", closing=True), 0, SYN, "anew"),
    "by the other side": (Tcp("TIME_WAIT", closing=True), 1, SYN, "anew"),
    "reset": (Tcp("ESTABLISHED"), 0, RST, Tcp("CLOSE", reset=0)),
    "asked anew by who reset it": (Tcp("CLOSE", reset=0), 0, SYN, "anew"),
    "by who was reset, let through": (Tcp("CLOSE", reset=1), 0, SYN, Tcp("CLOSE")),
    "not by the other side": (Tcp("CLOSE", reset=1), 1, SYN, "invalid"),
    "data behind a reset": (Tcp("CLOSE", reset=0), 1, ACK, Tcp("CLOSE")),
    "FIN behind a reset": (Tcp("CLOSE", reset=0), 1, FIN | ACK, Tcp("CLOSE")),
}


@each_row(("tcp", "direction", "flags", "expected"), STEPS.values(), ids=STEPS)
def test_followed(tcp: Tcp, direction: Direction, flags: int, expected: Tcp | str) -> None:
    assert next_state(tcp, direction, flags) == expected


@each_row(
    ("flags", "loose", "expected"),
    ((SYN, False, Tcp("SYN_SENT")), (SYN | URG, False, Tcp("SYN_SENT")), (ACK | PSH, True, Tcp("ESTABLISHED")),
     (ACK, False, None), (SYN | ACK, True, None), (RST, True, None), (FIN | ACK, True, None)),
)  # fmt: skip
def test_begun(flags: int, loose: bool, expected: Tcp | None) -> None:
    assert first_state(flags, loose=loose) == expected


def test_possible_flags() -> None:
    assert all(map(possible, (SYN, SYN | URG, ACK | PSH, ACK | URG, FIN | ACK | URG, RST, RST | ACK | PSH)))
    assert not any(map(possible, (0, SYN | FIN, FIN, URG, PSH, RST | URG, SYN | ACK | URG, SYN | RST, FIN | PSH | URG)))
