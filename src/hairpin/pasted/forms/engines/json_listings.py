"""Containers of ``docker ps --format json``, ``podman ps --format json`` and ``GET /containers/json``.

Source: docker cli/command/formatter/container.go; podman pkg/domain/entities ListContainer; Docker Engine API
ContainerList
"""

from hairpin.pasted.forms.engines.ps_tables import container_of_row
from hairpin.pasted.values import Object, list_of, object_of, objects_of


def is_listing(document: Object) -> bool:
    """Return whether the object is a row of such a listing."""
    has_names = isinstance(document.get("Names"), str | list)
    return has_names and "Image" in document and ("Ports" in document or "State" in document)


def container_of_listing(document: Object) -> Object:
    """Return the container in the form of ``docker inspect``."""
    names, ports = document["Names"], document.get("Ports")
    name = names.split(",")[0] if isinstance(names, str) else str(next(iter(names), ""))
    identity = str(document.get("Id") or document.get("ID") or "")
    row = {
        "CONTAINER ID": identity,
        "NAMES": name or identity,
        "IMAGE": str(document["Image"]),
        "STATUS": str(document.get("Status") or document.get("State") or ""),
        "NETWORKS": _networks(document),
    }
    if isinstance(ports, str):
        row["PORTS"] = ports
    elif "Ports" in document:
        row["PORTS"] = ", ".join(filter(None, map(_port, objects_of(ports))))
    made = container_of_row(row)
    state = document.get("State")
    if isinstance(state, str) and "State" in made:
        made["State"]["Status"] = state.lower()
    mode = object_of(document.get("HostConfig")).get("NetworkMode")
    if isinstance(mode, str) and mode:
        made.setdefault("HostConfig", {})["NetworkMode"] = mode
    if isinstance(document.get("ExitCode"), int) and "State" in made:
        made["State"]["ExitCode"] = document["ExitCode"]
    return made


def _networks(document: Object) -> str:
    found = document.get("Networks")
    if isinstance(found, str):
        return found
    if listed := list_of(found):
        return ",".join(map(str, listed))
    return ",".join(object_of(object_of(document.get("NetworkSettings")).get("Networks")))


def _port(entry: Object) -> str:
    """Return a port of Docker's API or of Podman's listing in the form of the column PORTS."""
    own = entry.get("PrivatePort") or entry.get("container_port") or entry.get("containerPort")
    outer = entry.get("PublicPort") or entry.get("host_port") or entry.get("hostPort")
    protocol = entry.get("Type") or entry.get("protocol") or "tcp"
    address = str(entry.get("IP") or entry.get("host_ip") or entry.get("hostIP") or "")
    length = entry.get("range")
    if not isinstance(own, int):
        return ""
    more = length - 1 if isinstance(length, int) and length > 1 else 0
    end = f"-{own + more}" if more else ""
    if not isinstance(outer, int):
        return f"{own}{end}/{protocol}"
    outer_end = f"-{outer + more}" if more else ""
    shown = f"[{address}]" if ":" in address else address or "0.0.0.0"
    return f"{shown}:{outer}{outer_end}->{own}{end}/{protocol}"
