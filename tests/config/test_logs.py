import logging
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from config.logs import HideAddresses


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Not Found: /files/0-1-2-3:signature/", "Not Found: /files/…/"),
        ("Not Found: /exports/files/1-2:time:signature/?x=1", "Not Found: /exports/files/…/?x=1"),
        ("Forbidden: /accounts/password/reset/key/1-abc-def/", "Forbidden: /accounts/password/reset/key/…/"),
        ("Not Found: /projects/1/", "Not Found: /projects/1/"),
    ],
)
def test_addresses_that_open_something_are_not_logged(words: str, kept: str) -> None:
    for record in (
        logging.LogRecord("x", logging.INFO, "", 0, words, (), None),
        logging.LogRecord("x", logging.INFO, "", 0, "%s", (words,), None),
    ):
        assert HideAddresses().filter(record)
        assert record.getMessage() == kept


def test_every_line_goes_through_the_filter(db: None, caplog: Any) -> None:
    assert all(handler["filters"] == ["hide"] for handler in settings.LOGGING["handlers"].values())
    caplog.handler.addFilter(HideAddresses())
    Client().get("/files/0-1-2-3:signature/")
    assert "/files/…/" in caplog.text
    assert "signature" not in caplog.text
