"""Benchmarks, each against a floor measured in the same run. See `__main__`."""
