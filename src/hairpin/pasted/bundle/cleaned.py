"""Reports in which ``sos clean`` has replaced the host's addresses by other addresses.

Networks become ``100.0.0.0`` and so on, single addresses count up from 172.17.0.1, hardware addresses begin with the
letters SOS.  One address of the host may become two addresses, and two addresses may become one.  The address of a
network may become the address of a host in this network, and an address may get the prefix length of its network.  This
module repairs only the form of such addresses.

Source: sos/cleaner/mappings/ip_map.py sanitize_item(), mac_map.py
"""

import re
from ipaddress import ip_network

from hairpin.pasted.bundle.files import Files

_MARK = re.compile(rb"\b53:4f:53(?::[0-9a-f]{2}){3}\b")
_ADDRESS = re.compile(r'("(?:IPAddress|GlobalIPv6Address|Gateway)": "[0-9.]+)/\d+"')
_NETWORK = re.compile(r"(?<![\w.:])(?<!inet )(?<!Address\": \")(\d{1,3}(?:\.\d{1,3}){3}/\d{1,2})(?![\w./])")


def mark_in(files: Files) -> str:
    """Return the path of a file that contains a hardware address of ``sos clean``; empty if no file does."""
    return next((path for path, data in files.items() if _MARK.search(data) is not None), "")


def with_true_forms(text: str) -> str:
    """Return the text with corrected addresses: a network's address has no host bits, and a host's address has no
    prefix length."""
    return _NETWORK.sub(_network, _ADDRESS.sub(r'\1"', text))


def _network(found: re.Match[str]) -> str:
    try:
        return str(ip_network(found[1], strict=False))
    except ValueError:
        return found[1]
