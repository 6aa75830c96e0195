"""The output of ``docker inspect --format``, read by the command's own template, and the networks of containers, which
their form shows without the command.

    template := (TEXT | "{{" ["json"] PATH "}}")*
    output   := line*        one line for each container, with a value in place of each action

hairpin itself asks for such an output: ``{{.Name}} {{json .NetworkSettings.Networks}}``.  A template with any other
action (``range``, ``if``) is not read.

Source: docker cli/templates, text/template of Go; podman pkg/domain/infra inspect
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from hairpin.pasted.form import Found, OutputForm, Paste
from hairpin.pasted.forms.engines.engine_words import engine_of
from hairpin.pasted.forms.engines.json_documents import container_in_command, container_parts
from hairpin.pasted.values import Object, list_of, object_of
from hairpin.sought import Sought

_TYPED = Sought(r".*\b(?:docker|podman|nerdctl)\b.*\binspect\b.*\{\{")
_TEMPLATE = Sought(r"(?:--format|-f)[= ](?P<quote>['\"])(?P<template>.*?\{\{.*?)(?P=quote)")
_ACTION = re.compile(r"\{\{\s*(?:(?P<json>json)\s+)?\(?\.(?P<path>[A-Z][\w.]*)\)?\s*\}\}")
_OTHER = re.compile(r"\{\{")
_SHOWN = Sought(r"\s*(?:/?(?P<name>[\w.-]+)\s+)?(?=\{\"[\w.-]+\":\s?\{\"IPAMConfig\":)")
_DECODER = json.JSONDecoder()


class _MismatchError(Exception):
    """The line is no output of the template."""


def _by_template(paste: Paste, start: int) -> Found | None:
    command = paste.commands.get(start)
    typed = _TEMPLATE.search(command.text) if command is not None and "inspect" in command.words else None
    if command is None or typed is None or "network" in command.words:
        return None
    template = typed["template"]
    if _OTHER.search(_ACTION.sub("", template)) is not None or _ACTION.search(template) is None:
        return None
    made: list[Object] = []
    end = start + 1
    while end < len(paste.lines) and end not in paste.commands and paste.lines[end].strip():
        try:
            made.append(_values(template, paste.lines[end].strip()))
        except (_MismatchError, ValueError):
            break
        end += 1
    asked = container_in_command(command) if len(made) == 1 else ""
    named = [each for each in made if _has_name(each, asked)]
    if end == start + 1:
        return None
    return Found(end, f"{engine_of(command.words)} inspect", tuple(container_parts(named, engine_of(command.words))))


def _has_name(document: Object, asked: str) -> bool:
    """Return whether the container of the document can be named.  ``asked``: the container in the command."""
    if asked:
        document.setdefault("Name", f"/{asked}")
    return bool(document.get("Name"))


def _values(template: str, line: str) -> Object:
    """Return the object with the values that the line has in place of the template's actions."""
    made: Object = {}
    at = place = 0
    for action in _ACTION.finditer(template):
        at = _end_of_literal(template[place : action.start()], line, at)
        place = action.end()
        if action["json"]:
            value, at = _DECODER.raw_decode(line, at)
        else:
            following = template[place : place + 1]
            stop = line.find(following, at) if following and following != "{" else len(line)
            value, at = line[at : stop if stop >= 0 else len(line)], stop if stop >= 0 else len(line)
        _set_field(made, action["path"].split("."), value)
    if _end_of_literal(template[place:], line, at) != len(line):
        raise _MismatchError
    return made


def _end_of_literal(literal: str, line: str, at: int) -> int:
    """Return the position behind the template's text."""
    literal = literal.replace("\\n", "").replace("\\t", "\t")
    if not line.startswith(literal, at):
        raise _MismatchError
    return at + len(literal)


def _set_field(made: Object, path: list[str], value: Any) -> None:
    for each in path[:-1]:
        made = made.setdefault(each, {})
    made[path[-1]] = value


def _networks(paste: Paste, start: int) -> Found | None:
    """Return the containers of lines that show networks as ``{{json .NetworkSettings.Networks}}`` prints them.  Without
    a name in front of them, a container's first alias on a network is its name."""
    made: list[Object] = []
    end = start
    while end < len(paste.lines) and (shown := _SHOWN.match(paste.lines[end])) is not None:
        try:
            networks, _ = _DECODER.raw_decode(paste.lines[end], shown.end())
        except ValueError:
            break
        name = shown["name"] or next(_aliases(networks), "")
        if name:
            made.append({"Name": f"/{name}", "NetworkSettings": {"Networks": networks}})
        end += 1
    if end == start:
        return None
    engine = engine_of(paste.command_above(start).words)
    return Found(end, f"{engine} inspect", tuple(container_parts(made, engine)))


def _aliases(networks: Object) -> Iterator[str]:
    for each in networks.values():
        for key in ("DNSNames", "Aliases"):
            yield from map(str, list_of(object_of(each).get(key))[:1])


FORMS = (OutputForm(_TYPED, _by_template, ("inspect",)), OutputForm(_SHOWN, _networks, ("IPAMConfig",)))
