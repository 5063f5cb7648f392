package web

import (
	"slices"
	"testing"
	"time"
)

func TestDevice(t *testing.T) {
	for _, c := range []struct{ userAgent, browser, system string }{
		{"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "Safari", "macOS"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "Safari", "iPhone"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge", "Windows"},
		{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Internet", "Android"},
		{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome", "ChromeOS"},
		{"curl/8.5.0", "curl", ""},
		{"", "", ""},
	} {
		browser, system, phone := device(c.userAgent)
		if browser != c.browser || system != c.system || phone != (system == "iPhone" || system == "Android") {
			t.Errorf("device(%q) = %q, %q, %t", c.userAgent, browser, system, phone)
		}
	}
}

// Every zone on offer can be chosen, and is offered once.
func TestZones(t *testing.T) {
	for _, z := range zones {
		if _, err := time.LoadLocation(z); err != nil {
			t.Error(err)
		}
	}
	if !slices.IsSorted(zones[1:]) || len(slices.Compact(slices.Clone(zones))) != len(zones) || zones[0] != "UTC" {
		t.Error("the zones are not in order")
	}
	if got := zoneOptions("Europe/Kiev"); got[len(got)-1].Value != "Europe/Kiev" {
		t.Error("a zone that was chosen once is no longer offered")
	}
}
