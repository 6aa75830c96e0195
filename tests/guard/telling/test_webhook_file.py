"""The file with a webhook's address: for its owner only, and no error has the address."""

from pathlib import Path

import pytest

from hairpin.errors import UsageError
from hairpin.expect.file import parse_expectations
from hairpin.expect.settings import Alert, Webhook
from hairpin.guard.telling.webhook_file import require_webhook

SECRET = "T0KEN-S3CRET"  # noqa: S105 - a test's
URL = f"https://hooks.example.com/{SECRET}"


def test_an_alert_without_one() -> None:
    assert require_webhook(Alert(("true",))) == Alert(("true",))


def test_a_webhook_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "webhook"
    (alert,) = parse_expectations(f'[alert]\nwebhook-file = "{file}"\n', "expect.toml").alerts

    def refused() -> str:
        with pytest.raises(UsageError) as error:
            require_webhook(alert)
        assert SECRET not in str(error.value)
        return str(error.value)

    assert "cannot be read: No such file or directory" in refused()
    file.touch(0o600)
    assert "is empty" in refused()
    file.write_text(f"{SECRET}\n")
    assert "no address that starts with https://" in refused()
    file.chmod(0o644)
    assert "run `chmod 600 " in refused()
    file.chmod(0o600)
    file.write_text(f"{URL}\n")
    assert require_webhook(alert).webhook == Webhook(URL, "hooks.example.com")
