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
        ({"skeleton": "coco18"}, "skeleton is 'coco18', wanted a JSON file; did you mean 'coco-18'"),
        ({"targets": {"reduce": "maxx"}}, "targets.reduce is 'maxx', wanted one of 'max'"),
        ({"targets": {"sigma": "wide"}}, "targets.sigma is 'wide', wanted float"),
        ({"targets": {"sigma": 0.0}}, "sigma is 0.0, wanted a positive"),
        ({"targets": {"limb_width": float("nan")}}, "limb_width is nan"),
        ({"targets": {"cutoff": 1.5}}, "cutoff is 1.5"),
        ({"augment": {"size": "big"}}, "augment.size is 'big', wanted int"),
        ({"augment": {"size": 64.0}}, "augment.size is 64.0, wanted int"),
        ({"augment": {"scale": 1.0}}, "augment.scale is 1.0, wanted a list"),
        ({"augment": {"scale": ["a", "b"]}}, r"augment.scale\[0\] is 'a', wanted float"),
        ({"foreground": -4}, "foreground is -4.0, wanted a positive"),
        ({"seed": -1}, "seed is -1, wanted 0 or more"),
        ({"optimiser": {"lr": -1e-3}}, "optimiser.lr is -0.001, wanted a positive"),
        ({"optimiser": {"lr": float("nan")}}, "optimiser.lr is nan"),
        ({"optimiser": {"momentum": -2}}, "optimiser.momentum is -2.0"),
        ({"optimiser": {"betas": [0.9, 1.5]}}, r"optimiser.betas\[1\] is 1.5"),
        ({"optimiser": {"clip": -1}}, "optimiser.clip is -1.0"),
        ({"optimiser": {"features_lr": 0, "first_lr": 0, "later_lr": 0}}, "all 0: nothing would learn"),
        ({"schedule": {"warmup": 5.0}}, "schedule.warmup is 5.0"),
        ({"schedule": {"factor": 0}}, "schedule.factor is 0.0"),
        ({"run": {"workers": -1}}, "run.workers is -1"),
        ({"run": {"validate_every": -5}}, "run.validate_every is -5"),
        ({"validation": {"most": -1}}, "validation.most is -1"),
        ({"validation": {"height": -5}}, "validation.height is -5"),
        ({"data": [{"level": "easy", "probability": float("nan")}]}, r"data\[0\].probability is nan"),
        ({"data": [{"level": "easy", "probability": 0}]}, "probability of every data set is 0"),
        ({"data": [{"level": "easy", "count": 0}]}, r"data\[0\].count is 0, wanted at least 1"),
    ],
)
def test_mistakes_are_named(change, message):
    with pytest.raises(DataError, match=message):
        config_of(LEAST | change)


def test_whole_numbers_and_none_are_taken_where_they_fit():
    config = config_of(LEAST | {"targets": {"sigma": 6, "L_origin": None}, "augment": {"scale": [1, 2]}})
    assert config.target_options().sigma == 6 and config.target_options().L_origin is None
    assert config.augmentation().scale == (1.0, 2.0)
    assert config_of(LEAST | {"targets": {"L_origin": 3}}).target_options().L_origin == 3.0


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
