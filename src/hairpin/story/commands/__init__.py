"""The commands that ran: of ``people``, ``cron`` and package scripts (``packages`` with ``package_scripts`` and
``apt_hooks``), and those in the ``audit`` log; ``deeds`` returns the effect of a command, ``simple_commands`` its
parts."""
