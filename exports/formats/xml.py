"""Small pieces of XML: text made safe to write, and untrusted files read without entities or DTDs."""

import html
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError  # types alone: defusedxml does the reading

from defusedxml import DefusedXmlException, ElementTree

from exports.formats.records import NotReadable

_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


def text(value: object) -> str:
    """The value between tags or in an attribute; what XML 1.0 cannot hold becomes �."""
    safe = html.escape(_REFUSED.sub("\ufffd", str(value)))
    return safe.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def number(value: float) -> str:
    """At most two decimals, and none where they are zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def parsed(name: str, data: bytes) -> Element:
    """The root of a whole file; NotReadable where it is broken or declares entities."""
    try:
        return ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:
        raise refusal(name, error) from error


def elements(name: str, file: BinaryIO) -> Iterator[tuple[str, Element]]:
    """Starts and ends of elements as they are read; whoever takes one clears it."""
    try:
        yield from ElementTree.iterparse(file, events=("start", "end"), forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:
        raise refusal(name, error) from error


def refusal(name: str, error: Exception) -> NotReadable:
    """What is said about a file that cannot be parsed."""
    if isinstance(error, DefusedXmlException):
        return NotReadable(
            f"{name} declares a document type or entities, which is not allowed here. Remove its <!DOCTYPE>."
        )
    if isinstance(error, NotReadable):
        return error
    return NotReadable(f"{name} is not valid XML: {error}.")


def child(element: Element, path: str) -> str:
    """Text of a descendant, stripped; empty where there is none."""
    return (element.findtext(path) or "").strip()
