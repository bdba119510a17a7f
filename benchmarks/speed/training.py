"""Training: images a second with the real pipeline beside the same step on one batch in memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from speed.measuring import Row, Settings, answers, installed_tasks, photos

# As many as are prepared ahead of a step: from then on the pipeline's own pace counts.
_SETTLING = 10


def throughput(settings: Settings) -> Iterator[Row]:
    """Compare images a second for every task that is installed."""
    folder = photos(settings, "clean", 672, 448, count=60)
    seconds, rounds = (2, 2) if settings.quick else (4, 3)
    for task in installed_tasks():
        found = answers("training", task, folder, settings.scratch / "run", seconds, rounds)
        yield Row(
            f"training `{task}`",
            f"{found['real']:.1f} images/s",
            f"one batch in memory {found['synthetic']:.1f} images/s",
            f"{found['ratio']:.2f} (of processor time {found['work']:.2f})",
            "at least 0.95",
            found["ratio"] >= 0.95,
        )


def main(task: str, folder: str, out: str, seconds: str, rounds: str) -> None:
    """Measure both in turn, as `train` would set them up."""
    import time
    from pathlib import Path

    from pixrestore.backend import import_keras
    from pixrestore.plugins.kinds import TASKS
    from pixrestore.plugins.loading import load_plugins
    from pixrestore.training.feed import feed
    from pixrestore.training.plan import Budget, Plan, settle_recipe
    from pixrestore.training.preparing import prepare
    from speed.measuring import Turns

    keras = import_keras()
    import tensorflow as tf

    kind = load_plugins().find(TASKS, task)()
    recipe = settle_recipe(kind, {})
    plan = Plan(kind, recipe, Budget(steps=1), data=(folder,), out=Path(out))
    run = prepare(plan, lambda message: None, resume=False)
    batch = run.batches(0)

    class Stopwatch(keras.callbacks.Callback):
        """Counts steps for some seconds, after those that `fit` needs to get going."""

        def on_train_batch_end(self, step: int, logs: object = None) -> None:
            if step == _SETTLING:
                self.start, self.cpu = time.perf_counter(), time.process_time()
            elif step > _SETTLING:
                self.taken = time.perf_counter() - self.start
                self.steps = step - _SETTLING
                self.model.stop_training = self.taken > float(seconds)

    def speed(name: str, batches: tf.data.Dataset) -> float:
        watch = Stopwatch()
        run.trainee.core.fit(
            batches, steps_per_epoch=1_000_000, callbacks=[watch], shuffle=False, verbose=0
        )
        work.results.setdefault(name, []).append((time.process_time() - watch.cpu) / watch.steps)
        return watch.steps * recipe.batch / watch.taken

    repeated = tf.data.Dataset.from_tensors(batch).cache().repeat()
    things = {
        "real": lambda: speed("real", feed(run.batches, 0)),
        "synthetic": lambda: speed("synthetic", repeated),
    }
    work = Turns()
    things["real"]()  # builds the step
    work.results.clear()
    turns = Turns().take(int(rounds), things)
    speeds = {name: turns.middle(name) for name in things}
    ratios = {"ratio": turns.ratio("real", "synthetic"), "work": work.ratio("synthetic", "real")}
    print(json.dumps({**speeds, **ratios}))


if __name__ == "__main__":
    main(*sys.argv[1:])
