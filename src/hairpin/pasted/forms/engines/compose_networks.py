"""The networks of a Compose file: the section ``networks:`` at the top.

    section := "networks:" (NAME ":" (KEY ":" [VALUE] | "- " KEY ":" VALUE)*)*

The reader goes by lines and by known keys, as that of the services does.  An external network is made elsewhere, and a
network without settings is an ordinary one.

Source: compose-spec 06-networks.md
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from hairpin.pasted.forms.engines.typed_network import BETWEEN_HOSTS, network
from hairpin.sought import Sought

_KEYED = Sought(r"(?:-\s+)?(?P<key>[\w.$/{}-]+|\"[^\"]+\"|'[^']+'):(?:\s+(?P<value>\S.*))?$")
_OF_NETWORK = frozenset((
    "driver", "driver_opts", "ipam", "internal", "enable_ipv6", "enable_ipv4", "external", "name", "attachable",
    "labels",
))  # fmt: skip
_IPAM_DRIVERS = ("default", "host-local", "dhcp")
_OF_IPAM = frozenset(("config", "options", "subnet", "gateway", "ip_range", "aux_addresses"))


class ComposeNetworks(msgspec.Struct):
    """What the section says, as far as it was read.  ``names``: the names of networks by their keys, for external
    networks and for networks with a name of their own."""

    names: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    networks: "dict[str, _Network]" = msgspec.field(default_factory=dict[str, "_Network"])
    at: str = ""
    """The network to which the next keys belong."""
    within: str = ""
    """The key of this network to which they belong."""


class _Network(msgspec.Struct):
    values: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    options: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    blocks: list[dict[str, str]] = msgspec.field(default_factory=list[dict[str, str]])


def read_line(section: ComposeNetworks, text: str) -> None:
    """Process a line of the section, without its indentation."""
    keyed = _KEYED.match(text)
    if keyed is None:
        return
    key, value = keyed["key"].strip("'\""), (keyed["value"] or "").strip("'\"")
    if not value and key not in _OF_NETWORK | _OF_IPAM:
        section.at, section.within = key, ""
        section.networks[key] = _Network()
        return
    made = section.networks.setdefault(section.at, _Network())
    if key in _OF_NETWORK and value not in _IPAM_DRIVERS:
        section.within = key if not value else ""
        made.values[key] = value
        if key == "name" and value:
            section.names[section.at] = value
        elif key == "external" and value.lower() == "true":
            section.names.setdefault(section.at, section.at)
    elif section.within == "driver_opts":
        made.options[key] = value
    elif section.within == "ipam" and key in ("subnet", "gateway", "ip_range"):
        if key == "subnet" or not made.blocks:
            made.blocks.append({})
        made.blocks[-1][key] = value


def networks_in(section: ComposeNetworks, project: str) -> Iterator[dict[str, Any]]:
    """Yield the networks that the file makes and that are no ordinary ones, in the form of ``docker network
    inspect``."""
    for key, each in section.networks.items():
        if not key or "external" in each.values or re.search("[<>$]", section.names.get(key, key)):
            continue
        driver, internal, ipv6 = (each.values.get(name, "") for name in ("driver", "internal", "enable_ipv6"))
        if not (each.blocks or each.options or driver not in ("", "bridge") or "true" in (internal, ipv6)):
            continue
        if driver == BETWEEN_HOSTS:
            continue
        yield network(
            section.names.get(key, f"{project}_{key}"),
            driver=driver,
            subnets=[block["subnet"] for block in each.blocks if "subnet" in block],
            gateways=[block["gateway"] for block in each.blocks if "gateway" in block],
            part=next((block["ip_range"] for block in each.blocks if "ip_range" in block), ""),
            options=each.options,
            internal=internal.lower() == "true",
            ipv6=ipv6.lower() == "true",
        )
