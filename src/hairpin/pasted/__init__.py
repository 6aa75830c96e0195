"""Makes evidence from pasted text: finds the outputs of commands in any text and turns each into readings."""
