"""Many questions to one endpoint at once: a fixed small number of threads, every answer kept as it comes."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

from tuneset.build.tagging.endpoint import Endpoint, GivenUp, NotTaken
from tuneset.core.spec import TagModel
from tuneset.engine.progress import Progress
from tuneset.stages.cases import REFUSED, Question
from tuneset.store.answers import Answer, AnswerFile

THREADS = 8
"""Enough for a local server to batch, few enough for the limits of a small account."""

_Subject = tuple[bytes, str]
_Outcome = tuple[bytes, str | Exception]


def ask_all(
    subjects: Iterator[_Subject],
    *,
    question: Question,
    model: TagModel,
    file: AnswerFile,
    progress: Progress,
) -> dict[bytes, Answer]:
    """The answer about each subject (content id and text), written to `file` as it comes.

    A subject that the service does not take counts as `refused` if it took any other; if it took none, it
    does not understand us.

    Raises:
        ServiceError: it denies access or stays away. SpecError: a key is needed and there is none.
    """
    endpoint = Endpoint.of(model, place=f"coverage.factors.{question.factor}.model")
    answers: dict[bytes, Answer] = {}
    refused: list[bytes] = []
    status = 0
    with file.writer() as kept:
        for content_id, said in _asked(subjects, question=question, endpoint=endpoint):
            if isinstance(said, NotTaken):
                refused.append(content_id)
                status = said.status
            elif isinstance(said, Exception):
                raise said
            else:
                reply = question.read(said)
                answers[content_id] = (reply.value, reply.no_value)
                kept.add(content_id, answers[content_id])
            progress.advance()
        if refused and not answers:
            raise endpoint.no_model(f"HTTP {status}")
        for content_id in refused:
            answers[content_id] = (None, REFUSED)
            kept.add(content_id, answers[content_id])
    return answers


def _asked(subjects: Iterator[_Subject], *, question: Question, endpoint: Endpoint) -> Iterator[_Outcome]:
    """What came of each, in no order. The threads die with us, so nobody waits for an answer after Ctrl-C."""
    waiting: SimpleQueue[_Subject | None] = SimpleQueue()
    done: SimpleQueue[_Outcome] = SimpleQueue()
    stop = threading.Event()

    def work() -> None:
        while (subject := waiting.get()) is not None and not stop.is_set():
            content_id, text = subject
            try:
                done.put((content_id, endpoint.ask(question.about(text), stop=stop)))
            except NotTaken as refusal:
                done.put((content_id, refusal))
            except GivenUp:
                return
            except Exception as problem:  # noqa: BLE001, RUF100, raised again by who asked
                stop.set()  # nobody asks on when it is over
                done.put((content_id, problem))

    for _ in range(THREADS):
        threading.Thread(target=work, daemon=True, name="tuneset-asking").start()
    under_way = 0
    try:
        for subject in subjects:
            waiting.put(subject)
            under_way += 1
            if under_way == 2 * THREADS:
                yield done.get()
                under_way -= 1
        for _ in range(under_way):
            yield done.get()
    finally:
        stop.set()
        for _ in range(THREADS):
            waiting.put(None)
