"""The parts of ``hairpin guard``: ``running`` runs the rounds, and calls those who follow each."""
