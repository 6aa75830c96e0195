"""The parts of ``hairpin guard``: ``running`` runs the rounds, and calls those who follow each; ``recording`` keeps and
tells each round, with ``snapshots``, ``alerting`` and ``metering``; ``installing`` has the systemd unit that runs a
guard.  ``healing`` repairs what an accident broke, by the plan of ``heal_plan``.

``client`` asks a guard for the answer to a command, and ``unanswered`` says why there is none.  ``serving`` has the
guard's socket, ``asking`` the form of a question, and ``answers`` the answers.
"""
