"""Findings of a check in the forms that people, scripts and CI systems read. Never a word of the file.

text    for people
json    one object
github  annotations of GitHub Actions (`::error file=…,line=…::…`)
sarif   SARIF 2.1.0, for code scanning
junit   one test case for each rule of each file
"""

import json
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tuneset.cli.output import many
from tuneset.core.exporter import Rule
from tuneset.release.check import Checked, Finding

FORMATS = ("text", "json", "github", "sarif", "junit")

_FIRST = 5
"""Lines named after a rule in text."""


def rendered(files: Sequence[Checked], *, form: str) -> str:
    """All files in one of `FORMATS`, without a line end."""
    return _FORMS[form](files)


def _text(files: Sequence[Checked]) -> str:
    return "\n".join(line for checked in files for line in text_lines(checked))


def text_lines(checked: Checked) -> Iterable[str]:
    """One file for people: a line a rule, what to do, and the sizes."""
    for rule, count in sorted(checked.counts.items(), key=lambda item: (checked.level(item[0]), -item[1])):
        known = checked.rules[rule]
        lines = [found.line for found in checked.findings if found.rule == rule]
        yield f"{checked.file}{_place(lines, count)}: {known.level}[{rule}] {known.why}"
        details = sorted({found.detail for found in checked.findings if found.rule == rule and found.detail})
        if details:
            yield f"  seen: {'; '.join(details[:_FIRST])}"
        if known.advice:
            mends = f" (`--fix` does: {known.fixer})" if known.fixer else ""
            yield f"  do: {known.advice}{mends}"
        yield f"  see: {known.link}"
    verdict = "" if checked.errors else ", as the target wants it"
    warned = f", {many(checked.warnings, 'warning')}" if checked.warnings else ""
    counted = f"{many(checked.rows, 'example')} for {checked.target}, {many(checked.errors, 'error')}"
    yield f"{checked.file}: {counted}{warned}{verdict}"
    yield from (f"  {line}" for line in size_lines(checked.tokens, checked.costs))


def _place(lines: Sequence[int], count: int) -> str:
    if lines == [0]:
        return ""
    shown = ",".join(str(line) for line in lines[:_FIRST])
    more = f" and {count - _FIRST:,} more" if count > _FIRST else ""
    return f":{shown}{more}"


def size_lines(tokens: dict[str, Any] | Any, costs: dict[str, Any] | Any) -> Iterable[str]:  # noqa: ANN401
    """Tokens and costs for people; both say what they rest on."""
    if not tokens.get("examples"):
        return
    yield (
        f"tokens: {tokens['total']:,} (median {tokens['median']:,}, 95% up to {tokens['p95']:,}, "
        f"longest {tokens['longest']:,}); {tokens['counted_by']}"
    )
    if "context" in tokens:
        yield (
            f"longer than the context of {tokens['context']:,}: {tokens['over_context']:,} "
            f"({tokens['share_over_context']:.2%})"
        )
    for option in costs["options"]:
        doubt = "" if option["verified"] else ", price not verified"
        yield (
            f"cost: ${option['usd']:,.2f} for {option['model']}, {many(costs['epochs'], 'epoch')} "
            f"(${option['usd_per_million_tokens']:g} a million tokens{doubt}: {option['source']})"
        )


def plain(checked: Checked) -> dict[str, Any]:
    """One file as JSON."""
    return {
        "file": str(checked.file),
        "target": checked.target,
        "examples": checked.rows,
        "errors": checked.errors,
        "warnings": checked.warnings,
        "rules": {
            rule: {
                "count": count,
                "level": checked.level(rule),
                "why": checked.rules[rule].why,
                "advice": checked.rules[rule].advice,
                "fixer": checked.rules[rule].fixer,
                "link": checked.rules[rule].link,
            }
            for rule, count in checked.counts.items()
        },
        "findings": [
            {"line": found.line, "rule": found.rule, **({"detail": found.detail} if found.detail else {})}
            for found in checked.findings
        ],
        "tokens": dict(checked.tokens),
        "costs": dict(checked.costs),
        "fixed": [dict(fix) for fix in checked.fixed],
    }


def _json(files: Sequence[Checked]) -> str:
    told = {"schema_version": 1, "files": [plain(checked) for checked in files]}
    return json.dumps(told, ensure_ascii=False, indent=2)


def _github(files: Sequence[Checked]) -> str:
    return "\n".join(_annotation(checked, found) for checked in files for found in checked.findings)


def _annotation(checked: Checked, found: Finding) -> str:
    rule = checked.rules[found.rule]
    place = f"file={_escaped(str(checked.file), ',:')},line={max(found.line, 1)}"
    title = _escaped(f"{found.rule} ({checked.target})", ",:")
    return f"::{rule.level} {place},title={title}::{_escaped(_message(rule, found))}"


def _escaped(text: str, further: str = "") -> str:
    """As commands of a workflow want it: percent, line ends, and in properties comma and colon."""
    for character in ("%", "\r", "\n", *further):
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _message(rule: Rule, found: Finding) -> str:
    seen = f" ({found.detail})" if found.detail else ""
    return f"{rule.why}{seen}." + (f" What to do: {rule.advice}." if rule.advice else "")


def _sarif(files: Sequence[Checked]) -> str:
    used = {rule: checked.rules[rule] for checked in files for rule in checked.counts}
    run = {
        "tool": {
            "driver": {
                "name": "tuneset",
                "version": version("tuneset"),
                "informationUri": "https://pypi.org/project/tuneset/",
                "rules": [_sarif_rule(used[rule]) for rule in sorted(used)],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(checked, found) for checked in files for found in checked.findings],
    }
    return json.dumps(
        {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]},
        ensure_ascii=False,
        indent=2,
    )


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.why},
        "help": {"text": rule.advice or rule.why},
        "helpUri": rule.link,
        "defaultConfiguration": {"level": rule.level},
    }


def _sarif_result(checked: Checked, found: Finding) -> dict[str, Any]:
    rule = checked.rules[found.rule]
    place = {
        "artifactLocation": {"uri": checked.file.as_posix()},
        "region": {"startLine": max(found.line, 1)},
    }
    return {
        "ruleId": found.rule,
        "level": rule.level,
        "message": {"text": _message(rule, found)},
        "locations": [{"physicalLocation": place}],
    }


def _junit(files: Sequence[Checked]) -> str:
    root = Element("testsuites", name="tuneset check")
    for checked in files:
        suite = SubElement(
            root,
            "testsuite",
            name=str(checked.file),
            tests=str(len(checked.rules)),
            failures=str(sum(checked.level(rule) == "error" for rule in checked.counts)),
        )
        for rule in sorted(checked.rules):
            _junit_case(suite, checked, rule)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _junit_case(suite: Element, checked: Checked, rule: str) -> None:
    case = SubElement(suite, "testcase", classname=f"{checked.target}.{checked.file}", name=rule)
    count = checked.counts.get(rule, 0)
    if not count:
        return
    known = checked.rules[rule]
    lines = ", ".join(str(found.line) for found in checked.findings if found.rule == rule)
    told = f"{count:,} times; lines {lines}. {known.advice}"
    if known.level == "error":
        SubElement(case, "failure", type=rule, message=known.why).text = told
    else:
        SubElement(case, "system-out").text = f"warning: {known.why}. {told}"


_FORMS: dict[str, Callable[[Sequence[Checked]], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
    "junit": _junit,
}
