"""What runs a trained network: Keras, or ONNX Runtime, which starts without TensorFlow."""

from __future__ import annotations

from typing import Literal

Engine = Literal["auto", "onnx", "keras"]
ENGINES: tuple[Engine, ...] = ("auto", "onnx", "keras")
# What `export_model` writes; here, where the command line can read it without importing NumPy.
Form = Literal["onnx", "tflite", "savedmodel"]

# What graphs from elsewhere take and answer; see `pixrestore.engines.signature`.
Taken = Literal["gray", "l", "rgb", "lab"]
Answered = Literal["rgb", "lab", "ab"]
Space = Taken | Answered
Layout = Literal["nchw", "nhwc"]
