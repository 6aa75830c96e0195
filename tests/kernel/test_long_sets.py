"""Sets that are too long to be listed in time: the kernel is asked for the addresses of the question's packets, and the
answer is that of a whole listing."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hairpin.collect.frames import parse
from hairpin.collect.run import script
from hairpin.lab.run import environment
from hairpin.netfilter.nft import listing
from tests.waiting import HANG_S

BANNED, OTHER = "198.51.100.7", "198.51.100.8"
SETUP = f"""
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up
unshare --net sleep 600 &
router=$!
while [ /proc/$router/ns/net -ef /proc/self/ns/net ]; do sleep 0.01; done
ip link add up0 type veth peer name far0 netns $router
nsenter -n -t $router ip link set far0 up
ip addr add 203.0.113.80/24 dev up0
ip link set up0 up
ip route add default via 203.0.113.1
ip neigh add 203.0.113.1 lladdr 02:00:00:00:00:01 dev up0
nft -f - <<'EOT'
table inet geo {{
    set bad {{ type ipv4_addr; flags interval; elements = {{ {BANNED}, 192.0.2.128/25 }}; }}
    set short {{ type inet_service; elements = {{ 7000 }}; }}
    map ways {{ type inet_service : verdict; elements = {{ 7001 : drop }}; }}
    chain input {{
        type filter hook input priority 0
        tcp dport @short drop
        tcp dport vmap @ways
        ip saddr @bad drop
    }}
}}
table inet geo_more {{
    set bad {{ type ipv4_addr; elements = {{ 192.0.2.1 }}; }}
}}
EOT
trap 'kill $router' EXIT
"""
# The router is a machine outside: its process is not one that the host sees.
ON_HOST = f"""
{sys.executable} -c 'import socket, time; kept = socket.create_server(("203.0.113.80", 7002)); time.sleep(600)' &
while ! ss -ltn | grep -q :7002; do sleep 0.05; done
"$@"
true
"""
SLOW_NFT = """#!/bin/sh
case "$*" in "-j list table"* | "-j list set inet geo bad"*)
    trap 'kill $!; exit 143' TERM
    sleep 20 &
    wait $!
    trap - TERM ;;
*"list tables"* | *"-t list table "*) echo "$*" >>"${{0%/*}}/whole" ;; # these read the elements of all sets
esac
exec {nft} "$@"
"""


# The clock of these tests: a listing that takes long is over its limit at once, and no other one is, however busy the
# machine.  A Busybox prefers its own timeout, which counts whole seconds: for it a listing really takes long.
TIMEOUT = """#!/bin/sh
shift
case "$*" in "nft -j list table"* | "nft -j list set inet geo bad"*) exit 124 ;; esac
exec "$@"
"""


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return the environment of a host on which nft takes long to list one of the sets."""
    folder = tmp_path_factory.mktemp("slow")
    nft = shutil.which("nft")
    assert nft is not None
    for name, text in (("nft", SLOW_NFT.format(nft=nft)), ("timeout", TIMEOUT)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    own = environment()
    return {**own, "PATH": f"{folder}:{own['PATH']}"}


def answer(env: Mapping[str, str], *words: str) -> dict[str, Any]:
    asked = (sys.executable, "-m", "hairpin", "check", *words, "--json")
    on_host = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", ON_HOST, "sh", *asked)
    run = subprocess.run(
        ("unshare", "--net", "sh", "-c", f'{SETUP}\n"$@"', "sh", *on_host),
        env=env, capture_output=True, text=True, check=True, timeout=HANG_S,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize(
    ("words", "verdict"),
    (
        (("7002", "--from", BANNED), "dropped"),
        (("7002", "--from", "192.0.2.200"), "dropped"),
        (("7002", "--from", OTHER), "delivered"),
        (("203.0.113.80:7002",), "delivered"),
    ),
    ids=("listed", "in an interval", "not listed", "an invented client"),
)
def test_the_answer_is_that_of_a_whole_listing(slow: Mapping[str, str], words: tuple[str, ...], verdict: str) -> None:
    asked, whole = answer(slow, *words), answer(environment(), *words)
    assert [each["verdict"] for each in asked["flows"]] == [verdict] * len(asked["flows"])
    for each in ("verdict", "judge", "conditions", "causes"):
        assert [flow[each] for flow in asked["flows"]] == [flow[each] for flow in whole["flows"]]
    assert [each["id"] for each in asked["causes"]] == [each["id"] for each in whole["causes"]]
    assert (asked["missing"], asked["notes"]) == (whole["missing"], whole["notes"])
    origins = [each["origin"] for each in asked["evidence"].values()]
    assert any(" -t " in each for each in origins) is (verdict == "dropped")


@pytest.mark.parametrize("shell", ("dash", "bash", "busybox sh"))
def test_each_shell_reads_the_same_of_the_tables(slow: Mapping[str, str], shell: str) -> None:
    asked = f"{SETUP}\n{shell} -s -- --long-sets ask"
    run = subprocess.run(
        ("unshare", "--net", "sh", "-c", asked),
        input=script(),
        env=slow,
        capture_output=True,
        check=True,
        timeout=HANG_S,
    )
    readings = parse(run.stdout, hairpin="test", source="test").readings
    found = [each.origin for each in readings if each.key in ("nft-table", "nft-set")]
    assert found == [
        "nft -j -t list table inet geo",
        "nft -j list set inet geo short",
        "nft -j list map inet geo ways",
        "nft -j -t list table inet geo_more",
        "nft -j list set inet geo_more bad",
    ]
    (whole,) = listing.parse(next(each.text for each in readings if each.origin == found[0]), source="test")
    assert (whole.name, [each.name for each in whole.sets]) == ("geo", ["bad", "short"])
    assert [len(each.rules) for each in whole.chains] == [3]
    assert not Path(slow["PATH"].partition(":")[0], "whole").exists()
