"""How a person likes the labelling pages. Validated on the way in, forgiving on the way out, merged key by key."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from projects import errors
from projects.models import Preferences, User

MOST_BYTES = 16 * 1024
_MOST_PROJECTS = 60

Chord: TypeAlias = Annotated[str, Field(min_length=1, max_length=40)]
CommandId: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,59}$")]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
Choice: TypeAlias = bool | Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=60)]
Choices: TypeAlias = Annotated[dict[Name, Choice], Field(max_length=40)]


class Part(BaseModel):
    """Base of the preferences: keys that this version does not know are dropped."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Adjust(Part):
    """How pictures are shown: brightness and contrast from -100 to 100, saturation in percent."""

    brightness: Annotated[float, Field(ge=-100, le=100)] = 0
    contrast: Annotated[float, Field(ge=-100, le=100)] = 0
    gamma: Annotated[float, Field(ge=0.2, le=5)] = 1
    saturation: Annotated[float, Field(ge=0, le=200)] = 100
    invert: bool = False


class EditorPreferences(Part):
    """What may be kept; every part is optional, and what is absent is as the page likes it.

    `keys` maps a command of either labelling page to the chords that run it; an empty list takes its keys away.
    """

    version: Literal[1] = 1
    keys: Annotated[dict[CommandId, Annotated[list[Chord], Field(max_length=4)]], Field(max_length=300)] = {}
    adjust: Annotated[dict[UUID, Adjust], Field(max_length=_MOST_PROJECTS)] = Field({}, description="By project.")
    palette: Literal["project", "safe"] = "project"
    text_size: Literal["none", "small", "medium", "large"] = "medium"
    outline: Annotated[float, Field(ge=1, le=6, description="Width in screen pixels.")] = 2
    opacity: Annotated[float, Field(ge=0.2, le=1, description="Of outlines.")] = 1
    fill: Annotated[float, Field(ge=0, le=1, description="Opacity of areas.")] = 0.12
    snap: bool | Choices = True
    brush: Choices = {}
    layout: Choices = {}


class PreferencesChange(BaseModel):
    """A JSON merge patch (RFC 7396) of preferences: objects are merged, `null` takes a key out, all else replaces."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]


class PreferencesRefused(errors.DomainError):
    """The preferences would not be valid."""


def of(user: User) -> dict[str, Any]:
    """The preferences of a person, without what is no longer understood."""
    row = Preferences.objects.for_user(user).first()
    return _readable(row.editor if row else {})


@transaction.atomic
def change(*, user: User, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Merges a patch into a person's preferences; two tabs that change different things both win."""
    Preferences.objects.get_or_create(user=user)
    row = Preferences.objects.for_user(user).select_for_update().get()
    try:
        checked = EditorPreferences.model_validate(_merged(_readable(row.editor), patch))
    except ValidationError as error:
        raise PreferencesRefused("These preferences cannot be kept.", fields=_messages(error)) from error
    if len(checked.model_dump_json(exclude_unset=True)) > MOST_BYTES:
        raise PreferencesRefused(f"Preferences may have at most {MOST_BYTES // 1024} kB. Reset some of them.")
    row.editor = _plain(checked)
    row.save(update_fields=["editor", "updated_at"])
    return dict(row.editor)


def _plain(preferences: EditorPreferences) -> dict[str, Any]:
    return {"version": 1, **preferences.model_dump(mode="json", exclude_unset=True)}


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def _readable(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What was kept by another version may be wrong by now: the parts that are go, the rest stays."""
    try:
        return _plain(EditorPreferences.model_validate(stored))
    except ValidationError as error:
        wrong = {str(found["loc"][0]) for found in error.errors(include_url=False)}
        return _plain(EditorPreferences.model_validate({k: v for k, v in stored.items() if k not in wrong}))


def _messages(error: ValidationError) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for found in error.errors(include_url=False, include_context=False, include_input=False)[:20]:
        fields.setdefault(".".join(str(step) for step in found["loc"]), []).append(found["msg"])
    return fields
