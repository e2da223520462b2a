"""What float16 cannot say of a log-probability is said as the lowest number it has."""

from types import SimpleNamespace

import numpy as np
import pytest

from desktop_app.engine.backend import Stopped
from desktop_app.engine.llama.recording import record

LOWEST = -65504.0


class Reader:
    """Gives these logits after every token."""

    def __init__(self, logits):
        self.model = SimpleNamespace(n_vocab=len(logits))
        self._logits = np.array(logits, np.float32)
        self.asked = []

    def read(self, position, inputs):
        self.asked.append((position, len(inputs)))
        return np.tile(self._logits, (len(inputs), 1))


@pytest.mark.parametrize("ruled_out", [-1e5, -65519.0, -3e38, -np.inf])
def test_what_is_ruled_out_has_the_lowest_number_there_is(tmp_path, ruled_out):
    record(Reader([0.0, ruled_out, -7.0]), (0, 1), tmp_path / "probe.npy", lambda: False)
    rows = np.load(tmp_path / "probe.npy")
    assert rows[:, 1].tolist() == [LOWEST, LOWEST]
    assert np.isfinite(rows).all()
    assert rows[0, 2] == np.float16(-7.0 - np.log1p(np.exp(-7.0)))


def test_a_text_is_read_in_batches_of_one_window(tmp_path):
    reader = Reader([0.0, 1.0])
    record(reader, (0,) * 300, tmp_path / "probe.npy", lambda: False)
    assert reader.asked == [(0, 128), (128, 128), (256, 44)]


def test_stopped_in_the_middle_nothing_is_left(tmp_path):
    reader = Reader([0.0, 1.0])
    with pytest.raises(Stopped):
        record(reader, (0,) * 300, tmp_path / "probe.npy", lambda: len(reader.asked) == 2)
    assert reader.asked == [(0, 128), (128, 128)]
    assert list(tmp_path.iterdir()) == []
