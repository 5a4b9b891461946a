// The phone's part of the mutual choice (docs/adr/0025). The private key is made here, cannot be read out, and never leaves;
// of a choice the server gets three rows that nobody can tell from random numbers but the two phones of a mutual pair.
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const ROWS = 3;
const TAG = 32;
const CONTACT = 480;
const NONCE = 12;
const EVERY = 15_000;

const text = new TextEncoder();
const encoded = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const decoded = (word) => Uint8Array.from(atob(word), (character) => character.charCodeAt(0));
const random = (length) => crypto.getRandomValues(new Uint8Array(length));

// -- what the phone keeps: key, padding, and whom its owner chose, under activity and number ----------------------------------------

function opened() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open("mixer", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("phones");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function inStore(mode, act) {
  const database = await opened();
  try {
    return await new Promise((done, failed) => {
      const work = database.transaction("phones", mode);
      const asked = act(work.objectStore("phones"));
      work.oncomplete = () => done(asked.result);
      work.onabort = work.onerror = () => failed(work.error);
    });
  } finally {
    database.close();
  }
}

// -- what only two phones can compute -------------------------------------------------------------------------------------------------

async function sharedWith(phone, publicKey) {
  const theirs = await crypto.subtle.importKey("raw", publicKey, CURVE, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, phone.privateKey, 256));
}

async function tagOf(shared, activity) {
  const about = text.encode(`festival mixer choice ${activity}`);
  const whole = new Uint8Array(shared.length + about.length);
  whole.set(shared);
  whole.set(about, shared.length);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

async function contactKey(shared, activity, from, to) {
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const info = text.encode(`festival mixer contact ${activity} ${from} ${to}`);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info },
    secret,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

// Always of the same length, so that it says nothing of what is inside.
function padded(contact) {
  const whole = new Uint8Array(CONTACT);
  whole.set(text.encode(JSON.stringify(contact)).slice(0, CONTACT));
  return whole;
}

async function sealed(key, contact) {
  const nonce = random(NONCE);
  const closed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, padded(contact)));
  const whole = new Uint8Array(NONCE + closed.length);
  whole.set(nonce);
  whole.set(closed, NONCE);
  return whole;
}

async function unsealed(key, whole) {
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: whole.slice(0, NONCE) }, key, whole.slice(NONCE));
  return JSON.parse(new TextDecoder().decode(plain).replace(/\0+$/, ""));
}

// By their bytes: the order in which somebody typed does not leave the phone.
const inOrder = (rows) => rows.sort((one, other) => (encoded(one.tag) < encoded(other.tag) ? -1 : 1));

class Mixer {
  constructor(root) {
    this.root = root;
    this.facts = root.dataset;
    this.where = `${this.facts.activity}/${this.facts.number}`;
    this.phone = null;
    this.form = root.querySelector("[data-choose]");
    this.isBusy = false;
  }

  get isMine() {
    return this.phone !== null && this.phone.publicKey === this.facts.key;
  }

  say(word, tone = "info") {
    const said = this.root.querySelector("[data-said]");
    said.querySelector("p").textContent = this.root.querySelector(`[data-word="${word}"]`)?.textContent ?? word;
    said.dataset.tone = tone;
    said.dataset.saying = word;
    said.hidden = false;
  }

  async post(address, fields) {
    const sent = new FormData();
    sent.set("csrf_token", this.root.querySelector('[name="csrf_token"]').value);
    for (const [name, value] of fields) {
      sent.append(name, value);
    }
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body: sent });
    } catch {
      this.say("offline", "warn");
      return false;
    }
    if (answer.ok) {
      return true;
    }
    const told = await answer.json().catch(() => ({}));
    this.say(told.words ?? "offline", "warn");
    return false;
  }

  // -- the key ------------------------------------------------------------------------------------------------------------------------

  async prepare() {
    this.phone = (await inStore("readonly", (store) => store.get(this.where))) ?? null;
    const stage = this.facts.stage;
    if (this.isMine) {
      if (stage === "before" || stage === "open") {
        this.say("ready");
      }
    } else if (!this.facts.key && (stage === "before" || stage === "open")) {
      await this.register();
    } else if (this.facts.key && stage === "before") {
      this.say("elsewhere", "warn");
      const move = this.root.querySelector("[data-move]");
      move.hidden = false;
      move.querySelector("button").addEventListener("click", () => this.register().then(() => (move.hidden = true)));
    } else if (this.facts.key && stage === "open") {
      this.say("lost", "warn");
    }
  }

  async register() {
    if (this.phone === null) {
      const pair = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
      const phone = {
        privateKey: pair.privateKey,
        publicKey: encoded(await crypto.subtle.exportKey("raw", pair.publicKey)),
        pads: Array.from({ length: ROWS }, () => random(TAG)),
        chosen: {},
      };
      await inStore("readwrite", (store) => store.put(phone, this.where));
      this.phone = phone;
    }
    if (await this.post(this.facts.keyUrl, [["key", this.phone.publicKey]])) {
      this.facts.key = this.phone.publicKey;
      this.say("ready");
    }
  }

  // All of them, always: asked for one, the server would know of whom somebody thinks.
  async keys() {
    let answer;
    try {
      answer = await fetch(this.facts.keysUrl, { cache: "no-store" });
    } catch {
      return null;
    }
    if (!answer.ok) {
      return null;
    }
    const told = await answer.json();
    const listed = new Map(told.keys);
    if (listed.get(this.facts.number) !== this.phone.publicKey) {
      this.say("stranger", "stop");
      return null;
    }
    await this.showCode(told.keys);
    return listed;
  }

  // Computed here from the very list that this phone uses.
  async showCode(keys) {
    const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const lines = keys.map(([number, key]) => `${number} ${hex(decoded(key))}`).sort();
    const digest = new DataView(await crypto.subtle.digest("SHA-256", text.encode(lines.join("\n"))));
    const code = String(digest.getBigUint64(0) % 100_000_000n).padStart(8, "0");
    this.root.querySelector("[data-code]").textContent = `${code.slice(0, 4)} ${code.slice(4)}`;
    this.root.querySelector("[data-code-line]").hidden = false;
  }

  // -- choosing -----------------------------------------------------------------------------------------------------------------------

  wireChoice() {
    if (!this.form || !this.isMine) {
      return;
    }
    this.form.hidden = false;
    const fields = [...this.form.querySelectorAll("[data-choice]")];
    Object.keys(this.phone.chosen).forEach((number, at) => {
      if (fields[at]) {
        fields[at].value = fields[at].defaultValue = number;
      }
    });
    for (const chip of this.form.querySelectorAll("[data-pick]")) {
      chip.addEventListener("click", () => {
        const free = fields.find((field) => !field.value.trim());
        if (free && !fields.some((field) => field.value.trim() === chip.dataset.pick)) {
          free.value = chip.dataset.pick;
        }
      });
    }
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.isBusy) {
        this.isBusy = true;
        this.form.setAttribute("aria-busy", "true");
        this.choose(fields).finally(() => {
          this.isBusy = false;
          this.form.removeAttribute("aria-busy");
        });
      }
    });
  }

  numbers(fields) {
    const typed = fields.map((field) => field.value.normalize("NFKC").toUpperCase().replace(/[\s·.#-]/g, ""));
    return typed.filter(Boolean).map((word) => {
      const match = /^([A-Z]?)0*([1-9]\d{0,2})$/.exec(word);
      return match ? `${match[1] || this.facts.others}${match[2].padStart(2, "0")}` : word;
    });
  }

  contact() {
    const passed = {};
    for (const box of this.form.querySelectorAll("[data-pass]:checked")) {
      const value = this.form.querySelector(`[data-value="${box.dataset.pass}"]`).value.trim().slice(0, 40);
      if (value) {
        passed[box.dataset.pass] = value;
      }
    }
    return passed;
  }

  async choose(fields) {
    const numbers = this.numbers(fields);
    if (new Set(numbers).size !== numbers.length) {
      this.say("twice", "warn");
      return;
    }
    const listed = await this.keys();
    if (listed === null) {
      if (this.root.querySelector("[data-said]").dataset.saying !== "stranger") {
        this.say("offline", "warn");
      }
      return;
    }
    if (numbers.some((number) => !number.startsWith(this.facts.others) || !listed.has(number))) {
      this.say("number", "warn");
      return;
    }
    const { activity, number: mine } = this.facts;
    const contact = this.contact();
    const rows = [];
    const chosen = {};
    for (const number of numbers) {
      const shared = await sharedWith(this.phone, decoded(listed.get(number)));
      const key = await contactKey(shared, activity, mine, number);
      rows.push({ tag: await tagOf(shared, activity), contact: await sealed(key, contact) });
      chosen[number] = listed.get(number);
    }
    for (const pad of this.phone.pads.slice(0, ROWS - rows.length)) {
      rows.push({ tag: pad, contact: random(NONCE + CONTACT + 16) });
    }
    const sent = inOrder(rows).flatMap((row) => [["tag", encoded(row.tag)], ["contact", encoded(row.contact)]]);
    if (await this.post(this.facts.choicesUrl, sent)) {
      this.phone.chosen = chosen;
      await inStore("readwrite", (store) => store.put(this.phone, this.where));
      this.root.querySelector("[data-state]").hidden = true;
      this.say("sent", "ok");
    }
  }

  // -- what comes of it ---------------------------------------------------------------------------------------------------------------

  async open() {
    for (const pair of this.root.querySelectorAll("[data-pair]")) {
      const { pair: number, public: served, contact } = pair.dataset;
      const unopened = pair.querySelector("[data-unopened]");
      if (this.phone === null) {
        continue;
      }
      try {
        const theirs = decoded(this.phone.chosen[number] ?? served);
        const shared = await sharedWith(this.phone, theirs);
        const key = await contactKey(shared, this.facts.activity, number, this.facts.number);
        const told = await unsealed(key, decoded(contact));
        for (const field of pair.querySelectorAll("[data-field]")) {
          const value = told[field.dataset.field];
          field.hidden = !value;
          field.querySelector("dd").textContent = value ?? "";
        }
        pair.querySelector("[data-opened]").hidden = false;
        unopened.hidden = Object.keys(told).length > 0;
        unopened.textContent = this.root.querySelector('[data-word="nothing"]').textContent;
      } catch {
        unopened.textContent = this.root.querySelector('[data-word="unopened"]').textContent;
      }
    }
  }

  wireClear() {
    const clear = this.root.querySelector("[data-clear]");
    if (!clear || this.phone === null) {
      return;
    }
    clear.hidden = false;
    clear.querySelector("button").addEventListener("click", async () => {
      await inStore("readwrite", (store) => store.delete(this.where));
      clear.hidden = true;
      this.say("cleared", "ok");
    });
  }

  // -- the clock ------------------------------------------------------------------------------------------------------------------------

  // The page is loaded again when it has something else to show, but never under somebody's hands.
  watch() {
    const isFilling = () =>
      this.isBusy || [...document.querySelectorAll("form .input")].some((field) => field.value !== field.defaultValue);
    setInterval(async () => {
      if (document.hidden) {
        return;
      }
      try {
        const answer = await fetch(this.facts.nowUrl, { cache: "no-store" });
        const told = answer.ok ? await answer.json() : null;
        if (told && told.version !== this.facts.version && (told.stage !== this.facts.stage || !isFilling())) {
          location.reload();
        }
      } catch {
        // no network: the next turn asks again
      }
    }, EVERY);
  }
}

const root = document.querySelector("[data-mixer]");
if (root) {
  const mixer = new Mixer(root);
  if (root.dataset.number && root.dataset.here === "yes" && root.querySelector("[data-said]")) {
    if (globalThis.crypto?.subtle && globalThis.indexedDB) {
      try {
        await mixer.prepare();
        mixer.wireChoice();
        mixer.wireClear();
        if (mixer.isMine && root.querySelector("[data-code-line]")) {
          await mixer.keys();
        }
        await mixer.open();
      } catch {
        mixer.say("unable", "stop"); // private windows of some browsers keep nothing
      }
    } else {
      mixer.say("unable", "stop");
    }
  }
  mixer.watch();
  root.dataset.isReady = "yes";
}
