"""Sampling at the door: the draw is fair, the same everywhere, and says how likely it was."""

from collections import Counter
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import tuneset
from connectors.reading import chat
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Only, Sampling
from tuneset.stages.sample import UNKNOWN_DAY, Sample, day_of, draw
from tuneset.stages.sample.where import holds


def hashes(count: int) -> np.ndarray:
    raw = b"".join(blake2b(str(i).encode(), digest_size=16).digest() for i in range(count))
    return np.frombuffer(raw, ">u8").astype(np.uint64).reshape(-1, 2)


def table(count: int, **columns: list) -> pa.Table:
    builder = ExampleBuilder()
    for i in range(count):
        builder.message("user", "q")
        builder.message("assistant", "a")
        row = {name: values[i] for name, values in columns.items()}
        builder.finish(
            blake2b(str(i).encode(), digest_size=16).digest(), line=i + 1, source="s", file="f", **row
        )
    return builder.table()


class TestDraw:
    def test_every_record_of_a_group_has_the_same_chance(self) -> None:
        """4,000 records in groups of 40, of which 10 each: each place in a group is drawn in a quarter."""
        records, group = hashes(4000), np.arange(4000, dtype=np.uint64) // 40 + 1
        drawn = draw(
            records, user=group, day=np.zeros(4000, np.int32), spec=Sampling(per_user=10, per_day=100_000)
        )
        assert np.bincount(group[drawn.taken].astype(int))[1:].tolist() == [10] * 100
        assert set(drawn.inclusion.tolist()) == {0.25}
        by_place = drawn.taken.reshape(100, 40).sum(axis=0)
        assert abs(by_place - 25).max() < 5 * np.sqrt(100 * 0.25 * 0.75)

    def test_the_two_limits_are_drawn_independently(self) -> None:
        """The sum of 1 / inclusion over the drawn estimates how many there were."""
        count = 20_000
        records = hashes(count)
        user = np.arange(count, dtype=np.uint64) % 50 + 1
        day = (np.arange(count) % 7).astype(np.int32)
        drawn = draw(records, user=user, day=day, spec=Sampling(per_user=200, per_day=600))
        assert np.bincount(day[drawn.taken]).tolist() == [600] * 7
        weights = 1 / drawn.inclusion[drawn.taken]
        assert weights.sum() == pytest.approx(count, rel=0.02)
        assert weights[user[drawn.taken] <= 25].sum() == pytest.approx(count / 2, rel=0.05)

    def test_nobody_who_is_unknown_is_limited_but_a_day_without_a_date_is(self) -> None:
        records, nobody = hashes(30), np.zeros(30, np.uint64)
        unknown = np.full(30, UNKNOWN_DAY, np.int32)
        assert draw(records, user=nobody, day=unknown, spec=Sampling(per_user=1)).taken.all()
        assert draw(records, user=nobody, day=unknown, spec=Sampling(per_day=4)).taken.sum() == 4

    @given(order=st.permutations(range(40)), limit=st.integers(1, 12))
    def test_order_does_not_matter(self, order: list[int], limit: int) -> None:
        records, user = hashes(40), np.arange(40, dtype=np.uint64) % 5
        day = (np.arange(40) % 3).astype(np.int32)
        spec = Sampling(per_user=limit, per_day=limit)
        one = draw(records, user=user, day=day, spec=spec)
        other = draw(records[order], user=user[order], day=day[order], spec=spec)
        assert (one.taken[order] == other.taken).all()
        assert (one.inclusion[order] == other.inclusion).all()

    def test_a_group_that_grows_by_one_exchanges_at_most_one(self) -> None:
        records, day = hashes(200), np.zeros(200, np.int32)
        nobody, spec = np.zeros(200, np.uint64), Sampling(per_day=20)
        before = draw(records[:199], user=nobody[:199], day=day[:199], spec=spec).taken
        after = draw(records, user=nobody, day=day, spec=spec).taken
        assert (before & ~after[:199]).sum() <= 1

    def test_another_salt_draws_others(self) -> None:
        records, nobody, day = hashes(1000), np.zeros(1000, np.uint64), np.zeros(1000, np.int32)
        one, other = (
            draw(records, user=nobody, day=day, spec=Sampling(per_day=100, salt=salt)).taken for salt in "ab"
        )
        assert (one & other).sum() < 30

    def test_days_are_those_of_utc(self) -> None:
        times = [datetime(1969, 12, 31, 23, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC), None]
        assert day_of(pa.array(times, pa.timestamp("us", tz="UTC"))).tolist() == [-1, 1, UNKNOWN_DAY]


class TestRate:
    def test_it_takes_its_share_and_says_so(self) -> None:
        examples = table(4000)
        staged = Sample(Sampling(rate=0.25))(examples)
        assert len(staged.examples) == pytest.approx(1000, abs=5 * np.sqrt(4000 * 0.25 * 0.75))
        assert set(staged.examples["inclusion"].to_pylist()) == {0.25}
        assert Counter(staged.events["reason"].to_pylist()) == {"sampled-out": 4000 - len(staged.examples)}

    def test_a_higher_rate_takes_all_that_a_lower_one_took(self) -> None:
        examples = table(500)
        few, many = (set(Sample(Sampling(rate=r))(examples).examples["line"].to_pylist()) for r in (0.1, 0.4))
        assert few < many

    def test_copies_of_a_record_go_together(self) -> None:
        examples = table(60)
        ids = examples["origin_id"].to_pylist()
        repeats = dict.fromkeys(ids[1:], ids[0])
        taken = [len(Sample(Sampling(rate=0.5, salt=str(i)), repeats)(examples).examples) for i in range(20)]
        assert set(taken) == {0, 60}


class TestWhere:
    EXAMPLES = table(
        4,
        model=["a", "b", None, "a"],
        extra=[
            '{"metadata":{"env":"prod","n":1},"a.b":true}',
            '{"metadata":{"env":"test","n":1.0}}',
            '{"metadata":"prod","env":null}',
            None,
        ],
        feedback=['{"rating":1}', '"good"', None, '{"rating":-1}'],
        user=["0" * 32, None, None, "1" * 32],
        captured_at=[
            datetime(2026, 1, 31, 23, 59, tzinfo=UTC),
            datetime(2026, 2, 1, tzinfo=UTC),
            datetime(2026, 3, 1, tzinfo=UTC),
            None,
        ],
    )

    @pytest.mark.parametrize(
        ("condition", "rows"),
        [
            ({"field": "metadata.env", "equals": "prod"}, [0]),
            ({"field": "metadata.env", "in": ["prod", "test"]}, [0, 1]),
            ({"field": "metadata.env", "exists": False}, [2, 3]),
            ({"field": "metadata", "exists": True}, [0, 1, 2]),
            ({"field": "metadata.n", "equals": 1}, [0, 1]),
            ({"field": "metadata.n", "equals": "1"}, []),
            ({"field": "metadata.n", "equals": True}, []),
            ({"field": "a.b", "equals": True}, [0]),
            ({"field": "a.b", "equals": 1}, []),
            ({"field": "env", "exists": True}, []),
            ({"field": "model", "equals": "a"}, [0, 3]),
            ({"field": "model", "equals": "a", "in": ["b"]}, []),
            ({"field": "feedback.rating", "equals": 1}, [0]),
            ({"field": "feedback", "equals": "good"}, [1]),
            ({"field": "user", "exists": True}, [0, 3]),
            ({"after": "2026-02-01"}, [1, 2]),
            ({"before": "2026-02-01"}, [0]),
            ({"after": "2026-02-01T01:00:00+01:00", "before": "2026-03-01T00:00:00Z"}, [1]),
            ({"field": "model", "equals": "a", "after": "2026-01-01"}, [0]),
        ],
    )
    def test_conditions(self, condition: dict, rows: list[int]) -> None:
        assert np.flatnonzero(holds(self.EXAMPLES, [Only(**condition)])).tolist() == rows

    def test_all_conditions_must_hold(self) -> None:
        conditions = [
            Only(field="model", equals="a"),
            Only(field="user", exists=True),
            Only(before="2027-01-01"),
        ]
        assert np.flatnonzero(holds(self.EXAMPLES, conditions)).tolist() == [0]

    def test_what_is_left_out_was_never_drawn(self) -> None:
        staged = Sample(Sampling(where=(Only(field="model", equals="a"),)))(self.EXAMPLES)
        assert staged.events["reason"].to_pylist() == ["filtered-out"] * 2
        assert staged.examples["inclusion"].to_pylist() == [1.0, 1.0]

    @pytest.mark.parametrize(
        "condition",
        [
            {},
            {"equals": 1},
            {"field": "a"},
            {"field": "user", "equals": "u1"},
            {"field": "conversation", "in": ["c1"]},
            {"after": "yesterday"},
            {"field": "a", "equals": [1]},
            {"code": "import os"},
        ],
    )
    def test_a_condition_that_says_nothing_is_no_condition(self, condition: dict) -> None:
        with pytest.raises(ValidationError):
            Only(**condition)


def records(count: int) -> list[dict]:
    """Five users, the first with half of everything; ten days."""
    return [
        chat(
            f"question {i}?",
            f"answer {i}",
            user_id=f"u{max(0, i % 10 - 4)}",
            created=1_767_225_600 + 86_400 * (i % 9),
        )
        for i in range(count)
    ]


def project(folder: Path, **sample: object) -> tuneset.Project:
    spec = {
        "name": "sampled",
        "sources": [{"path": "*.jsonl", "name": "s", "sample": sample}],
        "dedupe": {"near": False, "semantic": False},
        "export": [],
    }
    (folder / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    return tuneset.open(folder)


def taken(build: tuneset.Build) -> dict[str, float]:
    rows = [row for t in build.kept(columns=["origin_id", "inclusion"]) for row in t.to_pylist()]
    return {row["origin_id"].hex(): row["inclusion"] for row in rows}


class TestBuilds:
    @pytest.fixture
    def logs(self, tmp_path: Path) -> Path:
        lines = [orjson.dumps(record) + b"\n" for record in records(400)]
        (tmp_path / "a.jsonl").write_bytes(b"".join(lines))
        return tmp_path

    def test_what_is_sampled_out_is_counted_and_the_rest_weighed(self, logs: Path) -> None:
        build = project(logs, per_user=30, per_day=15, rate=0.9).build(workers=1)
        summary = build.summary
        assert summary["read"] == 400 == summary["kept"] + summary["dropped"]
        assert set(summary["dropped_by_reason"]) == {"sample/sampled-out"}
        assert all(0 < share < 0.9 for share in taken(build).values())
        assert sum(1 / share for share in taken(build).values()) == pytest.approx(400, rel=0.25)

    @pytest.mark.parametrize("sample", [{"per_user": 20, "per_day": 12}, {"rate": 0.3}, {"per_day": 7}])
    def test_how_files_are_cut_and_where_copies_lie_changes_nothing(self, logs: Path, sample: dict) -> None:
        lines = (logs / "a.jsonl").read_bytes().splitlines(keepends=True)
        (logs / "a.jsonl").write_bytes(b"".join(lines + lines[:50] + lines[:20]))
        whole = taken(project(logs, **sample).build(workers=1))
        cut = taken(project(logs, **sample).build(workers=1, part_bytes=3000))
        (logs / "b.jsonl").write_bytes(b"".join(lines[:50][::-1] + lines[200:]))
        (logs / "a.jsonl").write_bytes(b"".join(lines[:20] + lines[:200]))
        moved = taken(project(logs, **sample).build(workers=1, part_bytes=5000))
        assert whole == cut == moved
        assert whole

    def test_a_day_that_is_over_stays_cached_when_another_begins(self, logs: Path) -> None:
        sampled = project(logs, per_day=5)
        sampled.build(workers=1)
        late = [chat(f"late {i}?", f"late answer {i}", created=1_777_225_600) for i in range(20)]
        (logs / "b.jsonl").write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in late))
        before = {path.name for path in (logs / ".tuneset" / "cache").iterdir()}
        build = sampled.build(workers=1)
        assert build.summary["kept"] == 9 * 5 + 5
        planned = sampled.plan()
        assert planned.to_compute == 0
        old = [part.task.fingerprint for part in planned.parts if part.part.file == "a.jsonl"]
        assert set(old) <= before

    def test_a_plan_knows_what_is_done(self, logs: Path) -> None:
        sampled = project(logs, per_user=3)
        assert sampled.plan().to_compute == 1
        sampled.build(workers=1)
        assert sampled.plan().to_compute == 0

    def test_workers_change_nothing(self, logs: Path) -> None:
        alone = project(logs, per_user=20, per_day=12).build(workers=1, part_bytes=4000)
        bytes_alone = (alone.dir / "verdicts.parquet").read_bytes()
        (logs / ".tuneset" / "cache").rename(logs / "old-cache")
        (logs / ".tuneset" / "cache").mkdir()
        two = project(logs, per_user=20, per_day=12).build(workers=2, part_bytes=4000)
        assert (two.dir / "verdicts.parquet").read_bytes() == bytes_alone

    def test_the_report_says_who_is_over_represented(self, logs: Path) -> None:
        from tuneset.build.report import write_report
        from tuneset.cli.summary import summary_lines

        build = project(logs).build(workers=1)
        first, *others = build.summary["top_users"]
        assert first["share"] == 0.5
        assert len(first["user"]) == 16
        assert [other["kept"] for other in others] == [40] * 5
        write_report(build, logs / "report.html")
        page = (logs / "report.html").read_text()
        assert "has 50% of the examples" in page
        assert "user 1" in page
        assert first["user"] not in page  # a release holds the report
        assert any(first["user"] in line for line in summary_lines(build.summary))

    def test_the_sampled_share_of_a_large_user_is_smaller(self, logs: Path) -> None:
        build = project(logs, per_user=10).build(workers=1)
        assert build.summary["top_users"][0]["kept"] == 10

    def test_a_line_that_was_sampled_out_explains_itself(self, logs: Path) -> None:
        from tuneset.build.explain import explain

        build = project(logs, rate=0.5).build(workers=1)
        gone = next(row for row in build.verdicts().to_pylist() if row["reason"] == "sampled-out")
        [life] = explain(build, f"a.jsonl:{gone['line']}")
        assert life.steps[-1].words == "dropped by sample, sampled-out"
