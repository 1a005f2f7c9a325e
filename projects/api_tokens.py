"""Personal API tokens: made, shown once, found again by their digest.

A token reads `lbl_pat_<prefix:12>_<secret:43>_<crc32:8>`: the checksum lets a secret scanner recognise one offline.
"""

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from projects.models import ApiToken, Organisation, User

_SEEN_EVERY = timedelta(minutes=10)


def _digest(secret: str) -> str:
    # The secret has 256 random bits, so a fast hash is as good as a slow one.
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(
    *, user: User, organisation: Organisation, name: str, scopes: Sequence[str], expires_at: datetime
) -> tuple[ApiToken, str]:
    """Makes a token; the second value is its text, which is kept nowhere."""
    prefix = secrets.token_hex(6)
    body = f"lbl_pat_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        organisation=organisation,
        user=user,
        name=name,
        prefix=prefix,
        digest=_digest(body),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    return token, f"{body}_{zlib.crc32(body.encode()):08x}"


def find(text: str) -> ApiToken | None:
    """The valid token with this text, its user and organisation loaded; None for any other text.

    Needs system access: a stranger's connection sees no tokens.
    """
    body, _, checksum = text.rpartition("_")
    parts = body.split("_", 3)
    if len(parts) != 4 or parts[:2] != ["lbl", "pat"] or checksum != f"{zlib.crc32(body.encode()):08x}":
        return None
    token = (
        ApiToken.objects.select_related("user", "organisation")
        .filter(prefix=parts[2], revoked_at__isnull=True, expires_at__gt=timezone.now(), user__is_active=True)
        .first()
    )
    if token is None or not hmac.compare_digest(token.digest, _digest(body)):
        return None
    return token


def note_use(token: ApiToken) -> None:
    """Remembers when the token was last used, at most every ten minutes."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
