package live_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/live"
)

// BenchmarkPublish gives one signal to 10,000 subscriptions that are read.
func BenchmarkPublish(b *testing.B) {
	h := live.New()
	for range 10_000 {
		s := h.Subscribe()
		defer s.Close()
		go func() {
			for range s.C() {
			}
		}()
	}
	b.ResetTimer()
	for range b.N {
		h.Publish(live.Signal{Event: "evt_1", Client: "cli_1", Project: "prj_1"})
	}
}
