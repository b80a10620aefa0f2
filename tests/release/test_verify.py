"""Any damage is found and named."""

import shutil
from pathlib import Path

import orjson
import pytest

from release.handmade import make_build
from tuneset.core.errors import InputError, IntegrityError
from tuneset.release.pack import Release, pack
from tuneset.release.sums import files_in, write_sums
from tuneset.release.verify import verify


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Release:
    build, workspace = make_build(tmp_path_factory.mktemp("project"))
    first = pack(build, workspace=workspace)
    return pack(
        make_build(tmp_path_factory.mktemp("next"), edited=frozenset({4}), without=frozenset({5}))[0],
        workspace=workspace,
        parent=first.dir,
    )


@pytest.fixture
def copy(packed: Release, tmp_path: Path) -> Path:
    target = tmp_path / packed.digest
    shutil.copytree(packed.dir, target)
    for path in target.rglob("*"):
        path.chmod(0o755)
    return target


def forged(copy: Path) -> Path:
    """The directory under the name that its new content would have: as a careful forger would do."""
    digest = write_sums(copy)
    return copy.rename(copy.with_name(digest))


def problems(directory: Path) -> set[tuple[str, str]]:
    return {(problem.file, problem.what) for problem in verify(directory).problems}


def files(directory: Path) -> set[str]:
    return {problem.file for problem in verify(directory).problems}


def test_a_whole_release_has_no_problem(packed: Release) -> None:
    verified = verify(packed.dir)
    assert verified.ok
    assert verified.digest == packed.digest
    assert verified.rows == sum(packed.manifest["splits"].values())
    assert verified.files == len(files_in(packed.dir))
    verified.require()


def test_a_flipped_bit_is_found_in_every_file(copy: Path) -> None:
    for name in [*files_in(copy), "SHA256SUMS"]:
        path = copy / name
        content = path.read_bytes()
        for place in {0, len(content) // 2, len(content) - 1}:
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            verified = verify(copy)
            assert not verified.ok, (name, place)
            assert name == "SHA256SUMS" or name in {p.file for p in verified.problems}, (name, place)
        path.write_bytes(content)
    assert verify(copy).ok


def test_a_missing_an_extra_and_a_linked_file_are_named(copy: Path) -> None:
    (copy / "LICENSE").unlink()
    (copy / "data" / "more.jsonl").write_text("{}\n")
    (copy / "README.md").unlink()
    (copy / "README.md").symlink_to("/etc/hostname")
    assert problems(copy) == {
        ("LICENSE", "is missing"), ("data/more.jsonl", "does not belong to the release"),
        ("README.md", "is not a regular file"),
    }  # fmt: skip
    with pytest.raises(IntegrityError) as problem:
        verify(copy).require()
    assert "LICENSE" in str(problem.value)
    assert problem.value.exit_status == 1


def test_another_name_is_found(copy: Path) -> None:
    moved = copy.rename(copy.with_name("0" * 32))
    assert files(moved) == {"SHA256SUMS"}


def test_what_is_no_release_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        verify(tmp_path)


def test_an_edited_text_under_new_sums_is_found_by_its_content_id(copy: Path) -> None:
    path = copy / "data/train.jsonl"
    path.write_bytes(path.read_bytes().replace(b"it comes", b"it came", 1))
    assert files(forged(copy)) == {"data/train.jsonl", "data/train.parquet"}


def test_an_example_copied_into_test_is_found(copy: Path) -> None:
    train = (copy / "data/train.jsonl").read_bytes().splitlines(keepends=True)
    test = (copy / "data/test.jsonl").read_bytes().splitlines(keepends=True)
    (copy / "data/test.jsonl").write_bytes(b"".join(sorted([*test, train[0]])))
    found = problems(forged(copy))
    assert ("data", "two splits share an example of the same id") in found
    assert ("data", "two splits share an example of the same content") in found
    assert {"provenance.jsonl", "data/test.jsonl", "data/test.parquet"} <= {file for file, _ in found}


def test_the_same_content_under_another_id_is_found_across_splits(copy: Path) -> None:
    train = (copy / "data/train.jsonl").read_bytes().splitlines(keepends=True)
    test = (copy / "data/test.jsonl").read_bytes().splitlines(keepends=True)
    test[0] = test[0][:41] + train[0][41:]
    (copy / "data/test.jsonl").write_bytes(b"".join(test))
    assert ("data", "two splits share an example of the same content") in problems(forged(copy))


def test_rows_out_of_order_or_twice_are_found(copy: Path) -> None:
    path = copy / "data/train.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    assert ("data/train.jsonl", "ids are not sorted and unique") in problems(forged(copy))


def test_a_missing_line_of_provenance_is_found(copy: Path) -> None:
    path = copy / "provenance.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    assert files(forged(copy)) == {"provenance.jsonl"}


def test_wrong_counts_in_the_manifest_are_found(copy: Path) -> None:
    path = copy / "manifest.json"
    manifest = orjson.loads(path.read_bytes())
    manifest["splits"]["test"] += 1
    path.write_bytes(orjson.dumps(manifest))
    assert files(forged(copy)) == {"data/test.jsonl"}


@pytest.mark.parametrize(
    "name", ["manifest.json", "provenance.jsonl", "data/train.jsonl", "data/train.parquet"]
)
def test_a_forged_file_that_is_no_data_at_all_is_a_problem_and_no_crash(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"[1]\n")
    assert not verify(forged(copy)).ok


def test_a_name_that_leads_out_of_the_directory_is_not_followed(copy: Path) -> None:
    sums = copy / "SHA256SUMS"
    sums.write_text(sums.read_text() + "0" * 64 + "  ../../etc/passwd\n")
    assert ("../../etc/passwd", "is missing") in problems(copy)
