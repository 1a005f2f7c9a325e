import pytest
from django.test import RequestFactory

from projects import origins
from projects.models import AuditEvent


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.2.3.4", "127.0.0.1"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_trusted_proxies_are_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert origins.client_address(request) == address


def test_the_audit_log_says_from_where(client, cast):
    client.force_login(cast.owner)
    client.post(f"/organisations/{cast.organisation.code}/", {"name": "Other"}, REMOTE_ADDR="192.0.2.7")
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.address) == ("organisation.rename", "192.0.2.7")
