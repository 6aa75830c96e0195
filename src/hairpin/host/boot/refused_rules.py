"""The files of saved rules that the host's next boot cannot load, because a rule names a chain or a set that is not
there at that moment."""

import re
from collections.abc import Iterator

from hairpin.errors import ParseError
from hairpin.host.boot.rule_keeper import saved_files, saved_rules, unit
from hairpin.host.host import Host
from hairpin.netfilter.ir import Set
from hairpin.programs import IPSETS, PROGRAMS

_DECLARED = re.compile(r"^:(\S+)", re.MULTILINE)
_NAMED = re.compile(r"\s(?:-[jg]|--jump|--goto)\s+(\S+)")
_NAMES_SET = re.compile(r"-set\s")


def refused_rules(host: Host) -> Iterator[ParseError]:
    """Yield, for each file of saved rules, the fault at which ``iptables-restore`` will end."""
    for file, family in saved_files(host):
        if _NAMES_SET.search(file.text) is None and {*_NAMED.findall(file.text)} <= {*_DECLARED.findall(file.text)}:
            continue
        from hairpin.netfilter.iptables.restore import Loading, MissingNameError, loaded_tables  # noqa: PLC0415

        sets = sets_before(host, file.path)
        fault = loaded_tables(file.text, Loading(family, "iptables-nft", file.path, sets), file.evidence).fault
        if isinstance(fault, MissingNameError):
            yield fault


def sets_before(host: Host, path: str) -> tuple[Set, ...]:
    """Return the ipsets that are there when a boot loads the file: all if something restores them, and else those whose
    maker starts before the unit that loads the file.

    Behind its maker's unit (``After=docker.service`` in a drop-in), a file may name the maker's sets, such as Docker
    28's docker-ext-bridges-v4.  It still has to declare each chain: without ``--noflush``, iptables-restore takes no
    rule that leads to a chain which only the kernel has.  Source: measured, iptables 1.8.9 with a running dockerd"""
    own = host.namespace(host.netns.name).ruleset.ipsets
    if restores_sets(host):
        return own
    loaders = [each for each, file, _ in saved_rules(host) if file.path == path]
    earlier = {name.removesuffix(".service") for each in loaders for name in each.after}
    makers = [each for each in PROGRAMS if each.sets and earlier & {*each.units}]
    return tuple(each for each in own if any(each.name.startswith(one.sets) for one in makers))


def restores_sets(host: Host) -> bool:
    """Return whether a unit, a package or a boot script restores the host's ipsets.

    Source: iptables-persistent plugins.d/10-ipset; ipset.service of Fedora"""
    return (
        any(each.is_enabled for name in IPSETS.units if (each := unit(host, name)) is not None)
        or any(host.version(f"package:{each}") is not None for each in IPSETS.packages)
        or any("ipset" in line.text for line in host.boot_lines or ())
    )
