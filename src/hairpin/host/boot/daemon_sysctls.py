"""Daemons that set a sysctl when they start, after all sysctl.d files were applied.

networkd sets values for the links that it configures, NetworkManager sets values because of its profiles' ``method``,
and tuned sets the values of its active profile.  tuned applies included profiles first.

Source: systemd.network(5), nm-settings-keyfile(5) ``ipv6.method``, tuned.conf(5)
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.host.boot.keyfile import is_unmanaged, profile_of, profiles
from hairpin.host.boot.link_settings import Forwarding, of_host_forwarding, of_network_file
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.boot.sysctl_files import FORWARDING, key_parts
from hairpin.host.boot.systemd_network import (
    claim,
    daemon_value,
    file_of_daemon_value,
    is_true,
    sections,
    systemd_version,
    unit_files,
)
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.host.sysctl import Path

Daemon = Literal["systemd-networkd", "NetworkManager", "tuned"]
_UNREAD_VERSION = 255
_SINCE_256 = ("IPv4Forwarding", "IPv6Forwarding")
_ACTIVE_PROFILE = "/etc/tuned/active_profile"
_INCLUDED = 8
"""The depth up to which included profiles of tuned are read."""


class DaemonSetting(msgspec.Struct, frozen=True):
    """A daemon of this host that sets a sysctl, and the daemon's file that has the setting.  ``option``: the name of
    the setting in this file; empty if it is the sysctl's own name, or several settings decide."""

    daemon: Daemon
    file: str
    value: str
    option: str = ""


def set_by_daemon(path: Path, host: Host) -> DaemonSetting | None:
    """Return the daemon that sets the sysctl last; None if no enabled or running daemon sets it."""
    names = FORWARDING if path in FORWARDING else (path,)
    found = tuple(each for key, each in _settings(host) if key in names)
    return found[-1] if found else None


def set_in_file_of_idle(path: Path, host: Host) -> DaemonSetting | None:
    """Return the setting in a file of networkd, if networkd neither runs nor is enabled; else None."""
    if _starts(host, "systemd-networkd"):
        return None
    names = FORWARDING if path in FORWARDING else (path,)
    found = tuple(each for key, each in _of_networkd(host) if key in names)
    return found[-1] if found else None


def _settings(host: Host) -> Iterator[tuple[Path, DaemonSetting]]:
    if _starts(host, "systemd-networkd"):
        yield from _of_networkd(host)
    if _starts(host, "NetworkManager"):
        yield from _of_networkmanager(host)
    if _starts(host, "tuned"):
        yield from _of_tuned(host)


def _starts(host: Host, name: str) -> bool:
    found = unit(host, name)
    return found is not None and (found.is_enabled or found.active == "active")


def _of_networkd(host: Host) -> Iterator[tuple[Path, DaemonSetting]]:
    version = systemd_version(host) or _unread_version(host)
    told = (daemon_value(host, "Network", key) for key in _SINCE_256)
    first, second = (is_true(each) if each is not None else None for each in told)
    shared: Forwarding = (first, second)
    for path, value in of_host_forwarding(shared, version):
        key = _SINCE_256["ipv6" in path]
        yield path, DaemonSetting("systemd-networkd", file_of_daemon_value(host, "Network", key), value, key)
    files = unit_files(host, ".network")
    for link in host.namespace(host.netns.name).links:
        own = claim(host, link, files).file
        if own is None or is_true(own.value("Link", "Unmanaged")):
            continue
        for path, value in of_network_file(own, link.name, version, lambda _: 0, shared).values:
            yield path, DaemonSetting("systemd-networkd", own.path, value)


def _unread_version(host: Host) -> int:
    """Return a version of networkd that knows the words of the files, if its version was not read."""
    files = unit_files(host, ".network")
    newer = any(each.value("Network", key) is not None for each in files for key in _SINCE_256)
    newer = newer or any(daemon_value(host, "Network", key) is not None for key in _SINCE_256)
    return _UNREAD_VERSION + 1 if newer else _UNREAD_VERSION


def _of_networkmanager(host: Host) -> Iterator[tuple[Path, DaemonSetting]]:
    known = profiles(host)
    for link in host.namespace(host.netns.name).links:
        own = profile_of(host, link, known)
        if own is not None and not is_unmanaged(host, link) and own.value("ipv6", "method") == "disabled":
            key = ("net", "ipv6", "conf", link.name, "disable_ipv6")
            yield key, DaemonSetting("NetworkManager", own.file, "1")


def _of_tuned(host: Host) -> Iterator[tuple[Path, DaemonSetting]]:
    active = next((each.text for each in host.files if each.path == _ACTIVE_PROFILE), "")
    for name in active.split():
        for file in _profile(name, host, _INCLUDED):
            for section in sections(file.text):
                for key, value in section.pairs if section.name == "sysctl" else ():
                    yield key_parts(key), DaemonSetting("tuned", file.path, value)


def _profile(name: str, host: Host, depth: int) -> Iterator[ConfigFile]:
    """Yield the file of tuned's profile; the files of included profiles come first."""
    folders = ("/etc/tuned", "/etc/tuned/profiles", "/usr/lib/tuned", "/usr/lib/tuned/profiles")
    wanted = [f"{folder}/{name}/tuned.conf" for folder in folders]
    found = sorted((each for each in host.files if each.path in wanted), key=lambda each: wanted.index(each.path))
    for file in found[:1]:
        for section in sections(file.text):
            for included in section.values("include") if section.name == "main" and depth else ():
                for each in included.replace(",", " ").split():
                    yield from _profile(each, host, depth - 1)
        yield file
