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
