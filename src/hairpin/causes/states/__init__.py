"""The state of an engine or of a container: a reading of the host shows it, often before any packet does.

Some of these states prevent an engine from making its rules, or removed them; the lost rules then follow from the
state.  ``_start_words`` finds the cause that an engine's own words mean, ``_kernel_parts`` missing kernel features,
``_daemon`` why a daemon does not run.
"""
