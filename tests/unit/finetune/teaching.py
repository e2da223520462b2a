"""A course in a folder of its own, and the runs that come out of it."""

from msgspec.structs import replace

from desktop_app.finetune.course_material import material_of
from desktop_app.finetune.course_reading import bring_up_to_date
from desktop_app.finetune.course_runs import take_notes
from desktop_app.finetune.plan import Order, make_plan
from desktop_app.finetune.preparing import prepare
from desktop_app.finetune.recipe import Choices
from tests.support.course_parts import course_folder, document, prose, read
from tests.support.gguf_files import Shape, llama_model, lora_adapter
from tests.support.taught_runs import GAIN, export, finish, report_on, train
from tests.unit.finetune.fake_engine import FakeEngine

SHAPE = Shape(n_layer=2, n_embd=64, n_ff=96, n_ctx_train=2048)
MODEL_NAME = "tiny.gguf"


class Teaching:
    """A course, and the runs that come out of it, without an engine or a trainer."""

    def __init__(self, place, files, **changes):
        place.mkdir(exist_ok=True)
        self.place, self.runs = place, place / "runs"
        self.model = llama_model(SHAPE).write(place / MODEL_NAME)
        self.folder = course_folder(place, files, **changes)
        bring_up_to_date(self.folder)

    def material(self, is_anew=False, sha256=""):
        return material_of(self.folder, self.runs, self.model, sha256, is_anew)

    def add(self, *files):
        course = self.folder.load()
        self.folder.save(replace(course, documents=(*course.documents, *map(document, files))))
        for each in files:
            self.folder.save_text(each)
        bring_up_to_date(self.folder)

    def make(self, is_anew=False):
        """Return the folder of the next run, which the course does not know yet."""
        made = self.material(is_anew)
        order = Order("Tea", self.model, made.material, Choices(replay=0.0), continues=made.continues)
        return prepare(self.runs, make_plan(order), FakeEngine(), lambda _sentence: None).folder

    def prepare(self, is_anew=False):
        """Return the folder of the next run."""
        run = self.make(is_anew)
        take_notes(self.folder, self.runs)
        return run

    def teach(self, change=GAIN, is_anew=False, **report):
        """Return the folder of the next run, whose adapter is in the library."""
        run = self.prepare(is_anew)
        adapter = lora_adapter(SHAPE).write(self.place / f"{run.name}.gguf")
        finish(train(run, 2))
        report_on(run, change, **report)
        return export(run, "ab" * 32, adapter)

    def rows(self):
        return self.folder.examples()


def letters(n, first=0):
    return [read(f"{number}.txt", prose(f"n{number}", 4)) for number in range(first, first + n)]
