"""Models on disk: the folder, its card, and which one a name means."""
