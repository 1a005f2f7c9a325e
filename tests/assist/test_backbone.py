import json
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import mobilenet_v2

from assist import backbone

SAMPLES = Path(__file__).parents[3] / "shared" / "data"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample images and weights are not here")


@pytest.fixture(scope="module")
def network():
    return backbone.load(SAMPLES / "weights", device="cpu")


@pytest.fixture(scope="module")
def expected():
    return json.loads((SAMPLES / "weights" / "expected_predictions.json").read_text())["images"]


def opened(names):
    for name in names:
        with Image.open(SAMPLES / name) as image:
            yield image


@needs_samples
def test_classes_are_the_expected_ones(network, expected):
    found = network.classify(opened(expected), batch_size=5)
    for (name, row), guesses in zip(expected.items(), found, strict=True):
        label, index, probability = row["mobilenet_v2"][0]
        assert (name, guesses[0].name, guesses[0].index) == (name, label, index)
        assert guesses[0].probability == pytest.approx(probability, abs=0.001)
        assert len(guesses) == 3


@needs_samples
def test_embeddings_do_not_depend_on_the_batch(network, expected):
    names = list(expected)[:5]
    rows = network.embed(opened(names), batch_size=2)
    assert (rows.shape, rows.dtype) == ((5, 1280), np.float32)
    assert np.allclose(rows, network.embed(opened(names)), atol=1e-4)
    with torch.inference_mode():
        pixels = torch.from_numpy(np.stack([backbone.prepare(image) for image in opened(names)]))
        scores = network.network(pixels)
        assert torch.allclose(network.network.classifier(torch.from_numpy(rows)), scores, atol=1e-3)


@needs_samples
def test_images_of_one_class_are_closer(network):
    folders = [SAMPLES / "caltech20" / "images" / name for name in ("accordion", "butterfly")]
    names = [path.relative_to(SAMPLES) for folder in folders for path in sorted(folder.iterdir())[:4]]
    rows = network.embed(opened(names))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    likeness = rows @ rows.T
    same = (likeness[:4, :4].sum() - 4 + likeness[4:, 4:].sum() - 4) / 24
    assert same > likeness[:4, 4:].mean() + 0.1


@needs_samples
def test_the_version_names_the_weights(network):
    assert network.version == backbone.load(SAMPLES / "weights", device="cpu").version
    other = backbone.Backbone(mobilenet_v2(weights=None), [], torch.device("cpu"))
    assert network.version.startswith("mobilenet_v2-")
    assert network.version != other.version


@needs_samples
def test_no_images_give_no_rows(network):
    assert network.embed([]).shape == (0, 1280)
    assert network.classify([]) == []


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (20, 3000), (256, 256), (1, 1)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_every_size_and_mode_is_prepared(size, mode):
    pixels = backbone.prepare(Image.new(mode, size))
    assert (pixels.shape, pixels.dtype) == ((3, 224, 224), np.float32)


def test_white_is_normalised_with_imagenet_statistics():
    pixels = backbone.prepare(Image.new("RGB", (300, 300), "white"))
    assert pixels[:, 0, 0].tolist() == pytest.approx([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])


def test_a_folder_without_weights_says_what_to_do(tmp_path):
    with pytest.raises(backbone.MissingWeights, match="unset ASSIST_WEIGHTS_DIR"):
        backbone.load(tmp_path)
    (tmp_path / backbone.WEIGHTS_FILE).write_bytes(b"hello")
    with pytest.raises(backbone.MissingWeights, match="does not hold"):
        backbone.load(tmp_path)


def test_without_folder_and_network_the_error_says_what_to_do(monkeypatch):
    def offline(weights):
        raise URLError("no route")

    monkeypatch.setattr(backbone, "mobilenet_v2", offline)
    with pytest.raises(backbone.MissingWeights, match="Set ASSIST_WEIGHTS_DIR"):
        backbone.load(None)


def test_the_device_can_be_chosen():
    assert backbone.choose_device("cpu").type == "cpu"
    assert backbone.choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
