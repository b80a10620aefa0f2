"""Surrogates: what stands in place of an identifier in a released text, drawn from the project's secret.

It must not find anything (the detectors do), keep which value became what, or read a value from anywhere but
the example at hand. Start reading at `choose.py`; one file a kind of value.
"""

from tuneset.stages.redact.surrogates.choose import Invented, Kinds, days_of

__all__ = ["Invented", "Kinds", "days_of"]
