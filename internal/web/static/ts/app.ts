// The one script of every page. Everything works without it; it makes pages
// live. trusted must stay first: htmx writes HTML, which the content security
// policy allows only through the policy made there.
import "./trusted";
import htmx from "htmx.org";
import "./toast";
import "./forms";
import "./strength";
import "./layers";
import "./live";
import "./palette";
import "./small";

document.documentElement.dataset.js = "";
(window as unknown as { htmx: unknown }).htmx = htmx;
