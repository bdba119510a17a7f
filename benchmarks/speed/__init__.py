"""The rows of `benchmarks/suite.py`."""
