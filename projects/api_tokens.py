"""Personal API tokens: made, shown once, found again by their digest.

A token reads `lbl_pat_<prefix:12>_<secret:43>_<crc32:8>`: the checksum lets a secret scanner recognise one offline.
"""

import hashlib
import re
import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from projects import audit, prepared, tenancy
from projects.models import ApiToken, Organisation, User

_SEEN_EVERY = timedelta(minutes=10)
_TEXT = re.compile(r"(?P<body>lbl_pat_(?P<prefix>[0-9a-f]{12})_[A-Za-z0-9_-]{43})_(?P<checksum>[0-9a-f]{8})")


def _digest(secret: str) -> str:
    # The secret has 256 random bits, so a fast hash is as good as a slow one.
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
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
    audit.record(user, "token.issue", token, detail={"scopes": token.scopes})
    return token, f"{body}_{zlib.crc32(body.encode()):08x}"


_TOKEN_FIELDS = [field.attname for field in ApiToken._meta.concrete_fields]
_USER_FIELDS = [field.attname for field in User._meta.concrete_fields if field.attname != "password"]
_SEE_ALL = "SELECT set_config('app.system', 'on', false)"
_VALID = """
FROM projects_apitoken t JOIN projects_user u ON u.id = t.user_id AND u.is_active
WHERE t.prefix = %(prefix)s AND t.digest = %(digest)s AND t.revoked_at IS NULL AND t.expires_at > now()
"""
# Sees all, finds the token, and sees from then on what the token may: nothing, where there is none.
_ENTER = f"""
SELECT set_config('app.user', coalesce(max(t.user_id)::text, ''), false),
       set_config('app.organisations', '{{' || coalesce(max(t.organisation_id)::text, '') || '}}', false),
       set_config('app.system', '', false)
{_VALID}
"""
_READ = f"""
SELECT {", ".join([*(f"t.{name}" for name in _TOKEN_FIELDS), *(f"u.{name}" for name in _USER_FIELDS)])}
{_VALID}
"""  # put together from the models' columns


def enter(text: str) -> ApiToken | None:
    """The valid token with this text, with its user, and the tenancy context of its one organisation. One round trip.

    None for any other text, with a context that sees nothing.
    """
    match = _TEXT.fullmatch(text)
    if match is None or match["checksum"] != f"{zlib.crc32(match['body'].encode()):08x}":
        return None
    found = prepared.rows({"prefix": match["prefix"], "digest": _digest(match["body"])}, _SEE_ALL, _ENTER, _READ)
    if not found:
        tenancy.note(tenancy.NOWHERE)
        return None
    token = ApiToken.from_db("default", _TOKEN_FIELDS, found[0][: len(_TOKEN_FIELDS)])
    token.user = User.from_db("default", _USER_FIELDS, found[0][len(_TOKEN_FIELDS) :])
    tenancy.note(tenancy.Context(user=token.user_id, organisations=(token.organisation_id,)))
    return token


@transaction.atomic
def revoke(token: ApiToken) -> None:
    """Ends a token at once."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record(token.user, "token.revoke", token)


def note_use(token: ApiToken) -> None:
    """Remembers when the token was last used, at most every ten minutes."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
