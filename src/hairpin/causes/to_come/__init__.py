"""Faults that appear only after an event: a file, a unit or an option has had no effect since the last such event.  No
packet shows these causes now.  hairpin simulates the event on the model of the host and diagnoses the flows that fail
then.  The files here give that later fault a name that users understand now.  ``_coming``: shared code.
"""
