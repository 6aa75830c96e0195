"""Random windows of time in rules: the kernel counts a rule exactly where the model says that the window has this
moment."""

import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import StatefulMatch
from hairpin.netfilter.limit import TimeWindow, is_inside

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
RULES = 300
_SEND = """
import socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
done = subprocess.run(["iptables-restore"], input=sys.stdin.read(), text=True, capture_output=True)
if done.returncode:
    sys.exit(done.stderr)
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # without it, an ICMP error would pass the rules, too
other.bind(("127.0.0.1", 5353))
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.sendto(b"x", ("127.0.0.1", 5353))
print(subprocess.run(["iptables-save", "-c"], text=True, capture_output=True, check=True).stdout)
"""


def _words(draw: random.Random) -> str:
    now = datetime.now(UTC)
    words: list[str] = []
    for option in ("--datestart", "--datestop"):
        if draw.random() < 0.3:
            words += [option, (now + timedelta(days=draw.randint(-40, 40))).strftime("%Y-%m-%dT%H:%M:00")]
    if draw.random() < 0.6:
        near = [(now + timedelta(minutes=draw.choice((-400, -90, 90, 400, 800)))).strftime("%H:%M:00") for _ in "12"]
        words += ["--timestart", near[0], "--timestop", near[1]]
        words += ["--contiguous"] if near[0] > near[1] and draw.random() < 0.5 else []
    if draw.random() < 0.4:
        words += [*draw.choice(((), ("!",))), "--weekdays", ",".join(draw.sample(DAYS, draw.randint(1, 5)))]
    if draw.random() < 0.4:
        words += ["--monthdays", ",".join(map(str, draw.sample(range(1, 32), 15)))]
    return " ".join(words or ["--monthdays", str(now.day)])


def test_the_kernel_counts_what_the_model_says() -> None:
    draw = random.Random(4)  # noqa: S311 - no secret
    rules = "".join(f"-A OUTPUT -m time {_words(draw)}\n" for _ in range(RULES))
    script = f"*filter\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"
    before_s = int(time.time())
    done = subprocess.run(
        ("unshare", "-n", sys.executable, "-I", "-c", _SEND), input=script, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    after_s = int(time.time())
    (table,) = parse(done.stdout, family="ip", dialect="iptables-nft", source="test")
    chain = table.chain("OUTPUT")
    assert chain is not None
    assert len(chain.rules) == RULES
    counted = 0
    for rule in chain.rules:
        (match,) = rule.body
        assert isinstance(match, StatefulMatch), rule.text
        assert isinstance(match.limit, TimeWindow), rule.text
        # A window may begin or end between the moments: the packet was sent at one of them or in between.
        assert bool(rule.packets) in {is_inside(match.limit, each) for each in (before_s, after_s)}, rule.text
        counted += bool(rule.packets)
    assert 0 < counted < RULES
