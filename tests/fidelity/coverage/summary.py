"""The coverage of the model by a run, and its tables in docs/reference/fidelity.md."""

from collections import Counter
from collections.abc import Iterator

from tests.fidelity.coverage.element import OTHERWISE, READ, Element
from tests.fidelity.coverage.modelled import modelled
from tests.fidelity.coverage.unavailable import unavailable

DEMANDED_FROM = 100_000
"""A run with at least so many pairs fails if something is not covered; a shorter one only reports it."""

_OLD = "only kernels older than any that hunts have judged are asked for it"
_KEYS = "WireGuard's keys are never read, so what it carries is a condition; the tests of recorded hosts walk it"
_RELAY = "a program has a tun device open, which a drawn host has not"
NO_KERNELS_MATTER = {
    Element("reason", "link-missing", "carried out"): "a link that a snapshot names and lacks: a kernel has none such",
    Element("policy rule", "oif IPv4", "satisfied"): "the walk's IPv4 packets are bound to no link",
    Element("reason", "too-many-ways", "carried out"): "more ways than the walk follows: such a network is left out",
    Element("reason", "rules-unread", "carried out"): "rules that could not be read: a kernel has none such",
    Element(
        "end", "looped", "carried out"
    ): "a kernel goes on until the TTL is used up; the hunt lets the walk do so, too",
    Element("decided by", "Assumed", "carried out"): "what the walk gives up: a packet going round in circles, or more "
    "open ways than it follows; a kernel goes one of them, to its end",
    Element("fact", "Link.kind", "physical"): "hardware cannot be made in a namespace",
    Element("reason", "loop", "carried out"): "as for `looped`; or a vxlan hands it back to its own host, seldom drawn",
    Element("fact", "NextHop.onlink", "set"): "it decides only whether the kernel takes the route",
    Element("reason", "peer-drops", "carried out"): "what the user states about machines outside: replicas have it",
    Element("fact", "Link.wireguard", "set"): _KEYS,
    Element("reason", "peer-not-allowed", "carried out"): _KEYS,
    Element("fact", "Link.holder", "set"): _RELAY,
    Element("reason", "process-frozen", "carried out"): _RELAY,
    Element("decided by", "SocketDecided", "carried out"): _RELAY,
} | {
    Element("sysctl", f"net.ipv4.{key}", how): _OLD
    for key in ("conf.*.send_redirects", "ip_forward_use_pmtu")
    for how in (READ, OTHERWISE)
}
"""Elements about which no kernel can be asked, and why."""


class Coverage:
    """``networks``: in how many networks that agreed each element was exercised."""

    def __init__(self, networks: Counter[Element]) -> None:
        self.networks = networks
        self.modelled = modelled()
        values = Counter((group, name) for group, name, how in networks if group == "sysctl" and how.isdigit())
        missing = [each for each in self.modelled if not networks[each]]
        missing = [each for each in missing if not (each.how == OTHERWISE and values[each[:2]] > 1)]
        self.unavailable = unavailable(missing) | {
            each: why for each, why in NO_KERNELS_MATTER.items() if each in missing
        }
        self.uncovered = sorted(each for each in missing if each not in self.unavailable)

    def summary(self) -> str:
        """Return the counts in one line."""
        covered = len(self.modelled) - len(self.uncovered) - len(self.unavailable)
        return (
            f"{covered} of {len(self.modelled)} things that the model can do were seen to agree, "
            f"{len(self.unavailable)} cannot be had here, {len(self.uncovered)} are left"
        )

    def lines(self) -> Iterator[str]:
        """Yield the tables."""
        yield from ("## Coverage", "", self.summary() + ".", "")
        if self.uncovered:
            yield from ("### Not exercised", "", "| | | |", "| --- | --- | --- |")
            yield from (f"| {each.group} | `{each.name}` | {each.how} |" for each in self.uncovered)
            yield ""
        if self.unavailable:
            yield from ("### Not to be had on this kernel", "", "| | | what was answered |", "| --- | --- | --- |")
            said = {each[: 3 if each.group == "fact" else 2]: why for each, why in self.unavailable.items()}
            yield from (f"| {key[0]} | `{' '.join(key[1:])}` | {why} |" for key, why in sorted(said.items()))
            yield ""
        yield from ("### In how many networks", "", "| | | networks |", "| --- | --- | --- |")
        rows: dict[tuple[str, str], list[str]] = {}
        for each in sorted(self.modelled | {each for each in self.networks if each.group == "sysctl"}):
            if self.networks[each]:
                rows.setdefault(each[:2], []).append(f"{each.how} {self.networks[each]}")
        yield from (f"| {group} | `{name}` | {', '.join(hows)} |" for (group, name), hows in rows.items())
