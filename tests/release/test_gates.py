"""Gates: verdicts, and the size of the review that an undecided one asks for."""

from math import comb
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release.handmade import handmade_spec, make_build
from tuneset.build.result import Build
from tuneset.core.errors import IntegrityError
from tuneset.core.spec import Spec
from tuneset.release.gates import Gate, evaluate, require, reviews_needed
from tuneset.release.pack import pack


def gate(build: Build, name: str) -> Gate:
    return next(found for found in evaluate(build) if found.name == name)


def spec_with(**gates: object) -> Spec:
    return handmade_spec(gates=gates)


@pytest.mark.parametrize(
    ("total", "share", "needed"),
    [
        (500, 0.01, 196), (1000, 0.01, 238), (2000, 0.01, 265), (5000, 0.01, 284),
        (500, 0.005, 316), (1000, 0.005, 393), (2000, 0.005, 476), (5000, 0.005, 543),
        (500, 0.02, 119), (1000, 0.02, 132), (2000, 0.02, 140), (5000, 0.02, 145),
        (500, 0.05, 54), (1000, 0.05, 56), (2000, 0.05, 57), (5000, 0.05, 58),
    ],
)  # fmt: skip
def test_reviews_needed_are_those_of_the_hypergeometric_plan(total: int, share: float, needed: int) -> None:
    assert reviews_needed(total, max_share=share) == needed


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 400), st.floats(0, 1))
def test_reviews_needed_is_the_smallest_size_that_proves_the_claim(total: int, share: float) -> None:
    needed = reviews_needed(total, max_share=share)
    wrong = int(share * total + 1e-9) + 1
    if wrong > total:
        assert needed == 0
        return

    def unseen(size: int) -> float:
        return comb(total - wrong, size) / comb(total, size)

    assert unseen(needed) <= 0.05 + 1e-12
    assert needed == 1 or unseen(needed - 1) > 0.05 - 1e-12


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 20_000), st.sampled_from([0, 0.001, 0.01, 0.02, 0.05, 0.5]))
def test_reviews_needed_agree_with_scipy(total: int, share: float) -> None:
    from scipy.stats import hypergeom

    needed, wrong = reviews_needed(total, max_share=share), int(share * total + 1e-9) + 1
    sizes = [size for size in (needed - 1, needed) if 0 < size <= total]
    enough = [hypergeom.pmf(0, total, wrong, size) <= 0.05 for size in sizes]
    assert enough == [size == needed for size in sizes]


def test_a_share_of_nothing_takes_nearly_everything() -> None:
    assert reviews_needed(100, max_share=0) == 95
    assert reviews_needed(0, max_share=0.01) == 0


def test_what_only_a_person_can_see_is_never_passed_by_a_machine(tmp_path: Path) -> None:
    build, _ = make_build(tmp_path)
    for name in ("mislabelled", "pii_hard"):
        found = gate(build, name)
        assert found.verdict == "undecided"
        assert (
            f"{reviews_needed(build.summary['kept'], max_share=0.01)} of {build.summary['kept']}"
            in found.words
        )


def test_a_pair_across_splits_at_the_threshold_fails(tmp_path: Path) -> None:
    below, _ = make_build(tmp_path / "a", cross=0.79)
    above, _ = make_build(tmp_path / "b", cross=0.8)
    assert gate(below, "leak_twins").verdict == "pass"
    assert "0.79" in gate(below, "leak_twins").words
    assert gate(above, "leak_twins").verdict == "fail"


def test_only_conflicts_of_which_both_stay_are_counted(tmp_path: Path) -> None:
    two, _ = make_build(tmp_path / "a", conflicts=2)
    four, _ = make_build(tmp_path / "b", conflicts=4)
    assert gate(two, "hard_conflicts").value == 2
    assert gate(two, "hard_conflicts").verdict == "pass"
    assert gate(four, "hard_conflicts").value == 4
    assert gate(four, "hard_conflicts").verdict == "fail"
    dropped, _ = make_build(tmp_path / "c", conflicts=1, twins_in_conflict=True)
    assert gate(dropped, "hard_conflicts").value == 1


def test_a_critical_cell_that_is_not_full_fails(tmp_path: Path) -> None:
    full, _ = make_build(tmp_path / "a", spec=spec_with(critical_cells=True))
    short, _ = make_build(tmp_path / "b", spec=spec_with(critical_cells=True), count=40)
    assert gate(full, "critical_cells").verdict == "pass"
    assert gate(short, "critical_cells").verdict == "fail"


def test_too_few_training_examples_fail(tmp_path: Path) -> None:
    build, _ = make_build(tmp_path / "a", spec=spec_with(min_examples=59))
    assert gate(build, "min_examples").value == 58
    assert gate(build, "min_examples").verdict == "fail"
    build, _ = make_build(tmp_path / "b", spec=spec_with(min_examples=58))
    assert gate(build, "min_examples").verdict == "pass"


def test_gates_that_nobody_asked_for_are_not_judged(tmp_path: Path) -> None:
    build, _ = make_build(tmp_path, spec=spec_with())
    assert [found.name for found in evaluate(build)] == ["min_examples", "leak_twins"]


def test_a_failing_gate_makes_no_release_and_is_named(tmp_path: Path) -> None:
    build, workspace = make_build(tmp_path, conflicts=4)
    with pytest.raises(IntegrityError) as problem:
        pack(build, workspace=workspace)
    assert "`hard_conflicts`" in str(problem.value)
    assert problem.value.exit_status == 1
    assert list(workspace.releases.iterdir()) == []


def test_undecided_gates_let_a_release_through_and_are_printed(tmp_path: Path) -> None:
    build, workspace = make_build(tmp_path)
    require(evaluate(build))
    release = pack(build, workspace=workspace)
    assert [found.verdict for found in release.gates].count("undecided") == 2
    card = (release.dir / "README.md").read_text()
    assert "| mislabelled | undecided |" in card
    page = (release.dir / "report.html").read_text()
    assert "Label quality: not shown yet" in page
