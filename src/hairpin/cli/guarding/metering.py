"""Gives a guard's metrics to Prometheus: on a loopback address, in a file for node_exporter, or both."""

import time
from pathlib import Path

from hairpin.cli.face.metrics_file import replace_metrics
from hairpin.expect.settings import GuardSettings
from hairpin.guard.round import Round
from hairpin.guard.telling.delivery import Delivered
from hairpin.guard.telling.metrics_server import MetricsServer
from hairpin.message import Message, message
from hairpin.report.guard_metrics import GuardTotals, guard_metrics

_EVERY_S = 10.0
"""How often the metrics are made anew while nothing happens, in seconds."""


class Meter:
    """Counts what the guard does.  ``trouble``: why the metrics cannot be given; None if all is well."""

    def __init__(self, settings: GuardSettings) -> None:
        now = time.time()
        self.totals = GuardTotals(now, now)
        self.trouble: Message | None = None
        self._address, self._file = settings.metrics, settings.metrics_file
        self._text = ""
        self._made_s = 0.0
        self._server: MetricsServer | None = None
        self.beat(now)

    @property
    def is_wanted(self) -> bool:
        """Whether the file of expectations asks for metrics."""
        return self._address is not None or bool(self._file)

    def heed(self, found: Round) -> None:
        """Count a round."""
        now = time.time()
        self.totals.count(found, max(0.0, now - found.at_s))
        self._give(now)

    def deliver(self, ended: tuple[Delivered, ...]) -> None:
        """Count deliveries."""
        for each in ended:
            self.totals.alerts[each.way, "failed" if each.reason else "delivered"] += 1

    def beat(self, now_s: float) -> None:
        """Say that the guard lives, if it did not say so lately."""
        if now_s - self._made_s >= _EVERY_S:
            self._give(now_s)

    def close(self) -> None:
        """Give no metrics any more; the file says that no guard runs."""
        if self._server is not None:
            self._server.close()
        if self._file:
            self._write(guard_metrics(self.totals, is_up=False))

    def _give(self, now_s: float) -> None:
        if not self.is_wanted:
            return
        self.totals.beat_s = self._made_s = now_s
        self._text = guard_metrics(self.totals)
        self.trouble = None
        if self._file:
            self._write(self._text)
        if self._address is not None and self._server is None:
            try:
                self._server = MetricsServer(self._address, lambda: self._text)
            except OSError as error:
                self.trouble = message("metrics cannot be given on {address}: {reason}",
                                       address=f"{self._address[0]}:{self._address[1]}",
                                       reason=error.strerror or str(error))  # fmt: skip

    def _write(self, text: str) -> None:
        try:
            is_file = replace_metrics(text, Path(self._file))
        except OSError as error:
            self.trouble = message("the metrics cannot be written to {file}: {reason}", file=self._file,
                                   reason=error.strerror or str(error))  # fmt: skip
            return
        if not is_file:
            self.trouble = message("the metrics cannot be written to {file}: it is no file", file=self._file)
