// htmx and idiomorph hand HTML to the browser as strings. Under
// require-trusted-types-for 'script' such strings pass through the policy
// named "default". It lets HTML of our own server through (escaped there, and
// unable to run script under script-src 'self') and has no rule for scripts or
// script addresses, so those stay refused.
window.trustedTypes?.createPolicy("default", { createHTML: (html: string) => html });
export {};
