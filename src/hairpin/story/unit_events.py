"""Which event of ``events/`` the start, stop or reload of a unit is, and which packages a unit is of."""

from hairpin.events.event import EventId
from hairpin.story.entry import Effect, Verb

_STARTS: dict[str, EventId] = {
    "docker.service": "docker-restart",
    "firewalld.service": "firewalld-start",
    "ufw.service": "ufw-enable",
    "nftables.service": "nftables-restart",
    "iptables.service": "saved-rules-restore",
    "ip6tables.service": "saved-rules-restore",
    "netfilter-persistent.service": "saved-rules-restore",
    "fail2ban.service": "fail2ban-restart",
    "systemd-sysctl.service": "sysctl-system",
    "networking.service": "network-restart",
    "network.service": "network-restart",
    "systemd-networkd.service": "networkd-restart",
    "NetworkManager.service": "networkmanager-restart",
    "podman-restart.service": "podman-restart",
    "tailscaled.service": "vpn-up",
}
_RESTARTS: dict[str, EventId] = {**_STARTS, "firewalld.service": "firewalld-restart", "ufw.service": "ufw-reload"}
_RELOADS: dict[str, EventId] = {
    "docker.service": "docker-reload",
    "firewalld.service": "firewalld-reload",
    "ufw.service": "ufw-reload",
    "nftables.service": "nftables-reload",
    "netfilter-persistent.service": "saved-rules-restore",
    "iptables.service": "saved-rules-restore",
    "ip6tables.service": "saved-rules-restore",
}
_STOPS: dict[str, EventId] = {
    "docker.service": "docker-stop",
    "ufw.service": "ufw-disable",
    "iptables.service": "iptables-flush",
}
_KILLS: dict[str, EventId] = {"docker.service": "docker-kill"}
BY_VERB: dict[Verb, dict[str, EventId]] = {
    "start": _STARTS, "restart": _RESTARTS, "reload": _RELOADS, "stop": _STOPS, "kill": _KILLS, "fail": {},
}  # fmt: skip
"""The event that a unit's start, stop and so on is, by the unit's name."""
_STOP_COMMANDS = {"nftables.service": "nft flush ruleset"}
"""What a unit's ``ExecStop=`` carries out, where no event says it."""
_PACKAGES: dict[str, tuple[str, ...]] = {
    "docker.service": ("docker-ce", "docker.io", "moby-engine", "docker", "containerd", "containerd.io"),
    "docker.socket": ("docker-ce", "docker.io", "moby-engine", "docker"),
    "containerd.service": ("containerd", "containerd.io"),
    "firewalld.service": ("firewalld",),
    "ufw.service": ("ufw",),
    "nftables.service": ("nftables",),
    "iptables.service": ("iptables-services",),
    "ip6tables.service": ("iptables-services",),
    "netfilter-persistent.service": ("netfilter-persistent", "iptables-persistent"),
    "fail2ban.service": ("fail2ban",),
    "networking.service": ("ifupdown", "ifupdown2"),
    "systemd-networkd.service": ("systemd", "systemd-networkd"),
    "systemd-sysctl.service": ("systemd", "procps"),
    "NetworkManager.service": ("network-manager", "NetworkManager"),
}


def unit_effect(unit: str, verb: Verb) -> Effect | None:
    """Return what it does to the network that the unit is started, stopped or reloaded; None if nothing is known."""
    if verb in ("start", "restart") and unit.startswith("wg-quick@"):
        return Effect(event="vpn-up")
    event = BY_VERB[verb].get(unit)
    if event is not None:
        return Effect(event=event)
    command = _STOP_COMMANDS.get(unit) if verb == "stop" else None
    return None if command is None else Effect(commands=command)


def packages_of_unit(unit: str) -> tuple[str, ...]:
    """Return the packages whose installation restarts the unit."""
    return _PACKAGES.get(unit, ())


def full_name(unit: str) -> str:
    """Return the unit's whole name: ``docker`` is ``docker.service`` to systemctl."""
    if "." in unit and unit.rpartition(".")[2] in ("service", "socket", "timer", "target", "mount", "path", "scope"):
        return unit
    return f"{unit}.service"
