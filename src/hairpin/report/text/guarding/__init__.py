"""A guard for people: ``alert_text`` (the sentences of an alert) and ``guard_history`` (what guards have kept)."""
