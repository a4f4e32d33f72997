"""The race of servers: clients at once, one client alone, vectors compared."""
