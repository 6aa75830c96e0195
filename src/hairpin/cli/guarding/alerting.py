"""Sends a guard's alerts: for what may break alone it says nothing, and no delivery holds up a round."""

import os
import sys
from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from hairpin.cli.face.output import complain
from hairpin.expect.holding import Holding
from hairpin.expect.settings import Alert
from hairpin.guard.change import Culprit
from hairpin.guard.memory import Memory
from hairpin.guard.round import Round
from hairpin.guard.telling import command, journal, webhook
from hairpin.guard.telling.delivery import Deliver, Delivered, Delivery
from hairpin.guard.telling.told_alert import AlertKind, ToldAlert
from hairpin.guard.telling.webhook_file import require_webhook
from hairpin.message import Message, message
from hairpin.report.documents.alert_document import (
    AlertDocument,
    causes_of,
    round_alert_document,
    sight_alert_document,
)  # fmt: skip
from hairpin.report.text.guarding.alert_text import round_summary, sight_summary
from hairpin.report.words import Words


class AlertDesk:
    """Makes alerts of rounds, and sends each in every way that the file names."""

    def __init__(self, alerts: Iterable[Alert], memory: Callable[[], Memory | None], words: Words) -> None:
        """``memory``: returns where deliveries are kept; None if nowhere.

        Raises UsageError if the file of a webhook cannot be used."""
        self._words = words
        self._memory = memory
        self._host = os.uname().nodename
        self._ways: list[tuple[str, Deliver, Delivery]] = []
        for each in map(require_webhook, alerts):
            self._ways += [(way, deliver, Delivery()) for way, deliver in _ways_of(each)]

    def heed(self, found: Round) -> None:
        """Send alerts for what broke or holds again, of the expectations for which the file wants alerts, and for a
        heal that was stopped because somebody else takes it back."""
        broke, mended = (tuple(filter(_is_alerted, some)) for some in (found.broke, found.mended))
        if any(each.is_fight for each in found.not_healed):
            self._send_round("fight", found, (broke, mended))
        elif broke:
            self._send_round("broke", found, (broke, mended))
        elif mended:
            self._send_round("mended", found, (broke, mended))

    def see(self, at_s: float, blind: tuple[Message, ...]) -> None:
        """Send the alert that the guard became blind, or that it sees everything again."""
        kind: AlertKind = "blind" if blind else "sees"
        said = sight_summary(blind, self._host, self._words)
        self._send(at_s, sight_alert_document(kind, at_s, blind, self._host, said, self._words), ())

    def _send_round(self, kind: AlertKind, found: Round, some: tuple[tuple[Holding, ...], tuple[Holding, ...]]) -> None:
        said = round_summary(found, *some, self._host, self._words)
        document = round_alert_document(kind, found, some, self._host, said, self._words)
        self._send(found.at_s, document, tuple(_fields(found, some)))

    def _send(self, at_s: float, document: AlertDocument, fields: tuple[tuple[str, str], ...]) -> None:
        alert = ToldAlert(at_s, document.kind, document.summary, msgspec.json.encode(document), fields)
        memory = self._memory()
        for way, deliver, delivery in self._ways:
            number = memory.begin_alert(at_s, document.kind, way) if memory is not None else 0
            delivery.send(number, way, deliver, alert)

    def ended(self) -> tuple[Delivered, ...]:
        """Return the deliveries that ended since the last call, and keep what became of them.  A failure is said on
        standard error, too."""
        found = tuple(each for _, _, delivery in self._ways for each in delivery.ended())
        memory = self._memory()
        for each in found:
            if memory is not None and each.number:
                memory.end_alert(each.number, each.reason, each.tries)
            if each.reason:
                complain(message("an alert could not be delivered: {reason}", reason=each.reason), self._words.language)
        return found

    def close(self) -> tuple[Delivered, ...]:
        """Deliver what waits, as far as there is time, and return what became of it."""
        for _, _, delivery in self._ways:
            delivery.close()
        sys.stderr.flush()
        return self.ended()


def _is_alerted(holding: Holding) -> bool:
    return holding.expectation.on_break in ("alert", "heal")


def _ways_of(alert: Alert) -> Iterable[tuple[str, Deliver]]:
    if alert.command:
        yield "command", partial(command.deliver, alert.command)
    if alert.webhook is not None:
        yield "webhook", partial(webhook.deliver, alert.webhook)
    if alert.journal and journal.SOCKET.exists():
        yield "journal", journal.deliver


def _fields(found: Round, some: tuple[tuple[Holding, ...], tuple[Holding, ...]]) -> Iterable[tuple[str, str]]:
    """Yield the fields of the journal by which an alert is found: expectations, causes and culprits."""
    broke, mended = some
    for each in (*broke, *mended)[:50]:
        one = each.expectation
        yield "HAIRPIN_EXPECTATION", f"{'must' if one.must else 'must-not'} {one.what} from {one.origin}"
    for id_ in dict.fromkeys(cause.id for each in broke for cause in causes_of(each)):
        yield "HAIRPIN_CAUSE", id_
    yield from (("HAIRPIN_CULPRIT", _process_words(each)) for each in found.culprits[:20])


def _process_words(culprit: Culprit) -> str:
    return f"{culprit.name}[{culprit.pid}] {culprit.command}".rstrip() if culprit.pid else culprit.name
