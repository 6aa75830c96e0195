"""The sources of changes, each of one part of the host, and the process that hears them.

``source`` says what a source is.  By netlink (``told``): ``processes`` (which programs start), ``nftables``, ``links``
(with ``ports``: who asked for it) and ``audit``.  By fanotify (``fanotify``): ``sysctls`` and ``config_files``.  By
asking: ``legacy`` and ``conntrack_level``.  From those who manage: ``engines`` (with ``engine_stream`` and
``start_log``) and ``bus`` (firewalld and systemd).  ``hearing`` is the process in which all of them are heard.
"""
