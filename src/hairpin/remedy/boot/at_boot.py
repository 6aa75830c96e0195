"""Sysctls that the container engine writes itself when the host boots.

dockerd sets the FORWARD policy to DROP only if it finds forwarding off and switches it on itself.  A file that sets
``net.ipv4.ip_forward = 1`` comes first, and then the policy stays ACCEPT: ports that no container publishes are open.

Source: libnetwork drivers/bridge setup_ip_forwarding.go setupIPForwarding()
"""

from hairpin.change.change import SetPolicy, SetSysctl
from hairpin.engines.docker.history import history_of
from hairpin.engines.docker.options import daemon_of, dockerd_version
from hairpin.engines.sysctls import policies_of, sysctls_of
from hairpin.host.docker import Engine
from hairpin.host.engine_health import is_down
from hairpin.host.host import Host
from hairpin.host.sysctl import Path, dotted
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.remedy.remedy import Situation

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
            "no file is needed for {key}: the engine makes {link} anew at each start, and it then has the value of "
            "conf.default",
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


def is_switched_off_since(path: Path, host: Host) -> bool:
    """Return whether the path is a switch of forwarding, and a dockerd runs that has switched it on at its start."""
    runs = any(each.kind == "docker" and not each.rootless and not is_down(host, each) for each in host.engines)
    return runs and _SAME.get(path, path) in _FORWARDING


def closed_forward(part: SetSysctl, situation: Situation) -> SetPolicy | None:
    """Return the policy DROP that FORWARD has now and that dockerd would not set at a boot which finds forwarding on;
    None if it accepts now, or dockerd always sets it."""
    host, namespace = situation.host, situation.network.namespace(part.netns)
    for engine in host.engines:
        if engine.kind != "docker" or engine.rootless:
            continue
        daemon = daemon_of(engine, dockerd_version(engine.version) or _ASSUMED)
        for each in policies_of(daemon, history_of(engine, daemon, namespace)):
            if each.certain or (each.family == "ip") != (part.path[1] == "ipv4"):
                continue
            for table in namespace.ruleset.tables:
                chain = table.chain(each.chain)
                of_iptables = table.dialect in ("iptables-nft", "iptables-legacy")
                if of_iptables and (table.family, table.name) == (each.family, each.table) and chain is not None:
                    place = Place(table.dialect, table.family, table.name, each.chain, 0, f"-P {each.chain} DROP")
                    if chain.policy == "drop":
                        return SetPolicy(part.netns, place, "drop")
    return None


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
