"""Links, addresses, routes, policy rules and neighbour entries are kept by what configures the host's network."""

from hairpin.change.change import AddEntry, Entry, Primitive, SetLink, Setting
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.route import Route
from hairpin.message import Message, message
from hairpin.network.network import is_uplink
from hairpin.remedy.boot.networkd_file import by_networkd
from hairpin.remedy.remedy import Lasting, Situation

_CONFIGURATORS = (
    ("/etc/netplan/", "netplan"),
    ("/etc/NetworkManager/system-connections/", "NetworkManager"),
    ("/etc/systemd/network/", "systemd-networkd"),
    ("/etc/sysconfig/network-scripts/", "network-scripts"),
    ("/etc/network/interfaces", "ifupdown"),
)


def configured_by(host: Host) -> Message:
    """Return advice that names the files in which this host's network is configured."""
    found = [
        (name, [file.path for file in host.files if file.path.startswith(folder)]) for folder, name in _CONFIGURATORS
    ]
    used = [(name, paths) for name, paths in found if paths]
    if not used:
        return message("it lasts until the next reboot: make the same change where this host's network is configured")
    return message(
        "it lasts until the next reboot: make the same change for {names} ({files})",
        names=", ".join(name for name, _ in used),
        files=", ".join(path for _, paths in used for path in paths[:3]),
    )


def routes(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    """Return what keeps addresses and routes: drop-ins of networkd's, or advice that names their maker, which is the
    engine for a container and its own bridges, else the host's network configuration."""
    if all(isinstance(part, Setting) and not part.netns.is_host for part in parts):
        return Lasting(advice=(message("the engine makes a container's addresses and routes anew when it starts it"),))
    added = tuple(part.entry for part in parts if isinstance(part, AddEntry))
    bridges = {each.bridge for engine in situation.host.engines for each in engine.networks if each.bridge is not None}
    if len(added) == len(parts) and all(_links_of(each) <= bridges for each in added):
        return Lasting(advice=(message("the engine makes its bridges' addresses and routes anew when it starts"),))
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
    """Return advice that names the maker of the links: the network configuration, an overlay's agent, or the engine."""
    if any(part.link.tunnel is not None for part in parts):
        return Lasting(
            advice=(
                message("it lasts until the device is made anew: its maker has to make it so (flanneld, the CNI, "
                        "dockerd for a swarm, the host's network configuration)"),
            )
        )  # fmt: skip
    if any(part.netns.is_host and is_uplink(situation.network, part.netns, part.link) for part in parts):
        return Lasting(advice=(configured_by(situation.host),))
    return Lasting(advice=(message("the engine makes this link anew when it starts the container or itself"),))
