package internal_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	caseRow  = regexp.MustCompile(`(?m)^\| (T\d{3}) \| ([^|]+) \| ([^|]+) \|$`)
)

// docs/security.md names a test for each case, or says what the case waits for.
func TestSecurityCasesHaveTheirTests(t *testing.T) {
	tests := make(map[string]bool)
	for _, name := range files(t) {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range testFunc.FindAllStringSubmatch(read(t, name), -1) {
			tests[filepath.Base(filepath.Dir(name))+"."+m[1]] = true
		}
	}
	rows := make(map[string]int)
	for _, m := range caseRow.FindAllStringSubmatch(read(t, "docs/security.md"), -1) {
		rows[m[1]]++
		if strings.HasPrefix(m[3], "not yet: ") {
			continue
		}
		for name := range strings.SplitSeq(m[3], ", ") {
			if !tests[name] {
				t.Errorf("%s names %s, which is not there", m[1], name)
			}
		}
	}
	// Isolation, side channels, the door, files, the browser, calls and mails, races and
	// streams; the log; what fails.
	for _, span := range [][2]int{{1, 199}, {208, 240}} {
		for n := span[0]; n <= span[1]; n++ {
			if id := fmt.Sprintf("T%03d", n); rows[id] != 1 {
				t.Errorf("%s has %d rows", id, rows[id])
			}
		}
	}
}
