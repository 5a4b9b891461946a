// What the door sounds like: up for yes, twice the same for again, deep and long for no. Made here, not fetched.
const TONES = {
  ok: [[880, 0, 0.11], [1320, 0.12, 0.16]],
  again: [[587, 0, 0.14], [587, 0.2, 0.14], [587, 0.4, 0.14]],
  no: [[165, 0, 0.6]],
};
const SHAKES = { ok: [60], again: [80, 80, 80], no: [350] };
const KEY = "door-mute";
let context = null;

export function isMuted() {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
}

export function mute(is) {
  try {
    localStorage.setItem(KEY, is ? "1" : "0");
  } catch {
    // Nothing can be kept here: it lasts as long as the page.
  }
}

// Browsers let a page sound only after somebody has touched it.
export function unlock() {
  const Audio = window.AudioContext ?? window.webkitAudioContext;
  if (!context && Audio) {
    context = new Audio();
  }
  context?.resume?.();
}

export function sound(tone) {
  navigator.vibrate?.(SHAKES[tone] ?? []);
  if (isMuted() || !(tone in TONES)) {
    return;
  }
  unlock();
  if (!context) {
    return;
  }
  for (const [pitch, after, lasts] of TONES[tone]) {
    const from = context.currentTime + after;
    const note = context.createOscillator();
    const loud = context.createGain();
    note.type = tone === "no" ? "sawtooth" : "sine";
    note.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, from);
    loud.gain.exponentialRampToValueAtTime(0.5, from + 0.015);
    loud.gain.exponentialRampToValueAtTime(0.0001, from + lasts);
    note.connect(loud).connect(context.destination);
    note.start(from);
    note.stop(from + lasts + 0.02);
  }
  document.documentElement.dataset.sounded = tone; // what was heard last
}
