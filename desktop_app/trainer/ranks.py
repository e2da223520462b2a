"""Several processes that train the same adapter, one a GPU, started by `torchrun`; usually there is only one.

Each has the whole model and computes every n-th micro-batch of a step. What they add up to is the same on all of them,
so all of them take the same next step; only the first one writes files.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
import torch.distributed
from torch.nn import Parameter


class Ranks:
    """This process among the others.

    Attributes:
        rank: Its number, from 0.
        size: How many there are.
    """

    def __init__(self, rank: int = 0, size: int = 1, device: torch.device | None = None) -> None:
        self.rank, self.size = rank, size
        self._device = device

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def sums(self, values: Sequence[float]) -> list[float]:
        """Return the sum of each value over all processes; all of them must ask."""
        if self.size == 1:
            return list(values)
        # On the device, because NCCL adds up nothing else.
        numbers = torch.tensor(values, dtype=torch.float64, device=self._device)
        torch.distributed.all_reduce(numbers)
        return [float(number) for number in numbers.tolist()]

    def add_up_gradients(self, parameters: Iterable[Parameter]) -> None:
        """Give each parameter the sum of its gradients over all processes; all of them must ask."""
        if self.size == 1:
            return
        chosen = list(parameters)
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in chosen]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        torch.distributed.all_reduce(flat)
        for parameter, part in zip(chosen, flat.split([each.numel() for each in chosen]), strict=True):
            parameter.grad = part.view_as(parameter).clone()


def local_rank(environment: Mapping[str, str] = os.environ) -> int:
    """Return the number of this process on its computer, 0 if it is alone."""
    return int(environment.get("LOCAL_RANK", 0))


@contextmanager
def joined(device: torch.device, environment: Mapping[str, str] = os.environ) -> Iterator[Ranks]:
    """Join the other processes, if torchrun has started any, until the end of the block."""
    size = int(environment.get("WORLD_SIZE", 1))
    if size == 1:
        yield Ranks()
        return
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Ranks(torch.distributed.get_rank(), size, device)
    finally:
        torch.distributed.destroy_process_group()
