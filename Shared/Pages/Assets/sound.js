// A sound when a report comes, made here and not loaded: off until somebody wants it, and remembered on this device.
import { icon } from "./words.js";

const KEY = "sasando.desk.sound";
/** Hertz and seconds, one after another: two soft notes; for what is urgent a call that rises three times. */
const NOTES = {
  usual: [[660, 0.14], [880, 0.22]],
  urgent: [[740, 0.12], [988, 0.12], [740, 0.12], [988, 0.12], [740, 0.12], [988, 0.3]],
};
/** A rush of reports is one sound. */
const PAUSE_MS = 2_000;
const LOUDNESS = 0.25;

const button = document.querySelector("[data-sound]");
let audio;
let last = { at: -Infinity, isUrgent: false };

/** A store that is forbidden forgets, and no more. */
function remember(isOn) {
  try {
    localStorage.setItem(KEY, isOn ? "on" : "off");
  } catch {}
}

function isRemembered() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

const isOn = () => button.dataset.state !== "off";

function show(isWanted) {
  const state = !isWanted ? "off" : audio?.state === "running" ? "on" : "waits";
  button.dataset.state = state;
  button.querySelector("[data-said]").textContent = button.dataset[state];
  button.querySelector("svg").replaceWith(icon(isWanted ? "sound" : "mute"));
}

/** Browsers let a page sound only after somebody has touched it. */
async function wake() {
  audio ??= new AudioContext();
  await audio.resume();
  show(isOn());
}

function play(notes) {
  let at = audio.currentTime + 0.02;
  for (const [pitch, length] of notes) {
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + length);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + length);
    at += length;
  }
}

/** Sounds for a new report, where that is wanted; what is urgent also right after another. */
export function ring(isUrgent) {
  if (!isOn() || audio?.state !== "running") return;
  const isTooSoon = performance.now() - last.at < PAUSE_MS && (last.isUrgent || !isUrgent);
  if (isTooSoon) return;
  last = { at: performance.now(), isUrgent };
  play(isUrgent ? NOTES.urgent : NOTES.usual);
}

async function toggle() {
  const isWanted = !isOn();
  remember(isWanted);
  show(isWanted);
  if (!isWanted) return;
  await wake();
  play(NOTES.usual);
}

/** Shows the button, and wakes what was wanted the last time at the first touch. */
export function startSound() {
  if (!button || !("AudioContext" in window)) return;
  button.hidden = false;
  show(isRemembered());
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    toggle();
  });
  const onTouch = (event) => {
    if (!button.contains(event.target) && isOn() && audio?.state !== "running") wake().catch(() => {});
  };
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, onTouch, { passive: true });
}
