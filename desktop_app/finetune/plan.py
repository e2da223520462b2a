"""What a person wants to be trained, and everything that can be refused before an engine is started."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from desktop_app.adapters.stack import check_stack
from desktop_app.engine.messages import AdapterScale, Stack
from desktop_app.errors import UserError
from desktop_app.finetune.course_runs import RunNote
from desktop_app.finetune.documents import Documents, read_documents
from desktop_app.finetune.frozen import Layer, Parent, check_continues, open_parent, open_stack
from desktop_app.finetune.model_file import check_trainable
from desktop_app.finetune.recipe import Choices, check_choices, choose_length, choose_loss
from desktop_app.finetune.split import Split
from desktop_app.library.gguf import GgufHeader, read_header


@dataclass(frozen=True, eq=False)
class Material:
    """What there is to learn where it is settled already what is held out, as it is of a course.

    Attributes:
        documents: Only those that something is from.
        about: More for `Run.about`.
        note: What the course is to know of the run.
    """

    documents: Documents
    parts: Split
    about: Mapping[str, Any]
    note: RunNote


@dataclass(frozen=True)
class Order:
    """What a person wants.

    Attributes:
        name: Of the run, and of the adapter that comes out of it.
        model: The file of the model.
        documents: Files and folders; or what is in them, settled.
        stack: Adapters that lie under the new one and stay as they are.
        continues: The file of an adapter that is trained further, or None.
        n_ctx: Context length that the person chats with.
        model_sha256: Of the model's files, in order, as far as they are known.
    """

    name: str
    model: Path
    documents: Sequence[Path] | Material
    choices: Choices = field(default_factory=Choices)
    stack: Stack = ()
    continues: Path | None = None
    n_ctx: int = 4096
    model_sha256: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """An order that nothing speaks against, with all that was read.

    Attributes:
        choices: Those of the order; of an adapter that is trained further, its targets are among them.
        settled: What is learned and what is held out, where that is not to be chosen here.
        loss, length: Of the recipe.
    """

    order: Order
    choices: Choices
    header: GgufHeader
    documents: Documents
    settled: Material | None
    loss: str
    length: int
    stack: tuple[Layer, ...]
    parent: Parent | None

    @property
    def acting(self) -> Stack:
        """What acts before training: the stack, and the adapter that is trained further."""
        return _acting(self.order)


def _acting(order: Order) -> Stack:
    parent = (AdapterScale(str(order.continues)),) if order.continues is not None else ()
    return (*(each for each in order.stack if each.scale), *parent)


def make_plan(order: Order) -> Plan:
    """Read the model's header, the adapters and the documents.

    Raises:
        UserError: If something of it cannot be trained, or trained so.
    """
    if not order.name.strip():
        raise UserError("The run has no name.", "Give it one; what comes out of it is called the same.")
    header = read_header(order.model)
    check_trainable(header)
    choices = order.choices
    check_choices(choices, header.n_ctx_train)
    check_stack([each.scale for each in _acting(order)])
    stack = open_stack(order.stack, header)
    parent = open_parent(order.continues, header) if order.continues is not None else None
    if parent is not None:
        check_continues(parent, choices.rank, choices.targets)
        choices = replace(choices, targets=choices.targets or parent.targets)
    settled, documents = None, order.documents
    if isinstance(documents, Material):
        settled, read = documents, documents.documents
    else:
        read = read_documents(documents)
    return Plan(
        order=order,
        choices=choices,
        header=header,
        documents=read,
        settled=settled,
        loss=choose_loss(choices, read.exchanges),
        length=choose_length(choices, header.n_ctx_train),
        stack=stack,
        parent=parent,
    )
