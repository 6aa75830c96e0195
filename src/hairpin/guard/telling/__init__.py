"""The ways by which a guard tells what it saw to others: ``command``, ``webhook`` (whose address ``webhook_file``
reads) and ``journal`` deliver alerts (``told_alert``), which ``delivery`` queues, so that nothing of this ever holds up
a round.  ``metrics_server`` answers Prometheus."""
