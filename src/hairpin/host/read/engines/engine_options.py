"""Options of dockerd from its flags, its ``daemon.json`` and ``docker info``.

An option has the same name as a flag and in ``daemon.json``.  dockerd does not start if an option is given both as a
flag and in the file.
Source: moby daemon/config/config_linux.go, cmd/dockerd/config_unix.go.
"""

from typing import Literal, cast

import msgspec

from hairpin.evidence.reading import Reading
from hairpin.host.docker import Engine
from hairpin.host.read.ip.address_text import network
from hairpin.host.read.json_text import decode
from hairpin.netfilter.address import parse_address

_FALSE, _TRUE = ("false", "0", "f"), ("true", "1", "t", "")


class Options(msgspec.Struct, frozen=True):
    """The options of the engine from one source.  The fields are the fields of Engine; a field is None if the source
    does not give the option."""

    iptables: bool | None = None
    ip6tables: bool | None = None
    ip_forward: bool | None = None
    ip_forward_no_drop: bool | None = None
    ip_masq: bool | None = None
    icc: bool | None = None
    userland_proxy: bool | None = None
    live_restore: bool | None = None
    allow_direct_routing: bool | None = None
    firewall_backend: str | None = None
    default_ip: int | None = None
    dns: tuple[str, ...] = ()
    host_gateway: int | None = None
    bridge_name: str | None = None


_SWITCHES = {field.replace("_", "-"): field for field, hint in Options.__annotations__.items() if hint == bool | None}
"""The options that are on or off, each with its field."""


class Info(msgspec.Struct, frozen=True):
    """The facts about the engine in ``docker info``."""

    version: str = ""
    firewall_backend: str | None = None
    live_restore: bool | None = None
    rootless: bool = False
    address_pools: tuple[tuple[int, int, int], ...] = ()


class _Driver(msgspec.Struct):
    driver: str | None = msgspec.field(default=None, name="Driver")


class _Pool(msgspec.Struct):
    base: str = msgspec.field(default="", name="Base")
    size: int = msgspec.field(default=0, name="Size")


class _Info(msgspec.Struct):
    version: str | None = msgspec.field(default="", name="ServerVersion")
    security: tuple[str, ...] | None = msgspec.field(default=None, name="SecurityOptions")
    live_restore: bool | None = msgspec.field(default=None, name="LiveRestoreEnabled")
    backend: _Driver | None = msgspec.field(default=None, name="FirewallBackend")
    pools: tuple[_Pool, ...] | None = msgspec.field(default=None, name="DefaultAddressPools")


class _Server(msgspec.Struct):
    version: str = msgspec.field(default="", name="Version")


class _Version(msgspec.Struct):
    server: _Server | None = msgspec.field(default=None, name="Server")
    client: _Server | None = msgspec.field(default=None, name="Client")
    version: str = msgspec.field(default="", name="Version")


class _PodmanSecurity(msgspec.Struct):
    rootless: bool = False


class _PodmanResolver(msgspec.Struct):
    path: str | None = ""


class _PodmanNetwork(msgspec.Struct):
    version: str | None = ""
    package: str | None = ""
    dns: _PodmanResolver | None = None


class _PodmanHost(msgspec.Struct):
    security: _PodmanSecurity | None = None
    network: str | None = msgspec.field(default=None, name="networkBackend")
    network_program: _PodmanNetwork | None = msgspec.field(default=None, name="networkBackendInfo")


class _Podman(msgspec.Struct):
    host: _PodmanHost | None = None


class _FilePool(msgspec.Struct):
    base: str = ""
    size: int = 0


class _FilePools(msgspec.Struct):
    pools: tuple[_FilePool, ...] | None = msgspec.field(default=None, name="default-address-pools")


_FILE_POOLS = msgspec.json.Decoder(_FilePools)
_PODMAN = msgspec.json.Decoder(_Podman)
_FILE = msgspec.json.Decoder(dict[str, object])
_INFO = msgspec.json.Decoder(_Info)
_VERSION = msgspec.json.Decoder(_Version)
GivenOptions = tuple[tuple[str, str], ...]
"""Pairs of an option's name, as in daemon.json, and its value, as in a flag."""


def of_file(reading: Reading) -> GivenOptions:
    """Return the options of ``daemon.json``; raise ParseError.  Options whose value is a list or an object are not
    modelled, so they are skipped, except ``dns``, which has an entry for each server."""
    found = decode(_FILE, reading.text, source=reading.origin) if reading.text.strip() else {}
    plain = tuple(
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in found.items()
        if isinstance(value, bool | str | int)
    )
    servers = found.get("dns")
    listed = cast("list[object]", servers) if isinstance(servers, list) else []
    return (*plain, *(("dns", each) for each in listed if isinstance(each, str)))


def pools_of_file(reading: Reading) -> tuple[tuple[int, int, int], ...]:
    """Return the IPv4 pools of ``daemon.json``, as in ``Engine``; raise ParseError."""
    found = decode(_FILE_POOLS, reading.text, source=reading.origin) if reading.text.strip() else _FilePools()
    return tuple((*network(each.base, 4), each.size) for each in found.pools or () if "." in each.base)


def names_in_file(text: str, *, source: str) -> tuple[str, ...]:
    """Return the names of all options of ``daemon.json``; raise ParseError."""
    found = decode(_FILE, text, source=source) if text.strip() else {}
    return tuple(found)


def of_flags(text: str) -> GivenOptions:
    """Return the options in a text of flags, which has one ``--flag=value`` on each line."""
    pairs = (line.partition("=") for line in text.split("\n") if line.startswith("--"))
    return tuple((flag.removeprefix("--"), value) for flag, _, value in pairs)


class PodmanInfo(msgspec.Struct, frozen=True):
    """The facts about networks in ``podman info``.  ``backend``: None for Podman before 4, which does not say and uses
    CNI.  ``has_resolver``: whether Podman finds the program of its networks' name server; None if it does not say."""

    rootless: bool = False
    backend: str | None = None
    version: str = ""
    has_resolver: bool | None = None


def of_podman_info(reading: Reading) -> PodmanInfo:
    """Return the facts about networks in ``podman info``; raise ParseError."""
    host = decode(_PODMAN, reading.text, source=reading.origin).host
    if host is None:
        return PodmanInfo()
    rootless = host.security is not None and host.security.rootless
    program = host.network_program or _PodmanNetwork()
    version = (program.version or "").removeprefix("netavark").strip()
    return PodmanInfo(rootless, host.network, version, bool(program.dns.path) if program.dns is not None else None)


def options(said: GivenOptions) -> Options:
    """Return the options in ``said`` that hairpin models.  If an option is given twice, the first one counts."""
    values: dict[str, str] = {}
    for name, value in said:
        values.setdefault(name, value)
    switches = {field: _switch(values[name]) for name, field in _SWITCHES.items() if name in values}
    return Options(
        **switches,
        firewall_backend=values.get("firewall-backend") or None,
        default_ip=_address(values.get("ip")),
        dns=tuple(dict.fromkeys(value for name, value in said if name == "dns" and value)),
        host_gateway=_address(values.get("host-gateway-ip")),
        bridge_name=values.get("bridge") or None,
    )


def of_info(reading: Reading) -> Info:
    """Return the facts about the engine in ``docker info``; raise ParseError."""
    found = decode(_INFO, reading.text, source=reading.origin)
    return Info(
        version=found.version or "",
        firewall_backend=found.backend.driver if found.backend is not None else None,
        live_restore=found.live_restore,
        rootless="name=rootless" in (found.security or ()),
        address_pools=tuple((*network(each.base, 4), each.size) for each in found.pools or () if "." in each.base),
    )


def version(reading: Reading) -> str:
    """Return the engine's version from ``docker version``, ``GET /version`` or ``podman version``; raise ParseError."""
    found = decode(_VERSION, reading.text, source=reading.origin)
    if found.version:
        return found.version
    return next((side.version for side in (found.server, found.client) if side is not None and side.version), "")


def with_options(engine: Engine, said: Options, info: Info) -> Engine:
    """Return the engine with its options.  The options that are in effect (``info``) take precedence over the options
    from flags and daemon.json (``said``)."""
    given = {field: getattr(said, field) for field in Options.__struct_fields__}
    backend = _backend(info.firewall_backend) or said.firewall_backend
    live_restore = said.live_restore if info.live_restore is None else info.live_restore
    now = {"firewall_backend": backend, "live_restore": live_restore, "rootless": info.rootless}
    return msgspec.structs.replace(engine, **given | now, address_pools=info.address_pools)


def _backend(driver: str | None) -> str | None:
    """Return the name of the firewall back end.  If firewalld runs, ``docker info`` says ``iptables+firewalld``."""
    name = (driver or "").partition("+")[0]
    known: tuple[Literal["iptables", "nftables"], ...] = ("iptables", "nftables")
    return name if name in known else None


def _switch(text: str) -> bool | None:
    """Return the boolean that Go's ParseBool reads from the text; None for other texts."""
    word = text.strip().lower()
    return False if word in _FALSE else True if word in _TRUE else None


def _address(text: str | None) -> int | None:
    try:
        return parse_address(text)[1] if text else None
    except ValueError:
        return None
