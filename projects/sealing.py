"""Values that travel through browsers and say nothing on the way: encrypted and authenticated, the same for the same value.

Row ids are counted over all tenants, so a signed but readable one tells how much everybody labels. AES-SIV needs no random
part: the same value gives the same text, so a browser keeps what it loaded from an address. `purpose` is bound to the
text, as a salt is to a signature.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

LONGEST = 2_000


class BrokenSeal(ValueError):
    """Not a text that this installation sealed for this purpose."""


def seal(purpose: str, value: str) -> str:
    """A text for a URL, from which nobody learns the value."""
    sealed = _cipher(settings.SECRET_KEY).encrypt(value.encode(), [purpose.encode()])
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def opened(purpose: str, text: str) -> str:
    """What was sealed; former values of SECRET_KEY open it too. Raises BrokenSeal."""
    try:
        sealed = urlsafe_b64decode(text[:LONGEST].encode("ascii") + b"=" * (-len(text) % 4))
    except (NotBase64, UnicodeEncodeError):
        raise BrokenSeal from None
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(key).decrypt(sealed, [purpose.encode()]).decode()
        except (InvalidTag, ValueError):
            continue
    raise BrokenSeal


@lru_cache(maxsize=8)
def _cipher(key: str) -> AESSIV:
    return AESSIV(hashlib.sha512(b"labelwright sealing " + key.encode()).digest())
