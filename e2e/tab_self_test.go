package e2e

import (
	"strings"
	"testing"
)

// A tab notices what no page may do: were it deaf, all other tests would pass.
func TestTabNotices(t *testing.T) {
	b := newTab(t, "listener", theDemo(t))
	b.open("/sign-in")
	value[bool](b, `(() => {
		console.error("console");
		setTimeout(() => { throw new Error("thrown") });
		document.body.append(Object.assign(new Image(), {src: "https://elsewhere.example/pixel.png"}));
		document.body.insertAdjacentHTML("beforeend", "<p style='color: red'></p>");
		return true;
	})()`)
	for _, want := range []string{"console.error", "thrown", "https://elsewhere.example/pixel.png", "inline style"} {
		b.wait("the tab notices "+want, func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return strings.Contains(strings.Join(b.problems, "\n"), want)
		})
	}
	b.mu.Lock()
	b.problems = nil // they were made on purpose
	b.mu.Unlock()
}
