"""Traces: what observability tools record of calls to models → examples.

    attributes                      attributes of spans as plain JSON
    genai openinference aisdk       three conventions for the attributes of a call
    spans                           a span of any of them → an example
    dialects langchain              messages and tools of any provider or framework → OpenAI's form
    payloads                        an input or an output as some code passed it around → messages
    example                         a call → the example and its columns

Knows neither files nor tools: a connector in `formats/` takes a tool's record apart. Start at `example`.
"""
