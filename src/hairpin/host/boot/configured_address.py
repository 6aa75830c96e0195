"""The links in the host's files, their addresses, and the routers: from the host's network configuration and its DHCP
clients' leases.

Source: interfaces(5), netplan(5), systemd.network(5), nm-settings-keyfile(5), dhclient.leases(5), ifcfg files
"""

import re
from collections.abc import Iterator

from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.address import Version, parse_address

_FOLDERS = (
    "/etc/network/interfaces", "/etc/netplan/", "/etc/systemd/network/", "/run/systemd/network/",
    "/etc/NetworkManager/system-connections/", "/etc/sysconfig/network", "/etc/conf.d/net",
    "/run/systemd/netif/leases/", "/var/lib/dhcp/", "/var/lib/dhclient/", "/var/lib/NetworkManager/",
)  # fmt: skip
_NAMED_GATEWAY = re.compile(r"\b(?:gateway\w*|routers?|via)\b[\s:=\"']+([0-9a-f.:]+)", re.IGNORECASE)
_KEYFILE = re.compile(r"^address\d*=[^,\n]*,([0-9a-f.:]+)", re.IGNORECASE | re.MULTILINE)
"""The pattern for the router in NetworkManager's keyfiles, which follows an address and a comma."""
_NAMED = re.compile(
    r"(?:^|[^\w.-])(?:address\w*|ipaddr\d*|fixed-address)[ \t:=\"'\[-]+([0-9a-f.:]+)(?:/(\d+))?", re.IGNORECASE
)
_ITEM = re.compile(r"^[ \t]*-[ \t]*[\"']?([0-9a-f.:]+)/(\d+)", re.IGNORECASE | re.MULTILINE)
"""The pattern for an address in netplan's lists, which have one item per line."""
_LENGTH = re.compile(r"(?:^|[^\w.-])prefix\d*[ \t:=\"']+(\d+)", re.IGNORECASE)
_STACKED = re.compile(r"vlan|bridge|bond|team", re.IGNORECASE)
_MASK = re.compile(r"(?:netmask\d*|subnet-mask)[ \t:=\"']+(\d+\.\d+\.\d+\.\d+)", re.IGNORECASE)

_LINK = re.compile(
    r"^[ \t]*(?:iface[ \t]+|Name=|interface-name=|DEVICE=\"?)([\w.-]+)(?![\w.*?\[-])"
    r"|^[ \t]*ethernets:[ \t]*\n[ \t]+([\w.-]+):",
    re.MULTILINE,
)


def configured_links(host: Host) -> Iterator[tuple[str, str]]:
    """Yield each link that a file configures by name, with the file's path."""
    for file in network_files(host):
        for words in _LINK.findall(file.text):
            name = "".join(words)
            if name != "lo":
                yield name, file.path


def configured_addresses(host: Host, link: str, version: Version) -> Iterator[tuple[Address, str]]:
    """Yield each address that a file names for the link, with the file's path.

    A file is about the link if its path or text contains the link's name.  If the file also defines stacked links, it
    is not known which link has its addresses, so no address is yielded.  An address without a prefix length is skipped,
    because it may be the address of a name server.
    """
    for file in network_files(host):
        if _STACKED.search(file.text) is not None:
            continue
        if link not in file.path and re.search(rf"(?<![\w.]){re.escape(link)}(?![\w.])", file.text) is None:
            continue
        for text, length in (*_NAMED.findall(file.text), *_ITEM.findall(file.text)):
            prefix_length = int(length) if length else _length(file.text)
            try:
                of, value = parse_address(text)
            except ValueError:
                continue
            if of == version and value and prefix_length:
                yield Address(link, version, value, prefix_length), file.path


def names_as_own(host: Host, version: Version, value: int) -> bool:
    """Return whether a file of the host assigns the address to one of the host's links."""
    links = dict.fromkeys(name for name, _ in configured_links(host))
    return any(own.value == value for link in links for own, _ in configured_addresses(host, link, version))


def _length(text: str) -> int | None:
    """Return the prefix length or netmask that the file gives separately from an address; None unless the file has
    exactly one such text."""
    lengths = {int(each) for each in _LENGTH.findall(text)}
    lengths |= {parse_address(each)[1].bit_count() for each in _MASK.findall(text)}
    return lengths.pop() if len(lengths) == 1 else None


def network_files(host: Host) -> Iterator[ConfigFile]:
    """Yield the files that may have the host's network configuration or its DHCP leases."""
    yield from (file for file in host.files if file.path.startswith(_FOLDERS))


def configured_gateways(host: Host, version: Version) -> Iterator[tuple[int, str]]:
    """Yield the address of each router that a file names, with the file's path."""
    for file in network_files(host):
        for text in (*_NAMED_GATEWAY.findall(file.text), *_KEYFILE.findall(file.text)):
            try:
                of, value = parse_address(text)
            except ValueError:
                continue
            if of == version and value:
                yield value, file.path
