"""One direction of one LSTM layer, as torch.nn.LSTM computes it (gates in the order input, forget, cell, output)."""

from __future__ import annotations

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The logistic function, without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def lstm(x: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray, backwards: bool = False) -> np.ndarray:
    """Hidden states, shape (batch, time, hidden).

    `x` is (batch, time, inputs), the weights are (4 * hidden, inputs) and (4 * hidden, hidden), `bias` is the sum of both biases.
    """
    batch, steps, _ = x.shape
    size = weight_hh.shape[1]
    gates_in = x @ weight_ih.T + bias
    recurrent = np.ascontiguousarray(weight_hh.T)
    hidden = np.zeros((batch, size), np.float32)
    cell = np.zeros((batch, size), np.float32)
    out = np.empty((batch, steps, size), np.float32)
    for t in range(steps - 1, -1, -1) if backwards else range(steps):
        gates = gates_in[:, t] + hidden @ recurrent
        cell = sigmoid(gates[:, size : 2 * size]) * cell + sigmoid(gates[:, :size]) * np.tanh(gates[:, 2 * size : 3 * size])
        hidden = sigmoid(gates[:, 3 * size :]) * np.tanh(cell)
        out[:, t] = hidden
    return out
