"""Messages: texts, pairs and conversations, rendered by the chat template of a tokenizer."""
