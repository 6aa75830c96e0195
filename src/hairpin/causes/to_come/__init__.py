"""Faults that appear only after an event, because a file, a unit or an option takes effect only when the event happens.

No packet shows the causes in this folder now.  hairpin simulates the event on the model of the host and diagnoses the
flows that fail after it.  The files in this folder give the later fault a name that users understand now.  ``_coming``
has the code that these files share.
"""
