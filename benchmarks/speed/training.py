"""Training: images a second with the real pipeline beside the same step on one batch in memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from speed.measuring import Row, Settings, answers, installed_tasks, photos


def throughput(settings: Settings) -> Iterator[Row]:
    """Compare images a second for every task that is installed."""
    folder = photos(settings, "clean", 672, 448, count=60)
    steps, rounds = (10, 3) if settings.quick else (40, 5)
    for task in installed_tasks():
        found = answers("training", task, folder, settings.scratch / "run", steps, rounds)
        yield Row(
            f"training `{task}`",
            f"{found['real']:.1f} images/s",
            f"one batch in memory {found['synthetic']:.1f} images/s",
            f"{found['ratio']:.2f}",
            "at least 0.95",
            found["ratio"] >= 0.95,
        )


def main(task: str, folder: str, out: str, steps: str, rounds: str) -> None:
    """Measure both in turn, as `train` would set them up."""
    import time
    from pathlib import Path

    import keras
    import tensorflow as tf

    from pixrestore.plugins import load_plugins
    from pixrestore.training import Plan
    from pixrestore.training.display import Display
    from pixrestore.training.feed import feed
    from pixrestore.training.plan import Budget, settle_recipe
    from pixrestore.training.run import Run
    from speed.measuring import Turns

    kind = load_plugins().task(task)()
    recipe = settle_recipe(kind, None, {}, {}, {})
    plan = Plan(kind, recipe, Budget(steps=1), data=(folder,), out=Path(out))
    run = Run(plan, Display(recipe.batch, True), resume=False)
    x, y = run.pairs(0)
    # What `fit` spends before its first steps belongs to neither.
    settling, counted = 5, int(steps)

    class Stopwatch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs=None) -> None:
            if batch == settling - 1:
                self.start = time.perf_counter()
            self.seconds = time.perf_counter() - getattr(self, "start", 0.0)

    def speed(batches) -> float:
        watch = Stopwatch()
        run.trainee.core.fit(
            batches, steps_per_epoch=settling + counted, callbacks=[watch], verbose=0
        )
        return counted * recipe.batch / watch.seconds

    things = {
        "real": lambda: speed(feed(run.pairs, 0)),
        "synthetic": lambda: speed(tf.data.Dataset.from_tensors((x, y)).cache().repeat()),
    }
    things["real"]()  # builds the step
    turns = Turns().take(int(rounds), things)
    speeds = {name: turns.middle(name) for name in things}
    print(json.dumps({**speeds, "ratio": turns.ratio("real", "synthetic")}))


if __name__ == "__main__":
    main(*sys.argv[1:])
