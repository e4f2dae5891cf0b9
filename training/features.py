"""Features, the same that Vosk computes from conf/mfcc.conf."""

from __future__ import annotations

import kaldi_native_fbank as knf
import numpy as np
from numpy.typing import NDArray

from ivr.voice.wav import RATE
from training.corpus import Samples

DIMENSION = 40
Features = NDArray[np.float32]
"""(frames of 10 ms, 40)"""


def _options() -> knf.MfccOptions:
    options = knf.MfccOptions()
    options.frame_opts.samp_freq = RATE
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = options.num_ceps = DIMENSION
    options.mel_opts.low_freq, options.mel_opts.high_freq = 20, -200
    options.use_energy = False
    return options


def mfcc(samples: Samples) -> Features:
    """A frame each 10 ms, as far as one of 25 ms has all its samples."""
    computer = knf.OnlineMfcc(_options())
    computer.accept_waveform(RATE, samples.astype(np.float32).tolist())
    computer.input_finished()
    frames = [computer.get_frame(i) for i in range(computer.num_frames_ready)]
    return np.array(frames, np.float32).reshape(-1, DIMENSION)
