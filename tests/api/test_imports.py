"""From an uploaded file to a batch and back, by the API and a real worker; and what happens when either is killed."""

from __future__ import annotations

import gzip
import http.client
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from foresell.api.http import upload as receiver
from foresell.database import Database
from foresell.store import jobs
from tests.support.served import Served
from tests.support.worker import Worker, wait_until

ORDERS = "order_id;customer;sku;quantity;price;date\n" + "".join(
    f"T{n};K{n % 40};S{n % 9};{n % 5 + 1};{n % 7 + 1}.50;2024-03-{n % 28 + 1:02d}\n" for n in range(200)
)


@pytest.fixture(scope="module")
def worker(served: Served) -> Iterator[Worker]:
    one = Worker(served)
    yield one
    if one.process.poll() is None:
        one.stop()


def upload(client: httpx2.Client, content: bytes | str, name: str = "orders.csv", **headers: str) -> httpx2.Response:
    return client.post("/api/imports", files={"file": (name, content)}, headers=headers)


def wait_until_settled(client: httpx2.Client, import_id: int, seconds: float = 60) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = client.get(f"/api/imports/{import_id}").json()
        return found if found["state"] not in ("inspecting", "loading") else None

    return wait_until(look, seconds)


def test_from_a_file_to_a_batch_and_back(served: Served, worker: Worker) -> None:
    steward = served.client("steward")
    sent = upload(steward, ORDERS, "../../etc/März orders.csv")
    assert sent.status_code == 202, sent.text
    found = wait_until_settled(steward, sent.json()["import_id"])
    assert (found["state"], found["file_name"], found["problem"]) == ("ready", "März orders.csv", None)
    assert found["found"]["rows"] == 200 and found["mapping"]["columns"]["order_key"] == "order_id"
    mapping = {**found["mapping"], "source": "test till"}
    assert steward.put(f"/api/imports/{found['import_id']}/mapping", json=mapping).status_code == 202
    again = wait_until_settled(steward, found["import_id"])
    assert (again["revision"], again["mapping"]["source"]) == (2, "test till")
    committed = steward.post(f"/api/imports/{found['import_id']}/commit", json={"refresh": False})
    assert committed.status_code == 202
    loaded = wait_until_settled(steward, found["import_id"])
    assert (loaded["state"], loaded["job"]["result"]["lines_loaded"]) == ("loaded", 200)
    assert not (served.settings.work / "uploads" / str(found["import_id"])).exists()
    [batch] = [each for each in steward.get("/api/batches").json()["data"] if each["batch_id"] == loaded["batch_id"]]
    assert (batch["source"], batch["lines_read"]) == ("test till", 200)
    with served.database.connect("app") as con:
        noted = con.execute(
            "select actor_id, via from audit.events where subject = %s and action = 'import'",
            [f"batch:{batch['batch_id']}"],
        ).fetchone()
    assert noted == {"actor_id": served.users["steward"], "via": "worker"}
    undo = steward.post(f"/api/batches/{batch['batch_id']}/undo", json={"refresh": False})
    assert undo.status_code == 202
    job = wait_until(lambda: get_finished_job(steward, undo.json()["job_id"]))
    assert (job["state"], job["result"]) == ("done", {"undone": [batch["batch_id"]]})
    with served.database.connect("app") as con:
        events = con.execute("select payload from api.live_events where kind = 'batch_undone'").fetchall()
    assert {"batch_id": batch["batch_id"]} in [event["payload"] for event in events]
    assert steward.post(f"/api/batches/{batch['batch_id']}/undo").status_code == 409


def get_finished_job(client: httpx2.Client, job_id: int) -> dict[str, Any] | None:
    job: dict[str, Any] = client.get(f"/api/jobs/{job_id}").json()
    return job if job["finished_at"] else None


def taken_back(client: httpx2.Client, batch_id: int) -> None:
    """Other tests share this shop."""
    undo = client.post(f"/api/batches/{batch_id}/undo", json={"refresh": False})
    assert wait_until(lambda: get_finished_job(client, undo.json()["job_id"]))["state"] == "done"


def test_rejected_rows_are_shown_and_downloaded(served: Served, worker: Worker) -> None:
    steward = served.client("steward")
    bad = ORDERS.replace("T7;K7;S7;3;1.50;2024-03-08", "T7;K7;S7;=cmd();1.50;2024-03-08")
    found = wait_until_settled(steward, upload(steward, bad.replace("T", "R"), "bad.csv").json()["import_id"])
    assert found["found"]["rejected"] == 1
    steward.put(f"/api/imports/{found['import_id']}/mapping", json={**found["mapping"], "source": "bad till"})
    wait_until_settled(steward, found["import_id"])
    steward.post(f"/api/imports/{found['import_id']}/commit", json={"max_rejected": 0, "refresh": False})
    refused = wait_until_settled(steward, found["import_id"])
    assert refused["state"] == "failed" and "1 of 200 lines" in refused["problem"]
    assert str(served.settings.home) not in str(refused)
    steward.post(f"/api/imports/{found['import_id']}/commit", json={"refresh": False})
    batch_id = wait_until_settled(steward, found["import_id"])["batch_id"]
    rejects = steward.get(f"/api/batches/{batch_id}/rejects")
    assert rejects.status_code == 200 and "'=cmd()" in rejects.text
    assert rejects.headers["content-disposition"] == f'attachment; filename="rejects-{batch_id}.csv"'
    assert served.client("analyst").get(f"/api/batches/{batch_id}/rejects").status_code == 403
    taken_back(steward, batch_id)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7 nothing", "orders.csv"),
        (b"PK\x03\x04 no real workbook", "orders.xlsx"),
        (b"\x1f\x8b cut off", "orders.csv.gz"),
        (bytes(range(256)) * 40, "noise.bin"),
        (b"", "empty.csv"),
        (b"PAR1 not really PAR1", "x.parquet"),
        (b"SQLite format 3\x00 not really", "x.sqlite"),
        (gzip.compress(bytes(300 << 20)), "bomb.csv.gz"),
        ("=1+1,<script>\n" * 50, "formula.csv"),
    ],
)
def test_hostile_files_become_problems(served: Served, worker: Worker, content: bytes, name: str) -> None:
    steward = served.client("steward")
    found = wait_until_settled(steward, upload(steward, content, name).json()["import_id"])
    assert found["state"] == "unreadable" and found["problem"], (found["job"], found["found"])
    assert str(served.settings.home) not in str(found)
    assert steward.post(f"/api/imports/{found['import_id']}/commit").status_code == 409
    assert steward.delete(f"/api/imports/{found['import_id']}").json()["state"] == "deleted"
    assert steward.get(f"/api/imports/{found['import_id']}").status_code == 404


def test_what_is_no_upload_is_refused(served: Served) -> None:
    steward = served.client("steward")
    assert steward.post("/api/imports", json={}).status_code == 400
    assert steward.post("/api/imports", files={"other": ("x.csv", "a")}).status_code == 400
    cut = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\na;b'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert steward.post("/api/imports", content=cut, headers=kind).status_code == 400
    two = {"file": ("a.csv", "a")}
    assert steward.post("/api/imports", files=[*two.items(), *two.items()]).status_code == 400
    assert served.client("rep").post("/api/imports", files=two).status_code == 403
    assert not list((served.settings.work / "uploads").glob("arriving-*"))


def test_an_upload_larger_than_allowed_is_cut_off(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by what it says of itself, before it is sent; and where it says nothing, as soon as it is too much."""
    steward = served.client("steward")
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=10)
    connection.putrequest("POST", "/api/imports")
    for name, value in (
        ("authorization", steward.headers["authorization"]),
        ("content-type", "multipart/form-data; boundary=x"),
        ("content-length", str((served.settings.upload_mib + 2) << 20)),
    ):
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    monkeypatch.setattr(receiver, "MIB", 1 << 6)
    head = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    silent = steward.post("/api/imports", content=iter([head, b"a" * 40_000, b"\r\n--x--\r\n"]), headers=kind)
    assert (silent.status_code, silent.json()["parameter"]) == (413, "file")
    assert not list((served.settings.work / "uploads").glob("arriving-*"))


def test_an_upload_sent_twice_with_a_key_is_one_import(served: Served) -> None:
    steward = served.client("steward")
    key = {"Idempotency-Key": "upload-1"}
    first, second = upload(steward, ORDERS, **key), upload(steward, ORDERS, **key)
    assert (first.status_code, second.content) == (202, first.content)
    assert upload(steward, ORDERS + "\n", **key).status_code == 422
    assert not list((served.settings.work / "uploads").glob("arriving-*"))


def test_a_mapping_that_cannot_be_is_named(served: Served, worker: Worker) -> None:
    steward = served.client("steward")
    found = wait_until_settled(steward, upload(steward, ORDERS).json()["import_id"])
    for change, word in (
        ({"columns": {"colour": "sku"}}, "columns.colour"),
        ({"non_product_skus": ["("]}, "non_product_skus"),
        ({"source": "../x"}, "source"),
    ):
        answer = steward.put(f"/api/imports/{found['import_id']}/mapping", json={**found["mapping"], **change})
        assert answer.status_code == 400 and word in answer.json()["detail"]


def test_a_refresh_started_here_is_published_everywhere(served: Served, worker: Worker) -> None:
    steward = served.client("steward")
    before = steward.get("/api/segments").json()["meta"]["run_id"]
    started = steward.post("/api/runs", json={"predict": False})
    assert started.status_code == 202
    assert steward.post("/api/runs").status_code == 409
    job = wait_until(lambda: get_finished_job(steward, started.json()["job_id"]))
    assert job["state"] == "done", job["error"]
    run_id = job["result"]["run_id"]
    wait_until(lambda: steward.get("/api/segments").json()["meta"]["run_id"] == run_id)
    back = steward.post(f"/api/runs/{before}/publish")
    assert back.status_code == 200 and back.json()["published"]
    assert steward.get("/api/segments").json()["meta"]["run_id"] == before
    assert steward.post(f"/api/runs/{before}/publish").status_code == 200
    assert steward.post("/api/runs/999999/publish").status_code == 404
    assert steward.get(f"/api/runs/{run_id}").json()["state"] == "withdrawn"


@contextmanager
def loads_held(served: Served) -> Iterator[None]:
    """Loads wait inside, before they write their batch; so they are running for as long as a test needs."""
    with served.database.connect("app") as con, con.transaction():
        con.execute("lock table load_batches in share mode")
        yield


def start_load(client: httpx2.Client, content: str, source: str) -> int:
    """The number of an import whose load was requested."""
    found = wait_until_settled(client, upload(client, content).json()["import_id"])
    import_id = int(found["import_id"])
    client.put(f"/api/imports/{import_id}/mapping", json={**found["mapping"], "source": source})
    wait_until_settled(client, import_id)
    assert client.post(f"/api/imports/{import_id}/commit", json={"refresh": False}).status_code == 202
    return import_id


def wait_until_running(client: httpx2.Client, import_id: int) -> int:
    """The number of the load's job, which a worker runs now."""

    def get_running_job() -> dict[str, Any] | None:
        job = client.get(f"/api/imports/{import_id}").json()["job"]
        return job if (job["kind"], job["state"]) == ("load", "running") else None

    return int(wait_until(get_running_job)["job_id"])


def count_batches(served: Served, source: str) -> int:
    with served.database.connect("app") as con:
        row = con.execute("select count(*) as n from load_batches where source = %s", [source]).fetchone()
    assert row
    return int(row["n"])


def test_the_load_of_a_killed_worker_is_retried(served: Served, worker: Worker) -> None:
    """kill -9 in the middle of a load: nothing partial stays, and the next worker loads it once."""
    steward = served.client("steward")
    with loads_held(served):
        import_id = start_load(steward, ORDERS, "killed till")
        wait_until_running(steward, import_id)
        worker.stop(signal.SIGKILL)
    worker.process = Worker(served).process
    loaded = wait_until_settled(steward, import_id)
    assert (loaded["state"], loaded["job"]["attempts"]) == ("loaded", 2), loaded
    assert count_batches(served, "killed till") == 1
    taken_back(steward, loaded["batch_id"])


def test_a_running_load_can_be_cancelled(served: Served, worker: Worker) -> None:
    """Cancelling while it can be cancelled: the answer says so, the job ends cancelled, and nothing was written."""
    steward = served.client("steward")
    with loads_held(served):
        import_id = start_load(steward, ORDERS, "stopped till")
        wait_until_running(steward, import_id)
        assert steward.delete(f"/api/imports/{import_id}").json()["state"] == "cancelling"
    stopped = wait_until_settled(steward, import_id)
    assert (stopped["state"], stopped["job"]["state"]) == ("ready", "cancelled")
    assert count_batches(served, "stopped till") == 0
    assert steward.delete(f"/api/imports/{import_id}").json()["state"] == "deleted"


def test_a_load_that_is_being_saved_cannot_be_cancelled(served: Served, worker: Worker) -> None:
    """Cancelling too late: the answer says so, the job ends done, and the batch is there."""
    steward = served.client("steward")
    with loads_held(served):
        import_id = start_load(steward, ORDERS, "late till")
        with jobs_database(served).connect() as con:
            con.autocommit = True
            job = jobs.Job(con, wait_until_running(steward, import_id), "load", None, {}, 1, datetime.now(UTC), False)
            job.begin_commit()  # as its worker does before the commit
            refused = steward.delete(f"/api/imports/{import_id}")
            assert (refused.status_code, "being saved" in refused.json()["detail"]) == (409, True)
            job.begin_commit()  # a worker that retries the job may pass again
    loaded = wait_until_settled(steward, import_id)
    assert (loaded["state"], loaded["job"]["state"]) == ("loaded", "done")
    assert count_batches(served, "late till") == 1
    taken_back(steward, loaded["batch_id"])


def test_a_cancelled_job_does_not_commit(served: Served, worker: Worker) -> None:
    """The request and the commit meet in one row: whichever is second is refused."""
    steward = served.client("steward")
    with loads_held(served):
        import_id = start_load(steward, ORDERS, "second till")
        with jobs_database(served).connect() as con:
            con.autocommit = True
            job = jobs.Job(con, wait_until_running(steward, import_id), "load", None, {}, 1, datetime.now(UTC), False)
            assert steward.delete(f"/api/imports/{import_id}").json()["state"] == "cancelling"
            with pytest.raises(jobs.Cancelled):
                job.begin_commit()
    assert wait_until_settled(steward, import_id)["job"]["state"] == "cancelled"
    assert count_batches(served, "second till") == 0


def jobs_database(served: Served) -> Database:
    return Database(served.settings, via="worker")


def test_a_refresh_under_way_can_be_stopped(served: Served, worker: Worker) -> None:
    steward = served.client("steward")
    shown = steward.get("/api/customers/segments").json()["meta"]["run_id"]
    job = steward.post("/api/runs", json={"train": "always"}).json()["job_id"]
    wait_until(lambda: steward.get(f"/api/jobs/{job}").json()["state"] == "running")
    worker.process.send_signal(signal.SIGSTOP)  # or it might be done before it hears
    try:
        assert served.client("analyst").post("/api/runs/cancel").status_code == 403
        assert steward.post("/api/runs/cancel").json()["job_id"] == job
    finally:
        worker.process.send_signal(signal.SIGCONT)
    assert wait_until(lambda: get_finished_job(steward, job))["state"] == "cancelled"
    assert steward.get("/api/customers/segments").json()["meta"]["run_id"] == shown
    assert steward.post("/api/runs/cancel").status_code == 404
    assert steward.get("/api/runs").json()["data"][0]["state"] == "failed"


def test_the_worker_stops_on_request(served: Served, worker: Worker) -> None:
    assert worker.stop() in (0, -signal.SIGTERM)
