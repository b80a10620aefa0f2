"""Loops over bytes, compiled by numba: words, MinHash, sentence vectors, joins, scanning.

A kernel takes flat buffers and returns flat arrays; it knows nothing of specs, files or examples.
Start reading at `words.py`.
"""
