"""The only code that writes the workspace, `.tuneset`: a file or directory there is complete or absent.

It knows nothing of examples or stages. Everything it raises for a disk that is full, read-only or broken is a
`WorkspaceError` with the fix. Start reading at `workspace.py`, then `cache.py`.
"""
