"""The committed configurations are read, and make the networks they name."""

from pathlib import Path

import pytest

from paflib.model.zoo import build_network
from paflib.trainer import read_config

FOLDER = Path(__file__).resolve().parents[2] / "data" / "configs"
PARAMETERS = {"cvpr-2017-coco": 52_311_446, "tpami-2019-body25": 26_166_084}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_a_configuration_makes_its_network(path):
    import torch

    config = read_config(path)
    assert config.name == path.stem.removesuffix("-more")  # the second part of a training makes the same network
    arguments = {k: v for k, v in config.network.items() if k not in ("architecture", "height", "about", "licence")}
    with torch.device("meta"):
        module = build_network(config.network["architecture"], config.skeleton_of(), arguments)
    count = sum(p.numel() for p in module.parameters())
    if config.name in PARAMETERS:
        assert count == PARAMETERS[config.name]
    else:
        assert count <= 1_000_000
