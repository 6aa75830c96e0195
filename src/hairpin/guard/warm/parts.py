"""The parts in which ``collect.sh`` reads a host, and what is known of them when a sign is made."""

from typing import NamedTuple

from hairpin.evidence.reading import Reading

Sign = object
FILES = ("all_files", "ufw_hooks", "floating_addresses", "boot_scripts", "boot_units", "units", "quadlets")
PARTS = (
    "links", "rules", "sets", "sysctls", "connections", "rate_limits", "packet_queues", "counters", "virtual_servers",
    "sockets", "docker_all", "all_processes", "podman_and_pods", "all_files", "ufw_hooks", "floating_addresses",
    "firewalld_all", "versions", "rule_tools", "boot_scripts", "boot_units", "units", "quadlets", "system",
)  # fmt: skip
"""The parts of a host that ``collect.sh`` reads, in the order of its answers."""
HEAD = ""
"""What ``collect.sh`` reads before all parts: the host's names, and plans of hairpin that have not ended."""
OF_QUESTION = frozenset(("rules", "docker_all", "versions", "rule_tools", "units", "system"))
"""The parts that a question narrows (``--only``, ``--long-sets``)."""


class KnownReadings(NamedTuple):
    """What is known from the reading that is compared with: its readings by part, the words that narrow it, and what
    was read inside of containers."""

    readings: dict[str, tuple[Reading, ...]]
    only: tuple[str, ...] = ()
    inside: tuple[Reading, ...] = ()

    def text(self, part: str, key: str) -> str:
        """Return the texts of a part's readings with this key."""
        return "\n".join(
            each.text for each in self.readings.get(part, ()) if each.key == key and each.outcome == "text"
        )

    def has(self, part: str, *keys: str) -> bool:
        """Return whether a part has a reading with one of these keys that says something."""
        return any(each.key in keys and each.outcome == "text" for each in self.readings.get(part, ()))
