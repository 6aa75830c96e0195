"""The routers in the host's files: from the host's network configuration and its DHCP clients' leases.

Source: interfaces(5), netplan(5), systemd.network(5), nm-settings-keyfile(5), dhclient.leases(5), ifcfg files
"""

import re
from collections.abc import Iterator

from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.address import Version, parse_address

_FOLDERS = (
    "/etc/network/interfaces", "/etc/netplan/", "/etc/systemd/network/", "/run/systemd/network/",
    "/etc/NetworkManager/system-connections/", "/etc/sysconfig/network", "/etc/conf.d/net",
    "/run/systemd/netif/leases/", "/var/lib/dhcp/", "/var/lib/dhclient/", "/var/lib/NetworkManager/",
)  # fmt: skip
_NAMED = re.compile(r"\b(?:gateway\w*|routers?|via)\b[\s:=\"']+([0-9a-f.:]+)", re.IGNORECASE)
_KEYFILE = re.compile(r"^address\d*=[^,\n]*,([0-9a-f.:]+)", re.IGNORECASE | re.MULTILINE)
"""The pattern for the router in NetworkManager's keyfiles, which follows an address and a comma."""


def network_files(host: Host) -> Iterator[ConfigFile]:
    """Yield the files that may have the host's network configuration or its DHCP leases."""
    yield from (file for file in host.files if file.path.startswith(_FOLDERS))


def configured_gateways(host: Host, version: Version) -> Iterator[tuple[int, str]]:
    """Yield the address of each router that a file names, with the file's path."""
    for file in network_files(host):
        for text in (*_NAMED.findall(file.text), *_KEYFILE.findall(file.text)):
            try:
                of, value = parse_address(text)
            except ValueError:
                continue
            if of == version and value:
                yield value, file.path
