"""The state of an engine or of a container: a reading of the host tells it, often before any packet shows it.

Some of these states keep an engine from making its rules, or have removed them: then the lost rules follow from the
state. ``_start_words`` finds the cause that an engine's own words mean, ``_kernel_parts`` what the kernel lacks,
``_daemon`` how a daemon that does not run is started, and why it does not start.
"""
