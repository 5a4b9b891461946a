// The door with script: one scan after the other without leaving the page, heard and felt as well as seen.
import { Camera } from "./camera.js";
import { isMuted, mute, sound, unlock } from "./tones.js";

const EVERY = 10_000;
const PATIENCE = 8000;

function newNonce() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function deviceId() {
  try {
    const kept = localStorage.getItem("door-device") ?? newNonce().slice(0, 4);
    localStorage.setItem("door-device", kept);
    return kept;
  } catch {
    return "";
  }
}

class Door {
  constructor(root) {
    this.root = root;
    this.answer = root.querySelector("[data-door-answer]");
    this.form = root.querySelector("[data-door-form]");
    this.field = this.form.elements.code;
    this.offline = null;
    this.turn = Promise.resolve();
  }

  device() {
    return deviceId();
  }

  async wire() {
    this.form.querySelector("[data-door-device]").value = deviceId();
    this.root.addEventListener("submit", (event) => {
      if (event.target.matches("[data-door-form], [data-door-scan]")) {
        event.preventDefault();
        unlock();
        this.send(event.target);
      } else if (!navigator.onLine) {
        event.preventDefault(); // taking back and looking up need the server
        this.say(this.root.dataset.broken);
      }
    });
    this.form.elements.picture.addEventListener("change", () => {
      if (this.form.elements.picture.files.length) {
        this.field.value = "";
        this.send(this.form);
      }
    });
    // A scanner types wherever it is: what comes from it always lands in the field.
    addEventListener("keydown", (event) => {
      const typed = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (typed && event.key !== " " && !event.target.closest("input, select, textarea")) {
        this.field.focus();
      }
    });
    this.wireSound();
    this.wireWays();
    if (navigator.mediaDevices?.getUserMedia) {
      new Camera(this.root, {
        scan: (code) => this.scan(code),
        token: () => this.form.elements.csrf_token.value,
        blind: () => this.offline && this.say(this.offline.words.unreadable),
      });
    } else {
      this.root.querySelector("[data-door-camera]").hidden = true;
    }
    setInterval(() => this.count(), EVERY);
    const shown = this.answer.querySelector("[data-door-panel]");
    if (shown && (navigator.userActivation?.hasBeenActive ?? true)) {
      sound(shown.dataset.tone);
    }
    if (globalThis.indexedDB && globalThis.crypto?.subtle && navigator.serviceWorker) {
      const { Offline } = await import("./offline.js");
      this.offline = new Offline(this);
      await this.offline.wire();
    }
  }

  // In and out without leaving the page: it may not come back.
  wireWays() {
    const ways = this.root.querySelectorAll("[data-door-way]");
    for (const way of ways) {
      way.addEventListener("click", (event) => {
        event.preventDefault();
        ways.forEach((one) => one.removeAttribute("aria-current"));
        way.setAttribute("aria-current", "true");
        this.form.elements.way.value = way.dataset.doorWay;
        const button = this.form.querySelector("[data-in]");
        button.textContent = button.dataset[way.dataset.doorWay];
        this.field.focus();
      });
    }
  }

  wireSound() {
    const button = this.root.querySelector("[data-door-mute]");
    const say = () => {
      button.setAttribute("aria-pressed", String(isMuted()));
      button.querySelector("span").textContent = isMuted() ? button.dataset.on : button.dataset.off;
    };
    button.addEventListener("click", () => {
      mute(!isMuted());
      say();
      sound("ok");
    });
    say();
  }

  scan(code) {
    this.field.value = code;
    return this.send(this.form);
  }

  // One after the other: a scanner is quicker than the network.
  send(form) {
    const fields = new FormData(form);
    fields.set("nonce", newNonce());
    fields.set("device", deviceId());
    if (form === this.form) {
      const typed = this.field.value;
      this.field.value = "";
      this.form.elements.picture.value = "";
      this.field.focus();
      if (!typed && !fields.get("picture")?.size) {
        return this.turn;
      }
    }
    this.turn = this.turn.then(() => this.ask(form.action, fields)).catch(() => this.say(this.root.dataset.broken));
    return this.turn;
  }

  async ask(address, fields) {
    this.root.setAttribute("aria-busy", "true");
    try {
      const answer = await this.post(address, fields);
      await (answer ? this.hear(answer, fields) : this.lost(fields));
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }

  // null: no answer came, and nobody knows whether it arrived.
  async post(address, fields) {
    if (!navigator.onLine) {
      return null;
    }
    const signal = AbortSignal.timeout(PATIENCE);
    return fetch(address, { method: "POST", body: fields, headers: { "X-Door": "1" }, signal }).catch(() => null);
  }

  async hear(answer, fields) {
    if (answer.redirected) {
      this.say(this.root.dataset.signedOut);
      location.reload();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const panel = page.querySelector("[data-door-panel]");
    if (!panel) {
      if (answer.status >= 500) {
        await this.lost(fields);
      } else {
        this.say(page.querySelector(".field__error, .note, main h1")?.textContent.trim() ?? this.root.dataset.broken);
      }
      return;
    }
    this.show(panel);
    await this.offline?.heard(fields, panel);
    this.count();
  }

  show(panel) {
    this.answer.replaceChildren(panel);
    sound(panel.dataset.tone);
    this.answer.scrollIntoView({ block: "start" });
  }

  async lost(fields) {
    if (this.offline && (await this.offline.take(fields))) {
      return;
    }
    this.say(this.root.dataset.broken);
  }

  say(words) {
    const note = document.createElement("p");
    note.className = "note";
    note.dataset.tone = "stop";
    note.setAttribute("role", "alert");
    note.textContent = words;
    this.answer.replaceChildren(note);
    sound("no");
  }

  async count() {
    const numbers = this.root.querySelector("[data-door-numbers]");
    if (document.hidden || !numbers) {
      return;
    }
    try {
      const answer = await fetch(this.root.dataset.numbers, { signal: AbortSignal.timeout(PATIENCE) });
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        numbers.replaceChildren(...page.body.childNodes);
      }
    } catch {
      // The next time will do.
    }
  }
}

export function wire() {
  const root = document.querySelector("[data-door]");
  new Door(root).wire();
}
