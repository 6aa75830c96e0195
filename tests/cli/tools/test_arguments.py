"""The arguments of the tools, as an agent sees them."""

import json

import msgspec
import pytest

from hairpin.cli.tools.catalogue import TOOLS, AgentTool

MOST = 3500
"""The most characters of one tool's schema: an agent carries all of them with every request."""


@pytest.mark.parametrize("tool", TOOLS, ids=[each.name for each in TOOLS])
def test_each_argument_says_what_it_is(tool: AgentTool) -> None:
    _, components = msgspec.json.schema_components([tool.arguments])
    schema = components[tool.arguments.__name__]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    for name, each in schema["properties"].items():
        assert each["description"].endswith("."), name
        assert each["type"] in ("string", "boolean", "array", "integer"), (
            "a type, since some clients read no other form"
        )
    assert len(json.dumps(schema)) < MOST
    assert "$ref" not in json.dumps(schema)
