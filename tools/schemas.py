"""Writes the JSON Schemas of the documents that hairpin prints, docs/schema/*.json, from the types that make them.

python tools/schemas.py
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from hairpin.report.documents.alert_document import AlertDocument
from hairpin.report.documents.diff_document import DiffDocument
from hairpin.report.documents.document import ReportDocument
from hairpin.report.documents.events_document import EventsDocument
from hairpin.report.documents.expect_document import ExpectDocument
from hairpin.report.documents.explain_document import ExplainDocument
from hairpin.report.documents.fix_document import FixDocument
from hairpin.report.documents.guard_document import GuardDocument, GuardStatusDocument
from hairpin.report.documents.prove_document import ProveDocument
from hairpin.report.documents.restore_document import RestoreDocument
from hairpin.report.documents.story_document import StoryDocument
from hairpin.report.documents.undo_document import UndoDocument
from hairpin.report.documents.walk_document import WalkDocument
from hairpin.report.known_faults import FaultsDocument
from hairpin.report.pages import PageDocument

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHORT = {"type": "string", "maxLength": 1024}

EVIDENCE: dict[str, Any] = {
    "$schema": DIALECT,
    "title": "hairpin.evidence/1",
    "description": "One line of a snapshot (gzip, JSON lines): the first is the header, the last the trailer. Unknown"
    " fields are ignored.",
    "oneOf": [{"$ref": "#/$defs/Header"}, {"$ref": "#/$defs/Reading"}, {"$ref": "#/$defs/Trailer"}],
    "$defs": {
        "Header": {
            "type": "object",
            "required": ["schema", "hairpin", "taken_at", "hostname", "kernel"],
            "properties": {
                "schema": {"const": "hairpin.evidence/1"},
                "hairpin": SHORT,
                "taken_at": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$"},
                "hostname": SHORT,
                "kernel": SHORT,
            },
        },
        "Reading": {
            "type": "object",
            "required": ["id", "key", "netns", "origin", "at", "status", "outcome"],
            "oneOf": [{"required": ["text"]}, {"required": ["text_base64"]}],
            "properties": {
                "id": {"type": "string", "pattern": "^e[1-9][0-9]{0,8}$"},
                "key": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"},
                "netns": {"type": "string", "pattern": "^(host|container:.+)?$", "maxLength": 1024},
                "origin": {"type": "string", "maxLength": 1048576},
                "at": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$"},
                "status": {"type": "integer", "minimum": 0, "maximum": 2147483648},
                "outcome": {"enum": ["text", "absent", "refused", "failed"]},
                "text": {"type": "string"},
                "text_base64": {"type": "string", "contentEncoding": "base64"},
                "took_ms": {"type": "integer", "minimum": 0},
            },
        },
        "Trailer": {
            "type": "object",
            "required": ["count", "sha256"],
            "properties": {
                "count": {"type": "integer", "minimum": 0},
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            },
        },
    },
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return every schema by its file's name."""
    return {
        "report-1.json": _of_type(ReportDocument, "hairpin.report/1"),
        "guard-1.json": _of_type(GuardDocument, "hairpin.guard/1"),
        "guard-alert-1.json": _of_type(AlertDocument, "hairpin.guard-alert/1"),
        "guard-status-1.json": _of_type(GuardStatusDocument, "hairpin.guard-status/1"),
        "prove-1.json": _of_type(ProveDocument, "hairpin.prove/1"),
        "explain-1.json": _of_types((ExplainDocument, FaultsDocument, PageDocument), "hairpin.explain/1"),
        "walk-1.json": _of_type(WalkDocument, "hairpin.walk/1"),
        "restore-1.json": _of_type(RestoreDocument, "hairpin.restore/1"),
        "evidence-1.json": EVIDENCE,
        "fix-1.json": _of_type(FixDocument, "hairpin.fix/1"),
        "undo-1.json": _of_type(UndoDocument, "hairpin.undo/1"),
        "diff-1.json": _of_type(DiffDocument, "hairpin.diff/1"),
        "story-1.json": _of_type(StoryDocument, "hairpin.story/1"),
        "events-1.json": _of_type(EventsDocument, "hairpin.events/1"),
        "expect-1.json": _of_type(ExpectDocument, "hairpin.expect/1"),
    }


def _of_type(type_: type, title: str) -> dict[str, Any]:
    """Return the schema of a type.  hairpin may write further fields."""
    schema = msgspec.json.schema(type_)
    _require_all(schema["$defs"])
    return {"$schema": DIALECT, "title": title, **schema}


def _of_types(types: tuple[type, ...], title: str) -> dict[str, Any]:
    """Return the schema of a document that has several forms."""
    forms, definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    _require_all(definitions)
    return {"$schema": DIALECT, "title": title, "oneOf": list(forms), "$defs": definitions}


def _require_all(definitions: dict[str, Any]) -> None:
    """Require all fields but those that are left out where they do not apply: these have no default in JSON (UNSET)."""
    for definition in definitions.values():
        if definition.get("type") == "object" and "properties" in definition:
            properties: dict[str, dict[str, Any]] = definition["properties"]
            always: list[str] = definition.get("required", [])
            definition["required"] = sorted(
                {*always, *(name for name, each in properties.items() if "default" in each)}
            )
            for field in definition["properties"].values():
                field.pop("default", None)


def text(schema: dict[str, Any]) -> str:
    """Return the file's content."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        (FOLDER / name).write_text(text(schema), encoding="utf-8")
