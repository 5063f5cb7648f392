package preview

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// system is what programs need of the machine: themselves, their libraries,
// fonts. It holds no data of anybody's.
var system = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/etc/ld.so.cache", "/etc/alternatives",
	"/etc/fonts", "/etc/libreoffice", "/var/lib/libreoffice", "/var/spool/libreoffice", "/var/cache/fontconfig", "/dev/zero", "/dev/urandom", "/dev/random",
	"/sys/kernel/mm/transparent_hugepage",
}

// confine gives away the calling thread's rights to reach the network and files
// outside. A kernel that cannot is no failure: the probe finds out what holds.
func confine(o order) {
	if unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != nil {
		return
	}
	restrictFiles(o)
	restrictCalls(o.Socket != "")
}

const (
	readOnly = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	onFiles  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
)

// restrictFiles is Landlock: the paths that may still be reached.
func restrictFiles(o order) {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return
	}
	var attr unix.LandlockRulesetAttr
	attr.Handled_access_fs = 1<<13 - 1 // as in the first version
	if version >= 2 {
		attr.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= 3 {
		attr.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version >= 4 {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if version >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	rules, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return
	}
	defer unix.Close(int(rules))
	allow := func(path string, access uint64) {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return
		}
		defer unix.Close(fd)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			access &= onFiles
		}
		rule := unix.LandlockPathBeneathAttr{Allowed_access: access & attr.Handled_access_fs, Parent_fd: int32(fd)}
		unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, rules, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	}
	for _, path := range system {
		allow(path, readOnly)
	}
	for _, path := range append(o.Read, o.Self) {
		allow(path, readOnly)
	}
	allow("/dev/null", readOnly|unix.LANDLOCK_ACCESS_FS_WRITE_FILE|unix.LANDLOCK_ACCESS_FS_TRUNCATE)
	allow("/proc/self/statm", readOnly)
	const devices = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_EXECUTE
	allow(o.Write, attr.Handled_access_fs&^devices)
	switch {
	case o.Socket != "" && o.Own:
		allow(o.Socket, attr.Handled_access_fs&^devices)
	case o.Socket != "":
		allow(o.Socket, unix.LANDLOCK_ACCESS_FS_MAKE_SOCK)
	}
	unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0)
}

// restrictCalls is a filter over system calls: no sockets but Unix ones, and
// nothing that a converter has no honest use for.
func restrictCalls(unixSockets bool) {
	arch := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if arch == 0 {
		return
	}
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		atMost = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		answer = unix.BPF_RET | unix.BPF_K
		refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	)
	nr := func(n uint32) unix.SockFilter { return unix.SockFilter{Code: answer, K: n} }
	filter := []unix.SockFilter{
		{Code: load, K: 4}, // the architecture
		{Code: equal, Jt: 1, K: arch},
		nr(unix.SECCOMP_RET_KILL_PROCESS),
		{Code: load, K: 0},                // the call
		{Code: atMost, Jf: 1, K: 1 << 30}, // x86's other numbering
		nr(refuse),
	}
	for _, call := range []uint32{
		unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
		unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD,
		unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
		unix.SYS_MOUNT, unix.SYS_UNSHARE, unix.SYS_SETNS,
	} {
		filter = append(filter, unix.SockFilter{Code: equal, Jf: 1, K: call}, nr(refuse))
	}
	filter = append(filter, unix.SockFilter{Code: equal, Jt: 1, K: unix.SYS_SOCKET}, nr(unix.SECCOMP_RET_ALLOW))
	if unixSockets {
		filter = append(filter,
			unix.SockFilter{Code: load, K: 16}, // the family
			unix.SockFilter{Code: equal, Jf: 1, K: unix.AF_UNIX},
			nr(unix.SECCOMP_RET_ALLOW))
	}
	filter = append(filter, nr(refuse))
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(filter)
}
