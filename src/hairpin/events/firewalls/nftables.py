"""nftables is restarted and loads its file again: the effects of nft on the host's tables.

``flush ruleset`` also deletes the tables of iptables-nft, and with them the engines' rules.  The tables of
iptables-legacy stay, and so do tables with an owner, such as firewalld's since 2.2.  No engine notices the flush:
dockerd restores its rules when it is restarted, Podman at its next ``network reload``.

Source: nft(8); nftables.service of Debian 11 to 13 and sid, of Fedora and RHEL 8 to 10
"""

import re

import msgspec

from hairpin.change.change import ReplaceTable
from hairpin.errors import ParseError
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.rule_keeper import NFTABLES_CONF, unit
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.message import message

_FLUSH = "flush ruleset\n"
_UNIT = "nftables"
_OF_RHEL = "/etc/sysconfig/nftables.conf"
_MADE_LATER = frozenset({"bridge", "veth", "vlan", "bond", "tun", "wireguard", "dummy", "vxlan", "macvlan", "ipvlan"})
"""Kinds of links that other programs make only after nftables.service has loaded its script at boot."""
_LATE_DEVICES = (6, 16)
"""Since this kernel release a chain may be hooked to a link that does not exist yet: net/netfilter/nf_tables_api.c
nft_netdev_hook_alloc()"""
KERNEL_RELEASE = re.compile(r"(\d+)\.(\d+)")
_VERSION = re.compile(r"\d+(?:\.\d+)+")


def nftables_script(host: Host) -> ConfigFile | None:
    """Return the script that nftables.service loads; None if the host does not have the unit or the script.  If the
    units were not read, the script is enough."""
    if host.units and unit(host, _UNIT) is None:
        return None
    return next((each for path in NFTABLES_CONF for each in host.files if each.path == path), None)


def with_nftables_loaded(course: Course, *, at_boot: bool = False) -> Course:
    """Return the course after nftables.service has loaded its script.

    The course is unchanged if nftables.service loads no script on the host.

    ``at_boot``: true while the host boots, when the links that engines and network managers make do not exist yet."""
    script = nftables_script(course.host)
    return course if script is None else with_nft_commands(course, script.text, script.path, at_boot=at_boot)


def with_nftables_reloaded(course: Course) -> Course:
    """Return the course after ``systemctl reload nftables``.  RHEL's unit flushes the ruleset and loads the script in
    one transaction."""
    script = nftables_script(course.host)
    if script is None:
        return course
    text = f'{_FLUSH}include "{script.path}"\n' if script.path == _OF_RHEL else script.text
    return with_nft_commands(course, text, script.path)


def with_nftables_stopped(course: Course) -> Course:
    """Return the course after nftables.service has stopped, which flushes the ruleset.  Stopping an inactive unit does
    nothing."""
    found = unit(course.host, _UNIT)
    if course.host.units and (found is None or found.active != "active"):
        return course
    return with_nft_commands(course, _FLUSH, "nftables.service")


def with_nft_commands(course: Course, text: str, source: str, *, at_boot: bool = False) -> Course:
    """Return the course after ``nft -f`` has loaded the text of the file ``source``.

    An included file that was not read counts as empty, and the course gets the condition that the file is empty.  Most
    hosts load no script of nft, so the code that reads scripts is imported only here."""
    from hairpin.netfilter.nft.script.cursor import MissingFileError, UnreadError
    from hairpin.netfilter.nft.script.live_table import LoadingHost
    from hairpin.netfilter.nft.script.loading import tables_after

    links, version = _links(course, at_boot=at_boot), nft_version(course.host)
    target = LoadingHost(links, version, late_devices=_takes_late_devices(course))
    files = {each.path: each.text for each in course.host.files}
    try:
        tables = tables_after(text, course.namespace.ruleset.tables, target, source=source, files=files)
    except MissingFileError as error:
        said = message(
            "{path}, which {file} includes and the snapshot lacks, changes nothing", path=error.path, file=source
        )
        empty = ConfigFile(error.path, "")
        return _without(with_nft_commands(_with_file(course, empty), text, source, at_boot=at_boot), empty).provided(
            said
        )
    except UnreadError as error:
        reason = str(error)
        return course.provided(
            message("{file}, which hairpin cannot read, changes nothing ({reason})", file=source, reason=reason)
        )
    except ParseError as error:
        return course.failing(message("{file} is not loaded: {reason}", file=source, reason=str(error)))
    before = {(each.dialect, each.family, each.name): each for each in course.namespace.ruleset.tables}
    after = {(each.dialect, each.family, each.name): each for each in tables}
    netns = course.host.netns
    gone = (
        ReplaceTable(netns, each.dialect, each.family, each.name, None)
        for key, each in before.items()
        if key not in after
    )
    new = (
        ReplaceTable(netns, each.dialect, each.family, each.name, each)
        for key, each in after.items()
        if before.get(key) is not each
    )
    return course.made(*gone, *new)


def _with_file(course: Course, file: ConfigFile) -> Course:
    return course.with_host(msgspec.structs.replace(course.host, files=(*course.host.files, file)))


def _without(course: Course, file: ConfigFile) -> Course:
    left = tuple(each for each in course.host.files if each is not file)
    return course.with_host(msgspec.structs.replace(course.host, files=left))


def _links(course: Course, *, at_boot: bool) -> frozenset[str]:
    return frozenset(each.name for each in course.namespace.links if not at_boot or each.kind not in _MADE_LATER)


def _takes_late_devices(course: Course) -> bool:
    kernel = KERNEL_RELEASE.match(course.namespace.kernel)
    return kernel is None or (int(kernel[1]), int(kernel[2])) >= _LATE_DEVICES


def nft_version(host: Host) -> str:
    """Return the version of the host's nft, such as ``1.0.6``; empty if the version was not read."""
    said = host.version("nft") or host.version("package:nftables") or ""
    found = _VERSION.search(said)
    return found[0] if found else ""


# ---- the events ---------------------------------------------------------------------------------------------------


def _restarted(course: Course) -> Course | None:
    """Return the course after nftables.service was restarted; None if the host does not have the unit or its script.

    When the unit stops, it flushes the whole ruleset, including the engines' rules.  If the unit is inactive, systemd
    only starts the unit, which loads its script.  The script may itself flush tables."""
    if nftables_script(course.host) is None:
        return None
    return with_nftables_loaded(with_nftables_stopped(course))


def _reloaded(course: Course) -> Course | None:
    """Return the course after a reload of nftables.service, which loads the unit's script again in one transaction.

    Return None if the host does not have the unit or the script.

    On Debian only a ``flush`` line of the script deletes rules.  Without this line, each rule exists twice after the
    reload.  RHEL's unit flushes the ruleset first."""
    return with_nftables_reloaded(course) if nftables_script(course.host) is not None else None


NFTABLES_RESTART = Event(
    id="nftables-restart",
    title=message("nftables is restarted (`systemctl restart nftables`)"),
    source="nftables.service, its ExecStop and ExecStart; nft(8) flush ruleset",
    happens=_restarted,
    units=(_UNIT,),
    command="systemctl restart nftables",
)
NFTABLES_RELOAD = Event(
    id="nftables-reload",
    title=message("nftables loads its file again (`systemctl reload nftables`)"),
    source="nftables.service, its ExecReload; nft(8) -f",
    happens=_reloaded,
    units=(_UNIT,),
    verbs=("reload",),
    command="systemctl reload nftables",
)
