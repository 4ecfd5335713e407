"""Random numbers from a seed: SplitMix64, number by number."""
import numpy as np

from cases import case, rand


def numbers(seed, places):
    """The numbers of the sequence that begins at the bits of the seed as a float."""
    with np.errstate(over="ignore"):
        z = (np.asarray(places, np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(np.float32(seed).view(np.uint32))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def fractions(seed, shape, bits=53, each=1, which=0):
    places = np.arange(np.prod(shape)).reshape(shape) * each + which
    return (numbers(seed, places) >> np.uint64(64 - bits)).astype(np.float64) * 2.0**-bits


def open_fractions(seed, shape, each=1, which=0):
    return fractions(seed, shape, 52, each, which) + 2.0**-53


def normal(seed, shape):
    return np.sqrt(-2 * np.log(open_fractions(seed, shape, 2))) * np.cos(2 * np.pi * fractions(seed, shape, 53, 2, 1))


def randoms():
    x = rand(3, 4)
    case("uniform", "RandomUniform", 17, {}, shape=[2, 3], seed=1.5, expect=fractions(1.5, (2, 3), 24).astype(np.float32))
    case("uniform-double", "RandomUniform", 17, {}, shape=[5], seed=-2.0, low=-1.0, high=3.0, dtype=11, expect=4 * fractions(-2, (5, )) - 1)
    case("uniform-empty", "RandomUniform", 17, {}, shape=[0, 3], seed=7.0, expect=np.zeros((0, 3), np.float32))
    case("uniform-like", "RandomUniformLike", 17, {"x": x}, seed=3.0, expect=fractions(3, (3, 4), 24).astype(np.float32))
    case("uniform-like-half", "RandomUniformLike", 17, {"x": x.astype(np.int64)}, seed=3.0, dtype=10, expect=fractions(3, (3, 4), 11).astype(np.float16))
    case("uniform-like-symbols", "RandomUniformLike", 17, {"x": x}, symbols={"x": ["n", 4]}, seed=3.0, expect=fractions(3, (3, 4), 24).astype(np.float32))
    case("normal", "RandomNormal", 17, {}, shape=[64], seed=2.0, mean=1.0, scale=0.5, expect=(0.5 * normal(2, (64, )) + 1).astype(np.float32))
    case("normal-like", "RandomNormalLike", 17, {"x": x}, seed=2.0, expect=normal(2, (3, 4)).astype(np.float32))
    p = rand(4, 16, low=0, high=1)
    drawn = fractions(9, p.shape) < p
    case("bernoulli", "Bernoulli", 17, {"p": p}, seed=9.0, expect=drawn.astype(np.float32))
    case("bernoulli-bool", "Bernoulli", 17, {"p": p}, seed=9.0, dtype=9, expect=drawn)
    case("bernoulli-sure", "Bernoulli", 17, {"p": np.array([0, 1] * 20, np.float32)}, seed=1.0, expect=np.array([0, 1] * 20, np.float32))
    weights = rand(3, 5)
    weights[1] = [-np.inf, 0, -np.inf, -np.inf, -np.inf]
    score = weights[:, None].astype(np.float64) - np.log(-np.log(open_fractions(4, (3, 7, 5))))
    case("multinomial", "Multinomial", 17, {"w": weights}, seed=4.0, sample_size=7, expect=score.argmax(2).astype(np.int32))
    case("multinomial-long", "Multinomial", 17, {"w": weights}, seed=4.0, sample_size=7, dtype=7, expect=score.argmax(2))
