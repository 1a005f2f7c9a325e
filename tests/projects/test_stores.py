import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from projects import datastores
from projects.datastores import Connection
from projects.models import Datastore
from projects.stores import endpoints
from projects.stores.base import Entry, ObjectMissing, ObjectStore, StoreRefused, StoreUnreachable
from projects.stores.gcs import TOKEN_URI, GCSStore
from projects.stores.local import LocalStore
from projects.stores.s3 import S3Store
from tests import factories
from tests.projects.conftest import Container, Emulator

pytestmark = pytest.mark.xdist_group("emulators")
KEYS = ["a-b.jpg", "a.jpg", "a/b.jpg", "a/c/d.jpg", "a0.jpg", "b/ü #1%.jpg", "z.jpg"]


@pytest.fixture
def bucket(s3_emulator: Emulator, settings: object) -> Connection:
    settings.STORAGE_HOSTS = [s3_emulator.origin]
    name = f"bucket-{uuid.uuid4().hex}"
    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=s3_emulator.endpoint, **keys).create_bucket(Bucket=name)
    return Connection(
        "s3",
        {"bucket": name, "endpoint": s3_emulator.endpoint, "region": "us-east-1"},
        {"access_key_id": "id", "secret_access_key": "secret"},
    )


@pytest.fixture(params=["local", "azure", "s3"])
def connection(request: pytest.FixtureRequest) -> Connection:
    if request.param == "local":
        return Connection("local", {"path": str(request.getfixturevalue("folder"))})
    if request.param == "azure":
        container: Container = request.getfixturevalue("container")
        return Connection("azure", container.location, container.secrets)
    return request.getfixturevalue("bucket")


@pytest.fixture
def store(connection: Connection) -> ObjectStore:
    location = {**connection.location, "prefix": "within/prefix"}
    made = datastores.opened(Connection(connection.kind, location, connection.secrets))
    for key in KEYS:
        made.put(key, io.BytesIO(key.encode() * 10))
    beside = datastores.opened(connection)
    beside.put("within/prefixed.jpg", io.BytesIO(b"beside"))
    return made


def listed(store: ObjectStore, **options: object) -> list[str]:
    return [entry.key for page in store.pages(**options) for entry in page.entries]


def test_pages_list_in_the_order_of_keys_and_go_on_behind_a_cursor(store: ObjectStore) -> None:
    assert listed(store) == KEYS
    assert listed(store, prefix="a/") == ["a/b.jpg", "a/c/d.jpg"]
    assert listed(store, prefix="none/") == []
    pages = list(store.pages(size=3))
    assert [len(page.entries) for page in pages] == [3, 3, 1]
    assert listed(store, after=pages[0].cursor, size=2) == KEYS[3:]
    sizes = [entry.size for page in pages for entry in page.entries]
    assert sizes == [len(key.encode()) * 10 for key in KEYS]


def test_objects_are_read_whole_and_in_ranges(store: ObjectStore) -> None:
    data = b"a/b.jpg" * 10
    assert store.read("a/b.jpg") == data
    assert store.read("a/b.jpg", 3, 8) == data[3:11]
    assert store.read("a/b.jpg", 60) == data[60:]
    assert store.read("a/b.jpg", 60, 100) == data[60:]
    assert store.read("a/b.jpg", 1000, 10) == b""
    assert b"".join(store.stream("a/b.jpg", 5, 9)) == data[5:14]
    assert store.head("b/ü #1%.jpg").size == len("b/ü #1%.jpg".encode()) * 10


def test_put_replaces_and_changes_the_etag(store: ObjectStore) -> None:
    before = store.head("a.jpg")
    store.put("a.jpg", io.BytesIO(b"other bytes"), "image/jpeg")
    assert store.read("a.jpg") == b"other bytes"
    assert store.head("a.jpg").etag != before.etag
    assert store.head("a.jpg") == next(e for page in store.pages() for e in page.entries if e.key == "a.jpg")


def test_deleted_objects_are_missing(store: ObjectStore) -> None:
    store.delete("a.jpg")
    store.delete("a.jpg")
    for ask in (store.head, store.read):
        with pytest.raises(ObjectMissing):
            ask("a.jpg")
    with pytest.raises(ObjectMissing):
        list(store.stream("a.jpg"))


@pytest.mark.parametrize("key", ["../prefixed.jpg", "/etc/passwd", "a/../../x", "a\x00b", "", "./a.jpg", "a\nb"])
def test_odd_keys_name_nothing(store: ObjectStore, key: str) -> None:
    for ask in (store.head, store.read, store.delete, lambda key: store.put(key, io.BytesIO(b""))):
        with pytest.raises(ObjectMissing):
            ask(key)


def test_check_passes_for_a_store_in_order(connection: Connection) -> None:
    datastores.opened(connection).check(writable=True)


@pytest.mark.parametrize("connection", ["azure", "s3"], indirect=True)
def test_signed_url_reads_one_object_until_it_expires(store: ObjectStore) -> None:
    url = store.signed_read_url("b/ü #1%.jpg", timezone.now() + timedelta(minutes=5), "image/jpeg")
    answer = httpx.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content == "b/ü #1%.jpg".encode() * 10


def test_azure_url_is_for_reading_one_blob_for_a_while(container: Container) -> None:
    store = datastores.opened(Connection("azure", container.location, container.secrets))
    store.put("a.jpg", io.BytesIO(b"a"))
    store.put("b.jpg", io.BytesIO(b"b"))
    url = store.signed_read_url("a.jpg", timezone.now() + timedelta(minutes=5), "image/jpeg")
    assert httpx.get(url, headers={"Range": "bytes=0-0"}).status_code == 206
    assert httpx.get(url.replace("a.jpg?", "b.jpg?")).status_code == 403
    assert httpx.put(url, content=b"x", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 403
    assert httpx.delete(url).status_code == 403
    expired = store.signed_read_url("a.jpg", timezone.now() - timedelta(minutes=1), "image/jpeg")
    assert httpx.get(expired).status_code == 403


@pytest.mark.parametrize("connection", ["azure", "s3"], indirect=True)
def test_signed_upload_takes_one_object(store: ObjectStore) -> None:
    offer = store.signed_upload("new/ü #1%.jpg", timezone.now() + timedelta(minutes=5), 5)
    assert offer.url.startswith(f"{offer.origin}/")
    assert httpx.put(offer.url, content=b"12345", headers=offer.headers).status_code in {200, 201}
    assert store.read("new/ü #1%.jpg") == b"12345"


def test_azure_takes_an_upload_once_and_gives_nothing_out(container: Container) -> None:
    store = datastores.opened(Connection("azure", container.location, container.secrets))
    offer = store.signed_upload("a.jpg", timezone.now() + timedelta(minutes=5), 5)
    assert httpx.put(offer.url, content=b"12345", headers=offer.headers).status_code == 201
    assert httpx.put(offer.url, content=b"67890", headers=offer.headers).status_code == 403
    assert httpx.get(offer.url).status_code == 403
    expired = store.signed_upload("b.jpg", timezone.now() - timedelta(minutes=1), 5)
    assert httpx.put(expired.url, content=b"12345", headers=expired.headers).status_code == 403
    assert store.read("a.jpg") == b"12345"


def test_s3_is_told_the_size_and_that_nothing_may_lie_there(bucket: Connection) -> None:
    offer = datastores.opened(bucket).signed_upload("a.jpg", timezone.now() + timedelta(minutes=5), 5)
    query = parse_qs(urlsplit(offer.url).query)
    assert query["X-Amz-SignedHeaders"] == ["content-length;host;if-none-match"]
    assert offer.headers == {"If-None-Match": "*"}


def with_secret(box: Container, **changes: str) -> Connection:
    return Connection("azure", {**box.location, **changes}, box.secrets)


def test_azure_failures_say_what_to_do(container: Container, azurite: Emulator, settings: object) -> None:
    other = "A" * 86 + "=="
    with pytest.raises(StoreRefused, match=r"refused access\. Copy its key") as wrong_key:
        datastores.check(Connection("azure", container.location, {"account_key": other}))
    assert list(wrong_key.value.fields) == ["account_key"]
    with pytest.raises(StoreRefused, match="not an account key"):
        datastores.check(Connection("azure", container.location, {"account_key": "short"}))
    with pytest.raises(StoreRefused, match="no container “absent”"):
        datastores.check(with_secret(container, container="absent"))
    with pytest.raises(StoreRefused, match="does not connect to http://169"):
        datastores.check(with_secret(container, endpoint="http://169.254.169.254/latest"))
    settings.STORAGE_HOSTS = ["http://127.0.0.1:9"]
    with pytest.raises(StoreUnreachable, match="did not answer"):
        datastores.check(with_secret(container, endpoint="http://127.0.0.1:9/devstoreaccount1"))


def test_s3_failures_say_what_to_do(bucket: Connection) -> None:
    with pytest.raises(StoreRefused, match="no bucket “absent”"):
        datastores.check(Connection("s3", {**bucket.location, "bucket": "absent"}, bucket.secrets))
    with pytest.raises(StoreRefused, match="id of an access key"):
        datastores.check(Connection("s3", bucket.location, {}))
    with pytest.raises(StoreRefused, match="does not connect to https://evil"):
        datastores.check(Connection("s3", {**bucket.location, "endpoint": "https://evil.example"}, bucket.secrets))


def test_s3_url_is_for_reading_one_object() -> None:
    store = S3Store(bucket="photos", access_key_id="id", secret_access_key="secret", region="eu-central-1")
    url = urlsplit(store.signed_read_url("a b.jpg", timezone.now() + timedelta(minutes=15), "image/png"))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (url.scheme, url.path) == ("https", "/a%20b.jpg")
    assert url.netloc.startswith("photos.s3")
    assert query["response-content-type"] == "image/png"
    assert 890 <= int(query["X-Amz-Expires"]) <= 900


@pytest.fixture(scope="module")
def service_account() -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return {
        "type": "service_account",
        "project_id": "p",
        "private_key": pem,
        "client_email": "reader@p.iam.gserviceaccount.com",
        "token_uri": "http://169.254.169.254/steal",
    }


def test_gcs_signs_here_and_sends_tokens_to_google_alone(service_account: dict[str, str]) -> None:
    store = GCSStore(bucket="photos", service_account_info=service_account, prefix="raw")
    assert store.storage.credentials._token_uri == TOKEN_URI
    url = urlsplit(store.signed_read_url("a b.jpg", timezone.now() + timedelta(minutes=15), "image/png"))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (url.netloc, url.path) == ("storage.googleapis.com", "/photos/raw/a%20b.jpg")
    assert query["X-Goog-Algorithm"] == "GOOG4-RSA-SHA256"
    assert query["X-Goog-Credential"].startswith("reader@p.iam.gserviceaccount.com/")
    assert 890 <= int(query["X-Goog-Expires"]) <= 900


def test_gcs_refuses_other_credentials(service_account: dict[str, str]) -> None:
    for damaged in ({"type": "external_account"}, {**service_account, "private_key": "x"}, {"type": "service_account"}):
        with pytest.raises(StoreRefused):
            GCSStore(bucket="b", service_account_info=json.loads(json.dumps(damaged)))
    with pytest.raises(StoreRefused):
        datastores.opened(Connection("gcs", {"bucket": "b"}, {"service_account": "text"}))


def test_local_store_follows_no_link_out_of_its_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (folder / "a.jpg").write_bytes(b"a")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "up").symlink_to(tmp_path)
    (folder / "same.jpg").symlink_to(folder / "a.jpg")
    store = LocalStore(folder)
    assert listed(store) == ["a.jpg", "same.jpg"]
    assert store.read("same.jpg") == b"a"
    for key in ("link.jpg", "up/secret.jpg"):
        with pytest.raises(ObjectMissing):
            store.read(key)
    # Nor is anything outside listed, whether the link is the store's prefix or the beginning of a pattern.
    assert listed(LocalStore(folder, "up")) == []
    assert listed(store, prefix="up/") == []


@pytest.mark.parametrize("prefix", ["..", "../beside", "a/../../b", "./a", "a\nb"])
def test_no_prefix_leads_out_of_a_store(connection: Connection, prefix: str) -> None:
    with pytest.raises(StoreRefused, match="without"):
        datastores.opened(Connection(connection.kind, {**connection.location, "prefix": prefix}, connection.secrets))


def test_what_the_sdk_takes_for_no_region_is_refused_in_words(bucket: Connection) -> None:
    with pytest.raises(StoreRefused, match="region"):
        datastores.opened(Connection("s3", {**bucket.location, "region": "x.evil.example/#"}, bucket.secrets))


def test_local_stores_lie_below_the_operators_folders(folder: Path, settings: object, tmp_path: Path) -> None:
    for path in ("/etc", "", "relative", str(folder.parent / ".." / "own")):
        with pytest.raises(StoreRefused):
            datastores.opened(Connection("local", {"path": path}))
    with pytest.raises(StoreRefused, match="does not exist"):
        datastores.check(Connection("local", {"path": str(folder / "absent")}))
    settings.LOCAL_STORE_ROOTS = [tmp_path]
    settings.STORAGE_URL = f"file://{tmp_path}/own"
    for path in (tmp_path, tmp_path / "own", tmp_path / "own" / "workspaces"):
        with pytest.raises(StoreRefused, match="belongs to Labelwright"):
            datastores.opened(Connection("local", {"path": str(path)}))
    settings.LOCAL_STORE_ROOTS = []
    with pytest.raises(StoreRefused, match="reads no folders"):
        datastores.opened(Connection("local", {"path": str(folder)}))


@pytest.mark.parametrize(
    "url",
    [
        "https://account.blob.core.windows.net", "https://account.blob.core.windows.net:443/",
        "https://s3.eu-central-1.amazonaws.com", "https://bucket.s3.amazonaws.com", "https://storage.googleapis.com",
        "http://127.0.0.1:10000/devstoreaccount1",
    ],
)  # fmt: skip
def test_allowed_endpoints(url: str, settings: object) -> None:
    settings.STORAGE_HOSTS = [
        "*.blob.core.windows.net", "*.amazonaws.com", "storage.googleapis.com", "http://127.0.0.1:10000",
    ]  # fmt: skip
    assert endpoints.checked(url).startswith(url.split("//")[0])


@pytest.mark.parametrize(
    "url",
    [
        "http://account.blob.core.windows.net", "https://account.blob.core.windows.net:8443", "https://evil.example",
        "https://user@account.blob.core.windows.net", "https://account.blob.core.windows.net?sig=1",
        "https://blob.core.windows.net.evil.example", "https://ec2-10-0-0-1.compute-1.amazonaws.com", "http://127.0.0.1",
        "http://127.0.0.1:10001", "http://2130706433:10000", "http://0177.0.0.1:10000", "http://[::ffff:127.0.0.1]:10000",
        "file:///etc/passwd", "gopher://127.0.0.1:10000", "", "https://", "https://a:99999", "127.0.0.1:10000",
        "https://169.254.169.254", "https://s3.amazonaws.com.evil.example", "https://evils3.amazonaws.com",
        # What Python's parser takes for one host, urllib3, which the SDKs connect with, takes for another.
        "https://127.0.0.1\\.blob.core.windows.net", "https://169.254.169.254\\.s3.amazonaws.com",
        "https://evil.example%2f.blob.core.windows.net", "https://evil.example;.blob.core.windows.net",
        "https://a b.blob.core.windows.net", "https://\u24d4vil.blob.core.windows.net",
        "https://account.blob.core.windows.net/\\evil.example",
    ],
)  # fmt: skip
def test_refused_endpoints(url: str, settings: object) -> None:
    settings.STORAGE_HOSTS = [
        "*.blob.core.windows.net", "*.amazonaws.com", "storage.googleapis.com", "http://127.0.0.1:10000",
    ]  # fmt: skip
    with pytest.raises(StoreRefused):
        endpoints.checked(url)


@pytest.mark.parametrize("account", ["127.0.0.1\\", "127.0.0.1#", "127.0.0.1/", "127.0.0.1?", "u@127.0.0.1", "a b"])
def test_an_accounts_name_is_no_way_to_another_host(account: str) -> None:
    location = {"account": account, "container": "c"}
    with pytest.raises(StoreRefused):
        datastores.opened(Connection("azure", location, {"account_key": "A" * 86 + "=="}))


def test_built_in_storage_is_each_workspaces_own(db: None, own_store: Path, photo: Callable[..., bytes]) -> None:
    first, second = factories.WorkspaceFactory(), factories.WorkspaceFactory()
    stores = [datastores.for_datastore(datastores.built_in(place)) for place in (first, second)]
    stores[0].put("a.jpg", io.BytesIO(photo()))
    assert [listed(store) for store in stores] == [["a.jpg"], []]
    assert datastores.built_in(first).pk == datastores.built_in(first).pk
    assert isinstance(stores[0].head("a.jpg"), Entry)


@pytest.mark.parametrize(
    "url", ["azure://account:{key}@container/below", "s3://id:secret@bucket/below?region=eu-west-1"]
)
def test_installation_store_from_a_url(url: str, settings: object) -> None:
    settings.STORAGE_URL = url.format(key="A" * 86 + "%3D%3D")
    store = datastores.installation_store("workspaces/1")
    assert store.prefix == "below/workspaces/1/"


def test_created_datastore_shows_no_secret(cast: object, container: Container) -> None:
    connection = Connection("azure", container.location, container.secrets)
    made = datastores.create(actor=cast.owner, workspace=cast.workspace, name="Blobs", connection=connection)
    found = Datastore.objects.get(pk=made.pk)
    assert container.secrets["account_key"].encode() not in bytes(found.credentials)
    assert container.secrets["account_key"] not in json.dumps(found.location)
    assert found.is_default
    assert listed(datastores.for_datastore(found)) == []
    changed = datastores.change(
        actor=cast.owner, datastore=found, name="Blobs 2", connection=Connection("azure", container.location)
    )
    assert listed(datastores.for_datastore(changed)) == []


@pytest.mark.parametrize("change", [{"container": "other"}, {"prefix": ""}, {"endpoint": ""}, {"account": "other"}])
def test_kept_keys_open_no_other_place(cast: object, container: Container, change: dict[str, str]) -> None:
    location = {**container.location, "prefix": "only/this"}
    made = container.datastore(workspace=cast.workspace, name="Blobs", prefix="only/this")
    elsewhere = {**location, **change}
    with pytest.raises(StoreRefused, match="keys again") as refused:
        datastores.change(actor=cast.manager, datastore=made, name="Blobs", connection=Connection("azure", elsewhere))
    assert list(refused.value.fields) == ["account_key"]
    made.refresh_from_db()
    assert made.location == location


def test_datastore_in_use_stays(cast: object) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace, name="Streets")
    with pytest.raises(datastores.DatastoreInUse, match="“Streets” read from this"):
        datastores.delete(actor=cast.owner, datastore=dataset.datastore)
    dataset.delete()
    datastores.delete(actor=cast.owner, datastore=dataset.datastore)
    assert not Datastore.objects.filter(pk=dataset.datastore_id).exists()


def test_one_default_per_workspace(cast: object) -> None:
    first, second = (factories.DatastoreFactory(workspace=cast.workspace) for _ in range(2))
    datastores.set_default(actor=cast.owner, datastore=first)
    datastores.set_default(actor=cast.owner, datastore=second)
    assert list(Datastore.objects.filter(is_default=True, workspace=cast.workspace)) == [second]
