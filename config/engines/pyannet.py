"""pyannote's segmentation network (PyanNet) in numpy: raw audio in, speaker activity out.

Layers and names follow pyannote.audio's `PyanNet`: a SincNet front end (80 learned band-pass filters of 251 samples
with stride 10, then two convolutions of 60 x 5, each followed by a max pool of 3, an instance norm and a leaky ReLU),
four bidirectional LSTM layers of 128, two linear layers of 128 and a classifier of three speakers. The checkpoint is the
2.0 one: independent probabilities of up to three speakers in a window of 5 s.
"""

from __future__ import annotations

from pathlib import Path

import checkpoint
import numpy as np
from engine_api import SAMPLE_RATE, Audio, progress
from lstm import lstm, sigmoid

FRAME_STEP = 270 / SAMPLE_RATE
"""Seconds between two frames: stride 10 and three pools of 3."""
WINDOW = 5 * SAMPLE_RATE
"""Samples that the network was trained to hear at once."""
HOP = WINDOW // 2
BATCH = 8


class PyanNet:
    """The network with the weights of one checkpoint."""

    def __init__(self, path: Path) -> None:
        self._weights = checkpoint.float_tensors(checkpoint.load(path)["state_dict"])
        self._filters = _sinc_filters(self._weights)

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """Probability of each of three local speakers, (batch, frames, 3), from (batch, samples)."""
        w = self._weights
        x = _instance_norm(audio[:, None], w["sincnet.wav_norm1d.weight"], w["sincnet.wav_norm1d.bias"])
        for layer in range(3):
            if layer == 0:
                x = np.abs(_convolve(x, self._filters, stride=10))
            else:
                x = _convolve(x, w[f"sincnet.conv1d.{layer}.weight"]) + w[f"sincnet.conv1d.{layer}.bias"][:, None]
            x = _instance_norm(_pool(x), w[f"sincnet.norm1d.{layer}.weight"], w[f"sincnet.norm1d.{layer}.bias"])
            x = _leaky(x)
        x = x.transpose(0, 2, 1)
        for layer in range(4):
            x = np.concatenate([self._direction(x, f"l{layer}"), self._direction(x, f"l{layer}_reverse")], axis=-1)
        for layer in range(2):
            x = _leaky(x @ w[f"linear.{layer}.weight"].T + w[f"linear.{layer}.bias"])
        return sigmoid(x @ w["classifier.weight"].T + w["classifier.bias"])

    def _direction(self, x: np.ndarray, suffix: str) -> np.ndarray:
        w = self._weights
        bias = w[f"lstm.bias_ih_{suffix}"] + w[f"lstm.bias_hh_{suffix}"]
        return lstm(x, w[f"lstm.weight_ih_{suffix}"], w[f"lstm.weight_hh_{suffix}"], bias, suffix.endswith("reverse"))


def speech_track(network: PyanNet, audio: Audio) -> np.ndarray:
    """Probability that anybody speaks, for every FRAME_STEP of the audio.

    Windows of WINDOW start every half window, the last one padded with silence; where they overlap they are averaged.
    """
    frames = int(audio.duration / FRAME_STEP) + 1
    total = np.zeros(frames, np.float32)
    weight = np.full(frames, 1e-6, np.float32)
    count = max(1, -(-max(0, audio.samples - WINDOW) // HOP) + 1) if audio.samples else 0
    for first in range(0, count, BATCH):
        starts = [index * HOP for index in range(first, min(count, first + BATCH))]
        pieces = [audio.read_samples(start, WINDOW) for start in starts]
        activity = network(np.stack([np.pad(piece, (0, WINDOW - len(piece))) for piece in pieces])).max(axis=2)
        taper = np.hamming(activity.shape[1]).astype(np.float32)
        for start, window in zip(starts, activity, strict=True):
            frame = round(start / SAMPLE_RATE / FRAME_STEP)
            length = min(len(window), frames - frame)
            total[frame : frame + length] += (taper * window)[:length]
            weight[frame : frame + length] += taper[:length]
        progress(min(count, first + BATCH) / count)
    return total / weight


def _sinc_filters(w: dict[str, np.ndarray]) -> np.ndarray:
    """The 80 band-pass filters, (80, 1, 251): 40 even and 40 odd ones, from learned edges in Hz."""
    low = 50 + np.abs(w["sincnet.conv1d.0.filterbank.low_hz_"])
    high = np.clip(low + 50 + np.abs(w["sincnet.conv1d.0.filterbank.band_hz_"]), 50, SAMPLE_RATE / 2)
    times = w["sincnet.conv1d.0.filterbank.n_"]
    taper = w["sincnet.conv1d.0.filterbank.window_"]
    band = high - low
    even = (np.sin(high @ times) - np.sin(low @ times)) / (times / 2) * taper
    odd = (np.cos(low @ times) - np.cos(high @ times)) / (times / 2) * taper
    evens = np.concatenate([even, 2 * band, even[:, ::-1]], axis=1)
    odds = np.concatenate([odd, 0 * band, -odd[:, ::-1]], axis=1)
    return (np.concatenate([evens, odds]) / np.concatenate([2 * band, 2 * band]))[:, None].astype(np.float32)


def _convolve(x: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """A 1-d convolution without padding: (batch, in, time) with (out, in, width)."""
    views = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2], axis=2)[:, :, ::stride]
    batch, channels, steps, width = views.shape
    columns = views.transpose(0, 2, 1, 3).reshape(batch, steps, channels * width)
    return (columns @ kernel.reshape(len(kernel), -1).T).transpose(0, 2, 1)


def _pool(x: np.ndarray) -> np.ndarray:
    count = x.shape[-1] // 3
    return x[..., : 3 * count].reshape(*x.shape[:-1], count, 3).max(axis=-1)


def _instance_norm(x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5) * scale[:, None] + shift[:, None]


def _leaky(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0.01 * x)
