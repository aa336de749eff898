"""The hash of a file's bytes, taken beside the look at them: OpenSSL lets go of Python's lock while it hashes."""

from __future__ import annotations

import hashlib
import threading

BATCH = 1 << 23  # bytes hashed at a time: each hand-over may wait for the lock, for 5 ms


class Fingerprint:
    """SHA-256 over pieces of bytes; large batches of them are hashed in a thread, one at a time."""

    def __init__(self) -> None:
        """Begin with no byte."""
        self._digest = hashlib.sha256()
        self._held: list[bytes] = []
        self._size = 0
        self._thread: threading.Thread | None = None

    def take(self, piece: bytes) -> None:
        """Take the next piece."""
        self._held.append(piece)
        self._size += len(piece)
        if self._size >= BATCH:
            batch = self._batch()
            self._thread = threading.Thread(target=lambda: self._digest.update(batch))
            self._thread.start()

    def hexdigest(self) -> str:
        """Of all pieces so far, in hex."""
        self._digest.update(self._batch())
        return self._digest.hexdigest()

    def _batch(self) -> bytes:
        """What is held, once what was handed over is hashed."""
        batch = b"".join(self._held)
        self._held, self._size = [], 0
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        return batch
