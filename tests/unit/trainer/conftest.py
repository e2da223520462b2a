"""What tests of the trainer share."""

from contextlib import closing

import pytest
import torch

from desktop_app.trainer.ggml_library import Ggml, find_ggml

torch.set_num_threads(1)  # see tests/support/tiny_models.py


@pytest.fixture(scope="session")
def ggml_path():
    return find_ggml()


@pytest.fixture
def ggml(ggml_path):
    with closing(Ggml(ggml_path, 2)) as library:
        yield library
