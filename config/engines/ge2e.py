"""GE2E speaker embeddings in numpy.

The network of "Generalized End-to-End Loss for Speaker Verification" (arXiv 1710.10467) as Resemblyzer trained it: three LSTM layers of 256 over
40 mel energies, 10 ms apart; the last hidden state of 160 frames, through a linear layer, a ReLU and to unit length.
Its checkpoint holds the state dictionary under `model_state`.
"""

from __future__ import annotations

from pathlib import Path

import checkpoint
import numpy as np
from engine_api import SAMPLE_RATE
from lstm import lstm
from mel import slaney_mel

FRAMES = 160
SAMPLES = FRAMES * SAMPLE_RATE // 100
"""The 1.6 s that the network hears at once."""
QUIETEST = 10 ** (-30 / 20)
"""Root mean square to which quieter speech is raised, as in training."""


class GE2E:
    """The network with the weights of one checkpoint."""

    def __init__(self, path: Path) -> None:
        self._weights = checkpoint.float_tensors(checkpoint.load(path)["model_state"])

    def __call__(self, pieces: list[np.ndarray]) -> np.ndarray:
        """Unit embeddings, (pieces, 256), from pieces of audio; the first 1.6 s count, shorter ones are repeated."""
        return self._embeddings(np.stack([slaney_mel(_prepared(piece))[:FRAMES] for piece in pieces]))

    def _embeddings(self, x: np.ndarray) -> np.ndarray:
        w = self._weights
        for layer in range(3):
            bias = w[f"lstm.bias_ih_l{layer}"] + w[f"lstm.bias_hh_l{layer}"]
            x = lstm(x, w[f"lstm.weight_ih_l{layer}"], w[f"lstm.weight_hh_l{layer}"], bias)
        x = np.maximum(x[:, -1] @ w["linear.weight"].T + w["linear.bias"], 0)
        return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def _prepared(sound: np.ndarray) -> np.ndarray:
    loudness = float(np.sqrt(np.mean(sound**2))) + 1e-9
    louder = sound * max(1.0, QUIETEST / loudness)
    return np.tile(louder, -(-SAMPLES // len(louder)))[:SAMPLES]
