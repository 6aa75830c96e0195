"""firewalld's direct rules as lines for ``iptables-restore --noflush``, in the order in which firewalld adds them.

With the nftables back end, firewalld inserts direct rules before all other rules of the named chain, in the order of
their priorities.

Source: firewalld.direct(5); firewall/core/fw_direct.py _rule(), set_config()
"""

import shlex
from collections.abc import Iterator

import msgspec

from hairpin.host.host import Host
from hairpin.host.read.managers.firewalld_xml import FirewalldElement, elements_of
from hairpin.netfilter.iptables.save import BASE_CHAINS
from hairpin.netfilter.iptables.words import line_of_words
from hairpin.netfilter.rule_address import IpFamily

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
