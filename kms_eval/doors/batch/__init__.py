"""Batches of requests: files in, files out, on one machine or on many.

Comes in: files of requests in JSON Lines, CSV or Parquet. Goes out: a file of decisions, complete or not at all.
Never here: deciding (that is in `analysis.batching`), words typed on a command line.
"""
