"""Encrypts the credentials of blob stores, so that a copy of the database opens no store.

The key comes from settings.ENCRYPTION_KEYS: the first encrypts, all decrypt, which is how a key is replaced.
"""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from projects.errors import BadInput


class CredentialsLost(BadInput):
    """The credentials were encrypted with a key that this installation no longer has."""

    code = "credentials_lost"


def encrypt(credentials: Mapping[str, object]) -> bytes:
    """The credentials, a JSON object, as an authenticated token; nothing for none."""
    if not credentials:
        return b""
    return _keys(tuple(settings.ENCRYPTION_KEYS)).encrypt(json.dumps(dict(credentials)).encode())


def decrypt(token: bytes | memoryview) -> dict[str, object]:
    """What was encrypted; CredentialsLost with any other key, or when a byte was changed."""
    data = bytes(token)
    if not data:
        return {}
    try:
        plain = _keys(tuple(settings.ENCRYPTION_KEYS)).decrypt(data)
    except InvalidToken:
        raise CredentialsLost(
            "The store's credentials cannot be decrypted: ENCRYPTION_KEY was changed. Enter them again, or put the old"
            " key into ENCRYPTION_KEY_FALLBACKS."
        ) from None
    found: dict[str, object] = json.loads(plain)
    return found


def rotate(token: bytes | memoryview) -> bytes:
    """The same credentials under the first key."""
    return encrypt(decrypt(token))


@lru_cache(maxsize=8)
def _keys(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    """A Fernet key (32 bytes, base64) from a secret of any length."""
    material = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"labelwright.credentials").derive(secret.encode())
    return base64.urlsafe_b64encode(material)
