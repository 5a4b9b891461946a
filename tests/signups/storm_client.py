"""Many browsers at once, as a program of its own that needs nothing but Python: ``python storm_client.py`` reads one plan.

The plan (one JSON line on standard input) is a list of browsers. Each has ``name``, ``ports`` of the servers it may ask,
``cookie``, and ``acts``: a list of ``sign_up``, ``withdraw`` and ``edit``, each with ``path`` (of its page; ``{code}`` is the
sign-up it got) and ``fields``, or with the ``body`` of a form that was filled in before. ``at``, if it is there, is the moment
of the machine's monotonic clock before which the first act is not sent.
First every browser fetches its form and waits; ``ready`` is printed; the line ``go`` starts them all at the same moment.

Each answer is one JSON line: who, which act, status, where it leads, and when it was sent and answered on the machine's
monotonic clock. A browser whose connection breaks in the middle says ``unknown`` and freezes, and so do all others at their
next act, until the line ``on`` lets them go on: the act is then sent again exactly as it was. Where the plan says
``is_patient``, "not now" (503) is no answer either: it asks the browser to press again.
"""

import html
import http.client
import json
import re
import sys
import threading
import time
import urllib.parse
from typing import Any

#: Seconds for one answer. Far beyond what the server may take: a storm that needs it fails.
PATIENCE = 120

said = threading.Lock()
going, frozen = threading.Event(), threading.Event()


def say(**words: object) -> None:
    """Print one line, whole."""
    with said:
        print(json.dumps(words), flush=True)


class Browser(threading.Thread):
    """One browser with its cookie."""

    def __init__(self, plan: dict[str, Any], started: threading.Barrier) -> None:
        super().__init__(name=plan["name"])
        self.plan, self.started = plan, started
        self.cookie: str = plan["cookie"]
        self.code = ""
        self.turn = 0

    def run(self) -> None:
        """Do every act, each until it is answered."""
        first = self.plan["acts"][0]
        prepared = self.prepare(first)
        self.started.wait()
        time.sleep(max(0, self.plan.get("at", 0) - time.monotonic()))
        for number, act in enumerate(self.plan["acts"]):
            path, body = prepared if number == 0 else self.prepare(act)
            while not self.send(number, act, path, body):
                going.wait()

    def prepare(self, act: dict[str, Any]) -> tuple[str, str]:
        """Return where an act is sent and what; a form is fetched for it as a person would."""
        while True:
            going.wait() if frozen.is_set() else None
            try:
                return self.form(act)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)  # nothing was sent yet: only the page could not be had

    def form(self, act: dict[str, Any]) -> tuple[str, str]:
        """Fetch the page an act starts from and fill its form in; or take the form as it was filled in before. Empty: no form."""
        if "body" in act:
            return act["path"], act["body"]
        page = act["path"].format(code=self.code)
        status, _, text = self.ask("GET", page)
        if status != 200:
            return page, ""
        target = page if act["act"] != "withdraw" else f"{page}/withdraw"
        forms = [found for found in re.findall(r"<form\b.*?</form>", text, re.DOTALL) if f'action="{target}"' in found]
        if not forms:
            return target, ""
        form, fields = forms[0], {}
        for tag in re.findall(r"<input\b[^>]*>", form):
            named = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            if named.get("type") in {"hidden", "text", "number"} and "name" in named:
                fields[named["name"]] = html.unescape(named.get("value", ""))
        return target, urllib.parse.urlencode(fields | act.get("fields", {}))

    def send(self, number: int, act: dict[str, Any], path: str, body: str) -> bool:
        """Send an act and say what came back; False when the connection broke and nobody knows."""
        if frozen.is_set():
            say(name=self.name, number=number, act=act["act"], status="unknown", why="not sent")
            return False
        if not body:
            say(name=self.name, number=number, act=act["act"], status="no form", code=self.code)
            return True
        sent = time.monotonic()
        status, location, why = self.answer(path, body)
        if why:
            frozen.set()
            going.clear()
            say(name=self.name, number=number, act=act["act"], status="unknown", why=why)
            return False
        if "/sign-ups/" in location:
            self.code = location.split("/sign-ups/")[1][:26]
        say(
            name=self.name, number=number, act=act["act"], status=status, location=location, code=self.code,
            sent=sent, answered=time.monotonic(),
        )  # fmt: skip
        return True

    def answer(self, path: str, body: str) -> tuple[int, str, str]:
        """Send a form; return status and address of what came back, or why nobody knows what became of it."""
        try:
            status, location, _ = self.ask("POST", path, body)
        except (OSError, http.client.HTTPException) as error:
            return 0, "", repr(error)
        return status, location, "not now" if status == 503 and self.plan.get("is_patient") else ""

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        """Make one request on a connection of its own; the servers take turns."""
        ports = self.plan["ports"]
        port = ports[self.turn % len(ports)]
        self.turn += 1
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            headers = {"Cookie": self.cookie}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                if cookie.startswith("festival="):
                    self.cookie = cookie.split(";")[0]
            return answer.status, answer.headers.get("Location", ""), text
        finally:
            connection.close()


def main() -> None:
    """Run the plan."""
    plans = json.loads(sys.stdin.readline())
    started = threading.Barrier(len(plans) + 1)
    browsers = [Browser(plan, started) for plan in plans]
    for browser in browsers:
        browser.daemon = True
        browser.start()
    while started.n_waiting < len(plans):
        time.sleep(0.005)
    print("ready", flush=True)
    sys.stdin.readline()
    started.wait()
    threading.Thread(target=listen, daemon=True).start()
    for browser in browsers:
        browser.join()
    print("done", flush=True)


def listen() -> None:
    """Let the browsers go on after a fault, when told to."""
    for _line in sys.stdin:
        frozen.clear()
        going.set()


if __name__ == "__main__":
    main()
