"""Damage to the bytes of a file: flips, cuts, doubled and dropped blocks."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import strategies as st

_PLACE = st.floats(0, 1, exclude_max=True)


def _flip(at: float, bit: int) -> Callable[[bytes], bytes]:
    def damage(data: bytes) -> bytes:
        out = bytearray(data)
        if out:
            out[int(at * len(out))] ^= 1 << bit
        return bytes(out)

    return damage


def _block(begin: float, end: float, times: int) -> Callable[[bytes], bytes]:
    """Write a block so many times: none drops it, two doubles it; to the end of the data, none is a cut."""

    def damage(data: bytes) -> bytes:
        first, last = sorted((int(begin * len(data)), int(end * len(data))))
        return data[:first] + data[first : last + 1] * times + data[last + 1 :]

    return damage


DAMAGE = (
    st.builds(_flip, _PLACE, st.integers(0, 7))
    | st.builds(_block, _PLACE, _PLACE, st.sampled_from((0, 2)))
    | st.builds(_block, _PLACE, st.just(1.0), st.just(0))
)


def drawn(rng: Random) -> Callable[[bytes], bytes]:
    """One damage, of any of the kinds, also of a short block."""
    begin = rng.random()
    kind = rng.choice(("flip", "flip", "short", "block", "cut"))
    if kind == "flip":
        return _flip(begin, rng.randrange(8))
    if kind == "cut":
        return _block(begin, 1.0, 0)
    return _block(begin, begin + rng.random() * 0.02 if kind == "short" else rng.random(), rng.choice((0, 2)))
