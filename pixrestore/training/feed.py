"""Batches for Keras: made in parallel, in order, a few ahead of the step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.backend import import_keras, usable_cpus

if TYPE_CHECKING:
    from pixrestore.data import Pairs

_AHEAD = 8
_TIMED_SECONDS = 1.0


def feed(pairs: Pairs, first_step: int) -> Any:
    """Return the endless `tf.data.Dataset` of batches from `first_step` on."""
    import_keras()
    import tensorflow as tf

    x, y = pairs(first_step)

    def make(step: Any) -> Any:
        made = tf.numpy_function(
            lambda number: pairs(int(number)), [step], (tf.float32, tf.float32), stateful=False
        )
        for tensor, example in zip(made, (x, y), strict=True):
            tensor.set_shape(example.shape)
        return made

    options = tf.data.Options()
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    options.threading.private_threadpool_size = usable_cpus()
    steps = tf.data.Dataset.range(first_step, np.iinfo(np.int64).max)
    batches = steps.map(make, num_parallel_calls=usable_cpus()).prefetch(_AHEAD)
    return batches.with_options(options)


def pairs_per_second(pairs: Pairs) -> float:
    """Measure how many pairs the pipeline makes alone, without a network, over about a second."""
    data = iter(feed(pairs, 0))
    next(data)
    start, batches = time.perf_counter(), 0
    while time.perf_counter() - start < _TIMED_SECONDS:
        next(data)
        batches += 1
    return batches * pairs.batch / (time.perf_counter() - start)
