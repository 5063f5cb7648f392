package web

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// endSilent has a connection end when its other side has not acknowledged for so
// long what was sent to it. Without it a stream to a machine that went away without
// a word is held for a quarter of an hour.
func endSilent(c net.Conn, after time.Duration) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(after.Milliseconds()))
		})
	}
}
