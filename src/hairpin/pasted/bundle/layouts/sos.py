"""``sos report`` (``sosreport``), versions 3 and 4.

    bundle := FOLDER "/" (sos_commands/PLUGIN/COMMAND | etc/… | proc/… | hostname | version.txt …)
    COMMAND := the command line without the program's folder; "_" for each run of other characters than letters, digits,
               "_", "-", "." and "/"; "." for "/"

Commands in a network namespace of ``ip netns`` are in ``networking/namespaces/NAME``, in older versions beside the
host's own.  A report has no outputs from inside Docker's containers and no sets of ipset.  A report has the rules of
legacy iptables only as ``iptables -nvL``.

Source: sos/report/plugins/__init__.py _mangle_command(); networking.py, firewall_tables.py, docker.py, podman.py
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hairpin.evidence.reading import HOST
from hairpin.pasted.bundle import host_files
from hairpin.pasted.bundle.files import Files
from hairpin.pasted.bundle.layout import Layout, Piece, below, first_word, roots, text_of
from hairpin.pasted.bundle.made import piece_of
from hairpin.pasted.bundle.namespaces import Sandboxes
from hairpin.pasted.form import Fragment

_MARK = re.compile(r"(?P<root>(?:[^/]+/){0,6}?)(?:sos_commands/[^/]+/[^/]|sos_reports/manifest\.json$)")
_COMMANDS = re.compile(r"sos_commands/(?P<plugin>[\w-]+)/(?P<folder>.*/)?(?P<name>[^/]+)$")
_IN_NAMESPACE = re.compile(
    r"ip_netns_exec_(?P<netns>\S+?)_+(?P<name>(?:ip_-|ip_(?:addr|route)|iptables-save|ip6tables-save|ss_|netstat_|sysctl_|conntrack_).*)$"
)
_NAMESPACES = re.compile(r"namespaces/(?P<netns>[^/]+)/$")
_OF_CONTAINERS = frozenset({"", "containers/", "networks/"})
_PROBES = re.compile(r"  +|(?<=\d)(?=probes\b)")
"""``ip -s neigh`` prints two spaces after an address, and no space before the word ``probes``."""
_MOST = 8 << 20


class _Known(NamedTuple):
    """The file of a command.  ``group``: files with the same group and namespace show the same facts, and the last of
    them is read."""

    pattern: re.Pattern[str]
    command: str
    group: str = ""


def _file_of(pattern: str, command: str = "", group: str = "") -> _Known:
    return _Known(re.compile(pattern), command, group)


_KNOWN: tuple[_Known, ...] = (
    _file_of(r"uname_-a", "uname -a"),
    _file_of(r"route_-n", "route -n", "routes4"),
    _file_of(r"ip_route_show_table_all", "ip route show table all", "routes4"),
    _file_of(r"ip_-6_route_show_table_all", "ip -6 route show table all"),
    _file_of(r"ip_-4_rule(?:_list)?", "ip -4 rule list"),
    _file_of(r"ip_-6_rule(?:_list)?", "ip -6 rule list"),
    _file_of(r"ip_-o_addr", "ip -o addr", "addresses"),
    _file_of(r"ip_address(?:_show)?", "ip address show", "addresses"),
    _file_of(r"ip_-d_address(?:_show)?", "ip -d address show", "addresses"),
    _file_of(r"ip_-s_-s_neigh_show", "ip -s -s neigh show"),
    _file_of(r"ip_neigh_show_nud_noarp", "ip neigh show nud noarp"),
    _file_of(r"netstat_-[WT]_-neopa", "netstat -W -neopa", "sockets"),
    _file_of(r"ss_-peaonmi", "ss -peaonmi", "sockets"),
    _file_of(r"sysctl_-a", "sysctl -a"),
    _file_of(r"nft_(?:-a_)?list_ruleset", "nft list ruleset", "nft"),
    _file_of(r"ip6?tables_-t_(?:filter|nat|mangle|raw|security)_-nvL"),
    _file_of(r"ip6?tables_-vnxL"),
    _file_of(r"ip6?tables-save"),
    _file_of(r"(?:docker|podman)_inspect_\S+"),
    _file_of(r"(?:docker|podman)_network_inspect_\S+"),
    _file_of(r"(?:docker|podman)_version"),
    _file_of(r"(?:docker|podman)_info"),
    _file_of(r"(?:docker|podman)_ps_-a(?:_.*)?"),
    _file_of(r"(?:docker|podman)_ps"),
    _file_of(r"(?:docker|podman)_network_ls"),
    _file_of(r"podman_port_--all"),
    _file_of(r"firewall-cmd_--list-all-zones"),
    _file_of(r"firewall-cmd_--direct_--get-all-rules"),
    _file_of(r"firewall-cmd_--state"),
    _file_of(r"ufw_status(?:_.*)?"),
    _file_of(r"conntrack_-L_-o_extended", "conntrack -L -o extended", "conntrack"),
    _file_of(r"ps_auxwww", "ps auxwww", "ps"),
    _file_of(r"ps_auxwwwm", "ps auxwwwm", "ps"),
)
_DIRECT = {
    "proc/net/tcp": "proc-net-tcp", "proc/net/tcp6": "proc-net-tcp6",
    "proc/net/udp": "proc-net-udp", "proc/net/udp6": "proc-net-udp6",
    "proc/net/ip_tables_names": "", "proc/net/ip6_tables_names": "",
}  # fmt: skip
_NAMES = ("hostname", "sos_commands/host/hostname", "sos_commands/general/hostname", "etc/hostname")


class _File(NamedTuple):
    rank: int
    known: _Known
    path: str
    name: str
    netns: str


def _keep(path: str) -> int:
    match = _COMMANDS.search(path)
    if match is not None and _rank(match["name"], match["folder"] or "") is not None:
        return _MOST
    if path.endswith((*_DIRECT, *_NAMES, "etc/docker/daemon.json", "sos_reports/manifest.json")):
        return _MOST
    tail = path.split("/", 1)[-1]
    return host_files.MOST if host_files.key_of(path) or host_files.key_of(tail) else 0


def _rank(name: str, folder: str) -> tuple[int, str, str] | None:
    """Return a file's rank among the known files, its name without the namespace, and the namespace; None if the file
    is not known."""
    netns = HOST
    inside = _NAMESPACES.fullmatch(folder)
    named = _IN_NAMESPACE.match(name)
    if named is not None:
        netns, name = named["netns"] if inside is None else inside["netns"], named["name"]
    elif folder not in _OF_CONTAINERS:
        return None
    rank = next((number for number, each in enumerate(_KNOWN) if each.pattern.fullmatch(name)), None)
    return None if rank is None else (rank, name, netns)


def hosts(files: Files) -> tuple[str, ...]:
    """Return the folders that each contain the report of one host."""
    found = roots(files, _MARK)
    return tuple(each for each in found if not any(each != one and each.startswith(one) for one in found))


def _pieces_in(files: Files) -> list[Piece] | None:
    found = hosts(files)
    return list(_pieces(files, found[0])) if found else None


def _pieces(files: Files, root: str) -> Iterator[Piece]:
    known = sorted(_files(files, root))
    sandboxes = Sandboxes(tuple(text_of(files[each.path]) for each in known if "_inspect_" in each.name))
    last = {(each.known.group, each.netns): each for each in known if each.known.group}
    daemon = f"{root}etc/docker/daemon.json"
    if daemon in files:
        yield Piece(daemon, text_of(files[daemon]), "cat /etc/docker/daemon.json")
    if not _lists_sockets(files, last.get(("sockets", HOST))):
        yield from _proc_net(files, root)
    inner = {each.netns: text_of(files[each.path]) for each in known if each.known.group == "addresses"}
    for each in known:
        if not each.known.group or last[each.known.group, each.netns] is each:
            netns = each.netns if each.netns == HOST else sandboxes.name_of(each.netns, inner.get(each.netns, ""))
            yield _of_file(each, text_of(files[each.path]), netns)
    yield from host_files.pieces_of(files, root)


def _lists_sockets(files: Files, listing: _File | None) -> bool:
    """Return whether a listing has sockets.  If the listing has no sockets, the files of ``/proc/net`` are read
    instead."""
    return listing is not None and re.search(rb"^(?:tcp|udp)", files[listing.path], re.MULTILINE) is not None


def _files(files: Files, root: str) -> Iterator[_File]:
    for short, path in below(files, root):
        match = _COMMANDS.fullmatch(short)
        ranked = _rank(match["name"], match["folder"] or "") if match is not None else None
        if ranked is not None:
            yield _File(ranked[0], _KNOWN[ranked[0]], path, ranked[1], ranked[2])


def _of_file(each: _File, text: str, netns: str) -> Piece:
    command = each.known.command or each.name.replace("_", " ")
    return piece_of(each.path, _PROBES.sub(" ", text) if " neigh" in command else text, command, netns)


def _proc_net(files: Files, root: str) -> Iterator[Piece]:
    for short, key in _DIRECT.items():
        if key and files.get(root + short):
            text = text_of(files[root + short])
            part = Fragment(key, text, HOST, f"/{short}")
            yield Piece(root + short, text, parts=(part,), told=f"cat /{short}")


def _host(files: Files) -> str:
    root = _root(files)
    return first_word(files, (root + each for each in _NAMES))


def _root(files: Files) -> str:
    return next(iter(hosts(files)), "")


LAYOUT = Layout("sos report", _keep, _pieces_in, _host, _root)
