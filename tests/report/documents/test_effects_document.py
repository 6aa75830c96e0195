"""Effects as JSON: each list by its name, and each effect with its flow and verdicts."""

import msgspec

from hairpin.message import message
from hairpin.remedy.effect import Effects, FlowEffect
from hairpin.remedy.remedy import Remedy, SideEffect
from hairpin.report.documents.effects_document import effects_document, side_effect_documents
from hairpin.report.words import Words
from tests.small_host import published

OPENED = FlowEffect("opens", published(), "published", "dropped", "delivered")


def test_each_kind_has_its_list() -> None:
    back = msgspec.structs.replace(OPENED, again=True)
    away = msgspec.structs.replace(OPENED, kind="diverts", links=("tun0", "eth0"))
    found = effects_document(Effects((OPENED, back, away), 9, 2))
    assert [len(each) for each in (found.opens, found.restores, found.closes, found.diverts)] == [1, 1, 0, 1]
    assert (found.walked, found.left_out) == (9, 2)
    assert msgspec.to_builtins(found.opens[0]) == {
        "from": "192.0.2.10", "to": "198.51.100.11:8151/tcp", "container": None,
        "before": "dropped", "after": "delivered", "again": False, "out_by": None,
    }  # fmt: skip
    assert found.diverts[0].out_by == ("tun0", "eth0")


def test_side_effects_are_those_on_flows_that_nobody_asked_for_and_the_others() -> None:
    back = msgspec.structs.replace(OPENED, again=True)
    remedy = Remedy("x", (), side_effects=(SideEffect(message("it rains")),), effects=Effects((OPENED, back)))
    told = [(each.text, each.flow) for each in side_effect_documents(remedy, Words())]
    assert told == [
        ("the repair opens 8151 of the host to outside", "192.0.2.10 → 198.51.100.11:8151/tcp"),
        ("it rains", None),
    ]
