"""CAM++ speaker embeddings in numpy.

The network of "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking"
(arXiv 2303.00332), with the layers and names of 3D-Speaker's `CAMPPlus`: a residual front end of 2-d convolutions
over mel bands and time, a time-delay layer of stride 2, three densely connected blocks whose layers mask themselves
by their context, then mean and deviation over time and a linear layer to 192 numbers.
The weights are 3D-Speaker's `speech_campplus_sv_zh_en_16k-common_advanced`, a plain state dictionary.
"""

from __future__ import annotations

from pathlib import Path

import checkpoint
import numpy as np
from lstm import sigmoid
from mel import kaldi_filterbank

BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each dense block; every layer adds 32 channels with a kernel of 3."""
CONTEXT = 100
"""Frames (20 ms each) over which a layer averages its local context."""
EPSILON = 1e-5


class CamPlusPlus:
    """The network with the weights of one checkpoint."""

    def __init__(self, path: Path) -> None:
        self._weights = checkpoint.float_tensors(checkpoint.load(path))
        self._affine = self._batch_norms()

    def __call__(self, pieces: list[np.ndarray]) -> np.ndarray:
        """Unit embeddings, (pieces, 192), from pieces of audio; those of one length are worked on together."""
        result = np.zeros((len(pieces), 192), np.float32)
        for length in {len(piece) for piece in pieces}:
            places = [place for place, piece in enumerate(pieces) if len(piece) == length]
            result[places] = self._embeddings(np.stack([kaldi_filterbank(pieces[place]) for place in places]))
        return result

    def _embeddings(self, features: np.ndarray) -> np.ndarray:
        """(batch, 192) from Kaldi filterbanks, (batch, frames, 80)."""
        x = features - features.mean(axis=1, keepdims=True)
        x = self._front_end(np.ascontiguousarray(x.transpose(0, 2, 1)[..., None], np.float32))
        x = _convolve_time(x, self._weights["xvector.tdnn.linear.weight"], stride=2)
        x = self._relu_norm(x, "xvector.tdnn.nonlinear.batchnorm")
        for number, (layers, dilation) in enumerate(BLOCKS, start=1):
            for layer in range(1, layers + 1):
                x = np.concatenate([x, self._dense(x, f"xvector.block{number}.tdnnd{layer}", dilation)], axis=-1)
            x = self._relu_norm(x, f"xvector.transit{number}.nonlinear.batchnorm")
            x = x @ self._weights[f"xvector.transit{number}.linear.weight"][:, :, 0].T
        x = self._relu_norm(x, "xvector.out_nonlinear.batchnorm")
        x = np.concatenate([x.mean(axis=1), x.std(axis=1, ddof=1)], axis=-1)
        x = self._norm(x @ self._weights["xvector.dense.linear.weight"][:, :, 0].T, "xvector.dense.nonlinear.batchnorm")
        return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)

    def _front_end(self, x: np.ndarray) -> np.ndarray:
        """(batch, 80, frames, 1) to (batch, frames, 320)."""
        x = self._relu_norm(self._convolve(x, "head.conv1"), "head.bn1")
        for layer in (1, 2):
            for block, stride in ((0, 2), (1, 1)):
                name = f"head.layer{layer}.{block}"
                y = self._relu_norm(self._convolve(x, f"{name}.conv1", stride), f"{name}.bn1")
                y = self._norm(self._convolve(y, f"{name}.conv2"), f"{name}.bn2")
                if stride > 1:
                    kernel = self._weights[f"{name}.shortcut.0.weight"][:, :, 0, 0]
                    x = self._norm(x[:, ::stride] @ kernel.T, f"{name}.shortcut.1")
                x = np.maximum(x + y, 0)
        x = self._relu_norm(self._convolve(x, "head.conv2", 2), "head.bn2")
        batch, bands, frames, channels = x.shape
        return x.transpose(0, 2, 3, 1).reshape(batch, frames, channels * bands)

    def _convolve(self, x: np.ndarray, name: str, stride: int = 1) -> np.ndarray:
        """A 3 x 3 convolution with a border of zeros, its stride over the bands only: (batch, bands, frames, channels)."""
        kernel = self._weights[f"{name}.weight"]
        batch, bands, frames, channels = x.shape
        bordered = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        bands = (bands + stride - 1) // stride
        columns = np.empty((batch, bands, frames, 9, channels), np.float32)
        for row in range(3):
            for column in range(3):
                last = row + stride * (bands - 1) + 1
                columns[:, :, :, 3 * row + column] = bordered[:, row:last:stride, column : column + frames]
        flat = columns.reshape(-1, 9 * channels) @ kernel.transpose(2, 3, 1, 0).reshape(9 * channels, -1)
        return flat.reshape(batch, bands, frames, -1)

    def _dense(self, x: np.ndarray, name: str, dilation: int) -> np.ndarray:
        """A dense layer's 32 new channels: a bottleneck, a local convolution, and a mask made of the context."""
        w = self._weights
        x = self._relu_norm(x, f"{name}.nonlinear1.batchnorm") @ w[f"{name}.linear1.weight"][:, :, 0].T
        x = self._relu_norm(x, f"{name}.nonlinear2.batchnorm")
        local = _convolve_time(x, w[f"{name}.cam_layer.linear_local.weight"], dilation=dilation)
        context = x.mean(axis=1, keepdims=True) + _segment_means(x)
        context = np.maximum(_affine(context, w, f"{name}.cam_layer.linear1"), 0)
        return local * sigmoid(_affine(context, w, f"{name}.cam_layer.linear2"))

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        scale, shift = self._affine[name]
        return x * scale + shift

    def _relu_norm(self, x: np.ndarray, name: str) -> np.ndarray:
        return np.maximum(self._norm(x, name), 0)

    def _batch_norms(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Every batch norm as the scale and shift that it comes to when nothing is learned any more."""
        norms = {}
        for key, mean in self._weights.items():
            name, _, kind = key.rpartition(".")
            if kind == "running_mean":
                scale = self._weights.get(f"{name}.weight", 1.0) / np.sqrt(self._weights[f"{name}.running_var"] + EPSILON)
                shift = self._weights.get(f"{name}.bias", 0.0) - mean * scale
                norms[name] = (np.float32(scale), np.float32(shift))
        return norms


def _affine(x: np.ndarray, weights: dict[str, np.ndarray], name: str) -> np.ndarray:
    return x @ weights[f"{name}.weight"][:, :, 0].T + weights[f"{name}.bias"]


def _convolve_time(x: np.ndarray, kernel: np.ndarray, stride: int = 1, dilation: int = 1) -> np.ndarray:
    """A convolution over time with a border of zeros: (batch, time, in) with (out, in, width)."""
    width = kernel.shape[2]
    border = (width - 1) // 2 * dilation
    bordered = np.pad(x, ((0, 0), (border, border), (0, 0)))
    steps = (x.shape[1] - 1) // stride + 1
    out = 0.0
    for tap in range(width):
        first = tap * dilation
        out = out + bordered[:, first : first + stride * (steps - 1) + 1 : stride] @ kernel[:, :, tap].T
    return out


def _segment_means(x: np.ndarray) -> np.ndarray:
    """Each frame's mean over its stretch of CONTEXT frames; the last stretch may be shorter."""
    means = np.empty_like(x)
    for first in range(0, x.shape[1], CONTEXT):
        means[:, first : first + CONTEXT] = x[:, first : first + CONTEXT].mean(axis=1, keepdims=True)
    return means
