"""Messages: how values look in them, and at which line of a program warnings point."""
