"""Class labels of Hugging Face data: tables hold numbers, their names stand in the metadata of the schema.

https://huggingface.co/docs/datasets/about_dataset_features
"""

from collections.abc import Mapping, Sequence
from typing import cast

import orjson
import pyarrow as pa

_KEY = b"huggingface"


def of(schema: pa.Schema) -> dict[str, list[str]]:
    """Column → names of its values, for the columns that are class labels."""
    try:
        told = orjson.loads((schema.metadata or {}).get(_KEY, b"{}"))
    except orjson.JSONDecodeError:
        return {}
    info = told.get("info") if type(told) is dict else None
    features = info.get("features") if type(info) is dict else None
    found: dict[str, list[str]] = {}
    for column, feature in features.items() if type(features) is dict else ():
        names = (
            feature.get("names") if type(feature) is dict and feature.get("_type") == "ClassLabel" else None
        )
        if type(names) is list and all(type(name) is str for name in names):
            found[column] = cast("list[str]", names)
    return found


def named(row: dict[str, object], names: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """The row with labels in words; a number without a name (-1 is `unlabelled`) is null."""
    for column, words in names.items():
        value = row.get(column)
        if type(value) is int:
            row[column] = words[value] if 0 <= value < len(words) else None
    return row
