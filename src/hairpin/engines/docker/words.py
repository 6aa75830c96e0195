"""Pieces of rules as iptables-save writes them."""

from ipaddress import IPv4Address, IPv6Address

from hairpin.host.docker import PortBinding
from hairpin.netfilter.rule_address import IpFamily

LOOPBACK: dict[IpFamily, str] = {"ip": "127.0.0.0/8", "ip6": "::1/128"}
ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED"


def host(family: IpFamily, address: int) -> str:
    """Return the address as a host prefix: ``172.17.0.2/32``."""
    return f"{IPv4Address(address)}/32" if family == "ip" else f"{IPv6Address(address)}/128"


def socket(family: IpFamily, address: int, port: int) -> str:
    """Return address and port in the form that a DNAT target takes: ``172.17.0.2:80``, ``[2001:db8::2]:80``."""
    return f"{IPv4Address(address)}:{port}" if family == "ip" else f"[{IPv6Address(address)}]:{port}"


def protocol(binding: PortBinding) -> str:
    """Return ``-p tcp -m tcp``."""
    return f"-p {binding.protocol} -m {binding.protocol}"
