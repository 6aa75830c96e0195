"""The words of a rule's target in ``iptables -L``, as options of ``iptables-save``.

These words are the last words of a rule.

Source: the ``print`` functions in iptables/extensions (libxt_DNAT.c, libipt_REJECT.c, libxt_MARK.c …)
"""

import re
from collections.abc import Callable

from hairpin.sought import Sought

_Options = Callable[[re.Match[str]], str]
_RANDOM = r"(?P<random> random)?(?P<fully> random-fully)?(?P<persistent> persistent)?"
GOTO = "[goto]"
"""The last word of a rule that goes to a chain, and does not return from it."""


KNOWN_TARGETS = frozenset(
    [
        "ACCEPT",
        "DROP",
        "REJECT",
        "RETURN",
        "QUEUE",
        "NFQUEUE",
        "LOG",
        "NFLOG",
        "ULOG",
        "DNAT",
        "SNAT",
        "MASQUERADE",
        "REDIRECT",
        "NETMAP",
        "MARK",
        "CONNMARK",
        "TCPMSS",
        "NOTRACK",
        "CT",
        "TRACE",
        "TPROXY",
        "SET",
        "TTL",
        "HL",
        "DSCP",
        "TOS",
        "CLASSIFY",
        "CHECKSUM",
        "SECMARK",
        "CONNSECMARK",
        "AUDIT",
        "TEE",
        "SYNPROXY",
        "LED",
        "IDLETIMER",
        "HMARK",
        "ECN",
        "RATEEST",
        "CLUSTERIP",
        "DNPT",
        "SNPT",
        "FLOWOFFLOAD",
        "NFACCT",
        "TCPOPTSTRIP",
        "SAME",
        "MIRROR",
        "BALANCE",
        "IPMARK",
        "DNETMAP",
        "ACCOUNT",
        "CHAOS",
        "DELUDE",
        "ECHO",
        "RAWDNAT",
        "RAWSNAT",
        "SYSRQ",
        "TARPIT",
    ]
)
"""The targets of iptables and of xtables-addons.  Any other target is a chain."""


def target_options(words: str, target: str) -> tuple[str, tuple[str, ...]]:
    """Return the words without the target's words; also return the target's options.  If the words of a target are not
    known, they stay among the words of the matches, and the target gets no options.  The reader of rules then does not
    know the effect of the target."""
    if words.endswith(GOTO):
        return words.removesuffix(GOTO).rstrip(), ()
    for name, pattern, options in _ROWS:
        if name == target and (found := pattern.search(words)) is not None:
            made = options(found)
            return words[: found.start()].rstrip(), (made,) if made else ()
    return words, ()


def _row(name: str, words: str, options: str | _Options) -> tuple[str, Sought, _Options]:
    pattern = Sought(rf"(?:^|(?<= )){words}$")
    if not isinstance(options, str):
        return name, pattern, options
    template = options
    return name, pattern, lambda found: template.format(**{key: each or "" for key, each in found.groupdict().items()})


def _randomly(option: str) -> _Options:
    def read(found: re.Match[str]) -> str:
        flags = [f"--{name.strip()}" for name in (found["random"], found["fully"], found["persistent"]) if name]
        value = [option, found["v"]] if found["v"] else []
        return " ".join([*value, *flags])

    return read


def _mark(found: re.Match[str]) -> str:
    option = {"set": "set-mark", "xset": "set-xmark", "or": "or-mark", "and": "and-mark", "xor": "xor-mark"}
    return f"--{option[found['o']]} {found['v']}"


def _saved_mark(found: re.Match[str]) -> str:
    mask = f" --nfmask {found['mask']} --ctmask {found['mask']}" if found["mask"] else ""
    return f"--{found['o']}-mark{mask}"


def _log_options(found: re.Match[str]) -> str:
    return (
        "" if found["v"] is None else '--log-prefix "{}"'.format(found["v"].replace("\\", "\\\\").replace('"', '\\"'))
    )


def _nothing(_found: re.Match[str]) -> str:
    return ""


_HEX = r"0x[0-9a-f]+(?:/0x[0-9a-f]+)?"
_ROWS: tuple[tuple[str, Sought, _Options], ...] = (
    _row("REJECT", r"reject-with (?P<v>[\w-]+)", "--reject-with {v}"),
    _row("DNAT", rf"to:(?P<v>\S+){_RANDOM}", _randomly("--to-destination")),
    _row("SNAT", rf"to:(?P<v>\S+){_RANDOM}", _randomly("--to-source")),
    _row("NETMAP", r"(?:to:)?(?P<v>[\da-f.:]+(?:/[\da-f.:]+)?)", "--to {v}"),
    _row("REDIRECT", rf"redir ports (?P<v>[\d-]+){_RANDOM}", _randomly("--to-ports")),
    _row("REDIRECT", r"random", "--random"),
    _row("MASQUERADE", rf"masq ports: (?P<v>[\d-]+){_RANDOM}", _randomly("--to-ports")),
    _row("MASQUERADE", r"(?P<v>random(?:-fully)?)", "--{v}"),
    _row("MARK", rf"MARK (?P<o>set|xset|or|and|xor) (?P<v>{_HEX})", _mark),
    _row("CONNMARK", rf"CONNMARK (?P<o>set|xset|or|and|xor) (?P<v>{_HEX})", _mark),
    _row("CONNMARK", rf"CONNMARK (?P<o>save|restore)(?: mask (?P<mask>{_HEX}))?", _saved_mark),
    _row("TCPMSS", r"TCPMSS clamp to PMTU", "--clamp-mss-to-pmtu"),
    _row("TCPMSS", r"TCPMSS set (?P<v>\d+)", "--set-mss {v}"),
    _row("TTL", r"TTL set to (?P<v>\d+)", "--ttl-set {v}"),
    _row("TTL", r"TTL increment by (?P<v>\d+)", "--ttl-inc {v}"),
    _row("TTL", r"TTL decrement by (?P<v>\d+)", "--ttl-dec {v}"),
    _row("HL", r"HL set to (?P<v>\d+)", "--hl-set {v}"),
    _row("HL", r"HL increment by (?P<v>\d+)", "--hl-inc {v}"),
    _row("HL", r"HL decrement by (?P<v>\d+)", "--hl-dec {v}"),
    _row("TOS", rf"TOS set (?P<v>{_HEX})", "--set-tos {v}"),
    _row("DSCP", rf"DSCP set (?P<v>{_HEX})", "--set-dscp {v}"),
    _row("CT", r"(?:CT notrack|NOTRACK)", "--notrack"),
    _row("CT", r"CT(?: helper (?P<h>\S+))?(?: zone (?P<z>\d+))?", lambda found: " ".join(
        f"--{option} {value}" for option, value in (("zone", found["z"]), ("helper", found["h"])) if value)),
    _row("NFQUEUE", r"NFQUEUE (?P<o>num|balance) (?P<v>\d+(?::\d+)?)(?P<b> bypass)?(?P<c> cpu-fanout)?",
         lambda found: f"--queue-{found['o']} {found['v']}" + (" --queue-bypass" if found["b"] else "")
         + (" --queue-cpu-fanout" if found["c"] else "")),
    _row("TPROXY", rf"TPROXY redirect (?P<a>[\d.]+|[\da-f:]+):(?P<p>\d+) mark (?P<v>{_HEX})",
         "--on-port {p} --on-ip {a} --tproxy-mark {v}"),
    _row("CLASSIFY", r"CLASSIFY set (?P<v>[\da-f]+):(?P<w>[\da-f]+)", "--set-class {v:0>4}:{w:0>4}"),
    _row("CHECKSUM", r"CHECKSUM fill", "--checksum-fill"),
    _row("TEE", r"TEE gw:(?P<v>\S+)", "--gateway {v}"),
    _row("SET", r"(?P<o>add|del)-set (?P<v>\S+ \S+)", "--{o}-set {v}"),
    # Whatever these targets log, they decide nothing.
    _row("LOG", r"LOG (?:flags \d+ )?level \S+(?: (?:tcp-sequence|tcp-options|ip-options|uid|macdecode))*"
         r"(?: prefix (?P<q>[\"`])(?P<v>.*)[\"'])?", _log_options),
    _row("NFLOG", r"nflog-(?:prefix|group|range|size|threshold) .*", _nothing),
    _row("ULOG", r"ULOG copy_range .*", _nothing),
)  # fmt: skip
