"""The tables ``alert`` and ``guard``: what they mean, and that no error has a webhook's address."""

import pytest

from hairpin.errors import UsageError
from hairpin.expect.file import parse_expectations
from hairpin.expect.settings import Alert, GuardSettings, Webhook

SECRET = "T0KEN-S3CRET"  # noqa: S105 - a test's
URL = f"https://hooks.example.com/{SECRET}"


def test_the_tables() -> None:
    text = f"""
[alert]
command = ["mail", "-s", "broken", "root"]
webhook = "{URL}"
[guard]
metrics = "[::1]:9179"
metrics-file = "/var/lib/node_exporter/hairpin.prom"
history-mib = 8
history-days = 7
snapshots = 5
snapshot-days = 2
"""
    told = parse_expectations(text, "expect.toml")
    hook = Webhook(URL, "hooks.example.com")
    assert told.alerts == (Alert(("mail", "-s", "broken", "root"), hook, "", True),)
    file = "/var/lib/node_exporter/hairpin.prom"
    assert told.guard == GuardSettings(("::1", 9179), file, 8 << 20, 7 * 86400.0, 5, 2 * 86400.0)
    assert SECRET not in repr(told)


def test_nothing_is_asked_for() -> None:
    told = parse_expectations("", "expect.toml")
    assert (told.alerts, told.guard) == ((), GuardSettings())


def test_several_alerts() -> None:
    told = parse_expectations('[[alert]]\ncommand = ["a"]\n[[alert]]\njournal = false\n', "expect.toml")
    assert told.alerts == (Alert(("a",)), Alert(journal=False))


def test_localhost_is_a_loopback_address() -> None:
    told = parse_expectations('[guard]\nmetrics = "localhost:9179"\n', "expect.toml")
    assert told.guard.metrics == ("127.0.0.1", 9179)


def test_http_within_a_private_network() -> None:
    (told,) = parse_expectations('[alert]\nwebhook = "http://10.0.0.5:8080/x"\n', "expect.toml").alerts
    assert told.webhook is not None
    assert told.webhook.host == "10.0.0.5"


WRONG = {
    f'[alert]\nwebhook = "http://hooks.example.com/{SECRET}"': "starts with http://",
    f'[alert]\nwebhook = "ftp://hooks.example.com/{SECRET}"': "no address that starts with https://",
    f'[alert]\nwebhook = "https://[{SECRET}"': "no address that starts with https://",
    f'[alert]\nwebhook = ["{URL}"]': "webhook has a wrong form",
    f'[alert]\nwebhook_url = "{URL}"': "no key 'webhook_url'",
    f'[alert]\nwebhook = "{URL}': "not TOML",
    f'[alert]\ncommand = "curl {URL}"': "command has a wrong form",
    f'[alert]\nwebhook = "{URL}"\nwebhook-file = "/x"': "write one of them",
    '[alert]\ncommand = [""]': "the first word of command is empty",
    '[guard]\nmetrics = "0.0.0.0:9179"': "only this host may ask",
    '[guard]\nmetrics = "example.com:9179"': "only this host may ask",
    '[guard]\nmetrics = "9179"': "no address with a port",
    '[guard]\nmetrics-file = "hairpin.prom"': "a whole path that ends with .prom",
    "[guard]\nhistory-mib = 0": "history-mib cannot be 0",
    "[guard]\nsnapshots = -1": "snapshots cannot be -1",
    "[[guard]]\n[[guard]]": "is not repeated",
}


@pytest.mark.parametrize("text", WRONG, ids=str)
def test_a_wrong_table_is_told_without_the_secret(text: str) -> None:
    with pytest.raises(UsageError, match=r"expect\.toml: ") as error:
        parse_expectations(text, "expect.toml")
    assert WRONG[text] in str(error.value)
    assert SECRET not in str(error.value)
    assert error.value.mark is None or SECRET not in error.value.mark.line
