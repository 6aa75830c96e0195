"""The options and the output of the commands: ``asked`` (the options' values), ``options`` (the shared options, in
groups), ``later`` (commands that do not exist yet), ``completion`` (values that a shell completes), ``environment``
(the environment variables), ``output`` (standard output and standard error), ``present`` (an answer in the wanted
form), ``watched`` (an answer for a monitor), ``progress`` (a line about the present work), ``as_root`` (the typed
command with sudo).
"""
