"""What contradictory answers cost, against published numbers, and the questions that they raise."""

import numpy as np

from tuneset.build.findings.conflicts import Conflicts, counted
from tuneset.stages.dedupe import CONFLICT, links_of

A, B, C, D = 0, 3, 5, 6
GROUP = np.array([0, 0, 0, 0, 0, 5, 5] + [-1] * 93)
ANSWER = np.array([A, A, A, B, B, C, D, *range(7, 100)])


def conflicts(*links: tuple[int, int, bool]) -> Conflicts:
    pairs = np.array([(i, j) for i, j, _same in links], np.int64).reshape(-1, 2)
    table = links_of(pairs, CONFLICT, same_input=np.array([same for _i, _j, same in links], bool))
    hard = np.zeros(100, bool)
    hard[[end for i, j, same in links if same for end in (i, j)]] = True
    return Conflicts(GROUP, ANSWER, hard, table)


def test_the_floor_is_that_of_the_groups_aaabb_and_ab_in_a_hundred() -> None:
    """Oracle: research/science 3.5."""
    found = counted(conflicts((0, 3, True)), n=100, multiplicity=np.ones(100, int), labels=None)
    assert found["floor"] == found["floor_of_traffic"] == 0.03
    assert (found["groups"], found["examples"], found["hard_examples"]) == (2, 7, 2)


def test_merged_twins_weigh_in_the_floor_of_the_traffic() -> None:
    weights = np.ones(100, int)
    weights[3] = 11  # B outweighs A: 3 x A of 15 are wrong, and one of C and D
    found = counted(conflicts(), n=100, multiplicity=weights, labels=None)
    assert found["floor"] == 0.03
    assert found["floor_of_traffic"] == round(4 / 110, 6)


def test_pairs_of_labels_are_counted_whatever_their_order() -> None:
    labels: list[str | None] = [None] * 100
    labels[:7] = ["a", "a", "a", "b", "b", "c", "d"]
    found = counted(
        conflicts((0, 3, True), (3, 1, False), (5, 6, True)),
        n=100,
        multiplicity=np.ones(100, int),
        labels=labels,
    )
    assert found["labels"] == [
        {"labels": ["a", "b"], "pairs": 2, "hard": 1},
        {"labels": ["c", "d"], "pairs": 1, "hard": 1},
    ]
