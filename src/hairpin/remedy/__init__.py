"""From a proven cause to what a person does about it: now, and for good the host's own way."""
