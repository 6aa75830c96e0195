"""Which commands ran: by ``people``, ``cron`` and package scripts (``packages`` with ``package_scripts`` and
``apt_hooks``), as ``audit`` saw them; ``deeds`` tells what a command does, ``simple_commands`` of which it consists.
"""
