package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/built"
)

var programs string // the directory of theProgram

// theProgram is the program, built once for all tests that run it.
func theProgram(t *testing.T) string {
	t.Helper()
	path, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var buildProgram = sync.OnceValues(func() (string, error) { return built.Binary(context.Background(), programs) })

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "vitrine-program-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(programs)
	os.Exit(code)
}
