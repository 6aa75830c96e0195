"""Compose files, which show how the containers of their services are meant to be.

    file    := ["version:" …] ["networks:" …] "services:" service* ["networks:" …]
    service := NAME ":" (KEY ":" [VALUE] | "- " ITEM)*

The reader goes by lines and by the known keys of a service, so it reads a file whose indentation a web page has
removed.
Of a service only the keys about the network are kept, without environment and volumes.

Source: compose-spec spec.md
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from hairpin.pasted.form import Found, OutputForm, Paste
from hairpin.pasted.forms.engines.compose_networks import ComposeNetworks, networks_in, read_line
from hairpin.pasted.forms.engines.engine_words import fragments
from hairpin.pasted.forms.engines.typed_addresses import asks_in, listens_in, settings_in
from hairpin.pasted.forms.engines.typed_run import container, exposed_ports, is_plain
from hairpin.sought import Sought

PROJECT = "compose"
"""The project of a file that names no project.  The engine uses the name of the folder, which the text does not
show."""
_KEYS = frozenset((
    "image", "build", "container_name", "hostname", "restart", "ports", "expose", "networks", "network_mode",
    "environment", "env_file", "volumes", "command", "entrypoint", "depends_on", "links", "external_links",
    "extra_hosts", "dns", "dns_search", "cap_add", "cap_drop", "privileged", "user", "working_dir", "labels",
    "logging", "deploy", "healthcheck", "devices", "security_opt", "sysctls", "ulimits", "tty", "stdin_open", "init",
    "profiles", "platform", "stop_grace_period", "tmpfs", "secrets", "configs", "mem_limit", "cpus", "shm_size",
    "read_only", "pull_policy", "extends", "pid", "ipc", "domainname", "mac_address", "scale", "net",
))  # fmt: skip
_OF_ENDPOINT = Sought(r"(?:ipv[46]_address|aliases|link_local_ips|mac_address|priority):")
_ABOVE = 6
"""The number of lines above the services in which the project may be named."""
_TOP = Sought(r"(?:version|services|networks|volumes|secrets|configs|name|x-[\w-]+):")
_HEADS = ("services:", "networks:")
_FOREIGN = Sought(r"\s*(?:script|stage|steps|runs-on|apiVersion|kind|spec|hosts|tasks):")
_KEY = Sought(r"(?P<key>[\w.$/{}-]+|\"[^\"]+\"|'[^']+'):(?:\s+(?P<value>\S.*))?$")
_ITEM = Sought(r"-\s+(?P<item>\S.*)$|-$")
_BEGIN = Sought(r"\s*(?:services:\s*$|[A-Za-z][\w.-]*:\s*(?:#.*)?$)")


ANY_ENGINE = "compose"
"""Stands in a key for the engine of a Compose file, which only other outputs of the text show."""


class _Service(msgspec.Struct):
    name: str
    values: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    items: dict[str, list[str]] = msgspec.field(default_factory=dict[str, list[str]])


def _compose(paste: Paste, start: int) -> Found | None:
    first = paste.lines[start].strip()
    head = first.removesuffix(":") if first in _HEADS else ""
    if not head and not _begins_service(paste, start):
        return None
    end = _end(paste, start) if head != "networks" else _end_of_networks(paste, start)
    lines = [line for line in paste.lines[start:end] if line.strip() and not line.strip().startswith("#")]
    if any(_FOREIGN.match(line) for line in lines):
        return None
    services, section = _services_in(lines, head)
    project = next(_projects(paste.lines[max(0, start - _ABOVE) : start]), PROJECT)
    made = [each for service in services if (each := _container(service, section.names, project)) is not None]
    networks = [*networks_in(section, project)]
    if not made and not networks:
        return None
    parts = (*fragments(f"typed-{ANY_ENGINE}-containers", made), *fragments(f"typed-{ANY_ENGINE}-networks", networks))
    return Found(end, "docker-compose.yml", parts)


def _projects(lines: tuple[str, ...]) -> Iterator[str]:
    """Yield the name of the project, if the lines above the services have it."""
    for line in lines:
        named = re.match(r"name:\s+(\S+)", line)
        if named is not None:
            yield _plain(named[1])


def _begins_service(paste: Paste, start: int) -> bool:
    """Return whether a service without the line ``services:`` begins here: its next line names its image."""
    return (
        start + 1 < len(paste.lines)
        and re.match(r"\s*(?:image|build|container_name):\s*\S", paste.lines[start + 1]) is not None
    )


def _end(paste: Paste, start: int) -> int:
    depth = _depth(paste.lines[start])

    def belongs(line: str) -> bool:
        text = line.strip()
        if _depth(line) > depth or text.startswith("#"):
            return True
        return _TOP.match(text) is not None or _KEY.match(text) is not None or _ITEM.match(text) is not None

    return paste.block(start, belongs, blank=2)


def _end_of_networks(paste: Paste, start: int) -> int:
    """Return the end of a file that begins with its networks; without services, the end of the networks."""
    end, head = _end(paste, start), _depth(paste.lines[start])
    below = range(start + 1, end)
    if any(paste.lines[each].strip() == "services:" for each in below):
        return end
    return next((each for each in below if paste.lines[each].strip() and _depth(paste.lines[each]) <= head), end)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _services_in(lines: list[str], head: str) -> tuple[list[_Service], ComposeNetworks]:
    """Return the services, and the networks.  ``head``: the section whose name is the first line; empty if the lines
    begin with a service."""
    services: list[_Service] = []
    networks = ComposeNetworks()
    section = head or "services"
    key = ""
    outer = _depth(lines[0])
    inner = _depth(lines[1]) if len(lines) > 1 and head else outer
    for number, line in enumerate(lines[1 if head else 0 :], 1 if head else 0):
        text, depth = _without_comment(line.strip()), _depth(line)
        top = head and depth <= outer and _TOP.match(text)
        keyed, item = _KEY.match(text), _ITEM.match(text)
        if top and not _is_key_of_service(lines, number, inner > outer):
            section = text.partition(":")[0]
        elif section == "networks":
            read_line(networks, text)
        elif section != "services":
            continue
        elif keyed is not None and keyed["value"] is None and _is_service(lines, number, inner, outer):
            services.append(_Service(keyed["key"].strip("'\"")))
            key = ""
        elif services and item is not None:
            services[-1].items.setdefault(key, []).append(item["item"] or "")
        elif services and keyed is not None:
            key = _of_service(services[-1], keyed, key)
    return services, networks


def _is_key_of_service(lines: list[str], number: int, is_indented: bool) -> bool:
    """Return whether ``networks:`` or ``volumes:`` without indentation is a key of a service: an item follows it, or a
    network with the settings of one container."""
    if is_indented:
        return False
    following = [line.strip() for line in lines[number + 1 : number + 3]]
    return bool(following) and (following[0].startswith("- ") or _OF_ENDPOINT.match(following[-1]) is not None)


def _is_service(lines: list[str], number: int, inner: int, head: int) -> bool:
    """Return whether the key in this line names a service: by its indentation, or, if that is lost, by the line below
    it, which is a key of a service."""
    name = lines[number].strip().partition(":")[0]
    following = _KEY.match(_without_comment(lines[number + 1].strip())) if number + 1 < len(lines) else None
    is_followed = following is not None and following["key"] in _KEYS
    if inner > head:
        return _depth(lines[number]) == inner and is_followed
    keys = (
        _depth(lines[1]) if len(lines) > 1 else inner
    )  # whoever copies a part of a file loses the first line's spaces
    if _depth(lines[number]) > inner and not inner < _depth(lines[number]) < keys:
        return False
    return is_followed and (name not in _KEYS or not number)


def _of_service(service: _Service, keyed: re.Match[str], before: str) -> str:
    """Process a line with a key of a service, and return the key to which the following items belong."""
    key, value = keyed["key"].strip("'\""), keyed["value"]
    if key in _KEYS:
        if value is None:
            service.items.setdefault(key, [])
        elif value.startswith("["):
            service.items[key] = [each.strip() for each in value.strip("[] ").split(",") if each.strip()]
        else:
            service.values.setdefault(key, value)
        return key
    if before == "environment":  # its long form
        service.items.setdefault(before, []).append(f"{key}: {value or ''}")
    elif before in ("ports", "networks"):  # the long form of a port; the settings of a network
        items = service.items.setdefault(before, [])
        settings = f"{key}: {value or ''}"
        if before == "networks" and value is None and key != "aliases":
            items.append(key)
        elif items:
            items[-1] = f"{items[-1]}\n{settings}"
    return before


def _without_comment(text: str) -> str:
    return re.sub(r"\s+#.*$", "", text)


def _container(service: _Service, networks: dict[str, str], project: str) -> dict[str, Any] | None:
    if not {"image", "build"} & {*service.values, *service.items} and not service.items.get("ports"):
        return None
    mode = _plain(service.values.get("network_mode") or service.values.get("net") or "")
    mode = mode.replace("service:", "container:", 1)
    names = dict(_endpoints(service, networks, project)) if not mode else {}
    made = container(
        image=_plain(service.values.get("image", service.name)),
        name=_plain(service.values.get("container_name", "")),
        mode=mode or next(iter(names), f"{project}_default"),
        ports=[port for each in service.items.get("ports", []) for port in _ports(each)],
    )
    made["Config"]["Labels"] = {"com.docker.compose.service": service.name}
    if not mode:
        made["NetworkSettings"]["Networks"] = names or {f"{project}_default": {"Aliases": [service.name]}}
    words = [service.values.get("command", ""), *service.items.get("command", [])]
    if listens := listens_in(words):
        made["Listens"] = listens
    if asks := asks_in(words, settings_in(service.items.get("environment", []))):
        made["Asks"] = asks
    if _is_plain(service):
        made["Plain"] = True
    if service.items.get("expose"):
        made["Config"]["ExposedPorts"] = {key: {} for key in exposed_ports(map(_plain, service.items["expose"]))}
    if "restart" in service.values:
        made["HostConfig"]["RestartPolicy"] = {"Name": _plain(service.values["restart"]).partition(":")[0]}
    for key, name in (("dns", "Dns"), ("extra_hosts", "ExtraHosts")):
        if found := [*service.items.get(key, []), *([service.values[key]] if key in service.values else [])]:
            made["HostConfig"][name] = [_plain(each).replace("=", ":", 1) for each in found]
    return made


def _is_plain(service: _Service) -> bool:
    """Return whether the file gives the service no port, no address and no configuration that may have one."""
    if not _OTHERWISE.isdisjoint((*service.values, *service.items)):
        return False
    variables = (re.split("[=:]", _plain(each))[0] for each in service.items.get("environment", []))
    return is_plain(variables, map(_plain, service.items.get("volumes", [])))


_OTHERWISE = frozenset(("build", "command", "configs", "entrypoint", "env_file", "extends", "secrets"))


def _plain(text: str) -> str:
    return text.strip().strip("'\"")


def _endpoints(service: _Service, networks: dict[str, str], project: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in service.items.get("networks", []):
        name, _, settings = each.partition("\n")
        key = _plain(name).rstrip(":").strip()
        endpoint: dict[str, Any] = {"Aliases": [service.name]}
        fixed = re.search(r"ipv4_address: ([\d.]+)", settings)
        if fixed is not None:
            endpoint["IPAMConfig"] = {"IPv4Address": fixed[1]}
        yield networks.get(key, f"{project}_{key}"), endpoint


def _ports(item: str) -> Iterator[str]:
    """Yield the ports of an item as options ``-p``.  The item has the short form, or the long form with its keys."""
    long = {key: _plain(value) for key, value in re.findall(r"^(?:-\s+)?([a-z_]+):\s*(.*)$", item, re.MULTILINE)}
    if "target" in long:
        address = f"{long['host_ip']}:" if long.get("host_ip") else ""
        published = f"{long['published']}:" if long.get("published") else (":" if address else "")
        yield f"{address}{published}{long['target']}/{long.get('protocol') or 'tcp'}"
        return
    text = _plain(item.partition("\n")[0])
    if "${" in text:  # a variable's default is what is used without the variable
        text = re.sub(r"\$\{\w+:?-([^}]*)\}", r"\1", text)
    yield text


FORMS = (OutputForm(_BEGIN, _compose),)
