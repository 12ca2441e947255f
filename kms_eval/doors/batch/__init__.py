"""Batches of requests: files in, files out, on one machine or on many.

Comes in: files of requests in JSON Lines, CSV or Parquet. Goes out: a file of decisions, whole or not at all.
Never here: deciding (that is `analysis.batch` and `analysis.columns`), words typed on a command line.
"""
