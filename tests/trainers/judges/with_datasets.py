"""Runs in an environment of `datasets` alone: `load_dataset` of each folder, by its own card.

python with_datasets.py FOLDER… OUT
"""

import json
import sys
from pathlib import Path

from datasets import load_dataset


def main(folders: list[str], out: Path) -> None:
    told = {}
    for folder in folders:
        data = load_dataset(folder, cache_dir=str(out.parent / "cache"))
        told[folder] = {split: data[split].to_list() for split in data}
    out.write_text(json.dumps(told, default=str))


if __name__ == "__main__":
    main(sys.argv[1:-1], Path(sys.argv[-1]))
