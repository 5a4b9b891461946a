// The door without the network. The list is sealed row by row under keys that only the codes give (docs/adr/0016); what is scanned waits
// here, under its own number, until the server has it: sent twice, it is one scan.
const EVERY = 4000;
const REFRESH = 60_000;
const PATIENCE = 10_000;
const LETTER = 20;
const STORES = ["meta", "rows", "seen", "waiting"];
const bytesOf = new TextEncoder();

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function codeOf(text) {
  const last = text.normalize("NFKC").trim().toLowerCase().split("/c/").pop().split(/[?#]/)[0].replace(/[/ ]+$/, "");
  return /^[a-z2-7]{26}$/.test(last) ? last : null;
}

async function lookupOf(activity, code) {
  const digest = await crypto.subtle.digest("SHA-256", bytesOf.encode(`festival check-in lookup:${activity}:${code}`));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 32);
}

async function opened(list, code, lookup, sealed) {
  const material = await crypto.subtle.importKey("raw", bytesOf.encode(code), "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: fromBase64(list.salt), info: bytesOf.encode("festival check-in row") },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["decrypt"],
  );
  const bytes = fromBase64(sealed);
  const how = { name: "AES-GCM", iv: bytes.slice(0, 12), additionalData: bytesOf.encode(lookup) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, bytes.slice(12))));
}

// The festival's day by the server's clock: a telephone's own may be wrong.
function today(list) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date(Date.now() + list.ahead));
}

function hour(at) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", timeStyle: "medium" }).format(new Date(at));
}

// -- the store ----------------------------------------------------------------------------------------------------------------

class Store {
  constructor(activity) {
    this.opening = new Promise((done, fail) => {
      const asked = indexedDB.open(`door-${activity}`, 1);
      asked.onupgradeneeded = () => STORES.forEach((name) => asked.result.createObjectStore(name));
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => fail(asked.error);
    });
  }

  async read(name, ask) {
    const database = await this.opening;
    return new Promise((done, fail) => {
      const asked = ask(database.transaction(name).objectStore(name));
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => fail(asked.error);
    });
  }

  get(name, key) {
    return this.read(name, (store) => store.get(key));
  }

  all(name) {
    return this.read(name, (store) => store.getAll());
  }

  // All or nothing, and on the disk before it is said.
  async write(change) {
    const database = await this.opening;
    return new Promise((done, fail) => {
      const transaction = database.transaction(STORES, "readwrite", { durability: "strict" });
      change(Object.fromEntries(STORES.map((name) => [name, transaction.objectStore(name)])));
      transaction.oncomplete = () => done();
      transaction.onerror = () => fail(transaction.error);
      transaction.onabort = () => fail(transaction.error);
    });
  }
}

// -- the door -----------------------------------------------------------------------------------------------------------------

export class Offline {
  constructor(door) {
    const at = door.root.dataset;
    this.door = door;
    this.at = at;
    this.words = JSON.parse(at.words);
    this.activity = Number(at.activity);
    this.store = new Store(this.activity);
    this.uploading = false;
    this.looked = 0;
    this.part = door.root.querySelector("[data-door-offline]");
    this.state = door.root.querySelector("[data-door-state]");
    this.note = door.root.querySelector("[data-door-waiting]");
  }

  async wire() {
    const list = await this.store.get("meta", "list");
    if (list && list.until < Date.now() + list.ahead) {
      await this.forget();
    }
    this.part.hidden = false;
    this.part.querySelector("[data-door-prepare]").addEventListener("click", () => this.prepare());
    this.part.querySelector("[data-door-clear]").addEventListener("click", () => this.clear());
    addEventListener("online", () => this.say().then(() => this.tick()));
    addEventListener("offline", () => this.say());
    setInterval(() => this.tick(), EVERY);
    await this.say();
    await this.tick();
  }

  fill(name, values) {
    return Object.entries(values).reduce((words, [key, value]) => words.replaceAll(`{${key}}`, value), this.words[name]);
  }

  async say(words = "") {
    const list = await this.store.get("meta", "list");
    const waiting = (await this.store.all("waiting")).length;
    const parts = [navigator.onLine ? "" : this.words.away, waiting ? this.fill("waiting", { n: waiting }) : ""];
    this.note.textContent = parts.filter(Boolean).join(" ");
    this.note.hidden = !this.note.textContent;
    this.door.root.dataset.waiting = String(waiting);
    this.door.root.dataset.prepared = String(Boolean(list));
    this.state.textContent =
      words || (list ? this.fill("prepared", { n: list.size, time: hour(list.at) }) : this.words.unprepared);
  }

  // -- getting ready

  async prepare() {
    this.state.textContent = this.words.preparing;
    try {
      await navigator.serviceWorker.register(this.at.worker, { scope: this.at.page });
      await navigator.serviceWorker.ready;
      await navigator.storage?.persist?.();
      await this.fetchList("");
      await this.say();
    } catch {
      await this.say(this.words.failed);
    }
  }

  async fetchList(version) {
    const answer = await fetch(`${this.at.list}?version=${version}`, { signal: AbortSignal.timeout(3 * PATIENCE) });
    this.looked = Date.now();
    if (answer.status === 204) {
      return;
    }
    if (!answer.ok || answer.redirected) {
      throw new Error("no list");
    }
    const { rows, ...list } = await answer.json();
    const waiting = new Set((await this.store.all("waiting")).map((one) => one.lookup));
    await this.store.write((stores) => {
      stores.rows.clear();
      rows.forEach(([lookup, sealed]) => stores.rows.put(sealed, lookup));
      stores.meta.put({ ...list, size: rows.length, at: Date.now(), ahead: list.now - Date.now() }, "list");
      const asked = stores.seen.openKeyCursor();
      asked.onsuccess = () => {
        if (asked.result) {
          if (!waiting.has(asked.result.key)) {
            stores.seen.delete(asked.result.key); // the new list knows it
          }
          asked.result.continue();
        }
      };
    });
  }

  async forget() {
    await this.store.write((stores) => {
      stores.rows.clear();
      stores.seen.clear();
      stores.meta.clear();
    });
  }

  async clear() {
    if ((await this.store.all("waiting")).length) {
      await this.say(this.words["clear-first"]);
      return;
    }
    await this.forget();
    await (await navigator.serviceWorker.getRegistration(this.at.page))?.unregister();
    for (const name of await caches.keys()) {
      if (name.startsWith(`door ${this.at.page} `)) {
        await caches.delete(name);
      }
    }
    await this.say(this.words.cleared);
  }

  // -- scanning

  // What the server answered, for when it cannot be asked any more.
  async heard(fields, panel) {
    const code = codeOf(String(fields.get("code") ?? ""));
    if (code && ["checked-in", "left"].includes(panel.dataset.doorPanel)) {
      const lookup = await lookupOf(this.activity, code);
      await this.store.write((stores) => stores.seen.put({ inside: Number(panel.dataset.inside), at: Date.now() }, lookup));
    }
  }

  // A scan that the server did not answer. True: it was judged here.
  async take(fields) {
    const list = await this.store.get("meta", "list");
    const typed = String(fields.get("code") ?? "");
    const code = codeOf(typed);
    if (!list) {
      this.door.say(this.words["not-prepared"]);
    } else if (!code) {
      this.door.say(typed ? this.words.digits : this.words.photo);
    } else {
      await this.judge(list, code, fields.get("way") === "out" ? "out" : "in", String(fields.get("nonce")));
    }
    return true;
  }

  async judge(list, code, way, nonce) {
    const lookup = await lookupOf(this.activity, code);
    const sealed = await this.store.get("rows", lookup);
    const seen = await this.store.get("seen", lookup);
    if (!sealed) {
      this.stranger(lookup, way, nonce, seen);
      return;
    }
    const party = await opened(list, code, lookup, sealed);
    const inside = seen?.inside ?? party.inside;
    if (way === "out") {
      if (inside <= 0) {
        this.show("nobody-inside", party, []);
      } else {
        await this.record({ nonce, lookup, way, persons: inside }, 0);
        this.show("left", party, this.facts(party, inside));
      }
    } else if (today(list) < party.from || today(list) > party.to) {
      this.show("wrong-day", party, [], party.from);
    } else if (party.size <= inside) {
      const before = seen ? this.fill("here", { time: hour(seen.at) }) : this.words.elsewhere;
      this.show("already-checked-in", party, [...this.facts(party, 0), [this.words.before, before]]);
    } else {
      const scan = { nonce, lookup, way, persons: party.size - inside };
      await this.record(scan, party.size);
      this.admitted(scan, party, inside);
    }
  }

  admitted(scan, party, inside) {
    const panel = this.show("checked-in", party, this.facts(party, scan.persons), this.words.offline);
    if (scan.persons < 2) {
      return;
    }
    const fewer = document.createElement("div");
    fewer.className = "door__fewer";
    const asks = document.createElement("p");
    asks.textContent = this.words.only;
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    for (let came = 1; came < scan.persons; came += 1) {
      buttons.append(
        this.button(this.fill("person", { n: came }), async () => {
          if (await this.store.get("waiting", scan.nonce)) {
            await this.record({ ...scan, persons: came }, inside + came);
            this.admitted({ ...scan, persons: came }, party, inside);
          } else {
            this.door.say(this.at.broken);
          }
        }),
      );
    }
    fewer.append(asks, buttons);
    panel.append(fewer);
  }

  // A code that the list does not have: made after the list was fetched, or for something else.
  stranger(lookup, way, nonce, seen) {
    if (seen) {
      this.show("already-checked-in", null, [[this.words.before, this.fill("here", { time: hour(seen.at) })]]);
      return;
    }
    const panel = this.show("unknown-code", null, [], this.words["not-listed-line"], this.words["not-listed"]);
    const button = this.button(this.words["let-in"], async () => {
      await this.record({ nonce, lookup, way, persons: 1 }, 1);
      this.show(way === "out" ? "left" : "checked-in", null, [], this.words.offline);
    });
    panel.append(button);
  }

  async record(scan, inside) {
    const at = Date.now();
    const gate = Number(document.querySelector("[data-door-gate] [name=gate]")?.value ?? 0) || null;
    await this.store.write((stores) => {
      stores.waiting.put({ ...scan, at, gate }, scan.nonce);
      stores.seen.put({ inside, at }, scan.lookup);
    });
    await this.say();
  }

  // -- showing

  facts(party, persons) {
    const whole = party.size > 1 && persons ? this.fill("whole", { now: persons, all: party.size }) : this.fill("person", { n: party.size });
    return [
      [this.words.pool, party.pool],
      [this.words.seat, party.seat],
      [this.words.hours, party.hours],
      [this.words.party, whole],
    ].filter(([, value]) => value);
  }

  button(words, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet";
    button.textContent = words;
    button.addEventListener("click", act);
    return button;
  }

  show(result, party, facts, line = "", word = "") {
    const [tone, usual, does] = this.words.verdicts[result];
    const panel = document.createElement("div");
    panel.className = "stack";
    panel.dataset.doorPanel = result;
    panel.dataset.tone = tone;
    panel.dataset.offline = "";
    const verdict = document.createElement("section");
    verdict.className = "verdict";
    verdict.dataset.result = result;
    verdict.dataset.tone = tone;
    verdict.setAttribute("role", "status");
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    shape.setAttribute("class", "icon verdict__shape");
    shape.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${this.at.icons}#${{ ok: "ring-ok", again: "ring-again" }[tone] ?? "oct-no"}`);
    shape.append(use);
    const said = document.createElement("div");
    const heading = document.createElement("h2");
    heading.className = "verdict__word";
    heading.textContent = word || usual;
    const more = document.createElement("p");
    more.textContent = line || does;
    said.append(heading, more);
    verdict.append(shape, said);
    if (party?.name) {
      const who = document.createElement("p");
      who.className = "verdict__who";
      who.textContent = party.name;
      verdict.append(who);
    }
    if (facts.length) {
      const list = document.createElement("dl");
      for (const [label, value] of facts) {
        const pair = document.createElement("div");
        const term = document.createElement("dt");
        const words = document.createElement("dd");
        term.textContent = `${label} `;
        words.textContent = value;
        pair.append(term, words);
        list.append(pair);
      }
      verdict.append(list);
    }
    panel.append(verdict);
    this.door.show(panel);
    return panel;
  }

  // -- sending what waits

  async tick() {
    if (this.uploading || !navigator.onLine) {
      return;
    }
    this.uploading = true;
    try {
      await this.upload();
      const list = await this.store.get("meta", "list");
      if (list && Date.now() - this.looked > REFRESH) {
        await this.fetchList(list.version);
        await this.say();
      }
    } catch {
      // The network again. What waits, waits.
    } finally {
      this.uploading = false;
    }
  }

  async upload() {
    let waiting = await this.store.all("waiting");
    if (!waiting.length) {
      return;
    }
    const asked = await fetch(this.at.token, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (asked.redirected || asked.status === 403) {
      await this.say(this.words["signed-out"]);
      return;
    }
    const { token } = await asked.json();
    document.querySelectorAll("[name=csrf_token]").forEach((field) => {
      field.value = token; // a kept page's own is long out of date
    });
    let different = 0;
    while (waiting.length) {
      const gate = waiting[0].gate;
      const letter = waiting.filter((one) => one.gate === gate).slice(0, LETTER);
      const answer = await fetch(this.at.late, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({
          now: Date.now(),
          gate,
          device: this.door.device(),
          scans: letter.map(({ nonce, lookup, way, persons, at }) => ({ nonce, lookup, way, persons, at })),
        }),
        signal: AbortSignal.timeout(3 * PATIENCE),
      });
      if (!answer.ok || answer.redirected) {
        break;
      }
      const { scans } = await answer.json();
      different += scans.filter((one) => one.different).length;
      await this.store.write((stores) => scans.forEach((one) => stores.waiting.delete(one.nonce)));
      const left = await this.store.all("waiting");
      if (left.length === waiting.length) {
        break; // it took none of them: not again at once
      }
      waiting = left;
      await this.say();
    }
    await this.say(different ? this.fill("different", { n: different }) : waiting.length ? "" : this.words.none);
  }
}
