"""The commands on one small project whose every record is known."""

import json
import shutil
from pathlib import Path

import pytest

from terminal import here
from tuneset.core import registry
from tuneset.core.exporter import files_of
from tuneset.release.export import export

THINGS = ("kettle", "lantern", "bookshelf", "radio", "scarf", "clock", "tent", "trumpet")
TROUBLE = ("arrived with a crack", "never left the depot", "is too loud at night", "has the wrong colour",
           "smells of paint", "came without its cable")  # fmt: skip
MAIL = "otto.fuchs@example.org"
TWIN_LINE, KEPT_LINE, MAIL_LINE, BAD_LINE = 49, 1, 50, 51


def record(question: str, answer: str, **fields: object) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns, **fields})


def lines() -> list[str]:
    """48 different examples, an exact twin of the first, one with an address, one that is cut off."""
    known = [
        record(
            f"The {thing} {trouble}, what now?",
            f"We are sorry about the {thing}; send it back, case {i}-{k}.",
        )
        for i, thing in enumerate(THINGS)
        for k, trouble in enumerate(TROUBLE)
    ]
    first = json.loads(known[0])["messages"]
    twin = record(first[0]["content"].upper(), first[1]["content"], id="again")
    return [
        *known,
        twin,
        record(f"Write to {MAIL} about my parcel from Lisbon", "We wrote to you."),
        known[1][:-30],
    ]


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project") / "shop"
    (root / "logs").mkdir(parents=True)
    (root / "logs" / "chat.jsonl").write_text("\n".join(lines()) + "\n")
    assert here("init", "logs/chat.jsonl", cwd=root).status == 0
    assert here("release", "--workers", "1", cwd=root).status == 0
    return root


@pytest.fixture
def shop(original: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(original, tmp_path / "shop"))


def life(shop: Path, subject: str) -> dict:
    (found,) = here("explain", subject, "--json", cwd=shop).json["lives"]
    return found


def test_a_dropped_twin_is_told_with_the_one_that_stays(original: Path) -> None:
    twin, kept = (life(original, f"logs/chat.jsonl:{line}") for line in (TWIN_LINE, KEPT_LINE))
    if twin["outcome"] != "dropped":
        twin, kept = kept, twin
    assert (twin["outcome"], kept["outcome"]) == ("dropped", "kept")
    assert twin["kept_by"] == kept["origin_id"]
    assert (twin["releases"], len(kept["releases"])) == ([], 1)
    assert twin["steps"][-1]["words"].startswith("dropped by dedupe, exact-twin")
    assert any("stays in place of 1 (exact-twin)" in step["words"] for step in kept["steps"])


def test_steps_are_told_in_the_order_of_the_pipeline(original: Path) -> None:
    steps = [step["stage"] for step in life(original, f"chat.jsonl:{MAIL_LINE}")["steps"]]
    assert steps[0] == "read"
    assert steps.index("redact") < steps.index("outcome")
    assert steps == sorted(steps, key=["read", "clean", "redact", "dedupe", "suspicion", "outcome"].index)


def test_the_beginning_of_an_id_is_enough_if_only_one_example_has_it(original: Path) -> None:
    whole = life(original, "chat.jsonl:7")["origin_id"]
    assert life(original, whole[:10])["line"] == 7
    said = here("explain", "gggg", cwd=original)
    assert (said.status, "TS507" in said.err) == (2, True)
    ids = [life(original, f"chat.jsonl:{line}")["origin_id"][0] for line in range(1, 18)]
    shared = next(digit for digit in ids if ids.count(digit) > 1)
    said = here("explain", shared, cwd=original)
    assert (said.status, "TS509" in said.err) == (2, True)
    assert here("explain", "0" * 32, cwd=original).status == 2


def test_a_rejected_line_is_explained(original: Path) -> None:
    told = life(original, f"chat.jsonl:{BAD_LINE}")
    assert (told["outcome"], told["origin_id"]) == ("rejected", None)
    assert "not-json" in told["steps"][-1]["words"]


def test_a_line_without_a_record_names_the_one_before(original: Path) -> None:
    said = here("explain", "logs/chat.jsonl:900", cwd=original)
    assert said.status == 2
    assert "the one before starts at logs/chat.jsonl:50" in said.err


def test_text_is_shown_only_when_asked_for_and_only_redacted(original: Path) -> None:
    silent = here("explain", f"chat.jsonl:{MAIL_LINE}", cwd=original)
    asked = here("explain", f"chat.jsonl:{MAIL_LINE}", "--show-text", cwd=original)
    assert "Lisbon" not in silent.all
    assert "Write to [EMAIL_1] about my parcel from Lisbon" in asked.out
    assert MAIL not in asked.all


def test_status_says_what_has_changed_since_the_build(shop: Path) -> None:
    assert here("status", "--json", cwd=shop).json["why"] == "up to date"
    with (shop / "logs" / "chat.jsonl").open("a") as log:
        log.write(record("Do you ship vases to Porto?", "Yes, on Mondays.") + "\n")
    said = here("status", "--json", cwd=shop).json
    assert (said["stale"], said["next"]) == (True, "tuneset build")
    assert said["why"].startswith("stale, the logs have changed")
    (shop / "tuneset.yaml").write_text((shop / "tuneset.yaml").read_text() + "dedupe: {semantic: false}\n")
    assert here("status", "--json", cwd=shop).json["why"].startswith("stale, the spec has changed")
    (shop / "logs" / "chat.jsonl").unlink()
    assert here("status", cwd=shop).out.count("the sources cannot be read now") == 1


def test_plan_computes_nothing_and_counts_what_is_cached(shop: Path) -> None:
    assert here("plan", "--json", cwd=shop).json["to_compute"] == 0
    shutil.rmtree(shop / ".tuneset")
    said = here("plan", "--json", cwd=shop).json
    assert (said["parts"], said["to_compute"]) == (1, 1)
    assert list((shop / ".tuneset" / "cache").iterdir()) == []


def test_build_accounts_for_every_record(shop: Path) -> None:
    summary = here("build", "--workers", "1", "--json", cwd=shop).json["summary"]
    assert (summary["read"], summary["examples"], summary["rejected"]) == (51, 50, 1)
    assert summary["kept"] + summary["dropped"] == summary["examples"]


@pytest.mark.parametrize("target", ["openai", "trl"])
def test_an_export_is_what_the_release_holds_for_that_target(
    original: Path, tmp_path: Path, target: str
) -> None:
    (release,) = (original / ".tuneset" / "releases").iterdir()
    done = export(release, target=target, to=tmp_path / "out")
    assert sum(done.rows.values()) == 49
    for file in done.files:
        if file.name == "export-report.json":
            continue
        packed = release / "targets" / target / file.relative_to(tmp_path / "out")
        assert file.read_bytes() == packed.read_bytes()


def test_every_exporter_writes_one_split_into_a_file(original: Path, tmp_path: Path) -> None:
    for target in registry.names(registry.EXPORTERS):
        to = tmp_path / f"{target}.jsonl"
        split = files_of(registry.load(registry.EXPORTERS, target)()).splits[0]
        said = here("export", "--for", target, "--split", split, "--to", to, "--json", cwd=original)
        assert said.status == 0, target
        rows = said.json["rows"].get(split, 0)  # a loader refuses an empty file, so there is none
        assert len(to.read_bytes().splitlines() if to.exists() else []) == rows, target
        assert to.exists() == (rows > 0), target


def test_an_export_replaces_nothing_unless_forced(original: Path, tmp_path: Path) -> None:
    to = tmp_path / "train.jsonl"
    to.write_text("mine")
    arguments = ("export", "--for", "trl", "--split", "train", "--to", to)
    assert "TS512" in here(*arguments, cwd=original).err
    assert to.read_text() == "mine"
    assert here(*arguments, "--force", cwd=original).status == 0
    assert to.read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--for", "papyrus", "--to", "out"), "TS501"),
        (("--for", "trl", "--to", "out", "--split", "exam"), "TS513"),
        (("--for", "trl", "--to", "out.jsonl"), "TS513"),
    ],
)
def test_an_export_that_cannot_be_says_why_and_writes_nothing(
    shop: Path, arguments: tuple[str, ...], code: str
) -> None:
    said = here("export", *arguments, cwd=shop)
    assert (said.status, code in said.err) == (2, True)
    assert not list(shop.glob("out*"))


def test_verify_names_the_file_in_which_a_byte_has_changed(shop: Path) -> None:
    assert here("verify", cwd=shop).status == 0
    (release,) = (shop / ".tuneset" / "releases").iterdir()
    card = release / "README.md"
    card.chmod(0o644)
    card.write_text(card.read_text() + " ")
    said = here("verify", "--json", cwd=shop)
    assert said.status == 1
    assert [problem["file"] for problem in said.json["problems"]] == ["README.md"]


def test_a_release_is_found_by_every_name_it_has(original: Path) -> None:
    (release,) = (original / ".tuneset" / "releases").iterdir()
    for name in ("latest", release.name, release.name[:6], str(release)):
        assert here("verify", name, "--json", cwd=original).json["release"] == release.name
    assert "TS510" in here("verify", "nothing", cwd=original).err
    assert "TS510" in here("verify", release.name[:2], cwd=original).err


def test_a_beginning_that_several_releases_share_is_refused(shop: Path) -> None:
    for name in ("abcd1", "abcd2"):
        (shop / ".tuneset" / "releases" / name).mkdir()
    assert "TS511" in here("verify", "abcd", cwd=shop).err


def test_without_a_build_the_next_step_is_named(tmp_path: Path) -> None:
    assert "tuneset release" in here("verify", cwd=tmp_path).err
    assert not (tmp_path / ".tuneset").exists()


def test_a_release_does_not_differ_from_itself(original: Path) -> None:
    said = here("diff", "latest", "--json", cwd=original).json
    assert (said["same"], sum(said["counts"].values())) == (True, 0)


def test_a_difference_is_counted_by_cell_and_listed_by_id(shop: Path) -> None:
    before = here("status", "--json", cwd=shop).json["releases"][0]
    with (shop / "logs" / "chat.jsonl").open("a") as log:
        log.write(record("Do you ship vases to Porto?", "Yes, on Mondays.") + "\n")
    assert here("release", "--workers", "1", cwd=shop).status == 0
    said = here("diff", before, "--ids", "--json", cwd=shop).json
    assert said["counts"]["added"] == 1
    assert [life(shop, added)["line"] for added in said["ids"]["added"]] == [52]


def test_doctor_finds_the_project_well(original: Path) -> None:
    said = here("doctor", "--deep", "--json", cwd=original).json
    assert said["ok"], said["checks"]
    assert {"spec", "source chat", "sealed test set", "cache"} <= {check["name"] for check in said["checks"]}


def test_doctor_names_what_is_broken_and_a_fix(shop: Path) -> None:
    (shop / ".tuneset" / "seal.parquet").write_bytes(b"nonsense")
    (shop / "logs" / "chat.jsonl").unlink()
    said = here("doctor", "--json", cwd=shop)
    failed = {check["name"]: check["fix"] for check in said.json["checks"] if check["verdict"] == "fail"}
    assert said.status == 1
    assert set(failed) == {"sealed test set", "source chat"}
    assert all(failed.values())


def test_doctor_finds_a_changed_byte_in_the_cache_only_if_it_looks_deep(shop: Path) -> None:
    (entry,) = (path.parent for path in (shop / ".tuneset" / "cache").glob("*/examples.arrow"))
    data = bytearray((entry / "examples.arrow").read_bytes())
    data[len(data) // 2] ^= 1
    (entry / "examples.arrow").write_bytes(bytes(data))
    shallow = {c["name"]: c["verdict"] for c in here("doctor", "--json", cwd=shop).json["checks"]}
    deep = {c["name"]: c["verdict"] for c in here("doctor", "--deep", "--json", cwd=shop).json["checks"]}
    assert (shallow["cache"], deep["cache"]) == ("ok", "warn")


def test_doctor_says_whether_compiled_kernels_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(place: Path) -> tuple[str, str]:
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(place))
        checks = here("doctor", "--json", cwd=tmp_path).json["checks"]
        [kernels] = (check for check in checks if check["name"] == "kernels")
        return kernels["verdict"], kernels["words"]

    (tmp_path / "file").touch()
    (tmp_path / "full" / "native-a" / "b").mkdir(parents=True)
    (tmp_path / "full" / "native-a" / "b" / "kernel.o").touch()
    assert told(tmp_path / "none") == ("ok", "compiled at the first build")
    assert told(tmp_path / "full") == ("ok", "compiled functions kept: 1")
    verdict, why = told(tmp_path / "file" / "cache")
    assert (verdict, why) == ("warn", "compiled functions cannot be kept, so every run compiles them again")


@pytest.mark.parametrize("command", ["plan", "status", "verify", "doctor", "build --workers 1"])
def test_with_json_there_is_one_object_and_nothing_else(original: Path, command: str) -> None:
    said = here(*command.split(), "--json", cwd=original)
    assert said.json["schema_version"] == 1
    assert said.err == ""


@pytest.mark.parametrize("command", ["plan", "status", "verify", "doctor", "explain chat.jsonl:1"])
def test_every_answer_fits_into_40_columns(
    original: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    words = [line for line in here(*command.split(), cwd=original).out.splitlines() if " " in line.strip()]
    assert words
    assert max(map(len, words)) <= 40
