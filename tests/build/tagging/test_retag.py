"""Tags that only the whole shows are in the matrix, the examples and the lineage alike."""

from pathlib import Path

import orjson

import tuneset
from build.things import THINGS
from tuneset.build.explain import explain


def project(folder: Path, *, files: int) -> tuneset.Project:
    """130 requests, one of them about a seldom intent, one very long, written to so many files."""
    asked = [f"Where is {THINGS[i % 12]} {i} and {THINGS[i // 12]} {i + 3}?" for i in range(130)]
    asked[7] += " It is a long story." * 40
    rows = [
        {
            "messages": [
                {"role": "user", "content": text},
                {"role": "assistant", "content": f"In hall {i}."},
            ],
            "intent": "insurance" if i == 40 else "place",
        }
        for i, text in enumerate(asked)
    ]
    folder.mkdir()
    for number in range(files):
        lines = b"\n".join(map(orjson.dumps, rows[number::files]))
        (folder / f"chats{number}.jsonl").write_bytes(lines)
    spec = {
        "name": "chats",
        "sources": [{"path": "*.jsonl", "name": "s"}],
        "coverage": {
            "factors": {
                "intent": {"from": "field:intent"},
                "case": {"from": "case", "default": "typical", "rare": {"factor": "intent"}},
            }
        },
        "dedupe": {"near": False, "semantic": False},
        "export": [],
    }
    (folder / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    return tuneset.open(folder)


def tags(build: tuneset.Build) -> dict[str, str]:
    rows = [row for table in build.kept(columns=["origin_id", "tags", "cell"]) for row in table.to_pylist()]
    return {row["origin_id"].hex(): dict(row["tags"])["case"] for row in rows}


def test_examples_matrix_verdicts_and_lineage_tell_the_same(tmp_path: Path) -> None:
    build = project(tmp_path / "one", files=1).build(workers=1)
    found = tags(build)
    assert sorted(value for value in found.values() if value != "typical") == ["boundary", "rare"]
    counts = {value: count["examples"] for value, count in build.matrix["factors"]["case"].items()}
    assert counts == {"boundary": 1, "rare": 1, "typical": 128}
    (rare,) = [origin for origin, value in found.items() if value == "rare"]
    (life,) = explain(build, rare)
    assert life.cell == "intent=insurance|case=rare"
    told = "tagged case=rare: by-rule (rule seldom-intent, strength strong, examples 1)"
    assert told in [step.words for step in life.steps]
    assert dict(build.example(bytes.fromhex(rare))["tags"].to_pylist()[0])["case"] == "rare"


def test_files_and_parts_do_not_matter(tmp_path: Path) -> None:
    one = tags(project(tmp_path / "one", files=1).build(workers=1))
    three = tags(project(tmp_path / "three", files=3).build(workers=1))
    assert one == three
