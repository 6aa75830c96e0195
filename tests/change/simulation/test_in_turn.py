"""Changes that were found on one network and are made one after another."""

import msgspec
import pytest

from hairpin.change.change import Change, DeleteRule, InsertRule
from hairpin.change.simulation.in_turn import change_in_turn, made_in_turn, makes_again, renumbered_deletion
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.network.network import Network
from tests.remedy.situations import HOST_NETNS, deletion, insertion, network

ONE, OTHER = insertion("INPUT", "-p tcp --dport 1 -j ACCEPT"), insertion("INPUT", "-p tcp --dport 2 -j DROP")


def rules(found: Network, chain: str) -> list[str]:
    table = found.namespace(HOST_NETNS).ruleset.table("ip", "filter", "iptables-nft")
    held = table.chain(chain) if table is not None else None
    return [each.text for each in held.rules] if held is not None else []


def gone(found: Network, number: int) -> DeleteRule:
    """Return the deletion of that rule of FORWARD."""
    made = deletion("FORWARD", rules(found, "FORWARD")[number - 1].removeprefix("-A FORWARD "))
    return msgspec.structs.replace(made, place=msgspec.structs.replace(made.place, number=number))


def test_a_rule_is_deleted_where_it_stands_by_then() -> None:
    was = network()
    before = rules(was, "FORWARD")
    first, third = (Change((gone(was, number),)) for number in (1, 3))
    left = [text for number, text in enumerate(before, 1) if number not in (1, 3)]
    assert rules(made_in_turn((first, third), was), "FORWARD") == left
    assert rules(made_in_turn((third, first), was), "FORWARD") == left
    with pytest.raises(ChangeError):
        simulate(Change((*first.parts, *third.parts)), was)


def test_a_deletion_that_was_found_behind_another_one_is_made_alone_too() -> None:
    was = network()
    behind = gone(simulate(Change((gone(was, 1),)), was), 1)
    assert behind.place.number == 1
    assert renumbered_deletion(behind, was).place.number == 2
    assert rules(made_in_turn((Change((behind,)),), was), "FORWARD")[0] == rules(was, "FORWARD")[0]


def test_what_one_change_has_made_another_one_does_not_make_again() -> None:
    was = network()
    whole = change_in_turn((Change((ONE,)), Change((ONE, OTHER))), was)
    assert whole == Change((ONE, OTHER))
    assert makes_again(Change((ONE,)), was, simulate(whole, was))
    assert not makes_again(Change((ONE,)), was, was)


def test_a_rule_is_inserted_before_the_rule_that_it_was_meant_for() -> None:
    was = network()
    third = msgspec.structs.replace(insertion("FORWARD", "-j DROP"), position=3)
    inserted, moved = change_in_turn((Change((insertion("FORWARD", "-j ACCEPT"),)), Change((third,))), was).parts
    assert isinstance(inserted, InsertRule)
    assert isinstance(moved, InsertRule)
    assert moved.position == 4
