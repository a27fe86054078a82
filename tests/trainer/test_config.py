"""A configuration is read whole or refused by name, before anything is computed."""

import json
import subprocess
import sys

import pytest

from paflib.errors import DataError
from paflib.trainer.config import config_of, read_config

LEAST = {"name": "x", "network": {"architecture": "staged"}, "data": [{"level": "easy"}]}


def test_defaults_are_the_papers():
    config = config_of(LEAST)
    assert (config.optimiser.kind, config.optimiser.lr, config.optimiser.momentum) == ("sgd", 4e-5, 0.9)
    assert (config.optimiser.weight_decay, config.optimiser.later_lr, config.optimiser.bias_lr) == (5e-4, 4, 2)
    assert config.run.batch == 10 and config.foreground == 1 and config.intermediate
    assert config.augmentation().rotation == 45 and config.target_options().reduce == "max"


def test_a_configuration_goes_through_json():
    config = config_of(LEAST | {"augment": {"preset": "whole", "size": 96}, "optimiser": {"betas": [0.9, 0.99]}})
    again = config_of(json.loads(json.dumps(config.as_dict())))
    assert again == config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"foregroud": 3.0}, "foregroud is unknown; did you mean 'foreground'"),
        ({"run": {"stepps": 3}}, "run.stepps is unknown; did you mean 'steps'"),
        ({"run": {"steps": "many"}}, "run.steps is 'many', wanted int"),
        ({"run": {"steps": True}}, "run.steps is True, wanted int"),
        ({"run": {"steps": 0}}, "at least 1"),
        ({"run": {"precision": "float8"}}, "run.precision is 'float8', wanted one of 'float32'"),
        ({"run": {"ema": 1.0}}, "run.ema is 1.0"),
        ({"run": 3}, "run is 3, wanted a table"),
        ({"data": []}, "data.* is missing: wanted at least one data set"),
        ({"data": [{"level": "easy", "images": "x", "annotations": "y"}]}, r"data\[0\]: level and images exclude"),
        ({"data": [{"images": "x"}]}, r"data\[0\]: wanted images and annotations"),
        ({"data": [{"levl": "easy"}]}, r"data\[0\].levl is unknown; did you mean 'level'"),
        ({"augment": {"preset": "best"}}, "augment.preset is 'best', wanted one of cvpr-2017"),
        ({"augment": {"sise": 3}}, "augment.sise is unknown; did you mean 'size'"),
        ({"augment": {"size": 3}}, "wanted a size of at least 8"),
        ({"targets": {"preset": "mine"}}, "targets.preset is 'mine'"),
        ({"targets": {"sigmaa": 3}}, "targets.sigmaa is unknown; did you mean 'sigma'"),
        ({"optimiser": {"betas": [0.9]}}, r"optimiser.betas is \[0.9\], wanted 2 values"),
        ({"skeleton": "nothing.json"}, "no skeleton could be read"),
        ({"optimizer": {"kind": "adam"}}, "did you mean 'optimiser'"),
    ],
)
def test_mistakes_are_named(change, message):
    with pytest.raises(DataError, match=message):
        config_of(LEAST | change)


def test_a_missing_key_is_named():
    with pytest.raises(DataError, match="name is missing"):
        config_of({"network": {}, "data": [{"level": "easy"}]})


def test_files(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('name = "x"\nnetwork = { architecture = "staged" }\n[[data]]\nlevel = "easy"\n')
    assert read_config(path).folder == str(tmp_path)
    path.write_text("name = ")
    with pytest.raises(DataError, match=r"run\.toml: this is no TOML"):
        read_config(path)
    path.write_text('name = "x"\nnetwork = {}\ndata = []\nsteps = 4\n')
    with pytest.raises(DataError, match=r"run\.toml: steps is unknown"):
        read_config(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_config(tmp_path / "none.toml")


def test_a_configuration_is_read_without_torch():
    """A typing mistake must not cost the seconds that importing torch takes."""
    code = "import sys, paflib.trainer as t; t.config_of; t.Batches; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
