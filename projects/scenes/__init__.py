"""Sample photographs that are made, not taken, with their true boxes and scene class.

`render_scene(seed)` gives the same picture for the same seed. Ten kinds of things stand in five kinds of
scenes under changing light, seen by a changing camera; what one thing hides of another is known, so each
box is the box of the pixels that can be seen.
"""

from projects.scenes.rendering import encode, render_scene
from projects.scenes.settings import SCENE_LABELS
from projects.scenes.slices import render_slice
from projects.scenes.staging import Scene, SceneBox
from projects.scenes.things import MAKERS

LABELS = tuple(MAKERS)

__all__ = ["LABELS", "SCENE_LABELS", "Scene", "SceneBox", "encode", "render_scene", "render_slice"]
