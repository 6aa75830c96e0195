from hairpin.pasted.form import Command
from hairpin.pasted.recognise import paste_of


def test_options_alone_and_joined() -> None:
    command = Command(0, "", ("iptables", "-nvL", "--line-numbers"))
    assert command.has("-n")
    assert command.has("--line-numbers")
    assert not command.has("-x")


def test_a_block_ends_at_other_lines() -> None:
    paste = paste_of("a 1\na 2\n\na 3\nb\n")
    assert paste.block(0, lambda line: line.startswith("a")) == 2
    assert paste.block(0, lambda line: line.startswith("a"), blank=1) == 4
