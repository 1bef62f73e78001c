"""Mel spectra as the speaker networks were trained on them."""

from __future__ import annotations

import functools

import numpy as np
from engine_api import SAMPLE_RATE

FRAME, HOP = 400, 160
"""25 ms frames every 10 ms, in samples."""


def kaldi_filterbank(audio: np.ndarray) -> np.ndarray:
    """Log mel energies as Kaldi's `compute-fbank-feats` with 80 bins and no dither, (frames, 80).

    Per frame: mean removed, pre-emphasis 0.97, Povey window, power of a 512 point FFT; 80 triangles from 20 Hz to
    8 kHz on the HTK mel scale; natural logarithm. Only whole frames count.
    """
    if len(audio) < FRAME:
        return np.zeros((0, 80), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(audio, FRAME)[::HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    power = np.abs(np.fft.rfft((frames - 0.97 * before) * _povey_window(), 512)) ** 2
    return np.log(np.maximum(power @ _kaldi_triangles(), np.finfo(np.float32).eps)).astype(np.float32)


def slaney_mel(audio: np.ndarray) -> np.ndarray:
    """Mel energies as librosa's `melspectrogram(n_fft=400, hop_length=160, n_mels=40)`, (frames, 40).

    Centred frames with zeros around the audio, periodic Hann window, power spectrum, Slaney's mel scale and norm.
    """
    padded = np.pad(audio, FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME + 1)[:FRAME])) ** 2
    return (power @ _slaney_triangles()).astype(np.float32)


@functools.cache
def _povey_window() -> np.ndarray:
    return np.hanning(FRAME) ** 0.85


@functools.cache
def _kaldi_triangles() -> np.ndarray:
    def mel(hertz: np.ndarray) -> np.ndarray:
        return 1127 * np.log(1 + hertz / 700)

    edges = np.linspace(mel(np.array(20.0)), mel(np.array(SAMPLE_RATE / 2)), 82)
    bins = mel(np.arange(257) * SAMPLE_RATE / 512)[:, None]
    up = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0, np.minimum(up, down))
    triangles[-1] = 0  # Kaldi leaves the Nyquist bin out
    return triangles


@functools.cache
def _slaney_triangles() -> np.ndarray:
    linear, knee, log_step = 200 / 3, 1000.0, np.log(6.4) / 27

    def hertz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < knee / linear, mel * linear, knee * np.exp(log_step * (mel - knee / linear)))

    top = knee / linear + np.log(SAMPLE_RATE / 2 / knee) / log_step
    edges = hertz(np.linspace(0, top, 42))
    bins = np.linspace(0, SAMPLE_RATE / 2, FRAME // 2 + 1)[:, None]
    up = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(up, down)) * (2 / (edges[2:] - edges[:-2]))
