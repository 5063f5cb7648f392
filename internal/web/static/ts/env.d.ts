declare module "htmx.org" {
  const htmx: unknown;
  export default htmx;
}
declare module "*/idiomorph.js" {
  export const Idiomorph: {
    morph(old: Element, now: Element, config?: object): void;
  };
}
interface Window {
  trustedTypes?: { createPolicy(name: string, rules: object): unknown };
}
declare module "*/tus.js" {
  export interface Response {
    getStatus(): number;
    getHeader(name: string): string | undefined;
    getBody(): string;
  }
  export interface Request {
    setHeader(name: string, value: string): void;
    send(body?: unknown): Promise<Response>;
    abort(): Promise<void>;
  }
  export interface Failure extends Error {
    originalRequest?: { getMethod(): string };
    originalResponse?: Response | null;
  }
  export class DefaultHttpStack {
    createRequest(method: string, url: string): Request;
  }
  export interface Options {
    endpoint: string;
    uploadUrl?: string;
    chunkSize: number;
    retryDelays: number[];
    metadata: Record<string, string>;
    headers: Record<string, string>;
    storeFingerprintForResuming: boolean;
    httpStack: DefaultHttpStack;
    onProgress(sent: number, total: number): void;
    onSuccess(payload?: { lastResponse: Response }): void;
    onError(e: Failure): void;
    onShouldRetry(e: Failure): boolean;
  }
  export class Upload {
    constructor(file: Blob, options: Options);
    url: string | null;
    start(): void;
    abort(terminate?: boolean): Promise<void>;
  }
}
declare module "*.wasm" {
  const address: string;
  export default address;
}
declare module "*.pfb" {
  const address: string;
  export default address;
}
declare module "*.mjs" {
  export const getDocument: (what: object) => any;
  export class OutputScale {
    sx: number;
    sy: number;
    scaled: boolean;
    limitCanvas(width: number, height: number, maxPixels: number, maxSide: number): boolean;
  }
  export class PDFDataRangeTransport {
    constructor(length: number, initialData: Uint8Array | null);
    onDataRange(begin: number, chunk: Uint8Array): void;
  }
  export class TextLayer {
    constructor(what: object);
    render(): Promise<void>;
  }
}
