// The camera of the door. The browser reads codes where it can; else frames go to the server, which reads and forgets them.
const PAUSE = 350;
const SAME = 4000;
const WIDE = 800;

async function frameOf(video) {
  const scale = Math.min(1, WIDE / video.videoWidth);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.7));
}

async function reader(video, address, token) {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => [])) ?? [];
  if (formats.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  return async () => {
    const body = new FormData();
    body.append("picture", await frameOf(video), "frame.jpg");
    const answer = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token() } });
    return answer.ok && !answer.redirected ? (await answer.json()).code : null;
  };
}

export class Camera {
  // `acts`: scan(code), token(), and blind() where no frame can be read.
  constructor(root, acts) {
    this.view = root.querySelector("[data-door-view]");
    this.video = root.querySelector("[data-door-video]");
    this.button = root.querySelector("[data-door-camera]");
    this.word = this.button.querySelector("span");
    this.address = root.dataset.frame;
    this.acts = acts;
    this.stream = null;
    this.button.addEventListener("click", () => (this.stream ? this.close() : this.open()));
  }

  async open() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    } catch {
      this.word.textContent = this.button.dataset.none;
      return;
    }
    this.view.hidden = false;
    this.video.srcObject = this.stream;
    this.word.textContent = this.button.dataset.on;
    await this.video.play();
    this.watch(await reader(this.video, this.address, this.acts.token));
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.view.hidden = true;
    this.word.textContent = this.button.dataset.off;
  }

  async watch(read) {
    let last = "";
    let at = 0;
    while (this.stream) {
      const code = await read().catch(() => {
        this.close();
        this.acts.blind();
        return null;
      });
      const isNew = code && (code !== last || Date.now() - at > SAME);
      if (isNew) {
        await this.acts.scan(code);
      }
      if (code) {
        last = code;
        at = Date.now();
      }
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  }
}
