"""Ways in: every channel hands messages to the assistant and draws the events it gets."""
