"""Examples in tables (CSV, TSV) and in lines of JSON, by the names that columns of questions and answers have."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from desktop_app.errors import UserError
from desktop_app.finetune.pieces import ASSISTANT, SYSTEM, USER
from desktop_app.finetune.reading.decoding import decode
from desktop_app.finetune.reading.found import TEXT_BYTES, Found, Source, Words

_SAMPLE = 16_384  # characters, by which the delimiter is found
_DELIMITERS = ",;\t|"
# The first name that is there counts.
_NAMES: Mapping[str, Sequence[str]] = {
    role: names.split(", ")
    for role, names in {
        "prompt": "prompt, question, instruction, query, request, user, human, input, frage, pregunta, domanda",
        "completion": (
            "completion, answer, output, response, reply, assistant, target, antwort, réponse, reponse, respuesta, "
            "risposta"
        ),
        "system": "system, system_prompt, system prompt",
        "label": "label, thumb, thumbs, is_good",
        "chosen": "chosen, preferred, better",
        "rejected": "rejected, worse",
    }.items()
}
_LABELS = {
    word: is_good
    for is_good, words in {
        True: "true 1 1.0 yes y up good positive pos like liked correct right + ja wahr gut richtig sí oui 👍",
        False: "false 0 0.0 -1 no n down bad negative neg dislike disliked incorrect wrong - nein falsch schlecht 👎",
    }.items()
    for word in words.split()
}
_AROUND_LABEL = re.compile(r"thumbs?|[\s:_\ufe0f\U0001f3fb-\U0001f3ff]")  # “thumbs_up”, and hands of every colour
_ROLES = {"human": USER, "user": USER, "gpt": ASSISTANT, "assistant": ASSISTANT, "system": SYSTEM}
_COMPLETE = ("messages", "completion", "chosen")  # with one of these, a line needs no other names

_NOT_JSON: Words = ("line that is not JSON", "lines that are not JSON")
_NO_ANSWER: Words = ("line without an answer", "lines without an answer")
_NO_LABEL: Words = ("line whose label is neither good nor bad", "lines whose labels are neither good nor bad")
_NO_EXAMPLE: Words = ("line that is no example", "lines that are no examples")


def read_jsonl(source: Source, found: Found) -> None:
    """Read a file with an example a line."""
    for number, line in enumerate(decode(found).split("\n"), 1):
        if line.strip():
            _add_line(number, line, found)


def _add_line(number: int, line: str, found: Found) -> None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        found.add_row(number, line, lambda: _NOT_JSON)  # which refuses it in the words for it
        return
    if not isinstance(row, dict):
        found.add_row(number, line, lambda: _NO_EXAMPLE)
    else:
        add_object(number, row, found)


def add_object(number: int, row: Mapping[str, Any], found: Found) -> None:
    """Keep an example, whichever names its parts have."""
    known = _with_known_names(row)
    found.add_row(number, json.dumps(known, ensure_ascii=False), lambda: _why_not(known))


def _with_known_names(row: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(turns := row.get("conversations"), list):
        messages = [
            {"role": _ROLES.get(str(each.get("from"))), "content": each.get("value")}
            for each in turns
            if isinstance(each, dict)
        ]
        return {**row, "messages": messages, "label": _label(row.get("label"))}
    if any(row.get(name) is not None for name in _COMPLETE):
        return {**row, "label": _label(row.get("label"))}
    columns = _columns(list(row))
    return _example({name: row[key] for name, key in columns.items()}) if columns else dict(row)


def _why_not(row: Mapping[str, Any]) -> Words:
    if isinstance(row.get("label"), str):
        return _NO_LABEL
    has_answer = any(str(row.get(name) or "").strip() for name in _COMPLETE)
    return _NO_EXAMPLE if has_answer else _NO_ANSWER


def read_table(source: Source, found: Found) -> None:
    """Read a CSV or TSV file."""
    text = decode(found)
    csv.field_size_limit(TEXT_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(source.name, text))
    rows = ((reader.line_num, row) for row in reader if any(map(str.strip, row)))
    try:
        for number, example in _examples(rows, source.name):
            found.add_row(number, json.dumps(example, ensure_ascii=False), partial(_why_not, example))
    except csv.Error as error:
        raise UserError(f"“{source.name}” is no table that can be read.", "Save it anew as CSV in UTF-8.") from error


def _delimiter(name: str, text: str) -> str:
    """Return what parts the columns."""
    if name.lower().endswith(".tsv"):
        return "\t"
    sample = text[:_SAMPLE]
    for delimiter in _DELIMITERS:
        if _columns(next(csv.reader(io.StringIO(sample), delimiter=delimiter), [])):
            return delimiter
    try:
        return csv.Sniffer().sniff(sample, _DELIMITERS).delimiter
    except csv.Error:
        return ","


def _examples(rows: Iterator[tuple[int, list[str]]], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the examples of a table, each with the number of its last line."""
    number, first = next(rows, (0, []))
    places = {role: first.index(column) for role, column in _columns(first).items()}
    if not places:
        if len(first) != 2:
            raise UserError(
                f"“{name}” has no columns of questions and answers.",
                "Call two columns “prompt” and “completion” in its first line, or leave it with two columns.",
            )
        places = {"prompt": 0, "completion": 1}
        yield number, _example(dict(zip(places, first, strict=True)))
    for number, row in rows:
        yield number, _example({role: row[place] if place < len(row) else "" for role, place in places.items()})


def _columns(names: Sequence[str]) -> dict[str, str]:
    """Return which column has which part of an example; nothing if there are not enough of them."""
    known = {name.strip().casefold(): name for name in reversed(names)}
    columns = {
        role: known[found[0]] for role, some in _NAMES.items() if (found := [each for each in some if each in known])
    }
    if columns.get("prompt") != known.get("input") and "input" in known:
        columns["input"] = known["input"]
    has_answer = "completion" in columns or columns.keys() >= {"chosen", "rejected"}
    return columns if "prompt" in columns and has_answer else {}


def _example(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an example as `parse_row` takes it."""
    prompt: Any = values["prompt"]
    if values.get("input"):  # what the instruction is about
        prompt = f"{prompt}\n\n{values['input']}"
    if values.get("system") and isinstance(prompt, str):
        prompt = [{"role": SYSTEM, "content": values["system"]}, {"role": USER, "content": prompt}]
    if "chosen" in values and "rejected" in values:
        return {"prompt": prompt, "chosen": values["chosen"], "rejected": values["rejected"]}
    example = {"prompt": prompt, "completion": values.get("completion") or None}
    return {**example, "label": _label(values["label"])} if "label" in values else example


def _label(value: Any) -> Any:
    """Return whether an answer is a good one; None if nothing is said, and what nobody can tell as it is."""
    label = "" if value is None else str(value).strip().casefold()
    return _LABELS.get(_AROUND_LABEL.sub("", label), label or None)
