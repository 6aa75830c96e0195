"""The state of an engine or of a container: a reading of the host tells it, often before any packet shows it.

Some name what keeps an engine from making its rules, or who took them away: the lost rules then follow from them.
``_start_words`` tells what an engine's own words mean, ``_kernel_parts`` what the kernel lacks, ``_daemon`` how a
daemon that does not run is started, and why it does not start.
"""
