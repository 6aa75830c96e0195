"""All netfilter rules of one namespace: both iptables back ends, native nftables, ebtables, ipsets."""

import msgspec

from hairpin.evidence.reading import Reading, is_terse
from hairpin.host.read.readings import Readings, as_before
from hairpin.netfilter import ipset
from hairpin.netfilter.evaluate.index import prepare
from hairpin.netfilter.iptables import save as iptables_save
from hairpin.netfilter.ir import BUILT_IN_TABLES, Ruleset, Set, Table

_KEYS = ("iptables-nft-save4", "iptables-nft-save6", "iptables-legacy-save4", "iptables-legacy-save6")
_Beside = tuple[tuple[str, ...], tuple[str, ...]]
_Parsed = dict[tuple[str, str, tuple[Set, ...], _Beside | None, str], tuple[Table, ...]]


class RulesetReader:
    """Reads the rulesets of a host's namespaces.  Most containers have the same few rules, so equal texts are parsed
    only once."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._parsed: _Parsed = {}

    def ruleset(self, netns: str) -> Ruleset:
        """Return the rules of a namespace; a reading that cannot be parsed is recorded as unread."""
        readings = self._readings
        sets = readings.part(("ipsets",), lambda: self._ipsets(netns))
        tables: list[Table] = []
        for key in _KEYS:
            tables += readings.all_understood(readings.of(key, netns), lambda reading: self._tables(reading, sets))
        for key in ("nft-table", "ebtables"):
            tables += readings.all_understood(readings.of(key, netns), lambda reading: self._tables(reading, ()))
        flags = tuple((reading.text, reading.id) for reading in readings.of("nft-table-flags", netns))
        devices = tuple(reading.text for reading in readings.of("nft-netdev-chains", netns))
        found = readings.part(
            ("whole",),
            lambda: _ruleset(tables, sets, devices, flags),
            tuple(tables),
            sets,
            devices,
            flags,
            sharing=_sharing,
        )
        prepare(found.tables)
        return found

    def _ipsets(self, netns: str) -> tuple[Set, ...]:
        return self._readings.all_understood(
            self._readings.of("ipset", netns), lambda reading: ipset.parse(reading.text, source=reading.origin)
        )

    def _tables(self, reading: Reading, sets: tuple[Set, ...]) -> tuple[Table, ...]:
        name, tool, beside = (reading.key, reading.origin), _tool_of(reading), self._beside(reading)
        translated = self._text_of_table(reading)
        known: tuple[Table, ...] = self._readings.earlier(name, sets, tool) or ()
        return self._readings.part(
            name,
            lambda: self._parse(reading, sets, known, beside, translated),
            reading.id,
            reading.text,
            sets,
            tool,
            beside,
            translated,
            sharing=with_chains_of,
        )

    def _beside(self, reading: Reading) -> _Beside | None:
        """Return the separate readings of sets and elements for an nft listing that lacks the elements of its sets;
        None for any other reading."""
        if reading.key != "nft-table" or not is_terse(reading):
            return None
        listed, asked = (self._readings.of(key, reading.netns) for key in ("nft-set", "nft-elements"))
        return tuple(each.text for each in listed), tuple(each.text for each in asked)

    def _text_of_table(self, reading: Reading) -> str:
        """Return the text of an nft table that has extensions of iptables, if it was read."""
        if reading.key != "nft-table":
            return ""
        texts = (each.text for each in self._readings.of("nft-table-text", reading.netns))
        head = f"table {' '.join(reading.origin.split()[-2:])} {{\n"
        return next((each for each in texts if each.startswith(head)), "")

    def _parse(
        self, reading: Reading, sets: tuple[Set, ...], known: tuple[Table, ...], beside: _Beside | None, translated: str
    ) -> tuple[Table, ...]:
        asked = (reading.key, reading.text, sets, beside, translated)
        found = self._parsed.get(asked)
        if found is None:
            found = self._parsed[asked] = _parse(reading, sets, known, beside, translated)
        return tuple(msgspec.structs.replace(table, evidence=reading.id) for table in found)


def _ruleset(
    tables: list[Table], sets: tuple[Set, ...], devices: tuple[str, ...], flags: tuple[tuple[str, str], ...]
) -> Ruleset:
    for text in devices:
        tables = [with_devices(table, text) for table in tables]
    for text, evidence in flags:
        tables = [_with_flags(table, text, evidence) for table in tables]
    if any(each.dialect == "nft" for each in tables):
        # No reading shows in which order chains of equal priority were registered.  A table's place among the readings
        # stands for it, whichever tool has read the table.
        tables = sorted(tables, key=lambda each: not _is_of_iptables(each))
        names = [(each.family, each.name) for each in tables if each.dialect in ("nft", "iptables-nft", "ebtables")]
        if len(set(names)) < len(names):
            from hairpin.host.read.partial_tables import each_chain_once  # noqa: PLC0415 - few tables are shown by both

            return Ruleset(each_chain_once(tables), sets)
    return Ruleset(tuple(tables), sets)


def _is_of_iptables(table: Table) -> bool:
    named = table.family in ("ip", "ip6") and table.name in BUILT_IN_TABLES
    return table.dialect == "iptables-nft" or (table.dialect == "nft" and named)


def _sharing(before: Ruleset, now: Ruleset) -> Ruleset:
    return as_before(before, msgspec.structs.replace(now, tables=with_chains_of(before.tables, now.tables)))


def with_chains_of(before: tuple[Table, ...], now: tuple[Table, ...]) -> tuple[Table, ...]:
    """Return the new tables, in which unchanged chains are the former objects.  Therefore unchanged chains keep their
    indexes."""
    known = {(table.family, table.name, table.dialect): table for table in before}
    return tuple(_with_chains_of(known.get((table.family, table.name, table.dialect)), table) for table in now)


def _with_chains_of(before: Table | None, now: Table) -> Table:
    if before is None or before == now:
        return before or now
    known = {chain.name: chain for chain in before.chains}
    return msgspec.structs.replace(
        now, chains=tuple(as_before(known.get(each.name, each), each) for each in now.chains)
    )


def _with_flags(table: Table, text: str, evidence: str) -> Table:
    """Return the table with its flags.  ``text``: the first lines of ``nft list table`` of a table with flags.  Tables
    of legacy iptables are no tables of nft."""
    lines = [line.split() for line in text.splitlines()]
    named = lines and lines[0][:3] == ["table", table.family, table.name] and table.dialect != "iptables-legacy"
    if not named:
        return table
    flags = {flag for words in lines if words[:1] == ["flags"] for flag in ",".join(words[1:]).split(",")}
    return msgspec.structs.replace(table, dormant="dormant" in flags, owned="owner" in flags, flags_evidence=evidence)


def with_devices(table: Table, text: str) -> Table:
    """Return the table with the devices of its chains.  ``text``: the output of ``nft list chains netdev`` (or
    ``inet``)."""
    if table.family not in ("netdev", "inet") or table.dialect != "nft":
        return table
    devices: dict[str, tuple[str, ...]] = {}
    inside: list[str] = []
    chain = ""
    for line in text.splitlines():
        words = line.replace(",", " ").split()
        if words[:1] == ["table"]:
            inside = words[1:3]
        elif words[:1] == ["chain"]:
            chain = words[1]
        elif (
            words[:1] == ["type"] and inside == [table.family, table.name] and ("device" in words or "devices" in words)
        ):
            start = next(number for number, word in enumerate(words) if word in ("device", "devices"))
            names = words[start + 1 : words.index("priority")]
            devices[chain] = tuple(name.strip('"') for name in names if name not in ("=", "{", "}"))
    chains = tuple(
        msgspec.structs.replace(each, devices=devices[each.name]) if each.name in devices and not each.devices else each
        for each in table.chains
    )
    return msgspec.structs.replace(table, chains=chains)


def _tool_of(reading: Reading) -> tuple[str, ...]:
    """Return the words of ``# Generated by iptables-save v1.8.9 (nf_tables) on …`` that name the tool.  Two versions of
    a tool may print the same rule differently."""
    return tuple(reading.text.partition("\n")[0].split()[:6])


def _parse(
    reading: Reading, sets: tuple[Set, ...], known: tuple[Table, ...], beside: _Beside | None, translated: str
) -> tuple[Table, ...]:
    if reading.key == "nft-table":
        from hairpin.netfilter.nft import listing as nft_listing  # noqa: PLC0415 - few hosts have tables of their own

        return nft_listing.parse(
            reading.text, source=reading.origin, evidence=reading.id, beside=beside, translated=translated
        )
    if reading.key == "ebtables":
        from hairpin.netfilter.ebtables import save as ebtables_save  # noqa: PLC0415 - few hosts filter frames

        return ebtables_save.parse(reading.text, source=reading.origin, evidence=reading.id)
    return iptables_save.parse(
        reading.text,
        family="ip" if reading.key.endswith("4") else "ip6",
        dialect="iptables-nft" if reading.key.startswith("iptables-nft") else "iptables-legacy",
        source=reading.origin,
        evidence=reading.id,
        ipsets=sets,
        known=known,
    )
