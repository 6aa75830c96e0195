"""The files of saved rules that the host's next boot cannot load, because a rule names a chain or a set that is not
there at that moment."""

import re
from collections.abc import Iterator

from hairpin.errors import ParseError
from hairpin.host.boot.rule_keeper import saved_files, unit
from hairpin.host.host import Host
from hairpin.programs import IPSETS

_DECLARED = re.compile(r"^:(\S+)", re.MULTILINE)
_NAMED = re.compile(r"\s(?:-[jg]|--jump|--goto)\s+(\S+)")
_NAMES_SET = re.compile(r"-set\s")


def refused_rules(host: Host) -> Iterator[ParseError]:
    """Yield, for each file of saved rules, the fault at which ``iptables-restore`` will end."""
    for file, family in saved_files(host):
        if _NAMES_SET.search(file.text) is None and {*_NAMED.findall(file.text)} <= {*_DECLARED.findall(file.text)}:
            continue
        from hairpin.netfilter.iptables.restore import Loading, MissingNameError, loaded_tables  # noqa: PLC0415

        sets = host.namespace(host.netns.name).ruleset.ipsets if restores_sets(host) else ()
        fault = loaded_tables(file.text, Loading(family, "iptables-nft", file.path, sets), file.evidence).fault
        if isinstance(fault, MissingNameError):
            yield fault


def restores_sets(host: Host) -> bool:
    """Return whether a unit, a package or a boot script restores the host's ipsets.

    Source: iptables-persistent plugins.d/10-ipset; ipset.service of Fedora"""
    return (
        any(each.is_enabled for name in IPSETS.units if (each := unit(host, name)) is not None)
        or any(host.version(f"package:{each}") is not None for each in IPSETS.packages)
        or any("ipset" in line.text for line in host.boot_lines or ())
    )
