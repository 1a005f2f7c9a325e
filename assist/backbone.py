"""The frozen network that turns images into 1280 numbers: MobileNetV2 trained on ImageNet-1k.

Importing this module imports torch, which takes seconds and much memory, so only workers do. Weights
come from a folder (`mobilenet_v2_imagenet1k.safetensors`), or without one from torchvision's own loader,
which downloads them once.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias
from urllib.error import URLError

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torchvision.models import MobileNet_V2_Weights, MobileNetV2, mobilenet_v2

from projects import errors

WEIGHTS_FILE = "mobilenet_v2_imagenet1k.safetensors"
NAMES_FILE = "imagenet1k_names.json"
DIMENSIONS = 1280
SHORT_SIDE, CROP = 256, 224
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)

Embeddings: TypeAlias = NDArray[np.float32]


class MissingWeights(errors.DomainError):
    """There is no pretrained network to work with; the message says where one is looked for."""

    code = "missing_weights"


@dataclass(frozen=True, slots=True)
class Guess:
    """One ImageNet class for an image; `probability` is 0.0 to 1.0."""

    name: str
    index: int
    probability: float


class Backbone:
    """A loaded network on one device. `version` names architecture and weights, for caches."""

    def __init__(self, network: MobileNetV2, names: Sequence[str], device: torch.device) -> None:
        self.device = device
        self.names = list(names)
        self.network = network.to(device).eval()
        self.version = f"mobilenet_v2-{_fingerprint(network)}"

    def embed(self, images: Iterable[Image.Image], batch_size: int = 32) -> Embeddings:
        """Return one row of features per image, float32 [n, 1280], in the order given."""
        rows = [features.cpu().numpy() for features in self._features(images, batch_size)]
        return np.concatenate(rows) if rows else np.empty((0, DIMENSIONS), dtype=np.float32)

    def classify(self, images: Iterable[Image.Image], top: int = 3, batch_size: int = 32) -> list[list[Guess]]:
        """Return the `top` likeliest ImageNet classes of each image, likeliest first."""
        found: list[list[Guess]] = []
        for features in self._features(images, batch_size):
            with torch.inference_mode():
                best = torch.softmax(self.network.classifier(features), dim=1).topk(top)
            for row, indices in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                pairs = zip(row, indices, strict=True)
                found.append([Guess(self.names[index], index, probability) for probability, index in pairs])
        return found

    def _features(self, images: Iterable[Image.Image], batch_size: int) -> Iterator[torch.Tensor]:
        """Yield pooled features [at most batch_size, 1280]; images are taken only as they are needed."""
        pending = iter(images)
        while batch := [prepare(image) for image in islice(pending, batch_size)]:
            with torch.inference_mode():
                pixels = torch.from_numpy(np.stack(batch)).to(self.device)
                yield self.network.features(pixels).mean(dim=(2, 3))


def load(weights_dir: Path | str | None = None, device: str = "auto") -> Backbone:
    """Load the network; `device` is `auto`, `cpu`, `cuda` or `cuda:1`. `MissingWeights` if there is none."""
    chosen = choose_device(device)
    if not weights_dir:
        return _from_torchvision(chosen)
    folder = Path(weights_dir)
    path = folder / WEIGHTS_FILE
    if not path.is_file():
        raise MissingWeights(f"There is no {WEIGHTS_FILE} in {folder}. Put it there, or unset ASSIST_WEIGHTS_DIR.")
    network = mobilenet_v2(weights=None)
    try:
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError, OSError) as error:
        raise MissingWeights(f"{path} does not hold MobileNetV2 weights.") from error
    return Backbone(network, _names(folder), chosen)


def choose_device(wish: str = "auto") -> torch.device:
    """Return the device to compute on; `auto` takes a GPU when there is one."""
    if wish == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(wish)


def prepare(image: Image.Image) -> NDArray[np.float32]:
    """Scale the shorter side to 256 px, cut out the middle 224 px, normalise: float32 [3, 224, 224]."""
    colour = image.convert("RGB")
    factor = SHORT_SIDE / min(colour.size)
    width, height = (max(SHORT_SIDE, round(side * factor)) for side in colour.size)
    small = colour.resize((width, height), Image.Resampling.BILINEAR)
    left, top = (width - CROP) // 2, (height - CROP) // 2
    pixels = np.asarray(small.crop((left, top, left + CROP, top + CROP)), dtype=np.float32) / 255
    return np.ascontiguousarray(((pixels - MEAN) / DEVIATION).transpose(2, 0, 1))


def _from_torchvision(device: torch.device) -> Backbone:
    weights = MobileNet_V2_Weights.IMAGENET1K_V1
    try:
        network = mobilenet_v2(weights=weights)
    except (URLError, OSError, RuntimeError) as error:
        raise MissingWeights(
            f"The pretrained network could not be downloaded ({error}). "
            f"Set ASSIST_WEIGHTS_DIR to a folder that holds {WEIGHTS_FILE}."
        ) from error
    return Backbone(network, _known_names(), device)


def _names(folder: Path) -> list[str]:
    """Class names in output order: from the folder, else the ones torchvision knows."""
    path = folder / NAMES_FILE
    if not path.is_file():
        return _known_names()
    return [str(name).partition(",")[0] for name in json.loads(path.read_text())]


def _known_names() -> list[str]:
    return [str(name) for name in MobileNet_V2_Weights.IMAGENET1K_V1.meta["categories"]]


def _fingerprint(network: torch.nn.Module) -> str:
    """Eight characters that change with any weight."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:8]
