"""What an engine's own words say kept a container, or the engine itself, from starting: the cause that they mean.

Only words that say why something does not run now count: the error of a container that does not run, and the log of a
daemon that does not.
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.host.docker import Boot, Container, Engine
from hairpin.host.engine_health import is_down
from hairpin.host.host import Host


class Told(msgspec.Struct, frozen=True):
    """Words of an engine.  ``container``: the one that they are about; None: the engine itself.  ``subject``: the
    module, match, target or table that they name; empty: none."""

    engine: Engine
    container: Container | None
    words: str
    subject: str
    evidence: tuple[str, ...]


_TARGETS = "MASQUERADE|DNAT|SNAT|REDIRECT|MARK|CHECKSUM"
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (cause, re.compile(pattern))
    for cause, pattern in (
        ("xtables-lock-contention", r"holding the xtables lock"),
        ("kernel-module-missing",
         r"can't initialize ip6?tables table [`'](?P<subject>\w+)'.*(?:does not exist|insmod)"),
        ("kernel-module-missing", r"Module (?P<subject>\w+) not found in directory /lib/modules"),
        ("kernel-module-missing",
         r"kernel modules (?P<subject>ip_set), ip_set_hash_net and netfilter_xt_set are required"),
        ("kernel-module-missing",
         r"TABLE_ADD failed \((?:Invalid argument|Operation not supported)\)|CHAIN_ADD failed \(No such file"),
        ("kernel-module-missing", r"<=> sandbox \((?P<subject>veth)\w+\) pair interfaces: operation not supported"),
        ("kernel-module-missing", r"error creating (?P<subject>vxlan) interface: (?:operation|protocol) not supported"),
        ("kernel-match-missing", r"Couldn't load match [`'](?P<subject>\w+)'"),
        ("kernel-match-missing", rf"Couldn't load target [`'](?P<subject>{_TARGETS})'"),
        ("kernel-match-missing", r"Extension (?P<subject>\w+) revision \d+ not supported, missing kernel module"),
        ("kernel-match-missing", r"RULE_(?:APPEND|INSERT) failed \(No such file or directory\)"),
        ("kernel-match-missing", rf"Chain '(?P<subject>{_TARGETS})' does not exist"),
        ("address-pool-exhausted", r"could not find an available, non-overlapping IPv4 address pool"),
        ("address-pool-exhausted", r"could not find an available predefined network"),
        ("address-pool-exhausted", r"all predefined address pools have been fully subnetted|: no available network"),
        ("iptables-binary-shadowed", r"(?i:iptables not found)|\"iptables\": executable file not found"),
    )
)  # fmt: skip
"""Words, and the cause that they mean; the first that fits.

Source: iptables/iptables.c, xshared.c, nft.c; libxtables/xtables.c; modprobe(8); moby libnetwork/iptables/iptables.go,
ipam, portallocator
"""


def cause_told(text: str) -> tuple[str, str]:
    """Return the id of the cause that the words mean, and what they name; both empty: none is known."""
    for cause, pattern in _WORDS:
        found = pattern.search(text)
        if found is not None:
            return cause, found.groupdict().get("subject") or ""
    return "", ""


def makers_told(host: Host, container: Container) -> tuple[str, ...]:
    """Return the id of the cause that the engine's error about the container means; else that of the lock for which an
    iptables waits now, since the engine then starts nothing.  Nothing if none is known."""
    if container.running:
        return ()
    cause, _ = cause_told(container.error)
    if not cause and any(each.waits for each in host.rule_tools.lock):
        return ("xtables-lock-contention",)
    return (cause,) if cause else ()


def makers_of_end(boot: Boot | None) -> tuple[str, ...]:
    """Return the ids of the causes that the log of a daemon's end means."""
    found = (cause_told(line)[0] for line in (boot.log if boot is not None else ()))
    return tuple(dict.fromkeys(each for each in found if each))


def words_meaning(host: Host, cause: str) -> Iterator[Told]:
    """Yield what the host's engines say of the cause: of containers that do not run, and of a daemon that does not."""
    for engine in host.engines:
        for each in engine.containers:
            meant, subject = cause_told(each.error) if each.error and not each.running else ("", "")
            if meant == cause:
                yield Told(engine, each, each.error, subject, (each.evidence,))
        if engine.boot is not None and is_down(host, engine):
            for line in engine.boot.log:
                meant, subject = cause_told(line)
                if meant == cause:
                    yield Told(engine, None, line, subject, engine.boot.traces)
