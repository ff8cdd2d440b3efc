"""History and log files on the event loop: nothing waits for a disk, not even the first time (C40)."""

import asyncio
import logging

import pytest
from blockbuster import BlockingError, blockbuster_ctx

from ccr_middleware.config.operation import History as Settings
from ccr_middleware.endpoints import history as history_endpoints
from ccr_middleware.endpoints import logs as log_endpoints
from ccr_middleware.history.history import History
from ccr_middleware.logs.files import LogFiles
from ccr_middleware.logs.handler import LogFile
from ccr_middleware.testing import get
from ccr_middleware.testing.asgi import request

from .support.operated import record, serve


def test_records_lines_and_what_is_asked_of_them_never_block_the_loop(tmp_path):
    history = History(Settings(days=1e6), str(tmp_path / "data"))
    handler = LogFile(str(tmp_path / "logs"), max_mb=0.01)
    log = logging.Logger("ccr_middleware", logging.DEBUG)
    log.addHandler(handler)
    files = LogFiles(str(tmp_path / "logs"))
    app = serve(
        {**history_endpoints.ENDPOINTS, **log_endpoints.ENDPOINTS},
        history=history,
        log_files=files,
    )

    async def run():
        with history.subscribe() as feed:
            for number in range(500):
                history.started(f"req_{number}", 0.0, "m")
                history.add(record(number))
                log.info("%s ended", f"req_{number}", extra={"ccr": {"reqId": f"req_{number}"}})
            log.error("and a failure")
            assert len(await feed.take()) == 501
        for path in ("/api/requests?q=req", "/api/requests/req_1", "/api/usage", "/api/logs/files", "/api/logs"):
            assert (await get(app, path)).status == 200, path
        name = (await get(app, "/api/logs/files")).json()[0]["id"]
        assert (await get(app, f"/api/logs/files/{name}")).status == 200
        assert (await request(app, "DELETE", f"/api/logs?file={name}")).status == 200
        await history.aclose()

    with blockbuster_ctx():
        asyncio.run(run())
    handler.close()


def test_the_watch_sees_what_would_block(tmp_path):
    async def run():
        LogFiles(str(tmp_path)).list()

    with blockbuster_ctx(), pytest.raises(BlockingError):
        asyncio.run(run())
