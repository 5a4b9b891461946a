// A schedule drawn by the server as SVG becomes a PNG here, with this reader's own letters: twice as sharp as it is wide.
const SHARP = 2;

async function made(address) {
  const drawn = new Image();
  drawn.src = address;
  await drawn.decode();
  const canvas = document.createElement("canvas");
  canvas.width = drawn.naturalWidth * SHARP;
  canvas.height = drawn.naturalHeight * SHARP;
  canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

export function wire() {
  const button = document.querySelector("[data-picture]");
  const said = document.querySelector("[data-picture-said]");
  const shown = document.querySelector("[data-picture-made]");
  button.addEventListener("click", async () => {
    said.textContent = button.dataset.working;
    try {
      const png = await made(button.dataset.picture);
      shown.querySelector("img").src = png;
      shown.hidden = false;
      said.textContent = "";
      if (!/MicroMessenger/i.test(navigator.userAgent)) { // where a download leads nowhere, a long press on the picture does
        const link = document.createElement("a");
        link.href = png;
        link.download = button.dataset.name;
        link.click();
      }
    } catch {
      said.textContent = button.dataset.failed;
    }
  });
}
