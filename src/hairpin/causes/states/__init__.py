"""The state of an engine or of a container: a reading of the host tells it, often before any packet shows it.

``_daemon`` tells how a daemon that does not run is started, and why it does not start.
"""
