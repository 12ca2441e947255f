"""Requests that no policy tells apart: callers and keys in classes, decided once for each pair of classes."""
