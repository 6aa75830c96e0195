"""Compares hairpin's readers and writers with the tests of iptables and nftables, its walks with those of netavark.

Writes docs/reference/conformance.md.

    python -m tests.conformance [SUITE …]

Runs with this machine's tools, and with those of each Debian suite that is named.  Needs root; all rules are loaded in
a network namespace of its own.  The tests come from Debian's source packages, or from unpacked trees that the
environment names: IPTABLES_SOURCE, NFTABLES_SOURCE, NETAVARK_SOURCE, each a tree or a directory of trees.  netavark's
configurations are set up on whole hosts of the suites (tests.today).
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from hairpin.netfilter.ir import Expression, OpaqueMatch, Outside, StatefulMatch
from tests.conformance import iptables_run, netavark_run, nft_run, saved_run, state, state_run
from tests.conformance.iptables_lines import Line
from tests.conformance.sources import SourceUnavailableError, cache, chosen, cloned, unpacked
from tests.conformance.userland import Userland, here, installed
from tests.today.roots import SUITES, root_of, versions

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"
PACKAGES = {"iptables": "iptables-nft", "nftables": "nft"}
"""The program that runs the tests of each package."""
VERSIONS = ("ip", "ipset", "conntrack")
INSIDE = "HAIRPIN_CONFORMANCE_NAMESPACE"
STATE = frozenset({"libxt_SET.t:3", "libxt_nfacct.t:8"})
"""Lines that say FAIL because the host lacks an ipset or an accounting object that they name."""
RATES = frozenset(
    {f"-m hashlimit --hashlimit-{side} 1/day --hashlimit-burst 5 --hashlimit-name mini1" for side in ("above", "upto")}
)
"""A rule that the tools accept and the kernel refuses: xt_hashlimit.c, user2credits() would overflow."""
CLASSES = ("exact", "stateful or random", "outside")


class Result(NamedTuple):
    """The result for one suite's tools: figures by table and row, and the lines that are wrong."""

    suite: str
    figures: dict[str, dict[str, int | str]]
    wrong: tuple[str, ...]


def main(suites: list[str]) -> int:
    """Run all that can run.  Exit status 0: all is read; 1: something is not; 2: a suite or its tests are missing."""
    if INSIDE not in os.environ:
        try:
            for suite in suites:
                installed(suite, cache() / "userlands")  # here, since the namespace has no way out
        except SourceUnavailableError as error:
            print(error, file=sys.stderr)
            return 2
        for package in PACKAGES:
            _fetch(package, None)
            for suite in suites:
                _fetch(package, suite)
        for suite in netavarks(suites):
            _fetch_netavark(suite)
        command = 'ip link set lo up && exec "$@"'
        inside = ("unshare", "--net", "--mount", "--", "sh", "-c", command, "sh")
        argv = (*inside, sys.executable, "-m", "tests.conformance", *suites)
        return subprocess.run(argv, env={**os.environ, INSIDE: "1"}, check=False).returncode
    lands = (here(), *(installed(suite, cache() / "userlands") for suite in suites))
    for land in lands:
        land.attach()
    results: dict[str, list[Result]] = {}
    missing: list[str] = []
    results["Rulesets"] = [saved(land) for land in lands]
    results["State"] = list(state_of(lands))
    for package, run in ("iptables", partial(iptables, lands=lands)), ("nftables", nftables):
        for land in lands:
            version = land.version(PACKAGES[package])
            tree = chosen(package, version, _place(package))
            if tree is None:
                missing.append(package)
                continue
            print(f"{land.suite}: {package} {version}, tests of {tree.name} …", flush=True)
            results.setdefault(package, []).append(run(tree, land))
            PAGE.write_text(_page(results, missing), "utf-8")  # at once: a run takes long
    for suite in netavarks(suites):
        tree = chosen("netavark", _netavark_version(suite), _place("netavark"))
        if tree is None:
            missing.append("netavark")
            continue
        for driver in netavark_run.DRIVERS[suite]:
            results.setdefault("netavark", []).append(netavark(tree, suite, driver))
            PAGE.write_text(_page(results, missing), "utf-8")
    PAGE.write_text(_page(results, missing), "utf-8")
    wrong = [each for found in results.values() for result in found for each in result.wrong]
    print("\n".join(wrong))
    return 1 if wrong else 2 if missing else 0


def _place(package: str) -> Path:
    given = os.environ.get(f"{package.upper()}_SOURCE")
    return Path(given) if given else cache() / package


def _fetch(package: str, suite: str | None) -> None:
    if f"{package.upper()}_SOURCE" in os.environ:
        return
    try:
        unpacked(package, cache(), suite=suite)
    except SourceUnavailableError as error:
        print(error, file=sys.stderr)


def netavarks(suites: list[str]) -> tuple[str, ...]:
    """Return those of this machine's suite and the given ones that have a netavark and a whole host."""
    return tuple(each for each in dict.fromkeys((here().suite, *suites)) if each in SUITES)


def _netavark_version(suite: str) -> str:
    return dict(each.split(" ", 1) for each in versions(root_of(suite)))["netavark"]


def _fetch_netavark(suite: str) -> None:
    if "NETAVARK_SOURCE" in os.environ:
        return
    try:
        cloned("netavark", _netavark_version(suite), cache())
    except SourceUnavailableError as error:
        print(error, file=sys.stderr)


def _page(results: dict[str, list[Result]], missing: list[str]) -> str:
    head = (
        "# Conformance\n\n"
        "Written by `make conformance`; do not edit. Readers and writers against the tests of the tools themselves, "
        "walks against the\nconfigurations of netavark's tests; all are fetched for the run and never kept here. The "
        "first column is the machine of the\nrun, the others are the tools of other Debian suites (`make conformance "
        "SUITES=…`), all on its kernel: "
        f"{os.uname().release}.\n"
    )
    parts = [_chapter(package, found) for package, found in results.items()]
    unheard = [package for package in dict.fromkeys(missing) if package not in results]
    parts += [f"## {package}\n\nNot run: its source package could not be fetched.\n" for package in unheard]
    return "\n".join((head, *parts))


def _chapter(package: str, found: list[Result]) -> str:
    """Return a package's tables, a column for each suite."""
    columns = " | ".join(result.suite for result in found)
    lines = [f"## {package}", ""]
    for table in found[0].figures:
        lines += [f"| {table} | {columns} |", f"| --- |{' ---: |' * len(found)}"]
        for row in found[0].figures[table]:
            lines.append(f"| {row} | {' | '.join(str(result.figures[table][row]) for result in found)} |")
        lines.append("")
    return "\n".join(lines)


def _class(parts: tuple[Expression, ...]) -> str:
    if any(isinstance(part, OpaqueMatch | Outside) for part in parts):
        return "outside"
    return "stateful or random" if any(isinstance(part, StatefulMatch) for part in parts) else "exact"


# --- this project's own rulesets, and a namespace with something of everything ----------------------------------------


def saved(tools: Userland) -> Result:
    """Run the rulesets among the fixtures through the suite's tools."""
    print(f"{tools.suite}: rulesets …", flush=True)
    found = tuple(saved_run.outcomes(tools))
    rows: dict[str, int | str] = {
        "tools": tools.version("iptables-nft"),
        "loaded, printed and read as the same": sum(each.taken for each in found),
        "not loaded: the kernel of the run, or that version, does not have it": sum(each.refused for each in found),
        "loaded by that version as another rule": sum(each.misloaded for each in found),
    }
    wrong = tuple(f"{tools.suite}: {text}" for each in found for text in each.wrong)
    return Result(tools.suite, {"Rules of iptables, ip6tables, ebtables": rows}, wrong)


def state_of(lands: tuple[Userland, ...]) -> Iterator[Result]:
    """Compare, for each suite, its tools' readings of one namespace with those of this machine's tools."""
    refused = state.made(lands[0])
    print(f"not made on this kernel: {'; '.join(refused)}", flush=True)
    with state.listening():
        mine: state_run.Read | None = None
        for land in lands:
            print(f"{land.suite}: state …", flush=True)
            made = state.sets(land)
            told = state_run.read(land, made)
            mine = told if mine is None else mine
            rows: dict[str, int | str] = {program: land.version_of(program) for program in VERSIONS}
            rows |= {part: len(values) for part, values in told.parts.items()}
            wrong = tuple(f"{land.suite}: {text}" for text in state_run.differences(mine, told))
            yield Result(land.suite, {"Of one namespace": rows}, wrong)
    state.removed(lands[0])


# --- iptables --------------------------------------------------------------------------------------------------------


def iptables(tree: Path, tools: Userland, *, lands: tuple[Userland, ...]) -> Result:
    """Run extensions/*.t: a line counts once, by the worst of its chains."""
    by_line: dict[str, list[iptables_run.Outcome]] = {}
    for outcome in iptables_run.outcomes(tree / "extensions", tools):
        by_line.setdefault(outcome.line.place, []).append(outcome)
    accepted = [each for each in by_line.values() if each[0].line.accepted]
    refused = [each for each in by_line.values() if not each[0].line.accepted]
    read = [each for each in accepted if all(one.rule is not None for one in each)]
    ours = [each for each in read if each[0].line.tool in ("iptables", "ip6tables")]
    same = [each for each in ours if all(one.printed == one.text for one in each)]
    other = [each for each in ours if each not in same and all(map(iptables_run.means_the_same, each))]
    unflagged = [each for each in refused if not all(one.flagged for one in each)]
    excused = [
        each for each in unflagged if each[0].line.variant or each[0].line.place in STATE or each[0].line.rule in RATES
    ]
    others = [each for each in unflagged if each not in excused and _loads(each[0].line, lands)]
    classes = Counter(_class(each[0].rule.body) for each in read if each[0].rule is not None)
    rows: dict[str, int | str] = {
        "tools": tools.version("iptables-nft"),
        "tests": tree.name.rpartition("-")[2],
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
        "… that only the legacy tool or the kernel refuses, or for want of an object on the host": len(excused),
        "… that other versions among these take": len(others),
    }
    figures: dict[str, dict[str, int | str]] = {
        "Lines that …": rows,
        "OK lines by class": {name: classes[name] for name in CLASSES},
    }
    wrong = (
        *(f"{each[0].line.place}: not read: {each[0].text}" for each in accepted if each not in read),
        *(f"{each[0].line.place}: {each[0].text}: printed {each[0].printed}" for each in ours
          if each not in same and each not in other),
        *(f"{each[0].line.place}: not refused: {each[0].text}" for each in unflagged
          if each not in excused and each not in others),
    )  # fmt: skip
    return Result(tools.suite, figures, tuple(f"{tools.suite}: {each}" for each in wrong))


def _loads(line: Line, lands: tuple[Userland, ...]) -> bool:
    return any(iptables_run.loads(land, line) for land in lands)


# --- netavark ---------------------------------------------------------------------------------------------------------


def netavark(tree: Path, suite: str, driver: str) -> Result:
    """Run test/testfiles with one driver of the suite's netavark."""
    print(f"{suite}: netavark {driver}, tests of {tree.name} …", flush=True)
    given = netavark_run.configurations(tree)
    found = tuple(netavark_run.outcomes(root_of(suite), suite, driver, given))
    flows = [(each.name, each.result) for each in found if each.result is not None]
    rows: dict[str, int | str] = {
        "netavark": _netavark_version(suite),
        "tests": tree.name.rpartition("-")[2],
        "configurations": len(found),
        "… refused by netavark, or by the kernel of the run": sum(bool(each.refused) for each in found),
        "flows, predicted and tried": sum(each.flows for _, each in flows),
        "… that pass": sum(each.passing for _, each in flows),
        "… undecided": sum(len(each.undecided) for _, each in flows),
        "… that do otherwise than predicted": sum(len(each.wrong) for _, each in flows),
    }
    wrong = tuple(f"{suite}: netavark {driver}: {name}: {text}" for name, each in flows for text in each.wrong)
    for each in found:
        told = each.result.undecided if each.result is not None else (each.refused,)
        print("\n".join(f"{suite}: netavark {driver}: {each.name}: {text}" for text in told), flush=True)
    return Result(f"{suite} {driver}", {"Hosts with a container of each configuration": rows}, wrong)


# --- nftables --------------------------------------------------------------------------------------------------------


def nftables(tree: Path, tools: Userland) -> Result:
    """Run tests/py: a rule counts once, whatever number of tables it is tried in."""
    by_rule: dict[tuple[str, int], list[nft_run.Outcome]] = {}
    for outcome in nft_run.outcomes(tree / "tests" / "py", tools):
        by_rule.setdefault((outcome.file, outcome.rule.number), []).append(outcome)
    rules = list(by_rule.values())

    def count(holds: Callable[[nft_run.Outcome], bool]) -> int:
        return sum(all(map(holds, each)) for each in rules)

    read = count(lambda one: one.problem is None)
    classes = Counter(_class(tuple(part for rule in each[0].read for part in rule.body)) for each in rules)
    rows: dict[str, int | str] = {
        "tools": tools.version("nft"),
        "tests": tree.name.rpartition("-")[2],
        "say ok": len(rules),
        "… read": read,
        "… of them listed by nft, from the kernel": sum(any(one.refused is None for one in each) for each in rules),
        "… of them not loaded here (kernel or nft), as the test expects nft to list them": sum(
            all(one.refused is not None for one in each) for each in rules
        ),
        "read from their own words, as a script, with the same meaning": count(lambda one: one.alike),
        "written, loaded again and read as the same": count(lambda one: one.again is True),
        "… loaded, but not the same again in one of their tables": sum(
            any(one.again is False for one in each) for each in rules
        ),
    }
    figures: dict[str, dict[str, int | str]] = {
        "Rules that …": rows,
        "Rules by class": {name: classes[name] for name in CLASSES},
    }
    for each in rules:
        for one in each:
            if not one.alike:
                print(f"{tools.suite}: {one.file}:{one.rule.number}: {one.family}: not read alike: {one.rule.words}")
            if one.again is False:
                print(
                    f"{tools.suite}: {one.file}:{one.rule.number}: {one.family}: does not come back: {one.rule.words}"
                )
    return Result(tools.suite, figures, tuple(
        f"{tools.suite}: {one.file}:{one.rule.number}: {one.family}: {one.rule.words}: {one.problem}"
        for each in rules for one in each if one.problem is not None
    ))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
