"""The rebuilt tunnel devices of hosts, as ``ip -batch`` and ``bridge -batch`` lines.

Source: ip-link(8), bridge(8); iproute2 ip/iplink_vxlan.c vxlan_parse_opt(), ip/link_gre.c gre_parse_opt()
"""

from collections.abc import Iterator

from hairpin.change.commands.words import fdb_words
from hairpin.host.host import Namespace
from hairpin.host.link import DEFAULT_TTL, Link, Tunnel
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry
from hairpin.network.network import Network
from hairpin.network.own_frames import hands_up, taken_by
from hairpin.network.prefix import address_text, is_multicast
from hairpin.network.tunnel.tunnels import entries_of, underlay_netns

MOST_OVERHEAD_BYTES = 70
"""The largest overhead of a tunnel, in bytes, which is the overhead of vxlan over IPv6."""
KINDS = ("geneve", "gre", "gretap", "ipip", "vxlan")


def is_rebuilt(network: Network, netns: Netns, link: Link) -> bool:
    """Return whether the tunnel device is rebuilt; otherwise a plain wire replaces it.

    Devices without a remote are not rebuilt, except a vxlan.  If there is only one host, only vxlan and geneve devices
    that send to unicast addresses are rebuilt, and the world has the far ends of these devices (plan/far_ends.py).  A
    vxlan may have been moved from the host's namespace into another namespace, as in swarm's overlay networks."""
    tunnel = link.tunnel
    if tunnel is None or tunnel.external or tunnel.kind not in KINDS:
        return False
    home, remotes = underlay_netns(netns, link), outer_destinations(network.namespace(netns), link)
    if home != netns and (tunnel.kind != "vxlan" or home not in network):
        return False
    to_group = any(is_multicast(each, tunnel.version) for each in remotes)
    if len(network.hosts) < 2 and (tunnel.port is None or not home.is_host or to_group):
        return False
    return tunnel.kind == "vxlan" or bool(remotes)  # without a remote, a vxlan drops all frames


def outer_destinations(namespace: Namespace, link: Link) -> tuple[int, ...]:
    """Return all outer addresses that the tunnel device sends to: the device's own remote, and the remotes in its
    forwarding database."""
    own = (link.tunnel.remote,) if link.tunnel is not None else ()
    found = (*own, *(each.remote for each in entries_of(namespace, link)))
    return tuple(dict.fromkeys(each for each in found if each is not None))


def type_words(tunnel: Tunnel) -> str:
    """Return the arguments after ``type`` in the line that makes the device."""
    words = [tunnel.kind]
    if tunnel.key is not None:
        words += ["id" if tunnel.kind in ("vxlan", "geneve") else "key", str(tunnel.key)]
    for name, address in (("local", tunnel.local), ("remote", tunnel.remote)):
        words += [name, address_text(address, tunnel.version)] if address is not None else []
    words += ["dev", tunnel.underlay] if tunnel.underlay and tunnel.kind != "geneve" else []
    words += ["dstport", str(tunnel.port)] if tunnel.port is not None else []
    if tunnel.kind == "vxlan":
        words += [] if tunnel.learning else ["nolearning"]
        words += ["proxy"] if tunnel.proxy else []
    if tunnel.kind in ("vxlan", "geneve"):
        words += ["df", tunnel.dont_fragment] if tunnel.dont_fragment != "unset" else []
    else:
        words += [] if tunnel.dont_fragment == "set" else ["nopmtudisc"]
    words += _ttl_words(tunnel)
    return " ".join(words)


def _ttl_words(tunnel: Tunnel) -> list[str]:
    """Return the arguments for the TTL of outer packets; empty if the TTL is the default of the tunnel's kind."""
    if tunnel.kind in ("vxlan", "geneve"):
        return [] if tunnel.ttl == DEFAULT_TTL else ["ttl", str(tunnel.ttl or "inherit")]
    return ["ttl", str(tunnel.ttl)] if tunnel.ttl and tunnel.dont_fragment == "set" else []


def forwarding_entries(network: Network, netns: Netns, able: frozenset[str] = frozenset(KINDS)) -> Iterator[str]:
    """Yield ``bridge -batch`` lines for the remotes in the forwarding databases of the namespace's tunnel devices, and
    for bridges that do not deliver frames for their own hardware address locally.

    ``able``: the kinds of links that this kernel can make."""
    namespace = network.namespace(netns)
    for link in namespace.links:
        if link.kind == "bridge" and link.mac is not None and not hands_up(namespace, link):
            taking = taken_by(namespace, link)
            lost = FdbEntry(link.name, link.name, link.mac, local=True)
            put = ("fdb replace", *fdb_words(taking), "static") if taking is not None else None
            yield " ".join(put or ("fdb del", *fdb_words(lost)))
        if link.kind in able and is_rebuilt(network, netns, link):
            yield from _entries(namespace, link)


def _entries(namespace: Namespace, link: Link) -> Iterator[str]:
    for each in entries_of(namespace, link):
        state = "permanent" if each.state == "permanent" else "dynamic"
        yield " ".join(("fdb append", *fdb_words(each), state))
