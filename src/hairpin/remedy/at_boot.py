"""Sysctls that the container engine writes itself when the host boots.

dockerd sets the FORWARD policy to DROP only if it finds forwarding off and switches it on itself.  A file that sets
``net.ipv4.ip_forward = 1`` comes first, and then the policy stays ACCEPT: ports that no container publishes are open.

Source: libnetwork drivers/bridge setup_ip_forwarding.go setupIPForwarding()
"""

from hairpin.engines.history import history_of
from hairpin.engines.options import daemon_of, dockerd_version
from hairpin.engines.sysctls import sysctls_of
from hairpin.host.docker import Engine
from hairpin.host.host import Host
from hairpin.host.sysctl import Path, dotted
from hairpin.message import Message, message

_ASSUMED = (20, 10, 0)
"""The version of a dockerd that did not say it.  Every version since 1.13 switches forwarding on in this way."""
_SAME: dict[Path, Path] = {("net", "ipv4", "conf", "all", "forwarding"): ("net", "ipv4", "ip_forward")}
_FORWARDING: tuple[Path, ...] = (("net", "ipv4", "ip_forward"), ("net", "ipv6", "conf", "all", "forwarding"))


def written_at_boot(path: Path, value: str, host: Host) -> Message | None:
    """Return why no file has to set the value: the engine writes it; None if it does not."""
    wanted = _SAME.get(path, path)
    for engine in host.engines:
        if engine.kind != "docker" or engine.rootless:
            continue
        if any((each, text) == (wanted, value) for each, text in _written(engine, host)):
            return _said(wanted)
    if len(path) == 5 and path[2] == "conf" and any(_is_made_by(engine, path[3]) for engine in host.engines):
        return message(
            "no file has to set {key}: the engine makes {link} anew at its start, with the value of conf.default",
            key=dotted(path),
            link=path[3],
        )
    return None


def _written(engine: Engine, host: Host) -> tuple[tuple[Path, str], ...]:
    daemon = daemon_of(engine, dockerd_version(engine.version) or _ASSUMED)
    if daemon.backend == "nftables":  # this one demands that forwarding is on already, and does not start without
        return ()
    history = history_of(engine, daemon, host.namespace(host.netns.name))
    return tuple((each.path, each.value) for each in sysctls_of(daemon, history))


def _said(path: Path) -> Message:
    if path in _FORWARDING:
        return message(
            "no file has to set {key}: dockerd switches it on when it starts. A file that sets it to 1 before would "
            "leave the FORWARD policy at ACCEPT, and open the ports that no container publishes",
            key=dotted(path),
        )
    return message("no file has to set {key}: dockerd writes it when it starts", key=dotted(path))


def _is_made_by(engine: Engine, link: str) -> bool:
    return link.startswith("veth") or any(network.bridge == link for network in engine.networks)
