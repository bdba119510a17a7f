"""Networks run by ONNX Runtime, with the weights of the model's one weights file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.backend import usable_cpus
from pixrestore.engines.runtime import onnx_runtime
from pixrestore.errors import ModelError
from pixrestore.model.weights import held

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pixrestore.model.folder import Model

_OTHER_FILES = "session.model_external_initializers_file_folder_path"


class OnnxNetwork:
    """A network as a function of arrays, (N, H, W, Cx) to (N, H, W, Cy), float32.

    The graph in the model's folder holds the operations only; the weights come from the file that
    Keras reads too.

    Parameters
    ----------
    model : Model
        A model with a graph.
    output : str, optional
        Which output of the graph to return; the first by default.

    Raises
    ------
    ModelError
        Graph or weights do not fit each other, or ONNX Runtime refuses them.
    """

    def __init__(self, model: Model, output: str | None = None) -> None:
        self._path = model.graph_path
        try:
            # Kept: the session reads the weights where they are.
            self._weights = _weights(model.weights_path, model.graph["weights"])
        except Exception as error:  # h5py's errors are of many classes
            raise cannot_run(self._path, error) from error
        self._session = open_session(self._path, self._weights)
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise ModelError(f"{self._path} cannot be run: it has {len(inputs)} inputs, not one")
        self._input = inputs[0].name
        outputs = [one.name for one in self._session.get_outputs()]
        if output not in (None, *outputs):
            raise ModelError(f"{self._path} has no output {output!r}")
        self._output = output or outputs[0]

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network; `MemoryError` when there is not enough memory for this size."""
        return run_session(self._session, self._path, self._input, x, self._output)


def open_session(path: Path, weights: Mapping[str, NDArray[np.float32]]) -> Any:
    """Make an ONNX Runtime session of a graph, which computes and reads nothing but `weights`.

    Raises
    ------
    ModelError
        ONNX Runtime refuses the graph.
    """
    onnxruntime = onnx_runtime()

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = _threads()
    # Threads that wait sleep: the photos read and written meanwhile need the processors.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # What a stranger's graph names besides is looked for in the model's folder, and not where
    # the user happens to work.
    settings.add_session_config_entry(_OTHER_FILES, str(path.parent.resolve()))
    settings.log_severity_level = 4  # what is wrong is told by errors
    try:
        values = map(onnxruntime.OrtValue.ortvalue_from_numpy, weights.values())
        settings.add_external_initializers(list(weights), list(values))
        return onnxruntime.InferenceSession(
            path.read_bytes(), settings, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime's errors have no class of their own
        raise cannot_run(path, error) from error


def _threads() -> int:
    """Return the threads of a network: fewer than processors where others share the machine."""
    # Ray and other engines say so to each of the processes that they start.
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(usable_cpus(), int(asked)) if asked.isdigit() and int(asked) else usable_cpus()


def run_session(
    session: Any, path: Path, name: str, x: NDArray[np.generic], output: str | None = None
) -> NDArray[np.float32]:
    """Return an output, by default the first, for an input called `name`.

    Raises as `OnnxNetwork` does.
    """
    try:
        answer: NDArray[np.float32] = session.run([output] if output else None, {name: x})[0]
    except Exception as error:  # the same
        if "alloc" in str(error):
            raise MemoryError(str(error)) from error
        raise cannot_run(path, error, f" on {' x '.join(map(str, x.shape))}") from error
    return answer


def cannot_run(path: Path, error: Exception, what: str = "") -> ModelError:
    """Say in one line why a graph cannot be run."""
    first = str(error).partition("\n")[0][:200]
    return ModelError(f"{path} cannot be run{what}: {first}")


# A graph may lay out the same weights in several ways.
_MOST_COPIES = 4


def _weights(path: Any, entries: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[np.float32]]:
    """Read the weights as the graph names and lays them out."""
    import h5py

    with h5py.File(path, "r") as file:
        sizes = [file[entry["dataset"]].size for entry in entries]
        if sum(sizes) > _MOST_COPIES * held(path)[0]:
            raise ValueError("it takes the same weights many times")
        return {
            entry["name"]: np.ascontiguousarray(
                file[entry["dataset"]][()].astype(np.float32).transpose(entry["axes"])
            )
            for entry in entries
        }
