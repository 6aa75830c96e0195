"""Validates documents against the published schemas, in which no further field is allowed here."""

import importlib
import json
from pathlib import Path
from typing import Any, cast

import msgspec

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"
# The package has no types that both checkers can read.
_VALIDATOR: Any = importlib.import_module("jsonschema").Draft202012Validator


def errors(document: object, schema: str) -> list[str]:
    """Return the errors in the document, each with its place."""
    plain = json.loads(msgspec.json.encode(document))
    validator = _VALIDATOR(closed(json.loads((SCHEMAS / schema).read_text("utf-8"))))
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(plain)]


def closed(schema: object) -> object:
    """Return the schema in which no object may have fields that are not described."""
    if isinstance(schema, dict):
        found = {key: closed(value) for key, value in cast("dict[str, object]", schema).items()}
        if "properties" in found and "additionalProperties" not in found:
            found["additionalProperties"] = False
        return found
    return [closed(each) for each in cast("list[object]", schema)] if isinstance(schema, list) else schema
