"""Directories of Hugging Face datasets: which of their files hold rows.

    state.json, data-00000-of-00001.arrow, dataset_info.json     `Dataset.save_to_disk`
    dataset_dict.json, train/…, test/…                           `DatasetDict.save_to_disk`
    README.md with `configs:`, data/train-00000-of-00001.parquet a snapshot of a repository of the Hub

https://huggingface.co/docs/datasets/repository_structure
"""

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import orjson
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tuneset.core.errors import InputError

_STATE, _DICT, _CARD = "state.json", "dataset_dict.json", "README.md"


def dataset_files(directory: Path) -> list[str]:
    """The data files of a dataset directory; empty if it is none, or does not say which they are.

    Of a repository with several configurations the default one counts: the others often hold the same rows.

    Raises:
        InputError: it names files that are not there or lie elsewhere.
    """
    if (directory / _DICT).is_file():
        splits = _json(directory / _DICT).get("splits")
        named = [split for split in splits if type(split) is str] if type(splits) is list else []
        return [file for split in named for file in _saved(_inside(directory, split))]
    if (directory / _STATE).is_file():
        return _saved(directory)
    return sorted(set(_configured(directory)))


def _saved(directory: Path) -> list[str]:
    """The Arrow files of `save_to_disk`, in their order."""
    listed = _json(directory / _STATE).get("_data_files")
    names = [entry.get("filename") for entry in listed if type(entry) is dict] if type(listed) is list else []
    return [_there(_inside(directory, name)) for name in names if type(name) is str]


def _configured(directory: Path) -> Iterator[str]:
    """Files that the card of a repository names."""
    configs = _front_matter(directory / _CARD).get("configs")
    known = [c for c in configs if type(c) is dict] if type(configs) is list else []
    if not known:
        return
    chosen = next((c for c in known if c.get("default") is True), None)
    chosen = chosen or next((c for c in known if c.get("config_name") == "default"), known[0])
    for pattern in _patterns(chosen.get("data_files")):
        found = sorted(glob.glob(str(_inside(directory, pattern)), recursive=True))  # noqa: PTH207, absolute
        yield from (path for path in found if Path(path).is_file())


def _patterns(said: object) -> Iterator[str]:
    """`data_files` as a pattern, a list of them, by split, or a list of `split` and `path`."""
    if type(said) is str:
        yield said
    elif type(said) is list:
        for entry in cast("list[object]", said):
            yield from _patterns(entry.get("path") if type(entry) is dict else entry)
    elif type(said) is dict:
        for entry in said.values():
            yield from _patterns(entry)


def _front_matter(card: Path) -> dict[str, object]:
    try:
        text = card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    head, end, _ = text.removeprefix("---\n").partition("\n---")
    if not (text.startswith("---\n") and end):
        return {}
    try:
        told = YAML(typ="safe", pure=True).load(head)
    except YAMLError:
        return {}
    return told if type(told) is dict else {}


def _json(path: Path) -> dict[str, object]:
    try:
        told = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        raise InputError(
            f"the dataset directory is damaged: `{path.name}` cannot be read",
            where=str(path),
            code="TS207",
            fix="save the dataset again, or name its files with a glob",
        ) from None
    return told if type(told) is dict else {}


def _inside(directory: Path, name: str) -> Path:
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise InputError(
            "the dataset directory names a file that lies elsewhere",
            where=str(directory),
            code="TS203",
            fix="name its files with a glob",
        )
    return directory / path


def _there(path: Path) -> str:
    if not path.is_file():
        raise InputError(
            "a file of the dataset is missing",
            where=str(path),
            code="TS201",
            fix="copy the directory again from where it came from",
        )
    return str(path)
