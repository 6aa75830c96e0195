"""Files that iptables-restore refuses at one of their rules: hairpin says what is loaded all the same, the real tool
decides."""

import random
import subprocess

import pytest

from hairpin.netfilter import ipset
from hairpin.netfilter.iptables.restore import Loading, loaded_tables
from hairpin.netfilter.iptables.save import IptablesDialect
from tests.waiting import HANG_S

SETS = "create known hash:ip family inet\n"
GOOD = (
    "-A {chain} -p tcp -m tcp --dport 80 -j ACCEPT",
    "-A {chain} -m set --match-set known src -j ACCEPT",
    "-A {chain} -j mine",
    "-A {chain} -g mine",
    "-A {chain} -j LOG",
    "-A {chain} -m comment --comment a-set -j MARK --set-xmark 0x1/0x1",
)
BAD = (
    "-A {chain} -m set --match-set gone src -j DROP",
    "-A {chain} -m set ! --match-set gone dst -j DROP",
    "-A {chain} -j SET --add-set gone src",
    "-A {chain} -j ufw-user-input",
    "-A {chain} -g not-there",
)
LOAD = """
printf '%s' "$2" | ipset restore
"iptables-$1-restore" <"$3" >/dev/null 2>&1
echo "ended with $?"
"iptables-$1-save"
"""


def drawn(seed: int) -> str:
    """Return a file of three tables, in which some rules name what is not there."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    parts: list[str] = []
    for table in draw.sample(("raw", "mangle", "filter"), 3):
        chain = "OUTPUT"
        rules = [
            draw.choice(BAD if draw.random() < 0.12 else GOOD).format(chain=chain) for _ in range(draw.randrange(4))
        ]
        good = [each for each in rules if "MARK" not in each or table == "mangle"]
        parts += [f"*{table}", f":{chain} DROP [0:0]", ":mine - [0:0]", *good, "COMMIT"]
    return "\n".join((*parts, ""))


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("dialect", ("iptables-nft", "iptables-legacy"))
def test_the_tool_loads_what_hairpin_says(
    dialect: IptablesDialect, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = drawn(seed)
    file = tmp_path_factory.mktemp("rules") / "rules.v4"
    file.write_text(text, "utf-8")
    variant = dialect.removeprefix("iptables-")
    done = subprocess.run(
        ("unshare", "--net", "sh", "-c", LOAD, "load", variant, SETS, str(file)),
        capture_output=True, text=True, check=True, timeout=HANG_S,
    )  # fmt: skip
    sets = ipset.parse(SETS, source="sets")
    loaded = loaded_tables(text, Loading("ip", dialect, "rules.v4", sets))
    real = {
        part.partition("\n")[0]: part.count("\n-A ") for part in done.stdout.split("\n*")[1:] if ":OUTPUT DROP" in part
    }
    assert real == {each.name: sum(len(chain.rules) for chain in each.chains) for each in loaded.tables}
    assert ("ended with 0" in done.stdout) == (loaded.fault is None)


def test_the_draw_has_both_kinds() -> None:
    faults = [loaded_tables(drawn(seed), Loading("ip", "iptables-nft", "x", ipset.parse(SETS, source="sets"))).fault
              for seed in range(24)]  # fmt: skip
    assert 6 <= sum(each is None for each in faults) <= 18
