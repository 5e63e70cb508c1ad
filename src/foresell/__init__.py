"""Foresell: one trustworthy record per customer, who will buy next, what it is worth, and how often that was right."""

import os

# NumPy's and SciPy's OpenBLAS start a thread per core for matrices of a few rows: fitting a model then takes fifteen times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.2.0"
