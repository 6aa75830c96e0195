"""The act of a host whose rules are all flushed, and ``hairpin restore``: rules and policies have to be those of
before."""

import json
import re
from collections.abc import Iterator, Mapping

from tests.today.machine import TodayHost

LOSS = "nft flush ruleset"
"""A table of firewalld since 2.2 has an owner, and stays."""
Chains = Mapping[str, tuple[str, ...]]
"""The lines of each chain in the order of the host, the chain's hook and policy first, by ``FAMILY TABLE CHAIN``."""


def lost_and_restored(host: TodayHost, parts: tuple[str, ...]) -> Iterator[str]:
    """Flush the ruleset, let ufw load its own rules again and hairpin restore the engines', and yield what differs from
    the rules of before.  Of ufw's, `ufw enable` makes others than `ufw reload`."""
    if "ufw" in parts:
        host.must("ufw reload")
    before = chains(host)
    if not before:
        return
    host.must(LOSS)
    if "ufw" in parts:
        host.must("ufw reload")
    if chains(host) == before:
        return
    done = host.run("hairpin restore --apply --yes --json", limit_s=600)
    after = chains(host)
    told = _told(done.output) or done.complaint
    found = tuple(_differences(before, after))
    if done.status or found:
        yield f"restore: exit {done.status}, {len(found)} chains differ: {told[:300]}"
    yield from found


def chains(host: TodayHost) -> Chains:
    """Return the chains with rules, hooks or policies of all tables."""
    found: dict[str, list[str]] = {}
    table = chain = ""
    for line in host.must("nft -s list ruleset").splitlines():
        words = line.strip()
        if line.startswith("table "):
            table = words.removeprefix("table ").removesuffix(" {")
        elif words.startswith(("chain ", "set ", "map ")) and words.endswith("{"):
            chain = f"{table} {words.removesuffix(' {')}"
            found[chain] = []
        elif words and words != "}" and not line.startswith(("}", "#")) and table and chain:
            # iptables' tables are printed with counters that a first packet or a saved rule has set
            found[chain].append(re.sub(r"counter packets \d+ bytes \d+", "counter", words))
    return {name: tuple(rules) for name, rules in found.items() if rules}


def _differences(before: Chains, after: Chains) -> Iterator[str]:
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, ()), after.get(name, ())
        if was == now or (sorted(was) == sorted(now) and _hook(was) == _hook(now) and _is_dispatch(was)):
            continue
        gone = [each for each in was if each not in now]
        new = [each for each in now if each not in was]
        text = f"without {'; '.join(gone[:4])}" if gone else ""
        text += f" with {'; '.join(new[:4])}" if new else ""
        yield f"{name}: {text or 'in another order: ' + '; '.join(now[:6])}"


def _hook(rules: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in rules[:1] if each.startswith("type "))


def _is_dispatch(rules: tuple[str, ...]) -> bool:
    """Return whether no packet meets two of the rules, or both do the same with it: the order of networks and
    containers is drawn by chance."""
    apart = re.compile(r"\b(?:dport|saddr|daddr|iifname|oifname|jump NETAVARK-HOSTPORT-MASQ)\b")
    return all(map(apart.search, rules[len(_hook(rules)) :]))


def _told(output: str) -> str:
    try:
        document = json.loads(output)
    except ValueError:
        return output.strip()
    said = document.get("refused") or document.get("why") or document.get("outcome") or document.get("said") or ""
    return f"{said or output.strip()}"
