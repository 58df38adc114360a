"""Files that are dropped into the chat. They lie on disk only until they are imported."""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path
from uuid import uuid4

from chainlit.session import WebsocketSession
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from assistant.channels.web import identity
from assistant.channels.web.markup import safe_name
from assistant.channels.web.root import UPLOAD_MB
from assistant.errors import BadInput, NotAllowed

log = logging.getLogger(__name__)

UPLOAD_BYTES = UPLOAD_MB * 1_000_000
FORM_BYTES = 10_000
"""What a form adds around its file."""

router = APIRouter(include_in_schema=False)


@router.post("/project/file", response_model=None)
async def upload(request: Request, session_id: str) -> Response:
    """Takes one file for a chat session. Stands in front of Chainlit's own route, which reads it into memory."""
    session = WebsocketSession.get_by_id(session_id)
    try:
        person = await identity.person()
        if session is None or session.user is None or session.user.identifier != str(person.id):
            raise NotAllowed("This page is out of date; reload it and try again.")
        return JSONResponse({"id": await _keep(request, session)})
    except NotAllowed as error:
        return JSONResponse({"detail": str(error)}, 401)
    except BadInput as error:
        return JSONResponse({"detail": str(error)}, 400)


async def _keep(request: Request, session: WebsocketSession) -> str:
    # The server counts the body against this header, so it cannot be a lie.
    announced = request.headers.get("content-length", "")
    if not announced.isdigit():
        raise BadInput("The upload does not say how big it is; use another browser.")
    if int(announced) > UPLOAD_BYTES + FORM_BYTES:
        raise BadInput(
            f"The file is larger than {UPLOAD_MB} MB; put it on the machine and use `twinning import` there."
        )
    try:
        async with request.form(max_files=1, max_fields=1) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile) or not file.filename:
                raise BadInput("There is no file in the upload; choose one and try again.")
            name = safe_name(file.filename)
            file_id = str(uuid4())
            path = Path(session.files_dir) / file_id / name
            await asyncio.to_thread(_write, file, path)
    except HTTPException as error:  # a form that cannot be parsed
        raise BadInput("The upload arrived broken; try again.") from error
    except OSError as error:
        raise BadInput(f"The file could not be stored ({error.strerror}); free some space and try again.") from error
    session.files[file_id] = {
        "id": file_id, "path": path, "name": name, "type": "application/octet-stream", "size": path.stat().st_size,
    }  # fmt: skip
    return file_id


def _write(file: UploadFile, path: Path) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    with path.open("xb") as out:
        shutil.copyfileobj(file.file, out)


def remove(path: Path) -> None:
    """Takes an upload off the disk again."""
    shutil.rmtree(path.parent, ignore_errors=True)
