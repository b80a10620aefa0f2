"""Runs stages over parts: executors, the isolation of poisoned rows, progress.

It knows nothing of logs or of the workspace: it moves tables and small receipts, and nothing it does (how
many workers, which of them, how often retried) can change a byte of the result. Start reading at
`executor.py`.
"""
