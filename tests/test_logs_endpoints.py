"""`/api/logs`: no parameter is ever a path (C47)."""

import asyncio
from urllib.parse import quote

import pytest

from ccr_middleware.endpoints import logs as endpoints
from ccr_middleware.logs.files import LogFiles
from ccr_middleware.testing import open_stream
from ccr_middleware.testing.asgi import request

from .support.operated import serve
from .test_logs_reading import ID, NO_IDS, files_with, line


def ask(path, files, method="GET"):
    return asyncio.run(request(serve(endpoints.ENDPOINTS, log_files=files), method, path))


@pytest.fixture
def files(tmp_path):
    return files_with(tmp_path / "logs", "".join(line(n, 20 + n % 2 * 30, reqId=f"req_{n}") + "\n" for n in range(50)))


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("name", [name for name in NO_IDS if name])
def test_c47_a_file_is_never_a_path(files, tmp_path, method, name):
    """S-2: `?file=` of the reference reads and empties any file of the machine."""
    (tmp_path / "config.json").write_text("secret")
    reply = ask(f"/api/logs?file={quote(name)}", files, method)
    assert reply.status in (400, 404)
    assert b"secret" not in reply.body
    assert (tmp_path / "config.json").read_text() == "secret"
    assert files.list()[0].size > 0


@pytest.mark.parametrize("name", ["..", "config.json", "ccr-20260131120000.log\0", "C:"])
def test_c47_nor_is_the_file_of_a_download(files, name):
    assert ask(f"/api/logs/files/{name}", files).status in (400, 404)


def test_files_are_listed(files):
    (listed,) = ask("/api/logs/files", files).json()
    assert (listed["id"], listed["name"], listed["path"]) == (ID, ID, ID)
    assert listed["size"] == files.list()[0].size


def test_lines_are_an_array_of_texts(files):
    assert ask("/api/logs", files).json() == [line(n, 20 + n % 2 * 30, reqId=f"req_{n}") for n in range(50)]
    assert len(ask(f"/api/logs?file={ID}&limit=7", files).json()) == 7
    assert ask("/api/logs?limit=1&tail=0", files).json()[0].endswith('"req_0"}')
    assert len(ask("/api/logs?level=error", files).json()) == 25
    assert len(ask("/api/logs?level=50&since=40000", files).json()) == 5
    assert len(ask("/api/logs?request_id=req_4", files).json()) == 1


@pytest.mark.parametrize(
    "query", ["level=loud", "level=%C2%B2", "since=now", "limit=0", "limit=99999999", "tail=maybe"]
)
def test_parameters_that_make_no_sense_are_named(files, query):
    reply = ask(f"/api/logs?{query}", files)
    assert reply.status == 400
    assert reply.json()["error"].startswith(f"{query.split('=')[0]}: must be ")


def test_a_file_is_emptied_as_in_the_reference(files):
    assert ask(f"/api/logs?file={ID}", files, "DELETE").json() == {
        "success": True,
        "message": "Logs cleared successfully",
    }
    assert files.list()[0].size == 0
    nameless = ask("/api/logs", files, "DELETE")
    assert nameless.status == 400
    assert "file: must be" in nameless.json()["error"]


def test_a_file_is_downloaded_in_pieces(tmp_path):
    text = "".join(line(n) + "\n" for n in range(20_000))
    reply = ask(f"/api/logs/files/{ID}", files_with(tmp_path / "logs", text))
    assert reply.body.decode() == text
    assert len(reply.chunks) > 2
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["content-disposition"] == f'attachment; filename="{ID}"'
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert ask(f"/api/logs/files/{ID}", files_with(tmp_path / "logs", text), "HEAD").body == b""


def test_a_client_that_leaves_ends_a_download(tmp_path):
    async def run():
        files = files_with(tmp_path / "logs", b"x\n" * 2_000_000)
        app = serve(endpoints.ENDPOINTS, log_files=files)
        async with open_stream(app, f"/api/logs/files/{ID}", method="GET", lockstep=True) as stream:
            await stream.next()
            await asyncio.sleep(0.06)  # until somebody looks whether the client is there
            stream.disconnect()
            await stream.ended()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "method"), [("/api/logs", "GET"), (f"/api/logs?file={ID}", "DELETE"), (f"/api/logs/files/{ID}", "GET")]
)
def test_a_gateway_without_log_files_says_so(path, method):
    assert ask("/api/logs/files", None).json() == []
    reply = ask(path, None, method)
    assert reply.status == 404
    assert "logs.dir" in reply.json()["error"]


def test_a_folder_that_is_not_there_yet_has_no_files(tmp_path):
    files = LogFiles(str(tmp_path / "none"))
    assert ask("/api/logs/files", files).json() == []
    assert ask("/api/logs", files).json() == []
