"""Models of isomorph behind HTTP, for clients of OpenAI, text-embeddings-inference and Cohere."""
