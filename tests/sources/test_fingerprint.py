"""The hash that is taken beside the look at a file."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from etl.sources import fingerprint
from etl.sources.fingerprint import Fingerprint


@given(st.lists(st.binary(max_size=40)), st.integers(1, 60))
def test_is_that_of_the_bytes_however_they_come(pieces: list[bytes], batch: int) -> None:
    """Holds: whatever the pieces and batches, the hash is SHA-256 of all bytes, and goes on behind a first asking."""
    whole, fingerprint.BATCH = fingerprint.BATCH, batch
    try:
        digest = Fingerprint()
        for piece in pieces:
            digest.take(piece)
        first = digest.hexdigest()
        digest.take(b"and more")
    finally:
        fingerprint.BATCH = whole
    assert first == hashlib.sha256(b"".join(pieces)).hexdigest()
    assert digest.hexdigest() == hashlib.sha256(b"".join(pieces) + b"and more").hexdigest()
