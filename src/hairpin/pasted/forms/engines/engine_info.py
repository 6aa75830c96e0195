"""``docker info``, ``docker version``, ``podman info`` and ``podman version`` as text.

    docker info := (INDENT KEY ":" VALUE)*        podman info := YAML of the same form
    version     := ("Client:" | "Server:") … (INDENT KEY ":" VALUE)*

Only keys that the collector keeps are kept.

Source: docker cli/command/system/info.go, version.go; podman cmd/podman/system/info.go, version.go
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from hairpin.pasted.form import Found, Fragment, OutputForm, Paste
from hairpin.sought import Sought

_INFO = Sought(r"\s*(?:Client:.*|Containers: \d+|Server:\s*)$")
_KEY = Sought(r"(?P<depth>\s*)(?:- )?(?P<key>[A-Za-z][\w ./()-]*?):(?:\s+(?P<value>\S.*))?$")
_ITEM = Sought(r"\s+\S")
_WARNING = Sought(r"\s*WARNING: \S")
_SIGNS = frozenset({"Server Version", "Storage Driver", "Kernel Version", "Docker Root Dir", "Cgroup Driver"})
_LEAST_SIGNS = 2
_POOL = Sought(r"\s*Base: (?P<base>[0-9a-fA-F.:]+/\d+), Size: (?P<size>\d+)\s*$")
_NAMES = {
    "Server Version": "ServerVersion", "Operating System": "OperatingSystem", "OSType": "OSType",
    "Architecture": "Architecture", "Kernel Version": "KernelVersion", "Name": "Name",
    "Cgroup Driver": "CgroupDriver", "Cgroup Version": "CgroupVersion", "Docker Root Dir": "DockerRootDir",
}  # fmt: skip
_SECURITY = ("apparmor", "seccomp", "selinux", "rootless", "cgroupns", "userns", "no-new-privileges")


def _docker(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, lambda line: _KEY.match(line) or _WARNING.match(line) or _ITEM.match(line), blank=1)
    lines = paste.lines[start:end]
    keys = {match["key"] for line in lines if (match := _KEY.match(line)) is not None}
    if len(keys & _SIGNS) >= _LEAST_SIGNS:
        return Found(end, "docker info", tuple(_info(lines, paste.command_above(start).netns)))
    if keys & {"API version", "API Version"} and "Version" in keys:
        return _version(lines, end)
    return None


def _info(lines: tuple[str, ...], netns: str) -> Iterator[Fragment]:
    facts: dict[str, Any] = {}
    security: list[str] = []
    pools: list[dict[str, Any]] = []
    in_security = False
    for line in lines:
        keyed, pool = _KEY.match(line), _POOL.match(line)
        key, value = (keyed["key"].strip(), (keyed["value"] or "").strip()) if keyed is not None else ("", "")
        if pool is not None:
            pools.append({"Base": pool["base"], "Size": int(pool["size"])})
        elif in_security and line.strip().split()[0] in _SECURITY:
            security.append(f"name={line.split()[0]}")
            continue
        elif key in _NAMES and value and _NAMES[key] not in facts:
            facts[_NAMES[key]] = value
        elif key == "Live Restore Enabled":
            facts["LiveRestoreEnabled"] = value == "true"
        elif key == "Firewall Backend":
            facts["FirewallBackend"] = {"Driver": value}
        in_security = key == "Security Options" or (in_security and key == "Profile")
        if key == "Security Options":
            security += [f"name={each}" for each in value.split() if each in _SECURITY]
    if "ServerVersion" not in facts:
        return
    if security:
        facts["SecurityOptions"] = security
    if pools:
        facts["DefaultAddressPools"] = pools
    text = "\n".join(lines)
    if re.search(r"WARNING: IPv4 forwarding is disabled", text):
        facts["IPv4Forwarding"] = False
        yield Fragment("sysctl", "/proc/sys/net/ipv4/ip_forward:0\n", netns)
    for name, key in (
        ("bridge-nf-call-iptables", "BridgeNfIptables"),
        ("bridge-nf-call-ip6tables", "BridgeNfIp6tables"),
    ):
        if f"WARNING: {name} is disabled" in text:
            facts[key] = False
    yield Fragment("docker-info", msgspec.json.encode(facts).decode() + "\n", "")
    if "KernelVersion" in facts:
        yield Fragment("uname", f"{facts['KernelVersion']}\n", "")


def _version(lines: tuple[str, ...], end: int) -> Found:
    """Return the versions of the client and of the server.  Without a server the engine did not answer, so there is no
    part."""
    sides: dict[str, str] = {}
    side = ""
    is_podman = False
    for line in lines:
        head = (
            re.match(r"\s*(Client|Server):?(?:\s+(.*))?$", line)
            if not line.lstrip().startswith("Server Version")
            else None
        )
        keyed = _KEY.match(line)
        if head is not None:
            side = head[1]
            is_podman = is_podman or "Podman" in (head[2] or "")
        elif keyed is not None and keyed["key"] == "Version" and side and side not in sides and keyed["value"]:
            sides[side] = keyed["value"].strip()
        # Before 18.09 each key had its side in front: "Server version: 1.9.1".
    engine = "podman" if is_podman else "docker"
    if not is_podman and "Server" not in sides:
        return Found(end, "docker version")
    document = {name: {"Version": version} for name, version in sides.items()}
    return Found(
        end, f"{engine} version", (Fragment(f"{engine}-version", msgspec.json.encode(document).decode() + "\n", ""),)
    )


_PODMAN_VERSION = Sought(r"Version:\s+\d+\.\d+\.\d+")


def _podman_version(paste: Paste, start: int) -> Found | None:
    """Return the version that ``podman version`` before 4 prints, without the words "Client" and "Server"."""
    end = paste.block(start, _KEY.match)
    lines = paste.lines[start:end]
    is_podman = any(re.match(r"(?:Podman API|API|RemoteAPI) Version:\s", line) for line in lines)
    if not is_podman or paste.command_above(start).words[:2] not in ((), ("podman", "version")):
        return None
    version = lines[0].partition(":")[2].strip()
    document = {"Client": {"Version": version}}
    return Found(
        end, "podman version", (Fragment("podman-version", msgspec.json.encode(document).decode() + "\n", ""),)
    )


_PODMAN = Sought(r"host:\s*$")
_KEPT = {
    ("host", "kernel"), ("host", "os"), ("host", "hostname"), ("host", "networkBackend"),
    ("host", "rootlessNetworkCmd"), ("host", "networkBackendInfo", "version"),
    ("host", "networkBackendInfo", "package"), ("host", "slirp4netns", "version"), ("host", "pasta", "version"),
    ("host", "security", "rootless"), ("host", "rootless"), ("version", "Version"),
}  # fmt: skip


def _podman(paste: Paste, start: int) -> Found | None:
    """Return the YAML of ``podman info``.  The keys above a key identify it, so the text must have its indentation."""
    end = paste.block(start, lambda line: _KEY.match(line) or _ITEM.match(line), blank=0)
    lines = paste.lines[start:end]
    values = dict(_paths(lines))
    if not any(path[:2] in (("host", "conmon"), ("host", "ociRuntime"), ("host", "networkBackend")) for path in values):
        return None
    document: dict[str, Any] = {}
    for path, value in values.items():
        if path not in _KEPT or not value:
            continue
        at = document
        for each in path[:-1]:
            at = at.setdefault(each, {})
        at[path[-1]] = value == "true" if path[-1] == "rootless" else value.strip("\"'")
    host = document.setdefault("host", {})
    if "rootless" in host:
        host.setdefault("security", {})["rootless"] = host.pop("rootless")
    parts = [Fragment("podman-info", msgspec.json.encode(document).decode() + "\n", "")]
    version = document.get("version", {}).get("Version")
    if version:
        parts.append(
            Fragment("podman-version", msgspec.json.encode({"Client": {"Version": version}}).decode() + "\n", "")
        )
    if "kernel" in host:
        parts.append(Fragment("uname", f"{host['kernel']}\n", ""))
    return Found(end, "podman info", tuple(parts))


def _paths(lines: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    above: list[tuple[int, str]] = []
    for line in lines:
        keyed = re.match(r"(?P<depth> *)(?P<key>[A-Za-z][\w.-]*):(?: (?P<value>.*))?$", line)
        if keyed is None:
            continue
        depth = len(keyed["depth"])
        while above and above[-1][0] >= depth:
            above.pop()
        yield (*(key for _, key in above), keyed["key"]), (keyed["value"] or "").strip().removeprefix("|-").strip()
        above.append((depth, keyed["key"]))


FORMS = (OutputForm(_PODMAN, _podman), OutputForm(_PODMAN_VERSION, _podman_version), OutputForm(_INFO, _docker))
