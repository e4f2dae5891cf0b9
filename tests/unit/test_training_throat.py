import numpy as np

from ivr.voice.wav import RATE
from training import throat


def test_noises_of_the_throat_are_of_all_lengths_and_equally_loud() -> None:
    noises = [throat.one(np.random.default_rng(seed)) for seed in range(300)]
    seconds = np.array([len(noise) / RATE for noise in noises])
    assert seconds.min() < 0.1
    assert seconds.max() > 2
    assert all(np.abs(noise).max() > 0.99 for noise in noises)
