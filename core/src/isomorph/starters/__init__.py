"""Projects to start from: one folder for each hook, written under other names by `isomorph new-…`."""
