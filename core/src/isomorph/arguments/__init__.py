"""Arguments of public calls: what they may be, and how they look in messages."""
