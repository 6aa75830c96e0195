"""What nothing on the host loads at boot is made by a unit."""

import re
import shlex

from tests.remedy.situations import insertion, network, remedy

WORDS = "-d 203.0.113.11/32 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 198.51.100.11"
DNAT = insertion("OUTPUT", WORDS, table="nat")


def test_without_a_keeper_of_rules_a_unit_makes_the_rule() -> None:
    told = remedy(network(), DNAT, cause="nat-loopback-on-cloud-address")
    (file,) = told.persist
    name = re.fullmatch(
        r"/etc/systemd/system/(hairpin-nat-loopback-on-cloud-address-8151-[0-9a-f]{6}\.service)", file.file
    )
    assert name is not None
    (start,) = (line for line in file.content.splitlines() if line.startswith("ExecStart="))
    assert shlex.split(start.removeprefix("ExecStart=")) == ["/bin/sh", "-c", told.commands[0]]
    assert "After=network.target docker.service" in file.content
    assert told.persist_commands == (f"systemctl enable {name[1]}",)


def test_units_for_other_ports_and_hooks_stand_beside_each_other() -> None:
    others = (
        DNAT,
        insertion("PREROUTING", WORDS, table="nat"),
        insertion("OUTPUT", WORDS.replace("8151", "8152"), table="nat"),
    )
    files = [remedy(network(), each, cause="nat-loopback-on-cloud-address").persist[0].file for each in others]
    assert len(set(files)) == len(files)
