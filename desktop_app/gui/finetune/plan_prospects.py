"""What a plan would come to, worked out for the screen: recipes, times, memory, and what is against it."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.course import Course
from desktop_app.finetune.expert import Learned, Matter, matter_of, recipe_of, with_values
from desktop_app.finetune.model_file import check_trainable
from desktop_app.finetune.paces import Pace, pace_for, read_paces
from desktop_app.finetune.recipe import LONGEST, PRESETS, Choices
from desktop_app.finetune.run_folder import RunStatus
from desktop_app.finetune.training_needs import (
    Ground,
    MemoryFit,
    MemoryPlan,
    disk_bytes,
    ground_of,
    plan_memory,
    seconds_for,
)
from desktop_app.library.outlook import cached_header
from desktop_app.storage.records import Model
from desktop_app.trainer.contract import FAST, Recipe


@dataclass(frozen=True)
class Looked:
    """What was read of the models, and of the disk.

    Attributes:
        reasons: Why models cannot be trained, by their numbers.
        ground: Of the model that is taught; None without one, or where it cannot be trained.
        path, sha256: Of that model.
        paces: At which it was trained on this computer.
        continued: The run that the next one goes on from, or None.
        old_share: Of what was learned before, that is learned again then.
    """

    reasons: Mapping[int, str] = field(default_factory=dict)
    ground: Ground | None = None
    path: str = ""
    sha256: str = ""
    paces: tuple[Pace, ...] = ()
    free_disk: int = 0
    continued: RunStatus | None = None
    old_share: float = 1.0


def look(models: Sequence[Model], course: Course, runs: Sequence[RunStatus], folder: Path, place: Path) -> Looked:
    """Read the headers of the models and what the course has taught; takes a moment.

    Args:
        runs: Of the course, oldest first.
        folder: On the disk that runs are written to.
        place: Where they are written.
    """
    from desktop_app.finetune.course_material import OLD_SHARE, can_be_continued  # it needs NumPy

    path = course.model_path
    reasons: dict[int, str] = {}
    ground, sha256 = None, ""
    for model in models:
        try:
            header = cached_header(Path(model.path))
            check_trainable(header)
            if model.path == path:
                ground, sha256 = ground_of(header), model.sha256
        except UserError as error:
            reasons[model.id] = error.sentence
    paces = tuple(pace for pace in read_paces(place) if pace.model_sha256 == sha256)
    fitting = (run for run in reversed(runs) if can_be_continued(run, Path(path), course.model_sha256))
    free_disk = shutil.disk_usage(folder).free
    return Looked(reasons, ground, path, sha256, paces, free_disk, next(fitting, None), OLD_SHARE)


@dataclass(frozen=True)
class Prospects:
    """What a plan comes to.

    Attributes:
        choices, matter: What is chosen, and what there is to learn.
        recipe: What comes of both; None where they cannot go together, which `trouble` tells.
        recipes: Of each preset with the same values besides; not of those that cannot be.
        seconds: How long each of them takes, where that is known.
        is_measured: Whether training by this recipe was measured, and not only by another one.
    """

    choices: Choices
    matter: Matter
    recipe: Recipe | None
    trouble: str = ""
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    is_measured: bool = False
    memory: MemoryPlan | None = None
    disk_bytes: int = 0

    @property
    def fits(self) -> bool:
        """Whether nothing that is known speaks against it."""
        return self.recipe is not None and (self.memory is None or self.memory.fit != MemoryFit.TOO_LARGE)


def prospects_of(
    course: Course,
    learned: Learned,
    ground: Ground | None,
    free_memory: int,
    paces: Sequence[Pace],
    continued: RunStatus | None = None,
    old_share: float = 1.0,
) -> Prospects:
    """Return what the plan of a course comes to.

    Args:
        free_memory: Bytes of RAM; 0 is unknown.
        paces: At which the model was trained on this computer.
        continued: The run that it goes on from, or None.
        old_share: Of what was learned before, that is learned again then.
    """
    share = learned.share_of(old_share) if continued is not None else 1.0
    rank = continued.run.recipe.rank if continued is not None and continued.run is not None else None
    n_ctx = ground.n_ctx_train if ground else LONGEST
    matters: dict[str, Matter] = {}
    recipes: dict[str, Recipe] = {}
    trouble = ""
    for preset in PRESETS:
        choices = with_values(preset, course.choices)
        matters[preset] = matter_of(learned, choices, course.characters_per_token, n_ctx, rank, share)
        try:
            recipes[preset] = recipe_of(choices, matters[preset])
        except UserError as error:
            trouble = str(error) if preset == course.preset else trouble
    recipe = recipes.get(course.preset)
    memory = None
    if ground is not None and recipe is not None and free_memory:
        memory = plan_memory(ground, recipe, free_memory, pace_for(paces, course.name, recipe, recipe.mode))
    mode = memory.mode if memory else FAST
    used = {preset: pace for preset in recipes if (pace := pace_for(paces, course.name, recipes[preset], mode))}
    return Prospects(
        choices=with_values(course.preset, course.choices),
        matter=matters[course.preset],
        recipe=recipe,
        trouble=trouble,
        recipes=recipes,
        seconds={preset: seconds_for(used[preset], recipes[preset], mode, matters[preset]) for preset in used},
        is_measured=recipe is not None and course.preset in used and used[course.preset].is_of(recipe, mode),
        memory=memory,
        disk_bytes=disk_bytes(ground, recipe) if ground is not None and recipe is not None else 0,
    )
