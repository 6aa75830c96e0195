"""The servers that leave a container's SYNs without an answer are a part of the plain question."""

import msgspec
import pytest

from hairpin.beside.flows.unanswered_senders import observe
from hairpin.beside.inquiry import Inquiry
from hairpin.question.question import Question
from tests.conntrack_lines import entries, to_server
from tests.small_host import host_namespace, network

OLD = to_server("SYN_SENT", 100, server="192.0.2.25", port=25)
YOUNG = to_server("SYN_SENT", 120, server="192.0.2.25", port=25)
CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no connection": ((), ()),
    "one that waits": ((OLD,), ("192.0.2.25:25/tcp",)),
    "a single young one": ((YOUNG,), ()),
    "a young one after another": (
        (YOUNG, to_server("SYN_SENT", 119, server="192.0.2.25", port=25, sport=40002)), ("192.0.2.25:25/tcp",),
    ),
    "answered since": ((OLD, to_server("TIME_WAIT", 119, server="192.0.2.25", port=25, sport=40002)), ()),
    "a crawler": (tuple(to_server("SYN_SENT", 100, server=f"192.0.2.{each}") for each in range(40, 45)), ()),
    "of another machine": ((OLD.replace("172.17.0.2", "172.17.0.99"),), ()),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "targets"), CASES.values(), ids=CASES)
def test_what_a_container_keeps_asking_for_is_asked(lines: tuple[str, ...], targets: tuple[str, ...]) -> None:
    host = msgspec.structs.replace(host_namespace(), connections=entries(*lines))
    found = observe(Inquiry(Question("check"), network(host), ())).flows
    assert tuple(each.target_text() for each in found) == targets
    assert {each.start_text() for each in found} <= {"container:web"}
