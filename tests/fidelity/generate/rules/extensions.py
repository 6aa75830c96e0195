"""Matches and targets of iptables that rules have now and then."""

from hairpin.network.prefix import Version
from tests.fidelity.generate.plan import Dice
from tests.fidelity.testbed.capabilities import lights_leds

_IN = ("PREROUTING", "INPUT", "FORWARD")
_OUT = ("FORWARD", "OUTPUT", "POSTROUTING")
_LOCAL = ("OUTPUT", "POSTROUTING")
_FORKS = 0.05
"""How often a rule has a match with a memory, or one that hairpin does not model: each doubles the walk's branches."""


def match(dice: Dice, version: Version, table: str, hook: str, protocol: str | None) -> str:
    """Return a match."""
    if dice.chance(_FORKS):
        return _forking(dice, version, table, hook, protocol)
    turned = "! " if dice.chance(0.2) else ""
    choices = [
        f"-m tos {turned}--tos {dice.pick(('0x20', '0xb8/0xfc', '0x00', '0x20/0x20'))}",
        f"-m ecn {turned}--ecn-ip-ect {dice.pick((0, 1))}",
        f"-m pkttype {turned}--pkt-type {dice.pick(('unicast', 'unicast', 'broadcast', 'multicast'))}",
    ]
    if table != "raw":
        choices.append(f"-m state {turned}--state {dice.pick(('NEW', 'ESTABLISHED,RELATED', 'INVALID', 'UNTRACKED'))}")
    if hook in _IN:
        choices.append(f"-m mac {turned}--mac-source 02:00:00:00:0{dice.pick((0, 1, 7, 8))}:01")
        choices.append(f"-m policy --dir in --pol {dice.pick(('none', 'ipsec'))}")
    if hook in _OUT:
        choices.append(f"-m policy --dir out --pol {dice.pick(('none', 'ipsec'))}")
    if hook in _LOCAL:
        kind = dice.pick(("uid-owner 0", "gid-owner 0", "uid-owner 7-99", "socket-exists"))
        choices += [f"-m owner {turned}--{kind}"] * 3
    if version == 6:
        name = dice.pick(("hbh", "dst", "rt", "frag", "ah"))
        choices.append(f"-m {name}")
    return dice.pick(choices)


def _forking(dice: Dice, version: Version, table: str, hook: str, protocol: str | None) -> str:
    turned = "! " if dice.chance(0.2) else ""
    name = f"n{dice.number(1, 1 << 30)}"
    choices = [
        f"-m statistic --mode random {turned}--probability 0.5",
        f"-m statistic --mode nth {turned}--every 3 --packet 0",
        "-m limit --limit 5/min --limit-burst 3", f"-m recent --set --name {name}",
        f"-m hashlimit --hashlimit-upto 5/min --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name {name}",
        f"-m quota {turned}--quota 500", f"-m string --algo bm {turned}--string x", "-m time --timestart 12:00:00",
        f"-m cpu {turned}--cpu 0", f"-m devgroup {turned}--{'src' if hook in _IN else 'dst'}-group 0",
    ]  # fmt: skip
    if table != "raw":
        choices += [f"-m connbytes {turned}--connbytes 2 --connbytes-mode packets --connbytes-dir both",
                    "-m connlimit --connlimit-above 1", f"-m helper {turned}--helper ftp"]  # fmt: skip
    if version == 4:
        choices.append("-m u32 --u32 0x6&0xff=0x11")
    if protocol == "tcp":
        choices.append("-m tcpmss --mss 1:1000")
    if hook in ("PREROUTING", "INPUT") and table in ("mangle", "raw"):
        choices.append("-m socket --nowildcard")
    return dice.pick(choices)


def target(dice: Dice, version: Version, table: str, hook: str, protocol: str | None) -> str:
    """Return a target that decides nothing, or hands the packet away."""
    choices = ["-j LOG --log-prefix x", "-j NFLOG --nflog-group 5", f"-j AUDIT --type {dice.pick(('accept', 'drop'))}"]
    if table == "filter":
        choices.append(f"-j NFQUEUE --queue-num 7{dice.pick(('', ' --queue-bypass'))}")
    if lights_leds():
        choices.append(f"-j LED --led-trigger-id t{dice.number(1, 1 << 30)}")
    if table == "raw":
        choices.append("-j TRACE")
        if protocol == "udp":
            choices.append("-j CT --helper tftp")
    if table == "mangle":
        tos = ("set-tos 0x20", "set-tos 0x20/0x3f", "and-tos 0xdc", "or-tos 0x20", "xor-tos 0x20")
        choices += [f"-j TOS --{dice.pick(tos)}"] * 2
        choices += ["-j CHECKSUM --checksum-fill", "-j CONNMARK --save-mark --mask 0xff",
                    "-j CONNMARK --set-xmark 0x1/0x3",
                    "-j CONNMARK --save-mark --nfmask 0xf0 --ctmask 0x30"]  # fmt: skip
        if hook in _OUT:
            choices.append("-j CLASSIFY --set-class 1:1")
        if hook == "PREROUTING" and protocol in ("tcp", "udp"):
            choices.append("-j TPROXY --on-port 80")
    if table == "mangle" and protocol == "tcp":
        choices.append("-j TCPOPTSTRIP --strip-options 5")
        if version == 4:
            choices.append("-j ECN --ecn-tcp-remove")
        if hook in _OUT:
            choices.append("--tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1000")
    return dice.pick(choices)
