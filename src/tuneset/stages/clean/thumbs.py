"""Whose answer got a thumb down, and how nobody learns it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import Messages, one_array
from tuneset.core.feedback import thumb_in


def disliked(examples: pa.Table) -> np.ndarray:
    """`bool[n]`: the feedback is a thumb down on the answer that is taught.

    That of a corrected example is on the answer before its correction. Each different feedback is read once.
    """
    feedback = one_array(examples.column("feedback"))
    if feedback.null_count == len(feedback):
        return np.zeros(len(feedback), bool)
    said = feedback.dictionary_encode()
    down = np.array([*(thumb_in(text) is False for text in said.dictionary.to_pylist()), False])
    answers = pc.not_equal(examples.column("kind"), "corrected").to_numpy()
    return down[pc.fill_null(said.indices, -1).to_numpy(zero_copy_only=False)] & answers


def untaught(examples: pa.Table, *, where: np.ndarray) -> tuple[pa.Table, np.ndarray]:
    """The examples with their last answer masked `where` (`bool[n]`), and whose mask that changed."""
    messages = Messages.of(examples)
    train = messages.train.to_numpy(zero_copy_only=False).copy()
    changed = where & (messages.taught >= 0) & np.append(train, False)[messages.taught]
    train[messages.taught[changed]] = False
    return messages.replace(train=pa.array(train)).into(examples), changed
