"""The background work of tenants and their data."""

from datetime import timedelta

from projects import jobs, people
from projects.models import User


@jobs.handler(people.WELCOME, queue="io", lease=timedelta(minutes=1), attempts=5)
def write_welcome(job: jobs.Running, user_id: int, place: str, inviter: str) -> None:
    """Sends the mail that tells a person where they belong now."""
    people.welcome(user=User.objects.get(pk=user_id), place=place, inviter=inviter)
