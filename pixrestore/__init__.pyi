from pixrestore.chain import Chain as Chain
from pixrestore.description import models_in as models_in
from pixrestore.evaluation import evaluate as evaluate
from pixrestore.guide import Guide as Guide
from pixrestore.hooks import hookimpl as hookimpl
from pixrestore.loss import Loss as Loss
from pixrestore.options import option as option
from pixrestore.recipe import Recipe as Recipe
from pixrestore.restoring.restorer import Restorer as Restorer
from pixrestore.task import Task as Task
from pixrestore.training.start import train as train
from pixrestore.verbs import colorize as colorize
from pixrestore.verbs import denoise as denoise
from pixrestore.verbs import load as load
from pixrestore.verbs import restore as restore

__version__: str

__all__ = [
    "Chain",
    "Guide",
    "Loss",
    "Recipe",
    "Restorer",
    "Task",
    "colorize",
    "denoise",
    "evaluate",
    "hookimpl",
    "load",
    "models_in",
    "option",
    "restore",
    "train",
]
