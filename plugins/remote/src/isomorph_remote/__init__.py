"""A backend that is elsewhere: a server runs the modules, between inputs and results that are made here."""
