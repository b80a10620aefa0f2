"""The report: the same bytes each time, inert whatever the logs hold, and honest."""

import os
import re
import shutil
import subprocess
from html import escape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release.handmade import handmade_spec, make_build
from tuneset.build.report import write_report
from tuneset.build.report.pairs import marked, visible
from tuneset.release.gates import evaluate

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VOID = {"meta", "link", "br", "hr", "img", "input", "rect", "line"}


class Page(HTMLParser):
    """Collects what a browser would see, and checks that tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def report(root: Path, *, name: str = "report.html", **options: object) -> str:
    build, _ = make_build(root, **options)
    path = root / name
    write_report(build, path, gates=evaluate(build))
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    return report(tmp_path_factory.mktemp("hostile"), hostile=frozenset(range(90)))


def test_the_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    first = report(tmp_path / "a")
    assert report(tmp_path / "b") == first
    build, _ = make_build(tmp_path / "c")
    write_report(build, tmp_path / "c" / "x.html", gates=evaluate(build))
    write_report(build, tmp_path / "c" / "y.html", gates=evaluate(build))
    assert (
        (tmp_path / "c" / "x.html").read_bytes() == (tmp_path / "c" / "y.html").read_bytes() == first.encode()
    )


def test_hostile_text_is_shown_and_does_nothing(hostile: str) -> None:
    page = Page(hostile)
    assert "</script><script>alert(1)</script>" in page.text
    assert "{{ 7*7 }} {% raw %}" in page.text
    assert "⟨U+001B⟩[31mred⟨U+001B⟩[0m ⟨U+202E⟩gnp.exe ⟨U+0000⟩ & <b>bold</b>" in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", hostile)


def test_the_page_runs_and_loads_nothing(hostile: str) -> None:
    page = Page(hostile)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "iframe", "object", "embed", "form", "img", "link", "base", "b"} - {"b"}
    for tag, attributes in page.tags:
        assert not [
            name for name in attributes if name.startswith("on") or name in {"style", "src", "srcdoc"}
        ], tag
        assert (attributes.get("href") or "#").startswith("#"), tag
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "url(" not in hostile
    assert "@import" not in hostile


def test_it_has_one_title_headings_in_order_and_tables_that_can_be_read_aloud(hostile: str) -> None:
    page = Page(hostile)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    count = [tag for tag, _ in page.tags]
    assert count.count("table") == count.count("caption") > 8
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in page.tags if tag == "th")
    for tag, attributes in page.tags:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or "aria-labelledby" in attributes
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(set(ids)) == len(ids)
    links = {(a["href"] or "")[1:] for tag, a in page.tags if tag == "a"}
    assert links <= set(ids)


def test_it_says_what_is_not_known(tmp_path: Path) -> None:
    text = Page(report(tmp_path)).text
    assert "no test example has a twin in training: closest pair 0.74" in text
    assert "undecided Label quality: not shown yet that at most 1 % of examples teach a wrong answer" in text
    assert "a person must review 75 of 78" in text
    assert "10 of 10 cells are too thin to claim anything about" in text
    assert "Names in running text that nothing announces were not looked for" in text
    assert "tuneset explain" in text


def test_personal_data_is_told_by_type_with_what_confirms_it(hostile: str) -> None:
    assert re.search(
        r'>phone</th><td>soft</td><td class="n">12</td><td class="n">0</td><td>shape</td>', hostile
    )


def test_without_gates_nothing_is_claimed(tmp_path: Path) -> None:
    build, _ = make_build(tmp_path)
    write_report(build, tmp_path / "x.html")
    text = Page((tmp_path / "x.html").read_text()).text
    assert "nobody has said yet how many wrong answers are acceptable" in text
    assert "pass Leaks" not in text


def test_the_counts_of_the_funnel_are_those_of_the_build(tmp_path: Path) -> None:
    build, _ = make_build(tmp_path)
    write_report(build, tmp_path / "x.html")
    rows = re.findall(
        r'<th scope="row">([^<]+)(?: <span.*?</span>)?</th><td class="n">([\d,]+)</td>',
        (tmp_path / "x.html").read_text().partition('id="losses"')[0],
    )
    found = {name.strip(): int(count) for name, count in rows}
    summary = build.summary
    assert found["records read"] == summary["read"] == found["kept"] + summary["dropped"] + found["rejected"]
    assert found["kept"] == sum(found[split] for split in ("train", "validation", "test")) == summary["kept"]


def test_pairs_mark_only_the_words_that_differ() -> None:
    left, right = marked("send it by 5 pm to Lyon", "send it by 6 pm to Lyon")
    assert left == (("same", "send it by "), ("del", "5"), ("same", " pm to Lyon"))
    assert right == (("same", "send it by "), ("ins", "6"), ("same", " pm to Lyon"))


@settings(deadline=None, max_examples=80)
@given(st.text(max_size=80), st.text(max_size=80))
def test_the_marked_words_are_the_whole_text(one: str, other: str) -> None:
    left, right = marked(one, other)
    assert "".join(text for _, text in left) == visible(one)
    assert "".join(text for _, text in right) == visible(other)
    assert "".join(t for k, t in left if k == "same") == "".join(t for k, t in right if k == "same")


@settings(deadline=None, max_examples=80)
@given(st.text())
def test_visible_text_has_no_character_that_hides_or_turns(text: str) -> None:
    shown = visible(text)
    shown.encode()  # half a surrogate pair would not be text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", shown)


def test_a_build_without_coverage_links_or_prompts_has_a_report(tmp_path: Path) -> None:
    spec = handmade_spec(coverage={}, gates={}, dedupe={"semantic": False})
    build, _ = make_build(tmp_path, spec=spec, count=6, conflicts=0)
    summary = build.summary | {
        "system_prompts": [],
        "redacted_by_type": {},
        "links_by_kind": {},
        "labels": {"yes": 4, "no": 1},
        "closest_cross_split": [],
        "conversations": 0,
    }
    (build.dir / "summary.json").write_bytes(orjson.dumps(summary))
    (build.dir / "rejects.jsonl").write_bytes(b"")
    write_report(type(build)(build.dir, build.spec, build.fingerprint), tmp_path / "x.html")
    text = Page((tmp_path / "x.html").read_text()).text
    assert "No example was merged into another" in text
    assert "The spec names no coverage factors" in text
    assert "Examples by label." in text
    assert "Every record was an example" in text


def test_an_empty_build_has_a_report(tmp_path: Path) -> None:
    build, _ = make_build(tmp_path, count=2, without=frozenset({0}), conflicts=0)
    assert build.summary["kept"] == 0
    write_report(build, tmp_path / "x.html", gates=evaluate(build))
    assert "fail Size: 0 training examples" in Page((tmp_path / "x.html").read_text()).text


QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip


def browse(page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = (f"--user-data-dir={page.parent / 'profile'}", "--window-size=1280,2000")
    done = subprocess.run(
        [str(CHROMIUM), *QUIET, *own, *arguments, page.as_uri()],
        capture_output=True,
        timeout=120,
        check=False,
        text=True,
        env={**os.environ, "HOME": str(page.parent)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_shows_it_without_a_complaint(hostile: str, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(hostile)
    done = browse(page, f"--screenshot={tmp_path / 'shot.png'}", "--enable-logging=stderr")
    assert (tmp_path / "shot.png").stat().st_size > 20_000
    assert [
        line for line in done.stderr.splitlines() if "CONSOLE" in line or "Content Security" in line
    ] == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_the_page_fits_its_window(hostile: str, tmp_path: Path, width: int) -> None:
    """In a frame, because a headless window has a least width of its own."""
    measure = (
        "<script>onload = () => { const seen = frames[0].document.documentElement;"
        "document.title = `${seen.scrollWidth} of ${frames[0].innerWidth}` }</script>"
    )
    page = tmp_path / "frame.html"
    page.write_text(
        f'{measure}<iframe width="{width}" height="900" frameborder="0" srcdoc="{escape(hostile)}"></iframe>'
    )
    assert f"<title>{width} of {width}</title>" in browse(page, "--dump-dom").stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_script_that_got_into_the_page_would_not_run(hostile: str, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(hostile.replace("</body>", "<script>document.title = 'ran'</script></body>"))
    assert "<title>ran</title>" not in browse(page, "--dump-dom").stdout
