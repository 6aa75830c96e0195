"""Tools that build a replica."""

from hairpin.replica.run.tool import Tool


def test_a_missing_tool_is_reported_as_a_refusal() -> None:
    assert Tool(("no-such-tool", "-f", "-"), "x").finish() == (127, "no-such-tool is not installed")
