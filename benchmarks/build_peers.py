"""Run by `build.py` in the peers' own environment: CPU seconds of each peer on the given texts, as JSON."""

import json
import os
import sys
import time
from importlib.metadata import version

os.environ["HF_HUB_OFFLINE"] = "1"

import datafog_core
import numpy as np
from dedupe import peer_near, peer_semantic


def personal(texts: list[str]) -> None:
    """datafog-core's scanner with its defaults."""
    for text in texts:
        datafog_core.scan(text)


def main() -> None:
    """Times each peer once, after a warm-up on a few texts."""
    data = np.load(sys.argv[1])
    texts, vectors = [str(text) for text in data["texts"]], data["vectors"]
    tasks = {
        "near duplicates": ("rensa", lambda k: peer_near(texts[:k])),
        "semantic duplicates": ("semhash", lambda k: peer_semantic(vectors[:k], texts[:k], min_cosine=0.9)),
        "personal data": ("datafog-core", lambda k: personal(texts[:k])),
    }
    took = {}
    for name, (peer, work) in tasks.items():
        work(200)
        start = time.process_time()
        work(len(texts))
        took[name] = {"peer": f"{peer} {version(peer)}", "seconds": time.process_time() - start}
    print(json.dumps(took))


if __name__ == "__main__":
    main()
