"""`moatless finetune course` and `examples`: what a person brings to teach a model, and what the model makes of it."""

import argparse
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from desktop_app.commands.course_models import course_model, known_sha256
from desktop_app.commands.library import find_model, open_database
from desktop_app.commands.reading import load_to_read
from desktop_app.commands.telling import Teller
from desktop_app.engine.client import EngineClient
from desktop_app.errors import UserError
from desktop_app.finetune.course import CHATS_SOURCE, Course, CourseDocument, ReadFile
from desktop_app.finetune.course_folder import CourseFolder, create_course, find_course, list_courses
from desktop_app.finetune.course_reading import Readers, bring_up_to_date, read_course
from desktop_app.finetune.course_rows import effective
from desktop_app.finetune.course_runs import take_notes
from desktop_app.finetune.encoder import EngineEncoder
from desktop_app.finetune.goals import GOALS, STYLE, WRITTEN
from desktop_app.finetune.own_chats import read_own_chats
from desktop_app.finetune.reading.process import Reader
from desktop_app.finetune.words import count
from desktop_app.finetune.writing.work import characters_per_token, is_work_left, with_note, write_examples
from desktop_app.library.file_errors import shown_text
from desktop_app.paths import DataFolder

_AUTOMATIC = 0  # as much context as fits, so that many answers are written side by side


# ------------------------------------------------------------ what it is made of


def course(options: argparse.Namespace, folder: DataFolder) -> None:
    """Make a course, or add to one, and read what is new or has changed."""
    teller = Teller(options.json)
    found = _wanted(options, folder)
    with _told(found, folder, teller), Reader() as reader:
        _change(found, options, folder)
        teller.course(found.load().name, found.path)
        read_course(
            found,
            Readers(reader.read, lambda: _own_chats(folder)),
            lambda words, fraction: teller.progress(words, fraction, None),
            lambda: teller.course(found.load().name, found.path),
        )
    if not options.json:
        _print_course(found)


def _wanted(options: argparse.Namespace, folder: DataFolder) -> CourseFolder:
    """Return the course of this name or path; one that is not there yet is made."""
    _check(options)
    folder.create()
    known = {each.name.casefold(): each for each in list_courses(folder.courses)}
    if options.course.casefold() in known:
        return known[options.course.casefold()]
    path = Path(options.course)
    if path.is_dir() and path.parent != Path():
        return find_course(folder.courses, options.course)
    return create_course(folder.courses, Course(options.course, options.goal or STYLE))


def _check(options: argparse.Namespace) -> None:
    if options.goal is not None and options.goal not in GOALS:
        raise UserError(f"There is no goal “{shown_text(options.goal)}”.", f"Choose among {', '.join(GOALS)}.")
    for path in options.documents:
        if not path.exists():
            raise UserError(f"“{shown_text(str(path))}” is not there.", "Check its name and where it lies.")


def _change(found: CourseFolder, options: argparse.Namespace, folder: DataFolder) -> None:
    """Take in what the person says of the course."""
    before = found.load()
    sources = [*before.sources, *(str(path.absolute()) for path in options.documents)]
    sources += [CHATS_SOURCE] if options.chats else []
    changed = replace(before, goal=options.goal or before.goal, sources=tuple(dict.fromkeys(sources)))
    if options.model is not None:
        model = find_model(folder, options.model)
        changed = replace(changed, model_path=str(model), model_sha256=known_sha256(folder, model))
    if changed != before:
        found.save(changed)


def _own_chats(folder: DataFolder) -> ReadFile:
    with open_database(folder) as database:
        return read_own_chats(database)


@contextmanager
def _told(found: CourseFolder, folder: DataFolder, teller: Teller) -> Iterator[None]:
    """Keep everybody else off the course, and leave the line that is written over, whatever happens."""
    try:
        with found.held():
            take_notes(found, folder.runs)
            yield
    finally:
        teller.end()


def _print_course(found: CourseFolder) -> None:
    now = found.load()
    print(f"{now.name}: {GOALS[now.goal].title}")
    width = max((len(each.name) for each in now.documents), default=0)
    for document in now.documents:
        print(f"  {document.name:{width}}  {_words_of(document)}")
    rows = effective(found.examples(), now)
    held_out = sum(row.is_held_out for row in rows)
    print(f"{count(len(rows) - held_out, 'example')} to learn from, {held_out:,} held out to measure by.")
    for note in now.notes:
        print(note)
    if GOALS[now.goal].written and is_work_left(found):
        print(f"Have the model write more with: moatless finetune examples {shlex.quote(found.name)}")
    if held_out < len(rows):
        print(f"Teach a model with: moatless finetune start --course {shlex.quote(found.name)}")


def _words_of(document: CourseDocument) -> str:
    if document.trouble:
        return document.trouble
    told = [f"{document.kind}, {count(document.n_words, 'word')}"]
    told += ["left out"] * document.is_left_out + ["held out"] * document.is_held_out
    told += [f"without {each.n:,} {each.why}" for each in document.skipped]
    return "; ".join(told)


# ------------------------------------------------------------ what the model writes


def examples(options: argparse.Namespace, folder: DataFolder) -> None:
    """Have the model write examples, going on where it was."""
    teller = Teller(options.json)
    found = find_course(folder.courses, options.course)
    with _told(found, folder, teller):
        bring_up_to_date(found)
        now = found.load()
        goal = GOALS[now.goal]
        if not goal.written:
            raise UserError(f"To “{goal.title}”, a model learns from your examples and writes none itself.", goal.takes)
        if is_work_left(found):
            _write(found, course_model(now, options.model, folder), folder, teller)
    if not options.json:
        rows = effective(found.examples(), found.load())
        print(f"{count(sum(row.origin in WRITTEN for row in rows), 'example')} written by the model.")
        for note in found.load().notes:
            print(note)


def _write(found: CourseFolder, model: Path, folder: DataFolder, teller: Teller) -> None:
    with EngineClient() as engine:
        teller.progress("Loading the model", None, None)
        load_to_read(engine, folder, model, _AUTOMATIC)
        _measure(found, engine)
        name = found.load().name
        outcome = write_examples(found, engine, teller.progress, lambda: teller.course(name, found.path))
        _measure(found, engine)  # of some goals, there were no rows before
    now = found.load()
    found.save(replace(now, notes=with_note(now.notes, outcome)))
    teller.course(now.name, found.path)


def _measure(found: CourseFolder, engine: EngineClient) -> None:
    """Note how long the tokens of the model are in these texts."""
    measured = characters_per_token(EngineEncoder(engine), found.examples())
    if measured is not None:
        found.save(replace(found.load(), characters_per_token=measured))
