"""The file of each event, and the events that come by themselves: a file is loaded only for an event that is asked.

An event is each ``Event`` that the file defines.  ``tests/events/test_registry.py`` holds that the table names each of
them, and that an event without its sign cannot happen on a recorded host.  Files with a leading underscore hold code
that events share, and models that few hosts need."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module

from hairpin.events.event import EVENT_IDS, Event, EventId
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.host import Host
from hairpin.programs import (
    IFUPDOWN,
    IPTABLES_SERVICES,
    NETFILTER_PERSISTENT,
    NETWORK_MANAGER,
    NETWORK_SCRIPTS,
    NETWORKD,
    NFTABLES,
)

FILES: Mapping[str, tuple[EventId, ...]] = {
    "boot.reboot": ("reboot", "kernel-upgrade", "cloud-stop-start"),
    "boot.sysctls": ("sysctl-system", "forwarding-toggle", "br-netfilter-load"),
    "engines.compose": ("compose-recreate",),
    "engines.containers": ("container-stop", "container-restart", "container-recreate"),
    "engines.docker": ("docker-restart", "docker-stop", "docker-kill", "docker-upgrade"),
    "engines.podman": ("podman-restart",),
    "firewalls.fail2ban": ("fail2ban-restart",),
    "firewalls.firewalld": ("firewalld-start", "firewalld-restart", "firewalld-reload"),
    "firewalls.iptables": ("iptables-flush", "saved-rules-restore", "conntrack-flush"),
    "firewalls.nftables": ("nftables-restart", "nftables-reload"),
    "firewalls.ufw": ("ufw-reload", "ufw-enable", "ufw-disable"),
    "links.dhcp": ("dhcp-new-address",),
    "links.link": ("link-bounce", "nic-replaced"),
    "links.managers": ("network-restart", "networkd-restart", "networkmanager-restart"),
    "links.router_advertisement": ("router-advertisement-expired",),
    "unchanged": ("docker-reload", "iptables-upgrade", "vpn-up"),
}
"""The events that each file defines."""


def _on_every_host(_host: Host) -> bool:
    return True


def _starts_one_of(*names: str) -> Callable[[Host], bool]:
    """Return a function that tells whether a host starts one of these units at boot or runs one of these units now."""

    def starts_one(host: Host) -> bool:
        found = (unit(host, name) for name in names)
        return any(each is not None and (each.is_enabled or each.active == "active") for each in found)

    return starts_one


def _runs_network_scripts(host: Host) -> bool:
    """Return whether the unit that configures the links once runs.  If no unit was read, it counts as running."""
    found = (unit(host, name) for each in (IFUPDOWN, NETWORK_SCRIPTS) for name in each.units)
    return not host.units or any(each is not None and each.active == "active" for each in found)


def _runs_firewalld(host: Host) -> bool:
    return host.firewalld is not None and host.firewalld.running


def _has_ufw_enabled(host: Host) -> bool:
    return host.ufw is not None and host.ufw.enabled


def _runs_container(host: Host) -> bool:
    return any(each.running for each in host.containers())


def _runs_docker(host: Host) -> bool:
    return any(each.kind == "docker" and each.running for each in host.engines)


def _starts_podmans_containers(host: Host) -> bool:
    """Return whether Podman has a container that the unit podman-restart starts, and the unit is enabled or active.  A
    unit that was not read counts as enabled."""
    own = (each for each in host.engines if each.kind == "podman" and not each.rootless)
    chosen = any(each.restart_policy == "always" for engine in own for each in engine.containers)
    return chosen and (unit(host, "podman-restart") is None or _starts_one_of("podman-restart")(host))


BY_THEMSELVES: Mapping[EventId, Callable[[Host], bool]] = {
    "sysctl-system": _on_every_host,
    "saved-rules-restore": _starts_one_of(*NETFILTER_PERSISTENT.units, *IPTABLES_SERVICES.units),
    "ufw-reload": _has_ufw_enabled,
    "firewalld-reload": _runs_firewalld,
    "firewalld-restart": _runs_firewalld,
    "nftables-reload": _starts_one_of(*NFTABLES.units),
    "nftables-restart": _starts_one_of(*NFTABLES.units),
    "network-restart": _runs_network_scripts,
    "networkd-restart": _starts_one_of(*NETWORKD.units),
    "networkmanager-restart": _starts_one_of(*NETWORK_MANAGER.units),
    "container-restart": _runs_container,
    "docker-restart": _runs_docker,
    "podman-restart": _starts_podmans_containers,
    "reboot": _on_every_host,
}
"""The events that come by themselves or in the ordinary maintenance of a host, each with its sign: whether it comes on
a host, as far as a reading shows without the event's file.  The event with the narrowest effect comes first: if several
events bring a cause, the report names the cause only for the first of them."""


def event_modules() -> tuple[str, ...]:
    """Return the full names of the modules that define events."""
    return tuple(f"hairpin.events.{file}" for file in FILES)


def event_of(id_: EventId) -> Event:
    """Return the event with this id.  Only its file is loaded."""
    file = next(file for file, ids in FILES.items() if id_ in ids)
    return next(each for each in _events_in(f"hairpin.events.{file}") if each.id == id_)


@cache
def all_events() -> tuple[Event, ...]:
    """Return every event, in the order of ``EVENT_IDS``."""
    return tuple(map(event_of, EVENT_IDS))


def events_by_themselves(host: Host) -> Iterator[Event]:
    """Yield the events that come by themselves or in ordinary maintenance on this host, the event with the narrowest
    effect first."""
    return (event_of(id_) for id_, comes in BY_THEMSELVES.items() if comes(host))


def _events_in(module: str) -> Iterator[Event]:
    return (each for each in vars(import_module(module)).values() if isinstance(each, Event))
