"""The parts of ``hairpin guard``: ``running`` runs the rounds, and calls those who follow each; ``installing`` has the
systemd unit that runs a guard.
"""
