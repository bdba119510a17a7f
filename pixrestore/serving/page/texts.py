"""What the page says, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "中文"}

_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Mend old photos", "修复老照片"),
    "lead": (
        "Drop a photo anywhere on this page, or paste one. "
        "It stays on the computer that runs this page.",
        "把照片拖到页面的任意位置，或直接粘贴。照片只留在运行本页面的电脑上。",
    ),
    "photo_tab": ("One photo", "单张照片"),
    "album_tab": ("Many photos", "多张照片"),
    "drop": ("Your photo", "您的照片"),
    "drop_many": ("Your photos", "您的照片"),
    "gray": ("black and white", "黑白"),
    "sepia": ("toned, like sepia", "单色调（如棕褐色）"),
    "colour": ("in colour", "彩色"),
    "pixels": ("pixels", "像素"),
    "mend": ("What to mend", "修复哪些问题"),
    "seen": ("seems needed", "建议修复"),
    "nothing": ("Nothing seems wrong with this photo.", "这张照片看起来没有问题。"),
    "measured": ("What was measured", "测量结果"),
    "settings": ("More settings", "更多设置"),
    "model": ("Model", "模型"),
    "card": ("About this model", "关于此模型"),
    "own_model": ("standard", "默认"),
    "settings_hint": (
        "Tick something to mend; its settings appear here.",
        "勾选要修复的问题后，相应的设置会显示在这里。",
    ),
    "plausible": (
        "Colours are plausible, not historical: nobody can tell the true ones from gray.",
        "颜色只是合理的推测，并非历史真实：无法从灰度得知原本的颜色。",
    ),
    "save": ("Save at full size", "保存完整尺寸"),
    "download": ("Download", "下载"),
    "download_zip": ("Download all as one file", "打包下载全部照片"),
    "done": (
        "Ready: {name}, {width} × {height} pixels.",
        "完成：{name}，{width} × {height} 像素。",
    ),
    "nothing_to_save": (
        "Tick at least one thing to mend.",
        "请至少勾选一项要修复的问题。",
    ),
    "no_photo": ("Drop a photo first.", "请先拖入一张照片。"),
    "failed": ("This did not work: {why}", "未能完成：{why}"),
    "unexpected": ("something unexpected happened", "发生了意外错误"),
    "preview_note": (
        "What you see is made from a smaller copy. Saving works on the whole photo.",
        "此处显示的是缩小版的效果；保存时会处理完整照片。",
    ),
    # The big picture.
    "picture.compare": ("Before | after", "修复前 | 修复后"),
    "picture.before": ("before", "修复前"),
    "picture.after": ("after", "修复后"),
    "picture.slide": ("Border between before and after", "修复前后的分界"),
    "picture.stage": (
        "The photo. Arrow keys move, plus and minus zoom, Enter sets a colour.",
        "照片。方向键移动，加减号缩放，回车键设置颜色。",
    ),
    "picture.tools": ("What to do with the photo", "照片工具"),
    "picture.in": ("Closer", "放大"),
    "picture.out": ("Further away", "缩小"),
    "picture.whole": ("Whole photo", "整张照片"),
    "picture.undo": ("Undo", "撤销"),
    "picture.clear": ("Remove all", "全部清除"),
    "picture.size": ("Brush", "画笔"),
    "picture.colour": ("Colour", "颜色"),
    "picture.likely": ("Likely colour", "可能的颜色"),
    "colours_mode": ("Correct colours", "修改颜色"),
    "mask_mode": ("Mark damage", "标记损坏"),
    "picture.colour_help": (
        "Choose a colour, then click on the photo or paint a stroke. "
        "The colour spreads to what belongs together.",
        "先选择颜色，再点击照片或涂抹。颜色会自动扩展到同一物体。",
    ),
    "picture.ask_help": (
        "Click on something that has a wrong colour; likely ones appear here. "
        "Or choose a colour and paint a stroke. The places with ? are doubtful.",
        "点击颜色不对的地方，这里会列出可能的颜色；也可以选择颜色后涂抹。带 ? 的位置颜色不确定。",
    ),
    "picture.choose": (
        "Choose a colour for the place that you clicked.",
        "请为刚才点击的位置选择颜色。",
    ),
    "picture.mask_help": (
        "Paint over scratches and stains. Only what you paint is repaired.",
        "涂抹划痕和污渍。只有涂抹的地方会被修复。",
    ),
    # The album.
    "album_lead": (
        "Drop as many photos as you like. Each gets what suits it.",
        "可以拖入任意多张照片，每张都会得到合适的修复。",
    ),
    "album_auto": ("What suits each photo", "自动选择每张照片的修复"),
    "album_chosen": ("What I choose", "由我选择"),
    "album_how": ("How to mend them", "如何修复"),
    "start": ("Mend all", "全部修复"),
    "empty": ("Empty the list", "清空列表"),
    "stop": ("Stop", "停止"),
    "waiting": ("waiting", "等待中"),
    "busy": ("being mended …", "修复中……"),
    "mended": ("mended: {tasks}", "已修复：{tasks}"),
    "untouched": ("nothing to mend, kept as it is", "无需修复，保持原样"),
    "stopped": ("stopped", "已停止"),
    "album_done": ("{good} of {total} photos are ready.", "{total} 张照片中已完成 {good} 张。"),
    "photos": ("Photos", "照片列表"),
    # Tasks: the built-in ones, and those of the plugins beside pixrestore.
    "task.colorize": ("Add colour", "上色"),
    "task.denoise": ("Remove noise and grain", "去除噪点和颗粒"),
    "task.inpaint": ("Repair scratches and dust", "修复划痕和灰尘"),
    "task.oldphoto": ("Refresh a worn print", "翻新陈旧照片"),
    "task.deblur": ("Sharpen", "变清晰"),
    "task.jpeg": ("Smooth blocks of strong compression", "消除压缩痕迹"),
    "task.mosaic": ("Fill in a mosaic", "还原马赛克"),
    "task.upscale": ("Enlarge", "放大尺寸"),
    "option.strength": ("Strength", "强度"),
    "option.saturation": ("Strength of colours", "色彩浓度"),
    "help.strength": ("0 keeps the photo as it is", "0 表示保持原样"),
    "help.saturation": ("0 is gray, 1 is as the model sees it", "0 为灰色，1 为模型的判断"),
}


class Words:
    """The texts of one language.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._place = list(LANGUAGES).index(language)

    def __getitem__(self, name: str) -> str:
        return _TEXTS[name][self._place]

    def get(self, name: str, otherwise: str) -> str:
        """Return a text, or another where there is none of that name, as for a plugin's task."""
        return self[name] if name in _TEXTS else otherwise

    def of_picture(self) -> dict[str, str]:
        """Return the texts of the big picture by the names that its script has for them."""
        start = "picture."
        return {name.removeprefix(start): self[name] for name in _TEXTS if name.startswith(start)}


def preferred(accepted: str) -> str:
    """Return the first language of an ``Accept-Language`` header that the page speaks."""
    ranked = []
    for part in accepted.split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), name.lower().partition("-")[0]))
        except ValueError:
            continue
    ranked.sort(key=lambda one: one[0])
    return next((name for _, name in ranked if name in LANGUAGES), "en")
