"""What a guard has read of its host, and what of it may have changed.

``reading`` keeps the parts of the last reading, and reads again those that may have changed.  ``told`` has what the
kernel tells of changes.  ``signs`` has the signs by which a part is known to be as it was: ``parts`` has what they are
made for, ``network_signs`` those of the kernel's network, ``files`` those of files, and ``engine`` that of dockerd.

Nothing here changes a host.
"""
