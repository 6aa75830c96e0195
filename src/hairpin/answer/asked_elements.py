"""Finds the addresses that the question's packets can have.

If the elements of a set were not listed, the kernel is asked whether the set contains these addresses."""

import msgspec

from hairpin.answer.begin import begin_answer, network_of
from hairpin.errors import UsageError
from hairpin.evidence.reading import HOST, Evidence, Reading, with_further
from hairpin.evidence.several import together
from hairpin.netfilter.address import Version
from hairpin.netfilter.ir import Family, Table
from hairpin.netfilter.nft.sets import asked_line
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.flows import flows_for
from hairpin.question.question import Question
from hairpin.replica.plan.long_sets import addresses_met

_TYPES: dict[str, Version] = {"ipv4_addr": 4, "ipv6_addr": 6}


class ToAsk(msgspec.Struct, frozen=True):
    """A set of the host's own namespace, and the addresses for which the kernel is asked whether the set contains them.
    The addresses are in network byte order."""

    family: Family
    table: str
    name: str
    version: Version
    keys: tuple[bytes, ...]


def to_ask(question: Question, evidence: Evidence) -> tuple[ToAsk, ...]:
    """Return the sets whose elements were not listed, with the addresses that packets of the question can have.

    Raises the same errors as ``begin_answer``."""
    hosts = together((evidence,))
    start, flows = begin_answer(question, hosts, network_of(hosts))
    met = frozenset((*addresses_met(start.network, flows), *_of_everything(start.network)))
    tables = start.network.hosts[0].namespace(start.network.hosts[0].netns.name).ruleset.tables
    return tuple(one for table in tables if table.dialect == "nft" for one in _of_table(table, met))


def _of_everything(network: Network) -> tuple[int, ...]:
    """Return the addresses of the clients and targets of all flows.  Causes and repairs concern all flows."""
    try:
        flows = flows_for(network, (), None)
    except UsageError:
        return ()  # the host publishes no port
    clients = (each.start.address for each in flows if isinstance(each.start, (Outside, Lan)))
    return (*clients, *(each.daddr for each in flows))


def _of_table(table: Table, met: frozenset[int]) -> tuple[ToAsk, ...]:
    return tuple(
        ToAsk(
            table.family,
            table.name,
            each.name,
            version,
            tuple(address.to_bytes(size) for address in sorted(met) if _is_of_version(address, version)),
        )
        for each in table.sets
        if each.absent is not None and each.type in _TYPES
        for version in (_TYPES[each.type],)
        for size in (4 if version == 4 else 16,)
    )


def _is_of_version(address: int, version: Version) -> bool:
    """Return whether a number can be an address of the IP version.

    Numbers below 2**32 are IPv4 addresses; the number 1 is also the IPv6 address ::1."""
    return address < 1 << 32 if version == 4 else address >= 1 << 32 or address <= 1


def with_answers(evidence: Evidence, asked: tuple[tuple[ToAsk, tuple[bool, ...]], ...], at: str) -> Evidence:
    """Return the evidence with the kernel's answers about the sets, one reading for each set.  ``at``: the time of the
    answers, in RFC 3339 and UTC."""
    return with_further(evidence, (_reading(one, held, at) for one, held in asked))


def _reading(one: ToAsk, held: tuple[bool, ...], at: str) -> Reading:
    place = (one.family, one.table, one.name)
    addresses = [address_text(int.from_bytes(key), one.version) for key in one.keys]
    lines = [asked_line(place, address, holds=found) for address, found in zip(addresses, held, strict=True)]
    origin = f"nft get element {' '.join(place)} {{ {', '.join(addresses)} }}"
    return Reading("", "nft-elements", HOST, origin, at, 0, "text", "".join(f"{line}\n" for line in lines))
