"""Writes production-like support logs and the truth about what is planted in them.

Needs nothing but Python. The same seed and number of conversations give the same bytes.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from logmaker import bank, plan, truth, writers


def generate(*, out: Path, seed: int = 7, conversations: int = 5000) -> Counter[str]:
    """Writes `out/logs/**` and `out/truth.jsonl`; returns how many things of each kind were planted."""
    corpus = plan.corpus(bank.load(), seed=seed, conversations=conversations)
    broken = writers.write(corpus.conversations, out=out, seed=seed, broken=plan.MALFORMED)
    entries = truth.lines(corpus, broken)
    text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    (out / "truth.jsonl").write_text(text, encoding="utf-8", newline="\n")
    return Counter(entry["kind"] for entry in entries)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="directory to write to")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--conversations", type=int, default=5000)
    asked = parser.parse_args()
    planted = generate(out=asked.out, seed=asked.seed, conversations=asked.conversations)
    for kind, count in sorted(planted.items()):
        print(f"{count:6d}  {kind}")


if __name__ == "__main__":
    main()
