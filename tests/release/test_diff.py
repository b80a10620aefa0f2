"""What changed between two releases."""

from pathlib import Path

import orjson
import pytest

from release.handmade import identity, make_build
from tuneset.core.errors import InputError
from tuneset.release.diff import diff
from tuneset.release.pack import Release, pack

Pair = tuple[Release, Release]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    build, workspace = make_build(tmp_path_factory.mktemp("old"), count=60)
    old = pack(build, workspace=workspace)
    build, workspace = make_build(
        tmp_path_factory.mktemp("new"), count=66, edited=frozenset({2, 3}), without=frozenset({4, 5})
    )
    return old, pack(build, workspace=workspace, parent=old.dir)


def ids(*numbers: int) -> tuple[str, ...]:
    return tuple(sorted(identity(number).hex() for number in numbers))


def test_added_removed_and_changed_examples_are_told_by_id(pair: Pair) -> None:
    found = diff(pair[0].dir, pair[1].dir)
    assert found.added == ids(60, 62, 63, 64, 65)  # number 61 failed
    assert found.removed == ids(4, 5)
    assert found.changed == ids(2, 3)
    assert found.moved == ()
    assert not found.same


def test_the_other_way_round_added_and_removed_change_places(pair: Pair) -> None:
    there, back = diff(pair[0].dir, pair[1].dir), diff(pair[1].dir, pair[0].dir)
    assert (there.added, there.removed, there.changed) == (back.removed, back.added, back.changed)


def test_counts_by_cell_add_up(pair: Pair) -> None:
    found = diff(pair[0].dir, pair[1].dir)
    for kind in ("added", "removed", "changed", "moved"):
        assert sum(cell[kind] for cell in found.cells.values()) == len(getattr(found, kind))
    assert found.cells["channel=chat intent=warranty"]["removed"] == 1


def test_a_release_does_not_differ_from_itself(pair: Pair) -> None:
    assert diff(pair[0].dir, pair[0].dir).same


def test_an_example_in_another_split_is_moved(pair: Pair, tmp_path: Path) -> None:
    lines = (pair[0].dir / "provenance.jsonl").read_bytes().splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if b'"split":"train"' in line)
    lines[first] = lines[first].replace(b'"split":"train"', b'"split":"test"')
    (tmp_path / "provenance.jsonl").write_bytes(b"".join(lines))
    assert diff(pair[0].dir, tmp_path).moved == ((orjson.loads(lines[first])["id"], "train", "test"),)


def test_the_release_holds_its_changes_against_its_parent(pair: Pair) -> None:
    old, new = pair
    changes = new.dir / "changes"
    summary = orjson.loads((changes / "summary.json").read_bytes())
    assert summary["old"] == new.manifest["parent"] == old.digest
    assert summary["counts"] == {"added": 5, "removed": 2, "changed": 2, "moved": 0}
    assert tuple((changes / "removed.txt").read_text().split()) == ids(4, 5)
    assert not (changes / "moved.txt").exists()
    assert not (old.dir / "changes").exists()


def test_what_is_no_release_is_an_input_error(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        diff(tmp_path, pair[0].dir)
    (tmp_path / "provenance.jsonl").write_text("[]\n")
    with pytest.raises(InputError):
        diff(pair[0].dir, tmp_path)


@pytest.mark.parametrize("place", [0, 7, 15])
def test_an_example_may_stand_for_ever_so_many_twins(place: int, tmp_path: Path) -> None:
    def lines(*, split: str) -> bytes:
        told = [
            {
                "id": f"{i:032x}",
                "content_id": f"{i:032x}",
                "split": split,
                "merged": ["0" * 32] * (i == place) * 300_000,
            }
            for i in range(16)
        ]
        return b"".join(orjson.dumps(line) + b"\n" for line in told)

    for name in ("train", "test"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "provenance.jsonl").write_bytes(lines(split=name))
    assert len(diff(tmp_path / "train", tmp_path / "test").moved) == 16
