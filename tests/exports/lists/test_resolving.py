"""Which file of a datastore a path or an address in a list means."""

from typing import Any

import pytest

from exports.formats.records import ExportImage
from exports.lists.resolving import Resolver, Unresolved
from projects.models import Datastore

AZURE: dict[str, Any] = {"account": "acc", "container": "pictures"}
BLOB = "https://acc.blob.core.windows.net/pictures"


def resolver(kind: str = "azure", location: dict[str, Any] = AZURE, *, spoken: str = "") -> Resolver:
    return Resolver(Datastore(name="Photos", kind=kind, location=location), spoken)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a/b.jpg", "a/b.jpg"),
        ("./a/b.jpg", "a/b.jpg"),
        ("a\\b.jpg", "a/b.jpg"),
        ("a/100%25 ü.jpg", "a/100%25 ü.jpg"),
        ("AmlDatastore://blobs/a/b.jpg", "a/b.jpg"),
        ("amldatastore://blobs/a/b c.jpg", "a/b c.jpg"),
        ("azureml://datastores/blobs/paths/a/b.jpg", "a/b.jpg"),
        ("azureml://stores/blobs/paths/a/b.jpg", "a/b.jpg"),
        ("azureml://subscriptions/1/resourcegroups/g/workspaces/w/datastores/blobs/paths/a/b.jpg", "a/b.jpg"),
        (f"{BLOB}/a/b.jpg", "a/b.jpg"),
        (f"{BLOB}/a/b%20%C3%BC.jpg?sv=2024&sig=x#y", "a/b ü.jpg"),
        ("HTTP://ACC.blob.core.windows.net/pictures/a/b.jpg", "a/b.jpg"),
    ],
)
def test_what_is_in_the_datastore_is_found(text: str, key: str) -> None:
    assert resolver().key(text) == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://other.blob.core.windows.net/pictures/a.jpg", "its address is not in the datastore"),
        ("https://acc.blob.core.windows.net/pictures2/a.jpg", "its address is not in the datastore"),
        ("https://acc.blob.core.windows.net.evil.test/pictures/a.jpg", "its address is not in the datastore"),
        ("https://acc.blob.core.windows.net@evil.test/pictures/a.jpg", "its address is not in the datastore"),
        ("file:///etc/a.jpg", "its address is not in the datastore"),
        ("http://169.254.169.254/a.jpg", "its address is not in the datastore"),
        ("../a.jpg", "this is no path within a store"),
        ("a/../../b.jpg", "this is no path within a store"),
        ("..\\a.jpg", "this is no path within a store"),
        ("/etc/a.jpg", "this is no path within a store"),
        (f"{BLOB}/%2e%2e/a.jpg", "this is no path within a store"),
        (f"{BLOB}/a%00.jpg", "this is no path within a store"),
        ("AmlDatastore://blobs//etc/a.jpg", "this is no path within a store"),
        ("AmlDatastore://blobs/../a.jpg", "this is no path within a store"),
        ("a/b.txt", "its name does not end as those of images do"),
        ("", "this is no path within a store"),
    ],
)
def test_what_is_elsewhere_or_odd_is_refused(text: str, words: str) -> None:
    with pytest.raises(Unresolved, match=words):
        resolver().key(text)


def test_the_folder_of_a_datastore_is_taken_off_addresses_and_not_off_paths() -> None:
    found = resolver(location=AZURE | {"prefix": "2024/"})
    assert found.key(f"{BLOB}/2024/a.jpg") == "a.jpg"
    assert found.key("AmlDatastore://blobs/2024/a.jpg") == "a.jpg"
    assert found.key("2024/a.jpg") == "2024/a.jpg"
    with pytest.raises(Unresolved, match="it is outside the datastore's folder 2024/"):
        found.key(f"{BLOB}/2023/a.jpg")


def test_one_name_of_a_datastore_is_meant_and_all_are_counted() -> None:
    found = resolver()
    assert found.key("AmlDatastore://one/a.jpg") == "a.jpg"
    with pytest.raises(Unresolved, match="it is in another datastore, “two”"):
        found.key("AmlDatastore://two/a.jpg")
    assert (found.spoken, found.names) == ("one", {"one": 1, "two": 1})
    assert resolver(spoken="two").key("AmlDatastore://two/a.jpg") == "a.jpg"


@pytest.mark.parametrize(
    ("name", "url", "key"),
    [
        ("x/a.jpg", "AmlDatastore://blobs/y/a.jpg", "y/a.jpg"),
        ("x/a.jpg", f"{BLOB}/y/a.jpg", "y/a.jpg"),
        ("x/a.jpg", "http://images.cocodataset.org/train2017/a.jpg", "x/a.jpg"),
        ("x/a.jpg", "", "x/a.jpg"),
    ],
)
def test_an_address_of_the_store_counts_more_than_cocos_file_name(name: str, url: str, key: str) -> None:
    assert resolver().key_of(ExportImage(1, name, 0, 0, url=url), "coco") == key


def test_cocos_address_in_another_datastore_is_not_made_one_of_this() -> None:
    found = resolver(spoken="blobs")
    with pytest.raises(Unresolved, match="another datastore"):
        found.key_of(ExportImage(1, "x/a.jpg", 0, 0, url="AmlDatastore://others/x/a.jpg"), "coco")


def test_addresses_of_other_kinds_of_stores() -> None:
    assert resolver("s3", {"bucket": "b", "region": "eu-west-1"}).key("s3://b/a/b.jpg") == "a/b.jpg"
    assert resolver("gcs", {"bucket": "b"}).key("https://storage.googleapis.com/b/a%20b.jpg") == "a b.jpg"
    assert resolver("local", {"path": "/srv/x"}).key("file:///srv/x/a.jpg") == "a.jpg"
