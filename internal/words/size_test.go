package words_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/words"
)

func TestSize(t *testing.T) {
	b := words.For("en", nil)
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 1023: "1,023 bytes", 1024: "1 KB", 1536: "1.5 KB", 10 << 10: "10 KB", 1<<20 - 1: "1,023 KB",
		1 << 20: "1 MB", 3_500_000: "3.3 MB", 20_971_520: "20 MB", 5 << 30: "5 GB", 100 << 30: "100 GB", 3 << 40: "3 TB", 2000 << 40: "2,000 TB",
	} {
		if got := b.Size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
