"""Whether adapters are for models of the same shape, where no model is there to hold them against."""

from collections.abc import Sequence

from desktop_app.adapters.lora import Lora, Pair
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_text


def check_alike(named: Sequence[tuple[str, Lora]]) -> None:
    """Refuse adapters that no model could have both of.

    Args:
        named: Each with what it is called in the sentence.

    Raises:
        UserError: If two are for other architectures, or for other shapes of the same weight.
    """
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {}
    first_name, first = named[0]
    for name, lora in named:
        if lora.architecture != first.architecture:
            raise _different(
                first_name, name, f"of “{shown_text(first.architecture)}” and “{shown_text(lora.architecture)}”"
            )
        for weight, pair in lora.pairs.items():
            other_name, shape = shapes.setdefault(weight, (name, _shape(pair)))
            if shape != _shape(pair):
                raise _different(other_name, name, f"in which “{shown_text(weight)}” has different shapes")


def _shape(pair: Pair) -> tuple[int, ...]:
    """Return the shape of the weight that it changes, experts first."""
    return (*pair.b.shape[:-1], pair.a.shape[-1])


def _different(first: str, other: str, how: str) -> UserError:
    return UserError(
        f"“{first}” and “{other}” were made for different models, {how}.",
        "Choose adapters that were made for the same model.",
    )
