"""The web application: health, and the chat."""

from __future__ import annotations

import asyncio
import sys

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import text

from assistant.channels import health_ingest, n8n_hook
from assistant.channels.web import current, root
from assistant.errors import DatabaseUnavailable
from assistant.house import House

MODEL_WAIT_S = 0.5


def create_app(house: House) -> FastAPI:
    """The application that `twinning serve` runs.

    Args:
        house: Open; whoever opened it closes it after the server has stopped.

    Raises:
        ConfigurationError: the data folder cannot be written, or `TWINNING_REDIS_URL` is no Redis.
    """
    root.prepare(house.settings)
    current.enter(house)
    app = FastAPI(title="Twinning", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process is up."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        """The database answers; what the language model may do, which does not have to be there."""
        try:
            async with house.database.session(None) as session:
                await session.execute(text("SELECT 1"))
        except DatabaseUnavailable as error:
            return JSONResponse({"status": "unavailable", "database": str(error)}, 503)
        return JSONResponse({"status": "ok", "database": "ok", **await _model(house)})

    n8n_hook.mount(app, house)
    health_ingest.mount(app, house)
    _mount(app)
    return app


async def _model(house: House) -> dict[str, str]:
    """The model's state, without waiting for one that is still being chosen or tried out."""
    asked = asyncio.ensure_future(house.brain.status())
    done, _ = await asyncio.wait({asked}, timeout=MODEL_WAIT_S)
    if not done:
        asked.cancel()
        return {"model": "being prepared"}
    return {"model": asked.result().model or "none", "mode": asked.result().mode}


def _mount(app: FastAPI) -> None:
    # Chainlit reads its folder and its environment when it is first imported, so that cannot stand at the top.
    if "chainlit" in sys.modules:
        from assistant.channels.web.mount import mount
    else:
        with root.lean_import():
            from assistant.channels.web.mount import mount
    mount(app)
