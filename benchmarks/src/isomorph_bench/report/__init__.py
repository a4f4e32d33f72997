"""What was found, for people: tables on a terminal (`terminal`)."""
