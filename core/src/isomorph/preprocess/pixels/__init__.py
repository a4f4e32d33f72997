"""Pictures: from whatever a caller passes to the exact numbers that a tower was trained on."""
