"""What the studies share: parting photos, training side by side, and the page of results."""
