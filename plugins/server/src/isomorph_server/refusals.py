"""Refusals: one exception, and the three shapes in which clients read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.responses import Response

from isomorph.errors import InputError, IsomorphError, OutOfMemory, Overloaded, Unsupported

_KINDS = {
    400: ("invalid_request_error", "Validation"),
    401: ("authentication_error", "Unauthorized"),
    404: ("invalid_request_error", "Validation"),
    405: ("invalid_request_error", "Validation"),
    408: ("invalid_request_error", "Validation"),
    413: ("invalid_request_error", "Validation"),
    415: ("invalid_request_error", "Validation"),
    422: ("invalid_request_error", "Validation"),
    424: ("server_error", "Backend"),
    429: ("rate_limit_error", "Overloaded"),
    500: ("server_error", "Backend"),
    503: ("server_error", "Unhealthy"),
}
"""What OpenAI's clients and those of text-embeddings-inference call errors of a status."""


_CODES = {(401, None): "invalid_api_key", (404, "model"): "model_not_found"}
"""What OpenAI's clients call a few of them, by status and field."""


class Refused(Exception):
    """A request that is not answered: its HTTP status, why, and the field that is at fault."""

    def __init__(self, status: int, message: str, field: str | None = None, wait: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.headers = {"retry-after": str(wait)} if wait else {}


class WrongTask(Refused):
    """A model is for something else: 422, which TEI's page calls 424."""

    def __init__(self, message: str, field: str = "model") -> None:
        super().__init__(422, message, field)


Shape = Callable[[Refused], Any]
"""What makes the body of a refusal, as the clients of an API read it."""


def openai(refused: Refused) -> Mapping[str, Any]:
    """``{"error": {"message", "type", "param", "code"}}``."""
    kind = _KINDS[refused.status][0]
    return {
        "error": {
            "message": refused.message,
            "type": kind,
            "param": refused.field,
            "code": _CODES.get((refused.status, refused.field)),
        }
    }


def tei(refused: Refused) -> Mapping[str, Any]:
    """``{"error", "error_type"}``."""
    return {"error": refused.message, "error_type": _KINDS[status_of(refused, tei)][1]}


def cohere(refused: Refused) -> Mapping[str, Any]:
    """``{"message"}``."""
    return {"message": refused.message}


def answer(refused: Refused, shape: Shape) -> Response:
    """The response in the shape of an API."""
    body, status = orjson.dumps(shape(refused)), status_of(refused, shape)
    return Response(body, status, headers=refused.headers, media_type="application/json")


def status_of(refused: Refused, shape: Shape) -> int:
    """OpenAI's API knows 400 for what others call 422; TEI's has 424 for a model that does something else."""
    if shape is openai and refused.status == 422:
        return 400
    return 424 if shape is tei and isinstance(refused, WrongTask) else refused.status


def told(error: Exception, wait: int) -> Refused:
    """What a client is told of an exception of a call; of what is no fault of its own only the kind."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, Overloaded):
        return Refused(429, "As many requests are under way as may be; try again later.", wait=wait)
    if isinstance(error, InputError | Unsupported):
        said = str(error).replace("on_long='truncate'", '"truncate": true')
        return Refused(422, said)
    if isinstance(error, OutOfMemory | MemoryError):
        return Refused(503, "The memory of the server is too small for this now.", wait=wait)
    if isinstance(error, IsomorphError):
        return Refused(424, f"The model cannot run: {type(error).__name__}.")
    return Refused(500, "The server failed; its log says more under this request's id.")
