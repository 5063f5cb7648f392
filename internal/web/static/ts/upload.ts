// The queue of files on their way up. Each goes in parts, resumes where it
// stopped, and knows what became of it; the tray shows it.
import { DefaultHttpStack, Failure, Request, Response, Upload } from "../vendor/tus.js";
import { ofFile, ofPart } from "./sum";

const endpoint = "/uploads";
const partSize = 16 << 20;
const atOnce = 3;

// Where a file goes, and who will see it.
export interface Place {
  project: string;
  folder: string;
  file: string; // becomes a version of it
  request: string; // answers a file request
  audience: string;
  note: string;
}

// waiting for its turn, sending, paused by hand, cut off from the network,
// asking what to do about a name that is taken, failed for good, left behind by
// an earlier page, done.
export type State = "waiting" | "sending" | "paused" | "cut" | "clash" | "failed" | "left" | "done";

export interface Job {
  id: number;
  name: string;
  size: number;
  sent: number;
  speed: number; // bytes a second, of late
  state: State;
  why: string; // the key of the words for a failure
  said: string; // what the server said of it
  url: string; // of the upload, once it began
  path: string; // folders of its own, below the place
  clash: string; // what to do about a name that is taken
  place: Place;
  file?: File;
  up?: Upload;
  free?: () => void; // lets go of its name among this browser's tabs
}

export const jobs: Job[] = [];
let last = 0;
let changed: (j?: Job) => void = () => {};

// onChange is told of every change; there is one listener.
export function onChange(f: (j?: Job) => void) {
  changed = f;
}

// flowing reports whether anything is on its way.
export const flowing = () => jobs.some((j) => j.file && (j.state === "sending" || j.state === "waiting" || j.state === "cut"));

// open reports whether leaving the page now would lose anything: what flows,
// and what waits for an answer or to go on.
export const open = () => flowing() || jobs.some((j) => j.file && (j.state === "clash" || j.state === "paused"));

export function add(file: File, place: Place, path = ""): Job {
  // The rest of what was left behind, chosen again.
  const rest = jobs.find((j) => j.state === "left" && j.name === file.name && j.size === file.size);
  if (rest) {
    again(rest, file);
    return rest;
  }
  const j: Job = {
    id: ++last, name: file.name, size: file.size, sent: 0, speed: 0, state: "waiting",
    why: "", said: "", url: "", path, clash: "ask", place, file,
  };
  jobs.push(j);
  changed(j);
  turn();
  return j;
}

// again goes on with an upload of an earlier page.
export function again(j: Job, file: File) {
  if (file.name !== j.name || file.size !== j.size) {
    j.why = "other";
    changed(j);
    return;
  }
  j.file = file;
  j.why = "";
  set(j, "waiting");
  turn();
}

// left lists what earlier pages did not finish, unless another tab is at it.
export async function left() {
  try {
    const answer = await fetch(endpoint, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { uploads } = (await answer.json()) as { uploads: { id: string; name: string; size: number; received: number; project: string }[] };
    const held = new Set((await navigator.locks?.query())?.held?.map((l) => l.name));
    for (const u of uploads) {
      const url = new URL(endpoint + "/" + u.id, location.href).href;
      if (held.has(lockOf(url)) || jobs.some((j) => j.url === url)) continue;
      const j: Job = {
        id: ++last, name: u.name, size: u.size, sent: u.received, speed: 0, state: "left", why: "", said: "", url, path: "", clash: "ask",
        place: { project: u.project, folder: "", file: "", request: "", audience: "", note: "" },
      };
      jobs.push(j);
      if (u.received === u.size) void close(j);
    }
    changed();
  } catch {
    // Offline: the next page asks again.
  }
}

// close makes a file of what has come whole, or finds out why that cannot be.
async function close(j: Job) {
  const answer = await fetch(j.url, { method: "HEAD", headers: tus });
  if (answer.ok) set(j, "done");
  else if (answer.status === 409) set(j, "clash");
  else fail(j, reasons[answer.status] ?? "fault");
}

const tus = { "Tus-Resumable": "1.0.0" };

export function pause(j: Job) {
  if (j.state === "waiting" || j.state === "sending" || j.state === "cut") {
    void j.up?.abort();
    set(j, "paused");
    turn();
  }
}

export function resume(j: Job) {
  if (j.state === "paused" || j.state === "cut" || j.state === "failed") {
    j.why = j.said = "";
    set(j, "waiting");
    turn();
  }
}

// answer says what to do about a name that is taken: before anything is sent,
// or when all of it has come.
export function answer(j: Job, how: "version" | "both") {
  j.clash = how;
  if (j.url) {
    void place(j, how);
    return;
  }
  set(j, "waiting");
  turn();
}

async function place(j: Job, how: string) {
  set(j, "sending");
  const id = j.url.slice(j.url.lastIndexOf("/") + 1);
  try {
    const answer = await fetch(endpoint + "/place", { method: "POST", body: new URLSearchParams({ ["choice." + id]: how }) });
    if (answer.ok) finish(j);
    else fail(j, reasons[answer.status] ?? "fault");
  } catch {
    set(j, "clash"); // offline: asked again
  }
}

function finish(j: Job) {
  j.sent = j.size;
  j.free?.();
  j.up = j.file = undefined;
  set(j, "done");
  turn();
}

// drop takes a job off the list; what was begun is given up.
export function drop(j: Job) {
  jobs.splice(jobs.indexOf(j), 1);
  j.free?.();
  if (j.state !== "done") {
    if (j.up) void j.up.abort(true).catch(() => {});
    else if (j.url) void fetch(j.url, { method: "DELETE", headers: tus }).catch(() => {});
  }
  changed();
  turn();
}

function set(j: Job, state: State) {
  j.state = state;
  changed(j);
}

// turn starts what has room to go.
function turn() {
  let busy = jobs.filter((j) => j.state === "sending").length;
  for (const j of jobs) {
    if (busy >= atOnce) return;
    if (j.state !== "waiting" || !j.file) continue;
    busy++;
    set(j, "sending");
    void send(j, j.file);
  }
}

let hashing: Promise<unknown> = Promise.resolve();

// hash sums up one file at a time, as each is read into memory for it.
function hash(f: File): Promise<string> {
  const mine = hashing.then(() => ofFile(f));
  hashing = mine.catch(() => {});
  return mine;
}

async function send(j: Job, file: File) {
  if (j.up) {
    j.up.start(); // knows where it stopped
    return;
  }
  let sum = "";
  try {
    sum = j.url ? "" : await hash(file);
  } catch {
    fail(j, "unreadable"); // moved or deleted since it was chosen
    return;
  }
  if (j.state !== "sending") return; // paused or dropped meanwhile
  const metadata: Record<string, string> = { filename: file.name, filetype: file.type, ...j.place };
  if (j.path) metadata.path = j.path;
  if (sum) metadata.sha256 = sum;
  metadata.on_clash = j.clash;
  for (const k of Object.keys(metadata)) if (metadata[k] === "") delete metadata[k];
  let at = performance.now();
  let before = -1;
  j.up = new Upload(file, {
    endpoint, metadata, chunkSize: partSize, headers: { Accept: "application/json" },
    uploadUrl: j.url || undefined,
    storeFingerprintForResuming: false,
    retryDelays: [500, 1000, 3000, 5000, 10000],
    httpStack: new Stack(),
    onShouldRetry: (e) => passing(e),
    onProgress(sent) {
      hold(j);
      const now = performance.now();
      if (before >= 0 && now - at > 400) {
        const speed = ((sent - before) / (now - at)) * 1000;
        j.speed = j.speed ? j.speed * 0.7 + speed * 0.3 : speed;
        at = now;
        before = sent;
      } else if (before < 0) before = sent;
      j.sent = sent;
      changed(j);
    },
    onSuccess: () => finish(j),
    onError: (e) => stopped(j, e),
  });
  j.up.start();
}

// passing reports whether a failure is likely to pass by itself.
function passing(e: Failure): boolean {
  const status = e.originalResponse?.getStatus() ?? 0;
  if (status === 409) return read(e.originalResponse).code === "tus_place"; // at another offset: it asks where to go on
  return status === 0 || status === 408 || status === 423 || status === 429 || status === 460 || (status >= 500 && status !== 507);
}

const reasons: Record<number, string> = { 401: "out", 403: "forbidden", 404: "gone", 410: "gone", 413: "large", 422: "name", 460: "sumWrong", 507: "full" };

function stopped(j: Job, e: Failure) {
  const response = e.originalResponse;
  const status = response?.getStatus() ?? 0;
  const said = read(response);
  if (status === 0 && !j.file) return;
  if (said.code === "clash") {
    j.url = j.up?.url ?? "";
    j.up = undefined;
    set(j, "clash");
    turn();
    return;
  }
  if (status === 0) {
    // Either the network or the file itself: reading one byte tells.
    void j.file!.slice(0, 1).arrayBuffer().then(() => set(j, "cut"), () => fail(j, "unreadable")).then(turn);
    return;
  }
  j.said = said.text;
  if (!j.up?.url) j.up = undefined; // never began: the next try does
  fail(j, reasons[status] ?? "fault");
}

function fail(j: Job, why: string) {
  j.why = why;
  set(j, "failed");
  turn();
}

// read is what the server says of a failure, if it says it as a script reads it.
function read(r: Response | null | undefined): { code: string; text: string } {
  try {
    const { code = "", text = "" } = JSON.parse(r?.getBody() ?? "") as { code?: string; text?: string };
    return { code, text };
  } catch {
    return { code: "", text: "" };
  }
}

// What the network cut off goes on when it is back, and is tried now and then.
function uncut() {
  for (const j of jobs) if (j.state === "cut") resume(j);
}
addEventListener("online", uncut);
setInterval(uncut, 20_000);

const lockOf = (url: string) => "upload " + url;

// hold tells this browser's other tabs that the upload is at work in this one.
function hold(j: Job) {
  if (!j.up?.url || j.url) return;
  j.url = j.up.url;
  void navigator.locks?.request(lockOf(j.url), () => new Promise<void>((free) => (j.free = free)));
}

// Stack sends with each part its checksum.
class Stack extends DefaultHttpStack {
  createRequest(method: string, url: string): Request {
    const r = super.createRequest(method, url);
    const send = r.send.bind(r);
    const abort = r.abort.bind(r);
    let off = false;
    r.abort = () => {
      off = true;
      return abort();
    };
    r.send = async (body) => {
      const sum = body instanceof Blob ? await ofPart(body) : "";
      if (off) return new Promise(() => {}); // given up while it was summed up
      if (sum) r.setHeader("Upload-Checksum", sum);
      return send(body);
    };
    return r;
  }
}
