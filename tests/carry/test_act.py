"""What is said of an act that failed and printed no reason."""

from hairpin.carry.act import Command, ended_with


def test_a_program_that_says_nothing_is_named_with_its_status() -> None:
    assert str(ended_with(Command(("nft", "-f", "-")), 3)) == "nft ended with status 3"
