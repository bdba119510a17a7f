"""Follow training runs in Weights & Biases and MLflow.

    pip install "./examples/trackers[wandb]"
    PIXRESTORE_TRACKERS=wandb WANDB_MODE=offline pixrestore train --task denoise --data photos

`PIXRESTORE_TRACKERS` names who follows: `wandb`, `mlflow`, or both with a comma between. Where it
is not set nobody does.
"""

import os

from pixrestore import hookimpl


@hookimpl
def pixrestore_callbacks(out, settings, step):
    wanted = os.environ.get("PIXRESTORE_TRACKERS", "").replace(" ", "").split(",")
    return [make(out, settings, step) for name, make in TRACKERS.items() if name in wanted]


def weights_and_biases(out, settings, step):
    """Offline with WANDB_MODE=offline: `wandb sync` sends the run later."""
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    class Logger(WandbMetricsLogger):
        def on_train_end(self, logs=None):
            wandb.finish()

    wandb.init(
        project="pixrestore",
        group=settings["task"]["name"],
        name=out.name,
        config=settings,
        # A run that goes on is a run of its own there, and says where it began.
        notes=f"goes on from step {step}" if step else None,
    )
    return Logger(initial_global_step=step)


def mlflow(out, settings, step):
    """Into the store of MLFLOW_TRACKING_URI, such as sqlite:///mlflow.db or file:./mlruns."""
    import mlflow
    from keras.callbacks import Callback

    class Logger(Callback):
        def on_epoch_end(self, epoch, logs=None):
            mlflow.log_metrics(logs, step=epoch)

        def on_train_end(self, logs=None):
            mlflow.end_run()

    mlflow.set_experiment(f"pixrestore {settings['task']['name']}")
    mlflow.start_run(run_name=out.name, tags={"begins at step": str(step)})
    mlflow.log_params(dict(leaves(settings)))
    return Logger()


def leaves(values, above=""):
    """Yield settings by dotted names."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{name}.")
        else:
            yield above + name, value


TRACKERS = {"wandb": weights_and_biases, "mlflow": mlflow}
