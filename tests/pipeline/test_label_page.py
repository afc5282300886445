"""Labelling by hand: the session, the terminal, and the page on a real socket."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from trustdelta.errors import UsageError
from trustdelta.pipeline.labelling import page as page_module
from trustdelta.pipeline.labelling.entries import rows
from trustdelta.pipeline.labelling.forms import FORMS
from trustdelta.pipeline.labelling.items import Item
from trustdelta.pipeline.labelling.page import LabelServer
from trustdelta.pipeline.labelling.session import Session
from trustdelta.pipeline.labelling.terminal import ask
from trustdelta.records import Json
from trustdelta.store import Store

NODE = shutil.which("node")
HOSTILE = '<script>document.title="taken"</script>\x1b[2J\u202egnp.exe </pre>'


def item(place: int, text: str = "an answer", *, hidden: bool = False) -> Item:
    """One text of the baseline."""
    key = ("noncompliance", "answer", f"p{place}", "baseline")
    return Item(f"id{place}", (key,), FORMS["noncompliance"], (0.0, 1.0), f"prompt {place}", text, hidden)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run folder without anything in it."""
    with Store(tmp_path / "run", write=True, create=True):
        pass
    return tmp_path / "run"


def labels(folder: Path) -> list[tuple[str, float | None, str]]:
    """Prompt, label and labeller of every stored label."""
    with Store(folder, write=False) as store:
        return [(row[2], row[4], row[5]) for row in rows(store)]


LISTED = [item(0), item(1), item(2, HOSTILE), item(3, hidden=True)]


def test_every_label_is_stored_before_the_next_text(folder: Path) -> None:
    """Whoever kills the program loses the text shown, and goes on with it; another labeller begins anew."""
    session = Session(folder, LISTED, "ann")
    session.put("id0", 1.0)
    assert labels(folder) == [("p0", 1.0, "ann")]
    resumed = Session(folder, LISTED, "ann")
    assert (resumed.done, resumed.current) == (1, LISTED[1])
    assert Session(folder, LISTED, "bob").current == LISTED[0]


def test_undo_takes_the_latest_label_of_this_labeller_back(folder: Path) -> None:
    """Also after a restart; the labels of others stay, and there is nothing to undo at the start."""
    session, other = Session(folder, LISTED, "ann"), Session(folder, LISTED, "bob")
    session.undo()
    session.put("id0", 1.0)
    session.put("id1", None)
    other.put("id0", 0.0)
    again = Session(folder, LISTED, "ann")
    again.undo()
    assert again.current == LISTED[1]
    assert labels(folder) == [("p0", 1.0, "ann"), ("p0", 0.0, "bob")]


def test_a_label_for_another_text_is_refused(folder: Path) -> None:
    """A page that is behind cannot set the label of a text that it does not show."""
    session = Session(folder, LISTED, "ann")
    with pytest.raises(UsageError, match="not the text shown"):
        session.put("id2", 1.0)
    assert labels(folder) == []


def test_one_label_of_a_text_that_both_models_wrote_counts_for_both(folder: Path) -> None:
    """Equal answers are read once."""
    keys = (("s", "answer", "p", "baseline"), ("s", "answer", "p", "candidate"))
    both = replace(item(0), id="x", keys=keys)
    Session(folder, [both], "ann").put("x", 1.0)
    with Store(folder, write=False) as store:
        assert [row[3] for row in rows(store)] == ["baseline", "candidate"]


def test_time_left_follows_the_pace_and_pauses_do_not_count(folder: Path) -> None:
    """Ten seconds a text, and an hour's break: the median, of three texts at least."""
    times = iter([0.0, 10.0, 20.0, 3620.0, 3630.0])
    session = Session(folder, [item(i) for i in range(10)], "ann", clock=lambda: next(times))
    session.put("id0", 0.0)
    session.put("id1", 0.0)
    assert session.seconds_left is None
    session.put("id2", 0.0)
    assert session.seconds_left == 70.0


def test_the_terminal_asks_for_each_text(folder: Path) -> None:
    """Keys 1 to 4 are classes, u takes back, 0 cannot be decided, s reveals, q stops; anything else is explained."""
    screen = io.StringIO()
    ask(Session(folder, LISTED, ""), io.StringIO("3\nu\n4\n9\n0\n1\n1\ns\n2\n"), screen)
    assert labels(folder) == [("p0", 1.0, ""), ("p1", None, ""), ("p2", 0.0, ""), ("p3", 0.0, "")]
    shown = screen.getvalue()
    assert "wanted 1 to 4" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.index("may be disturbing") < shown.index("prompt 3")


class Browser:
    """Speaks to the page's server as a browser does."""

    def __init__(self, server: LabelServer) -> None:
        self.server = server

    def call(
        self, method: str, path: str, body: Json = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, dict[str, str]]:
        """Status, body and headers of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        sent = {"Content-Type": "application/json", **(headers or {})} if method == "POST" else headers or {}
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        reply = connection.getresponse()
        result = reply.status, reply.read().decode(), {k.lower(): v for k, v in reply.getheaders()}
        connection.close()
        return result

    def get(self, path: str) -> Json:
        """A JSON reply."""
        return json.loads(self.call("GET", f"/{self.server.key}/{path}")[1])

    def post(self, path: str, body: Json) -> Json:
        """The reply to a JSON request."""
        return json.loads(self.call("POST", f"/{self.server.key}/{path}", body)[1])


@pytest.fixture
def server(folder: Path) -> Iterator[LabelServer]:
    """The page, served on a free port."""
    with LabelServer(Session(folder, LISTED, "ann")) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        served.shutdown()
        thread.join(10)


def test_the_page_needs_nothing_from_outside_and_may_run_only_its_own_script(server: LabelServer) -> None:
    """Style and script are the ones that the policy names by hash, and no address is in the page."""
    status, body, headers = Browser(server).call("GET", f"/{server.key}/")
    assert status == 200
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        [part] = re.findall(rf"<{tag}>(.*?)</{tag}>", body, re.DOTALL)
        assert f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" in policy
    assert not re.search(r"https?://|src=|href=|innerHTML|insertAdjacent|eval", body)
    assert headers["referrer-policy"] == "no-referrer", "the address holds the key"
    assert headers["cache-control"] == "no-store"


def test_a_walk_through_the_page(server: LabelServer, folder: Path) -> None:
    """Label, undo, skip: the page shows the next text, and every label is in the run at once."""
    browser = Browser(server)
    first = browser.get("item")
    assert (first["done"], first["total"], first["item"]["prompt"]) == (0, 4, "prompt 0")
    assert [c["name"] for c in first["item"]["classes"]] == ["complies", "partial", "evades", "refuses"]
    second = browser.post("label", {"id": "id0", "choice": 2})
    assert second["item"]["id"] == "id1"
    assert labels(folder) == [("p0", 1.0, "ann")]
    assert browser.post("undo", {})["item"]["id"] == "id0"
    assert labels(folder) == []
    browser.post("label", {"id": "id0", "choice": 3})
    third = browser.post("label", {"id": "id1", "choice": None})
    assert "\u202e" not in third["item"]["text"]
    assert "<script>" in third["item"]["text"], "shown as text"
    masked = browser.post("label", {"id": "id2", "choice": 0})
    assert masked["item"]["hidden"]
    end = browser.post("label", {"id": "id3", "choice": 1})
    assert (end["item"], end["done"]) == (None, 4)
    assert labels(folder) == [("p0", 1.0, "ann"), ("p1", None, "ann"), ("p2", 0.0, "ann"), ("p3", 0.0, "ann")]


def test_the_page_shows_neither_model_nor_score(server: LabelServer) -> None:
    """What reaches the browser does not tell the two models apart."""
    sent = json.dumps(Browser(server).get("item")).casefold()
    assert not any(word in sent for word in ("baseline", "candidate", "score", "judge"))


@pytest.mark.parametrize("choice", [4, -1, True, 1.5, "1", [0]])
def test_a_choice_that_is_no_class_is_refused(server: LabelServer, folder: Path, choice: Json) -> None:
    """The text stays, with the reason, and nothing is stored."""
    reply = Browser(server).post("label", {"id": "id0", "choice": choice})
    assert "wanted one of 4 classes" in reply["error"]
    assert reply["item"]["id"] == "id0"
    assert labels(folder) == []


def test_only_this_page_on_this_machine_is_answered(server: LabelServer, folder: Path) -> None:
    """Another key, host, origin or content type gets 404 and no text: neither rebinding nor a foreign form works."""
    browser, path = Browser(server), f"/{server.key}/label"
    body: Json = {"id": "id0", "choice": 0}
    refused = [
        browser.call("GET", "/"),
        browser.call("GET", "/item"),
        browser.call("GET", f"/{server.key}x/item"),
        browser.call("GET", f"/{server.key}/item", headers={"Host": "evil.example"}),
        browser.call("GET", f"/{server.key}/../item"),
        browser.call("POST", path, body, {"Origin": "https://evil.example"}),
        browser.call("POST", path, body, {"Content-Type": "text/plain"}),
        browser.call("POST", path, body, {"Content-Length": "99999999"}),
    ]
    assert [status for status, _, _ in refused] == [404] * len(refused)
    assert all("prompt 0" not in text for _, text, _ in refused)
    assert labels(folder) == []
    assert server.server_address[0] == "127.0.0.1"
    assert len(server.key) >= 32


@pytest.mark.skipif(NODE is None, reason="needs node, which runs the page's script on a stand-in for a document")
def test_a_walk_by_keyboard(server: LabelServer, folder: Path) -> None:
    """1 to 4 label, U takes back, 0 cannot be decided; a masked text takes no label before Space."""
    assert NODE is not None
    script = Path(page_module.__file__).with_name("page.js")
    walk = [NODE, str(Path(__file__).with_name("page_walk.js")), server.url, str(script), "3,u,4,5,x,0,1,1,space,2"]
    done = subprocess.run(walk, capture_output=True, text=True, timeout=60, check=True)
    result = json.loads(done.stdout)
    seen = result["seen"]
    assert [step["prompt"] for step in seen[:7]] == [
        "prompt 1", "prompt 0", "prompt 1", "prompt 1", "prompt 1", "prompt 2", "prompt 3"
    ]  # fmt: skip
    assert [step["masked"] for step in seen[6:9]] == [True, True, False]
    assert [step["choices"] for step in seen[6:9]] == [False, False, True], "no classes beside a masked text"
    assert (seen[-1]["end"], seen[-1]["count"]) == (True, "4 of 4"), "no time is left at the end"
    assert not any(step["problem"] for step in seen)
    assert result["title"] == "labels", "text of models is never markup"
    assert labels(folder) == [("p0", 1.0, "ann"), ("p1", None, "ann"), ("p2", 0.0, "ann"), ("p3", 0.0, "ann")]


@pytest.mark.skipif(NODE is None, reason="needs node")
def test_a_stopped_page_takes_no_keys(server: LabelServer, folder: Path) -> None:
    """After "Stop for now" neither a class nor undo is sent to a program that has ended."""
    assert NODE is not None
    script = Path(page_module.__file__).with_name("page.js")
    walk = [NODE, str(Path(__file__).with_name("page_walk.js")), server.url, str(script), "1,#stop,1,u"]
    done = subprocess.run(walk, capture_output=True, text=True, timeout=60, check=True)
    assert not any(step["problem"] for step in json.loads(done.stdout)["seen"])
    assert labels(folder) == [("p0", 0.0, "ann")]


def test_stop_ends_the_server(folder: Path) -> None:
    """The button on the page ends the command; labels stay."""
    with LabelServer(Session(folder, LISTED, "ann")) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        Browser(served).post("label", {"id": "id0", "choice": 0})
        Browser(served).post("stop", {})
        thread.join(10)
        assert not thread.is_alive()
    assert labels(folder) == [("p0", 0.0, "ann")]
