"""Training: from a folder of clean photos to a model folder."""
