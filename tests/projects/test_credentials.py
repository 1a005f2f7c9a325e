import pytest

from projects import credentials

FIRST, SECOND = "a" * 20 + "first secret of 32 characters", "b" * 20 + "second secret of 32 characters"
SECRET = {"account_key": "planted-secret", "nested": {"a": [1, 2]}}


def test_decrypt_gives_back_what_was_encrypted() -> None:
    token = credentials.encrypt(SECRET)
    assert credentials.decrypt(token) == SECRET
    assert b"planted-secret" not in token


def test_nothing_stays_nothing() -> None:
    assert credentials.encrypt({}) == b""
    assert credentials.decrypt(b"") == {}


def test_decrypt_with_an_old_key_and_rotate(settings: object) -> None:
    settings.ENCRYPTION_KEYS = [FIRST]
    old = credentials.encrypt(SECRET)
    settings.ENCRYPTION_KEYS = [SECOND, FIRST]
    new = credentials.rotate(old)
    settings.ENCRYPTION_KEYS = [SECOND]
    assert credentials.decrypt(new) == SECRET
    with pytest.raises(credentials.CredentialsLost, match="ENCRYPTION_KEY was changed"):
        credentials.decrypt(old)


def test_decrypt_refuses_a_changed_byte() -> None:
    token = bytearray(credentials.encrypt(SECRET))
    token[20] ^= 1
    with pytest.raises(credentials.CredentialsLost):
        credentials.decrypt(bytes(token))
