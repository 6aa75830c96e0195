"""Reads and writes the targets that translate addresses and ports: DNAT, SNAT, MASQUERADE, REDIRECT, NETMAP.

Source: iptables-extensions(8); net/netfilter/xt_nat.c, xt_NETMAP.c, nf_nat_masquerade.c, nf_nat_redirect.c
"""

from typing import Literal, cast

from hairpin.message import message
from hairpin.netfilter.iptables.forms import bounds, span_text
from hairpin.netfilter.iptables.words import Group, refuse
from hairpin.netfilter.ir import Nat
from hairpin.netfilter.rule_address import (
    IpFamily,
    prefix_of_range,
    read_address,
    read_prefix,
    write_address,
    write_prefix,
)

Ends = tuple[int, int]
_TO = {"DNAT": "--to-destination", "SNAT": "--to-source", "MASQUERADE": "--to-ports", "REDIRECT": "--to-ports"}
NAT_TARGETS = (*_TO, "NETMAP")
_FLAGS = ("random", "random-fully", "persistent")


def read_nat(group: Group) -> Nat:
    """Return the target's translation; raise ValueError or KeyError for options that are not modelled."""
    words = group.single_words()
    version: Literal[4, 6] = 4 if group.family == "ip" else 6
    if group.name == "NETMAP":
        # The hook decides whether NETMAP translates the source or the destination (netmap.py).
        prefix = read_prefix(words["--to"], group.family)
        if not prefix.contiguous:
            raise ValueError(group.text)
        return Nat("dnat", (prefix.address, prefix.last), prefix=True, version=version)
    to = words.pop(_TO[group.name], "")
    flags = tuple(flag for flag in _FLAGS if words.pop(f"--{flag}", None) is not None)
    if words:
        raise ValueError(group.text)
    if group.name in ("MASQUERADE", "REDIRECT"):
        addresses, ports = None, to
    else:
        addresses, ports = _split_endpoint(to, group.family)
    base = None
    if group.name == "DNAT" and "/" in ports:  # 1000-1010/8000: port 8000 becomes port 1000, 8001 becomes 1001
        ports, _, first = ports.partition("/")
        base, _ = bounds(first, ":", 0xFFFF)
    span = bounds(ports, "-", 0xFFFF) if ports else None
    if base is not None and (span is None or span[0] == span[1]):
        raise ValueError(group.text)
    kind = cast('Literal["snat", "dnat", "masquerade", "redirect"]', group.name.lower())
    return Nat(kind, addresses, span, flags, version=version if addresses is not None else None, base=base)


def _split_endpoint(text: str, family: IpFamily) -> tuple[Ends | None, str]:
    """Return the addresses and ports of ``ADDRESS[-ADDRESS][:PORT[-PORT[/BASE]]]``.  Before a port, an IPv6 address is
    in brackets."""
    only_ports = text.startswith(":") and not text.startswith("::")
    if family == "ip6" and not only_ports and not text.startswith("["):
        hosts, ports = text, ""
    elif text.startswith("["):
        hosts, _, ports = text[1:].partition("]")
        if ports and not ports.startswith(":"):
            raise ValueError(text)
        ports = ports[1:]
    else:
        hosts, _, ports = text.partition(":")
    first, _, last = hosts.partition("-")
    return (read_address(first, family), read_address(last or first, family)) if hosts else None, ports


def nat_words(nat: Nat, family: IpFamily) -> tuple[str, ...]:
    """Return the words of the target, such as ``-j DNAT --to-destination 10.0.0.1:80``."""
    if nat.version not in (None, 4 if family == "ip" else 6):
        raise refuse(nat, message("the addresses are of the other address family"))
    if nat.prefix:
        prefix = prefix_of_range(*nat.addresses, family) if nat.addresses is not None else None
        if prefix is None:
            raise refuse(nat, message("NETMAP takes one prefix"))
        return ("-j", "NETMAP", "--to", write_prefix(prefix))
    target = nat.nat.upper()
    ports = "" if nat.ports is None else span_text(nat.ports, "-")
    ports += "" if nat.base is None else f"/{nat.base}"
    endpoint = ports
    if target in ("DNAT", "SNAT"):
        endpoint = _endpoint_text(nat.addresses, ports, family)
        if not endpoint:
            raise refuse(nat, message("the target needs an address or a port"))
    to = (_TO[target], endpoint) if endpoint else ()
    return ("-j", target, *to, *(f"--{flag}" for flag in nat.flags))


def _endpoint_text(addresses: Ends | None, ports: str, family: IpFamily) -> str:
    hosts = "-".join(write_address(address, family) for address in dict.fromkeys(addresses or ()))
    if hosts and family == "ip6" and ports:
        hosts = f"[{hosts}]"
    return f"{hosts}:{ports}" if ports else hosts
