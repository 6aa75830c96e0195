"""Random programs of classic BPF in rules: the kernel counts a rule exactly where the model says that its program is
satisfied."""

import random
import subprocess
import sys

import pytest

from hairpin.netfilter.evaluate.bytecode import Instruction, Program, results, seen_by_program
from hairpin.netfilter.packet import UDP, Packet

LOOPBACK = 0x7F000001
PACKET = Packet(4, LOOPBACK, LOOPBACK, UDP, sport=4000, dport=5353, length_bytes=40)
WELL_KNOWN = (0, 1, 6, 9, 12, 16, 17, 20, 22, 24, 0x45, 0x11, 4000, 5353, LOOPBACK, 0x40, 0x4000, 0xFFFF, 0x800)
ROUNDS = 150
"""The rules of one packet."""

_SEND = """
import socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
done = subprocess.run(["iptables-restore"], input=sys.stdin.read(), text=True, capture_output=True)
if done.returncode:
    sys.exit(done.stderr)
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.bind(("127.0.0.1", 4000))
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # without it, an ICMP error would pass the rules, too
other.bind(("127.0.0.1", 5353))
one.sendto(b"payload.....", ("127.0.0.1", 5353))
print(subprocess.run(["iptables-save", "-c"], text=True, capture_output=True, check=True).stdout)
"""


def _number(draw: random.Random) -> int:
    return draw.choice(WELL_KNOWN) if draw.random() < 0.8 else draw.getrandbits(32)


def _offset(draw: random.Random) -> int:
    offsets: tuple[int, ...] = (*range(44), 0xFFFFF000, 0xFFFFF014, 0xFFF00000, 0xFFF00009, 200)
    return draw.choice(offsets)


def _instruction(draw: random.Random, left: int) -> Instruction:
    """Return a random instruction that is not the last; ``left`` instructions follow it."""
    load = draw.choice((0x20, 0x28, 0x30))
    match draw.randrange(9):
        case 0 | 1:
            return load, 0, 0, _offset(draw)
        case 2:
            return draw.choice((0x40, 0x48, 0x50)), 0, 0, draw.randrange(24)
        case 3:
            return draw.choice(((0x00, 0, 0, _number(draw)), (0x01, 0, 0, draw.randrange(30)), (0xB1, 0, 0, 0)))
        case 4:
            kind = draw.choice((0x00, 0x10, 0x20, 0x40, 0x50, 0xA0))
            return 0x04 | kind | draw.choice((0, 8)), 0, 0, _number(draw)
        case 5:
            return draw.choice((0x64, 0x74)), 0, 0, draw.randrange(32)
        case 6:
            return draw.choice(((0x07, 0, 0, 0), (0x87, 0, 0, 0), (0x34, 0, 0, 3), (0x94, 0, 0, 5), (0x3C, 0, 0, 0)))
        case 7:
            return draw.choice((0x02, 0x03, 0x60, 0x61)), 0, 0, 3
        case _:
            jump = draw.choice((0x10, 0x20, 0x30, 0x40)) | draw.choice((0, 0, 8))
            return 0x05 | jump, draw.randrange(min(left, 4)), draw.randrange(min(left, 4)), _number(draw)


def _program(draw: random.Random) -> Program:
    length = draw.randrange(2, 12)
    body = [(0x00, 0, 0, 0), (0x02, 0, 0, 3), *(_instruction(draw, length - at) for at in range(length - 1))]
    end = draw.choice(((0x16, 0, 0, 0), (0x06, 0, 0, 1), (0x06, 0, 0, 0)))
    return (*body, (0x15, 0, 1, _number(draw)), (0x06, 0, 0, draw.choice((0, 7))), end)


@pytest.mark.parametrize("seed", range(8))
def test_the_kernel_counts_what_the_model_says(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - no secret
    programs = [_program(draw) for _ in range(ROUNDS)]
    texts = [f"{len(each)},{','.join(' '.join(map(str, line)) for line in each)}" for each in programs]
    rules = "".join(f'-A OUTPUT -m bpf --bytecode "{text}"\n' for text in texts)
    script = f"*filter\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"
    done = subprocess.run(
        ("unshare", "-n", sys.executable, "-I", "-c", _SEND), input=script, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    counted = [line.startswith("[1:") for line in done.stdout.splitlines() if " -A OUTPUT " in line]
    assert len(counted) == len(programs)
    decided = 0
    for program, text, real in zip(programs, texts, counted, strict=True):
        found = results(program, seen_by_program(PACKET))
        if None in found or (0 in found and len(found) > 1):
            continue
        decided += 1
        assert (found != {0}) is real, text
    assert decided > ROUNDS // 3
