"""The effects of a change as a value: what nobody asked for, and what only comes back."""

import msgspec
import pytest

from hairpin.remedy.effect import Effects, FlowEffect, Kind
from tests.small_host import published

OPENED = FlowEffect("opens", published(), "published", "dropped", "delivered")


def of_kind(kind: Kind, *, again: bool = False, of_asked: bool = False) -> FlowEffect:
    return msgspec.structs.replace(OPENED, kind=kind, again=again, of_asked=of_asked)


CASES: dict[str, tuple[FlowEffect, str, bool]] = {
    "opened": (of_kind("opens"), "opens", True),
    "brought back": (of_kind("opens", again=True), "restores", False),
    "the asked service, another client": (of_kind("opens", of_asked=True), "opens", False),
    "closed": (of_kind("closes"), "closes", True),
    "closed as it was before the rules were lost": (of_kind("closes", again=True), "closes", False),
    "leaves by another link": (of_kind("diverts"), "diverts", True),
}


@pytest.mark.parametrize(("effect", "listed", "unasked"), CASES.values(), ids=CASES)
def test_an_effect_is_listed_once_and_told_from_what_was_asked(
    effect: FlowEffect, listed: str, *, unasked: bool
) -> None:
    effects = Effects((effect,))
    found = {name: getattr(effects, name) for name in ("opens", "restores", "closes", "diverts")}
    assert {name for name, each in found.items() if each} == {listed}
    assert bool(effects.unasked) is unasked


def test_effects_on_two_hosts_are_joined_and_a_flow_is_there_once() -> None:
    both = Effects((OPENED,), 3, 1).joined(Effects((), 2, 1))
    assert (both.opens, both.count, both.left_out) == ((OPENED,), 5, 2)
    assert both.with_more((OPENED, of_kind("closes"))).found == (OPENED, of_kind("closes"))


def test_a_further_flow_that_opens_was_checked_too() -> None:
    further = msgspec.structs.replace(OPENED, flow=published(address="198.51.100.12"))
    both = Effects((OPENED,), 1).with_more((OPENED, further))
    assert (both.found, both.count) == ((OPENED, further), 2)
