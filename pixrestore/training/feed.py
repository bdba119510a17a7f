"""Batches for Keras: made in parallel, in order, a few ahead of the step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.backend import import_keras, usable_cpus
from pixrestore.errors import OutOfMemoryError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Batch = tuple[NDArray[Any], NDArray[Any]]

_AHEAD = 8
_TIMED_SECONDS = 1.0


class Watched:
    """Makes batches, and remembers the error that making one ended in.

    They are made in TensorFlow's threads, and of an error there TensorFlow passes on the text only.
    """

    def __init__(self, make: Callable[[int], Batch]) -> None:
        self.make = make
        self.error: Exception | None = None

    def __call__(self, step: int) -> Batch:
        """Return batch `step`."""
        try:
            return self.make(step)
        except Exception as error:  # a stranger's task may raise anything
            self.error = self.error or error
            raise


@contextmanager
def own_errors(pairs: Watched) -> Iterator[None]:
    """Raise the error itself in place of TensorFlow's account of it."""
    import_keras()
    import tensorflow as tf

    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise OutOfMemoryError(
            "not enough memory to train: try a smaller `batch`, `patch` or network"
        ) from error
    except tf.errors.OpError:
        if pairs.error is None:
            raise
        raise pairs.error from None


def feed(pairs: Watched, first_step: int) -> Any:
    """Return the endless `tf.data.Dataset` of batches from `first_step` on."""
    import_keras()
    import tensorflow as tf

    examples = pairs(first_step)
    kinds = [tf.as_dtype(example.dtype) for example in examples]

    def make(step: Any) -> Any:
        made = tf.numpy_function(lambda number: pairs(int(number)), [step], kinds, stateful=False)
        for tensor, example in zip(made, examples, strict=True):
            tensor.set_shape(example.shape)
        return tuple(made)

    options = tf.data.Options()
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    options.threading.private_threadpool_size = usable_cpus()
    steps = tf.data.Dataset.range(first_step, np.iinfo(np.int64).max)
    batches = steps.map(make, num_parallel_calls=usable_cpus()).prefetch(_AHEAD)
    return batches.with_options(options)


def batches_per_second(pairs: Watched) -> float:
    """Measure what the pipeline makes alone, without a network, over about a second."""
    data = iter(feed(pairs, 0))
    next(data)
    start, batches = time.perf_counter(), 0
    while time.perf_counter() - start < _TIMED_SECONDS:
        next(data)
        batches += 1
    return batches / (time.perf_counter() - start)
