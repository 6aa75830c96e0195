"""What fails only after an event: a file, a unit or an option that has had no effect since the last such event.

No packet shows these causes now.  hairpin carries the event out on the model of the host and diagnoses the flows that
fail then.  The files here give that later cause its present name.  ``_coming``: what several of them share.
"""
