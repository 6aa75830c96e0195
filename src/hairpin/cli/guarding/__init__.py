"""The parts of ``hairpin guard``: ``running`` runs the rounds, and calls those who follow each; ``recording`` keeps and
tells each round, with ``snapshots``, ``alerting`` and ``metering``; ``installing`` has the systemd unit that runs a
guard.
"""
