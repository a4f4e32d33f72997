"""What the machine could do (`limits`), and the arithmetic that inputs need of a model (`flops`)."""
