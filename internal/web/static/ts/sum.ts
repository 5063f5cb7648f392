// Checksums, where the browser makes them: only on pages that came over TLS or
// from this machine.
const small = 256 << 20;

async function sha256(b: Blob): Promise<Uint8Array | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await b.arrayBuffer()));
}

// ofPart is the value of Upload-Checksum for a part of a file.
export async function ofPart(b: Blob): Promise<string> {
  const sum = await sha256(b);
  return sum ? "sha256 " + btoa(String.fromCharCode(...sum)) : "";
}

// ofFile is the sum of a file that fits into memory, as hexadecimal digits.
export async function ofFile(f: File): Promise<string> {
  if (f.size > small) return "";
  const sum = await sha256(f);
  return sum ? [...sum].map((n) => n.toString(16).padStart(2, "0")).join("") : "";
}
