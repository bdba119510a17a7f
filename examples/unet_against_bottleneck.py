"""The default network against the article's, for as many minutes on the same photos.

    python examples/unet_against_bottleneck.py photos/ --minutes 20 --out runs/surpassed

Trains the article's bottleneck at its true size, and smaller if --scales says so, then the default
network of `colorize` for a 32nd of the minutes, a 16th, and so on, each a whole run of its own, up
to all of them. It writes a page: what each reached on photos kept apart, in how many steps, with
how many parameters and how much memory; and the shortest run that colours better than the
bottleneck did. It goes on where it was stopped.
"""

from __future__ import annotations

from pathlib import Path

from study.baseline import baseline_rows
from study.pages import photos_of, sheet, table
from study.photos import Parts, parted
from study.trials import Trial, draw, history, run
from study.words import page_folder, study_parser, write_page

_FILTERS, _CODE, _CHUNKS = (256, 128), 2000, 20
# Shares of the budget for the default network, the whole one apart.
_SHARES = (32, 16, 8, 4, 2)


def bottleneck(scale: float, side: int, budget: dict[str, float]) -> Trial:
    """Return a trial of the article's network, its filters and code shrunk."""
    filters = tuple(max(1, round(scale * width)) for width in _FILTERS)
    code = max(1, round(scale * _CODE))
    return Trial(
        f"bottleneck-{scale:g}",
        f"bottleneck, filters {filters[0]}, {filters[1]}, code {code}",
        {
            "recipe": {
                "architecture": "bottleneck",
                "arguments": {"side": side, "kernel": 5, "filters": filters, "code": code},
                "chunks": _CHUNKS,
            },
            "space": "rgb",
            "film": 0.0,
            **budget,
        },
    )


def unet(share: int, budget: dict[str, float], widths: str) -> Trial:
    """Return a trial of the default network, for a share of the budget."""
    ((unit, whole),) = budget.items()
    spent = max(1, round(whole / share)) if unit == "steps" else whole / share
    settings: dict = {"film": 0.0, unit: spent}
    if widths:
        numbers = tuple(int(width) for width in widths.split(","))
        settings["recipe"] = {"arguments": {"widths": numbers, "blocks": [1] * len(numbers)}}
    said = f"{60 * spent:.0f} s" if unit == "minutes" and spent < 2 else f"{spent:g} {unit}"
    return Trial(f"unet-{share}", f"unet, {said}", settings)


def better(one: dict, other: dict) -> bool:
    """Say whether `one` is nearer to the true photos by both figures."""
    return one["psnr"] >= other["psnr"] and one["ciede2000"] <= other["ciede2000"]


def ladder(
    budget: dict[str, float], widths: str, parts: Parts, out: Path, goals: list[dict]
) -> list[tuple[Trial, dict]]:
    """Train the default network for longer and longer, until it is better than all `goals`.

    The whole budget comes in any case.
    """
    rungs = []
    for share in _SHARES:
        trial = unet(share, budget, widths)
        rungs.append((trial, run(trial, parts, out)))
        if all(better(rungs[-1][1], goal) for goal in goals):
            break
    whole = unet(1, budget, widths)
    return [*rungs, (whole, run(whole, parts, out))]


def minutes_of(trial: Trial, out: Path) -> float:
    """Return how long a trial was trained, validation included."""
    return history(trial, out)[-1]["minutes"]


def sooner(trial: Trial, goal: dict, rungs: list[tuple[Trial, dict]], out: Path) -> str:
    """Say after what budget the default network is better than a bottleneck was."""
    for rung, found in rungs:
        if better(found, goal):
            took, before = minutes_of(rung, out), minutes_of(trial, out)
            return (
                f"- {trial.title}, {before:.1f} minutes: a unet is better, by PSNR and ΔE00, after "
                f"{60 * took:.0f} seconds; {before / took:.0f} times sooner."
            )
    return f"- No unet here is better than {trial.title} by both figures."


def row(trial: Trial, found: dict) -> list[str]:
    """Return a trial's row of the table."""
    return [
        trial.title,
        f"{found['parameters']:,}",
        f"{found['memory'] / 1e9:.2f} GB",
        f"{found['minutes']:.1f}",
        str(found["steps"]),
        f"{found['seen']:,}",
        f"{found['psnr']:.2f}",
        f"{found['ciede2000']:.2f}",
        f"{found['colourfulness']:.0%}",
    ]


def main() -> None:
    parser = study_parser(__doc__, "runs/surpassed", 128)
    parser.add_argument("--minutes", type=float, default=20.0, help="of training, at most")
    parser.add_argument("--steps", type=int, help="end after so many steps instead")
    parser.add_argument("--scales", type=float, nargs="+", default=[1.0], help="of the bottleneck")
    parser.add_argument("--sees", type=int, default=80, help="side of what the bottleneck sees")
    parser.add_argument("--widths", default="", help="channels of the unet: 16,32")
    given = parser.parse_args()
    folder = page_folder(given)
    parts = parted(
        given.data, given.out, valid=0.3, test=given.test, side=given.side, limit=given.limit
    )
    budget = {"steps": given.steps} if given.steps else {"minutes": given.minutes}
    old = [bottleneck(scale, given.sees, budget) for scale in given.scales]
    goals = [run(trial, parts, given.out) for trial in old]
    rungs = ladder(budget, given.widths, parts, given.out, goals)

    shown = [*old, rungs[0][0], rungs[-1][0]]
    # By their names, since the titles of the bottlenecks are wider than photos.
    titles = [*(trial.name for trial in old), rungs[0][0].title, rungs[-1][0].title]
    drawn = {
        title: draw(trial, given.out, given.show, given.side)
        for title, trial in zip(titles, shown, strict=True)
    }
    first = drawn[titles[0]]
    restored = {title: of["restored"] for title, of in drawn.items()}
    sheet(folder / "surpassed.jpg", {"gray": first["degraded"], **restored, "true": first["true"]})
    head = ["network and budget", "parameters", "peak memory", "minutes", "steps", "crops seen"]
    head += ["PSNR, dB", "ΔE00", "colourfulness, of the true"]
    rows = [row(trial, found) for trial, found in (*zip(old, goals, strict=True), *rungs)]
    parts_of_page = [
        photos_of(goals[0]),
        table(head, [*baseline_rows(parts, 5, 0), *rows]),
        f"![gray, {', '.join(restored)}, true](surpassed.jpg)",
        "## How many times sooner?",
        "\n".join(
            sooner(trial, goal, rungs, given.out) for trial, goal in zip(old, goals, strict=True)
        ),
    ]
    write_page(folder, "surpassed.md", "The default network against the article's", parts_of_page)


if __name__ == "__main__":
    main()
