"""How the engine was configured: what is published, the relay, options."""
