"""Writes what the report says about the detectors, out of the tables of benchmarks/curate.md.

python scripts/measured.py            writes src/tuneset/build/report/measured.json
python scripts/measured.py --check    exit status 1 if it is stale
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "curate.md"
TARGET = ROOT / "src" / "tuneset" / "build" / "report" / "measured.json"

Row = dict[str, str]


def tables(text: str) -> dict[str, list[Row]]:
    """The name of the first column → the rows of the table, each by the names of its columns."""
    found: dict[str, list[Row]] = {}
    head: list[str] | None = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else None
        if cells is None:
            head = None
        elif head is None:
            head = cells
            found[head[0]] = []
        elif not set(line) <= set("|-: "):
            found[head[0]].append(dict(zip(head, cells, strict=True)))
    return found


def measured(text: str) -> list[Row]:
    """Per detector `group`, `detector`, what was `found` of what there was, `alarms` on clean data, `on`."""
    known = tables(text)
    duplicates = [*_duplicates(known, "pairs"), *_duplicates(known, "pairs not tuned on")]
    return [
        *_cleaning(known),
        *_checks(known),
        *_signals(known),
        *_personal(known),
        *_made_up(known),
        *_cases(known),
        *duplicates,
    ]


def _cleaning(known: dict[str, list[Row]]) -> Iterator[Row]:
    """Faults that cleaning finds; alarms on all conversations but those that were cut on purpose."""
    clean = [row for row in known["conversations"] if row["conversations"] != "xstest"]
    for row in known["fault of an answer"]:
        name = row["what happens"]
        if name not in clean[0]:
            continue
        wrong = sum(round(float(on[name].rstrip("%")) / 100 * _number(on["number"])) for on in clean)
        yield {
            "group": "clean",
            "detector": name,
            "found": f"{row['found']} of {row['planted']} ({row['fault of an answer']})",
            "alarms": f"{wrong:,} of {sum(_number(on['number']) for on in clean):,}",
            "on": "published conversations, and faults planted into them",
        }


def _checks(known: dict[str, list[Row]]) -> Iterator[Row]:
    faults = known["fault"]
    for row in known["check"]:
        name, *cells = row.values()
        clean = [cell.partition("% of ")[::2] for cell in cells if "% of" in cell]
        planted = [f"{fault['recall']} ({fault['fault']})" for fault in faults if fault["check"] == name]
        wrong = sum(round(float(share) / 100 * _number(rows)) for share, rows in clean)
        yield {
            "group": "suspicion",
            "detector": name,
            "found": "; ".join(planted),
            "alarms": f"{wrong:,} of {sum(_number(rows) for _, rows in clean):,}" if clean else "",
            "on": "published conversations, and faults planted into them",
        }


def _signals(known: dict[str, list[Row]]) -> Iterator[Row]:
    """A row for each signal that compares, with what each log and fault gave."""
    by_signal: dict[str, list[Row]] = {}
    for row in known["signal"]:
        if row["planted"] != "0":
            by_signal.setdefault(row["signal"], []).append(row)
    for name, rows in by_signal.items():
        alarms = sum(float(row["alarms"].rstrip("%")) / 100 * _number(row["as they came"]) for row in rows)
        clean = sum(_number(row["as they came"]) for row in rows)
        yield {
            "group": "suspicion",
            "detector": name,
            "found": "; ".join(f"{row['found']} ({row['fault']}, {row['log']})" for row in rows),
            "alarms": f"{round(alarms):,} of {clean:,}",
            "on": "published texts, and faults planted into them, in a build",
        }


def _personal(known: dict[str, list[Row]]) -> Iterator[Row]:
    for row in known["recall / precision / F1"]:
        name = row["recall / precision / F1"]
        for column, group in (("tuneset", "redact"), ("tuneset + ner", "redact with ner")):
            if "/" not in row[column] or "," in name:
                continue
            recall, precision, _ = row[column].split(" / ")
            yield {
                "group": group,
                "detector": name,
                "found": f"{float(recall):.1%} of {int(row['spans']):,}",
                "alarms": f"{1 - float(precision):.1%} of findings",
                "on": "sentences of presidio-research",
            }
    for row in known["names in texts of others"]:
        for column, group in (("tuneset", "redact"), ("tuneset + ner", "redact with ner")):
            recall, _, rest = row[column].partition(" / ")
            yield {
                "group": group,
                "detector": "person",
                "found": f"{float(recall):.1%} of {int(row['names']):,}",
                "alarms": f"{1 - float(rest.split(' / ')[0]):.1%} of findings" if rest else "",
                "on": row["names in texts of others"],
            }


def _made_up(known: dict[str, list[Row]]) -> Iterator[Row]:
    """Every type of identifier, as another tool makes it up."""
    for row in known["identifier"]:
        kind, _, place = row["identifier"].partition(", ")
        where = f", {place}" if place else ""
        yield {
            "group": "redact",
            "detector": kind,
            "found": f"{row['found, announced']} of {row['planted']} behind its name, "
            f"{row['found, bare']} without it",
            "alarms": row["alarms"],
            "on": f"values by Faker{where} in sentences of ours; alarms on published texts",
        }


def _cases(known: dict[str, list[Row]]) -> Iterator[Row]:
    for row in known["case and set"]:
        name, _, on = row["case and set"].partition(": ")
        if " " in name:  # two cases taken together
            continue
        yield {
            "group": "cases",
            "detector": name,
            "found": f"{float(row['recall']):.1%} of {row['of the case']}",
            "alarms": f"{1 - float(row['precision']):.1%} of findings",
            "on": on,
        }


def _duplicates(known: dict[str, list[Row]], heading: str) -> Iterator[Row]:
    name = counts = ""
    for row in known[heading]:  # the first row of a set names it
        if pairs := row[heading]:
            if pairs.startswith("the same"):
                name = pairs.replace("the same", name.partition(",")[0])
            else:
                name = pairs if pairs.endswith("labels taught") else f"{pairs}; answers aside"
            name += ", not used for tuning" if heading != "pairs" else ""
            counts = row["same / distinct"]
        if row["tool"] in ("tuneset", "tuneset, wording: loose"):
            same, distinct = counts.split(" / ")
            yield {
                "group": "dedupe" if row["tool"] == "tuneset" else "dedupe, loose",
                "detector": "twins",
                "found": f"{float(row['recall']):.1%} of {same}",
                "alarms": f"{row['distinct merged']} of {distinct}",
                "on": name,
            }


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def main() -> int:
    """Writes the file, or says that it is stale."""
    text = json.dumps(measured(RECORD.read_text(encoding="utf-8")), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{TARGET.relative_to(ROOT)} is stale: python scripts/measured.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
