"""Holds hairpin's readers and writers against the tests of iptables and nftables, and writes docs/conformance.md.

Needs root; all rules are loaded in network namespaces of its own.  The tests come from Debian's source packages, or
from unpacked trees that the environment names: IPTABLES_SOURCE, NFTABLES_SOURCE.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from hairpin.netfilter.ir import Expression, OpaqueMatch, Outside, StatefulMatch
from tests.conformance import iptables_run, nft_run
from tests.conformance.sources import SourceUnavailableError, cache, kept, unpacked

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
PACKAGES = ("iptables", "nftables")
INSIDE = "HAIRPIN_CONFORMANCE_NAMESPACE"
STATE = frozenset({"libxt_SET.t:3", "libxt_nfacct.t:8"})
"""Lines that say FAIL since they name an ipset or an accounting object that the host does not have."""


class Result(NamedTuple):
    """One suite's page and what it says is wrong."""

    page: str
    wrong: tuple[str, ...]


def main() -> int:
    """Run what can be run; 0: all is read, 1: something is not, 2: a suite is missing."""
    if INSIDE not in os.environ:
        for package in PACKAGES:
            _fetch(package)  # here, since the namespace has no way out
        command = 'ip link set lo up && exec "$@"'
        argv = ("unshare", "--net", "--", "sh", "-c", command, "sh", sys.executable, "-m", "tests.conformance")
        return subprocess.run(argv, env={**os.environ, INSIDE: "1"}, check=False).returncode
    results: list[Result] = []
    missing = 0
    for package, suite in zip(PACKAGES, (iptables, nftables), strict=True):
        given = os.environ.get(f"{package.upper()}_SOURCE")
        tree = Path(given) if given else kept(package, cache())
        if tree is None:
            results.append(Result(f"## {package}\n\nNot run: its source package could not be fetched.\n", ()))
            missing += 1
            continue
        origin = "a tree that the run was given" if given else "Debian's source package"
        results.append(suite(tree, f"{origin}, {tree.name}"))
    PAGE.write_text(_page(results), "utf-8")
    for wrong in (each for result in results for each in result.wrong):
        print(wrong)
    return 1 if any(result.wrong for result in results) else 2 if missing else 0


def _fetch(package: str) -> None:
    if f"{package.upper()}_SOURCE" in os.environ:
        return
    try:
        unpacked(package, cache())
    except SourceUnavailableError as error:
        print(error, file=sys.stderr)


def _page(results: list[Result]) -> str:
    versions = [
        subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split("(")[0].strip()
        for argv in (("iptables-nft", "--version"), ("nft", "--version"), ("uname", "-r"))
    ]
    head = (
        "# Conformance\n\n"
        "Written by `make conformance`; do not edit. Readers and writers against the tests of the tools themselves, "
        "which are fetched\nfor the run and never kept here. "
        f"Tools: {versions[0]}, {versions[1]}; kernel {versions[2]}.\n"
    )
    return "\n".join((head, *(result.page for result in results)))


def _class(parts: tuple[Expression, ...]) -> str:
    if any(isinstance(part, OpaqueMatch | Outside) for part in parts):
        return "outside"
    return "stateful or random" if any(isinstance(part, StatefulMatch) for part in parts) else "exact"


def _counted(title: str, rows: dict[str, int]) -> str:
    lines = [f"| {title} | lines |", "| --- | ---: |", *(f"| {name} | {count} |" for name, count in rows.items())]
    return "\n".join((*lines, ""))


# --- iptables --------------------------------------------------------------------------------------------------------


def iptables(tree: Path, origin: str) -> Result:
    """Run extensions/*.t: a line counts once, by the worst of its chains."""
    print("iptables …", flush=True)
    by_line: dict[str, list[iptables_run.Outcome]] = {}
    for outcome in iptables_run.outcomes(tree / "extensions"):
        by_line.setdefault(outcome.line.place, []).append(outcome)
    accepted = [each for each in by_line.values() if each[0].line.accepted]
    refused = [each for each in by_line.values() if not each[0].line.accepted]
    read = [each for each in accepted if all(one.rule is not None for one in each)]
    ours = [each for each in read if each[0].line.tool in ("iptables", "ip6tables")]
    same = [each for each in ours if all(one.printed == one.text for one in each)]
    other = [each for each in ours if each not in same and all(map(iptables_run.means_the_same, each))]
    unflagged = [each for each in refused if not all(one.flagged for one in each)]
    excused = [each for each in unflagged if each[0].line.variant or each[0].line.place in STATE]
    classes = Counter(_class(each[0].rule.body) for each in read if each[0].rule is not None)
    rows = {
        "say OK": len(accepted),
        "… loaded by a tool here, and read as it prints them": sum(all(one.loaded for one in each) for each in read),
        "… not loaded here, read as the test says that they are printed": sum(
            not all(one.loaded for one in each) for each in read
        ),
        "of iptables and ip6tables, printed back word for word": len(same),
        "… in other words of the same meaning": len(other),
        "of ebtables and arptables (read only; hairpin writes no such rules)": len(read) - len(ours),
        "say FAIL": len(refused),
        "… refused, or flagged as not understood": len(refused) - len(unflagged),
        "… that only the legacy tool refuses, or for want of an object on the host": len(excused),
    }
    kinds = {name: classes[name] for name in ("exact", "stateful or random", "outside")}
    page = f"## iptables\n\nFrom {origin}.\n\n{_counted('Lines that …', rows)}\n{_counted('OK lines by class', kinds)}"
    print(page)
    return Result(page, (
        *(f"{each[0].line.place}: not read: {each[0].text}" for each in accepted if each not in read),
        *(f"{each[0].line.place}: {each[0].text}: printed {each[0].printed}" for each in ours
          if each not in same and each not in other),
        *(f"{each[0].line.place}: not refused: {each[0].text}" for each in unflagged if each not in excused),
    ))  # fmt: skip


# --- nftables --------------------------------------------------------------------------------------------------------


def nftables(tree: Path, origin: str) -> Result:
    """Run tests/py: a rule counts once, whatever number of tables it is tried in."""
    print("nftables …", flush=True)
    by_rule: dict[tuple[str, int], list[nft_run.Outcome]] = {}
    for outcome in nft_run.outcomes(tree / "tests" / "py"):
        by_rule.setdefault((outcome.file, outcome.rule.number), []).append(outcome)
    rules = list(by_rule.values())

    def count(holds: Callable[[nft_run.Outcome], bool]) -> int:
        return sum(all(map(holds, each)) for each in rules)

    read = count(lambda one: one.problem is None)
    classes = Counter(_class(tuple(part for rule in each[0].read for part in rule.body)) for each in rules)
    rows = {
        "say ok": len(rules),
        "… read": read,
        "… of them listed by nft, from the kernel": sum(any(one.refused is None for one in each) for each in rules),
        "… of them not loaded here (kernel or nft), as the test expects nft to list them": sum(
            all(one.refused is not None for one in each) for each in rules
        ),
        "written, loaded again and read as the same": count(lambda one: one.again is True),
        "… loaded, but not the same again in one of their tables": sum(
            any(one.again is False for one in each) for each in rules
        ),
    }
    kinds = {name: classes[name] for name in ("exact", "stateful or random", "outside")}
    page = f"## nftables\n\nFrom {origin}.\n\n{_counted('Rules that …', rows)}\n{_counted('Rules by class', kinds)}"
    print(page)
    for each in rules:
        for one in each:
            if one.again is False:
                print(f"{one.file}:{one.rule.number}: {one.family}: does not come back: {one.rule.words}")
    return Result(page, tuple(
        f"{one.file}:{one.rule.number}: {one.family}: {one.rule.words}: {one.problem}"
        for each in rules for one in each if one.problem is not None
    ))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
