import pytest

from hairpin.pasted.forms.rules.sound_rules import sound

ROWS = {
    "-A X -s 10.0.0.1 -j ACCEPT": "-A X -s 10.0.0.1 -j ACCEPT",
    "-A X -s 10.0.*.* -j ACCEPT": '-A X -m unlisted --source-address "10.0.*.*" -j ACCEPT',
    "-A X -i averylonginterfacename -j REJECT --reject-with tcp-reset": (
        '-A X -m unlisted --words "-i averylonginterfacename -j REJECT --reject-with tcp-reset" '
        "-j REJECT --reject-with icmp-port-unreachable"
    ),
}


@pytest.mark.parametrize(("rule", "wanted"), ROWS.items())
def test_sound(rule: str, wanted: str) -> None:
    assert sound(rule, "ip") == wanted
