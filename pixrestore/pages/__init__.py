"""Web pages that need no other file: their frame, tables, plots and pictures."""
