import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.signals import user_logged_in
from django.core import mail
from django.db import connection

from projects import jobs, people, setup, tenancy
from projects.errors import Conflict, NotAllowed
from projects.forms.people import member_key
from projects.models import ApiToken, AuditEvent, Job, Membership, User
from tests import factories

pytestmark = pytest.mark.django_db


def membership(user, **place):
    return Membership.objects.get(user=user, **place)


def in_organisation(user):
    return membership(user, workspace=None, project=None)


def test_adding_a_stranger_makes_an_account_without_password_and_writes(cast):
    added = people.add(
        place=cast.workspace, email=" New@Example.com ", name="Nina New", role="labeller", actor=cast.manager
    )
    assert (added.user.email, added.user.name, added.user.has_usable_password()) == (
        "new@example.com",
        "Nina New",
        False,
    )
    roles = Membership.objects.filter(user=added.user).order_by("pk").values_list("workspace", "role")
    assert list(roles) == [(cast.workspace.pk, "labeller"), (None, "member")]
    job = Job.objects.get(kind=people.WELCOME)
    assert job.arguments == {"user_id": added.user.pk, "place": cast.workspace.name, "inviter": "Mona Manager"}


def test_the_mailed_link_sets_the_password_once_and_proves_the_address(cast, client):
    user = people.add(place=cast.organisation, email="new@example.com", role="member", actor=cast.owner).user
    jobs.run_due()
    assert mail.outbox[0].to == ["new@example.com"]
    assert mail.outbox[0].subject == f"Olga Owner added you to {cast.organisation.name}"
    path = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[0].body)[1]
    form = client.get(path, follow=True)
    page = form.redirect_chain[-1][0]
    client.post(page, {"password1": "a long enough secret", "password2": "a long enough secret"})
    user.refresh_from_db()
    assert user.check_password("a long enough secret")
    assert EmailAddress.objects.get(user=user).verified
    assert b"no longer works" in client.get(path, follow=True).content


def test_adding_somebody_with_an_account_keeps_it(cast):
    added = people.add(place=cast.workspace, email=cast.outsider.email.upper(), role="viewer", actor=cast.manager)
    assert added.user == cast.outsider
    people.welcome(user=added.user, place="Here", inviter="Me")
    assert "as before" in mail.outbox[0].body
    assert "password" not in mail.outbox[0].body


def test_adding_twice_is_refused(cast):
    with pytest.raises(people.AlreadyThere):
        people.add(place=cast.workspace, email=cast.labeller.email, role="viewer", actor=cast.manager)


def test_the_last_owner_stays(cast):
    own = in_organisation(cast.owner)
    with pytest.raises(people.LastOwner):
        people.remove(membership=own, actor=cast.owner)
    with pytest.raises(people.LastOwner):
        people.change_role(membership=own, role="member", actor=cast.owner)
    people.change_role(membership=in_organisation(cast.viewer), role="owner", actor=cast.owner)
    people.remove(membership=own, actor=cast.viewer)
    assert not Membership.objects.filter(user=cast.owner).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["remove", "demote", "leave"])
def test_two_owners_who_go_at_once_leave_one(cast, deed):
    pair = [in_organisation(cast.owner), in_organisation(cast.viewer)]
    people.change_role(membership=pair[1], role="owner", actor=cast.owner)
    pair[1].refresh_from_db()
    barrier = threading.Barrier(2)

    def act(number):
        mine, other = pair[number], pair[1 - number]
        barrier.wait(20)
        try:
            with tenancy.for_organisation(cast.organisation.pk):
                if deed == "demote":
                    people.change_role(membership=other, role="member", actor=mine.user)
                else:
                    people.remove(membership=mine if deed == "leave" else other, actor=mine.user)
        except (NotAllowed, people.LastOwner) as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(act, range(2)))
    assert outcomes == sorted(["done", "last_owner" if deed == "leave" else "not_allowed"])
    assert Membership.objects.of_organisation().filter(organisation=cast.organisation, role="owner").count() == 1
    connection.close_pool()


def test_a_role_that_was_loaded_long_ago_decides_nothing(cast):
    stale = in_organisation(cast.viewer)
    people.change_role(membership=in_organisation(cast.viewer), role="owner", actor=cast.owner)
    people.change_role(membership=in_organisation(cast.manager), role="admin", actor=cast.owner)
    assert stale.role == "member"
    with pytest.raises(NotAllowed):
        people.remove(membership=stale, actor=cast.manager)
    people.remove(membership=stale, actor=cast.owner)
    with pytest.raises(Conflict):
        people.remove(membership=stale, actor=cast.owner)


def test_only_owners_make_owners(cast):
    people.change_role(membership=in_organisation(cast.viewer), role="admin", actor=cast.owner)
    with pytest.raises(NotAllowed):
        people.change_role(membership=in_organisation(cast.viewer), role="owner", actor=cast.viewer)
    with pytest.raises(NotAllowed):
        people.remove(membership=in_organisation(cast.owner), actor=cast.viewer)
    with pytest.raises(NotAllowed):
        people.add(place=cast.organisation, email="new@example.com", role="owner", actor=cast.viewer)


def test_leaving_the_organisation_ends_roles_and_tokens(cast):
    token = ApiToken.objects.create(
        organisation=cast.organisation,
        user=cast.labeller,
        name="x",
        prefix="x",
        digest="x",
        scopes=["read"],
        expires_at="2099-01-01T00:00Z",
    )
    people.remove(membership=in_organisation(cast.labeller), actor=cast.owner)
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert not Membership.objects.filter(user=cast.labeller).exists()


def test_removing_from_the_workspace_keeps_the_organisation(cast):
    people.remove(membership=membership(cast.labeller, workspace=cast.workspace), actor=cast.manager)
    assert in_organisation(cast.labeller).role == "member"
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.object_name, event.detail) == (
        "person.remove",
        cast.workspace.name,
        {"email": cast.labeller.email, "role": "labeller"},
    )


def test_nobody_learns_whether_an_address_has_an_account(cast, client):
    """The same request for a stranger and for a member of another tenant: the same answer and, until they come, the same page."""
    client.force_login(cast.manager)
    url = f"/workspaces/{cast.workspace.code}/people/"
    User.objects.filter(pk=cast.outsider.pk).update(email="Known@Example.com", name="Otto Outsider")
    seen = {}
    for email in ("known@example.com", "fresh@example.com"):
        answer = client.post(url, {"email": email.title(), "name": "", "role": "labeller"}, follow=True)
        rows = re.findall(r"<tr>.*?</tr>", answer.content.decode(), re.DOTALL)
        (row,) = [row for row in rows if email in row.lower()]
        (message,) = [str(message) for message in answer.context["messages"]]
        member = membership(User.objects.get(email__iexact=email), workspace=cast.workspace)
        person, stem = member_key(member), email.partition("@")[0]
        for own in (person, email.title(), email, stem, stem.title()):
            row, message = row.replace(own, "…"), message.replace(own, "…")
        seen[email] = (
            answer.status_code,
            message,
            re.sub(r'datetime="[^"]*"|csrfmiddlewaretoken" value="\w+"|remove-\d+|title="\w"|>\w</span>', "", row),
        )
    assert seen["known@example.com"] == seen["fresh@example.com"]
    assert "Invited" in seen["known@example.com"][2]
    assert "Otto" not in client.get(url).content.decode()
    assert Job.objects.filter(kind=people.WELCOME).count() == 2
    titles = Job.objects.filter(kind=people.WELCOME).order_by("pk").values_list("title", flat=True)
    assert list(titles) == ["Write to known@example.com", "Write to fresh@example.com"]


def test_who_signs_in_is_shown_by_their_own_name(cast, client):
    people.add(place=cast.workspace, email=cast.outsider.email, role="labeller", actor=cast.manager)
    assert cast.outsider not in setup.candidates(cast.project)
    user_logged_in.send(sender=User, request=None, user=cast.outsider)
    assert cast.outsider in setup.candidates(cast.project)
    client.force_login(cast.manager)
    assert "Otto Outsider" in client.get(f"/workspaces/{cast.workspace.code}/people/").content.decode()


def test_a_colleague_is_known_at_once(cast):
    Membership.objects.filter(user=cast.viewer, workspace=cast.workspace).delete()
    member = people.add(place=cast.workspace, email=cast.viewer.email, role="labeller", actor=cast.manager)
    assert member.person == cast.viewer


def test_page_adds_changes_and_removes(cast, client):
    client.force_login(cast.manager)
    url = f"/workspaces/{cast.workspace.code}/people/"

    def key(user):
        return member_key(membership(user, workspace=cast.workspace))

    assert client.post(url, {"email": "new@example.com", "name": "", "role": "labeller"}).status_code == 302
    new = User.objects.get(email="new@example.com")
    client.post(url, {"person": key(new), "action": "change", "role": "reviewer"})
    assert membership(new, workspace=cast.workspace).role == "reviewer"
    client.post(url, {"person": key(new), "action": "remove"})
    assert not Membership.objects.filter(user=new, workspace=cast.workspace).exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"email": "no address", "role": "labeller"}, "valid email"),
        ({"email": "new@example.com", "role": "owner"}, "Select a valid choice"),
    ],
)
def test_page_refuses_bad_input_in_the_form(cast, client, data, words):
    client.force_login(cast.manager)
    response = client.post(f"/workspaces/{cast.workspace.code}/people/", data)
    assert response.status_code == 422
    assert words in response.content.decode()


def test_page_knows_no_person_of_another_tenant(cast, client):
    client.force_login(cast.manager)
    url = f"/workspaces/{cast.workspace.code}/people/"
    response = client.post(
        url,
        {"person": member_key(membership(cast.outsider, workspace=cast.foreign_project.workspace)), "action": "remove"},
        follow=True,
    )
    assert "not a member any more" in response.content.decode()
    assert Membership.objects.filter(user=cast.outsider).count() == 2


@pytest.mark.parametrize("more", [0, 2])
def test_members_page_takes_the_same_queries_for_any_number(cast, client, django_assert_num_queries, more):
    for _ in range(more):
        Membership.objects.create(organisation=cast.organisation, user=factories.UserFactory(), role="member")
    client.force_login(cast.owner)
    url = f"/organisations/{cast.organisation.code}/members/"
    client.get(url)
    with django_assert_num_queries(9):
        assert client.get(url).status_code == 200
