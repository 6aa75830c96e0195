"""Joins the facts about one container or network to one object.

The facts come from several outputs, and the object has the form of ``docker inspect``.

A container is known by its name or by the beginning of its id.  A typed ``docker run`` shows how the container was
meant to be.  If an output shows how the container is, the output counts.
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.pasted.values import Object, object_of, objects_of

TYPED = "Typed"
"""The field that marks a container which only a typed command names."""
_ID_CHARACTERS = 12
_SERVICE = "com.docker.compose.service"


def containers_of(listed: list[Object], typed: list[Object], networks: list[Object] | None = None) -> list[Object]:
    """Return the containers.  ``listed``: from outputs of the engine.  ``typed``: from command lines and compose
    files.  ``networks``: the networks of such lines."""
    found: list[Object] = []
    # An inspected container tells more than a row of a table, so it comes first.
    for each in sorted(listed, key=lambda document: not _is_inspected(document)):
        same = next((one for one in found if _is_same(one, each)), None)
        if same is None:
            found.append(each)
        else:
            _join(same, each)
    idle = _on_internal_networks(typed, networks or [])
    meant = with_project(found, [_without_ports(each) if each in idle else each for each in typed])
    for number, each in enumerate(meant, 1):
        same = next((one for one in found if _is_meant(one, each)), None)
        if same is None:
            found.append({**_as_started(each, number, {str(one.get("Name")) for one in found}), TYPED: True})
        else:
            _add_meant(same, each)
    for number, each in enumerate(found, 1):
        each.setdefault("Id", f"{number:x}".rjust(_ID_CHARACTERS, "0"))
        each.setdefault("State", {"Status": "running", "Running": True})
    return found


def _is_inspected(document: Object) -> bool:
    """Return whether the object is of ``docker inspect``, or of the fields of it for which `hairpin ask` asks."""
    has_policy = "RestartPolicy" in object_of(document.get("HostConfig"))
    return "Created" in document or has_policy or "Pid" in object_of(document.get("State"))


def _on_internal_networks(typed: list[Object], networks: list[Object]) -> list[Object]:
    """Return the typed containers that are on internal networks only.  An engine publishes no port of them."""
    internal = {_name(each) for each in networks if each.get("Internal")}
    joined = {(str(each.get("Connected")), _name(each)) for each in networks if "Connected" in each}
    return [each for each in typed if (own := _networks_of(each, joined)) and own <= internal]


def _networks_of(typed: Object, joined: set[tuple[str, str]]) -> set[str]:
    """Return the names of the networks of a typed container.  ``joined``: containers that somebody connected to a
    network, each with the network's name."""
    named = set(object_of(object_of(typed.get("NetworkSettings")).get("Networks")))
    mode = str(object_of(typed.get("HostConfig")).get("NetworkMode") or "")
    return (named or {mode}) | {network for container, network in joined if container == _name(typed)}


def _without_ports(typed: Object) -> Object:
    return {**typed, "NetworkSettings": {**object_of(typed.get("NetworkSettings")), "Ports": {}}}


def with_project(listed: list[Object], typed: list[Object]) -> list[Object]:
    """Return the typed containers and networks with the project's name in the names of networks, if the name of a
    listed container shows it: ``shop-web-1`` is the service ``web`` of the project ``shop``."""
    services = {service for each in typed if (service := _service(each))}
    projects = (
        match[1]
        for each in listed
        for service in services
        if (match := re.fullmatch(rf"([\w.]+(?:-[\w.]+)*?)[-_]{re.escape(service)}[-_]\d+", _name(each))) is not None
    )
    project = next(projects, "")
    if not project:
        return typed
    return [
        msgspec.json.decode(msgspec.json.encode(each).replace(b'"compose_', f'"{project}_'.encode())) for each in typed
    ]


def _service(document: Object) -> str:
    return str(object_of(object_of(document.get("Config")).get("Labels")).get(_SERVICE) or "")


def _add_meant(document: Object, typed: Object) -> None:
    """Add facts from the command line to a listed container.  If an output shows the published ports and the networks
    of the container, the output counts."""
    meant = {**typed, "Name": document.get("Name")}
    settings = object_of(document.get("NetworkSettings"))
    own = {key: value for key, value in object_of(meant.pop("NetworkSettings", None)).items() if key not in settings}
    wanted = {**object_of(meant.pop("HostConfig", None))}
    shown = set(_ports(document))
    wanted["PortBindings"] = {
        key: bindings
        for key, bindings in object_of(wanted.get("PortBindings")).items()
        # The same port with another protocol is in effect: the command was another one.
        if not any((key.partition("/")[0], str(each.get("HostPort"))) in shown for each in objects_of(bindings))
        or key in object_of(object_of(document.get("HostConfig")).get("PortBindings"))
    }
    asked = {"NetworkSettings": own, "HostConfig": wanted}
    _join(document, {**meant, **{key: value for key, value in asked.items() if value}})


def _join(document: Object, further: Object) -> None:
    """Add the fields of the other object, which is about the same thing.  A whole id replaces the beginning of an id.
    A name replaces an id that was used because the text had lost the name."""
    for key in ("Id", "id"):
        own, other = str(document.get(key) or ""), str(further.get(key) or "")
        if own and len(other) > len(own) and other.startswith(own):
            document[key] = other
    if _is_id(document) and _name(further) and not _is_id(further):
        document["Name"] = further["Name"]
    _add(document, further)


def _is_id(document: Object) -> bool:
    """Return whether the container's name is its id, or the beginning of its id."""
    name = _name(document)
    return len(name) >= _ID_CHARACTERS and str(document.get("Id") or "").startswith(name)


def networks_of(listed: list[Object], typed: list[Object] | None = None) -> list[Object]:
    """Return the networks, each once.  ``listed``: from outputs of the engine.  ``typed``: from command lines and
    compose files."""
    found: list[Object] = []
    made = [each for each in typed or [] if "Connected" not in each]
    for each in (*listed, *made):
        same = next((one for one in found if _name(one) == _name(each)), None)
        if same is None:
            found.append(each)
            continue
        if same.get("Id") == _name(same):  # a cut document, whose name stands for its id
            same["Id"] = each.get("Id")
        _join(same, each)
    for number, each in enumerate(made, 1):
        if {"Id", "id"}.isdisjoint(each):
            each["Id"] = each["id"] = f"{number:x}".rjust(_ID_CHARACTERS, "f")
    return found


def _name(document: Object) -> str:
    return str(document.get("Name") or document.get("name") or "").removeprefix("/")


def _is_same(one: Object, other: Object) -> bool:
    ids = str(one.get("Id") or ""), str(other.get("Id") or "")
    if all(ids):
        return ids[0][:_ID_CHARACTERS] == ids[1][:_ID_CHARACTERS]
    names = _name(one), _name(other)
    return names[0] == names[1] or any(
        each and name.startswith(each[:_ID_CHARACTERS]) for each, name in zip(ids, reversed(names), strict=True)
    )


def _is_meant(one: Object, typed: Object) -> bool:
    """Return whether the typed command may have made this container: both have the same name, or the command has no
    name and both have the same image and published ports.  The protocols may differ: people forget ``/udp`` once."""
    if _name(typed):
        return _name(one) == _name(typed)
    service = _service(typed)
    if service:
        named = re.fullmatch(rf"(?:.*[-_])?{re.escape(service)}(?:[-_]\d+)?", _name(one)) is not None
        return _service(one) == service or (not _service(one) and named)
    images = [str(object_of(each.get("Config")).get("Image", "")).removesuffix(":latest") for each in (one, typed)]
    wanted, shown = set(_ports(typed)), set(_ports(one))
    return images[0] == images[1] and (not wanted or not shown or bool(wanted & shown))


def _bindings(document: Object) -> Iterator[tuple[str, str]]:
    for key, bindings in object_of(object_of(document.get("HostConfig")).get("PortBindings")).items():
        yield from ((key, str(each.get("HostPort"))) for each in objects_of(bindings))


def _ports(document: Object) -> Iterator[tuple[str, str]]:
    """Yield the container's own port and the host's port of each binding, without the protocol."""
    yield from ((inner.partition("/")[0], outer) for inner, outer in _bindings(document))


def _as_started(typed: Object, number: int, taken: set[str]) -> Object:
    """Return the container that the typed command has started.  Without ``--name`` the engine has chosen a random name,
    which the text does not show.  The container is then named after its image."""
    image = str(typed["Config"]["Image"]).rpartition("/")[2].partition(":")[0].partition("@")[0] or "container"
    image = _service(typed) or image
    name = typed.get("Name") or (f"/{image}" if f"/{image}" not in taken else f"/{image}-{number}")
    return {**typed, "Name": name}


def _add(document: Object, further: Object) -> None:
    """Add the missing fields to the object, and to the objects inside it."""
    for key, value in further.items():
        own = document.get(key)
        if object_of(own) and object_of(value):
            _add(object_of(own), object_of(value))
        elif own in (None, "", [], {}):
            document[key] = value
