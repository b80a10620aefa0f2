"""One log file redacted on its own, in the shape in which it came, and a report without a word of it.

No connector is asked: every string and number that stands as a value is searched, whatever its key. Several
lines with the same conversation id (see `connectors.pieces`) are one conversation: the same value has the
same placeholder in all of them. The whole file is held in memory.

Surrogates are drawn with the project's secret if there is a project, else with one that this run makes up and
forgets. Which ones were drawn is not kept, but a project knows the records that it has redacted with the same
settings, by a keyed hash of each, and the files of its releases: these are left as they are.
"""

import gzip
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from secrets import token_bytes
from types import MappingProxyType

import orjson
import pyarrow as pa

from tuneset.build.pipeline import redaction
from tuneset.connectors.files import SourceFile, discover
from tuneset.connectors.pieces import Piece, is_json_lines, pieces
from tuneset.connectors.streams import Truncated, blocks
from tuneset.core.errors import InputError, UsageError
from tuneset.core.example import ExampleBuilder, Messages
from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import RedactSpec, Source
from tuneset.core.specfile import parse_spec
from tuneset.stages.redact import Redact
from tuneset.stages.redact.custom import label
from tuneset.stages.redact.masked import without_surrogates
from tuneset.stages.redact.screens import by_type
from tuneset.store.atomic import write_bytes
from tuneset.store.disk import explained
from tuneset.store.redacted import RedactedBefore, release_with
from tuneset.store.secret import KEY_BYTES
from tuneset.store.workspace import Workspace

EXAMPLES = 3
"""Masked examples of each type."""
_AROUND = 24
_NO_KEY = bytes(32)
"""Where nothing is drawn: the keyed hash of the stage is not used here."""


@dataclass(frozen=True)
class Redacted:
    """One file: its new content (uncompressed) and what was found."""

    file: SourceFile
    kind: str
    content: bytes
    pieces: int
    changed: int
    invalid: int
    types: list[dict[str, object]]
    """As `stages.redact.screens.by_type` tells them, each with `examples`."""
    before: int = 0
    """Records that this project had redacted before, and that stay as they are."""
    fresh: frozenset[bytes] = frozenset()
    """Digests of the records that were changed, if they are to be known again."""


@dataclass(frozen=True)
class Redaction:
    """The stage of a spec (or the default one), ready for files."""

    stage: Redact
    asked: RedactSpec
    forgets: bool = False
    """Are surrogates drawn with a secret that nobody will know after this run?"""
    past: RedactedBefore | None = None
    """The records that were redacted before, where surrogates are drawn for a project."""
    known: frozenset[bytes] = frozenset()
    """Their digests."""

    @staticmethod
    def of(root: Path, *, choices: Mapping[str, str] = MappingProxyType({})) -> "Redaction":
        """By `tuneset.yaml` in `root` if it is there, else by the default types; `choices`: keys of
        `redact` that are set otherwise.

        Raises:
            SpecError: the spec, or a file that it names, cannot be read.
            WorkspaceError: the project's secret cannot be read or made.
        """
        path = root / "tuneset.yaml"
        if not path.is_file():
            asked = RedactSpec.model_validate(dict(choices))
            forgets = _draws(asked)
            key = token_bytes(KEY_BYTES) if forgets else _NO_KEY
            return Redaction(Redact(asked, key=key), asked, forgets=forgets)
        spec = parse_spec(path.read_text(encoding="utf-8"), file=path.name)
        asked = spec.redact.model_copy(update=dict(choices))
        if not _draws(asked):
            stage = redaction(spec.model_copy(update={"redact": asked}), root=root, key=_NO_KEY)
            return Redaction(stage, asked)
        workspace = Workspace.open(root)
        stage = redaction(spec.model_copy(update={"redact": asked}), root=root, key=workspace.key())
        settings = fingerprint(stage.name, stage.version, stage.identity())
        past = RedactedBefore(workspace.directory, settings, workspace.key())
        return Redaction(stage, asked, past=past, known=past.known())

    def __call__(self, file: SourceFile) -> Redacted:
        """The file redacted.

        Raises:
            InputError: it is no text, or damaged.
        """
        data, kind = _read(file)
        found = list(pieces(data, kind=kind))
        texts = [piece for piece in found if isinstance(piece, Piece)]
        done = self._done(data, texts)
        todo = [piece for piece, was in zip(texts, done, strict=True) if not was]
        new, shows, counts = _redacted(todo, self.stage)
        fresh, told = iter(new), iter(shows)
        texts_new = [piece.text if was else next(fresh) for piece, was in zip(texts, done, strict=True)]
        texts_shown = [piece.text if was else next(told) for piece, was in zip(texts, done, strict=True)]
        written = iter(texts_new)
        content = b"".join(_written(piece, written) for piece in found)
        pairs = [
            (piece.text, text) for piece, text in zip(texts, texts_shown, strict=True) if piece.text != text
        ]
        shown = _examples(pairs, {label(kind): kind for kind in counts})
        return Redacted(
            file=file,
            kind=kind,
            content=content,
            pieces=len(texts),
            changed=len(pairs),
            invalid=sum(not piece.is_valid for piece in texts),
            before=sum(done),
            fresh=self._fresh(texts, texts_new),
            types=[
                {**row, "examples": shown.get(str(row["type"]), [])}
                for row in by_type(counts, model=self.asked.ner)
            ],
        )

    def _done(self, data: bytes, texts: Sequence[Piece]) -> list[bool]:
        """Which records this project has redacted before, with the same settings."""
        if self.past is None:
            return [False] * len(texts)
        if self._is_released(data):
            return [True] * len(texts)
        if not self.known:
            return [False] * len(texts)
        return [self.past.digest(piece.text) in self.known for piece in texts]

    def _is_released(self, data: bytes) -> bool:
        """Is it a file of one of the project's releases, whose spec redacts in the same way?"""
        release = self.past and release_with(self.past.directory, sha256(data).hexdigest())
        if not release:
            return False
        told = orjson.loads((release / "manifest.json").read_bytes())["spec"].get("redact", {})
        return RedactSpec.model_validate(told) == self.asked

    def _fresh(self, texts: Sequence[Piece], new: Sequence[str]) -> frozenset[bytes]:
        if self.past is None:
            return frozenset()
        changed = [text for piece, text in zip(texts, new, strict=True) if piece.text != text]
        return frozenset(self.past.digest(text) for text in changed) - self.known

    def remember(self, redacted: Redacted) -> None:
        """Knows the records of a file again, once it is written. Raises `WorkspaceError`."""
        if self.past is not None:
            self.past.add(redacted.fresh)


def files_of(paths: Sequence[str], *, root: Path) -> list[SourceFile]:
    """The files behind paths, directories and globs. Raises `InputError`."""
    return [file for path in paths for file in discover(Source(path=path), root=root)]


def targets(files: Sequence[SourceFile], *, out: Path, force: bool) -> list[Path]:
    """Where each file goes: `out` itself if it names a file and there is one input, else a directory.

    Raises:
        UsageError: two files would have one name, or a file would be replaced without `force`.
    """
    alone = len(files) == 1 and bool(out.suffix) and not out.is_dir()
    places = [out] if alone else [out / file.relative for file in files]
    if len(set(places)) < len(places):
        raise UsageError(
            "two of the files have the same name", fix="redact them one by one, each with its own `--out`"
        )
    taken = next((place for place in places if place.exists()), None)
    if taken is not None and not force:
        raise UsageError(
            f"`{taken}` is there already", fix="`--force` replaces it, or give another `--out`", code="TS512"
        )
    return places


def write(redacted: Redacted, place: Path) -> None:
    """The content at `place`, compressed as the file was. Raises `WorkspaceError`."""
    with explained(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place, _packed(redacted.content, redacted.file.compression))


def _packed(content: bytes, compression: str) -> bytes:
    if compression == "gzip":
        return gzip.compress(content, mtime=0)
    if compression == "zstd":
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(content)
        return sink.getvalue().to_pybytes()
    return content


def _read(file: SourceFile) -> tuple[bytes, str]:
    if file.member is not None or file.kind not in ("jsonl", "json-array", "csv"):
        raise InputError(
            f"the file is {'in an archive' if file.member else file.kind}, which is not redacted on its own",
            where=file.relative,
            fix="unpack or export it to JSON Lines, JSON, CSV or text; a build redacts it as it is",
            code="TS203",
        )
    try:
        data = b"".join(blocks(file.path, compression=file.compression, limits=file.limits))
    except Truncated as outcome:
        raise InputError(
            f"the compressed file breaks off after {outcome.offset} bytes",
            where=file.relative,
            fix="copy it again from where it came from",
            code="TS207",
        ) from None
    return data, "text" if file.kind == "jsonl" and not is_json_lines(data) else file.kind


def _draws(spec: RedactSpec) -> bool:
    """Is anything drawn with the secret?"""
    return (spec.surrogates, spec.consistent, spec.dates) != ("placeholder", "conversation", "keep")


def _redacted(texts: Sequence[Piece], stage: Redact) -> tuple[list[str], list[str], dict[str, int]]:
    """The new text of each piece, the same with placeholders only, and how many values of each type were
    taken out.
    """
    if not texts:
        return [], [], {}
    conversations: dict[object, list[int]] = {}
    for place, piece in enumerate(texts):
        conversations.setdefault(place if piece.conversation is None else piece.conversation, []).append(
            place
        )
    builder = ExampleBuilder()
    for row, places in enumerate(conversations.values()):
        for place in places:
            builder.message("user", texts[place].text)
        first = texts[places[0]]
        user = next((texts[place].user for place in places if texts[place].user is not None), None)
        builder.finish(
            blake2b(first.text.encode(), digest_size=16).digest(),
            line=row + 1,
            source="",
            file="",
            conversation=first.conversation,
            user=user,
        )
    staged = stage(builder.table())
    order = [place for places in conversations.values() for place in places]
    new = dict(zip(order, _contents(staged.examples), strict=True))
    shows = dict(zip(order, _contents(without_surrogates(staged.examples)), strict=True))
    counts: Counter[str] = Counter()
    for evidence in staged.events.column("evidence").to_pylist():
        told = orjson.loads(evidence)
        counts[told["type"]] += told["n"]
    every = range(len(texts))
    return [new[place] for place in every], [shows[place] for place in every], dict(counts)


def _contents(examples: pa.Table) -> list[str]:
    return Messages.of(examples).content.to_pylist()


def _written(piece: Piece | bytes, fresh: Iterator[str]) -> bytes:
    return piece if isinstance(piece, bytes) else piece.write(next(fresh))


def _examples(pairs: Sequence[tuple[str, str]], labels: dict[str, str]) -> dict[str, list[str]]:
    """Type → the first different masked contexts of its placeholders that are new."""
    shown: dict[str, list[str]] = {}
    if not labels:
        return shown
    mark = re.compile(rf"\[({'|'.join(map(re.escape, labels))})_\d{{1,9}}\]")
    for old, new in pairs:
        for found in mark.finditer(new):
            examples = shown.setdefault(labels[found[1]], [])
            if len(examples) < EXAMPLES and found[0] not in old:
                masked = _context(new, found)
                if masked not in examples:
                    examples.append(masked)
    return shown


def _context(text: str, found: re.Match[str]) -> str:
    """The placeholder with what stands around it; of that, other placeholders are all that can be read."""
    ahead, behind = text[max(0, found.start() - _AROUND) : found.start()], text[found.end() :][:_AROUND]
    signs = re.compile(rf"{found.re.pattern}|[\s\S]")
    around = [signs.sub(lambda sign: _masked(sign[0]), side) for side in (ahead, behind)]
    return found[0].join(around).strip()


def _masked(sign: str) -> str:
    """Letters are x, digits 0, other signs stay if they are ASCII."""
    if len(sign) > 1:
        return sign
    if sign.isalpha():
        return "x"
    if sign.isnumeric():
        return "0"
    return sign if sign.isascii() and sign.isprintable() else " "
