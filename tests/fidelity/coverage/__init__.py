"""What the model can do, and what of it the hunt has seen agree with the kernel."""
