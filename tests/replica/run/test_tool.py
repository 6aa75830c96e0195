"""Tools that build a replica."""

from hairpin.replica.run.tool import Tool


def test_a_tool_that_is_not_there_is_told_as_one_that_refuses() -> None:
    assert Tool(("no-such-tool", "-f", "-"), "x").finish() == (127, "no-such-tool is not installed")
