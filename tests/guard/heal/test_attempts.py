"""How often one element is healed against one culprit."""

from hairpin.guard.change import Culprit
from hairpin.guard.heal.attempts import HOUR_S, NOBODY, Attempts

CRON = Culprit(7, "iptables", unit="cron.service")
OTHER = Culprit(9, "nft", unit="other.service")


def test_so_many_an_hour_and_no_more() -> None:
    attempts = Attempts(2)
    for now in (1.0, 2.0):
        assert attempts.fighters((CRON,), ("restore-docker",), now) == ()
        attempts.add((CRON._replace(pid=int(now)),), ("restore-docker",), now)
    assert attempts.fighters((CRON,), ("restore-docker",), 3.0) == (CRON,)
    assert attempts.fighters((CRON, OTHER), ("restore-docker",), 3.0) == (CRON,)
    assert attempts.fighters((OTHER,), ("restore-docker",), 3.0) == ()
    assert attempts.fighters((CRON,), ("ip-forward-off",), 3.0) == ()
    assert attempts.fighters((CRON,), ("restore-docker",), HOUR_S + 1.5) == ()


def test_an_unknown_culprit_counts_too() -> None:
    attempts = Attempts(1)
    attempts.add((), ("restore-docker",), 1.0)
    assert attempts.fighters((), ("restore-docker",), 2.0) == (NOBODY,)


def test_heals_of_an_earlier_guard_count() -> None:
    attempts = Attempts(1, [("iptables@cron.service", "restore-docker", 1.0)])
    assert attempts.fighters((CRON,), ("restore-docker",), 2.0) == (CRON,)


def test_none_an_hour_heals_nothing() -> None:
    assert Attempts(0).fighters((CRON,), ("restore-docker",), 1.0) == (CRON,)
