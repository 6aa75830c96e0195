"""The readings of a recorded host as a text: as if somebody had pasted the outputs of the commands."""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import HOST, Evidence, Reading

PROMPT = "root@srv:~# "
_COMMANDS = {
    "ip-addr": "ip -j -d addr",
    "ip-neigh": "ip -j neigh",
    "ip-route4": "ip -4 -j -d route show table all",
    "ip-route6": "ip -6 -j -d route show table all",
    "ip-rule4": "ip -4 -j rule",
    "ip-rule6": "ip -6 -j rule",
    "bridge-link": "bridge -j -d link",
    "bridge-fdb": "bridge -j fdb",
    "iptables-nft-save4": "iptables-save",
    "iptables-nft-save6": "ip6tables-save",
    "iptables-legacy-save4": "iptables-legacy-save",
    "iptables-legacy-save6": "ip6tables-legacy-save",
    "ipset": "ipset save",
    "conntrack": "conntrack -L",
    "sysctl": "grep -r . /proc/sys/net",
    "sockets": "ss -lntu",
    "nft-table": "nft -j list ruleset",
    "ebtables": "ebtables-save",
}
_HEADS = {"sockets": "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"}
_DOCUMENTS = {"docker-containers": "docker inspect", "docker-networks": "docker network inspect"}


def text_of(evidence: Evidence) -> str:
    """Return the text of those readings that a command's output tells as well."""
    return "\n".join(part for reading in evidence.readings if reading.outcome == "text" for part in _parts(reading))


def _parts(reading: Reading) -> Iterator[str]:
    inside = "" if reading.netns in ("", HOST) else f"docker exec {reading.netns.removeprefix('container:')} "
    if reading.netns.startswith("netns:"):
        return
    if reading.key in _DOCUMENTS:
        made = [msgspec.json.decode(line) for line in reading.text.splitlines()]
        said = msgspec.json.format(msgspec.json.encode(made), indent=4).decode()
        yield f"{PROMPT}{_DOCUMENTS[reading.key]}\n{said}\n"
    elif reading.key in _COMMANDS:
        text = reading.text
        if reading.key == "sockets":
            text = "".join(f"{line}\n" for line in text.splitlines() if not line[:1].isspace())
        yield f"{PROMPT}{inside}{_COMMANDS[reading.key]}\n{_HEADS.get(reading.key, '')}{text}"
