"""Outputs that show a host's system: kernel, distribution, versions of programs, packages.

Source: uname(1), os-release(5), lsb_release(1), hostnamectl(1), dpkg-query(1), rpm(8), apt(8)
"""

import re

from hairpin.evidence.reading import HOST
from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.programs import PROGRAMS
from hairpin.sought import Sought

_UNAME = Sought(
    r"\s*Linux (?P<host>[\w.-]+) (?P<release>\d+\.\d+\S*) #\S.*(?:Linux|\d{4}|x86_64|aarch64|armv\w+|i686)\s*$"
)
_RELEASE = Sought(r"\s*(?P<release>\d+\.\d+\.\d+\S*)\s*$")


def _uname(paste: Paste, start: int) -> Found | None:
    match = _UNAME.match(paste.lines[start])
    assert match is not None
    line = paste.lines[start].strip() + "\n"
    return Found(
        start + 1,
        "uname -a",
        (Fragment("uname", match["release"] + "\n", ""), Fragment("versions", line, "", "uname -a")),
    )


def _release(paste: Paste, start: int) -> Found | None:
    words = paste.command_above(start).words
    if words[:1] == ("uname",) and words[1:] in (("-r",), ("--kernel-release",)):
        return Found(start + 1, "uname -r", (Fragment("uname", paste.lines[start].strip() + "\n", ""),))
    if words[:2] == ("firewall-cmd", "--version") or words[:2] == ("firewall-cmd", "-V"):
        return Found(
            start + 1,
            "firewall-cmd --version",
            (Fragment("versions", paste.lines[start].strip() + "\n", "", "firewall-cmd --version"),),
        )
    return None


_OS = Sought(r"\s*(?:PRETTY_NAME|NAME|VERSION|ID|VERSION_ID)=\S")
_OS_LINE = Sought(r"\s*[A-Z_]+=.*$")


def _os_release(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _OS_LINE.match, blank=1)
    lines = [line.strip() for line in paste.lines[start:end] if line.strip()]
    keys = {line.partition("=")[0] for line in lines}
    if not {"ID", "NAME"} <= keys and not {"PRETTY_NAME", "VERSION_ID"} <= keys:
        return None
    if paste.command_above(start).netns != HOST:
        return Found(end, "cat /etc/os-release")
    return Found(end, "cat /etc/os-release", (Fragment("os-release", joined_lines(lines), ""),))


_LSB = Sought(r"\s*(?:Distributor ID|Description):\s+\S|No LSB modules are available")
_LSB_LINE = Sought(r"\s*(?:Distributor ID|Description|Release|Codename|LSB Version):\s|No LSB modules")


def _lsb(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _LSB_LINE.match)
    text = "\n".join(paste.lines[start:end])
    name = re.search(r"^\s*Description:\s+(\S.*)$", text, re.MULTILINE)
    if name is None or ("Release:" not in text and not paste.command_above(start).words):
        return None
    if paste.command_above(start).netns != HOST:
        return Found(end, "lsb_release -a")
    return Found(end, "lsb_release -a", (Fragment("os-release", f'PRETTY_NAME="{name[1].strip()}"\n', ""),))


_HOSTNAMECTL = Sought(r"\s*Static hostname: ")
_HOSTNAMECTL_LINE = Sought(r"\s*[A-Z][\w ]{2,24}: ")


def _hostnamectl(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _HOSTNAMECTL_LINE.match)
    text = "\n".join(paste.lines[start:end])
    system = re.search(r"^\s*Operating System: (\S.*)$", text, re.MULTILINE)
    kernel = re.search(r"^\s*Kernel: Linux (\S+)", text, re.MULTILINE)
    parts: list[Fragment] = []
    if system is not None:
        parts.append(Fragment("os-release", f'PRETTY_NAME="{system[1].strip()}"\n', ""))
    if kernel is not None:
        parts.append(Fragment("uname", f"{kernel[1]}\n", ""))
    return Found(end, "hostnamectl", tuple(parts)) if parts else None


_VERSION = Sought(
    r"\s*(?P<said>ip6?tables v\d+\.\d+\.\d+(?: \((?:nf_tables|legacy)\))?|nftables v\d+\.\d+\S*(?: \([^)]*\))?|ip "
    r"utility, iproute2-\S+.*|ipset v\d+\.\d+, protocol version: \d+|(?P<docker>Docker version \d+\.\S+, build \S+)"
    r"|podman version \d+\.\d+\.\d+\S*|docker-compose version v?\d+\.\S+.*|Docker Compose version v?\d+\.\S+|systemd "
    r"\d{3}(?: \([^)]*\))?)\s*$"
)
_PROGRAMS = (
    ("ip6tables", "ip6tables -V"), ("iptables", "iptables -V"), ("nftables", "nft -v"), ("ip utility", "ip -V"),
    ("ipset", "ipset -v"), ("Docker version", "docker --version"), ("podman", "podman --version"),
    ("docker-compose", "docker-compose --version"), ("Docker Compose", "docker-compose version"),
    ("systemd", "systemctl --version"),
)  # fmt: skip


def _version(paste: Paste, start: int) -> Found | None:
    line = paste.lines[start].strip()
    asked = next(command for said, command in _PROGRAMS if line.startswith(said))
    if paste.command_above(start).netns != HOST:
        return Found(start + 1, asked)
    return Found(start + 1, asked, (Fragment("versions", line + "\n", "", asked),))


_DPKG_HEAD = Sought(r"\s*(?:Desired=Unknown|\|\s*Status=Not|\|/ Err\?=|\|\|/ Name|\+\+\+-)")
_DPKG = Sought(
    r"\s*(?P<status>[iuhrp][inUcFHWt])\s+(?P<name>[a-z0-9][a-z0-9.+-]+)"
    r"(?::\w+)?\s+(?P<version>[0-9]\S*)\s+(?:amd64|all|arm64|armhf|i386|armel|riscv64)\b.*$"
)
_RPM = Sought(
    r"\s*(?P<name>[a-zA-Z][\w.+-]*?)-(?P<version>(?:\d+:)?\d[\w.~^+]*-\d[\w.~^+]*?)\.(?:x86_64|noarch"
    r"|aarch64|i686|armv7hl|ppc64le|s390x)\s*$"
)
_APT = Sought(
    r"\s*(?P<name>[a-z0-9][a-z0-9.+-]+)/[\w,.-]+ (?P<version>[0-9]\S*) (?:amd64|all|arm64|armhf|i386) \[installed"
)
_PACKAGES = frozenset((
    "iptables", "ipset", "ebtables", "conntrack-tools", "conntrack", "iproute2", "iproute", "docker-ce-cli", "runc",
    "netavark", "aardvark-dns", "containernetworking-plugins", "nftables-services", "netplan.io", "cloud-init",
    "linux-image-amd64", "kernel", *(name for each in PROGRAMS for name in each.packages),
))  # fmt: skip


def _packages(paste: Paste, start: int) -> Found | None:
    """Return the packages that make rules, with their versions, in the form of ``dpkg-query -W`` and ``rpm -q``."""
    end = paste.block(
        start, lambda line: _DPKG_HEAD.match(line) or _DPKG.match(line) or _RPM.match(line) or _APT.match(line)
    )
    lines: list[str] = []
    told = "dpkg -l"
    for line in paste.lines[start:end]:
        dpkg, apt, rpm = _DPKG.match(line), _APT.match(line), _RPM.match(line)
        if dpkg is not None and dpkg["name"] in _PACKAGES:
            lines.append(f"{dpkg['status']}  {dpkg['name']} {dpkg['version']}")
        elif apt is not None and apt["name"] in _PACKAGES:
            lines.append(f"ii  {apt['name']} {apt['version']}")
        elif rpm is not None:
            told = "rpm -qa"
            if rpm["name"] in _PACKAGES:
                lines.append(f"{rpm['name']} {rpm['version']}")
    if paste.command_above(start).netns != HOST:
        return Found(end, told)
    return Found(end, told, (Fragment("packages", joined_lines(lines), ""),) if lines else ())


FORMS = (
    OutputForm(_UNAME, _uname),
    OutputForm(_RELEASE, _release),
    OutputForm(_OS, _os_release),
    OutputForm(_LSB, _lsb),
    OutputForm(_HOSTNAMECTL, _hostnamectl),
    OutputForm(_VERSION, _version),
    OutputForm(_DPKG_HEAD, _packages),
    OutputForm(_DPKG, _packages),
    OutputForm(_RPM, _packages),
    OutputForm(_APT, _packages),
)
