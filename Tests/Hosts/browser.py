#!/usr/bin/env python3
"""A browser with a page, driven by commands: Chromium without a window, over the pipe of its DevTools protocol
(https://chromedevtools.github.io/devtools-protocol/), which needs nothing but Python.

  browser.py serve SOCKET                 starts the browser; prints "ready"; ends with the connection's "quit"
  browser.py ask SOCKET COMMAND [WORD…]   has one command carried out; prints the answer; status 1: it failed

Commands:
  go URL                     loads a page
  size WIDTH HEIGHT SCHEME   of the window, in CSS pixels; SCHEME: light or dark
  value EXPRESSION           of JavaScript in the page, as JSON
  wait SECONDS EXPRESSION    until it is true; prints after how many milliseconds
  type TEXT                  by the keyboard, where the focus is; "{Tab}", "{Enter}" are keys
  shot FILE                  the window as PNG
  complaints                 what the page wrote to the console as warnings or errors, and exceptions, a line each
  hosts                      the hosts that the page's requests went to, a line each
"""

import base64
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--remote-debugging-pipe", "about:blank",
]


class Browser:
    """Chromium with one page."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="browser-", dir="/run/hosts" if os.path.isdir("/run/hosts") else None)
        near_in, self.to = os.pipe()
        self.of, near_out = os.pipe()
        # The protocol is on descriptors 3 and 4, which bash makes of two that are neither.
        theirs_in, theirs_out = (fcntl.fcntl(near, fcntl.F_DUPFD, 20) for near in (near_in, near_out))
        script = f'exec 3<&{theirs_in} 4>&{theirs_out} {theirs_in}<&- {theirs_out}>&-; exec "$@"'
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", "chromium", f"--user-data-dir={self.directory}", *FLAGS],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=sys.stderr, start_new_session=True,
            env={**os.environ, "HOME": self.directory, "DBUS_SESSION_BUS_ADDRESS": "disabled:"})
        for number in (near_in, near_out, theirs_in, theirs_out):
            os.close(number)
        self.pending, self.number, self.session = b"", 0, None
        self.complaints, self.hosts = [], set()
        pages = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        target = pages[0]["targetId"] if pages else self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def message(self):
        while b"\0" not in self.pending:
            part = os.read(self.of, 1 << 20)
            if not part:
                raise SystemExit("the browser has ended")
            self.pending += part
        text, _, self.pending = self.pending.partition(b"\0")
        return json.loads(text)

    def call(self, method, **parameters):
        """Calls a method, and notes what happens until its answer."""
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        rest = json.dumps(request).encode() + b"\0"
        while rest:
            rest = rest[os.write(self.to, rest):]
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(message["error"]["message"])
                return message["result"]
            self.note(message)

    def note(self, message):
        parameters = message.get("params", {})
        match message.get("method"):
            case "Runtime.consoleAPICalled" if parameters["type"] in ("warning", "error", "assert"):
                self.complaints.append(" ".join(str(a.get("value", a.get("description"))) for a in parameters["args"]))
            case "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                self.complaints.append(details.get("exception", {}).get("description", details["text"]))
            case "Log.entryAdded" if parameters["entry"]["level"] in ("warning", "error"):
                entry = parameters["entry"]
                self.complaints.append(f'{entry["text"]} {entry.get("url", "")}'.strip())
            case "Network.requestWillBeSent":
                url = urlsplit(parameters["request"]["url"])
                if url.scheme != "data":
                    self.hosts.add(url.netloc)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return result["result"].get("value")

    def do(self, command, *words):
        match command:
            case "go":
                self.call("Page.navigate", url=words[0])
                self.do("wait", "20", "document.readyState === 'complete'")
            case "size":
                width, height, scheme = int(words[0]), int(words[1]), words[2]
                self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                          mobile=width < 500)
                self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            case "value":
                return json.dumps(self.evaluate(words[0]))
            case "wait":
                began = time.monotonic()
                while not self.evaluate(words[1]):
                    if time.monotonic() - began > float(words[0]):
                        raise RuntimeError(f"not within {words[0]} s: {words[1]}\n" + self.evaluate("document.body.innerText"))
                    time.sleep(0.02)
                return str(round((time.monotonic() - began) * 1000))
            case "type":
                self.type(words[0])
            case "shot":
                image = self.call("Page.captureScreenshot", format="png")["data"]
                with open(words[0], "wb") as file:
                    file.write(base64.b64decode(image))
            case "complaints":
                self.evaluate("0")
                return "\n".join(self.complaints)
            case "hosts":
                return "\n".join(sorted(self.hosts))
            case _:
                raise RuntimeError(f"no command {command}")
        return ""

    def type(self, text):
        if text in ("{Tab}", "{Enter}"):
            key, code, typed = ("Tab", 9, "") if text == "{Tab}" else ("Enter", 13, "\r")
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, text=typed)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)
        else:
            self.call("Input.insertText", text=text)

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def serve(path):
    browser = Browser()
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            print("ready", flush=True)
            while True:
                connection, _ = listener.accept()
                with connection:
                    words = json.loads(connection.makefile().readline())
                    if words == ["quit"]:
                        return
                    try:
                        answer = {"answer": browser.do(*words)}
                    except RuntimeError as error:
                        answer = {"error": str(error)}
                    connection.sendall(json.dumps(answer).encode())
    finally:
        browser.end()


def ask(path, words):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(json.dumps(words).encode() + b"\n")
        answer = json.loads(connection.makefile().read())
    if "error" in answer:
        raise SystemExit(answer["error"])
    if answer["answer"]:
        print(answer["answer"])


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        ask(sys.argv[2], sys.argv[3:])
