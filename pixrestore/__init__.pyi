from pixrestore.chain import Chain as Chain
from pixrestore.evaluation import evaluate as evaluate
from pixrestore.hooks import hookimpl as hookimpl
from pixrestore.options import option as option
from pixrestore.restoring import Restorer as Restorer
from pixrestore.task import Task as Task
from pixrestore.training import train as train
from pixrestore.verbs import colorize as colorize
from pixrestore.verbs import denoise as denoise
from pixrestore.verbs import load as load
from pixrestore.verbs import restore as restore

__version__: str

__all__ = [
    "Chain",
    "Restorer",
    "Task",
    "colorize",
    "denoise",
    "evaluate",
    "hookimpl",
    "load",
    "option",
    "restore",
    "train",
]
