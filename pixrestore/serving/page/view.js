// The big picture: before | after, zoom, and guides painted on the photo. Gradio runs this once,
// with `element`, `props`, `trigger` and `watch`; `words` comes before it. Places are shares of the photo's width and height.
const find = (what) => element.querySelector(what);
const root = find(".view"), stage = find(".view-stage"), canvas = find("canvas");
const slide = find(".view-slide input"), picker = find("input[type=color]");
const size = find(".view-tools input"), likely = find(".view-likely");
const pen = canvas.getContext("2d");

let photo = 0, serial = 0;
let before = null, after = null, doubts = [], guides = [];
let mode = "compare", strokes = [], drawing = null, asked = null;
let cursor = [0.5, 0.5], zoom = 1, centre = [0.5, 0.5];

// --- where things are ---------------------------------------------------------------------------

function box() {
  const shown = after || before;
  const wide = stage.clientWidth, high = stage.clientHeight;
  const scale = zoom * Math.min(wide / shown.width, high / shown.height);
  const w = shown.width * scale, h = shown.height * scale;
  const along = (room, length, at) =>
    length <= room ? (room - length) / 2
      : Math.min(0, Math.max(room - length, room / 2 - at * length));
  return { x: along(wide, w, centre[0]), y: along(high, h, centre[1]), w, h };
}

function placeOf(event) {
  const around = canvas.getBoundingClientRect(), at = box();
  return [(event.clientX - around.left - at.x) / at.w, (event.clientY - around.top - at.y) / at.h];
}

const inside = ([x, y]) => x >= 0 && x < 1 && y >= 0 && y < 1;
const guide = () => guides.find((one) => one.name === mode);

// --- drawing ------------------------------------------------------------------------------------

function draw() {
  const dense = window.devicePixelRatio || 1;
  canvas.width = Math.round(stage.clientWidth * dense);
  canvas.height = Math.round(stage.clientHeight * dense);
  if (!before) return;
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.imageSmoothingQuality = "high";
  const at = box();
  pen.drawImage(after || before, at.x, at.y, at.w, at.h);
  if (mode === "compare") drawBefore(at); else drawPaint(at);
}

function drawBefore(at) {
  const split = at.x + (at.w * slide.value) / 100;
  pen.save();
  pen.beginPath();
  pen.rect(at.x, at.y, split - at.x, at.h);
  pen.clip();
  pen.drawImage(before, at.x, at.y, at.w, at.h);
  pen.restore();
  pen.fillStyle = "#fff";
  pen.fillRect(split - 1, at.y, 2, at.h);
  pen.beginPath();
  pen.arc(split, Math.min(Math.max(at.y + at.h / 2, 30), stage.clientHeight - 30), 9, 0, 7);
  pen.fill();
}

function drawPaint(at) {
  const short = Math.min(at.w, at.h);
  const mine = drawing ? [...strokes, drawing] : strokes;
  for (const one of mine) {
    if (one.guide !== mode) continue;
    const spots = one.points.map(([x, y]) => [at.x + x * at.w, at.y + y * at.h]);
    pen.globalAlpha = one === drawing || one.kind !== "mask" ? 0.9 : 0.45;
    pen.lineWidth = Math.max(2, 2 * one.radius * short);
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = one.colour;
    pen.beginPath();
    pen.moveTo(...spots[0]);
    for (const spot of spots) pen.lineTo(...spot);
    pen.stroke();
    pen.globalAlpha = 1;
  }
  const colours = (guide() || {}).kind === "colours";
  if (colours) for (const place of doubts) ring(at, place, "?");
  if (colours && asked) ring(at, asked, "");
  if (document.activeElement === stage) cross(at);
}

function ring(at, [x, y], text) {
  const spot = [at.x + x * at.w, at.y + y * at.h];
  for (const [width, colour] of [[4, "#000a"], [2, "#fff"]]) {
    pen.lineWidth = width;
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.arc(...spot, 11, 0, 7);
    pen.stroke();
  }
  pen.font = "bold 14px sans-serif";
  pen.textAlign = "center";
  pen.lineWidth = 3;
  pen.strokeStyle = "#000a";
  pen.strokeText(text, spot[0], spot[1] + 5);
  pen.fillStyle = "#fff";
  pen.fillText(text, spot[0], spot[1] + 5);
}

function cross(at) {
  const [x, y] = [at.x + cursor[0] * at.w, at.y + cursor[1] * at.h];
  for (const [width, colour] of [[4, "#000a"], [2, "#fff"]]) {
    pen.lineWidth = width;
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.moveTo(x - 12, y);
    pen.lineTo(x + 12, y);
    pen.moveTo(x, y - 12);
    pen.lineTo(x, y + 12);
    pen.stroke();
  }
}

// --- painting -----------------------------------------------------------------------------------

function begin(points) {
  const kind = guide().kind;
  const colour = kind === "mask" ? "#ff3b30" : picker.value;
  return { guide: mode, kind, colour, radius: Number(size.value) / 200, points };
}

function tell() {
  draw();
  const sent = strokes.map(({ guide, colour, radius, points }) => ({
    guide, colour, radius: +radius.toFixed(4),
    points: points.map((place) => place.map((share) => +share.toFixed(4))),
  }));
  trigger("paint", { photo, strokes: sent });
}

function put(stroke) {
  strokes.push(stroke);
  tell();
}

function dot(place) {
  if (!inside(place)) return;
  if (guide().asks) {
    asked = place;
    draw();
    trigger("ask", { photo, place });
  } else put(begin([place]));
}

function undo() {
  if (!strokes.length) return;
  strokes.pop();
  tell();
}

function choose(colour) {
  picker.value = colour;
  if (!asked) return;
  put(begin([asked]));
  asked = null;
  showLikely([]);
  stage.focus();
}

function showLikely(colours) {
  likely.replaceChildren(...colours.map((colour, at) => {
    const one = document.createElement("button");
    one.type = "button";
    one.style.background = colour;
    one.setAttribute("aria-label", `${words.likely} ${at + 1}: ${colour}`);
    one.title = colour;
    one.onclick = () => choose(colour);
    return one;
  }));
  if (colours.length && document.activeElement === stage) likely.firstChild.focus();
  explain();
}

// --- modes, zoom, keys --------------------------------------------------------------------------

function explain() {
  const now = guide();
  if (!now) return;
  const text = now.kind === "mask" ? words.mask_help : likely.childNodes.length ? words.choose
    : now.asks ? words.ask_help : words.colour_help;
  find(".view-help").textContent = text;
}

function setMode(name) {
  mode = name;
  asked = null;
  showLikely([]);
  const now = guide();
  root.dataset.mode = now ? now.kind : "compare";
  for (const one of element.querySelectorAll(".view-modes button"))
    one.setAttribute("aria-pressed", String(one.dataset.mode === name));
  explain();
  draw();
}

function showModes() {
  const all = [{ name: "compare", label: words.compare }, ...guides];
  find(".view-modes").replaceChildren(...all.map((one) => {
    const made = document.createElement("button");
    made.type = "button";
    made.dataset.mode = one.name;
    made.textContent = one.label;
    made.onclick = () => setMode(one.name);
    return made;
  }));
  setMode(all.some((one) => one.name === mode) ? mode : "compare");
}

function zoomTo(wanted, towards = centre) {
  zoom = Math.min(8, Math.max(1, wanted));
  centre = zoom === 1 ? [0.5, 0.5] : towards;
  draw();
}

const deeds = {
  in: () => zoomTo(zoom * 1.5),
  out: () => zoomTo(zoom / 1.5),
  whole: () => zoomTo(1),
  undo,
  clear: () => { strokes = strokes.filter((one) => one.guide !== mode); tell(); },
};

function moveBy(x, y, far) {
  if (mode === "compare") slide.value = Number(slide.value) + 2 * x * (far ? 5 : 1);
  const step = (far ? 0.05 : 0.01) / zoom;
  const limit = (share) => Math.min(0.999, Math.max(0, share));
  cursor = [limit(cursor[0] + x * step), limit(cursor[1] + y * step)];
  if (zoom > 1) centre = cursor;
  draw();
}

const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

stage.addEventListener("keydown", (event) => {
  if (!before) return;
  if (event.key in moves) moveBy(...moves[event.key], event.shiftKey);
  else if ((event.key === "Enter" || event.key === " ") && mode !== "compare") dot(cursor);
  else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
  else if (event.key === "+") deeds.in();
  else if (event.key === "-") deeds.out();
  else return;
  event.preventDefault();
});

// --- pointer ------------------------------------------------------------------------------------

let dragged = null;

stage.addEventListener("pointerdown", (event) => {
  if (!before || event.button) return;
  stage.setPointerCapture(event.pointerId);
  dragged = { at: [event.clientX, event.clientY], centre, moved: false };
  const place = placeOf(event);
  if (mode !== "compare" && inside(place)) drawing = begin([place]);
});

stage.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const [x, y] = [event.clientX - dragged.at[0], event.clientY - dragged.at[1]];
  dragged.moved = dragged.moved || Math.hypot(x, y) > 4;
  if (mode !== "compare") {
    if (drawing && dragged.moved && inside(placeOf(event))) drawing.points.push(placeOf(event));
  } else if (zoom > 1 && event.shiftKey) {
    const at = box();
    centre = [dragged.centre[0] - x / at.w, dragged.centre[1] - y / at.h];
  } else slide.value = 100 * placeOf(event)[0];
  draw();
});

function lift(event) {
  if (!dragged) return;
  const done = drawing, clicked = !dragged.moved;
  drawing = dragged = null;
  if (mode === "compare") slide.value = 100 * placeOf(event)[0];
  if (done && clicked) dot(done.points[0]);
  else if (done) put(done);
  draw();
}

stage.addEventListener("pointerup", lift);
stage.addEventListener("pointercancel", () => { drawing = dragged = null; draw(); });
stage.addEventListener("wheel", (event) => {
  if (!before || !(event.ctrlKey || zoom > 1)) return; // else the page is scrolled
  event.preventDefault();
  zoomTo(zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2), placeOf(event));
}, { passive: false });
stage.addEventListener("focus", draw);
stage.addEventListener("blur", draw);
slide.addEventListener("input", draw);
picker.addEventListener("change", () => choose(picker.value));
element.addEventListener("click", (event) => {
  const deed = event.target.closest("[data-do]");
  if (deed) deeds[deed.dataset.do]();
});

// --- what the server says -----------------------------------------------------------------------

async function picture(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

async function told() {
  const value = props.value;
  if (!value) return;
  const mine = ++serial;
  const [first, second] = await Promise.all([
    value.before ? picture(value.before) : null, value.after ? picture(value.after) : null]);
  if (value.photo !== photo) {
    photo = value.photo;
    strokes = [];
    doubts = [];
    asked = before = after = null;
    zoom = 1;
    mode = "compare";
  }
  if (first) before = first;
  if (second && mine === serial) after = second;
  if (value.doubts) doubts = value.doubts;
  if (value.guides) { guides = value.guides; showModes(); }
  if (value.likely) showLikely(value.likely);
  root.dataset.shown = String((Number(root.dataset.shown) || 0) + 1);
  draw();
}

for (const one of element.querySelectorAll("[data-text]")) one.textContent = words[one.dataset.text];
for (const one of element.querySelectorAll("[data-do]")) {
  const said = words[one.dataset.do];
  one.setAttribute("aria-label", said);
  one.title = said;
  if (!one.textContent) one.textContent = said;
}
stage.setAttribute("aria-label", words.stage);
find(".view-bar").setAttribute("aria-label", words.tools);
likely.setAttribute("aria-label", words.likely);
slide.setAttribute("aria-label", words.slide);
new ResizeObserver(draw).observe(stage);
showModes();
watch("value", told);
told();
