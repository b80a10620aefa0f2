"""Makes production-like support logs with a planted truth. Seeded: the same seed gives the same bytes.

Read in this order: `bank` (wording), `facts` (slots), `dialogue` (an ordinary conversation), then what is
planted: `twins`, `personal`, `cases`, `damage`. `plan` decides how much of what, `writers` puts it on disk.
"""
