"""A build becomes a release: an immutable directory named by the digest of what is in it.

`pack.py` makes one, `gates.py` says whether it may be made, `verify.py` finds any byte that changed since,
`diff.py` compares two. Nothing here looks at logs again or changes an example. Start at `pack.py`.
"""
