"""The article's network takes out noise and mosaics too: beside the default network.

    python examples/other_damage.py photos/ --minutes 5 --scale 0.25 --out runs/other-damage

Trains both networks for each task, for as many minutes on the same photos, and writes a page with
figures and pictures. --scale shrinks the filters and the code of the bottleneck; at 1 it is the
article's. Mosaics need the plugin in plugins/pixrestore-mosaic. It goes on where it was stopped.
"""

from __future__ import annotations

from study.pages import photos_of, sheet, table
from study.photos import parted
from study.trials import Trial, draw, run
from study.words import budget_of, page_folder, study_parser, write_page

_FILTERS, _CODE = (256, 128), 2000
_DAMAGE = {"denoise": {"sigma": (25, 25)}, "mosaic": {"block": (6, 6)}}


def trials(
    task: str, budget: dict[str, float], scale: float, sees: int, widths: str
) -> tuple[Trial, Trial]:
    """Return the article's network and the default one for a task."""
    filters = tuple(max(1, round(scale * width)) for width in _FILTERS)
    code = max(1, round(scale * _CODE))
    arguments = {"side": sees, "kernel": 5, "filters": filters, "code": code}
    smaller = {}
    if widths:
        numbers = tuple(int(width) for width in widths.split(","))
        smaller = {"recipe": {"arguments": {"widths": numbers, "blocks": [1] * len(numbers)}}}
    damage = _DAMAGE[task]
    article = {"recipe": {"architecture": "bottleneck", "arguments": arguments}, **budget}
    return (
        Trial(f"{task}-bottleneck", "bottleneck", article, task, damage),
        Trial(f"{task}-unet", "unet", {**smaller, **budget}, task, damage),
    )


def main() -> None:
    parser = study_parser(__doc__, "runs/other-damage", 128, minutes=5.0)
    parser.add_argument("--scale", type=float, default=0.25, help="of the bottleneck")
    parser.add_argument("--sees", type=int, default=80, help="side of what the bottleneck sees")
    parser.add_argument("--widths", default="", help="channels of the unet: 16,32")
    parser.add_argument("--tasks", nargs="+", choices=_DAMAGE, default=list(_DAMAGE))
    given = parser.parse_args()
    folder = page_folder(given)
    parts = parted(
        given.data, given.out, valid=0.1, test=given.test, side=given.side, limit=given.limit
    )
    budget = budget_of(given)
    rows, sheets, found = [], [], {}
    for task in given.tasks:
        chosen = trials(task, budget, given.scale, given.sees, given.widths)
        results = [run(trial, parts, given.out) for trial in chosen]
        found = results[0]
        drawn = {trial.title: draw(trial, given.out, given.show, given.side) for trial in chosen}
        first = drawn[chosen[0].title]
        columns = {title: of["restored"] for title, of in drawn.items()}
        columns = {"degraded": first["degraded"], **columns, "true": first["true"]}
        sheet(folder / f"{task}.jpg", columns)
        sheets.append(f"![{', '.join(columns)}: {task}]({task}.jpg)")
        rows.append([task, "nothing", *[""] * 4, *_figures(found, "untouched_")])
        for trial, result in zip(chosen, results, strict=True):
            told = [f"{result['parameters']:,}", f"{result['memory'] / 1e9:.2f} GB"]
            told += [f"{result['minutes']:.1f}", str(result["steps"])]
            rows.append([task, trial.title, *told, *_figures(result, "")])
    head = ["task", "network", "parameters", "peak memory", "minutes", "steps", "PSNR, dB", "SSIM"]
    damage = "; ".join(f"{task}: {_said(_DAMAGE[task])}" for task in given.tasks)
    filters = chosen[0].settings["recipe"]["arguments"]
    parts_of_page = [
        f"{photos_of(found)} Damage measured with: {damage}. The bottleneck has "
        f"{filters['filters'][0]} and\n{filters['filters'][1]} filters and a code of "
        f"{filters['code']}.",
        table(head, rows),
        *sheets,
    ]
    write_page(folder, "other-damage.md", "Noise and mosaics", parts_of_page)


def _figures(found: dict, before: str) -> list[str]:
    return [f"{found[before + 'psnr']:.2f}", f"{found[before + 'ssim']:.3f}"]


def _said(damage: dict) -> str:
    return ", ".join(f"{name} {low}" for name, (low, _) in damage.items())


if __name__ == "__main__":
    main()
