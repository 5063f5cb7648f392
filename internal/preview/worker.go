package preview

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// command is the first argument with which a program that imports this package
// starts itself again.
const command = "preview-worker"

// A program started so is a worker and nothing else, whatever it is otherwise:
// a server, or the tests of a package. Done here, nobody can forget it, and the
// worker begins before the rest of the program does.
func init() {
	if len(os.Args) > 1 && os.Args[1] == command {
		os.Exit(work(os.Args[2:]))
	}
}

// An order is what a worker process is started with.
type order struct {
	Self   string      // the program, as the worker sees it
	Read   []string    // what it may read, beside the system's programs
	Write  string      // the directory it may write
	Socket string      // a directory where it may make a Unix socket, to talk to itself
	Own    bool        // the directory is its own, so it may do more there
	Memory uint64      // bytes of address space; 0: the image worker sees to it
	CPU    uint64      // seconds
	File   uint64      // bytes of one file
	Argv   []string    // the converter to become, or
	Image  *imageOrder // the picture to work on, or
	Probe  *probeOrder // what to try
}

// work is the worker process. It gives away what it does not need, and then
// becomes a converter or, started anew so that all of it is limited, decodes a
// picture.
func work(args []string) int {
	if err := obey(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func obey(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("%s is for the program itself", command)
	}
	var o order
	if err := json.Unmarshal([]byte(args[1]), &o); err != nil {
		return err
	}
	switch {
	case args[0] == "confine":
		runtime.LockOSThread() // what is given away is given away by a thread
		for what, n := range map[int]uint64{
			unix.RLIMIT_CORE: 0, unix.RLIMIT_CPU: o.CPU, unix.RLIMIT_FSIZE: o.File, unix.RLIMIT_NOFILE: 256,
		} {
			if err := limit(what, n); err != nil {
				return err
			}
		}
		if o.CPU > 0 {
			unix.Setpriority(unix.PRIO_PROCESS, 0, 10) // requests go first
		}
		confine(o)
		argv := []string{o.Self, command, "inside", args[1]}
		if len(o.Argv) > 0 {
			argv = o.Argv
		}
		return become(argv, o.Memory)
	case o.Image != nil:
		if err := limitMemory(imageMemory); err != nil {
			return err
		}
		return remake(*o.Image, os.Stdout)
	case o.Probe != nil:
		return json.NewEncoder(os.Stdout).Encode(o.Probe.try())
	}
	return fmt.Errorf("%s was asked for nothing", command)
}

// become makes this process the program argv[0], with so many bytes of address
// space. Go has reserved more than that for itself and can map nothing once the
// limit stands, so what is allocated from then on, which is little, has its place
// made before, and is not profiled.
func become(argv []string, memory uint64) error {
	env := os.Environ()
	debug.SetGCPercent(-1)
	runtime.MemProfileRate = 0
	spare := make([][]byte, 4<<10)
	for i := range spare {
		spare[i] = make([]byte, i)
	}
	runtime.KeepAlive(spare)
	runtime.GC()
	if err := limit(unix.RLIMIT_AS, memory); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", argv[0], syscall.Exec(argv[0], argv, env))
}

// limit sets a resource limit of this process; 0 is none, but for core dumps.
func limit(what int, n uint64) error {
	if n == 0 && what != unix.RLIMIT_CORE {
		return nil
	}
	if err := unix.Setrlimit(what, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		return fmt.Errorf("limit %d: %w", what, err)
	}
	return nil
}

// imageMemory is enough for 50 megapixels of 8 bytes, which is what decoders
// make of the deepest pictures, and what comes with them.
const imageMemory = 640 << 20

// limitMemory lets this process take n more bytes than Go has reserved for it
// by now.
func limitMemory(n uint64) error {
	debug.SetMemoryLimit(int64(n) * 9 / 10)
	b, err := os.ReadFile("/proc/self/statm")
	pages, _, _ := strings.Cut(string(b), " ")
	have, bad := strconv.ParseUint(pages, 10, 64)
	if err != nil || bad != nil {
		return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: n, Max: n})
	}
	n += have * uint64(os.Getpagesize())
	return unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: n, Max: n})
}

// A probeOrder is what a worker tries in order to say which walls stand.
type probeOrder struct {
	Address string // somebody listens there
	File    string // a file that is none of its business
}

type probeAnswer struct {
	Connected, Read bool
}

func (p *probeOrder) try() (a probeAnswer) {
	if conn, err := net.DialTimeout("tcp", p.Address, time.Second); err == nil {
		conn.Close()
		a.Connected = true
	}
	_, err := os.ReadFile(p.File)
	a.Read = err == nil
	return a
}
