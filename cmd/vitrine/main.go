// Vitrine is a client portal that a services team runs for its clients.
//
//	vitrine serve     runs the portal
//	vitrine demo      runs it with a believable workspace, to look around
//	vitrine migrate   brings the database to this version and ends
//	vitrine person    lists people, sets a password, signs out, disables
//	vitrine verify    reads all files and the log, and says what is damaged
//	vitrine sweep     says which stored files nothing names, and removes them
//	vitrine doctor    looks for what is wrong with an installation
//	vitrine version   says which version this is
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/vitrine-portal/vitrine/internal/config"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

const usage = `usage: vitrine COMMAND [flags]

  serve     runs the portal
  demo      runs it with a believable workspace, to look around
  migrate   brings the database to this version and ends
  person    lists people, sets a password, signs out, disables
  verify    reads all files and the log, and says what is damaged
  sweep     says which stored files nothing names, and removes them
  doctor    looks for what is wrong with an installation
  version   says which version this is

vitrine COMMAND -help lists the settings.
`

var commands = map[string]func(ctx context.Context, args, env []string, out io.Writer) error{
	"serve":   serve,
	"person":  person,
	"doctor":  doctor,
	"verify":  verify,
	"sweep":   sweep,
	"demo":    runDemo,
	"migrate": migrate,
}

// run carries out one command. What the person who runs it can mend is one
// plain sentence and exit code 2; anything else is 1.
func run(ctx context.Context, args, env []string, out, errs io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(errs, usage)
		return 2
	}
	switch args[0] {
	case "version", "-version", "--version":
		fmt.Fprintln(out, versionText())
		return 0
	case "help", "-h", "-help", "--help":
		fmt.Fprint(out, usage)
		return 0
	}
	command, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(errs, "vitrine: there is no command %q.\n%s", args[0], usage)
		return 2
	}
	err := command(ctx, args[1:], env, out)
	var wrong *config.Error
	var mend *mendable
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, (*config.Config)(nil).Help())
		return 0
	case errors.As(err, &wrong), errors.As(err, &mend):
		fmt.Fprintln(errs, "vitrine:", err)
		return 2
	}
	fmt.Fprintln(errs, "vitrine:", err)
	return 1
}

// mendable is a fault outside the program, said in one sentence.
type mendable struct{ sentence string }

func (m *mendable) Error() string { return m.sentence }

func versionText() string {
	text := "vitrine " + version
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				text += " (" + s.Value[:12] + ")"
			}
		}
		text += " " + info.GoVersion
	}
	return text
}
