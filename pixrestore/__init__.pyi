from pixrestore.belief import Belief as Belief
from pixrestore.belief import Doubt as Doubt
from pixrestore.belief import Suggestion as Suggestion
from pixrestore.chain import Chain as Chain
from pixrestore.description import models_in as models_in
from pixrestore.evaluation.measure import evaluate as evaluate
from pixrestore.evaluation.result import Evaluation as Evaluation
from pixrestore.finding import Finding as Finding
from pixrestore.guide import Guide as Guide
from pixrestore.hooks import hookimpl as hookimpl
from pixrestore.inspection import fix as fix
from pixrestore.inspection import inspect_photo as inspect_photo
from pixrestore.loss import Loss as Loss
from pixrestore.options import option as option
from pixrestore.recipe import Recipe as Recipe
from pixrestore.reporting.report import Report as Report
from pixrestore.reporting.report import report as report
from pixrestore.restoring.restorer import Restorer as Restorer
from pixrestore.task import Task as Task
from pixrestore.training.start import train as train
from pixrestore.verbs import colorize as colorize
from pixrestore.verbs import denoise as denoise
from pixrestore.verbs import load as load
from pixrestore.verbs import restore as restore

__version__: str

__all__ = [
    "Belief",
    "Chain",
    "Doubt",
    "Evaluation",
    "Finding",
    "Guide",
    "Loss",
    "Recipe",
    "Report",
    "Restorer",
    "Suggestion",
    "Task",
    "colorize",
    "denoise",
    "evaluate",
    "fix",
    "hookimpl",
    "inspect_photo",
    "load",
    "models_in",
    "option",
    "report",
    "restore",
    "train",
]
