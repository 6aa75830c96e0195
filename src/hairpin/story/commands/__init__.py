"""The commands that ran on a host: commands of ``people``, of ``cron`` and of package scripts (``packages`` with
``package_scripts`` and ``apt_hooks``), and the commands in the ``audit`` log.  ``deeds`` returns the effect of a
command, and ``simple_commands`` its parts."""
