"""A headless browser over its debugging pipe: what a page asks for, what it complains of, and what it looks like."""

from __future__ import annotations

import base64
import json
import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
         "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions")
PATIENCE = 60.0  # seconds for one answer


def path_of_browser() -> str | None:
    """The browser of this machine, if there is one."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


@dataclass
class Browser:
    """A running browser with one page.

    Args:
        asked: Addresses that the page asked for since it was opened, its own among them.
        complaints: Errors and warnings on its console, exceptions, and what its policy refused.
    """

    to: int
    back: int
    session: str | None = None
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    loaded: bool = False
    _number: int = 0
    _rest: bytes = b""

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; what happens meanwhile is taken note of."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            heard = self._hear()
            if heard.get("id") == self._number:
                assert "error" not in heard, heard
                return dict(heard["result"])

    def open(self, path: Path) -> None:
        """Open a page and wait until all of it is there."""
        self.asked, self.complaints, self.loaded = [], [], False
        self.call("Page.navigate", url=path.absolute().as_uri())
        while not self.loaded:
            self._hear()

    def ask(self, expression: str) -> Any:
        """What an expression says in the page, as JSON has it."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Make the window so large."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def paper(self) -> bytes:
        """The page as PDF, as it would be printed."""
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def _hear(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.back, selectors.EVENT_READ)
            while b"\0" not in self._rest:
                assert waiting.select(deadline - time.monotonic()), "the browser does not answer"
                self._rest += os.read(self.back, 1 << 16)
        text, _, self._rest = self._rest.partition(b"\0")
        heard: dict[str, Any] = json.loads(text)
        said = heard.get("params", {})
        match heard.get("method"):
            case "Network.requestWillBeSent":
                self.asked.append(said["request"]["url"])
            case "Runtime.consoleAPICalled":
                self.complaints.append(str([argument.get("value") for argument in said["args"]]))
            case "Runtime.exceptionThrown":
                self.complaints.append(str(said["exceptionDetails"]))
            case "Log.entryAdded":
                self.complaints.append(said["entry"]["text"])
            case "Page.javascriptDialogOpening":
                self.complaints.append(f"a dialog: {said['message']}")
            case "Page.loadEventFired":
                self.loaded = True
        return heard


@contextmanager
def browser(program: str, folder: Path) -> Iterator[Browser]:
    """Start a browser whose profile is in `folder`, and end it."""
    to_read, to_write = os.pipe()
    back_read, back_write = os.pipe()

    def wire() -> None:
        """The browser takes commands at 3 and answers at 4."""
        os.dup2(to_read, 13)
        os.dup2(back_write, 14)
        os.dup2(13, 3)
        os.dup2(14, 4)

    process = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--remote-debugging-pipe", "about:blank"],
        preexec_fn=wire, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,  # noqa: PLW1509
        stderr=subprocess.DEVNULL)
    os.close(to_read)
    os.close(back_write)
    started = Browser(to_write, back_read)
    try:
        page = started.call("Target.createTarget", url="about:blank")["targetId"]
        started.session = started.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            started.call(f"{domain}.enable")
        yield started
    finally:
        process.terminate()
        process.wait(30)
        os.close(to_write)
        os.close(back_read)
