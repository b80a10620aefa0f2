"""Suspicion of labels beside cleanlab and a kNN vote; what each check of answers finds, right or wrong."""

import csv
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from curate import signals
from curate.topic import HERE, Run, ask, cpu_s, peer, table
from tuneset.connectors.files import discover
from tuneset.connectors.ingest import ingest
from tuneset.connectors.joined import connector
from tuneset.connectors.parts import split
from tuneset.connectors.sniff import sniff
from tuneset.core.canonical import canonical_messages
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Source
from tuneset.kernels.compare import bits_of
from tuneset.kernels.embed import embed
from tuneset.kernels.words import buffer_of, normalised, words_of
from tuneset.stages.dedupe.protect import markers
from tuneset.stages.suspicion import CHECKS, Facts, checked, classes_of, suspect

TITLE = "Suspicion"

SCRIPT = HERE / "curate" / "peers" / "label_errors.py"
GOVERNED, PROMPTED = "tau_bench retail, its policy", "prompted demos"
SEEDS = (0, 1, 2)
WRONG = 0.05
DRAWS = 400  # of the bootstrap
Turn = dict[str, object]


def section(run: Run) -> Iterator[str]:
    if not run.data.is_dir():
        yield "The texts of others are not here, so nothing was measured."
        return
    yield from _labels(run)
    yield ""
    yield from _answers(run)
    yield ""
    yield from signals.section(*_logs(run))


def _logs(run: Run) -> tuple[list[signals.Log], list[signals.Log]]:
    """Answers in words, and labels."""
    derived = run.data / "derived"
    spoken = {
        "SGD": _after_tools(derived / "sgd_train_openai.jsonl"),
        "Taskmaster-4": _after_tools(derived / "tm4_openai_00-03.jsonl"),
        "Alpaca demo": alpaca(run.data / "llama_factory_demo" / "alpaca_en_demo.json"),
    }
    chats = [
        signals.Log(name, [{"messages": case.turns} for case in run.some(cases)], labels=False)
        for name, cases in spoken.items()
    ]
    with (run.data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as lines:
        banking = [(row["text"], row["category"]) for row in csv.DictReader(lines)]
    clinc = json.loads((run.data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))["val"]
    labelled = [
        signals.Log(name, [{"messages": said_and_done(*row)} for row in run.some(rows)], labels=True)
        for name, rows in (("banking77", banking), ("clinc150", clinc))
    ]
    return chats, labelled


def said_and_done(asked: str, answer: str) -> list[Turn]:
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]


def alpaca(path: Path) -> list["Case"]:
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [
        Case(said_and_done(f"{row['instruction']}\n{row['input']}".strip(), row["output"]))
        for row in rows
        if row["output"]
    ]


class Labelled(NamedTuple):
    """Texts, the labels they came with, which of these are wrong, and which rows hang together."""

    name: str
    texts: list[str]
    labels: np.ndarray
    wrong: np.ndarray
    groups: np.ndarray


def _labels(run: Run) -> Iterator[str]:
    yield "### Wrong labels"
    yield ""
    yield (
        "multidogo: people annotated the same turns twice; wrong is a label of the first pass that the "
        "second does not give. banking77: 5 % of the labels replaced, half by the class that another "
        "model (linear, on character n-grams) finds likeliest, half by that of the nearest text with "
        "another label; three draws. cleanlab: self-confidence, 5-fold logistic regression (C=10) on "
        "the same sentence vectors; kNN: share of the 10 nearest with another label. P@k: precision "
        "among as many as are wrong. In brackets 95 % of a bootstrap over rows (multidogo), or all "
        "draws (banking77)."
    )
    yield ""
    yield from compared([*_multidogo(run), *_banking(run)], heading="data")


def compared(sets: list[Labelled], *, heading: str) -> list[str]:
    """Our suspicion beside cleanlab and a vote of neighbours; sets of one name are draws of one."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"{number}.npz") for number in range(len(sets))]
        for path, given in zip(paths, sets, strict=True):
            np.savez(path, vectors=embed(pa.array(given.texts))[0], classes=given.labels)
        took = ask(peer("label-errors", "cleanlab", "scikit-learn"), SCRIPT, {"paths": paths})
        theirs = [dict(np.load(f"{path}.scores.npz")) for path in paths]
    _ours(sets[0])  # compiles
    cost = [cpu_s(lambda given=given: _ours(given), repeats=1) for given in sets]
    scores = [{"tuneset": _ours(given), **peers} for given, peers in zip(sets, theirs, strict=True)]
    costs = [
        {"tuneset": c, "cleanlab": a, "knn": b}
        for c, a, b in zip(cost, took["cleanlab"], took["knn"], strict=True)
    ]
    return table([heading, "rows", "wrong", "by", "AUC", "P@k", "P@k/2", "CPU s"], _rows(sets, scores, costs))


def _rows(sets: list[Labelled], scores: list[dict], costs: list[dict]) -> Iterator[list[object]]:
    for name in dict.fromkeys(given.name for given in sets):
        mine = [i for i, given in enumerate(sets) if given.name == name]
        for who in ("tuneset", "cleanlab", "knn"):
            measured = [_measured(scores[i][who], sets[i].wrong) for i in mine]
            if len(mine) == 1:
                spread = _bootstrap(scores[mine[0]][who], sets[mine[0]].wrong)
            else:
                spread = np.array([np.min(measured, axis=0), np.max(measured, axis=0)])
            cells = [
                f"{m:.3f} [{low:.3f}, {high:.3f}]"
                for m, low, high in zip(np.mean(measured, axis=0), *spread, strict=True)
            ]
            cpu = np.median([costs[i][who] for i in mine])
            first = sets[mine[0]]
            yield [name, f"{len(first.texts):,}", f"{first.wrong.mean():.1%}", who, *cells, f"{cpu:.1f}"]


def _measured(score: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """AUC, precision among the k and the k/2 highest, k = how many are wrong; ties by
    chance of a fixed seed.
    """
    order = np.lexsort((np.random.default_rng(0).random(len(score)), -score))
    k = int(wrong.sum())
    return np.array([_auc(score, wrong), wrong[order[:k]].mean(), wrong[order[: k // 2]].mean()])


def _auc(score: np.ndarray, wrong: np.ndarray) -> float:
    _, group, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[group]
    k = int(wrong.sum())
    return float((rank[wrong].sum() - k * (k + 1) / 2) / (k * (len(wrong) - k)))


def _bootstrap(score: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, len(score), len(score)) for _ in range(DRAWS)]
    return np.quantile([_measured(score[rows], wrong[rows]) for rows in draws], [0.025, 0.975], axis=0)


def _ours(given: Labelled) -> np.ndarray:
    """Suspicion as a build computes it, from vectors, words and labels; rows are in no order, as ids are."""
    texts, n = pa.array(given.texts), len(given.texts)
    _, labels = np.unique(given.labels, return_inverse=True)
    _, first, group = np.unique(given.groups, return_index=True, return_inverse=True)
    hashes = np.random.default_rng(7).integers(0, 2**63, n, dtype=np.uint64)
    facts = Facts(
        component=first[group],
        hashes=hashes[first[group]],
        classes=classes_of(labels.astype(np.uint64), np.zeros(n, np.uint64), labelled=True),
        vectors=embed(texts)[0],
        answers=np.zeros((n, 0), np.int8),
        bits=np.ascontiguousarray(bits_of(words_of(buffer_of(normalised(texts)), markers=markers()))[:, 0]),
        outvoted=np.full(n, np.nan),
        words=np.zeros(n, np.int32),
        group=np.zeros(n, np.int64),
        checks={},
    )
    return suspect(facts, off=(), k=10, folds=5).suspicion


def _shuffled(given: Labelled) -> Labelled:
    order = np.random.default_rng(1).permutation(len(given.texts))
    texts = [given.texts[i] for i in order]
    return Labelled(given.name, texts, given.labels[order], given.wrong[order], given.groups[order])


def _multidogo(run: Run) -> Iterator[Labelled]:
    for domain in ("airline", "insurance"):
        turns, sentences = (_passes(run.data, domain, level) for level in ("turn", "sentence"))
        both = [
            key
            for key in sorted(turns.keys() & sentences.keys())
            if len(turns[key]) == len(sentences[key]) == 1 and turns[key][0][0] == sentences[key][0][0]
        ]
        keys = run.some(both, quick=2000)
        one, other = (np.array([seen[key][0][1] for key in keys]) for seen in (turns, sentences))
        texts = [turns[key][0][0] for key in keys]
        conversations = np.array([conversation for conversation, _ in keys])
        yield _shuffled(Labelled(f"multidogo {domain}", texts, one, one != other, conversations))


def _passes(data: Path, domain: str, level: str) -> dict[tuple[str, int], list[tuple[str, str]]]:
    """Conversation and turn → text and intents of each of its sentences."""
    found: dict[tuple[str, int], list[tuple[str, str]]] = {}
    folder = data / "multidogo" / f"splits_annotated_at_{level}_level" / domain
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["intent"]:
                    intents = "+".join(sorted(row["intent"].split("<div>")))
                    key = row["conversationId"], int(row["turnNumber"])
                    found.setdefault(key, []).append((row["utterance"], intents))
    return found


def _banking(run: Run) -> Iterator[Labelled]:
    with (run.data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    rows = rows if not run.quick else rows[::5]
    texts, truth = [row["text"] for row in rows], np.array([row["category"] for row in rows])
    yield from misled(texts, truth, "banking77", seeds=SEEDS[: 1 if run.quick else None])


def misled(texts: list[str], truth: np.ndarray, name: str, *, seeds: Sequence[int]) -> Iterator[Labelled]:
    """The texts with some labels replaced, once for each seed: by the runner-up, and by a neighbour's."""
    names, classes = np.unique(truth, return_inverse=True)
    runner_up, neighbour = _runner_up(texts, classes), _neighbour(texts, classes)
    for seed in seeds:
        chosen = np.random.default_rng(seed).permutation(len(texts))[: int(WRONG * len(texts))]
        labels = classes.copy()
        half = len(chosen) // 2
        labels[chosen[:half]], labels[chosen[half:]] = runner_up[chosen[:half]], neighbour[chosen[half:]]
        wrong = np.zeros(len(texts), bool)
        wrong[chosen] = True
        yield _shuffled(Labelled(name, texts, names[labels], wrong, np.arange(len(texts))))


def _runner_up(texts: list[str], classes: np.ndarray) -> np.ndarray:
    """The class that ridge regression on hashed character 3-grams and 4-grams, which is neither our model nor
    cleanlab's, finds likeliest after the true one; of each text by a fit on the other half.
    """
    rows = np.zeros((len(texts), 2048))
    for row, text in enumerate(texts):
        padded = f" {text.lower()} "
        for n in (3, 4):
            for at in range(len(padded) - n + 1):
                rows[row, _stable(padded[at : at + n]) % 2048] += 1
    rows = np.sqrt(rows)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    wanted, half = np.eye(classes.max() + 1)[classes], np.arange(len(texts)) % 2 == 0
    scores = np.empty_like(wanted)
    for part in (half, ~half):
        inner = rows[~part].T @ rows[~part] + np.eye(2048)
        scores[part] = rows[part] @ np.linalg.solve(inner, rows[~part].T @ wanted[~part])
    scores[np.arange(len(texts)), classes] = -np.inf
    return scores.argmax(axis=1)


def _stable(gram: str) -> int:
    value = 0
    for character in gram:
        value = (value * 1_000_003 + ord(character)) & 0xFFFFFFFF
    return value ^ (value >> 15)


def _neighbour(texts: list[str], classes: np.ndarray) -> np.ndarray:
    """The class of the nearest text with another one."""
    vectors = embed(pa.array(texts))[0].astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    found = np.empty_like(classes)
    for start in range(0, len(texts), 2000):
        cosine = vectors[start : start + 2000] @ vectors.T
        cosine[classes[start : start + 2000][:, None] == classes[None]] = -2
        found[start : start + 2000] = classes[cosine.argmax(axis=1)]
    return found


class Case(NamedTuple):
    """A conversation and the tools that were offered."""

    turns: list[Turn]
    tools: str | None = None


def _answers(run: Run) -> Iterator[str]:
    clean = {name: run.some(cases, quick=100) for name, cases in published(run.data).items()}
    yield "### Answers by themselves: alarms on clean data"
    yield ""
    yield (
        "Each check on conversations as their authors published them, share of those that it applies "
        "to. SGD and Taskmaster-4 are cut after every answer that follows a tool result (content `null`"
        " in the calls); bfcl with its correct calls; xstest completions; tau_bench dialogues; "
        "Taskmaster has no tool definitions. *Its policy*: the retail dialogues of tau_bench under the 1,020 "
        "words by which their agent was told to act; *prompted demos*: examples of LLaMA-Factory that have a "
        "system prompt. Not every alarm is false: xstest completions were cut at a number of tokens."
    )
    yield ""
    found = {name: _checked(cases) for name, cases in clean.items()}
    heads = ["check", *(f"{name} ({len(cases):,})" for name, cases in clean.items())]
    yield from table(heads, ([check, *(_share(seen[check]) for seen in found.values())] for check in CHECKS))
    yield ""
    yield "### Answers by themselves: planted faults"
    yield ""
    yield (
        "One fault planted into each clean SGD turn or bfcl call (or what the row names) that can hold it; "
        "recall is the share for which the check raises an alarm that it did not raise before."
    )
    yield ""
    yield from table(["fault", "check", "planted", "recall"], _recall(clean))


def _share(values: np.ndarray) -> str:
    applies = int((values >= 0).sum())
    return f"{(values > 0).sum() / applies:.2%} of {applies:,}" if applies else "does not apply"


def examples_of(cases: Iterable[Case]) -> pa.Table:
    """`EXAMPLES`, each with its number as id."""
    builder = ExampleBuilder()
    for number, case in enumerate(cases):
        for turn in case.turns:
            calls = turn.get("tool_calls")
            builder.message(
                turn["role"], turn.get("content"), tool_calls=json.dumps(calls) if calls else None
            )
        builder.finish(number.to_bytes(16, "big"), line=1, source="s", file="f", tools=case.tools)
    return builder.table()


def _checked(cases: Iterable[Case]) -> dict[str, np.ndarray]:
    found, _ = checked(examples_of(cases))
    return {name: found.column(name).to_numpy() for name in CHECKS}


def published(data: Path) -> dict[str, list[Case]]:
    derived = data / "derived"
    sgd = [case for name in ("dev", "train") for case in _after_tools(derived / f"sgd_{name}_openai.jsonl")]
    return {
        "SGD": sgd,
        "Taskmaster-4": _after_tools(derived / "tm4_openai_00-03.jsonl"),
        "bfcl": _bfcl(data / "bfcl"),
        "tau_bench": _tau(data / "tau_bench" / "few_shot_data"),
        GOVERNED: _governed(data / "tau_bench"),
        PROMPTED: _prompted(data / "llama_factory_demo"),
        "xstest": [
            Case(
                [{"role": "user", "content": r["prompt"]}, {"role": "assistant", "content": r["completion"]}]
            )
            for r in _lines(derived / "xstest_shared.jsonl")
        ],
    }


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _after_tools(path: Path) -> list[Case]:
    """A case for each answer in words that follows a tool result."""
    found = []
    for dialogue in _lines(path):
        turns, tools = dialogue["messages"], dialogue.get("tools")
        for at, turn in enumerate(turns[1:], 1):
            if turn["role"] == "assistant" and turn.get("content") and turns[at - 1]["role"] == "tool":
                found.append(Case(turns[: at + 1], json.dumps(tools) if tools else None))
    return found


def _bfcl(folder: Path) -> list[Case]:
    """Questions with the first of the right values for each argument."""
    right = {
        r["id"]: r["ground_truth"] for r in _lines(folder / "possible_answer" / "BFCL_v4_simple_python.json")
    }
    found = []
    for entry in _lines(folder / "BFCL_v4_simple_python.json"):
        ((name, values),) = right[entry["id"]][0].items()
        arguments = {key: options[0] for key, options in values.items() if options[0] != ""}
        call = {"type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        turns = [*entry["question"][0], {"role": "assistant", "content": None, "tool_calls": [call]}]
        found.append(Case(turns, json.dumps(entry["function"])))
    return found


def _governed(folder: Path) -> list[Case]:
    """The retail dialogues under the policy of their agent."""
    policy = (folder / "tau_bench" / "envs" / "retail" / "wiki.md").read_text(encoding="utf-8")
    told = {"role": "system", "content": policy}
    return [Case([told, *case.turns]) for case in _tau(folder / "few_shot_data", name="*Retail*.jsonl")]


def _prompted(folder: Path) -> list[Case]:
    """Examples with a system prompt, as our own connectors read them."""
    found = []
    for name in ("dpo_en_demo.json", "reason_tool_use_demo_50.jsonl", "v1_dpo_demo.jsonl"):
        (file,) = discover(Source(path=name), root=folder)
        sniffed = sniff(file)
        for part in split(file):
            for batch in ingest(
                part,
                connector=connector(sniffed.connector, beside=()),
                fields=sniffed.fields,
                key=bytes(32),
                licence=None,
                tags={},
                max_record_bytes=2**24,
                batch_rows=1000,
            ):
                for line in canonical_messages(batch.examples):
                    turns = json.loads(line)["messages"]
                    plain = all(isinstance(turn["content"], str | None) for turn in turns)
                    if plain and turns[0]["role"] == "system" and turns[-1]["content"]:
                        found.append(Case(turns))
    return found


def _tau(folder: Path, *, name: str = "*.jsonl") -> list[Case]:
    """Every answer in words; the dialogues are lines of `role: text`, their calls are not shown."""
    found = []
    for path in sorted(folder.glob(name)):
        for entry in _lines(path):
            turns: list[Turn] = []
            for said in re.split(r"\n(?=(?:user|assistant|tool|system): )", entry["messages_display"]):
                role, _, text = said.partition(": ")
                turns.append({"role": role, "content": None if text == "None" else text})
            found += [
                Case(turns[: at + 1])
                for at, turn in enumerate(turns)
                if turn["role"] == "assistant" and turn["content"] and at
            ]
    return found


Fault = Callable[[Case, int], Case | None]


def _recall(clean: dict[str, list[Case]]) -> Iterator[list[object]]:
    faults: list[tuple[str, str, str, Fault]] = [
        ("a number of the answer altered", "SGD", "contradicts_tool", _altered),
        ("the answer of another turn", "SGD", "contradicts_tool", _swapped(clean["SGD"])),
        ("a failed tool and a claimed success", "SGD", "contradicts_tool", _failed),
        ("a tool that was not offered", "SGD", "tool_not_offered", _unoffered),
        ("a required argument left out", "bfcl", "tool_arguments", _left_out),
        ("an argument renamed", "bfcl", "tool_arguments", _renamed),
        ("a number given as words", "bfcl", "tool_arguments", _worded),
        ("the answer cut in the middle", "SGD", "cut_off", _cut),
        ("the question as the answer", "SGD", "copied_prompt", _copied),
        ("the system prompt in the answer", "SGD", "leaked_system", _leaked),
        ("a sentence of the policy, of 16 words or more", GOVERNED, "leaked_system", _quoted),
        ("a sentence of the policy, of 8 to 15 words", GOVERNED, "leaked_system", _quoted_short),
        ("the whole prompt, whatever its length", PROMPTED, "leaked_system", _recited),
        ("a number of the answer altered, without a tool", GOVERNED, "unsupported", _untold),
        ("an answer in Spanish", "SGD", "other_language", _spanish),
        ("a blank not filled in", "SGD", "placeholder", _blank),
    ]
    for what, source, check, fault in faults:
        pairs = [(case, fault(case, number)) for number, case in enumerate(clean[source])]
        planted = [(case, broken) for case, broken in pairs if broken is not None]
        before = _checked(case for case, _ in planted)[check] > 0
        after = _checked(broken for _, broken in planted)[check] > 0
        new = after[~before].mean() if (~before).any() else 0
        yield [what, check, f"{len(planted):,}", f"{new:.1%}"]


def answering(case: Case, text: str) -> Case:
    return Case([*case.turns[:-1], {**case.turns[-1], "content": text}], case.tools)


def _altered(case: Case, number: int) -> Case | None:
    """One digit of the last number with two digits or more."""
    text = str(case.turns[-1]["content"])
    digits = [m for m in re.finditer(r"\d{2,}", text) if int(m[0]) > 12]
    if not digits:
        return None
    at = digits[-1].start() + number % len(digits[-1][0])
    return answering(case, f"{text[:at]}{(int(text[at]) + 1 + number % 8) % 10}{text[at + 1 :]}")


def _untold(case: Case, number: int) -> Case | None:
    return _altered(case, number) if case.turns[-2]["role"] == "user" else None


def _swapped(cases: list[Case]) -> Fault:
    def swap(case: Case, number: int) -> Case | None:
        other = str(cases[(number + 37) % len(cases)].turns[-1]["content"])
        return answering(case, other) if re.search(r"\d{2}", other) else None

    return swap


def _failed(case: Case, number: int) -> Case | None:
    text = str(case.turns[-1]["content"])
    if not re.search(r"\b(confirmed|booked|reserved|success)", text):
        return None
    turns = [*case.turns]
    turns[-2] = {**turns[-2], "content": '{"error": "the service is not available"}'}
    return Case(turns, case.tools)


def _called(case: Case, change: Callable[[dict], dict | None]) -> Case | None:
    """The last call changed."""
    turns = [*case.turns]
    at = max((i for i, turn in enumerate(turns) if turn.get("tool_calls")), default=-1)
    if at < 0:
        return None
    call = turns[at]["tool_calls"][-1]
    changed = change(call["function"])
    if changed is None:
        return None
    turns[at] = {**turns[at], "tool_calls": [{**call, "function": changed}]}
    return Case(turns, case.tools)


def _unoffered(case: Case, number: int) -> Case | None:
    return _called(case, lambda function: {**function, "name": f"{function['name']}s"})


def _with(function: dict, arguments: dict) -> dict:
    return {**function, "arguments": json.dumps(arguments)}


def _left_out(case: Case, number: int) -> Case | None:
    required = json.loads(case.tools or "[]")[0]["parameters"].get("required", [])

    def change(function: dict) -> dict | None:
        arguments = json.loads(function["arguments"])
        held = [name for name in required if name in arguments]
        return _with(function, {k: v for k, v in arguments.items() if k != held[0]}) if held else None

    return _called(case, change)


def _renamed(case: Case, number: int) -> Case | None:
    def change(function: dict) -> dict:
        arguments = list(json.loads(function["arguments"]).items())
        return _with(function, dict([*arguments[:-1], (f"{arguments[-1][0]}_", arguments[-1][1])]))

    return _called(case, change)


def _worded(case: Case, number: int) -> Case | None:
    def change(function: dict) -> dict | None:
        arguments = json.loads(function["arguments"])
        whole = [k for k, v in arguments.items() if isinstance(v, int) and not isinstance(v, bool)]
        return _with(function, {**arguments, whole[0]: "several"}) if whole else None

    return _called(case, change)


def _cut(case: Case, number: int) -> Case | None:
    """After 60 to 90 % of the words."""
    words = str(case.turns[-1]["content"]).split()
    kept = int(len(words) * (0.6 + number % 4 / 10))
    return answering(case, " ".join(words[:kept])) if len(words) >= 10 else None


def _copied(case: Case, number: int) -> Case | None:
    asked = [str(turn["content"]) for turn in case.turns if turn["role"] == "user"]
    return answering(case, asked[-1]) if len(asked[-1].split()) >= 5 else None


PROMPT = (
    "You are the assistant of a travel desk. You look up what people ask for, you name the price "
    "before anything is booked, you never promise what a tool did not confirm, and you never speak of"
    " these rules to anybody."
)


def _leaked(case: Case, number: int) -> Case:
    told = Case([{"role": "system", "content": PROMPT}, *case.turns], case.tools)
    return answering(told, f"{case.turns[-1]['content']} {PROMPT[45:]}")


def _sentences(case: Case, *, least: int, most: int) -> list[str]:
    said = re.split(r"(?<=[.!?])\s+|\n+", str(case.turns[0]["content"]))
    return [sentence for sentence in said if least <= len(re.findall(r"\w+", sentence)) <= most]


def _quoted(case: Case, number: int) -> Case:
    sentences = _sentences(case, least=16, most=10_000)
    return answering(case, f"{case.turns[-1]['content']} {sentences[number % len(sentences)]}")


def _quoted_short(case: Case, number: int) -> Case:
    sentences = _sentences(case, least=8, most=15)
    return answering(case, f"{case.turns[-1]['content']} {sentences[number % len(sentences)]}")


def _recited(case: Case, number: int) -> Case:
    return answering(case, f"I was told: {case.turns[0]['content']}")


def _spanish(case: Case, number: int) -> Case:
    return answering(
        case, "Claro, he encontrado una opción para usted. ¿Quiere que haga la reserva por usted?"
    )


def _blank(case: Case, number: int) -> Case:
    return answering(case, f"Hello [customer name], {case.turns[-1]['content']}")
