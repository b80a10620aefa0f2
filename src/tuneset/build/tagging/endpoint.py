"""A model behind an OpenAI-compatible endpoint: one question, one answer, patience in between.

Only `POST /chat/completions` with `model`, `messages` and `temperature` is used: every such service takes
these. What is sent or answered never appears in an error, and the key in none at all.
"""

import http.client
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import IO

import orjson

from tuneset.core.errors import ServiceError, SpecError
from tuneset.core.spec import TagModel

MOST_BYTES = 2**20
"""Of an answer: what is asked for has a few words."""

AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""States that pass; 529 is "overloaded" with some services."""
NOT_THIS_ONE = (400, 413, 422)
"""Too long, or stopped by a content filter; or the service does not understand us at all, which the first
answer will show."""
DENIED = (401, 403)


@dataclass(frozen=True)
class Patience:
    """How long an endpoint is waited for, and how often it is asked again. The pause doubles from one try to
    the next; `Retry-After` counts if it is longer, up to `longest_pause_s`.
    """

    tries: int = 6
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    timeout_s: float = 120.0


PATIENCE = Patience()


class NotTaken(Exception):  # noqa: N818, an outcome, not an error
    """The service did not take this one request; `status` is its HTTP status."""

    def __init__(self, status: int) -> None:
        """Raised by `Endpoint.ask`."""
        super().__init__(f"HTTP {status}")
        self.status = status


class GivenUp(Exception):  # noqa: N818, an outcome, not an error
    """The run is over before this request was answered."""


class _PassingError(Exception):
    """It may be well the next time. `what` is said if it is not."""

    def __init__(self, what: str, *, wait_s: float = 0.0) -> None:
        super().__init__(what)
        self.what = what
        self.wait_s = wait_s


@dataclass(frozen=True)
class Endpoint:
    """Where a model is asked; used by several threads at once. `place`: the key of the spec, for errors."""

    model: TagModel
    place: str
    key: str | None
    patience: Patience

    @classmethod
    def of(cls, model: TagModel, *, place: str) -> "Endpoint":
        """The endpoint with the key from the environment.

        Raises:
            SpecError: the variable is not set, or holds what cannot be a key.
        """
        return cls(model, place, _key(model, place=place), PATIENCE)

    def ask(self, messages: Sequence[Mapping[str, str]], *, stop: threading.Event) -> str:
        """The text of the answer, empty if there is none.

        Raises:
            NotTaken: this request is not taken; another may be.
            GivenUp: `stop` was set.
            ServiceError: the service denies access, is none, or stays away.
        """
        body = orjson.dumps({"model": self.model.name, "messages": list(messages), "temperature": 0})
        pause = self.patience.first_pause_s
        for left in reversed(range(self.patience.tries)):
            if stop.is_set():
                raise GivenUp
            try:
                return self._content(self._post(body))
            except _PassingError as problem:
                if not left:
                    raise self._stays_away(problem.what) from None
                wait_s = min(max(pause, problem.wait_s), self.patience.longest_pause_s)
            if stop.wait(wait_s):
                raise GivenUp
            pause *= 2
        raise AssertionError("at least one try")

    def _post(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(f"{self.model.endpoint}/chat/completions", body, headers)  # noqa: S310, the spec takes http and https only
        try:
            with _OPENER.open(request, timeout=self.patience.timeout_s) as response:
                return response.read(MOST_BYTES)
        except urllib.error.HTTPError as problem:
            with problem:
                raise self._refusal(problem.code, problem.headers) from None
        except TimeoutError:
            raise _PassingError(f"no answer within {self.patience.timeout_s:g} s") from None
        except (OSError, http.client.HTTPException) as problem:
            why = problem.reason if isinstance(problem, urllib.error.URLError) else problem
            if isinstance(why, TimeoutError):
                raise _PassingError(f"no answer within {self.patience.timeout_s:g} s") from None
            raise _PassingError(_in_words(why)) from None

    def _refusal(self, status: int, headers: Message) -> Exception:
        """What an HTTP status means; the words of the service may quote the request and are not read."""
        if status in AGAIN:
            return _PassingError(f"HTTP {status}", wait_s=_seconds(headers.get("Retry-After")))
        if status in NOT_THIS_ONE:
            return NotTaken(status)
        if status in DENIED:
            named = f"`{self.model.api_key_env}` holds" if self.model.api_key_env else "`api_key_env` names"
            return ServiceError(
                f"the endpoint of the model denies access (HTTP {status})",
                where=f"{self.place}.endpoint",
                fix=f"check that {named} a key which may use this model",
                code="TS702",
            )
        return self.no_model(f"HTTP {status}")

    def no_model(self, what: str) -> ServiceError:
        """Whoever answers there does not do so as such a model would."""
        return ServiceError(
            f"{self.model.endpoint} does not answer as an OpenAI-compatible endpoint of this model ({what})",
            where=f"{self.place}.endpoint",
            fix="check `endpoint` (it often ends with /v1, and is not followed to another place) and `name`",
            code="TS703",
        )

    def _stays_away(self, what: str) -> ServiceError:
        return ServiceError(
            f"{self.model.endpoint} does not answer ({what}, {self.patience.tries} tries)",
            where=f"{self.place}.endpoint",
            fix="check that it runs, then run the same command again: what was answered is kept",
        )

    def _content(self, body: bytes) -> str:
        try:
            content = orjson.loads(body)["choices"][0]["message"]["content"]
        except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
            raise _PassingError("its answer is no chat completion") from None
        return content if isinstance(content, str) else ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key and the text are for the address in the spec and for no other."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _key(model: TagModel, *, place: str) -> str | None:
    if model.api_key_env is None:
        return None
    key = os.environ.get(model.api_key_env, "").strip()
    if not key:
        raise _no_key(model.api_key_env, "is not set", place=place)
    if not key.isascii() or not key.isprintable() or " " in key:
        raise _no_key(model.api_key_env, "holds signs that no key has", place=place)
    return key


def _no_key(variable: str, what: str, *, place: str) -> SpecError:
    return SpecError(
        f"the environment variable `{variable}` {what}, and the model has to be asked",
        where=f"{place}.api_key_env",
        fix=f"set `{variable}` to the key of the endpoint; the key never stands in the spec",
        code="TS120",
    )


def _seconds(retry_after: str | None) -> float:
    """The header in seconds; its form as a date is not read, the own pause does."""
    said = (retry_after or "").strip()
    return float(said) if said.isdecimal() and len(said) < 6 else 0.0


def _in_words(why: object) -> str:
    """What kind of failure; messages of the system may name more than we want to print."""
    known = {
        ConnectionRefusedError: "connection refused",
        ConnectionError: "the connection broke",
        http.client.HTTPException: "the connection broke",
    }
    return next((words for kind, words in known.items() if isinstance(why, kind)), "no connection")
