package prose

import (
	"fmt"
	"strings"
	"testing"
)

// What is remembered is what would be made anew, and it does not grow for ever.
func TestMemory(t *testing.T) {
	const text = "The **start page** is done."
	if first, again := HTML(text), HTML(text); first != again || !strings.Contains(first, "<strong>") {
		t.Errorf("%q became %q, then %q", text, first, again)
	}
	if _, ok := kept.get(text); !ok {
		t.Error("a text is not remembered")
	}
	var m memory
	long := strings.Repeat("x", maxKept/10)
	for i := range 100 {
		m.put(fmt.Sprint(i), long)
		held := 0
		for s, h := range m.html {
			held += len(s) + len(h)
		}
		if held > maxKept {
			t.Fatalf("holds %d bytes after %d texts", held, i+1)
		}
		if h, ok := m.get(fmt.Sprint(i)); !ok || h != long {
			t.Fatalf("the text put last is not there")
		}
	}
}
