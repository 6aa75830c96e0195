"""Joins the facts about one container or network to one object.

The facts come from several outputs, and the object has the form of ``docker inspect``.

A container is known by its name or by the beginning of its id.  A typed ``docker run`` shows how the container was
meant to be.  If an output shows how the container is, the output counts.
"""

import re
from collections.abc import Callable, Iterator

import msgspec

from hairpin.host.read.engines.network_json import BRIDGE_NAME
from hairpin.pasted.values import Object, object_of, objects_of

TYPED = "Typed"
"""The field that marks a container which only a typed command names."""
_ID_CHARACTERS = 12
_SERVICE = "com.docker.compose.service"


def containers_of(listed: list[Object], typed: list[Object]) -> list[Object]:
    """Return the containers.  ``listed``: from outputs of the engine.  ``typed``: from command lines and compose
    files."""
    found: list[Object] = []
    # An inspected container tells more than a row of a table, so it comes first.
    for each in sorted(listed, key=lambda document: not _is_inspected(document)):
        same = next((one for one in found if _is_same(one, each)), None)
        if same is None:
            found.append(each)
        else:
            _join(same, each)
    for number, each in enumerate(typed, 1):
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


def project_of(listed: list[Object], typed: list[Object]) -> str:
    """Return the project of the typed services, if the name of a listed container shows it: ``shop-web-1`` is the
    service ``web`` of the project ``shop``.  Empty if no name does."""
    services = [service for each in typed if (service := _service(each))]
    projects = (
        match[1]
        for each in listed
        for service in services
        if (match := re.fullmatch(rf"([\w.]+(?:-[\w.]+)*?)[-_]{re.escape(service)}[-_]\d+", _name(each))) is not None
    )
    return next(projects, "")


def with_project(project: str, typed: list[Object]) -> list[Object]:
    """Return the typed containers or networks with the project's name in the names of their networks."""
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


def networks_of(listed: list[Object], typed: list[Object]) -> list[Object]:
    """Return the networks, each once.  ``listed``: from outputs of the engine.  ``typed``: from command lines and
    compose files; of a network that an output lists, only what the outputs leave out counts."""
    found: list[Object] = []
    for each in [*listed, *({**one, TYPED: True} for one in typed)]:
        same = next((one for one in found if _name(one) == _name(each)), None)
        if same is None:
            found.append(each)
            continue
        if same.get("Id") == _name(same):  # a cut document, whose name stands for its id
            same["Id"] = each.get("Id")
        _join(same, {key: value for key, value in each.items() if key != TYPED})
    return found


def with_connected(typed: list[Object], connected: list[Object]) -> list[Object]:
    """Return the typed containers with the networks to which somebody has connected them, too."""
    return [_with_connected(each, connected) for each in typed]


def _with_connected(typed: Object, connected: list[Object]) -> Object:
    further: Object = {_name(each): {} for each in connected if each["Connected"] == _name(typed)}
    if not further:
        return typed
    settings = object_of(typed.get("NetworkSettings"))
    own = object_of(settings.get("Networks")) or {str(object_of(typed.get("HostConfig")).get("NetworkMode")): {}}
    return {**typed, "NetworkSettings": {**settings, "Networks": {**own, **further}}}


def _of_podman(network: Object) -> Object:
    """Return a typed network in the form of ``podman network inspect``."""
    options = dict(network["Options"])
    link = options.pop(BRIDGE_NAME, options.get("parent"))
    blocks = objects_of(object_of(network["IPAM"]).get("Config"))
    return {
        "name": network["Name"],
        "id": network["Id"],
        "driver": network["Driver"],
        "internal": network["Internal"],
        "ipv6_enabled": network["EnableIPv6"],
        "subnets": [{"subnet": each.get("Subnet"), "gateway": each.get("Gateway")} for each in blocks],
        "options": options,
        **({"network_interface": link} if link else {}),
    }


FORMS_OF_NETWORKS: dict[str, Callable[[Object], Object]] = {"docker": lambda network: network, "podman": _of_podman}
"""The form in which each engine inspects a network, made from Docker's form."""


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
