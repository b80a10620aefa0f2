"""A coverage-guided fuzzer, atheris, on the readers of bytes: `python benchmarks/fuzz.py [seconds a reader]`.

It sees which branches of the connectors an input takes and keeps those that take new ones. What must hold is
said in `tests/connectors/fuzzing.py`: the two ways through a chat log agree, a stream ends in a message or a
reject, a file in examples and rejects or in an error that names it. Chats are tried twice: with compiled
kernels, and with kernels as Python, slower, whose branches it sees then. The first failure is printed with
the file that makes it again. The table goes to benchmarks/fuzz.md; the inputs stay in benchmarks/.work/fuzz.
"""

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the samples and the rules are those of the tests

ATHERIS = "atheris==3.0.0"
PEER = Path(__file__).parent / ".peers" / "fuzz"
WORK = Path(__file__).parent / ".work" / "fuzz"
PAGE = Path(__file__).with_suffix(".md")
LONGEST = 6_000
READERS = ("chats", "sse", "json", "csv", "zip", "eval")
RUNS = (("chats", False), *((reader, True) for reader in READERS))
"""Readers, and whether kernels are compiled."""
WORDS = ("data: ", "[DONE]", '"role":', '"content":', '"messages":[', '"tool_calls":[', "1e400", "},{")


def main() -> None:
    """Fuzzes all readers, then writes the page."""
    if len(sys.argv) > 1 and sys.argv[1] == "--inside":
        _fuzz(sys.argv[2], sys.argv[3:])
        return
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    interpreter = _peer()
    rows = [_row(interpreter, reader, compiled=compiled, seconds=seconds) for reader, compiled in RUNS]
    PAGE.write_text(_page(rows))


def _peer() -> Path:
    """An interpreter with atheris that sees what this one has installed."""
    interpreter = PEER / "bin" / "python"
    if not (PEER / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", PEER], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", ATHERIS], check=True)
        (packages,) = (PEER / "lib").glob("python*/site-packages")
        (packages / "below.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT / 'src'}\n")
        (PEER / "installed").touch()
    return interpreter


def _row(interpreter: Path, reader: str, *, compiled: bool, seconds: int) -> str:
    corpus = WORK / reader
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(_seeds(reader)):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = WORK / "words"
    words.write_text("".join('"' + word.replace('"', '\\"') + '"\n' for word in WORDS))
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=30", f"-dict={words}"]
    command = [interpreter, __file__, "--inside", reader, corpus, *limits, f"-artifact_prefix={WORK}/failed-"]
    env = {**os.environ, **({} if compiled else {"NUMBA_DISABLE_JIT": "1"})}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{reader}:\n{done.stderr[-4000:]}")
    runs = int(re.findall(r"Done (\d+) runs", done.stderr)[-1])
    edges, features, kept = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)[-1]
    kernels = "compiled" if compiled else "as Python"
    row = f"| {reader} | {kernels} | {runs:,} | {int(edges):,} | {int(features):,} | {int(kept):,} |"
    print(row, flush=True)
    return row


def _seeds(reader: str) -> list[bytes]:
    """Good files to begin with."""
    from connectors.samples import KINDS

    records = [record for some in KINDS.values() for record in some[:3]]
    chats = [orjson.dumps(record) for record in KINDS["openai-chat"]]
    match reader:
        case "chats":
            return [chat + b"\n" for chat in chats]
        case "sse":
            said = [record.get("response") for record in KINDS["recorded-pairs"]]
            return [text.encode() for text in said if isinstance(text, str)]
        case "json":
            return [orjson.dumps(record, option=orjson.OPT_INDENT_2) for record in records]
        case "csv":
            return [b'text,label\n"a, b",c\n', b'prompt;completion\r\n"a\nb";c\r\n']
        case _:
            return _archives(reader, chats)


def _archives(reader: str, chats: list[bytes]) -> list[bytes]:
    import io
    import zipfile

    sample = {"id": 1, "epoch": 1, "messages": orjson.loads(chats[0])["messages"], "scores": {}}
    log = {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}}
    evaluation = {"header.json": orjson.dumps(log), "samples/1_epoch_1.json": orjson.dumps(sample)}
    members = evaluation if reader == "eval" else {"a.jsonl": b"\n".join(chats), "b/c.json": chats[0]}
    found = []
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", packing) as archive:
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(name), content, packing)
        found.append(packed.getvalue())
    return found


def _fuzz(reader: str, arguments: list[str]) -> None:
    """Runs inside the other interpreter; does not come back."""
    import importlib
    import pkgutil

    import atheris  # pyright: ignore[reportMissingImports]

    import tuneset.kernels

    if "NUMBA_DISABLE_JIT" in os.environ:
        _plain_bits()
    else:  # numba cannot compile what atheris has put its counters into
        for module in pkgutil.iter_modules(tuneset.kernels.__path__):
            importlib.import_module(f"tuneset.kernels.{module.name}")
    with atheris.instrument_imports(include=["tuneset", "zipfile"]):
        from connectors.fuzzing import ORACLES
        from tuneset.core.registry import CONNECTORS, load, names

        for name in names(CONNECTORS):
            load(CONNECTORS, name)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for seed in _seeds(reader):  # kernels are compiled before anybody waits for them
        ORACLES[reader](seed, folder)
    atheris.Setup([sys.argv[0], *arguments], lambda data: ORACLES[reader](data, folder))
    atheris.Fuzz()


def _plain_bits() -> None:
    """Machine instructions as arithmetic: what numba emits for them is nothing that Python can call."""
    import numpy as np

    from tuneset.kernels import bits

    np.seterr(all="ignore")
    plain = {
        "_population": lambda value: np.uint64(int(value).bit_count()),
        "_leading": lambda value: np.uint64(64 - int(value).bit_length()),
        "_trailing": lambda value: np.uint64((int(value) & -int(value)).bit_length() - 1 if value else 64),
    }
    for name, function in plain.items():
        setattr(bits, name, function)


def _page(rows: list[str]) -> str:
    return f"""# Fuzzing

Written by `make bench-fuzz`: {ATHERIS.replace("==", " ")}, one process a reader, no failure. `edges` and
`features` are what it counts as places reached and ways to reach them, `kept` the inputs that reached new
ones.

| reader | kernels | inputs | edges | features | kept |
|---|---|--:|--:|--:|--:|
{chr(10).join(rows)}
"""


if __name__ == "__main__":
    main()
