"""Tags that models give: who is asked about, the answers kept before, and what the new ones are.

open examples of a factor → distinct content ids → answers on disk → questions for the rest → tags, events

Of examples that say the same one is asked about. The digest covers every answer that is used, so a build with
other answers is another build.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from tuneset.build.index import Index
from tuneset.build.prepare import open_ipc
from tuneset.core.event import events, no_events
from tuneset.core.example import ROLES, Messages, one_array
from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import Coverage, Factor
from tuneset.engine.progress import Progress
from tuneset.stages.cases import NO_VALUE, Question
from tuneset.stages.coverage import BY_MODEL, Checked, Retag, SpotCheck, levels
from tuneset.stages.redact import mask
from tuneset.store.answers import Answer, AnswerFile

FILE = "model_tags.json"
NO_VALUE_EVENT = "no-value"
"""Reason of the event where a model gave none of the values."""
CHECKS_PROPOSED = 20
_AT_ONCE = 512


@dataclass(frozen=True)
class ModelTags:
    """What models say of the examples of a build. `unanswered`: events of those who got no value; they keep
    the one they had.
    """

    tags: list[Retag]
    unanswered: pa.Table
    digest: str | None
    """Of all answers in use; None if the spec names no model."""


NOBODY_ASKED = ModelTags([], no_events(), None)


def questions(spec: Coverage, *, guidelines: dict[str, str]) -> dict[str, Question]:
    """Factor → what a model is asked about it, for factors that have one."""
    return {
        name: Question.of(name, factor, guideline=guidelines.get(name, ""))
        for name, factor in spec.factors.items()
        if factor.model is not None
    }


def model_tags(
    index: Index, spec: Coverage, *, asked: dict[str, Question], workspace: Path, progress: Progress
) -> ModelTags:
    """Tags by the models of the spec; asks for what is not on disk. `workspace`: its directory.

    Raises:
        ServiceError: an endpoint denies access or stays away; the answers so far are kept.
        SpecError: a key is needed and its variable is not set.
    """
    if not asked:
        return NOBODY_ASKED
    found = levels(index.keys, spec)
    tags: list[Retag] = []
    unanswered, digests = [no_events()], list[object]()
    for name, question in asked.items():
        rows = _open(spec.factors[name], *found[name])
        contents = one_array(index.keys.column("content_id")).take(pa.array(rows)).dictionary_encode()
        ids: list[bytes] = contents.dictionary.to_pylist()
        code = contents.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        answers = _answers(
            index,
            spec.factors[name],
            question=question,
            ids=ids,
            rows=rows[_first(code, count=len(ids))],
            workspace=workspace,
            progress=progress,
        )
        tags += _tags(question, answers, rows=rows, code=code)
        unanswered.append(_unanswered(index, question, answers, rows=rows, code=code))
        used = sorted((content.hex(), *answer) for content, answer in zip(ids, answers, strict=True))
        digests.append([name, question.digest, fingerprint(used)])
    return ModelTags(tags, pa.concat_tables(unanswered), fingerprint(digests))


def masks(retags: Sequence[Retag], *, of: int) -> dict[str, np.ndarray]:
    """Factor → `bool[of]`: the examples whose tag a model gave."""
    found: dict[str, np.ndarray] = {}
    for one in retags:
        if one.reason == BY_MODEL:
            found.setdefault(one.factor, np.zeros(of, bool))[one.rows] = True
    return found


def counted(
    index: Index,
    tagged: ModelTags,
    retags: Sequence[Retag],
    *,
    spec: Coverage,
    stays: np.ndarray,
    checks: Sequence[SpotCheck],
) -> list[dict[str, object]]:
    """Per factor with a model: kept examples that it tagged, by value, and what people said of these tags
    alone; `to_check`: ids to look at next, which are a draw by chance because ids are hashes.
    """
    by_model = [one for one in retags if one.reason == BY_MODEL]
    told = []
    for name, factor in spec.factors.items():
        if factor.model is None:
            continue
        right = {check.origin_id: check.value for check in checks if check.factor == name}
        values = [
            _counted_value(index, one, stays=stays, right=right) for one in by_model if one.factor == name
        ]
        told.append(
            {
                "factor": name,
                "model": factor.model.name,
                "tagged": sum(count.tagged for count in values),
                "checked": sum(count.checked for count in values),
                "values": [asdict(count) for count in values],
                "no_value": _reasons(tagged.unanswered, factor=name),
            }
        )
    return told


@dataclass(frozen=True)
class _Counted:
    """Kept examples that a model gave a value, and how many of the checked ones people gave it too."""

    value: str
    tagged: int
    checked: int
    right: int
    precision: float | None
    at_least: float | None
    to_check: list[str]


def _counted_value(index: Index, one: Retag, *, stays: np.ndarray, right: dict[bytes, str]) -> _Counted:
    rows = one.rows[stays[one.rows]]
    ids: list[bytes] = index.origin_ids.take(pa.array(rows)).to_pylist()
    said = [right[origin] == one.value for origin in ids if origin in right]
    checked = Checked(len(said), sum(said)) if said else None
    return _Counted(
        one.value,
        tagged=len(ids),
        checked=len(said),
        right=sum(said),
        precision=round(checked.precision, 4) if checked else None,
        at_least=round(checked.lower(), 4) if checked else None,
        to_check=[origin.hex() for origin in ids if origin not in right][:CHECKS_PROPOSED],
    )


def _reasons(unanswered: pa.Table, *, factor: str) -> dict[str, int]:
    found = [orjson.loads(text) for text in unanswered.column("evidence").to_pylist()]
    count = dict.fromkeys(NO_VALUE, 0)
    for known in found:
        if known["factor"] == factor:
            count[known["answer"]] += 1
    return {reason: n for reason, n in count.items() if n}


def _open(factor: Factor, codes: np.ndarray, values: list[str]) -> np.ndarray:
    """`int64[k]`: examples to ask about, rising."""
    assert factor.model is not None
    if factor.model.overrides:
        return np.arange(len(codes))
    return np.flatnonzero(codes == values.index(factor.default)) if factor.default in values else codes[:0]


def _first(code: np.ndarray, *, count: int) -> np.ndarray:
    """`int64[count]`: where each code occurs first."""
    first = np.full(count, len(code), np.int64)
    np.minimum.at(first, code, np.arange(len(code)))
    return first


def _answers(
    index: Index,
    factor: Factor,
    *,
    question: Question,
    ids: list[bytes],
    rows: np.ndarray,
    workspace: Path,
    progress: Progress,
) -> list[Answer]:
    """The answer about each content id; `rows`: an example that says it."""
    file = AnswerFile(workspace, question.digest)
    known = {content: answer for content, answer in file.read().items() if _fits(answer, question)}
    missing = np.array([place for place, content in enumerate(ids) if content not in known], np.int64)
    if len(missing):
        from tuneset.build.tagging.asking import ask_all  # the network is for those who need it

        assert factor.model is not None
        progress.phase(f"asking {question.model} about {question.factor}", steps=len(missing))
        texts = _conversations(index, rows[missing])
        subjects = ((ids[place], text) for place, text in zip(missing.tolist(), texts, strict=True))
        known |= ask_all(subjects, question=question, model=factor.model, file=file, progress=progress)
    return [known[content] for content in ids]


def _fits(answer: Answer, question: Question) -> bool:
    value, no_value = answer
    return value in question.values if value is not None else no_value in NO_VALUE


def _conversations(index: Index, rows: np.ndarray) -> Iterator[str]:
    """The text of each example as it is kept, masked once more by the default types before it leaves us."""
    for start in range(0, len(rows), _AT_ONCE):
        here = rows[start : start + _AT_ONCE]
        texts = [""] * len(here)
        for part in np.unique(index.part[here]).tolist():
            places = np.flatnonzero(index.part[here] == part)
            examples = open_ipc(index.paths[part] / "examples.arrow").select(["messages", "tools"])
            found = examples.take(pa.array(index.row[here[places]]))
            for place, text in zip(places.tolist(), _written(found), strict=True):
                texts[place] = mask(text)
        yield from texts


def _written(examples: pa.Table) -> Iterator[str]:
    """Each conversation as text: offered tools, then a paragraph per message."""
    messages = Messages.of(examples)
    said = [
        f"{ROLES[role]}: {' '.join(text for text in (content, calls) if text)}"
        for role, content, calls in zip(
            messages.role.tolist(), messages.content.to_pylist(), messages.tool_calls.to_pylist(), strict=True
        )
    ]
    bounds = messages.offsets.tolist()
    for offered, start, end in zip(
        examples.column("tools").to_pylist(), bounds[:-1], bounds[1:], strict=True
    ):
        tools = [f"tools on offer: {offered}"] if offered and offered != "[]" else []
        yield "\n\n".join([*tools, *said[start:end]])


def _tags(
    question: Question, answers: Sequence[Answer], *, rows: np.ndarray, code: np.ndarray
) -> Iterator[Retag]:
    """One per value that was given, in the order of the values."""
    place = {value: number for number, value in enumerate(question.values)}
    given = np.array([-1 if value is None else place[value] for value, _ in answers], np.int64)[code]
    evidence = f'"model":{orjson.dumps(question.model).decode()}'
    for number, value in enumerate(question.values):
        here = rows[given == number]
        if len(here):
            yield Retag(question.factor, value, here, [evidence] * len(here), BY_MODEL)


def _unanswered(
    index: Index, question: Question, answers: Sequence[Answer], *, rows: np.ndarray, code: np.ndarray
) -> pa.Table:
    reasons = [no_value for _, no_value in answers]
    each = zip(rows.tolist(), code.tolist(), strict=True)
    without = [(row, reasons[at]) for row, at in each if reasons[at]]
    return events(
        index.origin_ids.take(pa.array([row for row, _ in without], pa.int64())),
        stage="coverage",
        action="tag",
        reason=NO_VALUE_EVENT,
        evidence=[
            orjson.dumps({"factor": question.factor, "model": question.model, "answer": reason}).decode()
            for _, reason in without
        ],
    )
