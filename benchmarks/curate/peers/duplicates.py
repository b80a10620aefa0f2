"""Reads `{"pairs": [[one, other], ...]}` and answers with rensa's similarity of each, on word 3-grams as
users make them.
"""

import json
import sys

from rensa import RMinHash


def sketch(text: str) -> RMinHash:
    words = text.lower().split()
    width = min(3, max(1, len(words)))
    made = RMinHash(num_perm=128, seed=1)
    made.update([" ".join(words[k : k + width]) for k in range(len(words) - width + 1)])
    return made


pairs = json.load(sys.stdin)["pairs"]
print(json.dumps({"scores": [sketch(one).jaccard(sketch(other)) for one, other in pairs]}))
