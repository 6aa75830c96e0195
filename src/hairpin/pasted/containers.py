"""Joins what several outputs tell about the same container or network to one object in the form of ``docker inspect``.

A container is known by its name or by the beginning of its id.  A typed ``docker run`` says what the container is meant
to be; where an output says what it is, the output counts.
"""

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]
TYPED = "Typed"
"""The field that marks a container which only a typed command names."""
_ID_CHARACTERS = 12


def containers_of(listed: list[Document], typed: list[Document]) -> list[Document]:
    """Return the containers.  ``listed``: from outputs of the engine; ``typed``: from command lines."""
    found: list[Document] = []
    for each in listed:
        same = next((one for one in found if _is_same(one, each)), None)
        if same is None:
            found.append(each)
        else:
            _add(same, each)
    for number, each in enumerate(typed, 1):
        same = next((one for one in found if _is_meant(one, each)), None)
        if same is None:
            found.append({**_started(each, number, {str(one.get("Name")) for one in found}), TYPED: True})
        else:
            _add(same, {**each, "Name": same.get("Name")})
    for number, each in enumerate(found, 1):
        each.setdefault("Id", f"{number:x}".rjust(_ID_CHARACTERS, "0"))
        each.setdefault("State", {"Status": "running", "Running": True})
    return found


def networks_of(listed: list[Document]) -> list[Document]:
    """Return the networks, each once."""
    found: list[Document] = []
    for each in listed:
        same = next((one for one in found if _name(one) == _name(each)), None)
        if same is None:
            found.append(each)
        else:
            _add(same, each)
    return found


def _name(document: Document) -> str:
    return str(document.get("Name") or document.get("name") or "").removeprefix("/")


def _is_same(one: Document, other: Document) -> bool:
    ids = str(one.get("Id") or ""), str(other.get("Id") or "")
    if all(ids):
        return ids[0][:_ID_CHARACTERS] == ids[1][:_ID_CHARACTERS]
    names = _name(one), _name(other)
    return names[0] == names[1] or any(each and name.startswith(each[:_ID_CHARACTERS]) for each, name in zip(ids, reversed(names), strict=True))


def _is_meant(one: Document, typed: Document) -> bool:
    """Return whether the typed command may have made this container: it has its name, or the typed command names none
    and the image and the published ports are equal."""
    if _name(typed):
        return _name(one) == _name(typed)
    images = [str((each.get("Config") or {}).get("Image", "")).removesuffix(":latest") for each in (one, typed)]
    wanted = set(_bindings(typed))
    return images[0] == images[1] and (not wanted or not set(_bindings(one)) or bool(wanted & set(_bindings(one))))


def _bindings(document: Document) -> Iterator[tuple[str, str]]:
    for key, bindings in ((document.get("HostConfig") or {}).get("PortBindings") or {}).items():
        yield from ((key, str(each.get("HostPort"))) for each in bindings or ())


def _started(typed: Document, number: int, taken: set[str]) -> Document:
    """Return the container that the typed command has started.  Without ``--name`` the engine has drawn a name, which
    the text does not tell; the container is called after its image."""
    image = str(typed["Config"]["Image"]).rpartition("/")[2].partition(":")[0].partition("@")[0] or "container"
    name = typed.get("Name") or (f"/{image}" if f"/{image}" not in taken else f"/{image}-{number}")
    return {**typed, "Name": name}


def _add(document: Document, further: Document) -> None:
    """Add to the object the fields that it lacks, in objects of objects, too."""
    for key, value in further.items():
        own = document.get(key)
        if isinstance(own, dict) and isinstance(value, dict):
            _add(own, value)
        elif own in (None, "", [], {}):
            document[key] = value
