"""Builds dockerd's nftables chains, as ``chains`` builds iptables chains.  The chains are written in nft's JSON format
and parsed by the reader of this format."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from hairpin.engines.docker.nft_words import Json
from hairpin.engines.expected import ExpectedChain, ExpectedElement, ExpectedRule, Purpose
from hairpin.host.docker import PortBinding
from hairpin.netfilter.ir import ChainType, Hook, Rule
from hairpin.netfilter.nft import listing as nft_listing
from hairpin.netfilter.rule_address import IpFamily


class BaseChain(msgspec.Struct, frozen=True):
    """A chain at a hook."""

    name: str
    type: ChainType
    hook: Hook
    priority: int


class JumpMap(msgspec.Struct, frozen=True):
    """A map from bridges to their chains, which are named by ``prefix`` and the bridge."""

    name: str
    prefix: str


class NativeDraft(msgspec.Struct, frozen=True):
    """A rule as nft's JSON, and its purpose.  Rules with a lower ``group`` stand before rules with a higher
    ``group``."""

    chain: str
    expressions: tuple[Json, ...]
    purpose: Purpose
    network: str | None = None
    container: str | None = None
    binding: PortBinding | None = None
    comment: str = ""
    group: int = 0


class NativeChains:
    """The tables that are being built: one for each family, and all with the same name.  The rule for a published port
    is not added a second time."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._objects: dict[IpFamily, list[Json]] = {}
        self._chains: list[ExpectedChain] = []
        self._elements: list[ExpectedElement] = []
        self._drafts: dict[IpFamily, list[NativeDraft]] = {}
        self._opened: set[tuple[IpFamily, str, bytes]] = set()

    def start(
        self, family: IpFamily, base_chains: Sequence[BaseChain], chains: Iterable[str], maps: Sequence[JumpMap]
    ) -> None:
        """Make the table with its base chains, other chains and maps."""
        objects = self._objects.setdefault(family, [])
        objects.append({"table": {"family": family, "name": self._table, "handle": 1}})
        for chain in base_chains:
            fields: Json = {"type": chain.type, "hook": chain.hook, "prio": chain.priority, "policy": "accept"}
            self._make(family, chain.name, fields)
        for name in chains:
            self._make(family, name, {})
        objects.extend(
            {"map": {**self._place(family), "name": one.name, "type": "ifname", "handle": 1, "map": "verdict"}}
            for one in maps
        )

    def join(self, family: IpFamily, device: str, network: str, maps: Sequence[JumpMap]) -> None:
        """Make the chains of a bridge, and the map elements that send the bridge's packets to them."""
        for one in maps:
            self._make(family, f"{one.prefix}{device}", {})
            chain = f"{one.prefix}{device}"
            self._elements.append(ExpectedElement(family, self._table, one.name, device, chain, network))

    def add(self, family: IpFamily, draft: NativeDraft) -> None:
        """Add the rule at the end of its group in its chain."""
        if draft.purpose == "accept":
            key = (family, draft.chain, msgspec.json.encode(draft.expressions))
            if key in self._opened:
                return
            self._opened.add(key)
        self._drafts.setdefault(family, []).append(draft)

    def _place(self, family: IpFamily) -> Json:
        return {"family": family, "table": self._table}

    def _make(self, family: IpFamily, name: str, fields: Json) -> None:
        self._objects[family].append({"chain": {**self._place(family), "name": name, "handle": 1, **fields}})
        self._chains.append(ExpectedChain(family, self._table, name))

    def chains(self) -> tuple[ExpectedChain, ...]:
        """Return all chains."""
        return tuple(self._chains)

    def elements(self) -> tuple[ExpectedElement, ...]:
        """Return the elements of the maps."""
        return tuple(self._elements)

    def rules(self) -> tuple[ExpectedRule, ...]:
        """Return the rules, chain by chain, in the order of each chain."""
        return tuple(rule for family in self._objects for rule in self._rules(family))

    def _rules(self, family: IpFamily) -> Iterator[ExpectedRule]:
        names = [one.chain for one in self._chains if one.family == family]
        place = {name: number for number, name in enumerate(names)}
        drafts = sorted(self._drafts.get(family, []), key=lambda draft: (place[draft.chain], draft.group))
        for draft, rule in zip(drafts, self._read(family, names, drafts), strict=True):
            yield ExpectedRule(
                family=family,
                table=self._table,
                chain=draft.chain,
                rule=rule,
                purpose=draft.purpose,
                position="last",
                network=draft.network,
                container=draft.container,
                binding=draft.binding,
            )

    def _read(self, family: IpFamily, names: Sequence[str], drafts: Sequence[NativeDraft]) -> tuple[Rule, ...]:
        objects = [*self._objects[family], *(self._rule(family, draft) for draft in drafts)]
        text = msgspec.json.encode({"nftables": objects}).decode()
        (table,) = nft_listing.parse(text, source=f"expected {family} rules")
        chains = (table.chain(name) for name in names)
        return tuple(rule for chain in chains if chain is not None for rule in chain.rules)

    def _rule(self, family: IpFamily, draft: NativeDraft) -> Json:
        comment: Json = {"comment": draft.comment} if draft.comment else {}
        fields = {**self._place(family), "chain": draft.chain, "handle": 1, **comment, "expr": draft.expressions}
        return {"rule": fields}
