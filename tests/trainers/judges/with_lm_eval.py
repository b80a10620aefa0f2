"""Runs in the harness's environment: the task beside the data, its documents, questions and answers.

python with_lm_eval.py FOLDER OUT
"""

import json
import os
import sys
from pathlib import Path

from lm_eval.tasks import TaskManager


def main(folder: Path, out: Path) -> None:
    os.chdir(folder)
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    loaded = manager.load_task_or_group("tuneset_test")
    task = loaded["tuneset_test"]
    told = [
        {"id": doc["id"], "question": task.doc_to_text(doc), "answer": task.doc_to_target(doc)}
        for doc in task.test_docs()
    ]
    out.write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
