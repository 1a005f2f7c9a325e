"""`Idempotency-Key`: a write that is sent again answers what it answered, and changes nothing.

The key and the effects are one transaction. A second request with the key waits on the unique index until the first
has committed, then reads its answer; a first request that dies leaves neither key nor effects.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from projects import tenancy
from projects.errors import BadInput, Conflict
from projects.models import IdempotencyKey
from projects.rest.authentication import caller

HEADER = "Idempotency-Key"
_REUSED = f"This {HEADER} was used for another request. Make a new one."
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


class KeyReused(Conflict):
    """The key belongs to another request."""

    code = "idempotency_key_reused"


def key_of(request: Request) -> str:
    """The request's key, empty where it has none; raises BadInput for one that is too long."""
    if request.method not in _UNSAFE:
        return ""
    key = request.headers.get(HEADER, "")
    if len(key) > 100:
        raise BadInput(f"{HEADER} may have at most 100 characters.")
    return key


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(f"{request.method} {request.get_full_path()}\n{body}".encode()).hexdigest()


def once(request: Request, key: str, act: Callable[[], Response]) -> Response:
    """Runs `act` unless the caller's `key` was answered before; raises KeyReused for another request's key."""
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        try:
            row, made = IdempotencyKey.objects.get_or_create(
                user=caller(request),
                key=key,
                defaults={"organisation_id": _organisation(), "fingerprint": fingerprint},
            )
        except IntegrityError:
            # The caller used it in another organisation, which this token does not see.
            raise KeyReused(_REUSED) from None
        if not made:
            if row.fingerprint != fingerprint:
                raise KeyReused(_REUSED)
            return Response(row.body, status=row.status, headers={"Idempotent-Replay": "true"})
        response = act()
        row.status = response.status_code
        row.body = None if response.data is None else json.loads(JSONRenderer().render(response.data))
        row.save(update_fields=["status", "body"])
        return response


def _organisation() -> int:
    organisations = tenancy.current().organisations
    if not organisations:
        raise BadInput(f"{HEADER} needs a caller who belongs to an organisation.")
    return organisations[0]


def wrapped(handler: Callable[..., Response], request: Request, key: str) -> Callable[..., Response]:
    """The handler, run once per key."""

    def run(*args: Any, **kwargs: Any) -> Response:
        return once(request, key, lambda: handler(*args, **kwargs))

    return run
