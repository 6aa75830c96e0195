"""The packages for Debian and RPM, made of what ``make dist`` has written.

Read ``contents`` (the files that a package installs), ``copyright`` (its licences), ``deb`` and ``rpm`` (the packages),
and ``__main__``.
"""
