// htmx and idiomorph hand HTML to the browser as strings. Under
// require-trusted-types-for 'script' such strings pass through the policy
// named "default". It lets HTML of our own server through (escaped there, and
// unable to run script under script-src 'self'). It has no rule for scripts,
// and of addresses of scripts it lets through only the site's own.
window.trustedTypes?.createPolicy("default", {
  createHTML: (html: string) => html,
  createScriptURL: (address: string) => (/^\/(static\/[\w.-]+|sw)\.js$/.test(address) ? address : null),
});
export {};
