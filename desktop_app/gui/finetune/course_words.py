"""What is said of a course in the list of what is taught: what it is for, what it has, and how its last run stands."""

from desktop_app.finetune.course import Course
from desktop_app.finetune.goals import GOALS
from desktop_app.finetune.report import Outcome, Report, verdict
from desktop_app.finetune.run_folder import RunState, RunStatus
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.finetune.document_words import totals
from desktop_app.gui.library.download_row import readable_time
from desktop_app.gui.library.labels import listed

_VERDICT_ICONS = {Outcome.GAIN: ("check", "good"), Outcome.HARM: ("triangle-alert", "danger")}


def goal_words(course: Course) -> str:
    """Return what the model is taught to do."""
    title = GOALS[course.goal].title
    return title[:1].upper() + title[1:]


def facts_words(course: Course, model: str) -> str:
    """Return what is taught, and from what."""
    return listed((model, *totals(course.documents).split(", ")))


def run_told(status: RunStatus | None, report: Report | None) -> Told:
    """Say how the last run of a course stands."""
    if status is None:
        return Told("minus", "muted", "Not trained yet", is_small=True)
    done = _done(status)
    match status.state:
        case RunState.RUNNING:
            return Told("activity", "accent", _running(status, done), is_small=True)
        case RunState.PREPARED:
            return Told("clock", "muted", "Ready to be trained", is_small=True)
        case RunState.PAUSED:
            return Told("pause", "muted", f"Paused{done}", is_small=True)
        case RunState.INTERRUPTED:
            return Told("pause", "warn", f"Interrupted{done}, and can go on from there", is_small=True)
        case RunState.TRAINED:
            return Told("clock", "muted", "Trained; what it has learned is still to be measured", is_small=True)
        case RunState.FAILED | RunState.DAMAGED:
            return Told("circle-alert", "danger", status.sentence, is_small=True)
    if report is None:
        return Told("check", "muted", "Trained", is_small=True)
    icon, token = _VERDICT_ICONS.get(report.outcome, ("minus", "muted"))
    return Told(icon, token, verdict(report), is_small=True)


def fraction_done(status: RunStatus) -> float | None:
    """Return how much of the training is done, from 0 to 1; None where that is not known."""
    steps = status.progress.started.get("steps", 0)
    return min(1.0, status.progress.step / steps) if steps else None


def _done(status: RunStatus) -> str:
    fraction = fraction_done(status)
    return "" if fraction is None else f" at {fraction:.0%}"


def _running(status: RunStatus, done: str) -> str:
    if status.is_trained:
        return "Measuring what it has learned"
    left = status.progress.seconds_left
    return "Training" + done.replace(" at ", ", ") + (f", {readable_time(left)} left" if left else "")
