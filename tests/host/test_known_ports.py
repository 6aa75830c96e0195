"""Which service of a host usually has a port."""

from importlib.resources import files

from hairpin.host.known_ports import all_known, every_port_of_image, known_port, ports_of_image


def test_a_port_is_known_for_its_protocol() -> None:
    ssh = known_port(22, "tcp")
    assert ssh is not None
    assert "sshd" in ssh.units
    assert known_port(22, "udp") is None
    assert known_port(8151, "tcp") is None


def test_the_ports_of_an_image() -> None:
    assert ports_of_image("docker.io/library/postgres:9.6-alpine@sha256:0123") == (5432,)
    assert ports_of_image("registry.example:5000/redis") == (6379,)
    assert ports_of_image("bitnami/nginx:1") == ()
    assert ports_of_image("bitnami/redis:7") == (6379,)
    assert ports_of_image("postgres-backup") == ports_of_image("") == ()


def test_every_port_of_an_image() -> None:
    assert every_port_of_image("library/mysql:8") == {3306, 33060}
    assert every_port_of_image("nginx") == frozenset()  # its port is in a file that people replace


def test_the_collector_asks_for_each_of_the_units() -> None:
    script = files("hairpin.collect").joinpath("collect.sh").read_text()
    asked = script.split()
    units = {unit for each in all_known() for unit in each.units}
    assert [unit for unit in sorted(units) if not any(f"{unit}.service" in word for word in asked)] == []
