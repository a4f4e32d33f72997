"""Nothing is imported, printed or changed that was not asked for."""

import subprocess
import sys

from transformers.utils import logging

POOLING = ("Pooling", {"pooling_mode": "mean"}, {})


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def test_discovery_imports_no_engine():
    run(
        "import sys, isomorph_torch.plugin, isomorph_torch.backend\n"
        "from isomorph.plugins.discovery import installed\n"
        "assert 'torch' in [info.name for info in installed().infos]\n"
        "loaded = {'torch', 'transformers'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )


def test_loading_saving_and_running_print_nothing(write_folder, tmp_path):
    folder = write_folder("bert", POOLING)
    done = run(
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from isomorph.contract import Device, Options\n"
        "from isomorph.plugins.reading import read_model\n"
        "from isomorph_torch.backend import TorchBackend\n"
        f"model = read_model(Path({str(folder)!r}))\n"
        "backend = TorchBackend()\n"
        "session = backend.load(model, backend.claim(model, Device('cpu')), Options())\n"
        "ones = np.ones((1, 3), np.int64)\n"
        "session.forward(dict.fromkeys(model.graph.inputs, ones))\n"
        f"session.save(Path({str(tmp_path / 'saved')!r}))\n"
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_weights_of_a_training_head_are_passed_over_in_silence(
    write_folder, open_torch, feeds, capfd
):
    from safetensors.numpy import load_file, save_file

    folder = write_folder("bert", POOLING)
    tensors = load_file(folder / "model.safetensors")
    headed = {f"bert.{name}": tensor for name, tensor in tensors.items()}
    headed["cls.predictions.bias"] = tensors["pooler.dense.bias"]
    expected = open_torch(folder).forward(feeds)["sentence_embedding"]
    save_file(headed, folder / "model.safetensors", {"format": "pt"})
    assert (open_torch(folder).forward(feeds)["sentence_embedding"] == expected).all()
    assert capfd.readouterr() == ("", "")


def test_transformers_settings_are_as_before(write_folder, open_torch):
    def hook(bar, args, kwargs):
        return bar(*args, **{**kwargs, "disable": True})

    before = logging.set_tqdm_hook(hook)
    verbosity = logging.get_verbosity()
    try:
        open_torch(write_folder("bert", POOLING))
    finally:
        assert logging.set_tqdm_hook(before) is hook
    assert logging.get_verbosity() == verbosity
    assert logging.is_progress_bar_enabled()
