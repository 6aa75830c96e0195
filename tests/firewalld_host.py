"""A host with firewalld: the files that its package brings, in short, and those of /etc that a test gives it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from hairpin.events.course import Course
from hairpin.events.firewalls._firewalld import with_firewalld_started
from hairpin.events.firewalls._zones import with_links_bound
from hairpin.evidence.reading import text_reading
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, Firewalld
from hairpin.host.read.managers.firewalld_xml import zone
from hairpin.network.network import Network
from tests.small_host import network

_SSH, _DHCP, _FORWARD = '<service name="ssh"/>', '<service name="dhcpv6-client"/>', "<forward/>"
_LAN = f'{_SSH}<service name="mdns"/><service name="samba-client"/>{_DHCP}{_FORWARD}'
_NEIGHBOURS = "".join(
    f'<rule family="ipv6"><icmp-type name="{each}"/><accept/></rule>'
    for each in ("neighbour-advertisement", "neighbour-solicitation", "router-advertisement", "redirect")
)
STOCK: Mapping[str, str] = {
    "zones/block": f'<zone target="%%REJECT%%">{_FORWARD}</zone>',
    "zones/dmz": f"<zone>{_SSH}{_FORWARD}</zone>",
    "zones/drop": f'<zone target="DROP">{_FORWARD}</zone>',
    "zones/external": f"<zone>{_SSH}<masquerade/>{_FORWARD}</zone>",
    "zones/home": f"<zone>{_LAN}</zone>",
    "zones/internal": f"<zone>{_LAN}</zone>",
    "zones/public": f"<zone>{_SSH}{_DHCP}{_FORWARD}</zone>",
    "zones/trusted": f'<zone target="ACCEPT">{_FORWARD}</zone>',
    "zones/work": f"<zone>{_SSH}{_DHCP}{_FORWARD}</zone>",
    "policies/allow-host-ipv6": '<policy target="CONTINUE" priority="-15000"><ingress-zone name="ANY"/>'
    f'<egress-zone name="HOST"/>{_NEIGHBOURS}</policy>',
    "services/ssh": '<service><port protocol="tcp" port="22"/></service>',
    "services/dhcpv6-client": '<service><port protocol="udp" port="546"/><destination ipv6="fe80::/64"/></service>',
    "services/mdns": '<service><port protocol="udp" port="5353"/><destination ipv4="224.0.0.251" ipv6="ff02::fb"/>'
    "</service>",
    "services/samba-client": '<service><include service="netbios-ns"/><port protocol="udp" port="138"/></service>',
    "services/netbios-ns": '<service><port protocol="udp" port="137"/><helper name="netbios-ns"/></service>',
    "services/samba": '<service><include service="samba-client"/><port protocol="tcp" port="139"/>'
    '<port protocol="tcp" port="445"/></service>',
    "services/http": '<service><port protocol="tcp" port="80"/></service>',
    "services/https": '<service><port protocol="tcp" port="443"/></service>',
    "services/dns": '<service><port protocol="tcp" port="53"/><port protocol="udp" port="53"/></service>',
    "services/ftp": '<service><port protocol="tcp" port="21"/><helper name="ftp"/></service>',
    "services/kerberos": '<service><port protocol="tcp" port="88"/><port protocol="udp" port="88"/></service>',
    "helpers/ftp": '<helper module="nf_conntrack_ftp"><port protocol="tcp" port="21"/></helper>',
    "helpers/netbios-ns": '<helper module="nf_conntrack_netbios_ns" family="ipv4">'
    '<port protocol="udp" port="137"/></helper>',
}
"""The files of /usr/lib/firewalld that the tests need, by what they say."""
PUBLIC = "/etc/firewalld/zones/public.xml"


def config_files(own: Mapping[str, str], without: Iterable[str] = ()) -> tuple[ConfigFile, ...]:
    """Return the package's files and those of ``own``, by their paths; ``without``: files of the package that are not
    there."""
    stock = (ConfigFile(f"/usr/lib/firewalld/{name}.xml", text) for name, text in STOCK.items() if name not in without)
    return (*stock, *(ConfigFile(path, text) for path, text in own.items()))


def with_firewalld(
    own: Mapping[str, str] | None = None,
    *,
    within: Network | None = None,
    running: bool = False,
    version: str = "1.3.3-1",
    without: Iterable[str] = (),
) -> Network:
    """Return the small Docker host on which firewalld is installed, with these files of its own."""
    before = within if within is not None else network()
    zones = (
        zone(text_reading(text, path), name=Path(path).stem)
        for path, text in (own or {}).items()
        if "/zones/" in path and text.endswith("</zone>")
    )
    held = Firewalld(running=running, version=version, backend="nftables", permanent=tuple(zones))
    files = (*before.this.files, *config_files(own or {}, without))
    return before.with_host(msgspec.structs.replace(before.this, files=files, firewalld=held))


def with_running_firewalld(
    own: Mapping[str, str] | None = None, *, version: str, bound: str = "", within: Network | None = None
) -> Network:
    """Return the small Docker host, or another, on which firewalld has started with these files of its own.

    ``bound``: the link that dockerd has bound to its zone."""
    docker = {"/etc/firewalld/zones/docker.xml": '<zone target="ACCEPT"><forward/></zone>'} if bound else {}
    within = with_firewalld({**docker, **(own or {})}, version=version, within=within)
    start = with_firewalld_started(Course(within, "test"), within.this)
    return (with_links_bound(start, "docker", (bound,)) if bound else start).network


def host_with(own: Mapping[str, str] | None = None, *, version: str = "1.3.3-1", without: Iterable[str] = ()) -> Host:
    """Return that host alone."""
    return with_firewalld(own, version=version, without=without).this
