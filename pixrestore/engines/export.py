"""Models in forms that other programs run, each reloaded and compared before it is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.engines import Form
from pixrestore.engines.keras_export import FORMS, check_agreement, exported, quiet
from pixrestore.engines.opening import open_network
from pixrestore.engines.runtime import onnx_runtime
from pixrestore.errors import OutputError, UsageError, nearest
from pixrestore.files import printable, replacing
from pixrestore.model.folder import Model, check_weights

if TYPE_CHECKING:
    from pixrestore.images.resizing import Array

_SUFFIXES: dict[str, str] = {"onnx": ".onnx", "tflite": ".tflite", "savedmodel": ""}


def export_model(
    model: Model, form: Form, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False
) -> Path:
    """Write a model's network for other programs.

    It takes what the task's `encode` makes of a photo, float32 (N, H, W, Cx), and answers (N, H, W,
    Cy) for the task's `compose`; height and width must suit the network, see ``geometry`` in
    ``model.json``.

    Parameters
    ----------
    model : Model
    form : {"onnx", "tflite", "savedmodel"}
        ONNX, TensorFlow Lite (LiteRT), or TensorFlow's SavedModel, a folder.
    path : path, optional
        File or folder to write; by default the model's name, in the current folder.
    overwrite : bool
        Replace a result that exists.

    Returns
    -------
    Path
        The file or folder that was written. It answers as the model does, within 1e-4.

    Raises
    ------
    UsageError
        There is no such form.
    ModelError
        The model is damaged, or the network has no such form or gives different answers in it.
    OutputError
        `path` exists or cannot be written.
    """
    if form not in FORMS:
        raise UsageError(f"unknown form {form!r}: {nearest(form, FORMS)}")
    target = Path(path) if path is not None else Path(model.name + (_SUFFIXES[form] or "-saved"))
    if os.path.lexists(target) and not overwrite:
        raise OutputError(f"{printable(target)} exists: choose another name, or give `overwrite`")
    if target.is_dir() and not (form == "savedmodel" and (target / _SAVED).is_file()):
        raise OutputError(f"{printable(target)} is a folder with other things: choose another name")
    model.require_layers()
    check_weights(model)
    # Converters cannot cope with a full disk: it is noticed before.
    room = model.weights_path.stat().st_size
    with replacing(target, room=room, suffix=_SUFFIXES[form]) as fresh:
        exported(model, form, fresh)
        with quiet():
            check_agreement(model, _OPENERS[form](fresh), open_network(model, "keras"))
    return target


def _onnx(path: Path) -> Callable[[Array], Array]:
    onnxruntime = onnx_runtime()

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: x})[0]


def _tflite(path: Path) -> Callable[[Array], Array]:
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(model_path=str(path))
    (seen,), (answered,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run(x: Array) -> Array:
        interpreter.resize_tensor_input(seen["index"], x.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(seen["index"], x)
        interpreter.invoke()
        answer: Array = interpreter.get_tensor(answered["index"])
        return answer

    return run


def _saved_model(path: Path) -> Callable[[Array], Array]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    return lambda x: loaded.serve(x).numpy()


_SAVED = "saved_model.pb"  # what tells such a folder
_OPENERS: dict[str, Callable[[Path], Any]] = {
    "onnx": _onnx,
    "tflite": _tflite,
    "savedmodel": _saved_model,
}
