"""What a plan would come to, worked out for the screen: recipes, times, memory, and what is against it."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from desktop_app.errors import UserError
from desktop_app.finetune.course import Course
from desktop_app.finetune.expert import Learned, Matter, Value, matter_of, recipe_of, with_values
from desktop_app.finetune.model_file import check_trainable
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
from desktop_app.trainer.contract import Recipe

Estimates = Callable[[Mapping[str, Value]], dict[str, Any] | None]  # see `CourseTask.known_estimate`


@dataclass(frozen=True)
class Looked:
    """What was read of the models, and of the disk.

    Attributes:
        reasons: Why models cannot be trained, by their numbers.
        ground: Of the model that is taught; None without one, or where it cannot be trained.
        path: Of that model.
        continued: The run that the next one goes on from, or None.
        old_share: Of what was learned before, that is learned again then.
    """

    reasons: Mapping[int, str] = field(default_factory=dict)
    ground: Ground | None = None
    path: str = ""
    free_disk: int = 0
    continued: RunStatus | None = None
    old_share: float = 1.0


def look(models: Sequence[Model], course: Course, runs: Sequence[RunStatus], folder: Path) -> Looked:
    """Read the headers of the models and what the course has taught; takes a moment.

    Args:
        runs: Of the course, oldest first.
        folder: On the disk that runs are written to.
    """
    from desktop_app.finetune.course_material import OLD_SHARE, can_be_continued  # it needs NumPy

    path = course.model_path
    reasons: dict[int, str] = {}
    ground = None
    for model in models:
        try:
            header = cached_header(Path(model.path))
            check_trainable(header)
            if model.path == path:
                ground = ground_of(header)
        except UserError as error:
            reasons[model.id] = error.sentence
    fitting = (run for run in reversed(runs) if can_be_continued(run, Path(path), course.model_sha256))
    return Looked(reasons, ground, path, shutil.disk_usage(folder).free, next(fitting, None), OLD_SHARE)


@dataclass(frozen=True)
class Prospects:
    """What a plan comes to.

    Attributes:
        choices, matter: What is chosen, and what there is to learn.
        recipe: What comes of both; None where they cannot go together, which `trouble` tells.
        recipes: Of each preset with the same values besides; not of those that cannot be.
        seconds: How long each of them takes, where that is known.
        is_measured: Whether the time of this very plan was measured.
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
    estimates: Estimates,
    continued: RunStatus | None = None,
    old_share: float = 1.0,
) -> Prospects:
    """Return what the plan of a course comes to.

    Args:
        free_memory: Bytes of RAM; 0 is unknown.
        continued: The run that it goes on from, or None.
        old_share: Of what was learned before, that is learned again then.
    """
    share = learned.share_of(old_share) if continued is not None else 1.0
    rank = continued.run.recipe.rank if continued is not None and continued.run is not None else None
    known = {preset: found for preset in PRESETS if (found := estimates({"preset": preset})) is not None}

    def matter(choices: Choices) -> Matter:
        n_ctx = ground.n_ctx_train if ground else LONGEST
        guessed = matter_of(learned, choices, course.characters_per_token, n_ctx, rank, share)
        counted = known.get(choices.preset) or next(iter(known.values()), None)
        return replace(guessed, n_examples=counted["examples"]) if counted else guessed

    recipes: dict[str, Recipe] = {}
    trouble = ""
    for preset in PRESETS:
        choices = with_values(preset, course.choices)
        try:
            recipes[preset] = recipe_of(choices, matter(choices))
        except UserError as error:
            trouble = str(error) if preset == course.preset else trouble
    chosen = with_values(course.preset, course.choices)
    recipe, estimate = recipes.get(course.preset), known.get(course.preset)
    memory = None
    if ground is not None and recipe is not None and free_memory:
        memory = plan_memory(ground, recipe, free_memory, estimate or next(iter(known.values()), None))
    return Prospects(
        choices=chosen,
        matter=matter(chosen),
        recipe=recipe,
        trouble=trouble,
        recipes=recipes,
        seconds=_seconds(known, recipes),
        is_measured=estimate is not None,
        memory=memory,
        disk_bytes=disk_bytes(ground, recipe) if ground is not None and recipe is not None else 0,
    )


def _seconds(known: Mapping[str, Mapping[str, Any]], recipes: Mapping[str, Recipe]) -> dict[str, float]:
    """Return how long each preset takes: as it was measured, or from what was measured for another one."""
    seconds: dict[str, float] = {preset: found["seconds"] for preset, found in known.items() if preset in recipes}
    if seconds:
        measured, _ = next(iter(seconds.items()))
        for preset, recipe in recipes.items():
            if preset not in seconds:
                seconds[preset] = seconds_for(known[measured], recipes[measured], recipe)
    return seconds
