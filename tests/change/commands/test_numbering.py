"""Rules keep their former numbers while other rules are inserted and deleted."""

from hairpin.change.commands.numbering import Numbering


def test_an_inserted_rule_has_no_number_before_the_load() -> None:
    numbering = Numbering(3)
    numbering.insert(1)
    numbering.insert(None)
    assert [numbering.before(number) for number in range(1, 7)] == [None, 1, 2, 3, None, None]
    assert (len(numbering), numbering.first) == (5, 3)


def test_a_deleted_rule_has_its_number() -> None:
    numbering = Numbering(3)
    assert numbering.delete(2) == 2
    assert numbering.delete(2) == 3
    assert numbering.delete(2) is None
    assert len(numbering) == 1


def test_no_chain_has_no_rules() -> None:
    assert len(Numbering.of(None)) == 0
