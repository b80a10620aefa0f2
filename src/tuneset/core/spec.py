"""The spec: everything that can change the output of a build, and nothing else.

These models are the only schema. The loader (`core.specfile`), the JSON Schema, the reference page and
`tuneset spec` are made from them and from the docstrings of their fields (`core.meaning`).
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Cosine = Annotated[float, Field(gt=0.0, le=1.0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=64)]


class Frozen(BaseModel):
    """Closed and immutable; a rejected value never appears in an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        protected_namespaces=(),
    )


class Fields(Frozen):
    """Which field of a record holds what, where the format does not say so itself. Dots reach into
    objects.
    """

    prompt: str | None = None
    """Field with the user's text (CSV, prompt/completion)."""
    completion: str | None = None
    """Field with the answer."""
    text: str | None = None
    """Field with the text to classify."""
    label: str | None = None
    """Field with its label."""
    system: str | None = None
    """Field with a system prompt."""
    messages: str | None = None
    """Field with the list of messages."""
    conversation: str | None = None
    """Field with the conversation's or session's id."""
    user: str | None = None
    """Field with the user's or account's id."""
    captured_at: str | None = None
    """Field with the time: ISO 8601 or seconds, milliseconds, microseconds since 1970."""
    model: str | None = None
    """Field with the name of the model that answered."""
    finish_reason: str | None = None
    """Field that says why the model stopped."""
    feedback: str | None = None
    """Field with thumbs or scores."""


Scalar = str | bool | int | float


class Only(Frozen):
    """A condition on a record; all that are given must hold."""

    field: str | None = None
    """A field of the record, dots reach into objects; or `model`, `finish_reason`, `kind`, `feedback.…`. Of
    `user` and `conversation` only `exists` can be asked: their values are hashed."""
    equals: Scalar | None = None
    """The value that it must have."""
    among: tuple[Scalar, ...] | None = Field(default=None, alias="in")
    """Values of which it must have one."""
    exists: bool | None = None
    """Must it be there, and not null?"""
    after: datetime | None = None
    """Logs from this time on, ISO 8601; a time without a zone is UTC. Logs without a time are left out."""
    before: datetime | None = None
    """Logs before this time."""

    @field_validator("after", "before", mode="before")
    @classmethod
    def _in_utc(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                raise ValueError("not a time as 2026-01-31 or 2026-01-31T12:00:00Z") from None
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=UTC)
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        asked = [self.equals, self.among, self.exists]
        if self.field is None and any(entry is not None for entry in asked):
            raise ValueError("`equals`, `in` and `exists` need a `field`")
        if self.field is not None and all(entry is None for entry in asked):
            raise ValueError("say what the field must be: `equals`, `in` or `exists`")
        if self.field is None and self.after is None and self.before is None:
            raise ValueError("an empty condition")
        if self.field in ("user", "conversation") and (self.equals, self.among) != (None, None):
            raise ValueError("ids are hashed before anyone can compare them: only `exists` can be asked")
        return self


class Sampling(Frozen):
    """Which records of a source are taken. Drawn by the hash of the record, so neither order nor place nor
    the number of workers matters; how likely each was taken stands in `inclusion`.
    """

    where: tuple[Only, ...] = ()
    """Only records that meet all conditions; the others are dropped as `filtered-out`."""
    rate: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Share of these that is drawn; the others are dropped as `sampled-out`."""
    per_user: Annotated[int, Field(ge=1)] | None = None
    """At most so many different records of one user; records that name no user are not limited."""
    per_day: Annotated[int, Field(ge=1)] | None = None
    """At most so many different records of one day (UTC), after `per_user`; those without a time are a day of
    their own."""
    salt: str = ""
    """Changes the draw."""

    @property
    def counts(self) -> bool:
        """Does a decision need to know the other records?"""
        return self.per_user is not None or self.per_day is not None

    @property
    def everything(self) -> bool:
        """Is every record taken?"""
        return not self.where and self.rate == 1.0 and not self.counts


class Source(Frozen):
    """Where logs come from."""

    path: str
    """A file, a directory or a glob, relative to the spec file; a zip archive, or files in one
    (`export.zip/*.json`); a directory of a Hugging Face dataset; an address as
    `s3://bucket/prefix/*.jsonl`."""
    name: str | None = None
    """Name of the source in ids and reports; the path as written if absent. Part of every origin id."""
    format: str = "auto"
    """A connector by name, or `auto`: sniffed by keys and said aloud."""
    fields: Fields = Fields()
    """Which field holds what."""
    requests: str | None = None
    """A file, a directory or a glob with the requests of a batch, joined to its results by their id. Not
    needed if `path` finds them too."""
    tags: dict[Name, str] = {}
    """Tags that every example of this source gets."""
    calls: Literal["longest", "each", "final"] = "longest"
    """Of the model calls of one conversation or trace: the `longest` (calls that it repeats are dropped as
    `prefix-of`), `each` call, or of the longest only the `final` answer (earlier answers are context).
    """
    licence: str | None = None
    """Under which licence or agreement these logs may be used."""
    max_record_mib: Annotated[float, Field(gt=0, le=1024)] = 16
    """Longer records are rejected as `line-too-long`, MiB."""
    max_unpacked_gib: Annotated[float, Field(gt=0)] = 64
    """Compressed files and archives that hold more are refused, GiB."""
    max_unpacked_ratio: Annotated[float, Field(ge=1)] = 400
    """Compressed files of more than 256 MiB that expand more often are refused."""
    sample: Sampling = Sampling()
    """Which records are taken; all if absent."""

    @property
    def title(self) -> str:
        """The name under which the source appears."""
        return self.name or self.path


class SystemPrompt(Frozen):
    """System prompts are part of the labelled data: inventoried, never dropped."""

    policy: Literal["keep", "canonical"] = "keep"
    """`keep` leaves them as they are; `canonical` puts one prompt at the head of every example."""
    canonical: str | None = None
    """File with that prompt, relative to the spec file."""
    serving: str | None = None
    """File with the prompt that production sends, relative to the spec file: the report says how many
    training examples have it."""

    @model_validator(mode="after")
    def _canonical_needs_a_file(self) -> Self:
        if self.policy == "canonical" and not self.canonical:
            raise ValueError("policy `canonical` needs the file of the prompt in `canonical`")
        return self


class Output(Frozen):
    """What a valid answer looks like. At most one of the three."""

    json_schema: str | None = Field(default=None, alias="schema")
    """File with a JSON Schema (draft 2020-12) that every answer must satisfy."""
    labels: tuple[str, ...] | None = None
    """The closed set of labels."""
    pattern: str | None = None
    """Regular expression (RE2) that the whole answer must match."""
    invalid: Literal["drop", "flag"] = "drop"
    """What becomes of an example whose answer is not valid."""

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if sum(rule is not None for rule in (self.json_schema, self.labels, self.pattern)) > 1:
            raise ValueError("give one of `schema`, `labels` and `pattern`")
        return self


class CleanSpec(Frozen):
    """Repairs that do not change meaning, and answers nobody should learn from."""

    unicode: Literal["NFC", "none"] = "NFC"
    """Unicode normal form of message text."""
    mojibake: bool = True
    """Repair text that was decoded with the wrong encoding (ftfy, behind a gate)."""
    control_characters: bool = True
    """Remove control characters except tab and newline, and zero-width characters outside emoji and
    scripts that need them."""
    empty: Literal["drop", "keep"] = "drop"
    """Examples whose user or taught turn is empty."""
    truncated: Literal["drop", "flag", "keep"] = "drop"
    """Answers that stopped for length."""
    failed: Literal["drop", "flag", "keep"] = "drop"
    """Answers that are error messages or were refused by a content filter."""
    disliked: Literal["mask", "drop", "keep"] = "mask"
    """Answers with a thumb down. `mask`: they stay for targets that learn from thumbs (`trl-kto`), and nobody
    else learns them; `keep`: they are learned like any other."""


class CustomPattern(Frozen):
    """A tenant's own kind of identifier."""

    name: Name
    """Type in the placeholder: `booking` gives `[BOOKING_1]`."""
    pattern: str
    """Regular expression (RE2) of the identifier."""
    hard: bool = False
    """Does it count as a hard type?"""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            compiled = re.compile(pattern)
        except re.error as problem:
            raise ValueError(f"not a regular expression: {problem.msg} at position {problem.pos}") from None
        if compiled.match(""):
            raise ValueError("matches the empty text, so it would match everywhere")
        return pattern


class Dictionary(Frozen):
    """A tenant's own terms, each on a line of a text file."""

    name: Name
    """Type in the placeholder: `customer` gives `[CUSTOMER_1]`."""
    path: str
    """The file, UTF-8, beside the spec; empty lines and those that begin with # are skipped."""
    hard: bool = False
    """Does it count as a hard type?"""


HardType = Literal["credential", "card", "government_id", "iban"]
SoftType = Literal[
    "email", "phone", "ip", "person", "username", "address", "date_of_birth", "account", "device",
    "wallet", "plate", "booking", "place", "organisation",
]  # fmt: skip


Surrogate = Literal["placeholder", "realistic"]


class RedactSpec(Frozen):
    """Personal data and secrets: replaced by typed placeholders or by realistic surrogates, consistent
    within a conversation.
    """

    hard: tuple[HardType, ...] = ("credential", "card", "government_id", "iban")
    """Types of which none may stay."""
    soft: tuple[SoftType, ...] = (
        "email", "phone", "ip", "person", "username", "address", "date_of_birth", "account", "device",
        "wallet", "plate",
    )  # fmt: skip
    """Types that are replaced as well. `booking` (numbers of bookings, orders, tickets) has to be asked
    for."""
    custom: tuple[CustomPattern, ...] = ()
    """Patterns of your own."""
    dictionaries: tuple[Dictionary, ...] = ()
    """Lists of your own terms: customers, projects, products that nobody may know of."""
    allow: tuple[str, ...] = ()
    """Names and terms that stay although a detector takes them for personal, whatever their case: your own
    company, your assistant, public people."""
    ner: bool = False
    """Also look for people, places and organisations that nothing announces, with a packaged English model
    (the ner extra). What it misses and wrongly finds stands in benchmarks/curate.md."""
    surrogates: Surrogate | dict[str, Surrogate] = "placeholder"
    """What stands in place of a value: a `placeholder` such as `[EMAIL_1]`, or a `realistic` value of the
    same shape, drawn with the project's secret. Or type → one of the two, `default` for the types that are
    not named: `{default: realistic, credential: placeholder}`."""
    consistent: Literal["conversation", "user"] = "conversation"
    """Within what the same value gets the same surrogate (or number of a placeholder): one conversation, or
    all conversations of a user where the log names one."""
    dates: Literal["keep", "shift"] = "keep"
    """`shift` moves all dates of a conversation (of a user, with `consistent: user`) back by the same whole
    number of weeks, in the form in which they are written. Dates of birth are replaced in any case."""
    numeric_dates: Literal["unknown", "day_first", "month_first"] = "unknown"
    """What comes first in dates such as 03/04/2024. If it is unknown, another date of the conversation such
    as 13/04/2024 decides; where none does, such dates stay."""

    @model_validator(mode="after")
    def _model_for_places(self) -> "RedactSpec":
        missing = [name for name in self.soft if name in ("place", "organisation")]
        if missing and not self.ner:
            raise ValueError(f"{' and '.join(missing)} need `ner: true` (the ner extra)")
        return self

    @model_validator(mode="after")
    def _surrogates_of_known_types(self) -> "RedactSpec":
        if not isinstance(self.surrogates, str):
            known = {*self.hard, *self.soft, *(c.name for c in (*self.custom, *self.dictionaries)), "default"}
            if not known.issuperset(self.surrogates):
                raise ValueError("`surrogates` names a type that is not redacted")
        return self


def _long_enough(passage: str) -> str:
    words = passage.split()
    if len(words) < _PASSAGE_WORDS and max(map(len, words), default=0) < _UNSPACED:
        raise ValueError(f"a passage has {_PASSAGE_WORDS} words or more")
    return passage


_PASSAGE_WORDS = 6
_UNSPACED = 20  # characters without a space: not all scripts put one between words
Passage = Annotated[str, AfterValidator(_long_enough)]


class DedupeSpec(Frozen):
    """When two examples are one. Similar input alone never drops anything: outputs and protected tokens
    must agree.
    """

    exact: bool = True
    """Same words in input and output, whatever the case, spacing and punctuation."""
    near: bool = True
    """Nearly the same words."""
    near_jaccard: Cosine = 0.8
    """Jaccard similarity of word n-grams from which inputs are near twins."""
    semantic: bool = True
    """Same meaning in other words, by a static sentence embedder that is part of the package."""
    semantic_cosine: Cosine = 0.9
    """Cosine similarity of sentence vectors from which inputs are semantic twins. Uncalibrated until
    `tuneset dedupe --calibrate` has asked you."""
    calibration: str | None = None
    """File, relative to the spec, with what judged pairs say about `semantic_cosine` and `wording`; `tuneset
    dedupe --judged` writes it. It is shown in reports and changes no example."""
    wording: Literal["strict", "loose"] = "strict"
    """What a word in the place of another does to two similar inputs (`kettle`, `toaster`): `strict` keeps
    both, `loose` lets the similarity of the whole decide, which finds more paraphrases and merges what
    differs in one word. `tuneset dedupe --judged` says which suits your data."""
    output_similarity: Cosine = 0.9
    """Similarity from which two free-text answers are equivalent."""
    keep: Literal["newest", "richest"] = "newest"
    """Which of several twins stays, after corrected and verified ones."""
    ignore: tuple[Passage, ...] = ()
    """Passages that do not count when inputs are compared: disclaimers, signatures, templates, as the report
    lists them. Six words in a row that stand in one of them are left out, whatever their case and spacing.
    The examples keep them."""


SuspicionSignal = Literal[
    "confidence",
    "neighbours",
    "conflict",
    "dissimilar",
    "length",
    "invalid_output",
    "placeholder",
    "cut_off",
    "copied_prompt",
    "leaked_system",
    "other_language",
    "tool_not_offered",
    "tool_arguments",
    "contradicts_tool",
    "unsupported",
]


class SuspicionSpec(Frozen):
    """Which examples a person should look at first. Nothing is dropped or changed by it."""

    enabled: bool = True
    """Look for suspects at all."""
    off: tuple[SuspicionSignal, ...] = ()
    """Signals that are not used."""
    neighbours: Annotated[int, Field(ge=1, le=100)] = 10
    """Nearest inputs, outside an example's own component, that are asked."""
    folds: Annotated[int, Field(ge=2, le=50)] = 5
    """Parts into which the examples are divided so that none is judged by a classifier that saw it, or its
    kin.
    """
    reviews: str | None = None
    """File with decisions of people, relative to the spec file, by which suspicion is turned into a
    probability: JSON lines with `origin_id`, `content_id`, `wrong` (true or false) and `stratum` (`uniform`
    for a random sample)."""


class When(Frozen):
    """A condition on an example; all that are given must hold. Patterns are RE2, matched anywhere, case
    ignored.
    """

    input: str | None = None
    """Pattern in any user turn."""
    last_user: str | None = None
    """Pattern in the last user turn."""
    output: str | None = None
    """Pattern in the taught answer."""
    system: str | None = None
    """Pattern in the system prompt."""
    tags: dict[str, str] = {}
    """Tags that must have these values."""
    has_tools: bool | None = None
    """Were tools offered?"""
    calls_tool: bool | None = None
    """Was a tool called in the conversation?"""
    min_user_turns: Annotated[int, Field(ge=0)] | None = None
    """At least so many user turns."""
    max_user_turns: Annotated[int, Field(ge=0)] | None = None
    """At most so many user turns."""
    min_input_words: Annotated[int, Field(ge=0)] | None = None
    """At least so many words in the user turns together."""
    max_input_words: Annotated[int, Field(ge=0)] | None = None
    """At most so many words in the user turns together."""

    @field_validator("input", "last_user", "output", "system")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as problem:
                raise ValueError(
                    f"not a regular expression: {problem.msg} at position {problem.pos}"
                ) from None
        return pattern


class Rule(Frozen):
    """Gives a value of a factor to the examples that meet a condition."""

    value: str
    """The value."""
    when: When
    """The condition."""


NAMED = "id:"
"""Before the id of an example in a list of prototypes."""
_ID_DIGITS = 12


def _text_or_id(given: str) -> str:
    if _is_id(given):
        digits = given[len(NAMED) :]
        if not re.fullmatch(r"[0-9a-f]+", digits) or not _ID_DIGITS <= len(digits) <= 32:
            raise ValueError(f"an id has {_ID_DIGITS} to 32 hex digits: `tuneset explain FILE:LINE` shows it")
    return given


TextOrId = Annotated[str, AfterValidator(_text_or_id)]


class Prototypes(Frozen):
    """A few examples of a value: about eight, as different from each other as the value allows. Either texts
    that nobody minds to see in a spec, or `id:` and the first 12 or more digits of the origin id of an
    example in the logs, whose text is then compared as redacted. A bare list is `input`.
    """

    input: tuple[TextOrId, ...] = ()
    """What a user says in such a case; of an example that is named, its last user turn."""
    output: tuple[TextOrId, ...] = ()
    """What the assistant says in such a case; for cases that the answer gives away."""

    @model_validator(mode="before")
    @classmethod
    def _a_list_is_input(cls, given: object) -> object:
        return {"input": given} if isinstance(given, list | tuple) else given

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if bool(self.input) == bool(self.output):
            raise ValueError("give examples of either `input` or `output`")
        return self

    @property
    def named(self) -> tuple[str, ...]:
        """The ids among them, without `id:`."""
        return tuple(text[len(NAMED) :] for text in (*self.input, *self.output) if _is_id(text))

    def told(self, texts: Mapping[str, str]) -> "Prototypes":
        """The same with a text in place of each id."""

        def of(given: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(texts[text[len(NAMED) :]] if _is_id(text) else text for text in given)

        return self.model_copy(update={"input": of(self.input), "output": of(self.output)})


def _is_id(text: str) -> bool:
    return text.startswith(NAMED) and not text[len(NAMED) :].startswith(" ")


class Rare(Frozen):
    """When an example is rare: its value of another factor is seldom."""

    factor: str
    """That factor."""
    below: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.01
    """Share of all examples below which a value is seldom."""


class TagModel(Frozen):
    """A model that is asked for the value of a factor, one example at a time. Only redacted text is sent."""

    endpoint: str
    """Address of an OpenAI-compatible service up to its version, as `http://localhost:8000/v1`; without
    credentials."""
    name: Annotated[str, Field(min_length=1, max_length=256)]
    """Name of the model there. Name a version that stays what it is: its answers are kept and not asked
    again."""
    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)] | None = None
    """Name of the environment variable that holds the key, if one is needed; never the key itself."""
    prompt: str | None = None
    """File with your guideline, relative to the spec file: what each value means, and what decides in
    doubt."""
    overrides: bool = False
    """Ask about every example, also where rules, places or prototypes decided; else only about those that
    were left with `default`."""

    @field_validator("endpoint")
    @classmethod
    def _a_plain_address(cls, endpoint: str) -> str:
        try:
            address = urlsplit(endpoint)
            plain = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
        except ValueError:
            plain, address = False, urlsplit("")
        if not plain or not endpoint.isascii() or any(sign.isspace() for sign in endpoint):
            raise ValueError("an address as http://localhost:8000/v1")
        if "@" in address.netloc or address.query or address.fragment:
            raise ValueError("an address without credentials, `?` and `#`; name the key in `api_key_env`")
        return endpoint.rstrip("/")


class Factor(Frozen):
    """One dimension of the coverage matrix."""

    values: tuple[str, ...] | None = None
    """All values; found in the data if absent. A value in the data that is not listed counts as `other`."""
    origin: str | tuple[str, ...] | None = Field(default=None, alias="from")
    """Where the value stands: `label` (the output), `tag:NAME`, `field:PATH` (a field of the record),
    `source`, `model`, `turns` (1, 2-3, 4+), `length` (short, medium, long), `case`, `language`, `style`,
    `channel` (found by built-in taggers); or a list of such places, of which the first that an example has
    counts. `tag:NAME` is the tag as it came, also where a factor has that name. If absent, a tag of the
    factor's own name counts."""
    rules: tuple[Rule, ...] = ()
    """Tried in order; the first that holds decides. They come before `from`."""
    prototypes: dict[str, Prototypes] = {}
    """Value → a few examples of it. They come after `from`: an example belongs to the value whose prototypes
    its text is nearest to, if it is near enough."""
    min_margin: Share = 0.05
    """How much nearer the best value must be than the second, in cosine; else `default`."""
    rare: Rare | None = None
    """Gives `rare` to examples for which nothing else decides, and whose value of another factor few have."""
    model: TagModel | None = None
    """A model that is asked for one of the `values`, or `default` if none fits, of the examples for which
    nothing else decides. Before `rare` and the cases that only the whole shows."""
    default: str = "unknown"
    """Value of the examples for which nothing else decides."""

    @model_validator(mode="after")
    def _a_model_chooses_among_values(self) -> Self:
        if self.model is not None and not self.values:
            raise ValueError("a `model` needs the `values` to choose from")
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """`from` as a list; empty if absent."""
        return (self.origin,) if isinstance(self.origin, str) else self.origin or ()

    @field_validator("origin")
    @classmethod
    def _known_origin(cls, origin: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        fixed = ("label", "source", "model", "turns", "length", "case", "language", "style", "channel")
        if origin == ():
            raise ValueError("an empty list names no place")
        for entry in (origin,) if isinstance(origin, str) else origin or ():
            kind, _, rest = entry.partition(":")
            if entry not in fixed and not (kind in ("tag", "field") and rest):
                raise ValueError(f"one of {', '.join(fixed)}, tag:NAME or field:PATH, or a list of these")
        return origin


class Cell(Frozen):
    """Targets for a combination of factor values; factors not named are summed over."""

    where: dict[str, str]
    """Factor → value."""
    train: Annotated[int, Field(ge=0)] = 0
    """Examples wanted for training."""
    test: Annotated[int, Field(ge=0)] = 0
    """Examples wanted in the sealed test set."""
    critical: bool = False
    """Must be full before a release."""


class Coverage(Frozen):
    """The matrix: what the data must hold, set before collecting."""

    factors: dict[Name, Factor] = {}
    """Factors by name."""
    cells: tuple[Cell, ...] = ()
    """Targets."""
    spot_checks: str | None = None
    """CSV file with the columns origin_id, factor, value_correct, relative to the spec file: what people say
    is the right value. Targets then count only what is certainly right of the checked values: tagged times
    the 95 % lower bound of their precision."""

    @model_validator(mode="after")
    def _rare_names_another_factor(self) -> Self:
        for name, factor in self.factors.items():
            if factor.rare is not None and factor.rare.factor not in self.factors.keys() - {name}:
                raise ValueError(f"`rare` of `{name}` names no other factor")
        return self

    @model_validator(mode="after")
    def _cells_name_factors(self) -> Self:
        for cell in self.cells:
            for factor, value in cell.where.items():
                if factor not in self.factors:
                    raise ValueError(f"a cell names the factor `{factor}`, which is not defined")
                known = self.factors[factor].values
                if known is not None and value not in known:
                    raise ValueError(f"a cell names a value of `{factor}` that is not among its values")
        return self


class SplitSpec(Frozen):
    """How examples are divided. Connected examples (same conversation, same user, twins, contrasts) are
    never parted.
    """

    validation: Share = 0.1
    """Share of examples for validation."""
    test: Share | Literal["from_matrix"] = 0.1
    """Share of examples for the sealed test set, or as many per cell as the matrix asks."""
    group_by: tuple[Literal["conversation", "user"], ...] = ("conversation", "user")
    """Ids that hold examples together."""
    leak_jaccard: Cosine = 0.8
    """Word overlap from which a test example counts as a twin of a training example."""
    leak_cosine: Cosine = 0.95
    """Cosine similarity from which a test example counts as a twin of a training example."""
    salt: str = "tuneset"
    """Changes the draw."""

    @model_validator(mode="after")
    def _room_for_training(self) -> Self:
        if isinstance(self.test, float) and self.validation + self.test >= 1:
            raise ValueError("validation and test leave nothing to train on")
        return self


class Gates(Frozen):
    """What a release must pass. Certified rates (mislabelled, pii_hard, leak_twins) are `undecided` until
    audited.
    """

    mislabelled: Share | None = None
    """Largest share of wrong labels."""
    pii_hard: Share | None = None
    """Largest share of examples with a hard identifier left in."""
    leak_twins: Share | None = None
    """Largest share of test examples with a twin in training."""
    hard_conflicts: Annotated[int, Field(ge=0)] | None = None
    """Most pairs with the same input and different answers."""
    critical_cells: bool = False
    """Every critical cell must reach its targets."""
    min_examples: Annotated[int, Field(ge=0)] = 0
    """Fewest examples in training."""


class Spec(Frozen):
    """One project: sources, rules, targets and gates."""

    name: Name
    """Name of the dataset."""
    task: Literal["classification", "instruction", "domain", "style"] = "instruction"
    """Kind of task: sets size priors and when two outputs are equivalent."""
    description: str = ""
    """A sentence for the dataset card."""
    language: tuple[str, ...] = ()
    """ISO 639 codes of the languages in the data, for the dataset card."""
    licence: str | None = None
    """Licence of the released dataset, for the dataset card."""
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    """Where logs come from."""
    system_prompt: SystemPrompt = SystemPrompt()
    """System prompts."""
    output: Output = Output()
    """What a valid answer looks like."""
    clean: CleanSpec = CleanSpec()
    """Cleaning."""
    redact: RedactSpec = RedactSpec()
    """Personal data and secrets."""
    dedupe: DedupeSpec = DedupeSpec()
    """Duplicates."""
    coverage: Coverage = Coverage()
    """The matrix."""
    split: SplitSpec = SplitSpec()
    """Training, validation and test."""
    suspicion: SuspicionSpec = SuspicionSpec()
    """Which examples to look at first."""
    gates: Gates = Gates()
    """What a release must pass."""
    export: tuple[str, ...] = ("openai", "trl")
    """Exporters by name."""

    @model_validator(mode="after")
    def _sources_are_told_apart(self) -> Self:
        titles = [source.title for source in self.sources]
        twice = next((title for title in titles if titles.count(title) > 1), None)
        if twice is not None:
            raise ValueError("two sources have the same name; origin ids would mix them up")
        return self
