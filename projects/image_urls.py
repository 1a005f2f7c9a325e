"""Short-lived addresses of images, signed without any I/O."""

from collections.abc import Sequence

from django.core import signing
from django.urls import reverse

from projects.models import Image

SALT = "projects.image_urls"


def _links(images: Sequence[Image], kind: str) -> dict[int, str]:
    signer = signing.TimestampSigner(salt=SALT)
    return {
        image.pk: reverse("projects:file", kwargs={"signed": signer.sign_object([kind, image.pk], compress=False)})
        for image in images
    }


def signed(images: Sequence[Image]) -> dict[int, str]:
    """Addresses of the images as browsers can show them, by primary key. Needs `image.dataset.datastore` loaded."""
    return _links(images, "image")


def thumbnails(images: Sequence[Image]) -> dict[int, str]:
    """Addresses of thumbnails, by primary key."""
    return _links(images, "thumbnail")
