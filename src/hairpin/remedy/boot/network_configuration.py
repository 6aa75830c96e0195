"""Keeps links, addresses, routes, policy rules and neighbour entries in the host's network configuration.

Addresses and routes of a link that systemd-networkd configures are kept in a drop-in.  The link's own file stays
unchanged, because netplan or a person writes it.

Source: systemd.network(5), *Description* (``.network.d/``); netplan(5): its files are below /run/systemd/network
"""

import hashlib
from collections.abc import Iterator

from hairpin.change.change import AddEntry, Entry, Primitive, ReplaceEntry, SetLink, Setting, WriteFile
from hairpin.change.expect import entry_key
from hairpin.host.boot.link_settings import of_network_file
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.boot.systemd_network import UnitFile, claim, is_true, unit_files
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.route import TABLE_MAIN, Route
from hairpin.message import Message, message
from hairpin.network.network import is_uplink
from hairpin.network.prefix import address_text
from hairpin.remedy.remedy import Lasting, Situation

_CONFIGURATORS = (
    ("/etc/netplan/", "netplan"),
    ("/etc/NetworkManager/system-connections/", "NetworkManager"),
    ("/etc/systemd/network/", "systemd-networkd"),
    ("/etc/sysconfig/network-scripts/", "network-scripts"),
    ("/etc/network/interfaces", "ifupdown"),
)
_FOLDER = "/etc/systemd/network"
_ANY_VERSION = 255
_METRIC6 = 1024
"""IP6_RT_PRIO_USER: the metric that the kernel gives an IPv6 route which is added without a metric."""


def configured_by(host: Host) -> Message:
    """Return advice that names the files in which this host's network is configured."""
    found = [
        (name, [file.path for file in host.files if file.path.startswith(folder)]) for folder, name in _CONFIGURATORS
    ]
    used = [(name, paths) for name, paths in found if paths]
    if not used:
        return message(
            "the change lasts until the next reboot: make the same change where this host's network is configured"
        )
    return message(
        "the change lasts until the next reboot: make the same change for {names} ({files})",
        names=", ".join(name for name, _ in used),
        files=", ".join(path for _, paths in used for path in paths[:3]),
    )


def routes(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    """Return the drop-ins of systemd-networkd that keep addresses and routes, or advice that names their owner.

    The owner is the engine for addresses and routes of a container or of an engine's bridge.  The owner of all other
    addresses and routes is the host's network configuration."""
    option = situation.candidate.configured
    if all(isinstance(part, Setting) and not part.netns.is_host for part in parts):
        if option is not None and option.writer == "network-option":
            said = message(
                "the engine does not make this route when it starts the container: recreate network {name} without "
                "{option}", name=option.owner, option=option.option,
            )  # fmt: skip
            return Lasting(advice=(said,))
        return Lasting(
            advice=(
                message(
                    "the engine makes the addresses and routes of a container again whenever it starts the container"
                ),
            )
        )
    added = tuple(part.entry for part in parts if isinstance(part, AddEntry | ReplaceEntry))
    bridges = {each.bridge for engine in situation.host.engines for each in engine.networks if each.bridge is not None}
    if len(added) == len(parts) and all(_links_of(each) <= bridges for each in added):
        if any(isinstance(each, Route) and any(hop.gateway is not None for hop in each.next_hops) for each in added):
            said = message(
                "no program restores a route through a container: add the route in a unit that starts after the engine"
            )
            return Lasting(advice=(said,))
        return Lasting(
            advice=(
                message("the engine makes the addresses and routes of its bridges again whenever the engine starts"),
            )
        )
    return by_networkd(parts, situation) or Lasting(advice=(configured_by(situation.host),))


def _links_of(entry: Entry) -> set[str | None]:
    match entry:
        case Address():
            return {entry.link}
        case Route():
            return {hop.link for hop in entry.next_hops} or {None}
        case _:
            return {None}


def links(parts: tuple[SetLink, ...], situation: Situation) -> Lasting:
    """Return the advice that names the owner of the links: the network configuration, an overlay's agent, or the
    engine."""
    if any(part.link.tunnel is not None for part in parts):
        return Lasting(
            advice=(
                message(
                    "the change lasts until the device is made again. The program that makes the device has to set it "
                    "(flanneld, the CNI, dockerd for a swarm, the host's network configuration)"),
            )
        )  # fmt: skip
    if any(part.netns.is_host and is_uplink(situation.network, part.netns, part.link) for part in parts):
        return Lasting(advice=(configured_by(situation.host),))
    return Lasting(
        advice=(
            message("the engine makes this link again when it starts the container or when the engine itself starts"),
        )
    )


def by_networkd(parts: tuple[Primitive, ...], situation: Situation) -> Lasting | None:
    """Return the drop-ins with which systemd-networkd makes the entries whenever it configures their links.  Return
    None if systemd-networkd does not configure all these links, or if its files cannot express an entry."""
    texts: dict[str, str] = {}
    there: list[str] = []
    for part in parts:
        entry = part.entry if isinstance(part, AddEntry) and part.netns == situation.host.netns else None
        said = _said(entry) if isinstance(entry, Address | Route) else None
        own = _file_of(said[0], situation.host) if said is not None else None
        if entry is None or said is None or own is None:
            return None
        if _has(own, said[0], entry):
            there.append(own.path)
            continue
        base = own.path.rpartition("/")[2]
        texts[base] = "\n".join(filter(None, (texts.get(base, ""), said[1])))
    files = tuple(WriteFile(situation.host.name, _drop_in(base, text), text) for base, text in texts.items())
    return Lasting(files=files, advice=tuple(_advice(files, there)))


def _advice(files: tuple[WriteFile, ...], there: list[str]) -> Iterator[Message]:
    if there:
        yield message(
            "{file} already contains this entry: the entry was deleted at run time",
            file=", ".join(dict.fromkeys(there)),
        )
    if files:
        yield message(
            "networkd reads {names} in addition to the link's own file. The program that writes the link's own file "
            "does not change the new file",
            names=", ".join(each.path for each in files),
        )


def _has(own: UnitFile, link: str, entry: Entry) -> bool:
    """Return whether the link's file already makes the entry."""
    settings = of_network_file(own, link, _ANY_VERSION, lambda name: int(name) if name.isdigit() else 0)
    if isinstance(entry, Address):
        return any(entry_key(each) == entry_key(entry) for each in settings.addresses)
    return isinstance(entry, Route) and any(entry_key(each) == entry_key(entry) for each in settings.routes)


def _drop_in(base: str, text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"{_FOLDER}/{base}.d/90-hairpin-{digest}.conf"


def _file_of(name: str, host: Host) -> UnitFile | None:
    """Return the file by which systemd-networkd configures the link; None if systemd-networkd does not run, or if it is
    not certain which file systemd-networkd uses."""
    daemon = unit(host, "systemd-networkd")
    link = host.namespace(host.netns.name).link(name)
    if daemon is None or daemon.active != "active" or link is None:
        return None
    found = claim(host, link, unit_files(host, ".network"))
    if found.file is None or found.unsure or is_true(found.file.value("Link", "Unmanaged")):
        return None
    return found.file


def _said(entry: Address | Route) -> tuple[str, str] | None:
    """Return the entry's link, and the section that makes the entry in a ``.network`` file; None if no section can
    express the whole entry."""
    if isinstance(entry, Address):
        if entry.peer is not None or entry.nodad or entry.noprefixroute or entry.scope != "global":
            return None
        text = f"{address_text(entry.value, entry.version)}/{entry.prefix_length}"
        return entry.link, f"[Address]\nAddress={text}\n"
    hop = entry.next_hops[0] if len(entry.next_hops) == 1 else None
    if hop is None or hop.link is None or hop.encap or entry.type != "unicast" or entry.tos or entry.source is not None:
        return None
    return hop.link, "\n".join(("[Route]", *_route_lines(entry), ""))


def _route_lines(route: Route) -> Iterator[str]:
    (hop,) = route.next_hops
    yield f"Destination={route.prefix}"
    if hop.gateway is not None:
        yield f"Gateway={address_text(hop.gateway, hop.gateway_version or route.version)}"
    if hop.onlink:
        yield "GatewayOnLink=yes"
    if route.metric and not (route.version == 6 and route.metric == _METRIC6):
        yield f"Metric={route.metric}"
    if route.table != TABLE_MAIN:
        yield f"Table={route.table}"
    if route.prefsrc is not None:
        yield f"PreferredSource={address_text(route.prefsrc, route.version)}"
    if route.mtu_bytes is not None:
        yield f"MTUBytes={route.mtu_bytes}"
