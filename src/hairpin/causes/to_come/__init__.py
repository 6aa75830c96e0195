"""What fails after an event and not before it: a file, a unit or an option that was never asked since the last one.

No stop of a packet shows these now.  The event is carried out on the model of the host; what fails then has a cause of
that time, and the files here say under which name it waits.  ``_coming``: what several of them ask.
"""
