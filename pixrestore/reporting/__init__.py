"""Training runs side by side: what they were told, how they learned, what they drew."""
