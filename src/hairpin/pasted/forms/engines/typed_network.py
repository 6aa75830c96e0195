"""Command lines of ``docker network create`` and ``podman network create``, which show how a network is meant to be,
and of ``network connect``, which put a container on one more.

A line below the command that says that the engine refused it makes no network.

Source: docker cli/command/network/create.go, connect.go; podman cmd/podman/networks/create.go
"""

from collections.abc import Iterable
from ipaddress import ip_interface, ip_network
from typing import Any

from hairpin.host.docker import STACKED
from hairpin.host.read.engines.network_json import BRIDGE_NAME
from hairpin.pasted.form import Found, OutputForm, Paste
from hairpin.pasted.forms.engines.engine_words import fragments
from hairpin.pasted.forms.engines.typed_line import BEGINNING, QUOTED, Called, line_at
from hairpin.sought import Sought

_CREATE = Sought(r".*\b(?P<engine>docker|podman|nerdctl)\s+network\s+create\s")
_CALLED = Called(
    _CREATE,
    Sought(rf"{BEGINNING}network\s+create\s+(?=-|\\|[\w.-]+\s*(?:$|-))"),
    Sought(rf"{QUOTED}network\s+create\s[^`]*(?<=\s)-[^`]*)`"),
)
_REFUSED = Sought(r"\s*(?:Error\b|error:|Usage:|See 'docker|failed\b|.*\bcommand not found)")
_WITH_VALUE = frozenset((
    "--driver", "--subnet", "--gateway", "--ip-range", "--opt", "--aux-address", "--ipam-driver", "--ipam-opt",
    "--label", "--scope", "--config-from", "--interface-name", "--dns", "--route", "-d", "-o", "-c",
))  # fmt: skip
BETWEEN_HOSTS = "overlay"
"""The driver of networks that lead to other hosts: what is typed shows too little of them."""
_LONG = {"-d": "--driver", "-o": "--opt"}


def _create(paste: Paste, start: int) -> Found | None:
    line = line_at(paste, start, _CALLED)
    if line is None:
        return None
    following = (each for each in paste.lines[line.end : line.end + 2] if each.strip())
    is_refused = any(_REFUSED.match(each) is not None for each in following)
    made = None if is_refused else _of_create(line.words)
    parts = tuple(fragments(f"typed-{line.engine}-networks", [made])) if made is not None else ()
    return Found(line.end, f"{line.engine} network create", parts)


_CONNECT = Sought(r".*\b(?P<engine>docker|podman|nerdctl)\s+network\s+connect\s")
_CONNECTED = Called(
    _CONNECT, Sought(rf"{BEGINNING}network\s+connect\s"), Sought(rf"{QUOTED}network\s+connect\s[^`]*)`")
)
_OF_CONNECT = frozenset((
    "--alias", "--ip", "--ip6", "--link", "--link-local-ip", "--driver-opt", "--mac-address", "--gw-priority",
))  # fmt: skip


def _connect(paste: Paste, start: int) -> Found | None:
    line = line_at(paste, start, _CONNECTED)
    if line is None:
        return None
    words = [each for each, before in zip(line.words, ("", *line.words), strict=False) if before not in _OF_CONNECT]
    names = [each for each in words if not each.startswith("-")]
    joined = [{"Name": names[0], "Connected": names[1]}] if len(names) > 1 else []
    return Found(line.end, f"{line.engine} network connect", tuple(fragments(f"typed-{line.engine}-networks", joined)))


def _of_create(words: list[str]) -> dict[str, Any] | None:
    """Return the network that the words of the command ask for; None if they do not name it."""
    options: dict[str, list[str]] = {}
    names: list[str] = []
    at = 0
    while at < len(words):
        name, equals, value = words[at].partition("=")
        at += 1
        if not name.startswith("-"):
            names.append(name)
            continue
        if not equals and name in _WITH_VALUE and at < len(words):
            value = words[at]
            at += 1
        options.setdefault(_LONG.get(name, name), []).append(value)
    driver = options.get("--driver", [""])[-1]
    if len(names) != 1 or set("<>$") & set(names[0]) or driver == BETWEEN_HOSTS:
        return None
    named = options.get("--interface-name", [])
    return network(
        names[0],
        driver=driver,
        subnets=options.get("--subnet", []),
        gateways=options.get("--gateway", []),
        part=options.get("--ip-range", [""])[-1],
        options={
            **dict(each.split("=", 1) for each in options.get("--opt", []) if "=" in each),
            **({"parent" if driver in STACKED else BRIDGE_NAME: named[-1]} if named else {}),
        },
        internal=_is_on(options, "--internal"),
        ipv6=_is_on(options, "--ipv6"),
    )


def _is_on(options: dict[str, list[str]], name: str) -> bool:
    return options.get(name, ["false"])[-1] in ("", "true")


def network(
    name: str,
    *,
    driver: str,
    subnets: Iterable[str],
    gateways: Iterable[str],
    part: str,
    options: dict[str, str],
    internal: bool,
    ipv6: bool,
) -> dict[str, Any]:
    """Return a network in the form of ``docker network inspect``, whichever the engine is.

    A subnet without a gateway gets its first address as gateway, as the engines do it.  ``part``: the part of the
    subnet for containers."""
    return {
        "Name": name,
        "Id": name,
        "Driver": driver or "bridge",
        "Internal": internal,
        "EnableIPv6": ipv6,
        "IPAM": {"Config": [block for each in subnets if (block := _block(each, gateways, part)) is not None]},
        "Options": options,
    }


def _block(subnet: str, gateways: Iterable[str], part: str) -> dict[str, str] | None:
    try:
        whole = ip_network(subnet, strict=False)
    except ValueError:
        return None
    own = [each for each in gateways if _is_inside(each, subnet)]
    block = {"Subnet": str(whole), "Gateway": own[0].partition("/")[0] if own else str(whole[1])}
    return {**block, "IPRange": part} if _is_inside(part, subnet) else block


def _is_inside(address: str, subnet: str) -> bool:
    """Return whether the text is an address of the subnet, or a range within it."""
    try:
        value, whole = ip_interface(address), ip_network(subnet, strict=False)
    except ValueError:
        return False
    return value.version == whole.version and value.ip in whole


FORMS = (OutputForm(_CREATE, _create, ("network create",)), OutputForm(_CONNECT, _connect, ("network connect",)))
