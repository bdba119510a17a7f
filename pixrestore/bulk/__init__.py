"""Photos in bulk: by many processes of one machine or a cluster, on engines that others keep."""

BATCH = 16
"""Photos that a process is given at a time."""
