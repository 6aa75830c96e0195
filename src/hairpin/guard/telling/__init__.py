"""The ways by which a guard tells what it saw to others: ``command``, ``webhook`` and ``journal`` deliver alerts, which
``delivery`` queues, so that nothing of this ever holds up a round.  ``metrics_server`` answers Prometheus."""
