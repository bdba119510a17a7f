"""Whether two workers of TensorFlow's MultiWorkerMirroredStrategy can train a Keras model.

    python benchmarks/two_workers.py        # some minutes on two processors

Two processes on loopback share batches of 8, as `TF_CONFIG` says, and then one process takes the
same batches alone: with Keras' `fit`, with `fit` without its symbolic build, and with a step of our
own. Equal weights mean that two workers learned what one learned.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

WAYS = ("fit", "fit, built before", "own step")
_BATCH, _STEPS = 8, 16
_SECONDS = 420


def work(way: str) -> None:
    """Train a tiny network in this process, and print the last loss and the sum of its weights."""
    os.environ |= {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "2"}
    import tensorflow as tf

    several = "TF_CONFIG" in os.environ
    # It must be made before anything else asks TensorFlow for its devices.
    strategy = (
        tf.distribute.MultiWorkerMirroredStrategy() if several else tf.distribute.get_strategy()
    )
    import keras
    import numpy as np

    keras.utils.set_random_seed(1)
    with strategy.scope():
        image = keras.Input((16, 16, 3))
        hidden = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(image)
        model = keras.Model(image, keras.layers.Conv2D(3, 3, padding="same")(hidden))
        model.compile(optimizer=keras.optimizers.Adam(1e-3, use_ema=True), loss="mse")
        model.optimizer.build(model.trainable_variables)
    x = np.random.default_rng(0).random((64, 16, 16, 3), np.float32)
    data = tf.data.Dataset.from_tensor_slices((x, x / 2)).batch(_BATCH).repeat()
    if way == "own step":
        loss = own_step(strategy, model, data)
    else:
        if way != "fit":
            model._maybe_symbolic_build = lambda *words, **options: None
        loss = model.fit(data, steps_per_epoch=_STEPS, verbose=0).history["loss"][-1]
    weights = float(sum(np.abs(weight).sum() for weight in model.get_weights()))
    print(json.dumps([loss, weights]))


def own_step(strategy: object, model: object, data: object) -> float:
    """Train with `strategy.run`, and return the last loss."""
    import tensorflow as tf

    @tf.function
    def step(batch: object) -> object:
        def replica(x: object, y: object) -> object:
            with tf.GradientTape() as tape:
                each = tf.reduce_mean(tf.square(model(x, training=True) - y), axis=(1, 2, 3))
                loss = tf.reduce_sum(each) / _BATCH
            gradients = tape.gradient(loss, model.trainable_variables)
            model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            return loss

        return strategy.reduce("SUM", strategy.run(replica, args=batch), axis=None)

    batches = iter(strategy.experimental_distribute_dataset(data))
    return [float(step(next(batches))) for _ in range(_STEPS)][-1]


def told(way: str, workers: int) -> list[str]:
    """Run workers, and return what each printed last, or the last line of its error."""
    ports = []
    for _ in range(workers):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    running = []
    for index in range(workers):
        config = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        extra = {"TF_CONFIG": json.dumps(config)} if workers > 1 else {}
        command = [sys.executable, __file__, way]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen(command, env={**os.environ, **extra}, **pipes))
    answers = []
    for process in running:
        out, err = process.communicate(timeout=_SECONDS)
        errors = [line for line in err.splitlines() if "Error:" in line]
        answers.append(out.strip() or (errors or ["no error was printed"])[-1][:160])
    return answers


def main() -> None:
    """Print what each way came to, with one worker and with two."""
    for way in WAYS:
        for workers in (1, 2):
            print(f"{way}, {workers} worker(s):", *told(way, workers), sep="\n  ", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1])
    else:
        main()
