"""Directories of Hugging Face datasets, read without the library that writes them."""

from pathlib import Path

import datasets
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.reading import chat, only_file, read_file
from tuneset.connectors.files import discover
from tuneset.connectors.parts import digest, split
from tuneset.connectors.read import records
from tuneset.core.errors import InputError
from tuneset.core.spec import Source

CHATS = [chat(f"question {i}", f"answer {i}", score=i) for i in range(7)]


@pytest.fixture(autouse=True)
def _quiet(tmp_path: Path) -> None:
    datasets.disable_progress_bars()


def saved(made: datasets.Dataset | datasets.DatasetDict, path: Path, **more: int) -> Path:
    made.save_to_disk(str(path), **more)
    return path


def found(path: Path) -> list[str]:
    return [file.relative for file in discover(Source(path=path.name), root=path.parent)]


def refused(path: Path) -> str:
    with pytest.raises(InputError) as problem:
        found(path)
    return problem.value.code


def test_a_saved_dataset_is_its_arrow_files(tmp_path: Path) -> None:
    path = saved(datasets.Dataset.from_list(CHATS), tmp_path / "chats", num_shards=2)
    assert found(path) == ["chats/data-00000-of-00002.arrow", "chats/data-00001-of-00002.arrow"]
    readings = [read_file(path / f"data-0000{i}-of-00002.arrow") for i in (0, 1)]
    assert [message["content"] for r in readings for [message, _] in r.messages] == [
        f"question {i}" for i in range(7)
    ]
    assert [r.lines for r in readings] == [[1, 2, 3, 4], [1, 2, 3]]
    assert readings[1].extra() == {"score": 4}


def test_a_saved_dict_is_the_files_of_its_splits(tmp_path: Path) -> None:
    made = datasets.Dataset.from_list(CHATS)
    path = saved(datasets.DatasetDict({"train": made, "test": made.select([1])}), tmp_path / "both")
    assert found(path) == ["both/test/data-00000-of-00001.arrow", "both/train/data-00000-of-00001.arrow"]
    assert found(path / "train") == ["train/data-00000-of-00001.arrow"]


def test_filtered_datasets_are_saved_as_they_look(tmp_path: Path) -> None:
    made = datasets.Dataset.from_list(CHATS).select([5, 2])
    path = saved(made, tmp_path / "few")
    reading = read_file(path / "data-00000-of-00001.arrow")
    assert [messages[0]["content"] for messages in reading.messages] == ["question 5", "question 2"]


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_class_labels_are_read_by_their_names(tmp_path: Path, kind: str) -> None:
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["lost", "late"])}
    )
    rows = {"text": ["a parcel", "another", "a third"], "label": [1, 0, -1]}
    made = datasets.Dataset.from_dict(rows, features=features)
    if kind == "arrow":
        path = saved(made, tmp_path / "labels") / "data-00000-of-00001.arrow"
    else:
        path = tmp_path / "labels.parquet"
        made.to_parquet(str(path))
    reading = read_file(path)
    assert reading.column("output") == ["late", "lost"]
    assert reading.rejects == [(3, "no-answer")] or reading.reasons == ["bad-label"]


def test_other_names_of_labels_are_other_content(tmp_path: Path) -> None:
    parts = []
    for names in (["a", "b"], ["b", "a"]):
        features = datasets.Features(
            {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=names)}
        )
        datasets.Dataset.from_dict({"text": ["x"], "label": [0]}, features=features).to_parquet(
            str(tmp_path / "x.parquet")
        )
        parts.append(digest(split(only_file(tmp_path / "x.parquet"))[0]))
    assert parts[0] != parts[1]


@pytest.mark.parametrize("is_file", [True, False])
@pytest.mark.parametrize("codec", [None, "zstd"])
def test_arrow_files_and_streams_are_read(tmp_path: Path, is_file: bool, codec: str | None) -> None:
    table = pa.Table.from_pylist([{"prompt": f"q{i}", "completion": "a"} for i in range(3000)])
    options = pa.ipc.IpcWriteOptions(compression=codec)
    new = pa.ipc.new_file if is_file else pa.ipc.new_stream
    with new(str(tmp_path / "x.arrow"), table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=1100)
    reading = read_file(tmp_path / "x.arrow", batch_rows=100)
    assert reading.read == 3000
    assert reading.lines == list(range(1, 3001))


def test_damaged_arrow_files_are_refused(tmp_path: Path) -> None:
    path = saved(datasets.Dataset.from_list(CHATS), tmp_path / "chats") / "data-00000-of-00001.arrow"
    raw = path.read_bytes()
    for cut in (10, 200, len(raw) // 2):
        path.write_bytes(raw[:cut])
        with pytest.raises(InputError) as problem:
            read_file(path)
        assert problem.value.code in ("TS207", "TS202")


class TestSnapshots:
    def _snapshot(self, tmp_path: Path, card: str | None) -> Path:
        path = tmp_path / "repo"
        for name in (
            "data/train-00000-of-00001.parquet",
            "data/test-00000-of-00001.parquet",
            "raw/x.parquet",
        ):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(CHATS), path / name)
        if card is not None:
            (path / "README.md").write_text(card)
        return path

    def test_without_a_card_every_table_is_read(self, tmp_path: Path) -> None:
        assert len(found(self._snapshot(tmp_path, None))) == 3

    @pytest.mark.parametrize(
        "files",
        [
            "data/*.parquet",
            "[{split: train, path: data/train-*}, {split: test, path: [data/test-*]}]",
            "{train: data/train-*, test: data/test-*}",
        ],
    )
    def test_the_card_says_which_files_hold_rows(self, tmp_path: Path, files: str) -> None:
        card = f"---\nlicense: mit\nconfigs:\n- config_name: default\n  data_files: {files}\n---\n# Hello\n"
        assert found(self._snapshot(tmp_path, card)) == [
            "repo/data/test-00000-of-00001.parquet",
            "repo/data/train-00000-of-00001.parquet",
        ]

    def test_of_several_configurations_the_default_one_counts(self, tmp_path: Path) -> None:
        card = (
            "---\nconfigs:\n- {config_name: a, data_files: raw/*}\n"
            "- {config_name: b, data_files: data/train-*, default: true}\n---\n"
        )
        assert found(self._snapshot(tmp_path, card)) == ["repo/data/train-00000-of-00001.parquet"]

    @pytest.mark.parametrize("card", ["", "---\nconfigs: [\n---\n", "---\nconfigs: 7\n---\n", "---\nno end"])
    def test_a_card_that_says_nothing_changes_nothing(self, tmp_path: Path, card: str) -> None:
        assert len(found(self._snapshot(tmp_path, card))) == 3

    @pytest.mark.parametrize("path", ["../secret.parquet", "/etc/*.parquet"])
    def test_a_card_cannot_lead_out_of_its_directory(self, tmp_path: Path, path: str) -> None:
        card = f"---\nconfigs:\n- {{config_name: a, data_files: '{path}'}}\n---\n"
        assert refused(self._snapshot(tmp_path, card)) == "TS203"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (b"{", "TS207"),
        (orjson.dumps({"_data_files": [{"filename": "../../etc/passwd"}]}), "TS203"),
        (orjson.dumps({"_data_files": [{"filename": "gone.arrow"}]}), "TS201"),
    ],
)
def test_a_damaged_directory_is_refused(tmp_path: Path, state: bytes, code: str) -> None:
    path = saved(datasets.Dataset.from_list(CHATS), tmp_path / "chats")
    (path / "state.json").write_bytes(state)
    assert refused(path) == code


def test_a_name_of_a_column_that_is_no_text_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "logs.parquet"
    pq.write_table(pa.table({"prompt": ["x"], "completion": ["y"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"completion", b"compl\xe8tion"))
    with pytest.raises(InputError) as problem:
        read_file(path)
    assert problem.value.code == "TS207"


_TWICE = pa.StructArray.from_arrays([pa.array(["user"]), pa.array(["hi"])], names=["role", "role"])


@pytest.mark.parametrize(
    "table",
    [
        pa.table([pa.array(["a"]), pa.array(["b"])], names=["prompt", "prompt"]),
        pa.table({"messages": _TWICE}),
        pa.table({"messages": pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), _TWICE)}),
    ],
    ids=["columns", "fields", "fields in a list"],
)
@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_one_name_twice_is_refused(tmp_path: Path, table: pa.Table, kind: str) -> None:
    path = tmp_path / f"logs.{kind}"
    if kind == "parquet":
        pq.write_table(table, path)
    else:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    with pytest.raises(InputError) as problem:
        read_file(path)
    assert problem.value.code == "TS207"


class TestBombs:
    """A value that repeats is stored once."""

    def _bomb(self, path: Path, *, rows: int, size: int) -> None:
        words = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * size]))
        pq.write_table(pa.table({"prompt": words, "completion": words}), path, compression="zstd")

    def test_a_table_that_expands_too_far_is_refused(self, tmp_path: Path) -> None:
        self._bomb(tmp_path / "bomb.parquet", rows=3000, size=100_000)
        with pytest.raises(InputError) as problem:
            read_file(tmp_path / "bomb.parquet", connector="prompt-completion")
        assert problem.value.code == "TS207"
        assert "max_unpacked_ratio" in (problem.value.fix or "")

    def test_large_rows_are_read_a_few_at_a_time(self, tmp_path: Path) -> None:
        self._bomb(tmp_path / "large.parquet", rows=60, size=2_000_000)
        [file] = discover(Source(path="large.parquet"), root=tmp_path)
        sizes = [batch.read for part in split(file) for batch in records(part)]
        assert sum(sizes) == 60
        assert max(sizes) < 20
