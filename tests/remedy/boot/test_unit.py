"""What nothing on the host loads at boot is made by a unit."""

import re

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
    starts = [line.removeprefix("ExecStart=") for line in file.content.splitlines() if line.startswith("ExecStart=")]
    assert starts == [
        f"-/usr/bin/env iptables -w -t nat -D OUTPUT {WORDS}", f"/usr/bin/env iptables -w -t nat -I OUTPUT 1 {WORDS}"
    ]  # fmt: skip
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


def test_no_shell_reads_a_comment() -> None:
    words = '-p tcp -m comment --comment "a; rm $HOME 100%" -j DROP'
    (file,) = remedy(network(), insertion("OUTPUT", words, table="nat"), cause="nat-loopback-on-cloud-address").persist
    assert '--comment "a; rm $$HOME 100%%" -j DROP' in file.content
    assert "/bin/sh" not in file.content
