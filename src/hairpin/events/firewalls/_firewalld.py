"""The effects of firewalld on its host when it starts, stops and reloads.

firewalld makes its own table from the permanent configuration.  firewalld also flushes the iptables tables, and with
them the engines' rules.  Since version 2.0, firewalld flushes the iptables tables only if there were direct rules.
dockerd restores most of the flushed rules of its own.

Direct rules are lines for ``iptables-restore --noflush``, in the order in which firewalld adds them.  With the nftables
back end, firewalld inserts direct rules before all other rules of the named chain, in the order of their priorities.

Source: firewall/core/fw.py start(), stop(), reload(); firewalld.direct(5), firewall/core/fw_direct.py _rule(),
set_config(); measured with firewalld 1.3.3 (`python -m tests.matrix`)
"""

import shlex
from collections.abc import Iterator

import msgspec

from hairpin.change.change import Primitive, ReplaceTable, SetSysctl
from hairpin.errors import ChangeError, ParseError
from hairpin.events.course import Course
from hairpin.events.engines._reloaded import with_dockerds_rules, with_podmans_rules
from hairpin.events.firewalls._zones import bindings, runtime_zones
from hairpin.events.firewalls.iptables import dialect_of, with_rules_added
from hairpin.events.firewalls.nftables import KERNEL_RELEASE
from hairpin.firewalls.chain_owner import TABLE
from hairpin.firewalls.firewalld_nft import applied_rules, firewalld_table, is_known
from hairpin.firewalls.permanent import Binding, Permanent
from hairpin.firewalls.permanent_files import permanent
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.host import Host
from hairpin.host.managers import FirewalldZone
from hairpin.host.read.managers.firewalld_xml import FirewalldElement, elements_of
from hairpin.host.sysctl import Path
from hairpin.message import message
from hairpin.netfilter.iptables.save import BASE_CHAINS
from hairpin.netfilter.iptables.words import line_of_words
from hairpin.netfilter.rule_address import IpFamily

_FORWARDING: tuple[tuple[str, Path], ...] = (
    ("ipv4", ("net", "ipv4", "ip_forward")),
    ("ipv6", ("net", "ipv6", "conf", "all", "forwarding")),
)
_SPARES_IPTABLES = (2, 0)
"""Since this firewalld version the tables of iptables are flushed only if there were direct rules."""
_OWNS_TABLE = (2, 2)
"""Since this firewalld version only firewalld changes its table (nft's flags owner and persist), if the kernel and nft
know both flags.  Source: firewall/core/nftables.py probe_support()"""
_PERSISTS = (6, 9)
"""The first kernel that knows the flag persist: net/netfilter/nf_tables_api.c NFT_TABLE_F_PERSIST."""
_READING = "firewalld-zones-permanent"
_STOCK = "/usr/lib/firewalld/zones/"


def with_firewalld_stopped(course: Course) -> Course:
    """Return the course after firewalld was told to stop."""
    try:
        found = permanent(course.host)
    except ParseError:
        found = Permanent()
    if found.settings.backend != "nftables":
        return _of_iptables(course)
    if found.settings.cleans_up:
        course = _with_iptables_flushed(course, found)
        if course.namespace.ruleset.table("inet", TABLE) is not None:
            course = course.made(ReplaceTable(course.host.netns, "nft", "inet", TABLE, None))
    elif (table := course.namespace.ruleset.table("inet", TABLE)) is not None and table.owned:
        left = msgspec.structs.replace(table, owned=False)  # the flag persist keeps the table without its owner
        course = course.made(ReplaceTable(course.host.netns, "nft", "inet", TABLE, left))
    elif found.version < _SPARES_IPTABLES:
        course = course.provided(message("firewalld finds none of its own rules when it starts"))
    return _with_state(course, running=False, zones=())


def with_firewalld_started(course: Course, was: Host | None = None) -> Course:
    """Return the course after firewalld has started, and after the engines that listen to firewalld have restored their
    rules.

    ``was``: the host while firewalld last ran, or None if this is not known."""
    manager = unit(course.host, "NetworkManager")
    managed = manager is not None and manager.active == "active"
    if managed and was is None:
        course = course.provided(message("NetworkManager assigns no link to a firewalld zone"))
    kept = _kept_bindings(was, managed=managed, all_of_them=False) if was is not None else ()
    return _with_rules_made(course, was, kept, reloading=False)


def with_firewalld_reloaded(course: Course) -> Course:
    """Return the course after ``firewall-cmd --reload``."""
    was = course.host
    manager = unit(was, "NetworkManager")
    try:
        keeps = not permanent(was).settings.flushes_all
        kept = _kept_bindings(was, managed=manager is not None and manager.active == "active", all_of_them=keeps)
    except ParseError as error:
        return course.failing(message("firewalld does not reload: {reason}", reason=str(error)))
    if keeps:
        course = course.provided(message("nobody has changed a direct rule or an ipset of firewalld at run time"))
    return _with_rules_made(course, was, kept, reloading=True)


def _of_iptables(course: Course) -> Course:
    return course.provided(message("firewalld's iptables back end makes the same rules as before"))


def _kept_bindings(was: Host, *, managed: bool, all_of_them: bool) -> tuple[Binding, ...]:
    """Return the run-time bindings that firewalld makes again: those of NetworkManager's links, or of all links.  It
    keeps no source.  Source: firewall/core/fw.py reload(); measured with 2.3.1"""
    engines = {each.bridge for engine in was.engines for each in engine.networks if each.bridge is not None}
    links = (each for each in bindings(was, permanent(was)) if each.link)
    return tuple(each for each in links if all_of_them or (managed and each.link not in engines))


def _with_rules_made(course: Course, was: Host | None, kept: tuple[Binding, ...], *, reloading: bool) -> Course:
    try:
        found = permanent(course.host)
        if not any(each.path.startswith(_STOCK) for each in course.host.files):
            return course.lacking((_READING,))
        if found.settings.backend != "nftables":
            return _of_iptables(course)
        table = firewalld_table(found, kept)
        direct = direct_lines(course.host)
    except ParseError as error:
        return course.failing(message("firewalld does not start: {reason}", reason=str(error)))
    except ChangeError:
        return course.lacking((_READING,))
    if not is_known(found):
        known = message(
            "hairpin knows which rules firewalld {version} makes", version=".".join(map(str, found.version))
        )
        course = course.provided(known)
    if reloading or found.version < _SPARES_IPTABLES:
        course = _with_iptables_flushed(course, found)
    table = msgspec.structs.replace(table, owned=_is_owned(course, found))
    course = course.made(ReplaceTable(course.host.netns, "nft", "inet", TABLE, table))
    for line in direct:
        course = with_rules_added(course, f"*{line.table}\n{line.text}\nCOMMIT\n", line.family, "direct.xml")
    course = course.made(*_forwarding(course, found, kept))
    course = _with_state(course, running=True, zones=runtime_zones(course.host, found, kept))
    return _with_engines(course, was)


def _is_owned(course: Course, found: Permanent) -> bool:
    """Return whether firewalld gives its table the flag owner.  A table that firewalld has made shows whether the
    kernel and nft know the flags."""
    if found.version < _OWNS_TABLE or not found.settings.owns_table:
        return False
    held = course.namespace.ruleset.table("inet", TABLE)
    firewalld = course.host.firewalld
    if held is not None and firewalld is not None and firewalld.running:
        return held.owned
    kernel = KERNEL_RELEASE.match(course.namespace.kernel)
    return kernel is None or (int(kernel[1]), int(kernel[2])) >= _PERSISTS


def _with_iptables_flushed(course: Course, found: Permanent) -> Course:
    """Return the course after firewalld has run `iptables -F` and `iptables -X` in every table.  Policies stay."""
    if found.version >= _SPARES_IPTABLES and not direct_lines(course.host):
        return course
    return course.made(*_flushed(course))


def _flushed(course: Course) -> Iterator[Primitive]:
    dialect = dialect_of(course)
    for table in course.namespace.ruleset.tables:
        if table.dialect in (dialect, "ebtables") and any(each.rules or each.hook is None for each in table.chains):
            chains = (msgspec.structs.replace(each, rules=()) for each in table.chains if each.hook is not None)
            emptied = msgspec.structs.replace(table, chains=tuple(chains))
            yield ReplaceTable(course.host.netns, table.dialect, table.family, table.name, emptied)


def _forwarding(course: Course, found: Permanent, kept: tuple[Binding, ...]) -> Iterator[Primitive]:
    """Yield the forwarding sysctls that firewalld sets for a zone or policy that translates addresses."""
    families = {each for rules in applied_rules(found, kept) for each in rules.forwarded_families()}
    for family, path in _FORWARDING:
        if family in families and course.namespace.sysctls.text(*path) == "0":
            yield SetSysctl(course.host.netns, path, "1")


def _with_state(course: Course, *, running: bool, zones: tuple[FirewalldZone, ...]) -> Course:
    held = course.host.firewalld
    assert held is not None
    now = msgspec.structs.replace(held, running=running, runtime=zones)
    return course.with_host(msgspec.structs.replace(course.host, firewalld=now))


def _with_engines(course: Course, was: Host | None) -> Course:
    """Return the course after the engines have restored their rules: dockerd restores its own rules, and a unit of
    netavark restores Podman's rules."""
    engine = next((each for each in course.host.engines if each.kind == "docker" and not each.rootless), None)
    if engine is not None and engine.running:
        course = with_dockerds_rules(course, engine, was)
    return with_podmans_rules(course)


_PATH = "/etc/firewalld/direct.xml"
_DIRECT = "_direct"
_SPLIT = ("-s", "--source", "-d", "--destination")


class DirectLine(msgspec.Struct, frozen=True):
    """One line of ``iptables-restore`` for a table of a family."""

    family: IpFamily
    table: str
    text: str


def direct_lines(host: Host) -> tuple[DirectLine, ...]:
    """Return the lines of the direct chains, rules and passthroughs; raise ParseError for a file that hairpin does not
    understand."""
    file = next((each for each in host.files if each.path == _PATH), None)
    if file is None:
        return ()
    elements = elements_of(file.text, source=file.path)
    return (*_chains(elements), *_rules(elements), *_passthroughs(elements))


def _family(element: FirewalldElement) -> IpFamily | None:
    match element.attributes.get("ipv", ""):
        case "ipv4":
            return "ip"
        case "ipv6":
            return "ip6"
        case _:
            return None


def _chains(elements: list[FirewalldElement]) -> Iterator[DirectLine]:
    for each in elements:
        family = _family(each)
        if each.tag == "chain" and family is not None:
            said = each.attributes
            yield DirectLine(family, said.get("table", ""), f"-N {said.get('chain', '')}")


def _rules(elements: list[FirewalldElement]) -> Iterator[DirectLine]:
    placed: dict[tuple[str, str, str], list[int]] = {}
    for each in elements:
        family = _family(each)
        if each.tag != "rule" or family is None:
            continue
        said = each.attributes
        table, chain, priority = said.get("table", ""), said.get("chain", ""), int(said.get("priority", "0"))
        if chain.removesuffix(_DIRECT) in BASE_CHAINS.get(table, {}):
            chain = chain.removesuffix(_DIRECT)
        known = placed.setdefault((family, table, said.get("chain", "")), [])
        place = sum(1 for other in known if other <= priority) + 1
        for number, words in enumerate(_split("".join(each.texts))):
            known.append(priority)
            yield DirectLine(family, table, f"-I {chain} {place + number} {words}")


def _split(text: str) -> list[str]:
    """Return the rule, split into one rule for each address if it has a list of addresses."""
    words = shlex.split(text)
    for number, each in enumerate(words[:-1]):
        if each in _SPLIT and "," in words[number + 1]:
            addresses = words[number + 1].split(",")
            found: list[str] = []
            for address in addresses:
                found += _split(line_of_words([*words[: number + 1], address, *words[number + 2 :]]))
            return found
    return [line_of_words(words)]


def _passthroughs(elements: list[FirewalldElement]) -> Iterator[DirectLine]:
    for each in elements:
        family = _family(each)
        if each.tag == "passthrough" and family is not None:
            words = shlex.split("".join(each.texts))
            table = "filter"
            if words[:1] in (["-t"], ["--table"]):
                table, words = "".join(words[1:2]), words[2:]
            yield DirectLine(family, table, line_of_words(words))
