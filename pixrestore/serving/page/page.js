// A photo may be dropped or pasted anywhere on the page: it goes to the box of the tab in sight.
(() => {
  const give = (files) => {
    const photos = [...files];
    const inputs = [...document.querySelectorAll(".drop input[type=file]")];
    const input = inputs.find((one) => one.closest(".drop").offsetParent) || inputs[0];
    if (!input || !photos.length) return;
    const held = new DataTransfer();
    for (const photo of input.multiple ? photos : photos.slice(0, 1)) held.items.add(photo);
    input.files = held.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("paste", (event) => give(event.clipboardData.files));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (event.target.closest(".drop")) return;
    event.preventDefault();
    give(event.dataTransfer.files);
  });
})();
