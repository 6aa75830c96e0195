"""What firewall-cmd does at run time it does for good with --permanent."""

from tests.remedy.situations import insertion, network, remedy

OPEN = "firewall-cmd --zone=public --add-port=8151/tcp"
RULE = insertion("INPUT", "-p tcp --dport 8151 -j ACCEPT")


def test_runtime_and_permanent() -> None:
    told = remedy(network(managed_by="firewalld"), RULE, commands=(OPEN,))
    assert (told.id, told.commands) == ("open-firewalld-port", (OPEN,))
    assert told.persist_commands == ("firewall-cmd --permanent --zone=public --add-port=8151/tcp",)


def test_what_is_permanent_already_is_not_repeated() -> None:
    told = remedy(network(), RULE, commands=("firewall-cmd --permanent --add-port=1/tcp", "firewall-cmd --reload"))
    assert told.persist_commands == ()
